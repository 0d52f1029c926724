"""Takes an original in: kept, referenced, announced to everybody who must act, all in one transaction."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text, update

from chassis import audit, documents, telemetry
from chassis.database import Session
from contracts.envelope import DocumentReference
from contracts.intake.referrer import ReferrerMessageDue
from contracts.vocabulary import make_reference
from services.intake import models
from services.intake.domain import (
    MOST_ALIKE,
    ArrivalKey,
    KeyKind,
    KeyUsedForAnotherRequest,
    Original,
    Receipt,
    ReferenceTaken,
    likeness,
)
from services.intake.operations import announcing
from services.intake.operations.announcing import TOPICS, Version, receipt_message

REFERENCE_TRIES = 5

_CLAIMED_BEFORE = text(
    """SELECT sign.kind, sign.digest, sign.request_digest, referral.id, referral.reference, referral.received_at,
        referral.area FROM arrival_key AS sign JOIN referral ON referral.id = sign.referral_id
    WHERE sign.digest = ANY (CAST(:digests AS bytea[])) ORDER BY sign.seen_at"""
)
# One statement, because each round trip costs more than its rows: the signs are claimed, and only when all of them are
# new do the referral, its first version and its ledger lines come into being.
_MAKE = text(
    """WITH claimed AS (
        INSERT INTO arrival_key (digest, kind, area, request_digest, referral_id, seen_at)
        SELECT digest, kind, :area, request_digest, :id, :now
        FROM unnest(CAST(:digests AS bytea[]), CAST(:kinds AS text[]), CAST(:requests AS bytea[]))
            AS sign (digest, kind, request_digest)
        ORDER BY digest
        ON CONFLICT (digest) DO NOTHING RETURNING digest
    ), made AS (
        INSERT INTO referral (id, area, area_version, reference, correlation_id, statistics_key, door, received_at,
            version, reading, reading_tries, unread_reason, district, immediate_danger, document_id, referrer_email,
            language, tells, likeness)
        SELECT :id, :area, :area_version, :reference, :correlation_id, :statistics_key, :door, :now, 1, :reading, 0,
            :unread_reason, :district, :immediate_danger, :document_id, CAST(:referrer_email AS bytea), :language,
            CAST(:tells AS text[]), CAST(:likeness AS bytea)
        WHERE (SELECT count(*) FROM claimed) = cardinality(CAST(:digests AS bytea[]))
        ON CONFLICT (reference) DO NOTHING RETURNING id
    ), first_version AS (
        INSERT INTO referral_version (referral_id, version, area, added_at, made_by, unread_reason, form, found)
        SELECT id, 1, :area, :now, :door, :unread_reason, CAST(:form AS bytea), NULL FROM made
    ), lines AS (
        INSERT INTO ledger_line (referral_id, team, area, service, topic, required, announced, due_at,
            acknowledge_by)
        SELECT made.id, line.team, :area, line.service, line.topic, line.required, line.announced, line.due_at,
            line.acknowledge_by
        FROM made, unnest(CAST(:teams AS text[]), CAST(:services AS text[]), CAST(:topics AS text[]),
            CAST(:required AS boolean[]), CAST(:announced AS boolean[]), CAST(:due AS timestamptz[]),
            CAST(:acknowledge_by AS timestamptz[]))
            AS line (team, service, topic, required, announced, due_at, acknowledge_by)
    )
    SELECT (SELECT count(*) FROM claimed) AS claimed, (SELECT id FROM made) AS id, ARRAY(
        SELECT earlier.reference FROM referral AS earlier
        WHERE earlier.likeness = CAST(:likeness AS bytea) ORDER BY earlier.received_at DESC LIMIT :most_alike
    ) AS possibly_same_as"""
)


async def receive(session: Session, original: Original, *, now: datetime) -> Receipt:
    """Keep an original, give it a reference and announce it; the edge answers "accepted" only after the commit.

    An arrival that is known already (same idempotency key, Message-ID, digest or form token) gets its first answer
    again. Raises KeyUsedForAnotherRequest when an idempotency key came with another body before.
    """
    referral_id = await session.new_subject()
    kept = _reference_of(original)
    version = await _make(session, original, referral_id, kept, now)
    if version is None:
        return await _answer_again(session, original, referral_id, now)
    area = version.practice.area
    await documents.keep(session, kept, original.body, subject=referral_id, area=area, now=now)
    telemetry.correlate(version.correlation_id)
    await announcing.announce_first(session, version, _receipt_message(original, version))
    facts: dict[str, str | int] = {"door": original.door, "reading": original.reading, "bytes": len(original.body)}
    await audit.record(session, "referral.received", subject=referral_id, now=now, area=area, facts=facts)
    return Receipt(version.reference, now)


def _receipt_message(original: Original, version: Version) -> ReferrerMessageDue | None:
    email = original.receipt_email
    return receipt_message(version, email, original.in_reply_to) if email else None


def _reference_of(original: Original) -> DocumentReference:
    return DocumentReference(
        id=uuid4(),
        name=original.name,
        media_type=original.media_type,
        size=len(original.body),
        digest=hashlib.sha256(original.body).hexdigest(),
    )


async def _answer_again(session: Session, original: Original, referral_id: UUID, now: datetime) -> Receipt:
    sent = {key.digest: key for key in original.keys}
    known = await session.rows(_CLAIMED_BEFORE, {"digests": list(sent)})
    first = known[0]
    if any(_clashes(sent[bytes(row.digest)], bytes(row.request_digest)) for row in known):
        raise KeyUsedForAnotherRequest(
            "This Idempotency-Key came with another referral before: send each referral under a key of its own."
        )
    keys = models.arrival_key
    await session.execute(update(keys).where(keys.c.referral_id == referral_id).values(referral_id=first.id))
    await _keep_the_repeat(session, original, known, now)
    return Receipt(first.reference, first.received_at)


def _clashes(sent: ArrivalKey, request_digest: bytes) -> bool:
    return sent.kind == KeyKind.IDEMPOTENCY_KEY and sent.request_digest != request_digest


async def _keep_the_repeat(session: Session, original: Original, known: Sequence[Any], now: datetime) -> None:
    """Keep a mail that repeats a Message-ID with other bytes: it may be the same one by another way, or not."""
    first = known[0]
    same_bytes = any(row.kind != KeyKind.MESSAGE_ID for row in known)
    if not same_bytes:
        await documents.store(
            session,
            subject=first.id,
            area=first.area,
            name=original.name,
            media_type=original.media_type,
            body=original.body,
            now=now,
        )
    facts = {"door": str(original.door), "kept": str(not same_bytes)}
    await audit.record(session, "referral.repeated", subject=first.id, now=now, area=first.area, facts=facts)


async def _make(
    session: Session, original: Original, referral_id: UUID, kept: DocumentReference, now: datetime
) -> Version | None:
    """Return the first version of a new referral, None when one of its signs is known."""
    values = await _row_values(session, original, referral_id, kept, now) | _sign_values(original.keys)
    for _ in range(REFERENCE_TRIES):
        reference = make_reference(original.practice.prefix, secrets.choice)
        made = await session.first(_MAKE, values | {"reference": reference})
        if made is None or made.claimed < len(values["digests"]):
            return None
        if made.id is not None:
            return _first_version(original, values | {"reference": reference}, kept, tuple(made.possibly_same_as))
        # The reference is taken, the signs are ours by now.
        values |= _sign_values(())
    raise ReferenceTaken("No free reference was found: try again in a moment.")


def _first_version(
    original: Original, values: Mapping[str, Any], kept: DocumentReference, possibly_same_as: tuple[str, ...]
) -> Version:
    return Version(
        referral_id=values["id"],
        reference=values["reference"],
        correlation_id=values["correlation_id"],
        statistics_key=values["statistics_key"],
        practice=original.practice,
        door=original.door,
        received_at=values["now"],
        at=values["now"],
        version=1,
        form=original.form,
        unread_reason=original.unread_reason,
        documents=() if original.form else (kept,),
        possibly_same_as=possibly_same_as,
    )


def _sign_values(keys: tuple[ArrivalKey, ...]) -> dict[str, Any]:
    return {
        "digests": [key.digest for key in keys],
        "kinds": [str(key.kind) for key in keys],
        "requests": [key.request_digest for key in keys],
    }


async def _row_values(
    session: Session, original: Original, referral_id: UUID, kept: DocumentReference, now: datetime
) -> dict[str, Any]:
    form, practice = original.form, original.practice
    email = original.email
    return {
        "id": referral_id,
        "area": practice.area,
        "area_version": practice.version,
        "correlation_id": uuid4(),
        "statistics_key": uuid4(),
        "door": str(original.door),
        "now": now,
        "reading": str(original.reading),
        "unread_reason": original.unread_reason,
        "district": practice.district,
        "immediate_danger": form is not None and form.concerns.immediate_danger,
        "document_id": kept.id,
        "referrer_email": await session.seal(referral_id, email) if email else None,
        "language": form.language if form else "en",
        "tells": sorted(practice.tells),
        "likeness": likeness(form.person, original.likeness_key) if form else None,
        "most_alike": MOST_ALIKE,
        "form": await session.seal_model(referral_id, form) if form else None,
    } | _line_values(original, now)


def _line_values(original: Original, now: datetime) -> dict[str, Any]:
    lines = original.practice.recipients
    return {
        "teams": [str(line.team) for line in lines],
        "services": [line.service for line in lines],
        "topics": [TOPICS[line.audience] for line in lines],
        "required": [line.required for line in lines],
        "announced": [original.form is not None or line.announce_unread for line in lines],
        "due": [now + timedelta(seconds=line.stored_within_seconds) for line in lines],
        "acknowledge_by": [line.acknowledge_by(now) if line.acknowledge_by else None for line in lines],
    }
