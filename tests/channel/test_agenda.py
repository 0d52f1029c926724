"""Which cases are due before the panel: what a meeting that is over leaves behind is due again."""

from dataclasses import replace
from datetime import date, time, timedelta
from uuid import UUID

import pytest

from services.channel.domain import Command, Consent, State
from services.channel.domain.meetings import SlotState, begins, is_due
from services.channel.queries.agenda import due_cases
from tests.channel.builders import AREA, NOW, rows
from tests.channel.conftest import Team
from tests.channel.interventions_made import commissioned, into, providing
from tests.channel.meetings_made import BELLA, DAY, NEXT_DAY, due, heard, planned, stand, with_panel

AFTER_NEXT = begins(NEXT_DAY + timedelta(days=28), time(10))


@pytest.fixture
def panel(team: Team) -> Team:
    team.practices.given = with_panel()
    return team


class TestWhatAMeetingLeaves:
    async def test_a_case_of_a_meeting_that_nobody_held_is_due_for_the_next(self, panel: Team) -> None:
        subject = await due(panel, 2222)
        meeting_id = await planned(panel)
        await heard(panel, meeting_id, "KM-7F3K-2222")
        async with panel.runtime.database.transaction(BELLA) as session:
            (on_the_day,) = await due_cases(session, AREA, AFTER_NEXT, DAY)
            (afterwards,) = await due_cases(session, AREA, AFTER_NEXT, DAY + timedelta(days=1))
        assert (on_the_day.subject, on_the_day.meeting_id) == (subject, meeting_id)
        assert (afterwards.subject, afterwards.meeting_id) == (subject, None)

    @pytest.mark.parametrize("state", [SlotState.DECIDED, SlotState.NOT_DECIDED])
    async def test_a_case_that_was_heard_is_due_again_although_nobody_ended_the_meeting(
        self, panel: Team, state: SlotState
    ) -> None:
        await due(panel, 3333, "supported")
        (slot,) = await heard(panel, await planned(panel), "KM-7F3K-3333")
        changed = "UPDATE slot SET state = :state WHERE id = :id RETURNING 1"
        await rows(panel.runtime, changed, state=state.value, id=slot.id)
        async with panel.runtime.database.transaction(BELLA) as session:
            (found,) = await due_cases(session, AREA, AFTER_NEXT, DAY)
        assert found.meeting_id is None


class TestDeferred:
    async def test_a_case_stays_deferred_when_another_one_is_referred(self, panel: Team) -> None:
        deferred, other = await due(panel, 2222), await due(panel, 3333)
        written = (
            "INSERT INTO history (subject, area, area_version, row_version, command, from_state, to_state, risk_owner,"
            " by_id, by_name, at) SELECT subject, area, area_version, row_version, :command, :before, state,"
            " risk_owner, 'x', 'x', :at FROM case_file WHERE subject = :subject RETURNING 1"
        )
        for subject, command, before in (
            (deferred, Command.DEFER, State.REFERRED),
            (other, Command.REFER, State.GATHERED),
        ):
            await rows(panel.runtime, written, subject=subject, command=command, before=before, at=NOW)
        async with panel.runtime.database.transaction(BELLA) as session:
            found = await due_cases(session, AREA, AFTER_NEXT, DAY)
        assert {each.subject: each.due.deferred for each in found} == {deferred: True, other: False}


class TestMissingSessions:
    async def test_bring_a_case_before_the_next_meeting_until_the_panel_has_heard_it(self, team: Team) -> None:
        team.practices.given = replace(providing(), panel=with_panel().panel)
        subject = await due(team, 3333, "supported")
        await into(team.runtime, subject, State.SUPPORTED, consent=Consent.GIVEN)
        await stand(team, subject, "supported", NOW + timedelta(days=200))
        await commissioned(team, subject)
        meeting_id = await planned(team)
        assert await self.short(team, DAY) == ()
        raised = "UPDATE intervention SET short = 6, raised_at = :at WHERE subject = :subject RETURNING 1"
        await rows(team.runtime, raised, at=NOW, subject=subject)
        assert await self.short(team, DAY) == (None,)
        (slot,) = await heard(team, meeting_id, "KM-7F3K-3333")
        assert await self.short(team, DAY) == (meeting_id,)
        await rows(team.runtime, "UPDATE slot SET state = 'not-decided' WHERE id = :id RETURNING 1", id=slot.id)
        assert await self.short(team, DAY) == ()
        await rows(team.runtime, raised, at=NOW + timedelta(days=40), subject=subject)
        assert await self.short(team, DAY) == (None,)
        explained = "UPDATE intervention SET explained = 6 WHERE subject = :subject RETURNING 1"
        await rows(team.runtime, explained, subject=subject)
        assert await self.short(team, DAY) == ()

    async def short(self, team: Team, today: date) -> tuple[UUID | None, ...]:
        """Return on which meeting each case that is due stands; all of them for missing sessions."""
        async with team.runtime.database.transaction(BELLA) as session:
            found = await due_cases(session, AREA, AFTER_NEXT, today)
        assert all(each.due.short and is_due(each.due, NOW) for each in found)
        return tuple(each.meeting_id for each in found)
