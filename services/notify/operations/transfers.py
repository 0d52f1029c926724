"""A transfer to another force: the offer is kept and told, and the force answers it once."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, update

from chassis import audit, outbox
from chassis.database import Session
from chassis.outbox import About
from contracts.notify.police import TransferAnswered as TransferAnsweredEvent
from services.notify.domain import Kind, Origin, RecipientKind, Telling, TransferAbsent, TransferAnswered, What
from services.notify.models import notice, transfer
from services.notify.operations.answering import Answered, close_notices, keep_answer, take_back
from services.notify.operations.evidence import note_people
from services.notify.operations.receiving import Asked, keep_asked, write_notice


@dataclass(frozen=True)
class ReceivedTransfer:
    """An offer as triage made it: to which force, with which words."""

    origin: Origin
    id: UUID
    force: str
    message: str


@dataclass(frozen=True)
class TransferAnswer:
    """What a force answers: `by` is the officer who owns the risk from an acceptance on, or who refuses."""

    accepted: bool
    by: str
    reason: str = ""


async def receive_transfer(session: Session, received: ReceivedTransfer, *, now: datetime) -> None:
    """Keep an offer and write the notice to the force; a repeat changes nothing."""
    asked = Asked(transfer, received.id, {"force": received.force, "offered_at": received.origin.at}, received.message)
    telling = Telling(Kind.TRANSFER_OFFERED, RecipientKind.FORCE, received.force)
    if await keep_asked(session, received.origin, asked, telling, now=now):
        await audit.record(
            session, "transfer.receive", subject=received.origin.subject, now=now, area=received.origin.area
        )


async def open_transfer(session: Session, transfer_id: UUID, *, now: datetime) -> None:
    """Record that somebody reads an offer by its link; raises TransferAbsent."""
    row = await _transfer(session, transfer_id)
    await audit.record_read(session, subject=row.subject, now=now, reason="Opened a transfer by its link")
    await note_people(session, notice.c.about_id == transfer_id, What.OPENED, now=now)


async def answer_transfer(session: Session, transfer_id: UUID, answer: TransferAnswer, *, now: datetime) -> None:
    """Record what the force answered and tell the police who offered; raises TransferAbsent and TransferAnswered."""
    row = await _transfer(session, transfer_id)
    if row.answered_at is not None:
        raise TransferAnswered("This transfer has been answered already; its page shows by whom.")
    values = {"answered_at": now, "accepted": answer.accepted}
    await session.execute(update(transfer).where(transfer.c.id == transfer_id).values(values))
    await keep_answer(session, row, Answered("transfer", row.id, answer.reason, by=answer.by), now=now)
    await close_notices(session, notice.c.about_id == row.id, (Kind.TRANSFER_OFFERED,))
    event = TransferAnsweredEvent(
        reference=row.reference,
        transfer_id=transfer_id,
        answered_at=now,
        accepted=answer.accepted,
        answered_by=answer.by,
        reason=answer.reason,
    )
    about = About(row.subject, row.area, row.area_version, row.correlation_id, row.event_id)
    await outbox.add(session, event, about=about)
    facts = {"accepted": answer.accepted}
    await audit.record(session, "transfer.answer", subject=row.subject, now=now, area=row.area, facts=facts)


async def call_transfer_back(session: Session, origin: Origin, transfer_id: UUID, *, now: datetime) -> None:
    """Note that the police called an offer back, and tell the force once; raises TransferAbsent.

    A force that has not been asked yet is not asked, and one that has answered is told by the police.
    """
    row = await _transfer(session, transfer_id)
    await session.execute(update(transfer).where(transfer.c.id == transfer_id).values(called_back_at=origin.at))
    telling = Telling(Kind.TRANSFER_CALLED_BACK, RecipientKind.FORCE, row.force)
    if await take_back(session, transfer_id, Kind.TRANSFER_OFFERED) and row.answered_at is None:
        write_notice(session, origin, telling, now=now, about_id=transfer_id)
    await audit.record(session, "transfer.call-back", subject=row.subject, now=now, area=row.area)


async def _transfer(session: Session, transfer_id: UUID) -> Row[Any]:
    wanted = select(transfer).where(transfer.c.id == transfer_id)
    row = await session.first(wanted)
    if row is None:
        raise TransferAbsent
    await session.lock(row.subject)
    return await session.first(wanted.with_for_update()) or row
