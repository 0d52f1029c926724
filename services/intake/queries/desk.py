"""What waits to be read or completed, and one referral at the desk."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, select, tuple_

from chassis import documents
from chassis.database import Session
from contracts.envelope import DocumentReference
from contracts.vocabulary import ReferralForm
from services.intake import models
from services.intake.domain import (
    OFFICER_DAYS,
    STILL_OPEN,
    Claim,
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
    complete_by: datetime
    claim: Claim | None = None

    @property
    def open(self) -> bool:
        """Say whether nobody has a whole form of it yet."""
        return self.reading in STILL_OPEN

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
    complete_by: datetime | None = None
    claim: Claim | None = None
    additions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Officer:
    """Somebody who works at the desk."""

    id: str
    name: str


class DeskList(StrEnum):
    """Which of the originals that wait are listed."""

    WAITING = "waiting"
    MINE = "mine"
    CLAIMED = "claimed"
    OVERDUE = "overdue"
    QUARANTINED = "quarantined"


@dataclass(frozen=True)
class DeskCount:
    """How many originals wait, and of them are the asking officer's, anybody's, over their time, or in quarantine."""

    waiting: int
    mine: int
    claimed: int
    overdue: int
    quarantined: int

    def of(self, which: DeskList) -> int:
        """Return how many a list has."""
        return int(getattr(self, which.value))


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


async def unread_referrals(
    session: Session,
    *,
    now: datetime,
    limit: int,
    which: DeskList = DeskList.WAITING,
    after: UnreadPlace | None = None,
) -> tuple[Unread, ...]:
    """Return what waits for a person or is still being read, oldest first; `after` is the place of the last seen."""
    referral, claim = models.referral, models.desk_claim
    place = tuple_(referral.c.received_at, referral.c.reference)
    statement = (
        select(referral, claim.c.officer_id, claim.c.officer_name, claim.c.claimed_at, claim.c.allocated_by)
        .select_from(referral.outerjoin(claim, _holds()))
        .where(*_listed(which, session.actor.id, now))
        .order_by(*place.clauses)
        .limit(limit)
    )
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
            row.complete_by or row.received_at,
            _claim(row),
        )
        for row in await session.rows(statement)
    )


async def count_desk(session: Session, *, now: datetime) -> DeskCount:
    """Return how many originals wait for a person or are still being read, in each list."""
    referral, claim = models.referral, models.desk_claim
    counts = (
        select(
            func.count().label("waiting"),
            func.count().filter(claim.c.officer_id == session.actor.id).label("mine"),
            func.count(claim.c.id).label("claimed"),
            func.count().filter(referral.c.complete_by < now).label("overdue"),
        )
        .select_from(referral.outerjoin(claim, _holds()))
        .where(_unread())
    )
    [row] = await session.rows(counts)
    held = await session.scalar(select(func.count(models.quarantined.c.referral_id.distinct())))
    return DeskCount(row.waiting, row.mine, row.claimed, row.overdue, int(held))


def _listed(which: DeskList, officer_id: str, now: datetime) -> tuple[Any, ...]:
    if which is DeskList.QUARANTINED:
        return (models.referral.c.id.in_(select(models.quarantined.c.referral_id)),)
    if which is DeskList.MINE:
        return _unread(), models.desk_claim.c.officer_id == officer_id
    if which is DeskList.CLAIMED:
        return _unread(), models.desk_claim.c.id.is_not(None)
    return (_unread(), models.referral.c.complete_by < now) if which is DeskList.OVERDUE else (_unread(),)


def _holds() -> Any:
    claim = models.desk_claim
    return and_(claim.c.referral_id == models.referral.c.id, claim.c.ended_at.is_(None))


def _claim(row: Any) -> Claim | None:
    return Claim(row.officer_id, row.officer_name, row.claimed_at, row.allocated_by) if row.officer_id else None


def _unread() -> Any:
    return models.referral.c.reading.in_([Reading.UNREAD, Reading.BEING_READ])


async def desk_referral(session: Session, reference: str) -> DeskReferral:
    """Return one referral opened for the desk; raises ReferralUnknown. The edge records the read."""
    version = models.referral_version
    row = await _referral(session, reference)
    newest = await session.first(
        select(version).where(version.c.referral_id == row.id, version.c.version == row.version)
    )
    additions = await session.rows(
        select(version.c.addition)
        .where(version.c.referral_id == row.id, version.c.addition.is_not(None))
        .order_by(version.c.version)
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
        row.complete_by,
        await _claim_of(session, row.id),
        tuple([await session.unseal_text(row.id, added.addition) for added in additions]),
    )


async def _claim_of(session: Session, referral_id: UUID) -> Claim | None:
    claim = models.desk_claim
    held = select(claim).where(claim.c.referral_id == referral_id, claim.c.ended_at.is_(None))
    row = await session.first(held)
    if row is None:
        return None
    reason = await session.unseal_text(referral_id, row.sealed_reason) if row.sealed_reason else ""
    return Claim(row.officer_id, row.officer_name, row.claimed_at, row.allocated_by, reason)


async def officers_of(session: Session, area: str, *, now: datetime) -> tuple[Officer, ...]:
    """Return who has been at the desk of an area lately, by name."""
    officer = models.desk_officer
    lately = officer.c.seen_at > now - timedelta(days=OFFICER_DAYS)
    here = select(officer).where(officer.c.area == area, lately).order_by(officer.c.officer_name, officer.c.officer_id)
    return tuple(Officer(row.officer_id, row.officer_name) for row in await session.rows(here))
