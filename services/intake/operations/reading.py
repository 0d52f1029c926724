"""Adds versions to a referral: what the software read, what a person completed, or why neither was possible."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, text, update

from chassis import audit, documents
from chassis.database import Session
from contracts.vocabulary import Door, ProgressStage, ReferralForm
from services.intake import models
from services.intake.domain import (
    READING_TRIES,
    Found,
    Outcome,
    Practice,
    Reading,
    ReferralAlreadyRead,
    ReferralUnknown,
    marks_of,
)
from services.intake.operations.announcing import (
    TOPICS,
    Version,
    announce_again,
    receipt_message,
)
from services.intake.operations.likening import liken
from services.intake.operations.quarantine import note_quarantined

STILL_OPEN = (Reading.BEING_READ, Reading.UNREAD)

referral = models.referral
_FIND = text(f"SELECT {', '.join(referral.c.keys())} FROM referral WHERE id = :id")  # noqa: S608  names of our own
_TRY = text("UPDATE referral SET reading_tries = :tries WHERE id = :id")
_TOLD = text("SELECT topic FROM ledger_line WHERE referral_id = :id AND announced")
_TELL = text(
    """UPDATE ledger_line SET announced = true
    WHERE referral_id = :id AND topic = ANY (CAST(:topics AS text[])) AND NOT announced"""
)
_VERSION = insert(models.referral_version)


@dataclass(frozen=True)
class ToRead:
    """An original that waits to be read, opened; `given_up` when it has been tried often enough."""

    referral_id: UUID
    correlation_id: UUID
    body: bytes
    area: str
    area_version: str
    given_up: bool


async def take_to_read(session: Session, referral_id: UUID) -> ToRead | None:
    """Open an original for reading and count the try; None when it has been read meanwhile."""
    await session.lock(referral_id)
    row = await session.first(_FIND, {"id": referral_id})
    if row is None or row.reading != Reading.BEING_READ:
        return None
    given_up = row.reading_tries >= READING_TRIES
    await session.run(_TRY, {"id": referral_id, "tries": row.reading_tries + 1})
    original = await documents.read(session, row.document_id)
    return ToRead(referral_id, row.correlation_id, original.body, row.area, row.area_version, given_up)


@dataclass(frozen=True, kw_only=True)
class NewVersion:
    """What a referral becomes: with a form when somebody could read it, with a reason when nobody could."""

    reading: Reading
    practice: Practice
    form: ReferralForm | None = None
    reason: str = ""
    found: Found = field(default_factory=Found)
    marks: tuple[bytes, ...] = ()


async def record_reading(
    session: Session, referral_id: UUID, outcome: Outcome, practice: Practice, *, likeness_key: bytes, now: datetime
) -> None:
    """Record what the software read as a new version and announce it; what is missing or doubtful goes to the desk.

    Does nothing when the original has been read or completed meanwhile.
    """
    await session.lock(referral_id)
    row = await session.first(_FIND, {"id": referral_id})
    if row is None or row.reading != Reading.BEING_READ:
        return
    form = outcome.form
    added = NewVersion(
        reading=Reading.READ if form and not outcome.reason else Reading.UNREAD,
        practice=practice,
        form=form,
        reason=outcome.reason,
        found=outcome.found,
        marks=marks_of(form, likeness_key),
    )
    await note_quarantined(session, row, outcome.quarantined, now)
    await _add_version(session, row, added, now)


async def complete(
    session: Session, reference: str, form: ReferralForm, practice: Practice, *, likeness_key: bytes, now: datetime
) -> int:
    """Record what a person keyed beside an unread original as a new version and announce it; return its number.

    Raises ReferralUnknown, or ReferralAlreadyRead when somebody else was first.
    """
    row = await session.first(select(referral).where(referral.c.reference == reference))
    if row is None:
        raise ReferralUnknown("There is no referral with that reference: check each character.")
    await session.lock(row.id)
    row = await session.first(_FIND, {"id": row.id})
    if row is None or row.reading not in STILL_OPEN:
        raise ReferralAlreadyRead("This referral has been read or completed meanwhile: open it again to see its form.")
    marks = marks_of(form, likeness_key)
    added = NewVersion(reading=Reading.COMPLETED, practice=practice, form=form, marks=marks)
    return await _add_version(session, row, added, now)


async def _add_version(session: Session, row: Any, added: NewVersion, now: datetime) -> int:
    number = int(row.version) + 1
    email = await _email(session, row, added.form)
    await session.execute(
        update(referral)
        .where(referral.c.id == row.id)
        .values(
            version=number,
            reading=str(added.reading),
            unread_reason=added.reason,
            district=added.practice.district,
            immediate_danger=added.form is not None and added.form.concerns.immediate_danger,
            language=added.form.language if added.form else row.language,
            referrer_email=email.sealed,
        )
    )
    await _insert_version(session, row, added, number, now)
    await _announce(session, row, added, email.new, now)
    facts: dict[str, str | int] = {"version": number, "reading": str(added.reading)}
    await audit.record(session, "referral.version-added", subject=row.id, now=now, area=row.area, facts=facts)
    return number


async def _insert_version(session: Session, row: Any, added: NewVersion, number: int, now: datetime) -> None:
    values = {
        "referral_id": row.id,
        "version": number,
        "area": row.area,
        "added_at": now,
        "made_by": "desk" if added.reading == Reading.COMPLETED else "software",
        "unread_reason": added.reason,
        "form": await session.seal_model(row.id, added.form) if added.form else None,
        "found": await session.seal(row.id, added.found.to_json()),
    }
    session.write(_VERSION, values)


@dataclass(frozen=True)
class _Email:
    """Where the referrer is told, sealed; `new` is the address when it only came with this version."""

    sealed: bytes | None
    new: str = ""


async def _email(session: Session, row: Any, form: ReferralForm | None) -> _Email:
    if row.referrer_email is not None or form is None or not form.referrer.email:
        return _Email(row.referrer_email)
    return _Email(await session.seal(row.id, form.referrer.email), form.referrer.email)


async def _announce(session: Session, row: Any, added: NewVersion, new_email: str, now: datetime) -> None:
    version = Version(
        referral_id=row.id,
        reference=row.reference,
        correlation_id=row.correlation_id,
        statistics_key=row.statistics_key,
        practice=added.practice,
        door=Door(row.door),
        received_at=row.received_at,
        at=now,
        version=int(row.version) + 1,
        form=added.form,
        unread_reason=added.reason,
        documents=await documents.listed(session, row.id),
        possibly_same_as=await liken(session, row.id, added.marks, area=row.area, now=now),
    )
    topics = {line.topic for line in await session.rows(_TOLD, {"id": row.id})}
    told_before = frozenset(audience for audience, topic in TOPICS.items() if topic in topics)
    message = receipt_message(version, new_email, "") if new_email and ProgressStage.RECEIVED in row.tells else None
    told = await announce_again(session, version, told_before, message)
    if told - told_before:
        await session.run(
            _TELL, {"id": row.id, "topics": [TOPICS[audience] for audience in sorted(told - told_before)]}
        )
