"""Opens originals for the software, and records what it read, or what a person completed at the desk."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text

from chassis import documents
from chassis.database import Session
from contracts.vocabulary import ReferralForm, VersionMaker
from services.intake import models
from services.intake.domain import (
    READING_TRIES,
    STILL_OPEN,
    Outcome,
    Practice,
    Reading,
    ReferralAlreadyRead,
    ReferralUnknown,
    marks_of,
)
from services.intake.operations.quarantine import note_quarantined
from services.intake.operations.versions import FIND, NewVersion, add_version

referral = models.referral
_TRY = text("UPDATE referral SET reading_tries = :tries WHERE id = :id")


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
    row = await session.first(FIND, {"id": referral_id})
    if row is None or row.reading != Reading.BEING_READ:
        return None
    given_up = row.reading_tries >= READING_TRIES
    await session.run(_TRY, {"id": referral_id, "tries": row.reading_tries + 1})
    original = await documents.read(session, row.document_id)
    return ToRead(referral_id, row.correlation_id, original.body, row.area, row.area_version, given_up)


async def record_reading(
    session: Session, referral_id: UUID, outcome: Outcome, practice: Practice, *, likeness_key: bytes, now: datetime
) -> None:
    """Record what was read as a new version and announce it; what is missing or doubtful goes to the desk.

    Does nothing when the original has been read or completed meanwhile.
    """
    await session.lock(referral_id)
    row = await session.first(FIND, {"id": referral_id})
    if row is None or row.reading != Reading.BEING_READ:
        return
    form = outcome.form
    added = NewVersion(
        reading=Reading.READ if form and not outcome.reason else Reading.UNREAD,
        practice=practice,
        made_by=outcome.made_by,
        form=form,
        reason=outcome.reason,
        found=outcome.found,
        marks=marks_of(form, likeness_key),
        in_reply_to=outcome.in_reply_to,
    )
    await note_quarantined(session, row, outcome.quarantined, now)
    await add_version(session, row, added, now)


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
    row = await session.first(FIND, {"id": row.id})
    if row is None or row.reading not in STILL_OPEN:
        raise ReferralAlreadyRead("This referral has been read or completed meanwhile: open it again to see its form.")
    marks = marks_of(form, likeness_key)
    added = NewVersion(reading=Reading.COMPLETED, made_by=VersionMaker.DESK, practice=practice, form=form, marks=marks)
    return await add_version(session, row, added, now)
