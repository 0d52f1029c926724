"""What the clock makes triage do: deadlines that have passed raise an alarm, then are told to people by name."""

from datetime import datetime, timedelta
from uuid import UUID

from chassis import telemetry
from chassis.actor import Actor
from chassis.app import Job, Runtime
from chassis.watching import Watch
from services.triage import operations, queries

INDEXED_IN_A_TURN = 20

log = telemetry.logger("triage.jobs")
unindexed = telemetry.counter("triage.people.failed", "{look}", "Looks for earlier referrals that failed")

WATCH = Watch(
    "triage",
    operations.alarm_overdue,
    queries.clocks_to_escalate,
    operations.escalate,
    overdue=telemetry.counter("triage.clock.overdue", "{clock}", "Clocks that ran out"),
    escalated=telemetry.counter("triage.clock.escalated", "{clock}", "Times that a person was told of a clock"),
)
deadlines, escalations = WATCH.deadlines, WATCH.escalations


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
    *WATCH.jobs(),
    Job("people", timedelta(seconds=1), people),
)
