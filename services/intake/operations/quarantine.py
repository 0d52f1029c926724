"""Notes which files of an original were not opened, and has an original read again once the scanner is back."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, text, update

from chassis import audit
from chassis.database import Session
from services.intake import models
from services.intake.domain import BEING_READ, Quarantined, QuarantineReason, Reading

_NOTE = text(
    """INSERT INTO quarantined (referral_id, place, area, reason, signature, name, size, digest, found_at)
    VALUES (:referral_id, :place, :area, :reason, :signature, :name, :size, :digest, :found_at)
    ON CONFLICT (referral_id, place) DO UPDATE SET reason = excluded.reason, signature = excluded.signature,
        name = excluded.name, size = excluded.size, digest = excluded.digest, found_at = excluded.found_at"""
)


async def note_quarantined(session: Session, row: Any, files: tuple[Quarantined, ...], now: datetime) -> None:
    """Keep what was not opened of the original of a referral's row; what an earlier reading noted is replaced."""
    quarantined = models.quarantined
    await session.execute(delete(quarantined).where(quarantined.c.referral_id == row.id))
    for file in files:
        values = {
            "referral_id": row.id,
            "place": file.place,
            "area": row.area,
            "reason": str(file.reason),
            "signature": file.signature,
            "name": await session.seal(row.id, file.name) if file.name else None,
            "size": file.size,
            "digest": file.digest,
            "found_at": now,
        }
        await session.run(_NOTE, values)
        facts: dict[str, str | int] = {"place": file.place, "reason": str(file.reason), "bytes": file.size}
        await audit.record(session, "referral.file-quarantined", subject=row.id, now=now, area=row.area, facts=facts)


async def read_again(session: Session, referral_id: UUID, *, now: datetime) -> bool:
    """Let the software read an original that waited for the malware scanner; say whether it still waited."""
    await session.lock(referral_id)
    referral, quarantined = models.referral, models.quarantined
    row = await session.first(select(referral).where(referral.c.id == referral_id))
    if row is None or row.reading != Reading.UNREAD:
        return False
    held = quarantined.c.referral_id == referral_id, quarantined.c.reason == QuarantineReason.NOT_SCANNED
    if await session.first(select(quarantined.c.place).where(*held)) is None:
        return False
    values = {"reading": str(Reading.BEING_READ), "unread_reason": BEING_READ}
    await session.execute(update(referral).where(referral.c.id == referral_id).values(values))
    await audit.record(session, "referral.read-again", subject=referral_id, now=now, area=row.area)
    return True
