"""Offers a referral to another force and hears its answer: the risk moves with the acceptance and not before."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, select, update

from chassis import outbox
from chassis.database import Session
from chassis.ids import rising_id
from contracts.triage.notices import TransferCalledBack, TransferOffered
from services.triage import models
from services.triage.domain import Command, Practice, Record, TransferNotFound
from services.triage.operations.announcing import about, announce
from services.triage.operations.saving import Act, Saved, carry_out


@dataclass(frozen=True)
class TransferAnswer:
    """What another force says of an offer: accepted by an officer who owns the risk from then on, or refused."""

    transfer_id: UUID
    at: datetime
    accepted: bool
    by: str
    reason: str = ""

    @property
    def word(self) -> str:
        """Return the answer as it is kept."""
        return "accepted" if self.accepted else "refused"


async def offer_transfer(session: Session, saved: Saved, now: datetime) -> UUID:
    """Keep the offer and ask notify to tell the other force; returns its id."""
    held, record = saved.before, saved.step.record
    transfer_id, message = rising_id(), record.message.strip()
    row = {
        "id": transfer_id,
        "subject": held.subject,
        "area": held.area,
        "force": record.force,
        "sealed_message": await session.seal(held.subject, message),
        "offered_at": now,
        "offered_by": session.actor.name or session.actor.id,
    }
    await session.execute(insert(models.transfer).values(row))
    event = TransferOffered(
        reference=held.reference, transfer_id=transfer_id, offered_at=now, force=record.force, message=message
    )
    await outbox.add(session, event, about=about(held))
    return transfer_id


async def call_back(session: Session, saved: Saved, now: datetime) -> None:
    """End the open offer and tell the other force: whatever it answers from now on moves nothing."""
    table = models.transfer
    waiting = (table.c.subject == saved.before.subject) & table.c.answer.is_(None)
    by = session.actor.name or session.actor.id
    ended = update(table).where(waiting).values(answer="called-back", answered_at=now, answered_by=by)
    for offer in await session.rows(ended.returning(table.c.id)):
        event = TransferCalledBack(reference=saved.before.reference, transfer_id=offer.id, called_back_at=now)
        await outbox.add(session, event, about=about(saved.before))


async def hear_transfer(
    session: Session, subject: UUID, answer: TransferAnswer, practice: Practice, now: datetime
) -> None:
    """Hand the risk to the officer who accepted, or bring the referral back; TransferNotFound where none was offered.

    An answer to an offer that is at an end changes nothing; the timeline shows it, because the other force may believe
    that it has the referral.
    """
    offered = await _offered(session, subject, answer.transfer_id)
    force = practice.forces.get(offered.force, offered.force)
    if offered.answer is not None:
        # The same answer told twice is no news to anybody.
        if offered.answer != answer.word:
            await carry_out(session, subject, Act(Command.NOTE, now, _late(offered, answer, force)), practice)
        return
    command = Command.TRANSFER_ACCEPTED if answer.accepted else Command.TRANSFER_REFUSED
    words = ". ".join(part for part in (f"{force}: {answer.by}", answer.reason.strip()) if part)
    record = Record(rationale=words, risk_owner=answer.by if answer.accepted else "")
    saved = await carry_out(session, subject, Act(command, now, record), practice)
    reason = answer.reason.strip()
    values = {
        "answer": answer.word,
        "answered_at": answer.at,
        "answered_by": answer.by,
        "sealed_reason": await session.seal(subject, reason) if reason else None,
    }
    await session.execute(update(models.transfer).where(models.transfer.c.id == answer.transfer_id).values(values))
    await announce(session, saved, now)


async def _offered(session: Session, subject: UUID, transfer_id: UUID) -> Row[Any]:
    table = models.transfer
    found = await session.first(select(table).where(table.c.id == transfer_id, table.c.subject == subject))
    if found is None:
        raise TransferNotFound("An answer names a transfer that triage never offered; compare both services.")
    return found


def _late(offered: Row[Any], answer: TransferAnswer, force: str) -> Record:
    ended = {"called-back": "was called back", "accepted": "was accepted before", "refused": "was refused before"}
    return Record(
        rationale=f"{force}: {answer.by} {answer.word} the transfer after it {ended[offered.answer]}."
        " Nothing has changed: tell them where the referral is."
    )
