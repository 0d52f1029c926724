"""The type of concern: chosen by an officer with the decision, kept, shown, counted, and gone with the person."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from chassis.actor import Actor
from chassis.transitions import NotRecorded
from contracts.triage.statistics import DecisionCounted
from contracts.vocabulary import ConcernType, Outcome, Role
from services.triage import operations, queries
from services.triage.domain import CONCERNS, DECISIONS, TABLE, Command, Record
from services.triage.domain.fulfilling import fulfils
from services.triage.operations import Act
from services.triage.operations.erasing import erase_subject
from tests.triage.builders import GATEWAY, NOW, officer, practice, rows, version_added
from tests.triage.conftest import Console, Desk, send
from tests.triage.test_obligations import asked, end, gathering
from tests.triage.test_operations import opened_events

ONE = "/referrals/KM-7F3K-92QM"
SUPERVISOR = officer(Role.GATEWAY_SUPERVISOR, name="Sita Synthetic")


async def counts(desk: Desk) -> list[DecisionCounted]:
    """Return what statistics were told, oldest first."""
    found = await opened_events(desk, "triage.decision-counted.v1")
    return [each for each in found if isinstance(each, DecisionCounted)]


async def concern_of(desk: Desk, subject: UUID) -> ConcernType | None:
    """Return the type that is kept with the referral."""
    async with desk.runtime.database.transaction(GATEWAY) as session:
        return (await queries.held(session, subject)).concern


async def at(desk: Desk, subject: UUID, command: Command, days: int) -> None:
    """Record a decision some days from now."""
    said = Record(rationale="Late.", concern="unknown", risk_owner=GATEWAY.name)
    async with desk.runtime.database.transaction(GATEWAY) as session:
        act = Act(command, NOW + timedelta(days=days), said)
        await operations.decide_referral(session, subject, act, practice())


class TestWords:
    def test_every_type_has_a_name_and_says_when_it_is_chosen(self) -> None:
        assert tuple(CONCERNS) == tuple(ConcernType)
        assert all(name and hint for name, hint in CONCERNS.values())
        assert len({name for name, _ in CONCERNS.values()}) == len(CONCERNS)

    def test_every_decision_that_people_make_and_statistics_count_asks_for_it(self) -> None:
        # What is taken back, signed off or opened again was chosen for before; a review changes nothing.
        chosen_before = {Command.TAKE_BACK, Command.SIGN_OFF, Command.REOPEN, Command.REVIEW, Command.REVIEW_PLP}
        for row in TABLE:
            if row.roles and row.outcome is not None and row.command not in chosen_before:
                assert "concern" in row.records, row.command
            if "concern" in row.records:
                assert row.command in DECISIONS
        assert "concern" in next(row for row in TABLE if row.command is Command.PROPOSE).records
        assert "concern" in next(row for row in TABLE if row.command is Command.TRANSFER).records


class TestChoosing:
    async def test_no_decision_without_a_type_and_none_with_one_that_there_is_not(self, desk: Desk) -> None:
        subject = await desk.open()
        await desk.clear(subject)
        for wrong in ("", " ", "a-type-that-there-is-not"):
            with pytest.raises(NotRecorded, match="type of concern") as refused:
                await desk.decide(subject, Command.PLP, concern=wrong)
            assert refused.value.field == "concern"
        assert await counts(desk) == []

    async def test_the_type_is_counted_and_stays_through_versions(self, desk: Desk) -> None:
        subject = await desk.open()
        await desk.clear(subject)
        await desk.decide(subject, Command.PLP, concern="fascination-with-violence")
        await desk.hear(version_added(), subject)
        assert await concern_of(desk, subject) is ConcernType.VIOLENCE
        assert [each.concern for each in await counts(desk)] == [ConcernType.VIOLENCE]

    async def test_it_may_be_chosen_anew_and_each_decision_keeps_its_own(self, desk: Desk) -> None:
        subject = await desk.open()
        await desk.clear(subject)
        await desk.decide(subject, Command.PLP, concern="unknown")
        await desk.decide(subject, Command.CLOSE, concern="incel")
        assert [each.concern for each in await counts(desk)] == [ConcernType.UNKNOWN, ConcernType.INCEL]
        async with desk.runtime.database.transaction(GATEWAY) as session:
            view = await queries.referral_view(session, await queries.held(session, subject))
        assert [each.concern for each in view.decisions] == [ConcernType.UNKNOWN, ConcernType.INCEL]
        assert await concern_of(desk, subject) is ConcernType.INCEL

    async def test_what_was_chosen_goes_with_an_answer_from_elsewhere(self, desk: Desk) -> None:
        subject = await desk.open()
        await desk.clear(subject)
        await desk.decide(subject, Command.CLOSE, concern="islamist")
        await desk.decide(subject, Command.REOPEN)
        assert [(each.outcome, each.concern) for each in await counts(desk)] == [
            (Outcome.CLOSED, ConcernType.ISLAMIST),
            (Outcome.RECEIVED, ConcernType.ISLAMIST),
        ]

    async def test_is_sealed_and_goes_with_the_person(self, desk: Desk) -> None:
        subject = await desk.open()
        await desk.clear(subject)
        await desk.decide(subject, Command.PLP, concern="islamist")
        kept = await rows(
            desk.runtime, "SELECT sealed_concern FROM referral UNION ALL SELECT sealed_concern FROM decision"
        )
        assert len(kept) == 2
        assert all(b"islamist" not in bytes(each["sealed_concern"]) for each in kept)
        async with desk.runtime.database.transaction(Actor.service("triage")) as session:
            await erase_subject(session, subject)
        for table in ("referral", "decision"):
            assert not await rows(desk.runtime, f"SELECT 1 FROM {table} WHERE sealed_concern IS NOT NULL")


class TestEndedClocks:
    async def test_a_decision_counts_what_ended_in_time_and_late(self, desk: Desk) -> None:
        subject = await desk.open()
        await desk.clear(subject)
        # Deconfliction ended in time; the time for an assessment has run out long before this decision.
        await at(desk, subject, Command.PLP, 40)
        found = (await counts(desk))[-1]
        assert (found.met, found.missed) == (1, 1)

    async def test_a_clock_that_stood_still_in_time_is_not_late(self, desk: Desk) -> None:
        subject = await desk.open()
        await desk.clear(subject)
        async with desk.runtime.database.transaction(GATEWAY) as session:
            await session.execute(text("UPDATE clock SET paused_at = started_at WHERE name = 'assessment'"))
        await at(desk, subject, Command.PLP, 40)
        found = (await counts(desk))[-1]
        assert (found.met, found.missed) == (2, 0)

    async def test_what_is_started_afresh_is_counted_each_time(self, desk: Desk) -> None:
        subject = await desk.open()
        await desk.clear(subject)
        await desk.decide(subject, Command.PLP)
        before = (await counts(desk))[-1]
        for days in (1, 100):
            async with desk.runtime.database.transaction(GATEWAY) as session:
                act = Act(Command.REVIEW_PLP, NOW + timedelta(days=days), Record(rationale="Looked at."))
                await operations.review_partnership(session, subject, act, practice())
        first, second = (await counts(desk))[-2:]
        assert (first.outcome, second.outcome) == (Outcome.REVIEWED, Outcome.REVIEWED)
        assert (first.met, first.missed) == (before.met + 1, before.missed)
        assert (second.met, second.missed) == (before.met + 1, before.missed + 1)

    async def test_what_is_called_off_is_neither_met_nor_missed(self, desk: Desk) -> None:
        subject = await gathering(desk)
        owed = await asked(desk, subject)
        async with desk.runtime.database.transaction(GATEWAY) as session:
            before = await queries.ended_clocks(session, subject)
        await end(desk, subject, owed, Command.CANCEL, "Asked by mistake.")
        async with desk.runtime.database.transaction(GATEWAY) as session:
            assert await queries.ended_clocks(session, subject) == before

    async def test_what_goes_elsewhere_is_neither_met_nor_missed(self, desk: Desk) -> None:
        # Deconfliction ended in time; nobody assesses any longer what was withdrawn.
        subject = await desk.open()
        await desk.clear(subject)
        async with desk.runtime.database.transaction(SUPERVISOR) as session:
            said = Record(reason="duplicate", rationale="Twice.", concern="unknown", risk_owner=SUPERVISOR.name)
            await operations.decide_referral(session, subject, Act(Command.WITHDRAW, NOW, said), practice())
        found = (await counts(desk))[-1]
        assert (found.outcome, found.met, found.missed) == (Outcome.WITHDRAWN, 1, 0)

    def test_every_clock_of_the_table_can_be_fulfilled_and_only_by_a_step_that_ends_it(self) -> None:
        for clock in {clock for row in TABLE for clock in row.starts}:
            ending = [row for row in TABLE if clock in (*row.stops, *row.starts) and fulfils(row.command, clock)]
            assert ending, clock
            by = {command for command in Command if fulfils(command, clock)}
            assert by == {row.command for row in ending}, clock

    async def test_nobody_but_statistics_hears_of_a_review(self, desk: Desk) -> None:
        subject = await desk.open()
        await desk.clear(subject)
        await desk.decide(subject, Command.PLP)
        told = "SELECT count(*) AS n FROM outbox WHERE type = 'triage.police-decision-made.v1'"
        before = (await rows(desk.runtime, told))[0]["n"]
        async with desk.runtime.database.transaction(GATEWAY) as session:
            await operations.review_partnership(
                session, subject, Act(Command.REVIEW_PLP, NOW, Record(rationale="Looked at.")), practice()
            )
        assert (await rows(desk.runtime, told))[0]["n"] == before


class TestPages:
    async def test_every_type_is_offered_with_its_hint_and_none_is_chosen_beforehand(self, console: Console) -> None:
        await console.desk.clear(await console.desk.open())
        client = await console.signed_in(GATEWAY)
        page = await client.get(f"{ONE}/decision/lead-partnership")
        for each, (name, hint) in CONCERNS.items():
            assert f'value="{each.value}"' in page.text
            assert name in page.text
            assert hint.split(";")[0] in page.text
        assert "checked" not in page.text
        assert "Not chosen yet" in (await client.get(ONE)).text

    async def test_what_is_missing_is_asked_for_beside_it_and_what_was_chosen_is_checked_and_shown(
        self, console: Console
    ) -> None:
        await console.desk.clear(await console.desk.open())
        client = await console.signed_in(GATEWAY)
        words = {"rationale": "Because of this.", "risk_owner": GATEWAY.name, "step": "check"}
        page = await send(client, f"{ONE}/decision/lead-partnership", **words)
        assert page.status_code == 422
        assert "Choose the type of concern" in page.text
        assert "Because of this." in page.text
        page = await send(client, f"{ONE}/decision/lead-partnership", **words, concern="incel")
        assert "Check before you record this" in page.text
        assert "Incel" in page.text
        page = await send(client, f"{ONE}/decision/lead-partnership", **{**words, "step": "commit"}, concern="incel")
        assert page.status_code == 303
        shown = await client.get(ONE)
        assert shown.text.count("Type of concern") == 2
        assert "Incel" in shown.text
        again = await client.get(f"{ONE}/decision/close")
        assert again.text.count(" checked") == 1
