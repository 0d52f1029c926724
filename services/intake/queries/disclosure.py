"""A referral as its newest version stands, opened, so that it can be shown what each audience gets of it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text

from chassis import documents
from chassis.database import Session
from chassis.errors import SubjectErased
from chassis.proof import Sent, sent_about
from contracts.envelope import DocumentReference
from contracts.vocabulary import ReferralForm
from services.intake import models
from services.intake.domain import MOST_ALIKE, Reading
from services.intake.queries.ledgers import _referral

_ALIKE = text(
    """SELECT earlier.reference FROM referral_pair AS pair JOIN referral AS earlier ON earlier.id = pair.earlier_id
    WHERE pair.later_id = :id ORDER BY earlier.received_at DESC LIMIT :most"""
)


@dataclass(frozen=True, kw_only=True)
class Stored:
    """The newest version of a referral with everything that an announcement of it is made of."""

    referral_id: UUID
    reference: str
    correlation_id: UUID
    statistics_key: UUID
    area: str
    area_version: str
    district: str
    door: str
    received_at: datetime
    version: int
    added_at: datetime
    form: ReferralForm | None
    unread_reason: str
    documents: tuple[DocumentReference, ...]
    possibly_same_as: tuple[str, ...]


async def stored_version(session: Session, reference: str) -> Stored:
    """Return the newest version of a referral, opened; the edge records the read.

    Raises ReferralUnknown, or SubjectErased.
    """
    row = await _referral(session, reference)
    if row.reading == Reading.ERASED:
        raise SubjectErased("This referral was erased: nobody gets anything of it any more.")
    version = models.referral_version
    newest = await session.first(
        select(version).where(version.c.referral_id == row.id, version.c.version == row.version)
    )
    form = await session.unseal_model(row.id, newest.form, ReferralForm) if newest and newest.form else None
    alike = await session.rows(_ALIKE, {"id": row.id, "most": MOST_ALIKE})
    return Stored(
        referral_id=row.id,
        reference=row.reference,
        correlation_id=row.correlation_id,
        statistics_key=row.statistics_key,
        area=row.area,
        area_version=row.area_version,
        district=row.district,
        door=row.door,
        received_at=row.received_at,
        version=row.version,
        added_at=newest.added_at if newest else row.received_at,
        form=form,
        unread_reason=row.unread_reason,
        documents=await documents.listed(session, row.id),
        possibly_same_as=tuple(pair.reference for pair in alike),
    )


async def proof(session: Session, reference: str) -> tuple[UUID, tuple[Sent, ...]]:
    """Return a referral's id and what was sent to whom, with digests and times; raises ReferralUnknown."""
    row = await _referral(session, reference)
    return row.id, await sent_about(session, [row.id, row.statistics_key])
