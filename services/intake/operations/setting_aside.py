"""Keeps mails that answer our own apart from the referrals, until software and a person have looked inside."""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import text

from chassis import audit, documents
from chassis.database import Session
from chassis.errors import Conflict
from services.intake.domain import Added, Addition, NoReferral, Original, Posted, Practice, Receipt
from services.intake.operations.correcting import add_version_by_referrer, fitted
from services.intake.operations.receiving import receive


class Standing(StrEnum):
    """How far a mail that was set aside has got."""

    BEING_READ = "being-read"
    WAITING = "waiting"
    WANTED = "wanted"
    DISMISSED = "dismissed"
    REFERRAL = "referral"
    JOINED = "joined"


class SettledMeanwhile(Conflict):
    """Somebody has decided about this mail already."""

    reason: ClassVar[str] = "set-aside-settled"


_KEEP = text(
    """INSERT INTO set_aside (id, area, area_version, received_at, why, state, digest, document_id, addresses)
    VALUES (:id, :area, :area_version, :now, :why, 'being-read', :digest, :document_id, :addresses)
    ON CONFLICT (digest) DO NOTHING"""
)
_KNOWN = text("SELECT 1 AS yes FROM set_aside WHERE digest = :digest")
_FIND = text("SELECT * FROM set_aside WHERE id = :id")
_MOVE = text("UPDATE set_aside SET state = :state, decided_at = :now, referral_id = :referral WHERE id = :id")
_REFERRAL = text("SELECT id FROM referral WHERE reference = :reference")
_HAND_OVER = text("UPDATE set_aside SET addresses = NULL WHERE id = :id")
_FORGET = text(
    """UPDATE set_aside SET digest = NULL, addresses = NULL,
        state = CASE WHEN id = :id THEN 'dismissed' ELSE state END
    WHERE id = :id OR referral_id = :id"""
)
SETTLED = "Somebody has decided about this mail already: look at the list again."
OPEN = frozenset({Standing.BEING_READ, Standing.WAITING, Standing.WANTED})


@dataclass(frozen=True)
class Aside:
    """A mail that was set aside, opened; `wanted` when a person has said that it is a referral.

    `adds` says that it came as an addition to a referral that it names.
    """

    id: UUID
    area: str
    area_version: str
    body: bytes = field(repr=False)
    posted: Posted
    wanted: bool
    adds: bool = False


async def set_aside(session: Session, original: Original, *, now: datetime) -> None:
    """Keep a mail that is perhaps no referral; nobody is told of it yet. The same bytes again are the same mail."""
    digest = hashlib.sha256(original.body).digest()
    if await session.first(_KNOWN, {"digest": digest}) is not None:
        return
    subject = await session.new_subject()
    practice = original.practice
    kept = await documents.store(
        session,
        subject=subject,
        area=practice.area,
        name=original.name,
        media_type=original.media_type,
        body=original.body,
        now=now,
    )
    values = {
        "id": subject,
        "area": practice.area,
        "area_version": practice.version,
        "now": now,
        "why": str(original.perhaps),
        "digest": digest,
        "document_id": kept.id,
        "addresses": await session.seal(subject, original.posted.to_json()),
    }
    await session.run(_KEEP, values)
    facts: dict[str, str | int] = {"reason": str(original.perhaps), "bytes": len(original.body)}
    await audit.record(session, "mail.set-aside", subject=subject, now=now, area=practice.area, facts=facts)


async def take_aside(session: Session, aside_id: UUID) -> Aside | None:
    """Open a mail that was set aside, while nobody has decided about it; None afterwards."""
    await session.lock(aside_id)
    row = await session.first(_FIND, {"id": aside_id})
    if row is None or row.state not in OPEN:
        return None
    return await _opened(session, row)


async def _opened(session: Session, row: Any) -> Aside:
    recipients, sender = json.loads(await session.unseal_text(row.id, row.addresses))
    original = await documents.read(session, row.document_id)
    posted = Posted(recipients=tuple(recipients), envelope_sender=sender)
    wanted, adds = row.state == Standing.WANTED, row.why == NoReferral.ADDITION
    return Aside(row.id, row.area, row.area_version, original.body, posted, wanted, adds)


async def leave_aside(session: Session, aside_id: UUID, *, now: datetime) -> None:
    """Put a mail in which nothing was found on the desk's list, for a person to decide."""
    row = await _held(session, aside_id)
    if row is not None and row.state == Standing.BEING_READ:
        await _move(session, row, Standing.WAITING, now)


async def want_referral(session: Session, aside_id: UUID, *, reason: str, now: datetime) -> None:
    """Record that a person found a referral in a mail; the reading room takes it in. Raises SettledMeanwhile."""
    row = await _held(session, aside_id)
    if row is None or row.state != Standing.WAITING:
        raise SettledMeanwhile(SETTLED)
    await _move(session, row, Standing.WANTED, now, reason=reason)


async def make_referral(session: Session, aside_id: UUID, original: Original, *, now: datetime) -> Receipt:
    """Take a mail that was set aside in as a referral, announced to everybody; raises SettledMeanwhile.

    The mail belongs to the referral from then on: a second copy under a key of its own would outlive its erasure.
    """
    row = await _held(session, aside_id)
    if row is None or row.state not in OPEN:
        raise SettledMeanwhile(SETTLED)
    receipt = await receive(session, original, now=now)
    found = (await session.rows(_REFERRAL, {"reference": receipt.reference}))[0].id
    await _move(session, row, Standing.REFERRAL, now, referral=found)
    await documents.erase(session, aside_id)
    await session.run(_HAND_OVER, {"id": aside_id})
    return receipt


@dataclass(frozen=True, kw_only=True)
class Joining:
    """What a mail adds, the referral that it adds to, and the practice of that one's area and version."""

    referral_id: UUID
    addition: Addition
    practice: Practice


async def join_referral(
    session: Session, aside_id: UUID, joining: Joining, *, likeness_key: bytes, now: datetime
) -> Added | None:
    """Add a mail that was set aside to the referral that it names, as a version; both are done, or neither.

    None, and nothing done, where it does not fit there (see `fitted`): then it is a referral of its own.
    Raises SettledMeanwhile, or what `add_version_by_referrer` does.
    """
    row = await _held(session, aside_id)
    if row is None or row.state not in OPEN:
        raise SettledMeanwhile(SETTLED)
    addition = await fitted(session, joining.referral_id, joining.addition)
    if addition is None:
        return None
    added = await add_version_by_referrer(
        session, joining.referral_id, addition, joining.practice, likeness_key=likeness_key, now=now
    )
    await _move(session, row, Standing.JOINED, now, referral=joining.referral_id)
    await documents.erase(session, aside_id)
    await session.run(_HAND_OVER, {"id": aside_id})
    return added


async def dismiss(session: Session, aside_id: UUID, *, reason: str, now: datetime) -> None:
    """Record that a person found no referral in a mail; raises SettledMeanwhile. Its original stays."""
    row = await _held(session, aside_id)
    if row is None or row.state != Standing.WAITING:
        raise SettledMeanwhile(SETTLED)
    await _move(session, row, Standing.DISMISSED, now, reason=reason)


async def forget_aside(session: Session, subject: UUID) -> None:
    """Remove what sealing does not cover of a mail that was set aside, when it or its referral is erased."""
    await session.run(_FORGET, {"id": subject})


async def _held(session: Session, aside_id: UUID) -> Any:
    await session.lock(aside_id)
    return await session.first(_FIND, {"id": aside_id})


async def _move(
    session: Session, row: Any, state: Standing, now: datetime, *, referral: UUID | None = None, reason: str = ""
) -> None:
    await session.run(_MOVE, {"id": row.id, "state": str(state), "now": now, "referral": referral})
    facts: dict[str, str | int] = {"state": str(state)}
    await audit.record(
        session, "mail.set-aside-settled", subject=row.id, now=now, area=row.area, reason=reason, facts=facts
    )
