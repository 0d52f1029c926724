"""The alarm about missing sessions: raised once, again when it worsens, ended by catching up or by a reason."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from chassis.actor import Actor
from services.channel import jobs, operations, queries
from services.channel.domain import Command, NotOffered, NotRecorded, SessionState, State
from tests.channel.builders import CORA, NOW, REFERENCE, rows
from tests.channel.conftest import Team
from tests.channel.interventions_made import act, answered, commissioned, done, into, planned, recorded, seen, supported

DAY = timedelta(days=1)


async def _look(team: Team, now: datetime) -> list[str]:
    """Let the clock look, and return what the history says of missing sessions."""
    await jobs.shortfalls(team.runtime, now)
    found = await rows(team.runtime, "SELECT command FROM history WHERE command = 'sessions-short'")
    return [each["command"] for each in found]


class TestShortfalls:
    async def test_seven_commissioned_one_delivered_nobody_reports(self, team: Team) -> None:
        subject = await supported(team)
        made = await commissioned(team, subject)
        await planned(team, subject, made, 0, 7, 14, 21, 28, 35, 42)
        first = (await seen(team, subject, made)).held[0]
        await recorded(team, subject, first.id, SessionState.DELIVERED, "We talked.")
        assert await _look(team, NOW + 10 * DAY) == []
        assert len(await _look(team, NOW + 13 * DAY)) == 1
        assert len(await _look(team, NOW + 14 * DAY)) == 1  # once
        assert len(await _look(team, NOW + 20 * DAY)) == 2  # again when it worsens
        alarms = await done(team, lambda session: queries.intervention_alarms(session, subject))
        assert [(each.sessions, each.delivered, each.short) for each in alarms] == [(7, 1, 2)]
        everywhere = await done(team, queries.interventions_to_look_at)
        assert [each.reference for each in everywhere] == [REFERENCE]

    async def test_one_that_nobody_reports_is_told_beside_one_that_was_missed(self, team: Team) -> None:
        subject = await supported(team)
        made = await commissioned(team, subject)
        await planned(team, subject, made, 0, 1)
        first = (await seen(team, subject, made)).held[0]
        await recorded(team, subject, first.id, SessionState.MISSED, "He was ill.")
        assert len(await _look(team, NOW + 1 * DAY)) == 1
        assert len(await _look(team, NOW + 7 * DAY)) == 2
        async with team.runtime.database.transaction(CORA) as session:
            notes = [each.note for each in await queries.timeline(session, subject) if each.command == "sessions-short"]
        assert "1 planned session should have taken place and nobody has reported" in notes[-1] + notes[0]

    async def test_runs_a_clock_of_its_own_until_sessions_catch_up(self, team: Team) -> None:
        subject = await supported(team)
        made = await commissioned(team, subject)
        await planned(team, subject, made, 0)
        await _look(team, NOW + 6 * DAY)
        clock = "SELECT stopped_at FROM clock WHERE about = :id"
        assert [each["stopped_at"] for each in await rows(team.runtime, clock, id=made)] == [None]
        await answered(team, subject, (await seen(team, subject, made)).held[0].id, accepted=True)
        found = await seen(team, subject, made)
        assert (found.short, found.is_short) == (0, False)
        assert (await rows(team.runtime, clock, id=made))[0]["stopped_at"] is not None

    async def test_ends_when_a_person_says_why_and_comes_back_when_it_worsens(self, team: Team) -> None:
        subject = await supported(team)
        made = await commissioned(team, subject)
        await planned(team, subject, made, 0, 7)
        await _look(team, NOW + 6 * DAY)
        local = team.practices.given
        because = act(Command.NOTE, NOW + 6 * DAY, reason="The provider was ill; a new day is being found.")
        await done(team, lambda s: operations.explain_shortfall(s, subject, made, because, local))
        found = await seen(team, subject, made)
        assert (found.is_short, found.explained_by) == (False, "Cora Synthetic")
        assert len(await _look(team, NOW + 7 * DAY)) == 1
        assert len(await _look(team, NOW + 13 * DAY)) == 2
        assert (await seen(team, subject, made)).is_short

    async def test_waits_for_a_report_whose_clock_was_given_more_time(self, team: Team) -> None:
        subject = await supported(team)
        made = await commissioned(team, subject)
        await planned(team, subject, made, 0)
        async with team.runtime.database.transaction(Actor.service("channel")) as session:
            await session.execute(text("UPDATE clock SET due_at = :until"), {"until": NOW + 12 * DAY})
        assert await _look(team, NOW + 7 * DAY) == []
        assert len(await _look(team, NOW + 13 * DAY)) == 1

    async def test_waits_while_the_clock_of_a_report_stands_still(self, team: Team) -> None:
        subject = await supported(team)
        made = await commissioned(team, subject)
        await planned(team, subject, made, 0)
        async with team.runtime.database.transaction(Actor.service("channel")) as session:
            await session.execute(text("UPDATE clock SET paused_at = :now WHERE name = 'session-report'"), {"now": NOW})
        assert await _look(team, NOW + 7 * DAY) == []

    async def test_is_not_raised_for_a_case_that_has_left(self, team: Team) -> None:
        subject = await supported(team)
        await planned(team, subject, await commissioned(team, subject), 0)
        await into(team.runtime, subject, State.TRANSFERRED)
        assert await _look(team, NOW + 7 * DAY) == []
        await into(team.runtime, subject, State.SUPPORTED)
        assert len(await _look(team, NOW + 7 * DAY)) == 1
        await into(team.runtime, subject, State.TAKEN_BACK)
        assert not await done(team, queries.interventions_to_look_at)

    async def test_is_explained_with_words_and_where_something_is_missing(self, team: Team) -> None:
        subject = await supported(team)
        made = await commissioned(team, subject)
        local = team.practices.given
        with pytest.raises(NotOffered, match="No session"):
            await done(
                team,
                lambda s: operations.explain_shortfall(s, subject, made, act(Command.NOTE, reason="So."), local),
            )
        with pytest.raises(NotRecorded, match="Say why"):
            await done(
                team, lambda s: operations.explain_shortfall(s, subject, made, act(Command.NOTE, reason=" "), local)
            )

    async def test_one_case_that_cannot_be_looked_at_keeps_no_other_from_it(self, team: Team) -> None:
        subject = await supported(team)
        await planned(team, subject, await commissioned(team, subject), 0)
        lost = "UPDATE intervention SET subject = gen_random_uuid()"
        await planned(team, subject, await commissioned(team, subject), 0)
        async with team.runtime.database.transaction(Actor.service("channel")) as session:
            await session.execute(text(f"{lost} WHERE id = (SELECT min(id::text)::uuid FROM intervention)"))
        assert len(await _look(team, NOW + 6 * DAY)) == 1
