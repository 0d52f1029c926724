"""Messages of which the provider says later whether they arrived: which of them it is asked about, and when next."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, update

from chassis.database import Session
from services.notify.models import attempt, notice

MOST_ASKED = 50
SOONEST, LATEST = timedelta(seconds=30), timedelta(hours=1)
ASKED_FOR = timedelta(days=3)
"""So long a provider is asked: GOV.UK Notify tries for 72 hours, and then says what became of a mail."""


@dataclass(frozen=True)
class ReceiptDue:
    """A notice of which the provider is asked by the id that it gave it; `way` and `attempt` are those it went by."""

    id: UUID
    provider_id: str
    way: str
    due_at: datetime
    attempt: int = 0


async def receipts_due(session: Session, *, machine_now: datetime) -> tuple[ReceiptDue, ...]:
    """Return at most 50 notices of which a provider is to be asked now, those first that wait longest."""
    waits = (notice.c.receipt_due_at <= machine_now) & notice.c.provider_id.is_not(None)
    this = (attempt.c.notice_id == notice.c.id) & (attempt.c.provider_id == notice.c.provider_id)
    number = select(func.max(attempt.c.number)).where(this).scalar_subquery().label("number")
    wanted = select(notice.c.id, notice.c.provider_id, notice.c.way, notice.c.receipt_due_at, number).where(waits)
    rows = await session.rows(wanted.order_by(notice.c.receipt_due_at).limit(MOST_ASKED))
    return tuple(
        ReceiptDue(row.id, row.provider_id, row.way or "", row.receipt_due_at, row.number or 0) for row in rows
    )


async def ask_later(session: Session, asked: ReceiptDue, *, over: bool, machine_now: datetime) -> None:
    """Let a provider be asked again: later each time, up to an hour; no more where it has answered, or after days.

    A notice that went out once more meanwhile keeps its own time.
    """
    this = (notice.c.id == asked.id) & (notice.c.provider_id == asked.provider_id)
    row = await session.first(select(notice.c.way_began_at).where(this).with_for_update())
    if row is None:
        return
    age = machine_now - (row.way_began_at or machine_now)
    again = None if over or age >= ASKED_FOR else machine_now + min(max(age, SOONEST), LATEST)
    await session.execute(update(notice).where(this).values(receipt_due_at=again))
