"""What the clock makes triage do: deadlines that have passed raise an alarm, then are told to people by name."""

from datetime import datetime, timedelta
from uuid import UUID

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
unindexed = telemetry.counter("triage.people.failed", "{look}", "Looks for earlier referrals that failed")
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
    """Bring referrals that have come into the person index, each in a transaction of its own, so many in a turn.

    One that fails is put off and keeps no other from its turn.
    """
    async with runtime.database.transaction(Actor.job("triage", "people")) as session:
        waiting = await queries.people_waiting(session, now, INDEXED_IN_A_TURN)
    for subject in waiting:
        try:
            async with runtime.database.transaction(Actor.job("triage", "people")) as session:
                await operations.index_person(session, subject, now)
        except Exception as error:  # noqa: BLE001  whatever is wrong with one keeps no other from its turn
            await _put_off(runtime, subject, error, now)


async def _put_off(runtime: Runtime, subject: UUID, error: Exception, now: datetime) -> None:
    """Let a referral wait whose indexing failed; fails itself where the database is away, and the whole turn ends."""
    async with runtime.database.transaction(Actor.job("triage", "people")) as session:
        failed = await operations.put_off(session, subject, now)
    unindexed.add(1)
    # The name of the error alone: its words may hold what was on the form.
    facts = {"subject": str(subject), "count": failed, "error": type(error).__name__}
    log.warning("A referral could not be looked up among earlier ones and waits.", extra={"facts": facts})


JOBS = (
    Job("deadlines", timedelta(minutes=1), deadlines),
    Job("escalations", timedelta(minutes=1), escalations),
    Job("people", timedelta(seconds=1), people),
)
