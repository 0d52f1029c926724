"""The clocks of a referral: started and stopped by steps, each a row that survives restarts and closure."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis.database import Session
from services.triage import models
from services.triage.domain import ClockName, Command, Practice, Step

WHOLE = UUID(int=0)
"""What a clock is about that is of the referral itself and of no single obligation."""

_LOOKED_AFTER = ("escalations", "escalate_at", "paused_for")
NEVER = datetime(9999, 12, 31, tzinfo=UTC)
"""When the next clock of a referral runs out that has none; the database keeps it beside each referral."""

_FRESH = upsert(models.clock)
_START_CLOCK = _FRESH.on_conflict_do_update(
    index_elements=["subject", "name", "about"],
    set_={
        name: _FRESH.excluded[name]
        for name in ("started_at", "due_at", "stopped_at", "paused_at", "times_extended", "alarmed_at", *_LOOKED_AFTER)
    },
)


class Placed(Protocol):
    """A referral, as far as its history and its clocks are concerned."""

    @property
    def subject(self) -> UUID:
        """Return its id."""

    @property
    def area(self) -> str:
        """Return its area."""


@dataclass(frozen=True)
class Deadline:
    """When a clock runs out, and the obligation that it is about (the referral itself unless given)."""

    name: ClockName
    due_at: datetime
    about: UUID = WHOLE


async def run_clocks(session: Session, placed: Placed, step: Step, practice: Practice, now: datetime) -> None:
    """Stop and start the clocks that the transition names; more time is counted from when the clock would run out."""
    table, row = models.clock, step.transition
    if row.stops:
        running = (table.c.subject == placed.subject) & table.c.name.in_(row.stops) & table.c.stopped_at.is_(None)
        await session.execute(update(table).where(running).values(stopped_at=now))
    for name in row.starts:
        if row.command is Command.MORE_TIME and await _give_more(session, placed, name, practice):
            continue
        # The date that a proposed closure names is that of its review: signing it off has the area's own time.
        review_on = step.record.review_on if name is ClockName.CLOSURE_REVIEW else None
        start_clock(session, placed, Deadline(name, practice.deadline(name, review_on)), now)


def start_clock(session: Session, placed: Placed, deadline: Deadline, now: datetime) -> None:
    """Start a clock afresh, whether it ran before or not."""
    fresh = {
        "started_at": now,
        "due_at": deadline.due_at,
        "stopped_at": None,
        "paused_at": None,
        "times_extended": 0,
        "alarmed_at": None,
        "escalations": 0,
        "escalate_at": deadline.due_at,
        "paused_for": None,
    }
    this = {"subject": placed.subject, "name": deadline.name, "about": deadline.about, "area": placed.area}
    session.write(_START_CLOCK, this | fresh)


async def stop_clock(session: Session, placed: Placed, about: UUID, now: datetime) -> None:
    """Stop the clock of an obligation."""
    table = models.clock
    this = (table.c.subject == placed.subject) & (table.c.about == about) & table.c.stopped_at.is_(None)
    await session.execute(update(table).where(this).values(stopped_at=now))


def longer(due_at: datetime) -> dict[str, Any]:
    """Return what an extended clock's row holds: who was told that it ran out is told anew if it does so again."""
    more = models.clock.c.times_extended + 1
    return {"due_at": due_at, "times_extended": more, "alarmed_at": None, "escalations": 0, "escalate_at": due_at}


async def _give_more(session: Session, placed: Placed, name: ClockName, practice: Practice) -> bool:
    table = models.clock
    this = (table.c.subject == placed.subject) & (table.c.name == name) & table.c.stopped_at.is_(None)
    old = await session.scalar(select(table.c.due_at).where(this))
    if old is None:
        return False
    await session.execute(update(table).where(this).values(longer(practice.later(name, old))))
    return True
