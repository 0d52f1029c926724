"""The partners as they are known, and what a partner may be told of a referral of its own."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from chassis.database import Session
from contracts.vocabulary import ProgressStage, Sector, is_reference
from services.intake.domain import (
    Partner,
    PartnerScope,
    ReferralErased,
    ReferralUnknown,
    SecretDigest,
    Terms,
    sign_of_erased,
)
from services.intake.queries.references import sign_of

_FACTS = (
    "id, client_id, organisation, sector, areas, scopes, requests_per_minute, secret_salt, secret_digest, generation, "
    "added_at, revoked_at"
)
_ALL = text(f"SELECT {_FACTS} FROM partner ORDER BY client_id")  # noqa: S608  names of our own
_OWN = text(
    """SELECT referral.id, referral.reference, referral.received_at, referral.version, referral.tells,
        referral.area, referral.area_version, referral.district
    FROM partner_referral AS own JOIN referral ON referral.id = own.referral_id
    WHERE own.partner_id = :partner_id AND referral.reading <> 'erased' AND (referral.reference = :reference
        OR referral.id = (SELECT referral_id FROM arrival_key WHERE digest = :given))"""
)
_ERASED = text("SELECT 1 AS yes FROM arrival_key WHERE digest = :digest")
_REACHED = text(
    """SELECT stage, min(reached_at) AS reached_at FROM progress
    WHERE referral_id = :id AND stage = ANY (CAST(:tells AS text[])) GROUP BY stage ORDER BY min(reached_at), stage"""
)


@dataclass(frozen=True)
class ListedPartner:
    """A partner as operators see it."""

    partner: Partner
    added_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True)
class OwnReferral:
    """What a partner may know of a referral of its own: never whom it concerns, nor what its area keeps to itself."""

    referral_id: UUID
    reference: str
    received_at: datetime
    version: int
    area: str
    area_version: str
    district: str
    reached: tuple[tuple[ProgressStage, datetime], ...]


async def listed_partners(session: Session) -> tuple[ListedPartner, ...]:
    """Return every partner, revoked ones too, by client id."""
    rows = await session.rows(_ALL, {})
    return tuple(ListedPartner(_partner(row), row.added_at, row.revoked_at) for row in rows)


def _partner(row: Row[Any]) -> Partner:
    return Partner(
        id=row.id,
        terms=Terms(
            client_id=row.client_id,
            organisation=row.organisation,
            sector=Sector(row.sector),
            areas=tuple(row.areas),
            scopes=frozenset(PartnerScope(scope) for scope in row.scopes),
            requests_per_minute=row.requests_per_minute,
        ),
        secret=SecretDigest(bytes(row.secret_salt), bytes(row.secret_digest)),
        generation=row.generation,
        revoked=row.revoked_at is not None,
    )


async def _check_not_erased(session: Session, partner_id: UUID, reference: str) -> None:
    if await session.first(_ERASED, {"digest": sign_of_erased(partner_id, sign_of(reference))}) is not None:
        raise ReferralErased("The referral that had this reference has been erased: there is no more to tell of it.")


async def own_referral(session: Session, partner_id: UUID, reference: str) -> OwnReferral:
    """Return how far a partner's own referral has got, as far as its area tells referrers.

    Raises ReferralUnknown, in the same words, for none and for somebody else's; ReferralErased.
    """
    row = None
    if is_reference(reference):
        row = await session.first(_OWN, {"partner_id": partner_id, "reference": reference, "given": sign_of(reference)})
    if row is None:
        await _check_not_erased(session, partner_id, reference)
        raise ReferralUnknown("No referral of yours has that reference: check each character.")
    reached = await session.rows(_REACHED, {"id": row.id, "tells": list(row.tells)})
    stages = tuple((ProgressStage(each.stage), each.reached_at) for each in reached)
    return OwnReferral(
        referral_id=row.id,
        reference=row.reference,
        received_at=row.received_at,
        version=row.version,
        area=row.area,
        area_version=row.area_version,
        district=row.district,
        reached=stages,
    )
