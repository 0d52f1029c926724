"""The packs of a case as the police handed them over, and what they found wrong with them since."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Row, select

from chassis.database import Session
from contracts.vocabulary.asking import AskSection
from contracts.vocabulary.assessment import Assessment
from contracts.vocabulary.pack import ChronologyLine, GatheredInformation, Sharing
from services.channel import models
from services.channel.queries.reading import text_of

# The police's ids of offers rise, so that the later of one moment comes first.
NEWEST_PACK = (models.pack.c.offered_at.desc(), models.pack.c.offer_id.desc().nulls_last())


class PackParts(BaseModel):
    """What a pack brings beside the form and the words of the decision; sealed in the pack's row.

    `sections` come with a case from another panel: consent, what is still owed, and who has been told.
    """

    model_config = ConfigDict(frozen=True)

    assessment: Assessment | None = None
    gathered: tuple[GatheredInformation, ...] = ()
    chronology: tuple[ChronologyLine, ...] = ()
    shared: tuple[Sharing, ...] = ()
    sections: tuple[AskSection, ...] = ()


@dataclass(frozen=True)
class CorrectionView:
    """What the police found to be wrong in what they had passed on; the words are empty once erased."""

    kind: str
    corrected_at: datetime
    corrected_by: str
    words: str


@dataclass(frozen=True)
class PackView:
    """A pack as the police handed it over."""

    kind: str
    offered_at: datetime
    rationale: str
    grounds: str
    decided_by: str
    risk_owner: str
    parts: PackParts


async def pack_view(session: Session, row: Row[Any]) -> PackView:
    """Return a pack from its row."""
    return PackView(
        kind=row.kind,
        offered_at=row.offered_at,
        rationale=await text_of(session, row.subject, row.sealed_rationale),
        grounds=await text_of(session, row.subject, row.sealed_grounds),
        decided_by=row.decided_by,
        risk_owner=row.risk_owner,
        parts=await session.unseal_model(row.subject, row.sealed_parts, PackParts) if row.sealed_parts else PackParts(),
    )


async def offer_id(session: Session, subject: UUID) -> UUID | None:
    """Return which of the police's offers the newest pack is; None where they did not say."""
    table = models.pack
    newest = select(table.c.offer_id).where(table.c.subject == subject).order_by(*NEWEST_PACK).limit(1)
    found: UUID | None = await session.scalar(newest)
    return found


async def corrections(session: Session, subject: UUID) -> tuple[CorrectionView, ...]:
    """Return what the police said was wrong with what they had passed on, newest first."""
    table = models.correction
    rows = await session.rows(
        select(table).where(table.c.subject == subject).order_by(table.c.corrected_at.desc(), table.c.event_id)
    )
    return tuple(
        [
            CorrectionView(
                row.kind, row.corrected_at, row.corrected_by, await text_of(session, subject, row.sealed_correction)
            )
            for row in rows
        ]
    )
