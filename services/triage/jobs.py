"""What the clock makes triage do: deadlines that have passed raise an alarm, then are told to people by name."""

from datetime import datetime, timedelta

from chassis import telemetry
from chassis.actor import Actor
from chassis.app import Job, Runtime
from chassis.errors import ThroughlineError
from services.triage import operations, queries
from services.triage.domain import Practices
from services.triage.queries import ClockKey

INDEXED_IN_A_TURN = 20

log = telemetry.logger("triage.jobs")
overdue = telemetry.counter("triage.clock.overdue", "{clock}", "Clocks of referrals that ran out")
escalated = telemetry.counter("triage.clock.escalated", "{clock}", "Times that a person was told of a clock")


async def deadlines(runtime: Runtime, now: datetime) -> None:
    """Raise an alarm for every clock that has run out and has not been answered."""
    async with runtime.database.transaction(Actor.job("triage", "deadlines")) as session:
        late = await operations.alarm_overdue(session, now)
    for clock in late:
        overdue.add(1, kind=clock.name)
        log.warning(
            "A clock of a referral ran out.", extra={"facts": {"kind": clock.name, "reference": clock.reference}}
        )


async def escalations(runtime: Runtime, now: datetime) -> None:
    """Tell the people whom the area names of every clock that ran out, each referral in a transaction of its own."""
    async with runtime.database.transaction(Actor.job("triage", "escalations")) as session:
        waiting = await queries.clocks_to_escalate(session, now)
    for key in waiting:
        try:
            await _escalate(runtime, key, now)
        except ThroughlineError as refusal:
            # One referral that cannot be escalated must not keep the others from it; the next turn tries again.
            facts = {"kind": key.name, "subject": str(key.subject), "reason": refusal.reason}
            log.warning("A clock could not be escalated.", extra={"facts": facts})


async def _escalate(runtime: Runtime, key: ClockKey, now: datetime) -> None:
    local: Practices = runtime.clients
    async with runtime.database.transaction(Actor.job("triage", "escalations")) as session:
        steps = await operations.escalate(session, key, local, now)
    for each in steps:
        escalated.add(1, kind=each.name)
        facts = {"kind": each.name, "reference": each.reference, "count": each.step}
        log.warning("A person was told of a clock that ran out.", extra={"facts": facts})


async def people(runtime: Runtime, now: datetime) -> None:
    """Bring referrals that have come into the person index, each in a transaction of its own, so many in a turn."""
    for _ in range(INDEXED_IN_A_TURN):
        async with runtime.database.transaction(Actor.job("triage", "people")) as session:
            if not await operations.index_waiting(session, now):
                return


JOBS = (
    Job("deadlines", timedelta(minutes=1), deadlines),
    Job("escalations", timedelta(minutes=1), escalations),
    Job("people", timedelta(seconds=1), people),
)
