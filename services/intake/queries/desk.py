"""What waits to be read or completed, and one referral at the desk."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, tuple_

from chassis import documents
from chassis.database import Session
from contracts.envelope import DocumentReference
from contracts.vocabulary import ReferralForm
from services.intake import models
from services.intake.domain import (
    Found,
    Reading,
)
from services.intake.queries.ledgers import _referral

UnreadPlace = tuple[datetime, str]


@dataclass(frozen=True)
class Unread:
    """An original that software could not read, or is still reading."""

    reference: str
    area: str
    area_version: str
    door: str
    received_at: datetime
    reading: Reading
    reason: str

    @property
    def place(self) -> UnreadPlace:
        """Where the original stands among those that wait."""
        return self.received_at, self.reference


@dataclass(frozen=True)
class DeskReferral:
    """One referral as the desk sees it: the form when there is one, else what the software found."""

    referral_id: UUID
    reference: str
    area: str
    area_version: str
    district: str
    door: str
    received_at: datetime
    reading: Reading
    reason: str
    version: int
    form: ReferralForm | None
    documents: tuple[DocumentReference, ...]
    found: Found = field(default_factory=Found)


async def originals_to_read(session: Session, *, limit: int) -> tuple[UUID, ...]:
    """Return the referrals whose originals wait for the software, oldest first."""
    referral = models.referral
    statement = (
        select(referral.c.id)
        .where(referral.c.reading == Reading.BEING_READ)
        .order_by(referral.c.received_at)
        .limit(limit)
    )
    return tuple(row.id for row in await session.rows(statement))


async def unread_referrals(session: Session, *, limit: int, after: UnreadPlace | None = None) -> tuple[Unread, ...]:
    """Return what waits for a person or is still being read, oldest first; `after` is the place of the last seen."""
    referral = models.referral
    place = tuple_(referral.c.received_at, referral.c.reference)
    statement = select(referral).where(_unread()).order_by(*place.clauses).limit(limit)
    if after is not None:
        statement = statement.where(place > tuple_(*after))
    return tuple(
        Unread(
            row.reference,
            row.area,
            row.area_version,
            row.door,
            row.received_at,
            Reading(row.reading),
            row.unread_reason,
        )
        for row in await session.rows(statement)
    )


async def count_unread_referrals(session: Session) -> int:
    """Return how many originals wait for a person or are still being read."""
    return int(await session.scalar(select(func.count()).select_from(models.referral).where(_unread())))


def _unread() -> Any:
    return models.referral.c.reading.in_([Reading.UNREAD, Reading.BEING_READ])


async def desk_referral(session: Session, reference: str) -> DeskReferral:
    """Return one referral opened for the desk; raises ReferralUnknown. The edge records the read."""
    version = models.referral_version
    row = await _referral(session, reference)
    newest = await session.first(
        select(version).where(version.c.referral_id == row.id, version.c.version == row.version)
    )
    form = await session.unseal_model(row.id, newest.form, ReferralForm) if newest and newest.form else None
    kept = await session.unseal_text(row.id, newest.found) if newest and newest.found else ""
    return DeskReferral(
        row.id,
        row.reference,
        row.area,
        row.area_version,
        row.district,
        row.door,
        row.received_at,
        Reading(row.reading),
        row.unread_reason,
        row.version,
        form,
        await documents.listed(session, row.id),
        Found.from_json(kept) if kept else Found(),
    )
