"""What others owe: asked once, ended once, counted by age, and never in the way without saying so."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from chassis.clock import working_days_between
from contracts.notify.police import SignpostAcknowledged, SignpostReported
from contracts.vocabulary import Role
from services.triage import operations, queries
from services.triage.domain import (
    AGE_LABELS,
    Body,
    Command,
    NotInThisState,
    Obligation,
    ObligationEnded,
    ObligationNotFound,
    Record,
    age_of,
    first_days,
)
from services.triage.operations import Act, Answer
from tests.triage.builders import GATEWAY, IMU, NOW, GivenPractices, officer, practice, received, rows
from tests.triage.conftest import Console, Desk, hidden, send
from tests.triage.test_views import ONE, text_of

POLICE = practice(gathers=Body.POLICE)
REQUEST = Record(officer="Example School", message="Is anything known of threats?")
ACTION = Record(officer="Paula Partner (synthetic)", message="Visit the family.", review_on=date(2026, 12, 1))


async def asked(desk: Desk, subject: UUID, **given: Any) -> UUID:
    """Ask a partner for information; return the request's id."""
    async with desk.runtime.database.transaction(GATEWAY) as session:
        act = Act(Command.REQUEST, given.pop("now", NOW), replace(REQUEST, **given))
        return await operations.ask_partner(session, subject, act, POLICE)


async def gathering(desk: Desk, **given: Any) -> UUID:
    """Return a referral whose information is being gathered."""
    subject = await desk.open(received(**given))
    await desk.clear(subject)
    await desk.decide(subject, Command.GATHER)
    return subject


async def end(desk: Desk, subject: UUID, owed: UUID, command: Command, words: str) -> None:
    """Report an obligation done, or cancel it."""
    async with desk.runtime.database.transaction(GATEWAY) as session:
        act = Act(command, NOW, Record(rationale=words))
        verb = operations.cancel if command is Command.CANCEL else operations.fulfil
        await verb(session, subject, Answer(owed, NOW), act, POLICE)


async def kept(desk: Desk, subject: UUID) -> tuple[queries.ObligationView, ...]:
    async with desk.runtime.database.transaction(GATEWAY) as session:
        return await queries.obligations(session, subject)


class TestAge:
    @pytest.mark.parametrize(
        ("days", "label"),
        [(0, 0), (5, 0), (6, 1), (10, 1), (11, 2), (20, 2), (21, 3), (400, 3)],
    )
    def test_is_counted_in_four_parts(self, days: int, label: int) -> None:
        assert AGE_LABELS[age_of(days)] == AGE_LABELS[label]

    @pytest.mark.parametrize("today", [date(2026, 11, 18) + timedelta(days=ahead) for ahead in range(60)])
    def test_by_first_days_is_the_same_as_by_counting(self, today: date) -> None:
        firsts = first_days(today, working_days_between)
        for back in range(45):
            day = today - timedelta(days=back)
            by_day = next((place for place, first in enumerate(firsts) if day >= first), len(firsts))
            assert by_day == age_of(working_days_between(day, today))


class TestRequest:
    async def test_stays_open_with_a_clock_until_it_is_answered(self, desk: Desk) -> None:
        subject = await gathering(desk)
        owed = await asked(desk, subject)
        [view] = await kept(desk, subject)
        assert (view.kind, view.owner, view.message, view.state) == (
            Obligation.REQUEST, "Example School", "Is anything known of threats?", "open",
        )  # fmt: skip
        running = "SELECT stopped_at FROM clock WHERE about = :about"
        assert await rows(desk.runtime, running, about=owed) == [{"stopped_at": None}]
        await end(desk, subject, owed, Command.FULFIL, "Nothing known.")
        [view] = await kept(desk, subject)
        assert (view.state, view.report, view.ended_by) == ("done", "Nothing known.", GATEWAY.name)
        assert await rows(desk.runtime, running, about=owed) == [{"stopped_at": NOW}]

    async def test_holds_the_gathering_open(self, desk: Desk) -> None:
        subject = await gathering(desk)
        owed = await asked(desk, subject)
        with pytest.raises(Exception, match="A request for information is open"):
            await desk.decide(subject, Command.GATHERED)
        await end(desk, subject, owed, Command.CANCEL, "The school has closed.")
        await desk.decide(subject, Command.GATHERED)

    async def test_belongs_to_information_gathering(self, desk: Desk) -> None:
        subject = await desk.open()
        await desk.clear(subject)
        with pytest.raises(NotInThisState):
            await asked(desk, subject)

    async def test_keeps_its_words_sealed_and_empties_them_with_the_person(self, desk: Desk) -> None:
        subject = await gathering(desk)
        await asked(desk, subject, message="A canaryquestion, made up.")
        found = await rows(desk.runtime, "SELECT to_jsonb(obligation)::text AS kept FROM obligation")
        assert "canaryquestion" not in found[0]["kept"]
        async with desk.runtime.database.transaction(GATEWAY) as session:
            await operations.erase_subject(session, subject)
        [emptied] = await rows(desk.runtime, "SELECT sealed_message, sealed_report, owner FROM obligation")
        assert (bytes(emptied["sealed_message"]), emptied["sealed_report"], emptied["owner"]) == (b"", None, "")


class TestEnding:
    @pytest.mark.parametrize("first", [Command.FULFIL, Command.CANCEL])
    @pytest.mark.parametrize("second", [Command.FULFIL, Command.CANCEL])
    async def test_twice_is_refused_and_changes_nothing(self, desk: Desk, first: Command, second: Command) -> None:
        subject = await gathering(desk)
        owed = await asked(desk, subject)
        await end(desk, subject, owed, first, "The first words.")
        before = await kept(desk, subject)
        with pytest.raises(ObligationEnded, match="already: open the referral"):
            await end(desk, subject, owed, second, "The second words.")
        assert await kept(desk, subject) == before

    async def test_what_was_never_asked_is_refused(self, desk: Desk) -> None:
        subject = await gathering(desk)
        with pytest.raises(ObligationNotFound):
            await end(desk, subject, uuid4(), Command.FULFIL, "Words.")

    async def test_of_another_referral_is_refused(self, desk: Desk) -> None:
        one = await gathering(desk)
        other = await gathering(desk, reference="KM-2222-2222")
        owed = await asked(desk, one)
        with pytest.raises(ObligationNotFound):
            await end(desk, other, owed, Command.FULFIL, "Words.")

    async def test_a_report_that_comes_after_the_telephone_is_kept_beside_it(self, desk: Desk) -> None:
        subject = await desk.open()
        await desk.clear(subject)
        await desk.decide(subject, Command.SIGNPOST, service="kent-early-help", message="Please help.")
        [owed] = await kept(desk, subject)
        await end(desk, subject, owed.id, Command.FULFIL, "Ada Helper told us: visited.")
        late = SignpostReported(
            reference="KM-7F3K-92QM",
            signpost_id=owed.id,
            reported_at=NOW,
            reported_by="Ada Helper",
            report="Late words.",
        )
        await desk.hear(late, subject)
        [after] = await kept(desk, subject)
        assert after.report == "Ada Helper told us: visited."
        async with desk.runtime.database.transaction(GATEWAY) as session:
            notes = [each.note for each in await queries.changes_since(session, subject, 0)]
        assert "Kent Early Help: Ada Helper: Late words." in notes

    async def test_an_acknowledgement_says_who_has_it(self, desk: Desk) -> None:
        subject = await desk.open()
        await desk.clear(subject)
        await desk.decide(subject, Command.SIGNPOST, service="kent-early-help", message="Please help.")
        [owed] = await kept(desk, subject)
        given = {"reference": "KM-7F3K-92QM", "signpost_id": owed.id, "acknowledged_at": NOW}
        await desk.hear(SignpostAcknowledged(**given, acknowledged_by="Ada Helper"), subject)
        async with desk.runtime.database.transaction(GATEWAY) as session:
            notes = [each.note for each in await queries.changes_since(session, subject, 0)]
        assert notes[-1] == "Kent Early Help: Ada Helper"
        assert (await kept(desk, subject))[0].state == "acknowledged"


class TestAction:
    async def test_has_an_owner_and_is_due_at_the_close_of_its_day(self, desk: Desk) -> None:
        subject = await desk.open()
        await desk.clear(subject)
        await desk.decide(subject, Command.PLP)
        async with desk.runtime.database.transaction(GATEWAY) as session:
            await operations.add_action(session, subject, Act(Command.ADD_ACTION, NOW, ACTION), practice())
        [view] = await kept(desk, subject)
        assert (view.kind, view.owner) == (Obligation.ACTION, "Paula Partner (synthetic)")
        assert view.due_at.isoformat() == "2026-12-01T17:00:00+00:00"
        with pytest.raises(Exception, match="Still open: an action"):
            await desk.decide(subject, Command.CLOSE, reason="work-done")

    async def test_a_review_starts_the_clock_of_the_next_one(self, desk: Desk) -> None:
        subject = await desk.open()
        await desk.clear(subject)
        await desk.decide(subject, Command.PLP)
        later = NOW + timedelta(days=30)
        async with desk.runtime.database.transaction(GATEWAY) as session:
            act = Act(Command.REVIEW_PLP, later, Record(rationale="Calmer now."))
            await operations.review_partnership(session, subject, act, practice())
        [clock] = await rows(desk.runtime, "SELECT started_at, stopped_at FROM clock WHERE name = 'partnership-review'")
        assert clock == {"started_at": later, "stopped_at": None}


async def on_gathering(console: Console) -> tuple[httpx2.AsyncClient, UUID]:
    """Return a Gateway officer's browser, and the referral that is gathered for."""
    local: GivenPractices = console.desk.runtime.clients
    local.given = POLICE
    subject = await gathering(console.desk)
    return await console.signed_in(GATEWAY), subject


async def through(client: httpx2.AsyncClient, path: str, **fields: str) -> httpx2.Response:
    """Fill a page in, look at the check, and record it."""
    check = await send(client, path, step="check", **fields)
    assert "Check before you record this" in check.text, text_of(check)
    sent = {name: hidden(check, name) for name in ("csrf_token", "row_version")}
    return await client.post(path, data={**sent, **fields, "step": "commit"})


class TestPages:
    async def test_ask_a_partner_and_record_that_nothing_is_known(self, console: Console) -> None:
        client, subject = await on_gathering(console)
        page = await client.get(ONE)
        assert f'href="{ONE}/obligations/request"' in page.text
        path = f"{ONE}/obligations/request"
        assert (await through(client, path, officer="Example School", message="Known to you?")).status_code == 303
        [owed] = await kept(console.desk, subject)
        page = await client.get(ONE)
        assert "Request for information: Example School Open" in text_of(page)
        done = f"{ONE}/obligations/{owed.id}/done"
        assert f'href="{done}"' in page.text
        assert (await through(client, done, answer="nothing-known")).status_code == 303
        [owed] = await kept(console.desk, subject)
        assert (owed.state, owed.report) == ("done", "Nothing known.")
        again = await client.get(done)
        assert (again.status_code, "This was reported done already" in again.text) == (409, True)

    async def test_say_what_is_missing_and_lose_nothing(self, console: Console) -> None:
        client, subject = await on_gathering(console)
        path = f"{ONE}/obligations/request"
        answer = await send(client, path, step="check", officer="Example School")
        assert answer.status_code == 422
        assert "Enter what you want to know" in answer.text
        assert 'value="Example School"' in answer.text
        owed = await asked(console.desk, subject)
        for way, given, sentence in (
            ("done", {}, "Choose whether anything is known"),
            ("done", {"answer": "known"}, "Enter what they said"),
            ("done", {"answer": "<script>"}, "Choose whether anything is known"),
            ("cancel", {"rationale": " "}, "Enter why it is cancelled"),
            ("cancel", {"answer": "nothing-known"}, "Enter why it is cancelled"),
        ):
            answer = await send(client, f"{ONE}/obligations/{owed}/{way}", step="check", **given)
            assert (answer.status_code, sentence in answer.text) == (422, True), sentence

    async def test_refuse_marked_material_at_the_field(self, console: Console) -> None:
        client, _ = await on_gathering(console)
        answer = await send(
            client, f"{ONE}/obligations/request", step="check", officer="Example School", message="TOP SECRET: see log"
        )
        assert answer.status_code == 422
        assert "looks like intelligence material" in answer.text

    async def test_change_leads_back_with_the_words(self, console: Console) -> None:
        client, _ = await on_gathering(console)
        answer = await send(client, f"{ONE}/obligations/request", step="change", officer="Example School", message="Q?")
        assert (answer.status_code, 'value="Example School"' in answer.text) == (200, True)

    async def test_show_who_was_first_and_keep_the_words(self, console: Console) -> None:
        client, subject = await on_gathering(console)
        page = await client.get(f"{ONE}/obligations/request")
        await asked(console.desk, subject)
        sent = {name: hidden(page, name) for name in ("csrf_token", "row_version")}
        answer = await client.post(
            f"{ONE}/obligations/request", data={**sent, "officer": "A clinic", "message": "Q?", "step": "commit"}
        )
        assert answer.status_code == 409
        assert "A partner was asked for information, by Gita Synthetic" in text_of(answer)
        assert 'value="A clinic"' in answer.text
        assert len(await kept(console.desk, subject)) == 1

    async def test_a_signpost_is_reported_with_who_said_so(self, console: Console) -> None:
        subject = await console.desk.open()
        await console.desk.clear(subject)
        await console.desk.decide(subject, Command.SIGNPOST, service="kent-early-help", message="Please help.")
        client = await console.signed_in(GATEWAY)
        [owed] = await kept(console.desk, subject)
        path = f"{ONE}/obligations/{owed.id}/done"
        answer = await send(client, path, step="check", rationale="Visited.")
        assert (answer.status_code, "Enter who told you" in answer.text) == (422, True)
        given = {"told_by": "Ada Helper, Kent Early Help, by telephone", "rationale": "Visited."}
        assert (await through(client, path, **given)).status_code == 303
        [owed] = await kept(console.desk, subject)
        assert owed.report == "Ada Helper, Kent Early Help, by telephone told us: Visited."

    async def test_an_action_and_a_review(self, console: Console) -> None:
        subject = await console.desk.open()
        await console.desk.clear(subject)
        await console.desk.decide(subject, Command.PLP)
        client = await console.signed_in(GATEWAY)
        given = {"officer": "somebody-else", "officer_name": "Paula Partner", "message": "Visit."}
        day = {"review_on-day": "1", "review_on-month": "12", "review_on-year": "2099"}
        past = await send(
            client, f"{ONE}/obligations/action", step="check", **given, **{**day, "review_on-year": "2020"}
        )
        assert (past.status_code, "The date must be today or later" in past.text) == (422, True)
        assert (await through(client, f"{ONE}/obligations/action", **given, **day)).status_code == 303
        assert (await through(client, f"{ONE}/partnership/review", rationale="Calmer.")).status_code == 303
        shown = text_of(await client.get(ONE))
        assert "Action: Paula Partner Open" in shown
        assert "Partnership reviewed" in shown

    async def test_are_closed_to_the_intelligence_unit(self, console: Console) -> None:
        subject = await gathering(console.desk)
        owed = await asked(console.desk, subject)
        client = await console.signed_in(IMU)
        paths = ("request", "action", f"{owed}/done", f"{owed}/cancel")
        for path in (*(f"{ONE}/obligations/{each}" for each in paths), "/obligations", "/obligations.csv"):
            assert (path, (await client.get(path)).status_code) == (path, 403)
        assert f"{owed}/done" not in (await client.get(ONE)).text

    @pytest.mark.parametrize("owed", ["x", "00000000-0000-4000-8000-000000000001", "..%2f.."])
    async def test_say_so_where_nothing_is_open(self, console: Console, owed: str) -> None:
        await console.desk.open()
        client = await console.signed_in(GATEWAY)
        assert (await client.get(f"{ONE}/obligations/{owed}/done")).status_code == 404


class TestAgeingReport:
    async def test_counts_by_age_and_kind_without_identity(self, console: Console) -> None:
        subject = await gathering(console.desk)
        for days in (400, 401):
            await asked(console.desk, subject, now=NOW - timedelta(days=days))
        client = await console.signed_in(officer(Role.GATEWAY_SUPERVISOR, name="Sita Synthetic"))
        page = await client.get("/obligations", params={"kind": "information-request"})
        shown = text_of(page)
        assert page.status_code == 200
        assert "Request for information 0 0 0 2 does not apply" in shown
        assert "Sample Synthetic" not in page.text
        assert "Signpost 0" not in shown
        assert "Nothing is owed." in (await client.get("/obligations", params={"kind": "signpost"})).text

    async def test_goes_on_from_page_to_page(self, console: Console) -> None:
        subject = await gathering(console.desk)
        for number in range(queries.AGEING_PAGE + 1):
            await asked(console.desk, subject, officer=f"School {number:02}", now=NOW + timedelta(minutes=number))
        client = await console.signed_in(GATEWAY)
        first = await client.get("/obligations", params={"kind": "information-request"})
        assert "School 49" in first.text
        assert "School 50" not in first.text
        href = next(part.split('"')[0] for part in first.text.split('href="') if "after=" in part.split('"')[0])
        second = await client.get(href.replace("&amp;", "&"))
        assert "School 50" in second.text
        assert "School 49" not in second.text
        for mark in ("x", "2026-01-01~x", f"2026-01-01T00:00:00~{uuid4()}"):
            assert (await client.get("/obligations", params={"after": mark})).status_code == 200

    async def test_shows_nothing_of_another_area(self, console: Console) -> None:
        subject = await gathering(console.desk)
        await asked(console.desk, subject)
        elsewhere = officer(Role.GATEWAY_OFFICER, name="Nora Elsewhere", areas=frozenset({"northmere"}))
        client = await console.signed_in(elsewhere)
        assert "Nothing is owed." in (await client.get("/obligations")).text
        assert len((await client.get("/obligations.csv")).text.splitlines()) == 1

    async def test_is_a_file_without_names(self, console: Console) -> None:
        subject = await gathering(console.desk)
        await asked(console.desk, subject, now=NOW - timedelta(days=400))
        client = await console.signed_in(GATEWAY)
        answer = await client.get("/obligations.csv")
        [head, line] = answer.text.splitlines()
        assert head == "reference,kind,service,working_days_open,acknowledged,overdue"
        assert line.startswith("KM-7F3K-92QM,information-request,,")
        assert "Example School" not in answer.text
        assert answer.headers["content-disposition"].startswith("attachment;")

    async def test_leaves_out_what_is_owed_of_a_restricted_referral(self, console: Console) -> None:
        subject = await gathering(console.desk)
        await asked(console.desk, subject)
        async with console.desk.runtime.database.transaction(GATEWAY) as session:
            await operations.saving.change(session, subject, {"restricted": True})
        client = await console.signed_in(GATEWAY)
        for path in ("/obligations", "/obligations.csv", "/obligations?kind=information-request", "/work"):
            page = await client.get(path)
            assert ("KM-7F3K-92QM" in page.text, "Example School" in page.text) == (False, False), path
