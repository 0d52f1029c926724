"""What others owe of a referral: signposts, requests for information, actions; open ones first."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from chassis.database import Session
from services.triage import models
from services.triage.domain import Obligation


@dataclass(frozen=True)
class ObligationView:
    """One obligation: who owes what by when, and what they said; `state` is open, acknowledged, done or cancelled."""

    id: UUID
    kind: Obligation
    service: str
    owner: str
    state: str
    message: str
    report: str
    made_at: datetime
    made_by: str
    due_at: datetime
    acknowledged_at: datetime | None
    ended_at: datetime | None
    ended_by: str


@dataclass(frozen=True)
class OpenObligation:
    """An obligation that nobody has ended yet."""

    kind: Obligation
    owner: str


async def obligations(session: Session, subject: UUID) -> tuple[ObligationView, ...]:
    """Return all obligations of a referral in words, those that are open first, then by when they were made."""
    table = models.obligation
    rows = await session.rows(
        select(table).where(table.c.subject == subject).order_by(table.c.ended_at.is_not(None), table.c.made_at)
    )
    return tuple(
        [
            ObligationView(
                id=row.id,
                kind=Obligation(row.kind),
                service=row.service,
                owner=row.owner,
                state=row.state,
                message=await session.unseal_text(subject, row.sealed_message) if row.sealed_message else "",
                report=await session.unseal_text(subject, row.sealed_report) if row.sealed_report else "",
                made_at=row.made_at,
                made_by=row.made_by,
                due_at=row.due_at,
                acknowledged_at=row.acknowledged_at,
                ended_at=row.ended_at,
                ended_by=row.ended_by or "",
            )
            for row in rows
        ]
    )


async def open_obligations(session: Session, subject: UUID) -> tuple[OpenObligation, ...]:
    """Return what is still owed of a referral, oldest first."""
    table = models.obligation
    still = select(table.c.kind, table.c.owner).where(table.c.subject == subject, table.c.ended_at.is_(None))
    rows = await session.rows(still.order_by(table.c.made_at))
    return tuple(OpenObligation(Obligation(row.kind), row.owner) for row in rows)
