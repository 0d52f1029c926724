"""What a person does with a parked message: retry it in order, or discard it with a reason."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, update

from chassis import tables
from chassis.database import Session
from chassis.errors import Conflict, Missing
from chassis.inbox import store
from chassis.inbox.verdicts import Position, Verdict, judge
from chassis.outbox import send_receipts
from chassis.wire import decode
from contracts.catalogue import TOPIC_BY_NAME
from contracts.envelope import ReceiptBatch, ReceiptItem


class ParkedMessageUnknown(Missing):
    """There is no parked message with that id."""

    reason = "parked-message-unknown"


class ParkedNotWaiting(Conflict):
    """The parked message has already been retried or discarded, or cannot be."""

    reason = "parked-not-waiting"


@dataclass(frozen=True)
class Resolution:
    """Who resolves a parked message, why and when (business time)."""

    by: str
    reason: str
    now: datetime


async def retry(session: Session, parked_id: UUID, resolution: Resolution) -> str:
    """Hand a parked message back to the inbox, five new tries; return a sentence that says so.

    Raises ParkedMessageUnknown, ParkedNotWaiting.
    """
    row = await _waiting(session, parked_id)
    if row.cause == "sequence-conflict":
        message = "Another event holds this message's number: it can only be discarded."
        raise ParkedNotWaiting(message)
    again = store.Hold("retry", "A person asked for another try.", timedelta(0), tries=0)
    await store.hold(session, decode(row.envelope), again, datetime.now(UTC))
    await _resolve(session, parked_id, "retried", resolution)
    return "The message is handled again now; what waits behind it follows in order."


async def discard(session: Session, parked_id: UUID, resolution: Resolution) -> str:
    """Give a parked message up for good, so that what waits behind it goes on; return a sentence that says so.

    Raises ParkedMessageUnknown, ParkedNotWaiting.
    """
    row = await _waiting(session, parked_id)
    envelope = decode(row.envelope)
    await session.lock(envelope.subject)
    at = await store.position(session, envelope) or Position()
    if row.cause != "sequence-conflict":
        _require_next(judge(at, envelope, None))
        await store.remember(session, [(envelope, "discarded")], resolution.now)
        item = ReceiptItem(
            event_id=envelope.event_id,
            topic=envelope.topic,
            subject=envelope.subject,
            recipient=session.service,
            state="discarded",
            at=resolution.now.isoformat(),
        )
        publisher = TOPIC_BY_NAME[envelope.topic].publisher
        await send_receipts(session, publisher, ReceiptBatch(recipient=session.service, items=(item,)))
    await _resolve(session, parked_id, "discarded", resolution)
    await store.hurry(session, [envelope.subject], datetime.now(UTC))
    return "The message is given up; what waits behind it goes on."


def _require_next(verdict: Verdict) -> None:
    # Passing over a number that has not come yet would lose that message: it would stand as a conflict when it comes.
    if verdict is Verdict.HOLD:
        message = "An earlier message of this subject has not been handled yet: retry or discard that one first."
        raise ParkedNotWaiting(message)
    if verdict is not Verdict.APPLY:
        message = "This message's number has been handled meanwhile; nothing is left to discard."
        raise ParkedNotWaiting(message)


async def _waiting(session: Session, parked_id: UUID) -> Row[Any]:
    parked = tables.inbox_parked
    row = await session.first(select(parked).where(parked.c.id == parked_id).with_for_update())
    if row is None:
        message = "There is no parked message with that id: list them again."
        raise ParkedMessageUnknown(message)
    if row.state != "waiting":
        message = f"This message has already been {row.state}: list the parked messages again."
        raise ParkedNotWaiting(message)
    return row


async def _resolve(session: Session, parked_id: UUID, state: str, resolution: Resolution) -> None:
    await session.execute(
        update(tables.inbox_parked)
        .where(tables.inbox_parked.c.id == parked_id)
        .values(state=state, resolved_at=resolution.now, resolved_by=resolution.by, resolved_reason=resolution.reason)
    )
