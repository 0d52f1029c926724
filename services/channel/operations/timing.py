"""What people do to a clock that runs: extend it with a reason, let it stand still with a reason, let it run on."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import update

from chassis import ticking
from chassis.database import Session
from chassis.deadlines import Wanted, changed
from chassis.ticking import WHOLE, ClockKey
from services.channel import models, queries
from services.channel.domain import Practice, Record
from services.channel.operations.saving import Act, carry_out


async def change_clock(session: Session, key: ClockKey, act: Act, wanted: Wanted, practice: Practice) -> datetime:
    """Extend a clock, let it stand still or let it run on; returns when it runs out now.

    Raises ClockNotRunning, NotOffered, NotRecorded (`until`, `reason`, `rationale`), ChangedMeanwhile.
    """
    await session.lock(key.subject)
    clock = await queries.running_clock(session, key)
    becomes = changed(wanted, clock, practice, act.now)
    record = Record(clock=key.name, reason=becomes.words)
    await carry_out(session, key.subject, replace(act, record=record), practice)
    await ticking.change_clock(session, models.clock, key, becomes.values)
    # Pages read the day beside the obligation or review, and lists stand in its order: it moves with its clock.
    for owed in (models.obligation, models.review) if key.about != WHOLE else ():
        this = (owed.c.id == key.about) & (owed.c.subject == key.subject)
        await session.execute(update(owed).where(this).values(due_at=becomes.due_at))
    return becomes.due_at
