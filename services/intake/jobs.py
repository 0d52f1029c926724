"""The clock of intake: late ledger lines are counted and raised, old idempotency keys forgotten."""

from datetime import datetime, timedelta

from chassis import telemetry
from chassis.actor import Actor
from chassis.jobs import Job
from chassis.runtime import Runtime
from services.intake.operations import purge_keys
from services.intake.queries import count_late_lines
from services.intake.spool import drain

KEYS_KEPT = timedelta(days=30)
LATE_LINES_EVERY = timedelta(seconds=15)
PURGE_EVERY = timedelta(days=1)
SPOOL_EVERY = timedelta(seconds=1)

log = telemetry.logger("intake.jobs")


class LateLines:
    """How many required ledger lines were over their time when last counted."""

    count = 0


telemetry.gauge(
    "intake.ledger.late",
    lambda: LateLines.count,
    unit="1",
    description="Required ledger lines that are over their time, to store or to acknowledge",
)


async def watch_late_lines(runtime: Runtime, now: datetime) -> None:
    """Count the required teams that have not stored or acknowledged in time, for the alarm and for the desk."""
    async with runtime.database.transaction(Actor.job("intake", "late-lines")) as session:
        late = await count_late_lines(session, now=now)
    count = LateLines.count = late.unstored + late.unacknowledged
    if count:
        log.warning(
            "Required teams have not stored or acknowledged referrals in time.", extra={"facts": {"count": count}}
        )


async def purge_old_keys(runtime: Runtime, now: datetime) -> None:
    """Forget idempotency keys and form tokens after 30 days."""
    async with runtime.database.transaction(Actor.job("intake", "purge-keys")) as session:
        await purge_keys(session, before=now - KEYS_KEPT, now=now)


async def take_in_the_spool(runtime: Runtime, now: datetime) -> None:
    """Take in what the spool kept while the database was away, and keep references for the next time."""
    await drain(runtime, now)


JOBS = (
    Job("spool", SPOOL_EVERY, take_in_the_spool),
    Job("late-lines", LATE_LINES_EVERY, watch_late_lines),
    Job("purge-keys", PURGE_EVERY, purge_old_keys, daily=True),
)
