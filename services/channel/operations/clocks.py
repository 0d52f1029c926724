"""The clocks of a case: started and stopped by steps, each a row that survives restarts and closure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis.database import Session
from services.channel import models
from services.channel.domain import ClockName, Practice, Step

WHOLE = UUID(int=0)
"""What a clock is about that is of the case itself and of no single obligation, session or review."""
_BY_DATE = frozenset({ClockName.PANEL, ClockName.REASSESSMENT, ClockName.PLAN_REVIEW})
"""The clocks that a command may give a date of its own."""

_FRESH = upsert(models.clock)
_KEPT = ("started_at", "due_at", "stopped_at", "paused_at", "paused_for", "times_extended", "alarmed_at", "escalations")
_START_CLOCK = _FRESH.on_conflict_do_update(
    index_elements=["subject", "name", "about"],
    set_={name: _FRESH.excluded[name] for name in (*_KEPT, "escalate_at")},
)


class Placed(Protocol):
    """A case, as far as its history, its clocks and its obligations are concerned."""

    @property
    def subject(self) -> UUID:
        """Return its id."""

    @property
    def area(self) -> str:
        """Return its area."""


@dataclass(frozen=True)
class Deadline:
    """When a clock runs out, and the obligation, session or review that it is about (the case itself unless given)."""

    name: ClockName
    due_at: datetime
    about: UUID = WHOLE


async def run_clocks(session: Session, placed: Placed, step: Step, practice: Practice, now: datetime) -> None:
    """Stop and start the clocks that the transition names."""
    table, row = models.clock, step.transition
    if row.stops:
        running = (table.c.subject == placed.subject) & table.c.name.in_(row.stops) & table.c.stopped_at.is_(None)
        await session.execute(update(table).where(running).values(stopped_at=now))
    for name in row.starts:
        fixed = step.record.next_on if name in _BY_DATE else None
        due_at = practice.due[name] if fixed is None else practice.close_of(fixed)
        start_clock(session, placed, Deadline(name, due_at), now)


def start_clock(session: Session, placed: Placed, deadline: Deadline, now: datetime) -> None:
    """Start a clock afresh, whether it ran before or not."""
    fresh = {
        "started_at": now,
        "due_at": deadline.due_at,
        "stopped_at": None,
        "paused_at": None,
        "paused_for": None,
        "times_extended": 0,
        "alarmed_at": None,
        "escalations": 0,
        "escalate_at": deadline.due_at,
    }
    this = {"subject": placed.subject, "name": deadline.name, "about": deadline.about, "area": placed.area}
    session.write(_START_CLOCK, this | fresh)


async def stop_clock(session: Session, placed: Placed, about: UUID, now: datetime) -> None:
    """Stop the clock of an obligation, a session or a review."""
    table = models.clock
    this = (table.c.subject == placed.subject) & (table.c.about == about) & table.c.stopped_at.is_(None)
    await session.execute(update(table).where(this).values(stopped_at=now))
