"""A referral's way through the services as triage knows it: when it came, was seen, and who holds what it sent."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, text

from chassis.database import Session
from services.triage import models

_SENT = text(
    "SELECT type, recipient, recorded_at, stored_at, parked_at FROM dispatch"
    " WHERE subject = :subject AND recipient <> 'stats' AND type IS NOT NULL ORDER BY recorded_at, recipient, type"
)


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
    sent = await session.rows(_SENT, {"subject": subject})
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
