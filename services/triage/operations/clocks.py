"""The clocks of a referral: started and stopped by steps, each a row that survives restarts and closure."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select, update

from chassis import ticking
from chassis.database import Session
from chassis.deadlines import longer
from chassis.ticking import WHOLE, Deadline, Placed
from services.triage import models
from services.triage.domain import ClockName, Command, Practice, Step
from services.triage.domain.fulfilling import fulfils

__all__ = ["NEVER", "WHOLE", "Deadline", "Placed", "run_clocks", "start_clock", "stop_clock"]

NEVER = datetime(9999, 12, 31, tzinfo=UTC)
"""When the next clock of a referral runs out that has none; the database keeps it beside each referral."""


async def run_clocks(session: Session, placed: Placed, step: Step, practice: Practice, now: datetime) -> None:
    """Stop and start the clocks that the transition names; more time is counted from when the clock would run out.

    What the step has not done is dropped; what it has done has ended, also where it is due anew from now on.
    """
    table, row = models.clock, step.transition
    done = {name for name in (*row.stops, *row.starts) if fulfils(row.command, name)}
    await ticking.stop_named(session, table, placed.subject, done, now)
    await ticking.stop_named(session, table, placed.subject, set(row.stops) - done, now, dropped=True)
    for name in row.starts:
        if row.command is Command.MORE_TIME and await _give_more(session, placed, name, practice):
            continue
        # The date that a proposed closure names is that of its review: signing it off has the area's own time.
        review_on = step.record.review_on if name is ClockName.CLOSURE_REVIEW else None
        start_clock(session, placed, Deadline(name, practice.deadline(name, review_on)), now)


def start_clock(session: Session, placed: Placed, deadline: Deadline, now: datetime) -> None:
    """Start a clock afresh, whether it ran before or not."""
    ticking.start_clock(session, models.clock, placed, deadline, now)


async def stop_clock(session: Session, placed: Placed, about: UUID, now: datetime, *, dropped: bool = False) -> None:
    """Stop the clock of an obligation, which is dropped where it was cancelled."""
    await ticking.stop_about(session, models.clock, placed.subject, about, now, dropped=dropped)


async def _give_more(session: Session, placed: Placed, name: ClockName, practice: Practice) -> bool:
    table = models.clock
    this = (table.c.subject == placed.subject) & (table.c.name == name) & table.c.stopped_at.is_(None)
    old = await session.scalar(select(table.c.due_at).where(this))
    if old is None:
        return False
    await session.execute(update(table).where(this).values(longer(table.c.times_extended, practice.later(name, old))))
    return True
