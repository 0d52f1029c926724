"""Adds a version to a referral, whoever made it, and tells everybody who may hear of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import insert, text, update

from chassis import audit, documents
from chassis.database import Session
from contracts.envelope import DocumentReference
from contracts.intake.referrer import ReferrerMessageDue
from contracts.vocabulary import Door, ProgressStage, ReferralForm, VersionMaker
from services.intake import models
from services.intake.domain import STILL_OPEN, Found, Practice, Reading
from services.intake.operations.announcing import (
    TOPICS,
    Version,
    announce_again,
    receipt_message,
)
from services.intake.operations.evidence import receipt_is_withheld
from services.intake.operations.likening import liken, note_named

referral = models.referral
FIND = text(f"SELECT {', '.join(referral.c.keys())} FROM referral WHERE id = :id")  # noqa: S608  names of our own
"""The row of a referral, read again once it is held."""
_ADDITIONS = text(
    "SELECT addition FROM referral_version WHERE referral_id = :id AND addition IS NOT NULL ORDER BY version"
)
_READ = text(
    "SELECT 1 FROM referral_version WHERE referral_id = :id AND version <= :version AND form IS NOT NULL LIMIT 1"
)
_TOLD = text("SELECT topic FROM ledger_line WHERE referral_id = :id AND announced")
_TELL = text(
    """UPDATE ledger_line SET announced = true
    WHERE referral_id = :id AND topic = ANY (CAST(:topics AS text[])) AND NOT announced"""
)
_END_CLAIM = text("UPDATE desk_claim SET ended_at = :now WHERE referral_id = :id AND ended_at IS NULL")
_VERSION = insert(models.referral_version)


@dataclass(frozen=True, kw_only=True)
class NewVersion:
    """What a referral becomes: with a form when somebody could read it, with a reason when nobody could.

    `addition` is what the referrer added in words, `documents` what came with it, `danger` that the words tell of it,
    `came_by` the door by which the referrer sent it;
    `acknowledge_to` is the address that is told by mail that the addition came, in answer to `in_reply_to`; without an
    addition that is the mail which the receipt answers.
    """

    reading: Reading
    practice: Practice
    made_by: VersionMaker = VersionMaker.SOFTWARE
    came_by: Door | None = None
    form: ReferralForm | None = None
    reason: str = ""
    found: Found = field(default_factory=Found)
    marks: tuple[bytes, ...] = ()
    addition: str = ""
    documents: tuple[DocumentReference, ...] = ()
    danger: bool = False
    acknowledge_to: str = field(default="", repr=False)
    in_reply_to: str = ""

    @property
    def immediate_danger(self) -> bool:
        """Say whether the form, or what was added to it, tells of immediate danger."""
        return self.danger or (self.form is not None and self.form.concerns.immediate_danger)


async def add_version(session: Session, row: Any, added: NewVersion, now: datetime) -> int:
    """Keep a version of the referral of this row, held by the caller, announce it, and return its number."""
    number = int(row.version) + 1
    email = await _email(session, row, added)
    await session.execute(
        update(referral)
        .where(referral.c.id == row.id)
        .values(
            version=number,
            reading=str(added.reading),
            unread_reason=added.reason,
            district=added.practice.district,
            immediate_danger=added.immediate_danger,
            language=added.form.language if added.form else row.language,
            referrer_email=email.sealed,
            complete_by=_complete_by(row, added, now),
        )
    )
    additions = await additions_of(session, row.id)
    await _insert_version(session, row, added, number, now)
    if added.reading not in STILL_OPEN:
        await session.run(_END_CLAIM, {"id": row.id, "now": now})
    await _announce(session, row, added, _Told(email.receipt, (*additions, added.addition), now))
    facts: dict[str, str | int] = {"version": number, "reading": str(added.reading), "made_by": str(added.made_by)}
    await audit.record(session, "referral.version-added", subject=row.id, now=now, area=row.area, facts=facts)
    return number


def _complete_by(row: Any, added: NewVersion, now: datetime) -> datetime | None:
    """Return by when the desk completes it; what comes back to the desk has its whole time again."""
    if added.reading not in STILL_OPEN or (row.complete_by is not None and row.reading in STILL_OPEN):
        return cast("datetime | None", row.complete_by)
    return added.practice.desk.complete_by(now)


async def additions_of(session: Session, referral_id: UUID) -> tuple[str, ...]:
    """Return what the referrer has added in words, oldest first."""
    found = await session.rows(_ADDITIONS, {"id": referral_id})
    return tuple([await session.unseal_text(referral_id, row.addition) for row in found])


async def _insert_version(session: Session, row: Any, added: NewVersion, number: int, now: datetime) -> None:
    values = {
        "referral_id": row.id,
        "version": number,
        "area": row.area,
        "added_at": now,
        "made_by": str(added.made_by),
        "unread_reason": added.reason,
        "form": await session.seal_model(row.id, added.form) if added.form else None,
        "found": await session.seal(row.id, added.found.to_json()),
        "addition": await session.seal(row.id, added.addition) if added.addition else None,
    }
    session.write(_VERSION, values)


@dataclass(frozen=True)
class _Email:
    """Where the referrer is told, sealed; `receipt` is the address to which the receipt is due with this version."""

    sealed: bytes | None
    receipt: str = ""


async def _email(session: Session, row: Any, added: NewVersion) -> _Email:
    """Find where the referrer is told: the receipt is due once the original is read, or an address becomes known."""
    form = added.form
    if row.referrer_email is not None:
        is_read = row.reading == Reading.BEING_READ and added.reading != Reading.BEING_READ
        due = is_read and not await receipt_is_withheld(session, row.id)
        return _Email(row.referrer_email, await session.unseal_text(row.id, row.referrer_email) if due else "")
    if form is None or not form.referrer.email:
        return _Email(None)
    if added.reading != Reading.COMPLETED and await receipt_is_withheld(session, row.id):
        return _Email(None)
    return _Email(await session.seal(row.id, form.referrer.email), form.referrer.email)


@dataclass(frozen=True)
class _Told:
    """What is told beside the version: to the referrer, and to everybody what the referrer added so far."""

    receipt: str
    additions: Sequence[str]
    at: datetime


async def _possibly_same(session: Session, row: Any, added: NewVersion, now: datetime) -> tuple[str, ...]:
    """Return the references of what may be the same: those that the mail names, then those that are alike."""
    named = await note_named(session, row.id, added.found.named, area=row.area, now=now) if added.found.named else ()
    alike = await liken(session, row.id, added.marks, area=row.area, now=now)
    return tuple(dict.fromkeys((*named, *alike)))


async def _announce(session: Session, row: Any, added: NewVersion, told: _Told) -> None:
    version = Version(
        referral_id=row.id,
        reference=row.reference,
        correlation_id=row.correlation_id,
        statistics_key=row.statistics_key,
        practice=added.practice,
        door=Door(row.door),
        received_at=row.received_at,
        at=told.at,
        version=int(row.version) + 1,
        form=added.form,
        unread_reason=added.reason,
        documents=await documents.listed(session, row.id),
        possibly_same_as=await _possibly_same(session, row, added, told.at),
        additions=tuple(words for words in told.additions if words),
        added_documents=added.documents,
        danger=added.danger,
        danger_known=row.immediate_danger,
        made_by=added.made_by,
        came_by=added.came_by,
        read_before=await session.first(_READ, {"id": row.id, "version": int(row.version)}) is not None,
    )
    topics = {line.topic for line in await session.rows(_TOLD, {"id": row.id})}
    before = frozenset(audience for audience, topic in TOPICS.items() if topic in topics)
    messages = tuple(_messages(version, added, told.receipt)) if ProgressStage.RECEIVED in row.tells else ()
    after = await announce_again(session, version, before, messages)
    if after - before:
        await session.run(_TELL, {"id": row.id, "topics": [TOPICS[audience] for audience in sorted(after - before)]})


def _messages(version: Version, added: NewVersion, receipt: str) -> Iterator[ReferrerMessageDue]:
    """Yield what the referrer is told: the receipt where it is due, and that an addition came."""
    if receipt:
        yield receipt_message(version, receipt, "" if added.acknowledge_to else added.in_reply_to)
    if added.acknowledge_to:
        yield receipt_message(version, added.acknowledge_to, added.in_reply_to, addition=True)
