"""What the clock sees to besides sending: what was interrupted, what people forget, what the demonstration leaves."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID

from chassis import telemetry
from chassis.clock import LONDON
from chassis.errors import Unavailable
from chassis.runtime import Runtime
from services.notify import operations, queries, readers
from services.notify.jobs.running import job_actor
from services.notify.operations import ToRemind, Unacknowledged
from services.notify.settings import answer_times

ASKED = 1_000
"""Of so many mails at once the database is asked whether their notices are still there."""

log = telemetry.logger(__name__)


async def set_aside_interrupted(runtime: Runtime, now: datetime) -> None:
    """Give notices whose sender vanished too often to a person."""
    async with runtime.database.transaction(job_actor(runtime)) as session:
        count = await operations.set_aside_interrupted(session, now=now, machine_now=datetime.now(UTC))
    if count:
        log.warning("Notices were set aside for a person.", extra={"facts": {"count": count}})


async def remind_of_asks(runtime: Runtime, now: datetime) -> None:
    """Remind people outside of what they have been asked, each in a transaction of its own, until all have been."""
    after = UUID(int=0)
    while waiting := await _to_remind(runtime, after, now):
        after = waiting[-1].id
        for each in waiting:
            try:
                async with runtime.database.transaction(job_actor(runtime)) as session:
                    await operations.remind_of_ask(session, each.id, now=now)
            except Unavailable:
                raise
            except Exception:
                # One that cannot be written must keep no other from being reminded; the next turn tries it again.
                log.exception(
                    "Nobody could be reminded of what was asked.", extra={"facts": {"reference": each.reference}}
                )


async def _to_remind(runtime: Runtime, after: UUID, now: datetime) -> tuple[ToRemind, ...]:
    async with runtime.database.transaction(job_actor(runtime)) as session:
        return await operations.asks_to_remind(session, after, now=now)


async def escalate_concerns(runtime: Runtime, now: datetime) -> None:
    """Tell in turn whom the area names that a front door has not acknowledged; each concern by itself."""
    after = UUID(int=0)
    while waiting := await _to_escalate(runtime, after, now):
        after = waiting[-1].subject
        for each in waiting:
            try:
                await _escalate(runtime, each, now)
            except Unavailable:
                raise
            except Exception:
                # One whose front door the area names no longer must keep no other from being told of.
                log.exception("A concern could not be escalated.", extra={"facts": {"reference": each.reference}})


async def _to_escalate(runtime: Runtime, after: UUID, now: datetime) -> tuple[Unacknowledged, ...]:
    async with runtime.database.transaction(job_actor(runtime)) as session:
        return await operations.to_escalate(session, after, now=now)


async def _escalate(runtime: Runtime, found: Unacknowledged, now: datetime) -> None:
    known = runtime.areas.version(found.area, found.area_version)
    area = known or runtime.areas.current(found.area, now.astimezone(LONDON).date())
    times = answer_times(area, found.front_door, found.began_at, immediate_danger=found.immediate_danger)
    async with runtime.database.transaction(job_actor(runtime)) as session:
        told = await operations.escalate(session, found, times, now=now)
    if told:
        facts = {"reference": found.reference, "count": told}
        log.warning("A front door has not acknowledged a concern in time.", extra={"facts": facts})


async def tidy_mail_folder(runtime: Runtime, _now: datetime) -> None:
    """Remove mails of the demonstration whose notice is no more: their subject was erased."""
    folder = runtime.settings.mail_directory
    if runtime.settings.mode != "demo" or folder is None:
        return
    mailed = await asyncio.to_thread(readers.notices_mailed, folder)
    for first in range(0, len(mailed), ASKED):
        asked = mailed[first : first + ASKED]
        async with runtime.database.transaction(job_actor(runtime)) as session:
            known = await queries.notices_known(session, asked)
        for gone in set(asked) - known:
            (folder / f"{gone}.eml").unlink(missing_ok=True)
