"""A person at the delivery desk holds a notice back, with the reason; whoever had it written is told that it was."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row, insert, select, update

from chassis import audit
from chassis.database import Session
from contracts.vocabulary import Unreached
from services.notify.domain import (
    Held,
    Kind,
    NoticeAbsent,
    NoticeSettled,
    State,
    holding_back,
    may_be_held,
)
from services.notify.models import notice, suppression
from services.notify.operations.unreached import tell_undelivered

HELD_BACK = {
    "state": str(State.SUPPRESSED),
    "next_attempt_at": None,
    "link_sealed": None,
    "lease_token": None,
    "leased_until": None,
}
"""What a notice has that is not to be sent any more; without its lease whoever sends it now settles nothing."""


async def suppress(session: Session, notice_id: UUID, reason: str, *, now: datetime) -> Held:
    """Hold a notice back; where somebody is in immediate danger the first person asks, and the second holds it back.

    An attempt that is under way ends by itself, and nothing follows it; where it succeeds the notice is called sent.
    Raises NoticeAbsent, NoticeSettled and SecondWordNeeded.
    """
    row = await _held(session, notice_id)
    if not may_be_held(State(row.state)):
        raise NoticeSettled
    asked = await _asked(session, notice_id)
    follows = holding_back(
        Kind(row.kind), urgent=row.urgent, asked_by=asked.asked_by if asked is not None else "", actor=session.actor.id
    )
    await _note(session, row, reason, asked, follows, now=now)
    if follows is Held.NOW:
        await session.execute(update(notice).where(notice.c.id == notice_id).values(HELD_BACK))
        await tell_undelivered(session, row, Unreached.SUPPRESSED, now=now)
    action = "notice.suppress" if follows is Held.NOW else "notice.suppress-asked"
    await audit.record(session, action, subject=row.subject, now=now, reason=reason, area=row.area)
    return follows


async def _held(session: Session, notice_id: UUID) -> Row[Any]:
    subject = await session.scalar(select(notice.c.subject).where(notice.c.id == notice_id))
    if subject is None:
        raise NoticeAbsent
    await session.lock(subject)
    row = await session.first(select(notice).where(notice.c.id == notice_id).with_for_update())
    if row is None:
        raise NoticeAbsent
    return row


async def _asked(session: Session, notice_id: UUID) -> Row[Any] | None:
    """Return the wish that still waits for a second word."""
    waiting = (suppression.c.notice_id == notice_id, suppression.c.confirmed_at.is_(None))
    return await session.first(select(suppression).where(*waiting).order_by(suppression.c.asked_at.desc()).limit(1))


async def _note(
    session: Session, row: Row[Any], reason: str, asked: Row[Any] | None, follows: Held, *, now: datetime
) -> None:
    confirmed: dict[str, object] = {"confirmed_by": session.actor.id, "confirmed_at": now}
    if asked is not None:
        await session.execute(update(suppression).where(suppression.c.id == asked.id).values(confirmed))
        return
    values: dict[str, object] = {
        "id": uuid4(),
        "notice_id": row.id,
        "area": row.area,
        "reason": reason,
        "asked_by": session.actor.id,
        "asked_at": now,
    }
    await session.execute(insert(suppression).values(values | (confirmed if follows is Held.NOW else {})))
