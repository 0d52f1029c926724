"""Offers of a transfer to another force, as the force and the delivery desk see them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from chassis.database import Session
from services.notify.domain import TransferAbsent
from services.notify.models import transfer
from services.notify.queries.inboxes import MOST_SIGNPOSTS, Acknowledged, answers_about, text_of


@dataclass(frozen=True)
class TransferListed:
    """One offer; no identity. `accepted` is None until the force answers, `called_back_at` unless the police did."""

    id: UUID
    reference: str
    area: str
    force: str
    offered_at: datetime
    answered_at: datetime | None
    accepted: bool | None
    called_back_at: datetime | None = None


@dataclass(frozen=True)
class TransferFound:
    """An offer as the force may read it."""

    listed: TransferListed
    subject: UUID
    message: str
    answers: tuple[Acknowledged, ...]


async def transfer_found(session: Session, transfer_id: UUID) -> TransferFound:
    """Return one offer, opened; raises TransferAbsent."""
    row = await session.first(select(transfer).where(transfer.c.id == transfer_id))
    if row is None:
        raise TransferAbsent
    message = await text_of(session, row.subject, row.message_sealed)
    return TransferFound(_listed(row), row.subject, message, await answers_about(session, "transfer", transfer_id))


async def transfers_waiting(session: Session) -> tuple[TransferListed, ...]:
    """Return the offers of the reader's areas that no force has answered, oldest first."""
    waiting = transfer.c.answered_at.is_(None) & transfer.c.called_back_at.is_(None)
    wanted = select(transfer).where(waiting).order_by(transfer.c.offered_at)
    return tuple(_listed(row) for row in await session.rows(wanted.limit(MOST_SIGNPOSTS)))


def _listed(row: Row[Any]) -> TransferListed:
    return TransferListed(
        row.id,
        row.reference,
        row.area,
        row.force,
        row.offered_at,
        row.answered_at,
        row.accepted,
        row.called_back_at,
    )
