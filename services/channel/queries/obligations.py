"""What others owe in a case: requests, actions, signposts, acknowledgements."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Row, select

from chassis.database import Session
from services.channel import models
from services.channel.domain import Obligation, ObligationNotFound
from services.channel.queries.reading import text_of


class Questions(BaseModel):
    """What a partner is asked, question by question; sealed in the obligation's row."""

    model_config = ConfigDict(frozen=True)

    asked: tuple[str, ...] = ()


@dataclass(frozen=True)
class Owed:
    """One thing that is owed and not ended: by whom, of which kind."""

    id: UUID
    kind: Obligation
    owner: str
    due_at: datetime


@dataclass(frozen=True)
class ObligationView:
    """One obligation with its words; `report` is what the other side said, empty until then."""

    id: UUID
    kind: Obligation
    recipient: str
    owner: str
    owner_id: str
    state: str
    message: str
    questions: tuple[str, ...]
    report: str
    made_at: datetime
    made_by: str
    due_at: datetime
    seen_at: datetime | None
    ended_at: datetime | None
    ended_by: str


async def open_obligations(session: Session, subject: UUID) -> tuple[Owed, ...]:
    """Return what is owed in a case and not ended, the soonest due first."""
    table = models.obligation
    wanted = (table.c.subject == subject) & table.c.ended_at.is_(None)
    columns = (table.c.id, table.c.kind, table.c.owner, table.c.due_at)
    rows = await session.rows(select(*columns).where(wanted).order_by(table.c.due_at, table.c.id))
    return tuple(Owed(row.id, Obligation(row.kind), row.owner, row.due_at) for row in rows)


async def obligations(session: Session, subject: UUID) -> tuple[ObligationView, ...]:
    """Return everything that was ever owed in a case: what is open first, by its date, then the newest."""
    table = models.obligation
    order = (table.c.ended_at.is_not(None), table.c.due_at, table.c.id)
    rows = await session.rows(select(table).where(table.c.subject == subject).order_by(*order))
    return tuple([await _view(session, row) for row in rows])


async def obligation(session: Session, subject: UUID, obligation_id: UUID) -> ObligationView:
    """Return one obligation of a case; ObligationNotFound where it is not there."""
    table = models.obligation
    found = await session.first(select(table).where(table.c.id == obligation_id, table.c.subject == subject))
    if found is None:
        raise ObligationNotFound("The case has no such request or action: open the case and choose one there.")
    return await _view(session, found)


async def _view(session: Session, row: Row[Any]) -> ObligationView:
    questions = Questions()
    if row.sealed_questions is not None:
        questions = await session.unseal_model(row.subject, row.sealed_questions, Questions)
    return ObligationView(
        id=row.id,
        kind=Obligation(row.kind),
        recipient=row.recipient,
        owner=row.owner,
        owner_id=row.owner_id or "",
        state=row.state,
        message=await text_of(session, row.subject, row.sealed_message),
        questions=questions.asked,
        report=await text_of(session, row.subject, row.sealed_report),
        made_at=row.made_at,
        made_by=row.made_by,
        due_at=row.due_at,
        seen_at=row.seen_at,
        ended_at=row.ended_at,
        ended_by=row.ended_by or "",
    )
