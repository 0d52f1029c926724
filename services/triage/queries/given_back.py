"""What Channel gave back: the case as it handed it over, and how the police answered."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import select

from chassis.database import Session
from contracts.vocabulary.assessment import Assessment
from contracts.vocabulary.pack import ChronologyLine, GatheredInformation, Sharing
from services.triage import models


class GivenCase(BaseModel):
    """What Channel knows of a case that it gives back; sealed in its row."""

    model_config = ConfigDict(frozen=True)

    assessment: Assessment | None = None
    gathered: tuple[GatheredInformation, ...] = ()
    chronology: tuple[ChronologyLine, ...] = ()
    shared: tuple[Sharing, ...] = ()
    consent: str = ""


@dataclass(frozen=True)
class GivenBackView:
    """One giving back: `case` is empty once erased, `answer` the command that answered it, empty while it waits."""

    given_back_at: datetime
    offered_for: str
    case: GivenCase
    answer: str
    answered_at: datetime | None
    answered_by: str


async def given_backs(session: Session, subject: UUID) -> tuple[GivenBackView, ...]:
    """Return every time that Channel gave a case back, newest first."""
    table = models.given_back
    rows = await session.rows(
        select(table).where(table.c.subject == subject).order_by(table.c.given_back_at.desc(), table.c.id)
    )
    return tuple(
        [
            GivenBackView(
                given_back_at=row.given_back_at,
                offered_for=row.offered_for,
                case=await session.unseal_model(subject, row.sealed_case, GivenCase)
                if row.sealed_case
                else GivenCase(),
                answer=row.answer or "",
                answered_at=row.answered_at,
                answered_by=row.answered_by or "",
            )
            for row in rows
        ]
    )
