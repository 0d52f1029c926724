"""Looks for what nobody has answered in time."""

from datetime import datetime
from uuid import UUID

from chassis import telemetry
from chassis.clock import LONDON
from chassis.errors import Unavailable
from chassis.runtime import Runtime
from services.notify import operations
from services.notify.jobs.running import job_actor
from services.notify.operations import Unanswered
from services.notify.settings import answer_due

log = telemetry.logger(__name__)


async def note_silence(runtime: Runtime, now: datetime) -> None:
    """Tell whoever had a notice written that nobody has answered it in time; each notice by itself."""
    after = UUID(int=0)
    while waiting := await _unanswered(runtime, after, now):
        after = waiting[-1].id
        for each in waiting:
            try:
                await _note(runtime, each, now)
            except Unavailable:
                raise
            except Exception:
                # One whose recipient the area names no longer must keep no other from being told of.
                log.exception("It is not known by when a notice is to be answered.", extra={"facts": _facts(each)})


async def _unanswered(runtime: Runtime, after: UUID, now: datetime) -> tuple[Unanswered, ...]:
    async with runtime.database.transaction(job_actor(runtime)) as session:
        return await operations.unanswered(session, after, now=now)


async def _note(runtime: Runtime, found: Unanswered, now: datetime) -> None:
    known = runtime.areas.version(found.area, found.area_version)
    area = known or runtime.areas.current(found.area, now.astimezone(LONDON).date())
    answer_by = found.answer_by or answer_due(area, found.what, found.recipient, found.since)
    async with runtime.database.transaction(job_actor(runtime)) as session:
        told = await operations.note_silence(session, found, answer_by, now=now)
    if told:
        log.warning("Nobody has answered a notice in time.", extra={"facts": _facts(found)})


def _facts(found: Unanswered) -> dict[str, object]:
    return {"reference": found.reference, "kind": found.what}
