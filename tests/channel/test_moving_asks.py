"""Whoever is asked by a link is reminded by the clock of what they owe: more time, a pause, and the end of it."""

from datetime import timedelta
from uuid import UUID

from chassis.deadlines import Change, Wanted
from chassis.ticking import ClockKey
from contracts.channel.notices import AskMoved
from services.channel import queries
from services.channel.domain import ClockName, Command
from services.channel.operations import Act, Again, change_clock, remind
from tests.channel.builders import CORA, NOW, rows
from tests.channel.conftest import Team
from tests.channel.interventions_made import commissioned, planned, providing, seen, supported
from tests.channel.owing_made import DUE, HAMID, keep, owing

WHY = "The school answers after half term."
LATER = (NOW + timedelta(days=20)).date()
PAUSE = Wanted(Change.PAUSE, pause="person-away", words=WHY)
EXTEND = Wanted(Change.EXTEND, until=LATER, words=WHY)


async def change(team: Team, key: ClockKey, wanted: Wanted) -> None:
    """Change a clock as the coordinator."""
    async with team.runtime.database.transaction(CORA) as session:
        await change_clock(session, key, Act(Command(wanted.command), NOW), wanted, providing())


async def moved(team: Team) -> list[AskMoved]:
    """Return what notify was told of days that moved."""
    found = (await team.announced()).get("channel.ask-moved.v1", [])
    return [each for each in found if isinstance(each, AskMoved)]


async def days(team: Team, table: str) -> set[object]:
    """Return the days that stand beside what is owed."""
    return {each["due_at"] for each in await rows(team.runtime, f"SELECT due_at FROM {table}")}


class TestObligations:
    async def test_more_time_moves_what_reminds_of_it(self, team: Team) -> None:
        subject = await team.open()
        owed = await keep(team, subject, owing())
        await change(team, ClockKey(subject, ClockName.REQUEST, owed), EXTEND)
        [told] = await moved(team)
        assert (told.ask_id, told.due_at.date(), told.paused) == (owed, LATER, False)
        assert told.expires_at == told.due_at + timedelta(days=30)
        assert await days(team, "obligation") == {told.due_at}

    async def test_a_pause_lets_nobody_be_reminded_until_its_end(self, team: Team) -> None:
        subject = await team.open()
        owed = await keep(team, subject, owing())
        key = ClockKey(subject, ClockName.REQUEST, owed)
        await change(team, key, PAUSE)
        await change(team, key, Wanted(Change.RESUME))
        assert [(each.paused, each.due_at) for each in await moved(team)] == [(True, DUE), (False, DUE)]

    async def test_a_press_that_reminds_lets_no_other_reminder_go_out_during_a_pause(self, team: Team) -> None:
        subject = await team.open()
        owed = await keep(team, subject, owing())
        await change(team, ClockKey(subject, ClockName.REQUEST, owed), PAUSE)
        async with team.runtime.database.transaction(CORA) as session:
            held = await queries.held(session, subject)
            await remind(session, held, Again(owed), Act(Command.REMIND, NOW), providing())
        assert [each.paused for each in await moved(team)] == [True, True]

    async def test_nobody_is_told_of_what_an_officer_finds_in_the_console(self, team: Team) -> None:
        subject = await team.open()
        owed = await keep(team, subject, owing(owner_id=HAMID.id))
        await change(team, ClockKey(subject, ClockName.REQUEST, owed), EXTEND)
        await change(team, ClockKey(subject, ClockName.ANSWER), EXTEND)
        assert await moved(team) == []


class TestSessions:
    async def test_more_time_for_a_report_moves_its_day_and_what_reminds_of_it(self, team: Team) -> None:
        subject = await supported(team)
        made: UUID = await commissioned(team, subject)
        await planned(team, subject, made, 0)
        sat = (await seen(team, subject, made)).held[0]
        await change(team, ClockKey(subject, ClockName.SESSION, sat.id), EXTEND)
        [told] = await moved(team)
        assert (told.ask_id, told.due_at.date()) == (sat.ask_id, LATER)
        assert await days(team, "intervention_session") == {told.due_at}
