"""What statistics are told of a case: that a panel dealt with it, that it was reviewed, and what ended in time."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert, text

from chassis.actor import Actor
from chassis.ticking import WHOLE
from contracts.channel.statistics import CaseCounted
from contracts.vocabulary import Outcome
from services.channel import models, queries
from services.channel.domain import TABLE, Body, ClockName, Command, Consent, Record, State, Step
from services.channel.domain.fulfilling import fulfils
from services.channel.domain.panel import Verdict
from services.channel.operations import Act, end_obligation
from services.channel.operations.clocks import run_clocks
from tests.channel import panel_made
from tests.channel.builders import AREA, CORA, NOW, practice
from tests.channel.conftest import Team
from tests.channel.interventions_made import done, into
from tests.channel.owing_made import keep, owing
from tests.channel.panel_made import THEN, assessed
from tests.channel.test_reviewing import find

DAY = timedelta(days=1)
GROUNDS = "The assessment shows grievance and contact with a recruiter."
SERVICE = Actor.service("channel")


async def counts(team: Team) -> list[CaseCounted]:
    """Return what statistics were told, oldest first."""
    return [each for each in (await team.announced())["channel.case-counted.v1"] if isinstance(each, CaseCounted)]


async def running(team: Team, subject: UUID, name: str, due: datetime, about: UUID = WHOLE) -> None:
    """Let a clock of the case run that runs out at a moment."""
    clock = text(
        "INSERT INTO clock (subject, name, about, area, started_at, due_at, times_extended, escalations)"
        " VALUES (:subject, :name, :about, :area, :due, :due, 0, 0)"
    )
    given = {"subject": subject, "name": name, "about": about, "area": AREA, "due": due}
    await done(team, lambda session: session.execute(clock, given), SERVICE)


class TestDiscussed:
    async def test_a_panel_that_wants_to_know_more_has_dealt_with_the_case(self, team: Team) -> None:
        panel = await panel_made.made(team, 1)
        await panel.begin()
        await panel.go_on(0)
        before = await counts(team)
        await panel.decide(0, Command.DEFER, reason="The school has not answered.", next_on=date(2027, 1, 13))
        (told,) = (await counts(team))[len(before) :]
        assert (told.outcome, told.version) == (Outcome.DISCUSSED, before[-1].version + 1)

    async def test_a_case_that_is_adopted_at_once_is_told_of_once(self, team: Team) -> None:
        panel = await panel_made.made(team, 1)
        await panel.begin()
        await panel.go_on(0)
        before = await counts(team)
        await panel.decide(0, Command.ADOPT, grounds=GROUNDS)
        assert [each.outcome for each in (await counts(team))[len(before) :]] == [Outcome.ADOPTED]


class TestClocks:
    async def test_what_ended_in_time_and_late_is_counted(self, team: Team) -> None:
        panel = await panel_made.made(team, 1)
        await panel.begin()
        await panel.go_on(0)
        before = (await counts(team))[-1]
        await running(team, (await panel.held(0)).subject, "panel-decision", THEN - 10 * DAY)
        await panel.decide(0, Command.ADOPT, grounds=GROUNDS)
        told = (await counts(team))[-1]
        assert (told.missed, told.on_time, told.late) == (before.missed + 1, 0, 0)
        assert told.met >= before.met

    async def test_what_is_put_off_or_called_off_is_neither_met_nor_missed(self, team: Team) -> None:
        panel = await panel_made.made(team, 1)
        await panel.begin()
        await panel.go_on(0)
        subject = (await panel.held(0)).subject
        await keep(team, subject, owing())
        async with team.runtime.database.transaction(CORA) as session:
            before = await queries.ended_clocks(session, subject)
            held = await queries.held(session, subject)
            (owed,) = await queries.obligations(session, subject)
            mistaken = Act(Command.CANCEL, NOW, Record(reason="Asked by mistake."))
            await end_obligation(session, held, owed.id, mistaken, practice())
            assert await queries.ended_clocks(session, subject) == before
        await panel.decide(0, Command.DEFER, reason="The school has not answered.", next_on=date(2027, 1, 13))
        told = (await counts(team))[-1]
        assert (told.outcome, told.met, told.missed) == (Outcome.DISCUSSED, before.met, before.missed)

    async def test_what_another_panel_takes_leaves_nothing_met_behind(self, team: Team) -> None:
        panel = await panel_made.made(team, 1)
        held = await panel.held(0)
        async with team.runtime.database.transaction(CORA) as session:
            before = await queries.ended_clocks(session, held.subject)
            step = next(row for row in TABLE if row.command is Command.TRANSFER_ACCEPTED)
            await run_clocks(session, held, Step(step, State.TRANSFERRED, "", Record()), practice(), NOW)
            assert await queries.ended_clocks(session, held.subject) == before

    def test_every_clock_of_the_table_can_be_fulfilled_and_only_by_a_step_that_ends_it(self) -> None:
        beside = {ClockName.AFTER_CLOSURE}
        for clock in {clock for row in TABLE for clock in row.starts} - beside:
            ending = [row for row in TABLE if clock in (*row.stops, *row.starts) and fulfils(row.command, clock)]
            assert ending, clock
            by = {command for command in Command if fulfils(command, clock)}
            assert by == {row.command for row in ending}, clock

    async def test_a_review_after_closure_is_told_of_with_its_own_clock(self, team: Team) -> None:
        panel = await panel_made.made(team, 1)
        subject = (await panel.held(0)).subject
        await into(team.runtime, subject, State.CLOSED, closed_at=NOW)
        reviews = [uuid4(), uuid4()]
        for review, due in zip(reviews, (THEN + DAY, THEN + 9 * DAY), strict=True):
            values = {"id": review, "subject": subject, "area": AREA, "closed_at": NOW, "due_at": due}
            await done(team, self.keeps(values | {"reviewer": Body.LOCAL_AUTHORITY}), SERVICE)
            await running(team, subject, "review-after-closure", due, review)
        await panel.begin()
        await panel.go_on(0)
        await find(team, subject, reviews[0])
        before = await counts(team)
        await panel.decide(0, Command.REVIEW_CLOSED, summary="No concern.", verdict=Verdict.NO_CONCERN)
        (told,) = (await counts(team))[len(before) :]
        assert (told.outcome, told.on_time, told.late) == (Outcome.REVIEWED, 1, 0)

    def keeps(self, values: dict[str, Any]) -> Any:
        """Return what keeps a review after closure."""
        return lambda session: session.execute(insert(models.review).values(values))

    async def test_a_plan_that_is_reviewed_late_counts_as_late_and_runs_anew(self, team: Team) -> None:
        panel = await panel_made.made(team, 1)
        subject = (await panel.held(0)).subject
        await into(team.runtime, subject, State.SUPPORTED, consent=Consent.GIVEN, decided_at=THEN - 5 * DAY)
        await running(team, subject, "plan-review", THEN - 3 * DAY)
        await panel.begin()
        await panel.go_on(0)
        await assessed(team, subject, THEN - DAY)
        before = await counts(team)
        await panel.decide(0, Command.CONTINUE, summary="Going well.")
        (told,) = (await counts(team))[len(before) :]
        assert (told.outcome, told.on_time, told.late) == (Outcome.REVIEWED, 0, 1)
