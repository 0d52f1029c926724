"""The pages of the police console."""

import re

import httpx2
import pytest

from chassis import documents
from chassis.actor import Actor
from chassis.database import Session
from contracts.vocabulary import Role, is_reference
from services.triage import queries
from services.triage.domain import Command
from tests.triage.builders import (
    CLOSURE,
    DUTY,
    FINDING,
    GATEWAY,
    IMU,
    NOW,
    announced,
    officer,
    received,
    rows,
    version_added,
)
from tests.triage.conftest import Console, hidden, send

ONE = "/referrals/KM-7F3K-92QM"
TYPED = {
    **{name: text for name, text in CLOSURE.items() if isinstance(text, str)},
    "review_on-day": "18",
    "review_on-month": "5",
    "review_on-year": "2027",
}
SUPERVISOR = officer(Role.GATEWAY_SUPERVISOR, name="Sita Synthetic")


def text_of(page: httpx2.Response) -> str:
    """Return the page's text without its markup."""
    return " ".join(re.sub(r"<[^>]+>", " ", page.text).split())


class TestEveryPage:
    async def test_asks_to_sign_in(self, console: Console) -> None:
        for path in ("/", "/imu", "/gateway", ONE, f"{ONE}/decision", f"{ONE}/deconfliction"):
            answer = await console.client.get(path)
            assert (path, answer.status_code) == (path, 303)
            assert "sign-in" in answer.headers["location"]

    async def test_is_closed_to_other_roles(self, console: Console) -> None:
        client = await console.signed_in(officer(Role.BOARD_MEMBER))
        for path in ("/", "/imu", "/gateway", ONE, f"{ONE}/decision", f"{ONE}/deconfliction"):
            assert (path, (await client.get(path)).status_code) == (path, 403)

    @pytest.mark.parametrize("state", ["received", "assessing"])
    async def test_has_one_heading_and_a_title(self, console: Console, state: str) -> None:
        subject = await console.desk.open()
        if state == "assessing":
            await console.desk.clear(subject)
        client = await console.signed_in(SUPERVISOR)
        decisions = ("close", "signpost", "lead-partnership", "pass-on", "refer-section-36", "reopen")
        paths = ["/imu", "/gateway", ONE, f"{ONE}/decision", *(f"{ONE}/decision/{each}" for each in decisions)]
        for path in paths:
            page = await client.get(path)
            assert (path, page.status_code, page.text.count("<h1")) == (path, 200, 1)
            assert " - Police triage - Throughline</title>" in page.text
            assert " style=" not in page.text


class TestQueues:
    async def test_show_no_identity(self, console: Console) -> None:
        await console.desk.open()
        page = await (await console.signed_in(IMU)).get("/imu")
        assert "KM-7F3K-92QM" in page.text
        assert "Sample Synthetic" not in page.text

    async def test_a_changed_mark_begins_at_the_top(self, console: Console) -> None:
        await console.desk.open()
        client = await console.signed_in(GATEWAY)
        nobody = "00000000-0000-0000-0000-000000000000"
        before_time = f"0~0001-01-01T00:00:00+14:00~{nobody}"
        for mark in ("x", "1~2026-01-01~x", f"0~2026-01-01T00:00:00~{nobody}", before_time):
            page = await client.get("/gateway", params={"after": mark})
            assert (page.status_code, "KM-7F3K-92QM" in page.text) == (200, True)

    async def test_find_leads_to_the_referral(self, console: Console) -> None:
        await console.desk.open()
        client = await console.signed_in(GATEWAY)
        found = await client.get("/find", params={"reference": " km7f3k 92qm "})
        assert (found.status_code, found.headers["location"]) == (303, ONE)
        mistyped = await client.get("/find", params={"reference": "KM-0000-0000"})
        assert mistyped.status_code == 404
        assert 'value="KM-0000-0000"' in mistyped.text, "What was typed is there to be mended."
        assert "check it letter by letter, or search by name" in mistyped.text

    async def test_home_leads_each_team_to_its_queue(self, console: Console) -> None:
        assert (await (await console.signed_in(IMU)).get("/")).headers["location"] == "/imu"
        assert (await (await console.signed_in(GATEWAY)).get("/")).headers["location"] == "/gateway"


class TestRisk:
    async def test_is_taken_over_by_whoever_says_so_and_by_nobody_twice(self, console: Console) -> None:
        subject = await console.desk.open()
        await console.desk.clear(subject)
        client = await console.signed_in(GATEWAY)
        place = f"{ONE}/decision/take-risk"
        page = text_of(await client.get(place))
        assert f"{DUTY} owns the risk now; from then on you do." in page
        assert "concludes: Limited information" in page
        missing = await send(client, place, step="check", risk_owner="Somebody Else")
        assert (missing.status_code, "Enter the rationale" in missing.text) == (422, True)
        done = await send(client, place, step="commit", rationale="Back from the investigation.", risk_owner="Else")
        assert done.status_code == 303
        [row] = await rows(console.desk.runtime, "SELECT risk_owner, officer_id FROM referral")
        assert row == {"risk_owner": "Gita Synthetic", "officer_id": None}
        assert "You own the risk already." in text_of(await client.get(place))


class TestReferral:
    async def test_shows_the_form_and_audits_the_read(self, console: Console) -> None:
        subject = await console.desk.open()
        page = await (await console.signed_in(GATEWAY)).get(ONE)
        assert "Sample Synthetic" in page.text
        assert "Its second paragraph." in page.text
        read = await rows(
            console.desk.runtime, "SELECT actor_id, subject FROM audit_entry WHERE action = 'record.read'"
        )
        assert read == [{"actor_id": "gita-synthetic", "subject": subject}]
        assert (await rows(console.desk.runtime, "SELECT gateway_seen_at FROM referral"))[0]["gateway_seen_at"]

    async def test_offers_what_fits_what_it_shows_where_something_is_recorded_meanwhile(
        self, console: Console, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        subject = await console.desk.open()
        client = await console.signed_in(GATEWAY)
        await client.get(ONE)
        waiting, read = [subject], queries.referral_view

        async def cleared_before_it_is_read(session: Session, held: queries.Held) -> queries.ReferralView:
            while waiting:
                await console.desk.clear(waiting.pop())
            return await read(session, held)

        monkeypatch.setattr(queries, "referral_view", cleared_before_it_is_read)
        page = await client.get(ONE)
        assert not waiting
        assert f'href="{ONE}/decision/propose-closure"' in page.text or f'href="{ONE}/decision/close"' in page.text

    async def test_says_of_nobody_that_the_service_did_it(self, console: Console) -> None:
        await console.desk.open()
        shown = text_of(await (await console.signed_in(GATEWAY)).get(ONE))
        assert "Referral received" in shown
        assert "by triage" not in shown

    async def test_marks_where_it_stands_and_says_why_not(self, console: Console) -> None:
        await console.desk.open()
        page = await (await console.signed_in(GATEWAY)).get(ONE)
        assert page.text.count('aria-current="step"') == 1
        assert "The intelligence unit has not recorded “clear to proceed” yet." in page.text
        assert f'href="{ONE}/decision/close"' not in page.text

    async def test_offers_what_the_table_offers(self, console: Console) -> None:
        subject = await console.desk.open()
        await console.desk.clear(subject)
        page = await (await console.signed_in(GATEWAY)).get(ONE)
        for command in ("close", "signpost", "lead-partnership", "pass-on", "offer-transfer"):
            assert f'href="{ONE}/decision/{command}"' in page.text

    async def test_shows_an_unread_original_with_its_document(self, console: Console) -> None:
        subject = await console.desk.open(received(form=None, unread_reason="no-form-found"))
        async with console.desk.runtime.database.transaction(Actor.service("triage")) as session:
            kept = await documents.store(
                session,
                subject=subject,
                area="kent-and-medway",
                name='näme "x".docx',
                media_type="text/html",
                body=b"<script>1</script>",
                now=NOW,
            )
        client = await console.signed_in(GATEWAY)
        page = await client.get(ONE)
        assert "could not read this referral" in page.text
        download = await client.get(f"{ONE}/documents/{kept.id}")
        assert (download.content, download.headers["content-type"]) == (
            b"<script>1</script>",
            "application/octet-stream",
        )
        assert download.headers["content-disposition"].startswith("attachment")

    async def test_hands_out_no_document_of_another_referral(self, console: Console) -> None:
        await console.desk.open()
        other = await console.desk.open(received(reference="KM-2222-2222"))
        async with console.desk.runtime.database.transaction(Actor.service("triage")) as session:
            kept = await documents.store(
                session, subject=other, area="kent-and-medway", name="x", media_type="text/plain", body=b"x", now=NOW
            )
        client = await console.signed_in(GATEWAY)
        assert (await client.get(f"{ONE}/documents/{kept.id}")).status_code == 404
        assert (await client.get(f"{ONE}/documents/nothing")).status_code == 404

    async def test_is_not_there_for_another_area(self, console: Console) -> None:
        await console.desk.open()
        stranger = officer(Role.GATEWAY_OFFICER, areas=frozenset({"northmere"}))
        assert (await (await console.signed_in(stranger)).get(ONE)).status_code == 404


class TestHold:
    async def test_a_conflict_is_shown_and_told_apart_without_the_note(self, console: Console) -> None:
        subject = await console.desk.open()
        client = await console.signed_in(GATEWAY)
        await console.desk.hold(subject, Command.MORE_TIME, "Waiting for another force.")
        asked = text_of(await client.get(ONE))
        assert "Waiting for another force." not in asked
        assert ", extended once" in asked
        assert "In deconfliction. More time asked. Speak to Imran Synthetic." in asked
        assert "More time asked" in (await client.get("/gateway")).text
        await console.desk.hold(subject, Command.CONFLICT, "Speak to the duty inspector.")
        page = text_of(await client.get(ONE))
        assert "Stopped: the intelligence unit recorded a conflict. Speak to Imran Synthetic." in page
        assert "recorded a conflict, which stops the pathway: speak to Imran Synthetic" in page
        assert "Speak to the duty inspector." not in page
        queue = (await client.get("/gateway")).text
        assert ("unit recorded a conflict" in queue, "duty inspector" in queue, "More time asked" in queue) == (
            True, False, False,
        )  # fmt: skip

    async def test_the_door_and_the_example_are_written_properly(self, console: Console) -> None:
        await console.desk.open(received(door="api"))
        client = await console.signed_in(GATEWAY)
        assert "Came in by API" in text_of(await client.get(ONE))
        example = re.search(r"For example, ([A-Z0-9-]+)", (await client.get("/gateway")).text)
        assert example
        assert is_reference(example[1])


class TestTake:
    async def test_names_the_officer(self, console: Console) -> None:
        await console.desk.open()
        client = await console.signed_in(GATEWAY)
        page = await client.get(ONE)
        fields = {name: hidden(page, name) for name in ("csrf_token", "row_version")}
        answer = await client.post(f"{ONE}/take", data=fields)
        assert answer.status_code == 303
        assert (await rows(console.desk.runtime, "SELECT officer_name FROM referral"))[0][
            "officer_name"
        ] == GATEWAY.name
        assert (await client.post(f"{ONE}/take", data=fields)).status_code == 409
        again = await client.get(ONE)
        assert "Taking a referral says which Gateway officer works it" in page.text
        assert "Taking a referral says" not in again.text
        assert f'action="{ONE}/take"' not in again.text
        assert "You have this referral already." in again.text

    async def test_is_not_for_the_intelligence_unit(self, console: Console) -> None:
        await console.desk.open()
        client = await console.signed_in(IMU)
        assert (await client.post(f"{ONE}/take", data={"row_version": "1"})).status_code == 403


class TestDeconflict:
    async def test_records_what_was_found(self, console: Console) -> None:
        await console.desk.open()
        client = await console.signed_in(IMU)
        answer = await send(client, f"{ONE}/deconfliction", outcome="record-clear")
        assert answer.status_code == 303
        assert (await rows(console.desk.runtime, "SELECT state FROM referral"))[0]["state"] == "assessing"

    async def test_asks_for_what_is_missing(self, console: Console) -> None:
        await console.desk.open()
        client = await console.signed_in(IMU)
        nothing = await send(client, f"{ONE}/deconfliction")
        assert (nothing.status_code, "Choose what was found" in nothing.text) == (422, True)
        no_note = await send(client, f"{ONE}/deconfliction", outcome="record-conflict")
        assert (no_note.status_code, "Enter a note" in no_note.text) == (422, True)

    async def test_keeps_the_words_when_it_can_no_longer_be_recorded(self, console: Console) -> None:
        subject = await console.desk.open()
        await console.desk.clear(subject)
        client = await console.signed_in(IMU)
        page = await client.get(f"{ONE}/deconfliction")
        fields = {name: hidden(page, name) for name in ("csrf_token", "row_version")}
        await console.desk.decide(subject, Command.PLP)
        words = {"outcome": "record-conflict", "rationale": "My own long words."}
        refused = await client.post(f"{ONE}/deconfliction", data={**fields, **words})
        assert refused.status_code == 409
        assert "Taken into police-led partnership, by Gita Synthetic" in text_of(refused)
        assert "My own long words." in refused.text

    async def test_is_not_for_the_gateway(self, console: Console) -> None:
        await console.desk.open()
        client = await console.signed_in(GATEWAY)
        assert (await client.get(f"{ONE}/deconfliction")).status_code == 403


class TestDecide:
    async def test_goes_from_choice_by_check_to_record(self, console: Console) -> None:
        subject = await console.desk.open()
        await console.desk.clear(subject)
        client = await console.signed_in(GATEWAY)
        chosen = await send(client, f"{ONE}/decision", command="close")
        assert chosen.headers["location"] == f"{ONE}/decision/close"
        words = {**TYPED, "rationale": "A history project.\n\nThe teacher confirmed it."}
        checked = await send(client, f"{ONE}/decision/close", step="check", **words)
        assert (checked.status_code, "Check before you record this" in checked.text) == (200, True)
        fields = {name: hidden(checked, name) for name in ("csrf_token", "row_version", *words)}
        changed = await client.post(f"{ONE}/decision/close", data={**fields, "step": "change"})
        assert "The teacher confirmed it." in changed.text
        done = await client.post(f"{ONE}/decision/close", data={**fields, "step": "commit"})
        assert done.headers["location"] == ONE
        page = await client.get(ONE)
        assert "Closed: no further action." in page.text
        assert "The teacher confirmed it." in page.text
        assert f"What was found about the concern itself: {FINDING}" in page.text

    async def test_a_double_click_decides_once(self, console: Console) -> None:
        subject = await console.desk.open()
        await console.desk.clear(subject)
        client = await console.signed_in(GATEWAY)
        page = await client.get(f"{ONE}/decision/close")
        fields = {name: hidden(page, name) for name in ("csrf_token", "row_version")}
        fields |= {**TYPED, "step": "commit"}
        answers = [(await client.post(f"{ONE}/decision/close", data=fields)).status_code for _ in range(2)]
        assert answers == [303, 409]
        assert len(await announced(console.desk.runtime, "triage.decision-counted.v1")) == 1

    async def test_explains_why_no_ideology_is_not_enough(self, console: Console) -> None:
        subject = await console.desk.open()
        await console.desk.clear(subject)
        client = await console.signed_in(GATEWAY)
        words = {**TYPED, "rationale": "No ideology"}
        page = await send(client, f"{ONE}/decision/close", step="commit", **words)
        assert page.status_code == 422
        assert "not by itself a reason to close: people without" in page.text

    async def test_names_every_missing_field(self, console: Console) -> None:
        subject = await console.desk.open()
        await console.desk.clear(subject)
        client = await console.signed_in(GATEWAY)
        page = await send(client, f"{ONE}/decision/signpost", step="check")
        assert page.status_code == 422
        assert page.text.count("govuk-error-message") == 4
        assert 'href="#service"' in page.text

    async def test_says_who_changed_what_and_keeps_the_words(self, console: Console) -> None:
        subject = await console.desk.open(received(form=None, unread_reason="no-form-found"))
        await console.desk.clear(subject)
        client = await console.signed_in(GATEWAY)
        page = await client.get(f"{ONE}/decision/close")
        fields = {name: hidden(page, name) for name in ("csrf_token", "row_version")}
        await console.desk.hear(version_added(), subject)
        words = {"reason": "malicious", "rationale": "My own long words.", "step": "commit"}
        refused = await client.post(f"{ONE}/decision/close", data={**fields, **words})
        assert refused.status_code == 409
        assert "A later version of the form arrived, 1" in text_of(refused)
        assert "by triage" not in text_of(refused)
        assert "My own long words." in refused.text
        assert hidden(refused, "row_version") == "4"
        assert not await rows(console.desk.runtime, "SELECT 1 FROM decision")

    async def test_shows_the_refusal_when_it_can_no_longer_be_decided(self, console: Console) -> None:
        subject = await console.desk.open()
        await console.desk.clear(subject)
        client = await console.signed_in(GATEWAY)
        page = await client.get(f"{ONE}/decision/close")
        fields = {name: hidden(page, name) for name in ("csrf_token", "row_version")}
        await console.desk.decide(subject, Command.PASS_ON)
        words = {"reason": "malicious", "rationale": "My own long words.", "step": "commit"}
        refused = await client.post(f"{ONE}/decision/close", data={**fields, **words})
        assert refused.status_code == 409
        assert "This cannot be decided now." in refused.text
        assert "My own long words." in refused.text

    async def test_knows_only_the_decisions_of_the_table(self, console: Console) -> None:
        await console.desk.clear(await console.desk.open())
        client = await console.signed_in(GATEWAY)
        assert (await client.get(f"{ONE}/decision/receive")).status_code == 404
        nothing = await send(client, f"{ONE}/decision", command="receive")
        assert (nothing.status_code, "Choose a decision" in nothing.text) == (422, True)
