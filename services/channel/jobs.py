"""What the clock makes Channel do: deadlines that have passed raise an alarm, once each."""

from datetime import datetime, timedelta

from chassis import telemetry
from chassis.actor import Actor
from chassis.app import Job, Runtime
from services.channel import operations

log = telemetry.logger("channel.jobs")
overdue = telemetry.counter("channel.clock.overdue", "{clock}", "Clocks of cases that ran out")


async def deadlines(runtime: Runtime, now: datetime) -> None:
    """Raise an alarm for every clock that has run out and has not been answered."""
    async with runtime.database.transaction(Actor.job("channel", "deadlines")) as session:
        late = await operations.alarm_overdue(session, now)
    for clock in late:
        overdue.add(1, kind=clock.name)
        log.warning("A clock of a case ran out.", extra={"facts": {"kind": clock.name, "reference": clock.reference}})


JOBS = (Job("deadlines", timedelta(minutes=1), deadlines),)
