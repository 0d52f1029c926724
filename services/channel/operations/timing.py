"""What people do to a clock that runs: extend it with a reason, let it stand still with a reason, let it run on."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import update

from chassis import ticking
from chassis.database import Session
from chassis.deadlines import Change, Wanted, changed
from chassis.ticking import WHOLE, ClockKey
from services.channel import models, queries
from services.channel.domain import ClockName, Practice, Record
from services.channel.operations.asking import WORKS_FOR, Moved, move_ask
from services.channel.operations.interventions import WORKS_AFTER as SESSION_WORKS_AFTER
from services.channel.operations.obligations import WORKS_AFTER
from services.channel.operations.saving import Act, carry_out
from services.channel.queries.interventions import session_asked_about
from services.channel.queries.obligations import is_asked_by_link

_WITH_A_DAY = (models.obligation, models.review, models.intervention_session)
"""What has a clock of its own and keeps the day beside it."""


async def change_clock(session: Session, key: ClockKey, act: Act, wanted: Wanted, practice: Practice) -> datetime:
    """Extend a clock, let it stand still or let it run on; returns when it runs out now.

    Whoever was asked by a link is reminded by the new day. Raises ClockNotRunning, NotOffered, NotRecorded (`until`,
    `reason`, `rationale`), ChangedMeanwhile.
    """
    await session.lock(key.subject)
    clock = await queries.running_clock(session, key)
    becomes = changed(wanted, clock, practice, act.now)
    record = Record(clock=key.name, reason=becomes.words)
    saved = await carry_out(session, key.subject, replace(act, record=record), practice)
    await ticking.change_clock(session, models.clock, key, becomes.values)
    # Pages read the day beside the obligation or review, and lists stand in its order: it moves with its clock.
    for owed in _WITH_A_DAY if key.about != WHOLE else ():
        this = (owed.c.id == key.about) & (owed.c.subject == key.subject)
        await session.execute(update(owed).where(this).values(due_at=becomes.due_at))
    paused = wanted.command == Change.PAUSE
    for ask_id, works_after in await _asked(session, key):
        moved = Moved(becomes.due_at, max(becomes.due_at, act.now) + works_after, paused)
        await move_ask(session, saved.before, ask_id, moved, act.now)
    return becomes.due_at


async def _asked(session: Session, key: ClockKey) -> tuple[tuple[UUID, timedelta], ...]:
    """Return what was asked by links that a clock is about, and how long each link works after its day."""
    if key.name == ClockName.TRANSFER:
        offers = await queries.transfers(session, key.subject)
        return tuple((each.id, WORKS_FOR) for each in offers if each.answer is None and not each.to_area)
    if key.about == WHOLE:
        return ()
    if key.name == ClockName.SESSION:
        found = await session_asked_about(session, key.subject, key.about)
        return () if found is None else ((found, SESSION_WORKS_AFTER),)
    by_link = await is_asked_by_link(session, key.subject, key.about)
    return ((key.about, WORKS_AFTER),) if by_link else ()
