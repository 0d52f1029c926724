"""How people read who did something."""

from chassis.actor import Actor


class TestCalled:
    def test_a_job_and_an_event_are_nobody(self) -> None:
        assert Actor.job("channel", "birthdays").called == "the calendar (no person)"
        assert Actor.service("channel").called == "the system (no person)"

    def test_an_operator_is_called_by_name(self) -> None:
        assert Actor.operator("Sample Operator").called == "Sample Operator"
