"""Mails that answer our own and were set aside: what software has not looked into, and what waits for a person."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
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
    """Return the mails set aside that the reading room has to look into or to take in, oldest first."""
    table = models.set_aside
    open_ones = table.c.state.in_(["being-read", "wanted"])
    statement = select(table.c.id).where(open_ones).order_by(table.c.received_at).limit(limit)
    return tuple(row.id for row in await session.rows(statement))


async def mails_set_aside(session: Session, *, limit: int) -> tuple[MailSetAside, ...]:
    """Return the mails about which a person has to decide, oldest first."""
    table = models.set_aside
    statement = select(table).where(table.c.state == "waiting").order_by(table.c.received_at).limit(limit)
    return tuple(_shown(row) for row in await session.rows(statement))


async def mail_set_aside(session: Session, aside_id: UUID) -> MailSetAside | None:
    """Return one mail about which a person has to decide; None where nobody has to."""
    table = models.set_aside
    row = await session.first(select(table).where(table.c.id == aside_id, table.c.state == "waiting"))
    return _shown(row) if row is not None else None


def _shown(row: Any) -> MailSetAside:
    return MailSetAside(row.id, row.area, row.received_at, NoReferral(row.why), row.document_id)


async def count_mails_set_aside(session: Session) -> int:
    """Return about how many mails a person has to decide."""
    table = models.set_aside
    return int(await session.scalar(select(func.count()).select_from(table).where(table.c.state == "waiting")))
