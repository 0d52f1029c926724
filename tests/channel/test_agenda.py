"""Which cases are due before the panel: what a meeting that is over leaves behind is due again."""

from datetime import time, timedelta

import pytest

from services.channel.domain.meetings import SlotState, begins
from services.channel.queries.agenda import due_cases
from tests.channel.builders import AREA, rows
from tests.channel.conftest import Team
from tests.channel.meetings_made import BELLA, DAY, NEXT_DAY, due, heard, planned, with_panel

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
