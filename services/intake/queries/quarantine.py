"""Which files of an original were not opened and why, and what waits for the malware scanner."""

from uuid import UUID

from sqlalchemy import or_, select

from chassis.database import Session
from contracts.vocabulary import Door
from services.intake import models
from services.intake.domain import READING_TRIES, Quarantined, QuarantineReason, Reading


async def quarantined_of(session: Session, referral_id: UUID) -> tuple[Quarantined, ...]:
    """Return what was not opened of an original, in the order of the mail; the edge records the read of the record."""
    table = models.quarantined
    found = await session.rows(select(table).where(table.c.referral_id == referral_id).order_by(table.c.place))
    return tuple(
        [
            Quarantined(
                place=row.place,
                reason=QuarantineReason(row.reason),
                name=await session.unseal_text(referral_id, row.name) if row.name else "",
                size=row.size,
                digest=row.digest,
                signature=row.signature,
                found_at=row.found_at,
            )
            for row in found
        ]
    )


async def waiting_for_the_scanner(session: Session, *, limit: int) -> tuple[UUID, ...]:
    """Return the unread referrals, and those with their form, of which the scanner, being away, has not seen a file.

    One that the scanner never takes, because of its size say, is left to people after as many tries as any other.
    """
    table, referral = models.quarantined, models.referral
    statement = (
        select(referral.c.id)
        .join(table, table.c.referral_id == referral.c.id)
        .where(
            table.c.reason == QuarantineReason.NOT_SCANNED,
            or_(referral.c.reading == Reading.UNREAD, referral.c.door == Door.API),
            referral.c.reading_tries < READING_TRIES,
        )
        .group_by(referral.c.id, referral.c.received_at)
        .order_by(referral.c.received_at)
        .limit(limit)
    )
    return tuple(row.id for row in await session.rows(statement))


async def files_to_examine(session: Session, *, limit: int) -> tuple[UUID, ...]:
    """Return the referrals with files that came beside the form and wait for the reading room, in no order."""
    table = models.quarantined
    waiting = table.c.reason == QuarantineReason.BEING_EXAMINED
    found = await session.rows(select(table.c.referral_id).where(waiting).distinct().limit(limit))
    return tuple(row.referral_id for row in found)
