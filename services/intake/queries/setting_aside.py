"""Mails that answer our own and were set aside: what software has not looked into, and what waits for a person."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from chassis.database import Session
from services.intake import models
from services.intake.domain import NoReferral


@dataclass(frozen=True)
class MailSetAside:
    """A mail on the desk's list, with its original."""

    id: UUID
    area: str
    received_at: datetime
    why: NoReferral
    document_id: UUID


async def asides_to_read(session: Session, *, limit: int) -> tuple[UUID, ...]:
    """Return the mails set aside into which the software has not looked yet, oldest first."""
    table = models.set_aside
    statement = select(table.c.id).where(table.c.state == "being-read").order_by(table.c.received_at).limit(limit)
    return tuple(row.id for row in await session.rows(statement))


async def mails_set_aside(session: Session, *, limit: int) -> tuple[MailSetAside, ...]:
    """Return the mails about which a person has to decide, oldest first."""
    table = models.set_aside
    statement = select(table).where(table.c.state == "waiting").order_by(table.c.received_at).limit(limit)
    return tuple(
        MailSetAside(row.id, row.area, row.received_at, NoReferral(row.why), row.document_id)
        for row in await session.rows(statement)
    )


async def count_mails_set_aside(session: Session) -> int:
    """Return about how many mails a person has to decide."""
    table = models.set_aside
    return int(await session.scalar(select(func.count()).select_from(table).where(table.c.state == "waiting")))
