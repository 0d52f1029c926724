"""Notes which files were not opened, or have not been looked at yet, and what looking at those led to."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select, text, update

from chassis import audit, documents
from chassis.database import Session
from contracts.envelope import DocumentReference
from contracts.vocabulary import Door, ReferralForm
from services.intake import models
from services.intake.domain import (
    BEING_READ,
    READING_TRIES,
    Found,
    Practice,
    Quarantined,
    QuarantineReason,
    Reading,
    marks_of,
)
from services.intake.domain.quarantine import SENTENCES
from services.intake.operations.versions import FIND, NewVersion, add_version
from services.intake.writers import answers

_NOTE = insert(models.quarantined)
_LAST = text("SELECT coalesce(max(place), 0) AS place FROM quarantined WHERE referral_id = :id")
_WAITING = text(
    """SELECT place, digest FROM quarantined
    WHERE referral_id = :id AND reason IN ('being-examined', 'not-scanned') ORDER BY place"""
)
_TRIES = text("UPDATE referral SET reading_tries = :tries WHERE id = :id")
_REASONS = text("SELECT DISTINCT reason FROM quarantined WHERE referral_id = :id")
_WARNINGS = (
    (QuarantineReason.INFECTED, QuarantineReason.INFECTED),
    (QuarantineReason.NOT_SCANNED, QuarantineReason.NOT_SCANNED),
    (QuarantineReason.BEING_EXAMINED, QuarantineReason.NOT_SCANNED),
)
"""Why a file is held, and of what its referral may warn people meanwhile: a scanner that is back has not looked yet."""
NOT_SCANNED = Quarantined(place=0, reason=QuarantineReason.NOT_SCANNED).sentence


async def note_quarantined(session: Session, row: Any, files: Iterable[Quarantined], now: datetime) -> None:
    """Keep what was not opened of the original of a referral's row; what an earlier reading noted is replaced."""
    table = models.quarantined
    await session.execute(delete(table).where(table.c.referral_id == row.id))
    await _note_closed(session, row, files, now)


async def add_quarantined(session: Session, row: Any, files: Collection[Quarantined], now: datetime) -> None:
    """Keep what was not opened of a mail that joins a referral beside what stands there already."""
    if files:
        [last] = await session.rows(_LAST, {"id": row.id})
        await _note_closed(session, row, (replace(each, place=last.place + each.place) for each in files), now)


async def hold_for_examination(
    session: Session, referral_id: UUID, area: str, files: Sequence[DocumentReference], now: datetime
) -> None:
    """Put files that came beside a form into quarantine until the reading room has looked at them."""
    if not files:
        return
    await session.run(_TRIES, {"id": referral_id, "tries": 0})
    [last] = await session.rows(_LAST, {"id": referral_id})
    for place, each in enumerate(files, last.place + 1):
        reason = QuarantineReason.BEING_EXAMINED
        held = Quarantined(place=place, reason=reason, name=each.name, size=each.size, digest=each.digest)
        await _note(session, referral_id, area, held, now)


async def told_of_malware(session: Session, row: Any) -> tuple[str, ...]:
    """Return what people were told of malware in files that are still in quarantine, and no person has settled."""
    held = {each.reason for each in await session.rows(_REASONS, {"id": row.id})}
    sentences = dict.fromkeys(SENTENCES[warning] for reason, warning in _WARNINGS if reason in held)
    return tuple(sentence for sentence in sentences if sentence in row.unread_reason)


@dataclass(frozen=True, kw_only=True)
class ToExamine:
    """Files of a referral that wait to be looked at, opened, by their place; `given_up` after too many tries."""

    referral_id: UUID
    correlation_id: UUID
    area: str
    area_version: str
    district: str
    files: Mapping[int, documents.Document]
    given_up: bool


async def take_to_examine(session: Session, referral_id: UUID) -> ToExamine | None:
    """Open the files that wait and count the try; None when they have been looked at or erased meanwhile."""
    await session.lock(referral_id)
    row = await session.first(FIND, {"id": referral_id})
    waiting = await session.rows(_WAITING, {"id": referral_id})
    if row is None or not waiting:
        return None
    await session.run(_TRIES, {"id": referral_id, "tries": row.reading_tries + 1})
    kept = {each.digest: each.id for each in await documents.listed(session, referral_id)}
    return ToExamine(
        referral_id=referral_id,
        correlation_id=row.correlation_id,
        area=row.area,
        area_version=row.area_version,
        district=row.district,
        files={each.place: await documents.read(session, kept[each.digest]) for each in waiting},
        given_up=row.reading_tries >= READING_TRIES,
    )


@dataclass(frozen=True, kw_only=True)
class Examined:
    """What came of files that were looked at: those that stay closed, and the sentences that people must hear."""

    places: Collection[int]
    closed: tuple[Quarantined, ...]
    told: tuple[str, ...]
    practice: Practice


async def record_examination(
    session: Session, referral_id: UUID, examined: Examined, *, likeness_key: bytes, now: datetime
) -> None:
    """Note what stays closed; where people must hear of it, or need not any more, announce the form again with that.

    Does nothing when the referral has been erased meanwhile.
    """
    await session.lock(referral_id)
    row = await session.first(FIND, {"id": referral_id})
    if row is None or row.reading == Reading.ERASED:
        return
    table = models.quarantined
    looked_at = table.c.referral_id == referral_id, table.c.place.in_(examined.places)
    await session.execute(delete(table).where(*looked_at))
    await _note_closed(session, row, examined.closed, now)
    before = row.unread_reason.replace(NOT_SCANNED, "").strip()
    new = dict.fromkeys(sentence for sentence in examined.told if sentence not in before)
    reason = " ".join((before, *new)).strip()
    if reason != row.unread_reason:
        await add_version(session, row, await _told_again(session, row, reason, examined.practice, likeness_key), now)


async def read_again(session: Session, referral_id: UUID, *, now: datetime) -> bool:
    """Let the software read an original that waited for the malware scanner; say whether it still waited.

    Of a referral that came with its form only the files are looked at again.
    """
    await session.lock(referral_id)
    referral, quarantined = models.referral, models.quarantined
    row = await session.first(select(referral).where(referral.c.id == referral_id))
    held = quarantined.c.referral_id == referral_id, quarantined.c.reason == QuarantineReason.NOT_SCANNED
    if row is None or await session.first(select(quarantined.c.place).where(*held)) is None:
        return False
    if row.door == Door.API:
        await session.execute(update(quarantined).where(*held).values(reason=str(QuarantineReason.BEING_EXAMINED)))
    elif row.reading == Reading.UNREAD:
        values = {"reading": str(Reading.BEING_READ), "unread_reason": BEING_READ}
        await session.execute(update(referral).where(referral.c.id == referral_id).values(values))
    else:
        return False
    await audit.record(session, "referral.read-again", subject=referral_id, now=now, area=row.area)
    return True


async def _told_again(session: Session, row: Any, reason: str, practice: Practice, likeness_key: bytes) -> NewVersion:
    """Return the form as it stands with what people must hear of its files; the desk gets it with every answer."""
    table = models.referral_version
    newest = await session.first(select(table).where(table.c.referral_id == row.id, table.c.version == row.version))
    form = await session.unseal_model(row.id, newest.form, ReferralForm) if newest and newest.form else None
    return NewVersion(
        reading=Reading.UNREAD if reason else Reading.READ,
        practice=practice,
        form=form,
        reason=reason,
        found=Found(answers(form) if form else {}),
        marks=marks_of(form, likeness_key),
        danger=row.immediate_danger,
    )


async def _note_closed(session: Session, row: Any, files: Iterable[Quarantined], now: datetime) -> None:
    for file in files:
        await _note(session, row.id, row.area, file, now)
        facts: dict[str, str | int] = {"place": file.place, "reason": str(file.reason), "bytes": file.size}
        await audit.record(session, "referral.file-quarantined", subject=row.id, now=now, area=row.area, facts=facts)


async def _note(session: Session, referral_id: UUID, area: str, file: Quarantined, now: datetime) -> None:
    values = {
        "referral_id": referral_id,
        "place": file.place,
        "area": area,
        "reason": str(file.reason),
        "signature": file.signature,
        "name": await session.seal(referral_id, file.name) if file.name else None,
        "size": file.size,
        "digest": file.digest,
        "found_at": now,
    }
    session.write(_NOTE, values)
