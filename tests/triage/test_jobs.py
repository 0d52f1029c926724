"""The clock of triage."""

from datetime import timedelta

from services.triage import jobs
from tests.triage.builders import NOW, rows
from tests.triage.conftest import Desk


class TestDeadlines:
    async def test_raises_one_alarm_for_a_clock_that_ran_out(self, desk: Desk) -> None:
        subject = await desk.open()
        for _ in range(2):
            await jobs.deadlines(desk.runtime, NOW + timedelta(days=1, hours=1))
        found = await rows(desk.runtime, "SELECT subject, action FROM audit_entry WHERE action = 'clock.ran-out'")
        assert found == [{"subject": subject, "action": "clock.ran-out"}]

    async def test_leaves_stopped_clocks_alone(self, desk: Desk) -> None:
        subject = await desk.open()
        await desk.clear(subject)
        await jobs.deadlines(desk.runtime, NOW + timedelta(days=1, hours=1))
        assert not await rows(desk.runtime, "SELECT 1 FROM audit_entry WHERE action = 'clock.ran-out'")
