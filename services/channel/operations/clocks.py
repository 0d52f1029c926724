"""The clocks of a case: started and stopped by steps, each a row that survives restarts and closure."""

from datetime import datetime
from uuid import UUID

from chassis import ticking
from chassis.database import Session
from chassis.ticking import WHOLE, Deadline, Placed
from services.channel import models
from services.channel.domain import ClockName, Practice, Step
from services.channel.domain.fulfilling import fulfils

__all__ = ["WHOLE", "Deadline", "Placed", "run_clocks", "start_clock", "stop_clock"]

_BY_DATE = frozenset({ClockName.PANEL, ClockName.REASSESSMENT, ClockName.PLAN_REVIEW})
"""The clocks that a command may give a date of its own."""


async def run_clocks(session: Session, placed: Placed, step: Step, practice: Practice, now: datetime) -> None:
    """Stop and start the clocks that the transition names.

    What the step has not done is dropped; what it has done has ended, also where it is due anew from now on.
    """
    table, row = models.clock, step.transition
    done = {name for name in (*row.stops, *row.starts) if fulfils(row.command, name)}
    await ticking.stop_named(session, table, placed.subject, done, now)
    await ticking.stop_named(session, table, placed.subject, set(row.stops) - done, now, dropped=True)
    for name in row.starts:
        fixed = step.record.next_on if name in _BY_DATE else None
        due_at = practice.due[name] if fixed is None else practice.close_of(fixed)
        start_clock(session, placed, Deadline(name, due_at), now)


def start_clock(session: Session, placed: Placed, deadline: Deadline, now: datetime) -> None:
    """Start a clock afresh, whether it ran before or not."""
    ticking.start_clock(session, models.clock, placed, deadline, now)


async def stop_clock(session: Session, placed: Placed, about: UUID, now: datetime, *, dropped: bool = False) -> None:
    """Stop the clock of an obligation, a session or a review, which is dropped where that was called off."""
    await ticking.stop_about(session, models.clock, placed.subject, about, now, dropped=dropped)
