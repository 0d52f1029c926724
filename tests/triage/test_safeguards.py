"""Notes, corrections, restricted referrals, and withdrawal."""

import re
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from chassis.actor import Actor
from contracts.channel.police import PackAccepted
from contracts.triage.dovetail import ReferralCorrected
from contracts.vocabulary import Role
from services.triage import operations, queries
from services.triage.domain import Command, NotRecorded, Record, ReferralRestricted
from services.triage.operations import Act
from services.triage.queries import OfficerView
from services.triage.web.routes import PAGES
from tests.triage.builders import (
    DUTY,
    GATEWAY,
    IMU,
    NOW,
    GivenPractices,
    announced,
    form,
    officer,
    practice,
    received,
    rows,
)
from tests.triage.conftest import Console, Desk, hidden, send
from tests.triage.test_operations import opened_events

REFERENCE = "KM-7F3K-92QM"
ONE = f"/referrals/{REFERENCE}"
SUPERVISOR = officer(Role.GATEWAY_SUPERVISOR, name="Sita Synthetic")
OTHER = officer(Role.GATEWAY_OFFICER, name="Olga Synthetic")
NAME = "Sample Synthetic"


def text_of(page: httpx2.Response) -> str:
    """Return the page's text without its markup."""
    return " ".join(re.sub(r"<[^>]+>", " ", page.text).split())


async def act(desk: Desk, actor: Actor, verb: Any, subject: UUID, command: Command, **record: Any) -> None:
    """Carry out one operation as somebody."""
    more = {name: record.pop(name) for name in ("keeps_officer",) if name in record}
    async with desk.runtime.database.transaction(actor) as session:
        await verb(session, subject, Act(command, NOW, Record(**record)), practice(), **more)


async def restrict(desk: Desk, subject: UUID, *, keeps_officer: bool = False) -> None:
    """Restrict a referral as a supervisor does."""
    why = {"rationale": "The person works with us.", "keeps_officer": keeps_officer}
    await act(desk, SUPERVISOR, operations.restrict, subject, Command.RESTRICT, **why)


async def decided(client: httpx2.AsyncClient, path: str, **fields: str) -> httpx2.Response:
    """Send a form and record what its check page shows."""
    checked = await send(client, path, step="check", **fields)
    assert (checked.status_code, "Check before you record this" in checked.text) == (200, True), text_of(checked)
    sent = {name: hidden(checked, name) for name in ("csrf_token", "row_version")}
    return await client.post(path, data={**sent, **fields, "step": "commit"})


class TestNote:
    async def test_stands_in_the_timeline_and_changes_nothing_else(self, console: Console) -> None:
        await console.desk.open()
        client = await console.signed_in(GATEWAY)
        before = await rows(console.desk.runtime, "SELECT state, risk_owner FROM referral")
        answer = await send(client, f"{ONE}/note", rationale="Telephoned the school.")
        assert answer.status_code == 303
        page = text_of(await client.get(ONE))
        assert "Note added" in page
        assert "Telephoned the school." in page
        assert await rows(console.desk.runtime, "SELECT state, risk_owner FROM referral") == before
        assert not await rows(console.desk.runtime, "SELECT 1 FROM outbox")

    async def test_is_not_refused_because_somebody_was_first(self, console: Console) -> None:
        await console.desk.open()
        client = await console.signed_in(GATEWAY)
        page = await client.get(f"{ONE}/note")
        sent = {name: hidden(page, name) for name in ("csrf_token", "row_version")}
        for words in ("First.", "Second."):
            assert (await client.post(f"{ONE}/note", data={**sent, "rationale": words})).status_code == 303

    async def test_refuses_nothing_and_intelligence_material_and_keeps_the_words(self, console: Console) -> None:
        await console.desk.open()
        client = await console.signed_in(GATEWAY)
        empty = await send(client, f"{ONE}/note")
        assert (empty.status_code, "Enter the rationale" in empty.text) == (422, True)
        marked = await send(client, f"{ONE}/note", rationale="As in intel log 4411, he was there.")
        assert marked.status_code == 422
        assert "“intel log” looks like intelligence material" in marked.text
        assert "As in intel log 4411, he was there." in marked.text
        assert not await rows(console.desk.runtime, "SELECT 1 FROM history WHERE command = 'add-note'")

    async def test_is_not_for_the_intelligence_unit(self, console: Console) -> None:
        await console.desk.open()
        assert (await (await console.signed_in(IMU)).get(f"{ONE}/note")).status_code == 403


class TestCorrect:
    async def test_stands_on_every_page_of_the_referral_for_good(self, console: Console) -> None:
        subject = await console.desk.open()
        await console.desk.clear(subject)
        client = await console.signed_in(GATEWAY)
        words = {"reason": "wrong-fact", "rationale": "He was not at the meeting."}
        assert (await decided(client, f"{ONE}/correction", **words)).status_code == 303
        for path in (ONE, f"{ONE}/print", f"{ONE}/decision/close", f"{ONE}/note"):
            shown = text_of(await client.get(path))
            assert "We were mistaken: He was not at the meeting." in shown, path
            assert f"A fact was wrong ({REFERENCE}). Recorded by Gita Synthetic" in shown, path
        kept = (await rows(console.desk.runtime, "SELECT sealed_words, told_channel FROM correction"))[0]
        assert (b"meeting" in kept["sealed_words"], kept["told_channel"]) == (False, False)

    async def test_tells_channel_only_where_it_was_given_the_identity(self, desk: Desk) -> None:
        subject = await desk.open()
        await desk.clear(subject)
        wrong = {"reason": "wrong-person", "rationale": "It is his cousin."}
        await act(desk, GATEWAY, operations.correct, subject, Command.CORRECT, **wrong)
        assert not await announced(desk.runtime, "triage.referral-corrected.v1")
        await desk.decide(subject, Command.PASS_ON)
        await desk.hear(PackAccepted(reference=REFERENCE, accepted_at=NOW, risk_owner="Cora Synthetic"), subject)
        await act(desk, GATEWAY, operations.correct, subject, Command.CORRECT, **wrong)
        (told,) = await opened_events(desk, "triage.referral-corrected.v1")
        assert isinstance(told, ReferralCorrected)
        assert (told.kind, told.correction, told.corrected_by) == ("wrong-person", "It is his cousin.", GATEWAY.name)
        found = await rows(desk.runtime, "SELECT told_channel FROM correction ORDER BY id")
        assert [row["told_channel"] for row in found] == [False, True]

    @pytest.mark.parametrize("reason", ["", "because", "wrong-Fact"])
    async def test_asks_which_kind(self, console: Console, reason: str) -> None:
        await console.desk.open()
        client = await console.signed_in(GATEWAY)
        page = await send(client, f"{ONE}/correction", step="commit", reason=reason, rationale="Words.")
        assert page.status_code == 422
        assert "Words." in page.text
        assert not await rows(console.desk.runtime, "SELECT 1 FROM correction")

    async def test_says_who_was_first_and_keeps_the_words(self, console: Console) -> None:
        subject = await console.desk.open()
        client = await console.signed_in(GATEWAY)
        page = await client.get(f"{ONE}/correction")
        sent = {name: hidden(page, name) for name in ("csrf_token", "row_version")}
        await console.desk.clear(subject, assessed=False)
        words = {"reason": "wrong-fact", "rationale": "My own long words.", "step": "commit"}
        late = await client.post(f"{ONE}/correction", data={**sent, **words})
        assert late.status_code == 409
        assert "Recorded: clear to proceed, by Imran Synthetic" in text_of(late)
        assert "My own long words." in late.text

    async def test_erasing_leaves_the_kind_and_no_words(self, desk: Desk) -> None:
        subject = await desk.open()
        wrong = {"reason": "duplicate", "rationale": "Counted twice."}
        await act(desk, GATEWAY, operations.correct, subject, Command.CORRECT, **wrong)
        async with desk.runtime.database.transaction(Actor.service("triage")) as session:
            await operations.erase_subject(session, subject)
            (left,) = await queries.corrections(session, (subject,))
        assert (left.kind, left.words) == ("duplicate", "")


class TestRestricted:
    async def test_is_seen_by_the_list_the_supervisors_and_the_unit_only(self, console: Console) -> None:
        subject = await console.desk.open()
        await console.desk.clear(subject)
        await restrict(console.desk, subject)
        for actor in (SUPERVISOR, IMU):
            page = await (await console.signed_in(actor)).get(ONE)
            assert (page.status_code, NAME in page.text, "Restricted" in page.text) == (200, True, True)
        client = await console.signed_in(OTHER)
        paths = ("", "/print", "/decision", "/decision/close", "/note", "/correction", "/same", f"/documents/{uuid4()}")
        for path in paths:
            page = await client.get(f"{ONE}{path}")
            assert (path, page.status_code, NAME in page.text) == (path, 403, False)
            assert "ask a Gateway supervisor or the intelligence unit to put you on its access list" in text_of(page)
        queue = await client.get("/gateway")
        assert (ONE in queue.text, DUTY in queue.text) == (False, False)
        found = await client.get("/find", params={"reference": REFERENCE})
        assert NAME not in found.text

    async def test_every_denied_try_is_written_down(self, console: Console) -> None:
        subject = await console.desk.open()
        await restrict(console.desk, subject)
        client = await console.signed_in(OTHER)
        for path in (ONE, f"{ONE}/print"):
            assert (await client.get(path)).status_code == 403
        denied = await rows(
            console.desk.runtime, "SELECT actor_id, subject, area FROM audit_entry WHERE action = 'referral.denied'"
        )
        assert denied == [{"actor_id": OTHER.id, "subject": subject, "area": "kent-and-medway"}] * 2
        read = "SELECT 1 FROM audit_entry WHERE action = 'record.read' AND actor_id = :id"
        assert not await rows(console.desk.runtime, read, id=OTHER.id)

    async def test_holds_in_every_operation_of_a_person_and_for_no_service(self, desk: Desk) -> None:
        subject = await desk.open()
        await desk.clear(subject)
        await restrict(desk, subject)
        with pytest.raises(ReferralRestricted):
            await desk.decide(subject, Command.PASS_ON)
        async with desk.runtime.database.transaction(Actor.service("triage")) as session:
            assert (await queries.held(session, subject)).situation.restricted
            assert await queries.hidden(session, (subject,)) == frozenset()
        async with desk.runtime.database.transaction(OTHER) as session:
            assert await queries.hidden(session, (subject,)) == {subject}
            assert await queries.hidden_references(session, (REFERENCE, "KM-2222-2222")) == {REFERENCE}

    async def test_the_page_of_the_reference_alone_of_another_area_stays_not_there(self, console: Console) -> None:
        subject = await console.desk.open()
        await restrict(console.desk, subject)
        stranger = officer(Role.GATEWAY_OFFICER, areas=frozenset({"northmere"}))
        assert (await (await console.signed_in(stranger)).get(ONE)).status_code == 404

    async def test_is_restricted_and_opened_again_on_pages_with_a_reason(self, console: Console) -> None:
        subject = await console.desk.open()
        async with console.desk.runtime.database.transaction(GATEWAY) as session:
            await operations.take(session, subject, Act(Command.TAKE, NOW), practice())
        client = await console.signed_in(SUPERVISOR)
        unsaid = await send(client, f"{ONE}/restriction", step="check", rationale="A colleague's son.")
        assert (unsaid.status_code, "Choose whether the officer goes on seeing it" in unsaid.text) == (422, True)
        done = await decided(client, f"{ONE}/restriction", rationale="A colleague's son.", keeps="yes")
        assert done.status_code == 303
        assert (await client.get(f"{ONE}/restriction")).text.count("restricted already") == 1
        assert (await (await console.signed_in(GATEWAY)).get(ONE)).status_code == 200
        assert (await (await console.signed_in(OTHER)).get(ONE)).status_code == 403
        client = await console.signed_in(SUPERVISOR)
        assert (await decided(client, f"{ONE}/restriction/end", rationale="He has left.")).status_code == 303
        assert (await (await console.signed_in(OTHER)).get(ONE)).status_code == 200
        assert not await rows(console.desk.runtime, "SELECT 1 FROM access WHERE ended_at IS NULL")

    async def test_is_not_for_a_gateway_officer_to_restrict_or_open(self, console: Console) -> None:
        await console.desk.open()
        client = await console.signed_in(GATEWAY)
        for path in ("restriction", "restriction/end", "access"):
            assert (path, (await client.get(f"{ONE}/{path}")).status_code) == (path, 403)


class TestAccess:
    async def test_an_officer_comes_onto_the_list_and_goes_with_a_reason(self, console: Console) -> None:
        subject = await console.desk.open()
        await restrict(console.desk, subject)
        client = await console.signed_in(SUPERVISOR)
        somebody = {"officer": "somebody-else", "officer_id": OTHER.id, "officer_name": OTHER.name}
        no_reason = await send(client, f"{ONE}/access", **somebody)
        assert (no_reason.status_code, OTHER.id in no_reason.text) == (422, True)
        done = await send(client, f"{ONE}/access", **somebody, rationale="She knows the school.")
        assert done.status_code == 303
        again = await send(client, f"{ONE}/access", **somebody, rationale="She knows the school.")
        assert "is on the access list already" in again.text
        assert (await (await console.signed_in(OTHER)).get(ONE)).status_code == 200
        client = await console.signed_in(SUPERVISOR)
        shown = text_of(await client.get(ONE))
        assert "An officer was let in" in shown
        assert "Olga Synthetic: She knows the school." in shown
        listed = await client.get(f"{ONE}/access")
        found = re.search(rf"{ONE}/access/[0-9a-f-]+/end", listed.text)
        assert found
        assert (await send(client, found[0])).status_code == 422
        assert (await send(client, found[0], rationale="She has moved.")).status_code == 303
        assert (await (await console.signed_in(OTHER)).get(ONE)).status_code == 403

    async def test_asks_for_an_id_and_a_name(self, console: Console) -> None:
        subject = await console.desk.open()
        await restrict(console.desk, subject)
        client = await console.signed_in(SUPERVISOR)
        nobody = await send(client, f"{ONE}/access", rationale="Why.")
        assert (nobody.status_code, "Choose an officer" in nobody.text) == (422, True)
        nameless = await send(client, f"{ONE}/access", officer_id="olga", rationale="Why.")
        assert (nameless.status_code, "Enter the name" in nameless.text) == (422, True)

    async def test_is_offered_only_while_restricted(self, desk: Desk) -> None:
        subject = await desk.open()
        async with desk.runtime.database.transaction(SUPERVISOR) as session:
            to = OfficerView(OTHER.id, OTHER.name)
            given = Act(Command.ADMIT, NOW, Record(officer=to.name, rationale="Why."))
            with pytest.raises(Exception, match="not restricted"):
                await operations.admit(session, subject, to, given, practice())

    async def test_nobody_is_on_it_twice(self, desk: Desk) -> None:
        subject = await desk.open()
        await restrict(desk, subject)
        to = OfficerView(OTHER.id, OTHER.name)
        given = Act(Command.ADMIT, NOW, Record(officer=to.name, rationale="Why."))
        async with desk.runtime.database.transaction(SUPERVISOR) as session:
            await operations.admit(session, subject, to, given, practice())
        with pytest.raises(NotRecorded, match="already"):
            async with desk.runtime.database.transaction(SUPERVISOR) as session:
                await operations.admit(session, subject, to, given, practice())


class TestWithdraw:
    WORDS = {"rationale": "The school sent a test.", "risk_owner": DUTY}  # noqa: RUF012

    async def test_ends_the_referral_with_who_withdrew_it(self, console: Console) -> None:
        await console.desk.clear(await console.desk.open())
        client = await console.signed_in(SUPERVISOR)
        words = {"reason": "sent-in-error", "concern": "unknown", **self.WORDS}
        assert (await decided(client, f"{ONE}/decision/withdraw", **words)).status_code == 303
        assert (await rows(console.desk.runtime, "SELECT state FROM referral"))[0]["state"] == "withdrawn"
        assert not await rows(console.desk.runtime, "SELECT 1 FROM clock WHERE stopped_at IS NULL")
        assert len(await announced(console.desk.runtime, "triage.police-decision-made.v1")) == 1

    async def test_refuses_a_reason_that_is_not_on_the_page(self, console: Console) -> None:
        await console.desk.clear(await console.desk.open())
        client = await console.signed_in(SUPERVISOR)
        for step in ("check", "commit"):
            page = await send(client, f"{ONE}/decision/withdraw", step=step, reason="mistaken", **self.WORDS)
            assert page.status_code == 422
        assert not await rows(console.desk.runtime, "SELECT 1 FROM decision")

    async def test_is_for_the_supervisor(self, console: Console) -> None:
        await console.desk.clear(await console.desk.open())
        assert (await (await console.signed_in(GATEWAY)).get(f"{ONE}/decision/withdraw")).status_code == 403


class TestNothingMoreThanTheReference:
    async def test_shows_on_any_page_of_somebody_who_is_not_on_the_list(self, console: Console) -> None:
        desk, other = console.desk, "KM-2222-2222"
        await desk.open(received(form=form(surname="Quokkason")))
        closed = form(surname="Quokkasson", district="Gravesham")
        subject = await desk.open(received(reference=other, form=closed, possibly_same_as=(REFERENCE,)))
        await desk.clear(subject)
        await desk.decide(subject, Command.SIGNPOST, service="kent-early-help", message="Canarymessage.")
        await desk.decide(subject, Command.REOPEN)
        await act(desk, GATEWAY, operations.take, subject, Command.TAKE)
        await restrict(desk, subject)
        client = await console.signed_in(OTHER)
        paths = {page.path for page in PAGES if page.method == "GET" and "{" not in page.path}
        of_one = ("", "/print", "/same", f"/same?other={other}", "/pack", "/decision/close")
        paths |= {*(f"{ONE}{path}" for path in of_one), f"/find?reference={other}", "/gateway?district=Gravesham"}
        for path in sorted(paths):
            page = await client.get(path)
            assert page.status_code in {200, 303, 403, 404, 422}, path
            for canary in ("Quokkasson", "Canarymessage", "Agrees:"):
                assert canary not in page.text, (path, canary)
            # Whoever works it may stand in lists of officers, but not beside the reference.
            assert not re.search(rf"{other}(?:(?!</tr>).)*{GATEWAY.name}", page.text, re.DOTALL), path
        for path in ("/gateway", "/gateway?district=Gravesham", "/gateway?sort=due", "/forecast"):
            assert other not in (await client.get(path)).text, path
        for words in ("Sample Quokkason", other):
            assert "Quokkasson" not in (await send(client, "/search", words=words)).text
        client = await console.signed_in(SUPERVISOR)
        assert "Quokkasson" in (await client.get(f"/referrals/{other}")).text
        assert "Agrees:" in (await client.get(ONE)).text

    async def test_words_about_it_on_another_page_are_for_those_who_may_see_it(self, console: Console) -> None:
        desk, other = console.desk, "KM-2222-2222"
        await desk.open()
        subject = await desk.open(received(reference=other))
        async with desk.runtime.database.transaction(GATEWAY) as session:
            pair = (await queries.held_by_reference(session, REFERENCE), await queries.held(session, subject))
            told = operations.Told("separate", "Canaryreason.")
            await operations.link_referrals(session, pair, told, GivenPractices(practice()), NOW)
        await restrict(desk, subject)
        assert "Canaryreason." not in (await (await console.signed_in(OTHER)).get(ONE)).text
        assert "Canaryreason." in (await (await console.signed_in(SUPERVISOR)).get(ONE)).text

    async def test_whoever_is_given_it_comes_onto_the_list(self, desk: Desk) -> None:
        subject = await desk.open()
        await restrict(desk, subject)
        to = OfficerView(OTHER.id, OTHER.name)
        async with desk.runtime.database.transaction(SUPERVISOR) as session:
            given = Act(Command.ALLOCATE, NOW, Record(officer=to.name))
            await operations.allocate(session, subject, to, given, practice())
        async with desk.runtime.database.transaction(OTHER) as session:
            assert (await queries.held(session, subject)).officer_id == OTHER.id
