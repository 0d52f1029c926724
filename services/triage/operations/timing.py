"""What people do to a clock that runs: extend it with a reason, let it stand still with a reason, let it run on."""

from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import update

from chassis import ticking
from chassis.database import Session
from chassis.deadlines import Change, Wanted, changed
from services.triage import models, queries
from services.triage.domain import Practice
from services.triage.operations.clocks import WHOLE
from services.triage.operations.saving import Act, carry_out
from services.triage.queries import ClockKey


async def extend_clock(
    session: Session, key: ClockKey, act: Act, practice: Practice, until: date | None = None
) -> datetime:
    """Give a clock more time, with the officer's reason; returns when it runs out now.

    Raises ClockNotRunning, NotOffered, NotRecorded (`until`, and whatever the table wants recorded), ChangedMeanwhile.
    """
    wanted = Wanted(Change.EXTEND, until=until, words=act.record.rationale)
    return await _change(session, key, act, wanted, practice)


async def pause_clock(session: Session, key: ClockKey, act: Act, practice: Practice) -> None:
    """Let a clock stand still, with the officer's reason: it neither alarms nor escalates until it runs on."""
    wanted = Wanted(Change.PAUSE, pause=act.record.reason, words=act.record.rationale)
    await _change(session, key, act, wanted, practice)


async def resume_clock(session: Session, key: ClockKey, act: Act, practice: Practice) -> datetime:
    """Let a paused clock run on; it runs out later by the working time for which it stood still, which is returned."""
    return await _change(session, key, act, Wanted(Change.RESUME, words=act.record.rationale), practice)


async def _change(session: Session, key: ClockKey, act: Act, wanted: Wanted, practice: Practice) -> datetime:
    await session.lock(key.subject)
    clock = await queries.running_clock(session, key)
    becomes = changed(wanted, clock, practice, act.now)
    record = replace(act.record, clock=key.name, rationale=becomes.words)
    await carry_out(session, key.subject, replace(act, record=record), practice)
    await ticking.change_clock(session, models.clock, key, becomes.values)
    if key.about != WHOLE:
        # Who owes it reads the day beside the obligation: it moves with its clock.
        owed = (models.obligation.c.id == key.about) & (models.obligation.c.subject == key.subject)
        await session.execute(update(models.obligation).where(owed).values(due_at=becomes.due_at))
    return becomes.due_at
