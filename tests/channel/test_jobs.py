"""The clock of Channel."""

from datetime import timedelta

from services.channel import jobs
from services.channel.domain import Command
from tests.channel.builders import NOW, rows
from tests.channel.conftest import Team


class TestDeadlines:
    async def test_raises_one_alarm_for_a_clock_that_ran_out(self, team: Team) -> None:
        subject = await team.open()
        for _ in range(2):
            await jobs.deadlines(team.runtime, NOW + timedelta(days=2, hours=1))
        found = await rows(team.runtime, "SELECT subject, action FROM audit_entry WHERE action = 'clock.ran-out'")
        assert found == [{"subject": subject, "action": "clock.ran-out"}]

    async def test_leaves_stopped_clocks_alone(self, team: Team) -> None:
        subject = await team.open()
        await team.act(subject, Command.RETURN, reason="Not ours.")
        await jobs.deadlines(team.runtime, NOW + timedelta(days=2, hours=1))
        assert not await rows(team.runtime, "SELECT 1 FROM audit_entry WHERE action = 'clock.ran-out'")
