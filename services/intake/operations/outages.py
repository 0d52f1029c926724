"""What an outage needs of the database: references reserved beforehand, and what was spooled taken in afterwards."""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from chassis import audit, outbox
from chassis.database import Session
from contracts.intake.referrer import ReferrerMessageDue
from contracts.vocabulary import ProgressStage
from services.intake import models
from services.intake.domain import REFUSED_BY_KEY, KeyKind, Original, Reading, Receipt, key_for, outage_reference
from services.intake.operations.evidence import receipt_is_withheld
from services.intake.operations.receiving import receive
from services.intake.operations.setting_aside import set_aside

NOBODY = UUID(int=0)
_CLAIM = text(
    """INSERT INTO arrival_key (digest, kind, area, request_digest, referral_id, seen_at)
    SELECT digest, :kind, :area, '', :nobody, :now FROM unnest(CAST(:digests AS bytea[])) AS given (digest)
    ORDER BY digest ON CONFLICT (digest) DO NOTHING RETURNING digest"""
)
_TAKEN = text("SELECT reference FROM referral WHERE reference = ANY (CAST(:references AS text[]))")


@dataclass(frozen=True)
class FromSpool:
    """An original that waited: the id of its entry, when it came in, and whether its reference is its own.

    The reference is not its own where a mail repeated the Message-ID of another entry with other bytes.
    """

    entry: UUID
    original: Original
    received_at: datetime
    first: bool


async def reserve_references(session: Session, prefix: str, area: str, *, count: int, now: datetime) -> tuple[str, ...]:
    """Return at most `count` new references for an outage, which nobody else is given from now on."""
    drawn = {outage_reference(prefix, secrets.choice) for _ in range(count)}
    drawn -= {row.reference for row in await session.rows(_TAKEN, {"references": sorted(drawn)})}
    by_digest = {key_for(KeyKind.RESERVED, reference).digest: reference for reference in drawn}
    claimed = await _claim(session, KeyKind.RESERVED, tuple(by_digest), area, now)
    return tuple(by_digest[digest] for digest in claimed)


async def take_in_from_spool(session: Session, spooled: FromSpool, *, now: datetime) -> Receipt | None:
    """Keep what waited in the spool as `receive` does, received when it came; None where that was done before.

    A mail that may be no referral is set aside as its door would have done: None too. An arrival that was known before
    the outage folds into its first one, to which its own reference leads from now on; the referrer is mailed both.
    """
    original = spooled.original
    area, reference = original.practice.area, original.reference
    mark = key_for(KeyKind.SPOOLED, spooled.entry.bytes).digest
    if not await _claim(session, KeyKind.SPOOLED, (mark,), area, now):
        return None
    if original.perhaps:
        await set_aside(session, original, now=spooled.received_at)
        return None
    # A repeat with other bytes leads nowhere by itself: its first one does.
    named = (*original.keys, key_for(KeyKind.REFERENCE, reference)) if spooled.first else original.keys
    given = replace(original, keys=named, reference=reference if spooled.first else "")
    try:
        async with session.attempt():
            receipt = await receive(session, given, now=spooled.received_at)
    except REFUSED_BY_KEY:
        # The key was used before the outage, which nobody could see: by its receipt this is a referral of its own.
        own = (key_for(KeyKind.REFERENCE, reference),)
        receipt = await receive(session, replace(given, keys=own), now=spooled.received_at)
    referral = models.referral
    row = (await session.rows(select(referral).where(referral.c.reference == receipt.reference)))[0]
    if spooled.first and receipt.reference != reference:
        await _tell_both(session, row, original, now)
    waited = int((now - spooled.received_at).total_seconds())
    facts: dict[str, str | int] = {"door": str(original.door), "seconds": waited}
    await audit.record(session, "spool.taken-in", subject=row.id, now=now, area=area, facts=facts)
    return receipt


async def _tell_both(session: Session, row: Any, original: Original, now: datetime) -> None:
    """Have the referrer told both references of a referral: its own, and the one that they were given in the outage."""
    if not original.receipt_email or row.reading == Reading.ERASED or await receipt_is_withheld(session, row.id):
        return
    told = ReferrerMessageDue(
        reference=f"{row.reference} / {original.reference}",
        due_at=now,
        email=original.receipt_email,
        stage=ProgressStage.RECEIVED,
        language=original.form.language if original.form else row.language,
        in_reply_to=original.in_reply_to,
    )
    about = outbox.About(row.id, row.area, row.area_version, row.correlation_id)
    await outbox.add(session, told, about=about)


async def _claim(
    session: Session, kind: KeyKind, digests: tuple[bytes, ...], area: str, now: datetime
) -> tuple[bytes, ...]:
    """Return those of the signs that nobody had before."""
    values = {"kind": str(kind), "area": area, "nobody": NOBODY, "now": now, "digests": list(digests)}
    return tuple(bytes(row.digest) for row in await session.rows(_CLAIM, values))
