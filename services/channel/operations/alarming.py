"""Deadlines that have passed: marked once, audited, and handed to the edge to be said."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

from chassis import audit
from chassis.database import Session
from services.channel import models

AT_ONCE = 200


@dataclass(frozen=True)
class Overdue:
    """A clock that ran out."""

    reference: str
    name: str


async def alarm_overdue(session: Session, now: datetime) -> tuple[Overdue, ...]:
    """Mark at most 200 clocks that have run out since the last look, and return them."""
    clock, case_file = models.clock, models.case_file
    late = await session.rows(
        select(clock.c.subject, clock.c.name, clock.c.about, clock.c.area, case_file.c.reference)
        .join(case_file, case_file.c.subject == clock.c.subject)
        .where(
            clock.c.stopped_at.is_(None),
            clock.c.paused_at.is_(None),
            clock.c.alarmed_at.is_(None),
            clock.c.due_at < now,
        )
        .order_by(clock.c.due_at)
        .limit(AT_ONCE)
        .with_for_update(of=clock, skip_locked=True)
    )
    for row in late:
        this = (clock.c.subject == row.subject) & (clock.c.name == row.name) & (clock.c.about == row.about)
        await session.execute(update(clock).where(this).values(alarmed_at=now))
        facts = {"clock": row.name}
        await audit.record(session, "clock.ran-out", subject=row.subject, now=now, area=row.area, facts=facts)
    return tuple(Overdue(row.reference, row.name) for row in late)
