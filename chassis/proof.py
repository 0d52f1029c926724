"""Proof of what was announced to whom: a digest beside each dispatch row, compared with what the outbox keeps."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from chassis.crypto import SealBroken, TopicKeyUnknown
from chassis.database import Session
from chassis.outbox import Sealer
from contracts.catalogue import EVENT_BY_TYPE
from contracts.envelope import associated_data

_SENT = text(
    """SELECT d.event_id, d.type, d.topic, d.subject, d.recipient, d.digest, d.recorded_at, d.published_at, d.stored_at,
        d.erased_at, d.waived_at
    FROM dispatch d WHERE d.subject = ANY (CAST(:subjects AS uuid[])) ORDER BY d.recorded_at, d.event_id, d.recipient"""
)
_KEPT = text(
    """SELECT event_id, type, topic, subject, key_id, sealed, tombstone FROM outbox
    WHERE subject = ANY (CAST(:subjects AS uuid[]))"""
)
_GIVEN = text(
    """SELECT given.service, document.id, document.digest
    FROM document JOIN document_grant AS given ON given.document_id = document.id
    WHERE document.subject = ANY (CAST(:subjects AS uuid[])) AND document.digest <> ''
    ORDER BY document.received_at, document.id"""
)


class Verdict(StrEnum):
    """What comparing the recorded digest with the kept row says."""

    MATCHES = "matches"
    DIFFERS = "differs"
    NOT_KEPT = "not-kept"
    ERASED = "erased"


VERDICT_WORDS: Mapping[Verdict, str] = {
    Verdict.MATCHES: "The message that is kept has this digest",
    Verdict.DIFFERS: "The message that is kept has another digest",
    Verdict.NOT_KEPT: "The message is no longer kept; the digest stands",
    Verdict.ERASED: "The person was erased; message and digest are gone",
}


@dataclass(frozen=True)
class Sent:
    """One event for one recipient.

    `digest` is the SHA-256 (hex) of the opened payload, as it was sealed; "" once its subject is erased. `documents`
    are the digests of the documents that the event named and that are not erased. Once its payload is kept no longer,
    and it could name any, they are those of all documents about the subject that the recipient was given.
    """

    event_id: UUID
    type: str
    topic: str
    recipient: str
    digest: str
    recorded_at: datetime
    sent_at: datetime | None
    stored_at: datetime | None
    erased_at: datetime | None
    waived_at: datetime | None
    documents: tuple[str, ...]
    verdict: Verdict


async def sent_about(session: Session, subjects: Sequence[UUID]) -> tuple[Sent, ...]:
    """Return what this service announced about subjects, oldest first, each compared with what the outbox keeps."""
    asked = {"subjects": list(subjects)}
    kept = {row.event_id: row for row in await session.rows(_KEPT, asked)}
    given: dict[str, dict[str, str]] = defaultdict(dict)
    for row in await session.rows(_GIVEN, asked):
        given[row.service][str(row.id)] = row.digest
    return tuple(
        _compared(row, kept.get(row.event_id), given[row.recipient]) for row in await session.rows(_SENT, asked)
    )


def _compared(row: Row[Any], kept: Row[Any] | None, given: Mapping[str, str]) -> Sent:
    verdict, payload = _opened(row, kept)
    return Sent(
        row.event_id,
        row.type or "",
        row.topic,
        row.recipient,
        bytes(row.digest).hex() if row.digest else "",
        row.recorded_at,
        row.published_at,
        row.stored_at,
        row.erased_at,
        row.waived_at,
        _named(row.type or "", payload, given),
        verdict,
    )


def _named(wire_type: str, payload: bytes, given: Mapping[str, str]) -> tuple[str, ...]:
    """Return the digests of those given documents (digests by id) that an event named, or may have named."""
    event = EVENT_BY_TYPE.get(wire_type)
    if event is None or "documents" not in event.model_fields:
        return ()
    if not payload:
        return tuple(given.values())
    return tuple(given[named["id"]] for named in json.loads(payload).get("documents", ()) if named["id"] in given)


def _opened(sent: Row[Any], kept: Row[Any] | None) -> tuple[Verdict, bytes]:
    """Return what comparing says, and the payload where it is the one that was sent."""
    if not sent.digest:
        return Verdict.ERASED, b""
    if kept is None or kept.tombstone:
        return Verdict.NOT_KEPT, b""
    bound_to = associated_data(kept.event_id, kept.type, kept.subject)
    try:
        payload = Sealer.topic_keys.unseal(kept.topic, kept.key_id, bytes(kept.sealed), bound_to)
    except SealBroken:
        return Verdict.DIFFERS, b""
    except TopicKeyUnknown:  # the topic's keys have changed since: nobody here can open it any more
        return Verdict.NOT_KEPT, b""
    if hashlib.sha256(payload).digest() != bytes(sent.digest):
        return Verdict.DIFFERS, b""
    return Verdict.MATCHES, payload
