"""Daily tidying: outbox rows and reports beyond the replay window, lapsed sessions, old bus days."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from chassis.actor import Actor
from chassis.jobs import Job
from chassis.runtime import Runtime
from contracts.catalogue import published_by

_OUTBOX = text(
    """WITH gone AS (
           DELETE FROM outbox o WHERE o.recorded_at < :oldest AND o.published_at IS NOT NULL
           AND NOT EXISTS (SELECT 1 FROM dispatch d WHERE d.event_id = o.event_id
                           AND d.stored_at IS NULL AND d.erased_at IS NULL AND d.waived_at IS NULL)
           RETURNING o.topic, o.subject, o.epoch, o.sequence)
       INSERT INTO outbox_position AS p (topic, subject, epoch, sequence)
       SELECT DISTINCT ON (topic, subject) topic, subject, epoch, sequence FROM gone WHERE sequence IS NOT NULL
       ORDER BY topic, subject, epoch DESC, sequence DESC
       ON CONFLICT (topic, subject) DO UPDATE SET epoch = excluded.epoch, sequence = excluded.sequence
       WHERE (p.epoch, p.sequence) < (excluded.epoch, excluded.sequence)"""
)
"""The number that a purged row had is kept: the next one of its topic and subject goes on from there."""
_REPORTS = text("DELETE FROM receipt_out WHERE published_at < :oldest")
_SESSIONS = text("DELETE FROM web_session WHERE expires_at < :now")


async def purge(runtime: Runtime, now: datetime) -> None:
    """Remove what nobody needs; an event that a recipient lacks stays however old it is."""
    del now  # windows and sessions are machine time
    machine_now = datetime.now(UTC)
    oldest = machine_now - timedelta(days=runtime.settings.replay_window_days)
    async with runtime.database.transaction(Actor.job(runtime.settings.service, "purge")) as session:
        await session.execute(_OUTBOX, {"oldest": oldest})
        await session.execute(_REPORTS, {"oldest": oldest})
        await session.execute(_SESSIONS, {"now": machine_now})
    if published_by(runtime.settings.service):
        await runtime.bus.tidy(oldest.date())


PURGING = (Job("purge", timedelta(days=1), purge, daily=True),)
