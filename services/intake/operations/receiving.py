"""Takes an original in: kept, referenced, announced to everybody who must act, all in one transaction."""

import hashlib
import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import repeat
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete, text, update
from sqlalchemy.dialects.postgresql import insert

from chassis import audit, documents, telemetry
from chassis.database import Session
from chassis.ids import rising_id
from contracts.envelope import DocumentReference
from contracts.intake.referrer import ReferrerMessageDue
from services.intake import models
from services.intake.domain import (
    KEY_OF_ERASED,
    KEY_USED,
    MARK_BYTES,
    MOST_ALIKE,
    REFUSED_BY_KEY,
    ArrivalKey,
    Attachment,
    KeyKind,
    KeyUsedForAnotherRequest,
    Original,
    Reading,
    Receipt,
    ReferenceTaken,
    ReferralErased,
    marks_of,
    ordinary_reference,
)
from services.intake.operations import announcing
from services.intake.operations.announcing import TOPICS, Version, receipt_message
from services.intake.operations.quarantine import hold_for_examination

REFERENCE_TRIES = 5
Refusal = KeyUsedForAnotherRequest | ReferralErased
_OWNED = insert(models.partner_referral).on_conflict_do_nothing(index_elements=["partner_id", "referral_id"])
_SIGN = ("sign_digest", "sign_kind", "sign_area", "sign_request_digest", "sign_referral_id")
_LINE = (
    "line_referral_id",
    "line_team",
    "line_area",
    "line_service",
    "line_topic",
    "line_required",
    "line_announced",
    "line_due_at",
    "line_acknowledge_by",
)

_CLAIMED_BEFORE = text(
    """SELECT sign.kind, sign.digest, sign.request_digest, referral.id, referral.reference, referral.received_at,
        referral.area FROM arrival_key AS sign LEFT JOIN referral ON referral.id = sign.referral_id
    WHERE sign.digest = ANY (CAST(:digests AS bytea[])) AND (referral.id IS NOT NULL OR sign.kind = 'erased')
    ORDER BY sign.seen_at"""
)
# One statement for all, because each round trip costs more than its rows: the signs are claimed, those of the same mail
# by whoever came first, and only for whom all are new do the referral, its first version, its ledger lines and marks of
# likeness come into being, and the pairs that these make with what came before. A mark that few have tells more than
# one that many have: who shares a name and a date of birth comes before all who were told of in the same words.
_MAKE = text(
    """WITH given AS (
        SELECT * FROM unnest(CAST(:id AS uuid[]), CAST(:area AS text[]), CAST(:area_version AS text[]),
            CAST(:reference AS text[]), CAST(:correlation_id AS uuid[]), CAST(:statistics_key AS uuid[]),
            CAST(:door AS text[]), CAST(:reading AS text[]), CAST(:unread_reason AS text[]), CAST(:district AS text[]),
            CAST(:immediate_danger AS boolean[]), CAST(:document_id AS uuid[]), CAST(:referrer_email AS bytea[]),
            CAST(:language AS text[]), CAST(:tells AS text[]), CAST(:complete_by AS timestamptz[]),
            CAST(:form AS bytea[]), CAST(:signs AS int[]), CAST(:marks AS bytea[]))
            AS given (id, area, area_version, reference, correlation_id, statistics_key, door, reading, unread_reason,
                district, immediate_danger, document_id, referrer_email, language, tells, complete_by, form, signs,
                marks)
    ), claimed AS (
        INSERT INTO arrival_key (digest, kind, area, request_digest, referral_id, seen_at)
        SELECT digest, kind, area, request_digest, referral_id, :now
        FROM unnest(CAST(:sign_digest AS bytea[]), CAST(:sign_kind AS text[]), CAST(:sign_area AS text[]),
            CAST(:sign_request_digest AS bytea[]), CAST(:sign_referral_id AS uuid[]))
            WITH ORDINALITY AS sign (digest, kind, area, request_digest, referral_id, place)
        ORDER BY digest, place
        ON CONFLICT (digest) DO NOTHING RETURNING referral_id
    ), counted AS (
        SELECT given.id, given.signs = (SELECT count(*) FROM claimed WHERE referral_id = given.id) AS fresh FROM given
    ), made AS (
        INSERT INTO referral (id, area, area_version, reference, correlation_id, statistics_key, door, received_at,
            version, reading, reading_tries, unread_reason, district, immediate_danger, document_id, referrer_email,
            language, tells, complete_by)
        SELECT id, area, area_version, reference, correlation_id, statistics_key, door, :now, 1, reading, 0,
            unread_reason, district, immediate_danger, document_id, referrer_email, language,
            string_to_array(tells, ' '), complete_by
        FROM given JOIN counted USING (id) WHERE fresh
        ON CONFLICT (reference) DO NOTHING RETURNING id
    ), first_version AS (
        INSERT INTO referral_version (referral_id, version, area, added_at, made_by, unread_reason, form, found)
        SELECT id, 1, area, :now, door, unread_reason, form, NULL FROM given JOIN made USING (id)
    ), lines AS (
        INSERT INTO ledger_line (referral_id, team, area, service, topic, required, announced, due_at,
            acknowledge_by)
        SELECT made.id, line.team, line.area, line.service, line.topic, line.required, line.announced, line.due_at,
            line.acknowledge_by
        FROM made JOIN unnest(CAST(:line_referral_id AS uuid[]), CAST(:line_team AS text[]), CAST(:line_area AS text[]),
            CAST(:line_service AS text[]), CAST(:line_topic AS text[]), CAST(:line_required AS boolean[]),
            CAST(:line_announced AS boolean[]), CAST(:line_due_at AS timestamptz[]),
            CAST(:line_acknowledge_by AS timestamptz[]))
            AS line (referral_id, team, area, service, topic, required, announced, due_at, acknowledge_by)
            ON line.referral_id = made.id
    ), marked AS (
        SELECT substring(given.marks FROM place FOR :mark_bytes) AS mark, given.area, given.id AS referral_id
        FROM given JOIN made USING (id)
        CROSS JOIN LATERAL generate_series(1, length(given.marks), :mark_bytes) AS place
    ), kept_marks AS (
        INSERT INTO likeness_mark (mark, area, referral_id) SELECT mark, area, referral_id FROM marked
    ), alike AS (
        SELECT marked.referral_id AS later_id, marked.area, known.referral_id AS earlier_id, sum(known.worth) AS shared
        FROM marked CROSS JOIN LATERAL (
            SELECT referral_id, 1.0 / count(*) OVER () AS worth FROM (
                SELECT earlier.referral_id FROM likeness_mark AS earlier WHERE earlier.mark = marked.mark
                ORDER BY earlier.referral_id DESC LIMIT :most_alike
            ) AS latest
        ) AS known
        GROUP BY marked.referral_id, marked.area, known.referral_id
    ), placed AS (
        SELECT *, row_number() OVER (PARTITION BY later_id ORDER BY shared DESC, earlier_id DESC) AS place FROM alike
    ), paired AS (
        INSERT INTO referral_pair (earlier_id, later_id, area, found_at, answer, answered_in)
        SELECT least(earlier_id, later_id), greatest(earlier_id, later_id), area, :now, 'waiting', ''
        FROM placed WHERE place <= :most_alike
    )
    SELECT counted.id, counted.fresh, made.id IS NOT NULL AS made, ARRAY(
        SELECT earlier.reference FROM placed JOIN referral AS earlier ON earlier.id = placed.earlier_id
        WHERE placed.later_id = counted.id AND placed.place <= :most_alike ORDER BY placed.place
    ) AS possibly_same_as
    FROM counted LEFT JOIN made USING (id)"""
)


async def receive(session: Session, original: Original, *, now: datetime) -> Receipt:
    """Keep one original; see `receive_all`. Raises KeyUsedForAnotherRequest, ReferralErased."""
    (answer,) = await receive_all(session, [original], now=now)
    if isinstance(answer, Receipt):
        return answer
    raise answer


async def receive_all(
    session: Session,
    originals: Sequence[Original],
    *,
    now: datetime,
    journeys: Iterable[telemetry.Journey] = repeat(nullcontext),
) -> list[Receipt | Refusal]:
    """Keep originals, give them references and announce them; the edge answers "accepted" only after the commit.

    An arrival that is known already (same idempotency key, Message-ID, digest or form token) gets its first answer
    again, also when the first is beside it; one whose idempotency key, its only sign, came with another request before,
    or with what is erased since, gets that refusal, and nothing of it is kept. Each is announced on its own of the
    `journeys`.
    """
    arrivals = [await _arrival(session, original, now) for original in originals]
    versions = await _make(session, arrivals, now)
    answers: list[Receipt | Refusal] = []
    for arrival, journey in zip(arrivals, journeys, strict=False):
        with journey():
            try:
                answers.append(await _settle(session, arrival, versions.get(arrival.referral_id), now))
            except REFUSED_BY_KEY as refusal:
                # Who sends such must not make everybody beside it begin again.
                answers.append(refusal)
    return answers


@dataclass(frozen=True)
class _Arrival:
    """An original that comes in, the documents that it and its attachments are kept as, and its row so far."""

    original: Original
    referral_id: UUID
    kept: DocumentReference
    attached: tuple[DocumentReference, ...]
    row: Mapping[str, Any]


async def _arrival(session: Session, original: Original, now: datetime) -> _Arrival:
    referral_id, kept = await session.new_subject(), _reference_of(original)
    attached = tuple(_reference_of(each) for each in original.attachments)
    return _Arrival(original, referral_id, kept, attached, await _row(session, original, referral_id, kept, now))


async def _settle(session: Session, arrival: _Arrival, version: Version | None, now: datetime) -> Receipt:
    """Keep and announce what is new, answer again what is known."""
    original, referral_id = arrival.original, arrival.referral_id
    while version is None:
        if known := await _claimed_before(session, original):
            return await _answer_again(session, arrival, known, now)
        # What it repeats has been erased since its signs were found: it is new, as it will be from now on.
        version = await _make_anew(session, arrival, now)
    area = version.practice.area
    await documents.keep(session, arrival.kept, original.body, subject=referral_id, area=area, now=now)
    for reference, each in zip(arrival.attached, original.attachments, strict=True):
        await documents.keep(session, reference, each.body, subject=referral_id, area=area, now=now)
    await hold_for_examination(session, referral_id, area, arrival.attached, now)
    _own(session, original, referral_id, now)
    telemetry.correlate(version.correlation_id)
    await announcing.announce_first(session, version, _receipt_message(original, version))
    facts: dict[str, str | int] = {"door": original.door, "reading": original.reading, "bytes": len(original.body)}
    await audit.record(session, "referral.received", subject=referral_id, now=now, area=area, facts=facts)
    return Receipt(version.reference, now)


def _own(session: Session, original: Original, referral_id: UUID, now: datetime) -> None:
    """Write down whose system sent it: only that partner may ask what became of it."""
    if original.partner_id is not None:
        values = {"partner_id": original.partner_id, "referral_id": referral_id, "area": original.practice.area}
        session.write(_OWNED, {**values, "sent_at": now})


def _receipt_message(original: Original, version: Version) -> ReferrerMessageDue | None:
    """Return the receipt; that of what is still to be read waits for its language, see `add_version`."""
    email = "" if original.reading == Reading.BEING_READ else original.receipt_email
    return receipt_message(version, email, original.in_reply_to) if email else None


def _reference_of(original: Original | Attachment) -> DocumentReference:
    return DocumentReference(
        id=rising_id(),
        name=original.name,
        media_type=original.media_type,
        size=len(original.body),
        digest=hashlib.sha256(original.body).hexdigest(),
    )


async def _claimed_before(session: Session, original: Original) -> Sequence[Any]:
    return await session.rows(_CLAIMED_BEFORE, {"digests": [key.digest for key in original.keys]})


async def _make_anew(session: Session, arrival: _Arrival, now: datetime) -> Version | None:
    """Make an arrival for which some signs were claimed already; None where another repeat came first again."""
    keys = models.arrival_key
    await session.execute(delete(keys).where(keys.c.referral_id == arrival.referral_id))
    return (await _make(session, [arrival], now)).get(arrival.referral_id)


async def _answer_again(session: Session, arrival: _Arrival, known: Sequence[Any], now: datetime) -> Receipt:
    original, first = arrival.original, known[0]
    sent = {key.digest: key for key in original.keys}
    if any(row.kind == KeyKind.ERASED for row in known):
        raise ReferralErased(KEY_OF_ERASED)
    if any(_clashes(sent[bytes(row.digest)], bytes(row.request_digest)) for row in known):
        raise KeyUsedForAnotherRequest(KEY_USED)
    keys = models.arrival_key
    await session.execute(update(keys).where(keys.c.referral_id == arrival.referral_id).values(referral_id=first.id))
    await _keep_the_repeat(session, original, known, now)
    _own(session, original, first.id, now)
    return Receipt(first.reference, first.received_at, repeated=True)


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


async def _make(session: Session, arrivals: Sequence[_Arrival], now: datetime) -> dict[UUID, Version]:
    """Return the first versions of those that are new: none of their signs is known."""
    waiting = {arrival.referral_id: arrival for arrival in arrivals}
    signed, versions = True, {}
    for _ in range(REFERENCE_TRIES):
        references = {each: _reference_for(waiting[each].original) for each in waiting}
        for made in await session.rows(_MAKE, _values(waiting.values(), references, now, signed=signed)):
            if made.made:
                arrival, alike = waiting[made.id], tuple(made.possibly_same_as)
                versions[made.id] = _first_version(arrival, references[made.id], alike, now)
            if made.made or not made.fresh:
                del waiting[made.id]
        if not waiting:
            return versions
        # Their references are taken, the signs are theirs by now.
        signed = False
    raise ReferenceTaken("No free reference was found: try again in a moment.")


def _reference_for(original: Original) -> str:
    return original.reference or ordinary_reference(original.practice.prefix, secrets.choice)


def _first_version(arrival: _Arrival, reference: str, possibly_same_as: tuple[str, ...], now: datetime) -> Version:
    original = arrival.original
    return Version(
        referral_id=arrival.referral_id,
        reference=reference,
        correlation_id=arrival.row["correlation_id"],
        statistics_key=arrival.row["statistics_key"],
        practice=original.practice,
        door=original.door,
        received_at=now,
        at=now,
        version=1,
        form=original.form,
        unread_reason=original.unread_reason,
        documents=arrival.attached if original.form else (arrival.kept, *arrival.attached),
        possibly_same_as=possibly_same_as,
    )


def _values(
    arrivals: Collection[_Arrival], references: Mapping[UUID, str], now: datetime, *, signed: bool
) -> dict[str, Any]:
    """Return what `_MAKE` takes: a list for each column."""
    keys = [(arrival, key) for arrival in arrivals for key in (arrival.original.keys if signed else ())]
    rows = [
        {**arrival.row, "reference": references[arrival.referral_id], "signs": len(arrival.original.keys) * signed}
        for arrival in arrivals
    ]
    signs = [
        (key.digest, str(key.kind), arrival.original.practice.area, key.request_digest, arrival.referral_id)
        for arrival, key in keys
    ]
    lines = [line for arrival in arrivals for line in _lines(arrival.original, arrival.referral_id, now)]
    return (
        {name: [row[name] for row in rows] for name in rows[0]}
        | _columns(_SIGN, signs)
        | _columns(_LINE, lines)
        | {"now": now, "most_alike": MOST_ALIKE, "mark_bytes": MARK_BYTES}
    )


def _columns(names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> dict[str, list[Any]]:
    return {name: [row[place] for row in rows] for place, name in enumerate(names)}


async def _row(
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
        "reading": str(original.reading),
        "unread_reason": original.unread_reason,
        "district": practice.district,
        "immediate_danger": form is not None and form.concerns.immediate_danger,
        "document_id": kept.id,
        "referrer_email": await session.seal(referral_id, email) if email else None,
        "language": form.language if form else "en",
        "tells": " ".join(sorted(practice.tells)),
        "complete_by": None if original.reading == Reading.READ else practice.desk.complete_by(now),
        "form": await session.seal_model(referral_id, form) if form else None,
        "marks": b"".join(marks_of(form, original.likeness_key)),
    }


def _lines(original: Original, referral_id: UUID, now: datetime) -> list[tuple[Any, ...]]:
    return [
        (
            referral_id,
            str(line.team),
            original.practice.area,
            line.service,
            TOPICS[line.audience],
            line.required,
            original.form is not None or line.announce_unread,
            now + timedelta(seconds=line.stored_within_seconds),
            line.acknowledge_by(now) if line.acknowledge_by else None,
        )
        for line in original.practice.recipients
    ]
