"""Makes further forms in a mail referrals of their own, each with the same original; the first keeps the reference."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from chassis import audit, documents
from chassis.database import Session
from contracts.vocabulary import Door
from services.intake.domain import BEING_READ, KeyKind, Original, Outcome, Practice, Reading, key_for
from services.intake.operations.evidence import Sent, record_evidence
from services.intake.operations.reading import record_reading
from services.intake.operations.receiving import receive

_FIRST = text("SELECT id, area, area_version, door, reading, document_id, referrer_email FROM referral WHERE id = :id")
_CHILD = text("SELECT id FROM referral WHERE reference = :reference")
_TAKEN = text("SELECT place FROM same_mail WHERE first_id = :id")
_LINK = text(
    """INSERT INTO same_mail (first_id, place, area, referral_id) VALUES (:first, :place, :area, :referral)
    ON CONFLICT DO NOTHING"""
)


@dataclass(frozen=True, kw_only=True)
class Part:
    """One form among several in a mail: its place among those that may be forms, from 0, and what reading it led to.

    `practice` is that of the area for the person's district, `arrived_at` that for which the mail came.
    """

    place: int
    outcome: Outcome
    practice: Practice
    arrived_at: Practice
    sent: Sent
    in_reply_to: str = ""


async def places_taken(session: Session, first_id: UUID) -> frozenset[int]:
    """Return the places of those forms in a mail that are referrals of their own already."""
    return frozenset(row.place for row in await session.rows(_TAKEN, {"id": first_id}))


async def divide(session: Session, first_id: UUID, part: Part, *, likeness_key: bytes, now: datetime) -> str | None:
    """Make a form in a mail a referral of its own, announced with the whole original; return its reference.

    Done again for the same mail and place it answers with the same referral, whatever a crash left: the sign of arrival
    is the mail's digest and the place. None when the mail has been erased meanwhile.
    """
    await session.lock(first_id)
    first = await session.first(_FIRST, {"id": first_id})
    if first is None or first.reading == Reading.ERASED:
        return None
    receipt = await receive(session, await _original(session, first, part, likeness_key), now=now)
    child = (await session.rows(_CHILD, {"reference": receipt.reference}))[0].id
    await session.run(_LINK, {"first": first_id, "place": part.place, "area": first.area, "referral": child})
    await record_evidence(session, child, part.sent, now=now)
    await record_reading(session, child, part.outcome, part.practice, likeness_key=likeness_key, now=now)
    facts: dict[str, str | int] = {"place": part.place}
    await audit.record(session, "referral.divided", subject=first_id, now=now, area=first.area, facts=facts)
    return receipt.reference


async def _original(session: Session, first: Any, part: Part, likeness_key: bytes) -> Original:
    kept = await documents.read(session, first.document_id)
    digest = hashlib.sha256(kept.body).hexdigest()
    email = await session.unseal_text(first.id, first.referrer_email) if first.referrer_email else ""
    return Original(
        door=Door(first.door),
        practice=part.arrived_at,
        name=kept.reference.name,
        media_type=kept.reference.media_type,
        body=kept.body,
        keys=(key_for(KeyKind.DIGEST, f"form {part.place} of {digest}"),),
        reading=Reading.BEING_READ,
        unread_reason=BEING_READ,
        reply_to=email,
        in_reply_to=part.in_reply_to if email else "",
        likeness_key=likeness_key,
    )
