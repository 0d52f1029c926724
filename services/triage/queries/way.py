"""A referral's way through the services as triage knows it: when it came, was seen, and who holds what it sent."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from chassis.database import Session
from chassis.tables import dispatch
from services.triage import models

STATISTICS = "stats"


@dataclass(frozen=True)
class Sent:
    """What triage announced to one other service; `stored_at` is when its receipt came, None while it is waited for."""

    type: str
    recipient: str
    recorded_at: datetime
    stored_at: datetime | None
    parked: bool


@dataclass(frozen=True)
class Way:
    """When a referral came in and arrived here, when each team saw and answered it, and what was sent on."""

    received_at: datetime
    arrived_at: datetime | None
    imu_seen_at: datetime | None
    gateway_seen_at: datetime | None
    imu_acknowledged_at: datetime | None
    gateway_acknowledged_at: datetime | None
    sent: tuple[Sent, ...]


async def way_of(session: Session, subject: UUID) -> Way:
    """Return the way of a referral that the actor may see; figures, which name nobody, are not on it."""
    table, history = models.referral, models.history
    row = (await session.rows(select(table).where(table.c.subject == subject)))[0]
    arrived = await session.scalar(select(func.min(history.c.at)).where(history.c.subject == subject))
    of_it = (dispatch.c.subject == subject) & (dispatch.c.recipient != STATISTICS) & dispatch.c.type.is_not(None)
    sent = await session.rows(select(dispatch).where(of_it).order_by(dispatch.c.recorded_at, dispatch.c.recipient))
    return Way(
        received_at=row.received_at,
        arrived_at=arrived,
        imu_seen_at=row.imu_seen_at,
        gateway_seen_at=row.gateway_seen_at,
        imu_acknowledged_at=row.imu_acknowledged_at,
        gateway_acknowledged_at=row.gateway_acknowledged_at,
        sent=tuple(
            Sent(each.type, each.recipient, each.recorded_at, each.stored_at, each.parked_at is not None)
            for each in sent
        ),
    )
