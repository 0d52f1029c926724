"""A concern that its front door has not acknowledged in time: the persons whom the area names are told in turn."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, or_, select, update

from chassis import audit
from chassis.database import Session
from services.notify.domain import AnswerTimes, Kind, Origin, RecipientKind, Telling, escalating
from services.notify.models import concern
from services.notify.operations.receiving import write_notice
from services.notify.operations.ringing import tell_silence
from services.notify.queries import concern_waits

CLOCK = "concern-acknowledgement"
"""What the clock of a front door is called (domain.clocks)."""
AT_ONCE = 100


@dataclass(frozen=True)
class Unacknowledged:
    """A concern that nobody has acknowledged: whose it is, and since when the clock runs."""

    subject: UUID
    reference: str
    area: str
    area_version: str
    front_door: str
    began_at: datetime
    immediate_danger: bool


async def to_escalate(session: Session, after: UUID, *, now: datetime) -> tuple[Unacknowledged, ...]:
    """Return some of the concerns to look at now, in the order of their ids, behind the one given."""
    due = or_(concern.c.escalate_at.is_(None), concern.c.escalate_at <= now)
    wanted = and_(concern_waits(), concern.c.escalation_ended_at.is_(None), due, concern.c.subject > after)
    rows = await session.rows(select(concern).where(wanted).order_by(concern.c.subject).limit(AT_ONCE))
    return tuple(
        Unacknowledged(
            row.subject,
            row.reference,
            row.area,
            row.area_version,
            row.front_door,
            row.clock_began_at or row.received_at,
            row.immediate_danger,
        )
        for row in rows
    )


async def escalate(session: Session, found: Unacknowledged, times: AnswerTimes, *, now: datetime) -> int:
    """Tell whoever is next where a concern is still not acknowledged; return how many were told.

    A concern that was acknowledged, moved or renewed since it was found is left to the next turn.
    """
    await session.lock(found.subject)
    row = await session.first(select(concern).where(concern.c.subject == found.subject, concern_waits()))
    if row is None or row.front_door != found.front_door or (row.clock_began_at or row.received_at) != found.began_at:
        return 0
    follows = escalating(times, row.escalated, now)
    for step in follows.steps:
        telling = Telling(
            Kind.CLOCK_ESCALATED, RecipientKind.ESCALATION, f"{row.front_door}-{step}", found.immediate_danger
        )
        write_notice(session, _origin(row), telling, now=now, stage=CLOCK)
        facts: dict[str, str | int] = {"front_door": row.front_door, "step": step}
        await audit.record(session, "concern.escalate", subject=row.subject, now=now, area=row.area, facts=facts)
    values = {
        "escalated": follows.taken,
        "escalate_at": follows.look_at,
        "escalation_ended_at": now if follows.is_over else None,
    }
    await session.execute(update(concern).where(concern.c.subject == row.subject).values(values))
    if follows.is_over:
        await tell_silence(session, row, now=now)
    return len(follows.steps)


def _origin(row: Row[Any]) -> Origin:
    """Return the newest event about a concern: each step of its clock is told once."""
    return Origin(
        row.subject, row.reference, row.area, row.area_version, "intake", row.event_ids[-1], None, row.received_at
    )
