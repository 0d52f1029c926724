"""Those of whom a mail came back or was given up, and whom nobody has told in another way."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, func, select

from chassis.database import Session
from contracts.vocabulary import ProgressStage, Unreached, WhomToReach
from services.intake import models
from services.intake.domain import UnreachedUnknown

SHOWN = 50


@dataclass(frozen=True)
class UnreachedView:
    """Somebody who must be rung: of which referral, why, and which stage they were to hear of, if any."""

    id: UUID
    subject: UUID
    reference: str
    whom: WhomToReach
    stage: ProgressStage | None
    why: Unreached
    noted_at: datetime


async def unreached(session: Session, subject: UUID | None = None) -> tuple[UnreachedView, ...]:
    """Return the 50 who have waited longest, of one referral where its subject is given."""
    table = models.unreached
    found = _open() if subject is None else _open().where(table.c.referral_id == subject)
    rows = await session.rows(found.order_by(table.c.noted_at, table.c.id).limit(SHOWN))
    return tuple(_view(row) for row in rows)


async def unreached_found(session: Session, unreached_id: UUID) -> UnreachedView:
    """Return one who has not been told yet; raises UnreachedUnknown."""
    row = await session.first(_open().where(models.unreached.c.id == unreached_id))
    if row is None:
        raise UnreachedUnknown
    return _view(row)


async def count_unreached(session: Session) -> int:
    """Return how many have not been told yet."""
    table = models.unreached
    return await session.scalar(select(func.count()).select_from(table).where(table.c.told_at.is_(None))) or 0


def _open() -> Select[Any]:
    table, referral = models.unreached, models.referral
    joined = select(table, referral.c.reference).join(referral, referral.c.id == table.c.referral_id)
    return joined.where(table.c.told_at.is_(None))


def _view(row: Row[Any]) -> UnreachedView:
    return UnreachedView(
        id=row.id,
        subject=row.referral_id,
        reference=row.reference,
        whom=WhomToReach(row.whom),
        stage=ProgressStage(row.stage) if row.stage else None,
        why=Unreached(row.why),
        noted_at=row.noted_at,
    )
