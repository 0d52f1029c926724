"""Who has no account comes by a link: only theirs, opened by a press, answered once, and over in time."""

import base64
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from chassis import clock, outbox
from chassis.actor import Actor
from chassis.app import Runtime
from chassis.crypto import TopicKeys
from contracts.envelope import Event
from contracts.notify.police import SignpostAcknowledged, SignpostReported, TransferAnswered
from contracts.triage.notices import SignpostMade, TransferOffered
from services.notify import jobs, operations
from services.notify.clients import MOST_IN_AN_HOUR
from services.notify.domain import LINK_WORKS, Kind, LinkTo, link_is_over, link_token, linked_id
from services.notify.settings import link_key
from services.notify.web.guests import visitor
from tests.notify.asks_made import send
from tests.notify.conftest import MailServer, Site, content_of
from tests.notify.looking import rows, states
from tests.notify.made import CANARIES, DESK, KENT_WORKER, NOW, REFERENCE, handle, link_of, signpost, transfer

Told = TypeVar("Told", bound=Event)
KEY, OTHER_KEY = b"k" * 32, b"o" * 32
ANYBODY = {"by": "Ada Helper (synthetic)", "service": "Kent Early Help"}
OFFICER = {"officer": "Nora Northmere (synthetic)", "rank": "Detective Inspector"}


def linked(site: Site, made: SignpostMade | TransferOffered) -> str:
    """Return the path of the link to what was made."""
    if isinstance(made, SignpostMade):
        whole = link_of(site.runtime, Kind.SIGNPOST_MADE, uuid4(), made.signpost_id)
    else:
        whole = link_of(site.runtime, Kind.TRANSFER_OFFERED, uuid4(), made.transfer_id)
    return whole.removeprefix("http://notify.test")


async def made_now(site: Site) -> tuple[str, UUID]:
    """Make a signpost; return the path of its link, and the subject."""
    made, subject = signpost("victim-support", made_at=clock.now()), uuid4()
    await handle(site.runtime, made, subject=subject)
    return linked(site, made), subject


async def offered_now(site: Site) -> tuple[str, UUID]:
    """Offer a transfer; return the path of its link, and the subject."""
    made, subject = transfer(offered_at=clock.now()), uuid4()
    await handle(site.runtime, made, subject=subject)
    return linked(site, made), subject


async def told(site: Site, event: type[Told]) -> list[Told]:
    """Return the events of a type that were announced, oldest first, opened with the topic's key."""
    keys: TopicKeys = outbox.Sealer.topic_keys
    found = []
    for row in await rows(site.runtime, f"SELECT * FROM outbox WHERE type = '{event.wire_type}' ORDER BY id"):
        bound_to = f"{row.event_id}|{row.type}|{row.subject}".encode()
        found.append(event.model_validate_json(keys.unseal(row.topic, row.key_id, row.sealed, bound_to)))
    return found


class TestToken:
    @given(st.uuids(), st.sampled_from(LinkTo))
    def test_leads_to_what_it_was_made_for_and_nothing_else(self, about: UUID, to: LinkTo) -> None:
        token = link_token(KEY, to, about)
        assert re.fullmatch(r"[A-Za-z0-9_-]{64}", token)
        assert linked_id(KEY, to, token) == about
        assert linked_id(OTHER_KEY, to, token) is None
        assert {linked_id(KEY, other, token) for other in set(LinkTo) - {to}} == {None}

    @given(st.uuids(), st.integers(0, 63), st.sampled_from("AZaz09_-"))
    def test_changed_in_one_letter_leads_nowhere(self, about: UUID, place: int, letter: str) -> None:
        token = link_token(KEY, LinkTo.SIGNPOST, about)
        changed = token[:place] + letter + token[place + 1 :]
        assert (linked_id(KEY, LinkTo.SIGNPOST, changed) is None) == (changed != token)

    @given(
        st.text(max_size=80) | st.binary(min_size=48, max_size=48).map(lambda b: base64.urlsafe_b64encode(b).decode())
    )
    def test_made_up_leads_nowhere(self, token: str) -> None:
        assert linked_id(KEY, LinkTo.SIGNPOST, token) is None

    def test_works_for_ninety_days(self) -> None:
        assert not link_is_over(NOW, NOW + LINK_WORKS - timedelta(seconds=1))
        assert link_is_over(NOW, NOW + LINK_WORKS)
        assert timedelta(days=90) == LINK_WORKS


class TestMail:
    async def test_carries_the_link_and_nothing_else_and_the_link_is_written_down_nowhere(
        self, notify: Runtime, mail_server: MailServer
    ) -> None:
        made = signpost("victim-support")
        await handle(notify, made, subject=uuid4())
        await jobs.send_due(notify, NOW)
        [mail] = mail_server.taken
        words = content_of(mail).decode().replace("=\r\n", "").replace("=3D", "=")
        token = link_token(link_key(notify.secrets), LinkTo.SIGNPOST, made.signpost_id)
        assert f"/signpost-links/{token}" in words
        assert REFERENCE in words
        assert not [canary for canary in CANARIES if canary in words]
        [kept] = await rows(notify, "SELECT to_jsonb(notice)::text AS row FROM notice")
        assert token not in kept.row
        assert operations.LINK_IN_THE_MAIL in kept.row

    async def test_sent_again_carries_the_same_link(self, notify: Runtime, mail_server: MailServer) -> None:
        made = transfer()
        await handle(notify, made, subject=uuid4())
        await jobs.send_due(notify, NOW)
        [row] = await rows(notify, "SELECT id FROM notice")
        async with notify.database.transaction(DESK) as session:
            await operations.send_again(session, row.id, "recipient-asked", now=NOW)
        await jobs.send_due(notify, NOW)
        first, second = (content_of(mail) for mail in mail_server.taken)
        assert first == second
        assert [mail.rcpt_tos for mail in mail_server.taken] == [["prevent-transfers@northmere-police.example"]] * 2

    async def test_of_a_force_that_the_area_names_no_longer_waits_for_a_person(
        self, notify: Runtime, mail_server: MailServer
    ) -> None:
        await handle(notify, transfer("nowhere-police"), subject=uuid4())
        await jobs.send_due(notify, NOW)
        assert (await states(notify), mail_server.taken) == (["undeliverable"], [])


class TestSignpostByLink:
    async def test_is_opened_acknowledged_and_later_reported(self, site: Site) -> None:
        path, subject = await made_now(site)
        closed = await site.get(path)
        assert (closed.status_code, "canarymessage" in closed.text) == (200, False)
        shown = await send(site, path, "open")
        assert "A canarymessage, made up." in shown.text
        assert "What did you do?" not in shown.text
        shown = await send(site, path, "acknowledge", **ANYBODY)
        assert "Thank you. The police have been told." in shown.text
        assert "Ada Helper (synthetic), Kent Early Help" in shown.text
        assert len(await told(site, SignpostAcknowledged)) == 1
        done = await send(site, path, "report", **ANYBODY, report="Visited the family.")
        assert "You have reported what you did" in done.text
        assert "canarymessage" not in done.text
        [seen], [reported] = await told(site, SignpostAcknowledged), await told(site, SignpostReported)
        assert (seen.signpost_id, seen.report, seen.acknowledged_by) == (
            reported.signpost_id, "", "Ada Helper (synthetic), Kent Early Help",
        )  # fmt: skip
        assert (reported.reported_by, reported.report) == (
            "Ada Helper (synthetic), Kent Early Help", "Visited the family.",
        )  # fmt: skip
        [notice] = await states(site.runtime)
        assert notice in {"acknowledged", "sent"}
        audited = await rows(site.runtime, "SELECT actor_id, action, subject FROM audit_entry ORDER BY id")
        assert ("public", "record.read", subject) in {(row.actor_id, row.action, row.subject) for row in audited}
        assert {"signpost.acknowledge", "signpost.report"} <= {row.action for row in audited}

    async def test_pressed_twice_is_told_once(self, site: Site) -> None:
        path, _ = await made_now(site)
        page = (await site.get(path)).text
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert token is not None
        for step, extra in (("acknowledge", {}), ("report", {"report": "Visited."})):
            for _ in range(2):
                answer = await site.client.post(path, data={"csrf_token": token[1], "step": step, **ANYBODY, **extra})
                assert answer.status_code in {200, 303}
        assert len(await told(site, SignpostAcknowledged)) == 1
        assert len(await told(site, SignpostReported)) == 1

    async def test_needs_a_press_on_our_own_page(self, site: Site) -> None:
        path, _ = await made_now(site)
        await send(site, path, "open")
        for token in ("", "forged"):
            answer = await site.client.post(path, data={"csrf_token": token, "step": "acknowledge", **ANYBODY})
            assert answer.status_code == 403
        assert await told(site, SignpostAcknowledged) == []

    @pytest.mark.parametrize(
        ("step", "fields", "sentence"),
        [
            ("acknowledge", {"by": "", "service": "A"}, "Enter your name"),
            ("acknowledge", {"by": "A", "service": " "}, "Enter your service"),
            ("report", {**ANYBODY, "report": " "}, "Enter what you did"),
            ("report", {**ANYBODY, "report": "x" * 4001}, "must have 4000 characters or fewer"),
        ],
    )
    async def test_says_what_is_missing_and_loses_nothing(
        self, site: Site, step: str, fields: dict[str, str], sentence: str
    ) -> None:
        path, _ = await made_now(site)
        await send(site, path, "open")
        await send(site, path, "acknowledge", **ANYBODY) if step == "report" else None
        answer = await site.post(path, path, step=step, **fields)
        assert (answer.status_code, sentence in answer.text) == (422, True)
        assert fields["by"] in answer.text

    @pytest.mark.parametrize(
        "token", ["x", "A" * 64, "%00", "..%2F..", "A" * 5000, "'; DROP TABLE signpost;--", "ü" * 64]
    )
    @pytest.mark.parametrize("kind", ["signpost-links", "transfer-links", "asks"])
    async def test_a_hostile_token_opens_nothing(self, site: Site, kind: str, token: str) -> None:
        answer = await site.get(f"/{kind}/{token}")
        assert answer.status_code in {400, 404}
        assert "canary" not in answer.text

    async def test_the_link_of_something_else_opens_nothing(self, site: Site) -> None:
        path, _ = await made_now(site)
        assert (await site.get(path.replace("signpost-links", "transfer-links"))).status_code == 404
        stray = link_token(link_key(site.runtime.secrets), LinkTo.SIGNPOST, uuid4())
        assert (await site.get(f"/signpost-links/{stray}")).status_code == 404

    async def test_is_over_in_time(self, site: Site) -> None:
        made = signpost("victim-support", made_at=datetime(2020, 1, 2, tzinfo=UTC))
        await handle(site.runtime, made, subject=uuid4())
        answer = await site.get(linked(site, made))
        assert answer.status_code == 404
        assert "The time of this link is over" in answer.text
        assert "canarymessage" not in answer.text

    async def test_whoever_sends_too_much_waits_and_loses_nothing(self, site: Site) -> None:
        path, _ = await made_now(site)
        await send(site, path, "open")
        restraint = site.runtime.clients.restraint
        while restraint.allows("visit", visitor("127.0.0.1"), uuid4()):
            pass
        answer = await site.post(path, path, step="acknowledge", **ANYBODY)
        assert answer.status_code == 429
        assert "Ada Helper (synthetic)" in answer.text
        assert (await site.get(f"/signpost-links/{'A' * 64}")).status_code == 429
        assert MOST_IN_AN_HOUR["visit"] >= 100

    async def test_shows_nothing_of_somebody_who_was_erased(self, site: Site) -> None:
        path, subject = await made_now(site)
        async with site.runtime.database.transaction(Actor.service("notify")) as session:
            await operations.erase_subject(session, subject)
        assert "What was asked has been erased" in (await send(site, path, "open")).text

    async def test_goes_on_where_the_desk_or_an_account_began(self, site: Site) -> None:
        path, _ = await made_now(site)
        [row] = await rows(site.runtime, "SELECT id FROM signpost")
        await site.sign_in(DESK)
        page = f"/signposts/{row.id}"
        assert (await site.post(page, f"{page}/acknowledge", report="")).status_code == 303
        assert "Report what was done" in (await site.get(page)).text
        assert "seen, without a report" in (await site.get("/desk")).text
        assert (await site.post(page, f"{page}/report", report=" ")).status_code == 422
        assert (await site.post(page, f"{page}/report", report="They rang: visited.")).status_code == 303
        assert (await site.post("/desk", f"{page}/report", report="Twice.")).status_code == 409
        assert "You have reported what you did" in (await site.get(path)).text

    async def test_repeated_as_an_event_makes_one_signpost(self, site: Site) -> None:
        made, subject, event = signpost("victim-support"), uuid4(), uuid4()
        for _ in range(2):
            await handle(site.runtime, made, subject=subject, event_id=event)
        assert len(await rows(site.runtime, "SELECT 1 FROM signpost")) == 1
        assert len(await rows(site.runtime, "SELECT 1 FROM notice")) == 1


class TestTransferByLink:
    async def test_is_accepted_once_by_a_named_officer(self, site: Site) -> None:
        path, _ = await offered_now(site)
        assert "canarymessage" not in (await site.get(path)).text
        assert "A canarymessage, made up." in (await send(site, path, "open")).text
        token = re.search(r'name="csrf_token" value="([^"]+)"', (await site.get(path)).text)
        assert token is not None
        sent = {"csrf_token": token[1], "step": "answer", **OFFICER}
        assert (await site.client.post(path, data={**sent, "answer": "accept"})).status_code == 303
        second = await site.client.post(path, data={**sent, "answer": "refuse", "reason": "No."})
        assert "This transfer was accepted" in second.text
        assert "Detective Inspector Nora Northmere (synthetic), Northmere Constabulary" in second.text
        [event] = await told(site, TransferAnswered)
        assert (event.accepted, event.reason) == (True, "")
        assert event.answered_by == "Detective Inspector Nora Northmere (synthetic), Northmere Constabulary"
        [row] = await rows(site.runtime, "SELECT accepted FROM transfer")
        assert row.accepted

    async def test_is_refused_with_a_reason(self, site: Site) -> None:
        path, _ = await offered_now(site)
        await send(site, path, "open")
        answer = await site.post(path, path, step="answer", answer="refuse", **OFFICER)
        assert (answer.status_code, "Enter why your force refuses" in answer.text) == (422, True)
        assert "Nora Northmere" in answer.text
        done = await send(site, path, "answer", answer="refuse", reason="Lives elsewhere.", **OFFICER)
        assert "This transfer was refused" in done.text
        assert "Lives elsewhere." not in done.text
        [event] = await told(site, TransferAnswered)
        assert (event.accepted, event.reason) == (False, "Lives elsewhere.")

    @pytest.mark.parametrize(
        ("fields", "sentence"),
        [
            ({**OFFICER}, "Choose whether your force accepts"),
            ({**OFFICER, "answer": "perhaps"}, "Choose whether your force accepts"),
            ({"answer": "accept", "rank": "Inspector"}, "Enter the name of the officer"),
            ({"answer": "accept", "officer": "Nora"}, "Enter the rank or role"),
        ],
    )
    async def test_says_what_is_missing(self, site: Site, fields: dict[str, str], sentence: str) -> None:
        path, _ = await offered_now(site)
        await send(site, path, "open")
        answer = await site.post(path, path, step="answer", **fields)
        assert (answer.status_code, sentence in answer.text) == (422, True)
        assert await told(site, TransferAnswered) == []

    async def test_is_over_in_time(self, site: Site) -> None:
        made = transfer(offered_at=datetime(2020, 1, 2, tzinfo=UTC))
        await handle(site.runtime, made, subject=uuid4())
        assert "The time of this link is over" in (await site.get(linked(site, made))).text

    async def test_waits_on_the_delivery_desk(self, site: Site) -> None:
        await offered_now(site)
        await site.sign_in(DESK)
        assert f"{REFERENCE}, Northmere Constabulary, waiting for" in (await site.get("/desk")).text
        await site.sign_in(replace(DESK, id="elsewhere", areas=frozenset({"northmere"})))
        assert f"{REFERENCE}, Northmere" not in (await site.get("/desk")).text

    async def test_keeps_nothing_readable_of_what_was_said(self, site: Site) -> None:
        path, subject = await offered_now(site)
        await send(site, path, "open")
        await send(site, path, "answer", answer="refuse", reason="A canaryreason.", **OFFICER)
        for table in ("transfer", "acknowledgement", "audit_entry"):
            kept = await rows(site.runtime, f"SELECT to_jsonb({table})::text AS row FROM {table}")
            assert not [row for row in kept if "canary" in row.row or "Nora" in row.row], table
        async with site.runtime.database.transaction(Actor.service("notify")) as session:
            await operations.erase_subject(session, subject)
            left = await session.rows(text("SELECT 1 FROM transfer WHERE message_sealed IS NOT NULL"))
        assert not left


class TestVisitor:
    @pytest.mark.parametrize(
        ("host", "stands_for"),
        [
            ("203.0.113.5", "203.0.113.5"),
            ("::ffff:203.0.113.5", "203.0.113.5"),
            ("2001:db8::1", "2001:db8::/64"),
            ("2001:db8::ffff:2", "2001:db8::/64"),
            ("", ""),
            ("testclient", "testclient"),
        ],
    )
    def test_is_a_machine_and_not_one_of_its_many_addresses(self, host: str, stands_for: str) -> None:
        assert visitor(host) == stands_for


async def test_a_signed_in_worker_of_another_service_has_no_use_of_the_id(site: Site) -> None:
    await made_now(site)
    [row] = await rows(site.runtime, "SELECT id FROM signpost")
    await site.sign_in(KENT_WORKER)
    assert (await site.get(f"/signposts/{row.id}")).status_code == 404
    assert (await site.post("/inbox", f"/signposts/{row.id}/report", report="Mine.")).status_code == 404
