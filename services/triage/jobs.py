"""What the clock makes triage do: deadlines that have passed raise an alarm, once each."""

from datetime import datetime, timedelta

from chassis import telemetry
from chassis.actor import Actor
from chassis.app import Job, Runtime
from services.triage import operations

log = telemetry.logger("triage.jobs")
overdue = telemetry.counter("triage.clock.overdue", "{clock}", "Clocks of referrals that ran out")


async def deadlines(runtime: Runtime, now: datetime) -> None:
    """Raise an alarm for every clock that has run out and has not been answered."""
    async with runtime.database.transaction(Actor.job("triage", "deadlines")) as session:
        late = await operations.alarm_overdue(session, now)
    for clock in late:
        overdue.add(1, kind=clock.name)
        log.warning(
            "A clock of a referral ran out.", extra={"facts": {"kind": clock.name, "reference": clock.reference}}
        )


JOBS = (Job("deadlines", timedelta(minutes=1), deadlines),)
