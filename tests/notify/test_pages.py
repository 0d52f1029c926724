"""The pages of notify as people use them: only one's own front door, seen and acknowledged, told to the ledger."""

import re
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text, update

from chassis import documents
from chassis.actor import Actor
from contracts.envelope import ReceiptBatch
from contracts.vocabulary import Outcome
from services.notify import jobs, models, operations
from services.notify.domain import Result
from tests.conftest import eventually
from tests.filed import SAVED_AS, TOLD_APART, erased_alone, filed_under
from tests.notify.conftest import Site
from tests.notify.made import (
    AREA,
    CANARIES,
    DESK,
    ENGINEER,
    KENT_WORKER,
    MEDWAY_WORKER,
    NOW,
    REFERENCE,
    concern,
    handle,
    pack_answered,
    referrer_message,
    signpost,
)


async def reported(site: Site) -> set[tuple[UUID, str]]:
    async with site.runtime.database.transaction(Actor.service("notify")) as session:
        rows = await session.rows(text("SELECT body FROM receipt_out"))
    batches = [ReceiptBatch.model_validate_json(row.body) for row in rows]
    return {(item.event_id, item.state) for batch in batches for item in batch.items}


async def audited(site: Site, subject: UUID) -> list[tuple[str, str]]:
    async with site.runtime.database.transaction(Actor.service("notify")) as session:
        rows = await session.rows(
            text("SELECT actor_id, action FROM audit_entry WHERE subject = :subject ORDER BY id"), {"subject": subject}
        )
    return [(row.actor_id, row.action) for row in rows]


class TestInbox:
    async def test_shows_only_ones_own_front_door_and_no_identity(self, site: Site) -> None:
        kent, medway = uuid4(), uuid4()
        await handle(site.runtime, concern(), subject=kent)
        await handle(site.runtime, concern(front_door="medway-front-door"), subject=medway)
        await site.sign_in(KENT_WORKER)
        page = (await site.get("/inbox")).text
        assert str(kent) in page
        assert str(medway) not in page
        assert not [canary for canary in CANARIES if canary in page]
        assert (await site.get(f"/concerns/{medway}")).status_code == 404

    async def test_keeps_the_marks_of_a_concern_apart(self, site: Site) -> None:
        await handle(site.runtime, concern(immediate_danger=True, read=False), subject=uuid4())
        await site.sign_in(KENT_WORKER)
        shown = re.sub("<[^>]+>", "", (await site.get("/inbox")).text)
        assert f"{REFERENCE}\n Immediate danger Not opened Original only" in shown

    async def test_shows_what_the_referrer_added_later(self, site: Site) -> None:
        subject = uuid4()
        await handle(site.runtime, concern(additions=("He was seen again today (synthetic).",)), subject=subject)
        await site.sign_in(KENT_WORKER)
        shown = (await site.get(f"/concerns/{subject}")).text
        assert "What the referrer added later" in shown
        assert "He was seen again today (synthetic)." in shown

    async def test_leads_each_person_to_their_own_first_page(self, site: Site) -> None:
        await site.sign_in(KENT_WORKER)
        assert (await site.get("/")).headers["location"].endswith("/inbox")
        await site.sign_in(DESK)
        assert (await site.get("/")).headers["location"].endswith("/desk")
        assert (await site.get("/inbox")).status_code == 403

    async def test_asks_a_stranger_to_sign_in(self, site: Site) -> None:
        assert (await site.get("/inbox")).status_code == 303


class TestConcern:
    async def test_opening_it_counts_as_seen_and_is_audited(self, site: Site) -> None:
        subject = uuid4()
        event_id = await handle(site.runtime, concern(), subject=subject)
        await site.sign_in(KENT_WORKER)
        page = (await site.get(f"/concerns/{subject}")).text
        assert "Canaryforename Canarysurname" in page
        assert "A canaryconcern, made up." in page
        assert (event_id, "seen") in await reported(site)
        assert ("frances", "record.read") in await audited(site, subject)

    async def test_acknowledging_it_is_told_to_the_ledger_and_shown(self, site: Site) -> None:
        subject = uuid4()
        first = await handle(site.runtime, concern(), subject=subject)
        second = await handle(site.runtime, concern(2), subject=subject)
        await site.sign_in(KENT_WORKER)
        path = f"/concerns/{subject}"
        answer = await site.post(path, f"{path}/acknowledge", report="Strategy discussion booked.", version="2")
        assert answer.status_code == 303
        page = (await site.get(path)).text
        assert "Strategy discussion booked." in page
        assert "Frances Frontdoor (synthetic), Kent County Council" in page
        assert {(first, "acknowledged"), (second, "acknowledged")} <= await reported(site)

    async def test_twice_is_a_conflict_and_a_newer_version_asks_again(self, site: Site) -> None:
        subject, path = uuid4(), ""
        await handle(site.runtime, concern(), subject=subject)
        path = f"/concerns/{subject}"
        await site.sign_in(KENT_WORKER)
        await site.post(path, f"{path}/acknowledge", report="Done.")
        assert (await site.post("/inbox", f"{path}/acknowledge", report="Again.")).status_code == 409
        await handle(site.runtime, concern(2), subject=subject)
        assert "More since you answered" in (await site.get("/inbox")).text
        assert (await site.post(path, f"{path}/acknowledge", report="Seen that too.", version="2")).status_code == 303

    async def test_an_empty_answer_says_what_to_mend(self, site: Site) -> None:
        subject = uuid4()
        await handle(site.runtime, concern(), subject=subject)
        await site.sign_in(KENT_WORKER)
        answer = await site.post(f"/concerns/{subject}", f"/concerns/{subject}/acknowledge", report=" ")
        assert answer.status_code == 422
        assert "Enter what you have done or will do" in answer.text

    async def test_claims_of_nobody_that_they_left_out_where_they_are_from(self, site: Site) -> None:
        subject = uuid4()
        await handle(site.runtime, concern(referrer_organisation=""), subject=subject)
        await site.sign_in(KENT_WORKER)
        shown = (await site.get(f"/concerns/{subject}")).text
        assert re.search(r"Referred by\s*</dt>\s*<dd[^>]*>\s*Not given or withheld\s*</dd>", shown)

    async def test_another_front_door_cannot_acknowledge(self, site: Site) -> None:
        subject = uuid4()
        await handle(site.runtime, concern(), subject=subject)
        await site.sign_in(MEDWAY_WORKER)
        answer = await site.post("/inbox", f"/concerns/{subject}/acknowledge", report="Not mine.")
        assert answer.status_code == 404

    async def test_gives_the_original_as_a_file(self, site: Site) -> None:
        subject = uuid4()
        await handle(site.runtime, concern(read=False), subject=subject)
        async with site.runtime.database.transaction(Actor.service("notify")) as session:
            kept = await documents.store(
                session, subject=subject, area=AREA, name="form ü.docx", media_type="text/html", body=b"<b>", now=NOW
            )
        await site.sign_in(KENT_WORKER)
        assert "form ü.docx" in (await site.get(f"/concerns/{subject}")).text
        answer = await site.get(f"/concerns/{subject}/documents/{kept.id}")
        assert (answer.content, answer.headers["content-type"]) == (b"<b>", "application/octet-stream")
        await site.sign_in(MEDWAY_WORKER)
        assert (await site.get(f"/concerns/{subject}/documents/{kept.id}")).status_code == 404

    async def test_tells_documents_of_the_same_name_apart(self, site: Site) -> None:
        subject = uuid4()
        await handle(site.runtime, concern(), subject=subject)
        kept = await filed_under(site.runtime, "notify", subject)
        await site.sign_in(KENT_WORKER)
        page = (await site.get(f"/concerns/{subject}")).text
        for what in TOLD_APART:
            assert what in page
        assert "message.eml" not in page
        saved = [
            (await site.get(f"/concerns/{subject}/documents/{each}")).headers["content-disposition"] for each in kept
        ]
        assert saved == [f'attachment; filename="{name}"' for name in SAVED_AS]
        await erased_alone(site.runtime, "notify", kept[0])
        assert "Original email" not in (await site.get(f"/concerns/{subject}")).text

    async def test_shows_what_the_channel_team_answered(self, site: Site) -> None:
        subject = uuid4()
        await handle(site.runtime, concern(), subject=subject)
        await handle(site.runtime, pack_answered(Outcome.PACK_RETURNED), subject=subject)
        await site.sign_in(KENT_WORKER)
        assert "returned the case to the police" in (await site.get(f"/concerns/{subject}")).text

    @pytest.mark.parametrize("path", ["/concerns/not-an-id", f"/concerns/{UUID(int=1)}", "/signposts/x", "/mail/../x"])
    async def test_what_is_not_there_is_said_so(self, site: Site, path: str) -> None:
        await site.sign_in(KENT_WORKER)
        assert (await site.get(path)).status_code == 404


class TestSignpost:
    async def test_its_receiver_reads_and_acknowledges_it_and_the_police_are_told(self, site: Site) -> None:
        made, subject = signpost(), uuid4()
        await handle(site.runtime, made, subject=subject)
        await site.sign_in(KENT_WORKER)
        path = f"/signposts/{made.signpost_id}"
        assert "A canarymessage, made up." in (await site.get(path)).text
        assert (await site.post(path, f"{path}/acknowledge", report="Visited.")).status_code == 303
        async with site.runtime.database.transaction(Actor.service("notify")) as session:
            types = [row.type for row in await session.rows(text("SELECT type FROM outbox"))]
        assert types == ["notify.signpost-acknowledged.v1"]

    async def test_the_desk_answers_for_a_service_that_has_no_account(self, site: Site) -> None:
        made = signpost("victim-support")
        await handle(site.runtime, made, subject=uuid4())
        path = f"/signposts/{made.signpost_id}"
        await site.sign_in(KENT_WORKER)
        assert (await site.get(path)).status_code == 404
        await site.sign_in(DESK)
        assert (await site.post(path, f"{path}/acknowledge", report="They rang.")).status_code == 303
        assert (await site.post("/desk", f"{path}/acknowledge", report="Twice.")).status_code == 409

    async def test_an_ops_engineer_sees_that_it_waits_and_not_what_it_says(self, site: Site) -> None:
        made = signpost("victim-support")
        await handle(site.runtime, made, subject=uuid4())
        path = f"/signposts/{made.signpost_id}"
        await site.sign_in(ENGINEER)
        desk = (await site.get("/desk")).text
        assert "Victim support" in desk
        assert path not in desk
        assert (await site.get(path)).status_code == 403
        assert (await site.post("/desk", f"{path}/acknowledge", report="They rang.")).status_code == 403


class TestDelivery:
    async def test_a_mail_really_travels_into_the_folder_and_can_be_read(self, site: Site) -> None:
        subject = uuid4()
        await handle(site.runtime, concern(), subject=subject)
        await handle(site.runtime, referrer_message(), subject=subject)
        await site.sign_in(DESK)

        async def arrived() -> list[str]:
            found = re.findall(r'href="(/mail/[0-9a-f-]{36})"', (await site.get("/mail")).text)
            return found if len(found) == 2 else []

        mails = [(await site.get(path)).text for path in await eventually(arrived)]
        assert all(REFERENCE in mail for mail in mails)
        assert not [canary for canary in CANARIES if any(canary in mail for mail in mails)]

        async def sent() -> bool:
            return "Sent (2)" in (await site.get("/desk")).text

        await eventually(sent)

    async def test_erasing_a_subject_empties_the_folder_of_its_mails_alone(self, site: Site) -> None:
        erased = uuid4()
        for subject in (erased, uuid4()):
            await handle(site.runtime, concern(), subject=subject)
        folder = site.runtime.settings.mail_directory
        assert folder is not None

        async def arrived() -> bool:
            return len(list(folder.glob("*.eml"))) == 2

        await eventually(arrived)
        async with site.runtime.database.transaction(Actor.service("notify")) as session:
            await operations.erase_subject(session, erased)
        await jobs.tidy_mail_folder(site.runtime, NOW)
        [left] = folder.glob("*.eml")
        assert str(erased) not in left.read_text("utf-8")

    async def test_the_desk_sees_each_attempt_but_no_referrer(self, site: Site) -> None:
        await handle(site.runtime, referrer_message(), subject=uuid4())
        await site.sign_in(DESK)
        desk = (await site.get("/desk")).text
        found = re.search(r'href="(/notices/[^"]+)"', desk)
        assert found is not None

        async def tried() -> str:
            page = (await site.get(found[1])).text
            return page if "Accepted" in page else ""

        page = await eventually(tried)
        assert "canary.referrer" not in page + desk
        again = await site.post(found[1], f"{found[1]}/send-again", reason="recipient-asked")
        assert again.status_code == 303

    @pytest.mark.parametrize(
        ("result", "code", "told"),
        [
            (Result.REFUSED, 550, "Refused (550)"),
            (Result.UNKNOWN, None, "Not known whether it went"),
            (Result.NO_ADDRESS, None, "No address"),
        ],
    )
    async def test_the_desk_is_told_what_became_of_the_last_attempt(
        self, site: Site, result: Result, code: int | None, told: str
    ) -> None:
        await handle(site.runtime, concern(), subject=uuid4())
        await site.sign_in(DESK)

        async def settled() -> bool:
            return "Sent (1)" in (await site.get("/desk")).text

        await eventually(settled)
        async with site.runtime.database.transaction(Actor.service("notify")) as session:
            values = {"state": "undeliverable", "last_result": str(result), "last_code": code}
            await session.execute(update(models.notice).values(values))
        desk = (await site.get("/desk")).text
        found = re.search(r'href="(/notices/[^"]+)"', desk)
        assert found is not None
        for page in (desk, (await site.get(found[1])).text):
            assert told in page

    async def test_sending_again_needs_a_reason_from_the_list(self, site: Site) -> None:
        await handle(site.runtime, concern(), subject=uuid4())
        await site.sign_in(DESK)
        found = re.search(r'href="(/notices/[^"]+)"', (await site.get("/desk")).text)
        assert found is not None
        answer = await site.post("/desk", f"{found[1]}/send-again", reason="because Canaryforename asked")
        assert answer.status_code == 422
