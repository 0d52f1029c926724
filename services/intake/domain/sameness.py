"""What counts as the same arrival without anybody's judgement; what merely looks alike is in `links`."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from chassis.errors import Conflict

MOST_ALIKE = 5
"""How many earlier referrals about perhaps the same person are named."""


class KeyUsedForAnotherRequest(Conflict):
    """An idempotency key came back with another body than the one that it first came with."""

    reason: ClassVar[str] = "idempotency-key-reused"


class KeyKind(StrEnum):
    """What makes two arrivals the same one without anybody's judgement."""

    IDEMPOTENCY_KEY = "idempotency-key"
    MESSAGE_ID = "message-id"
    DIGEST = "digest"
    FORM_TOKEN = "form-token"  # noqa: S105  the name of a kind, no secret
    REFERENCE = "reference"
    """A reference given in an outage: it leads to the referral also where that had one already."""
    RESERVED = "reserved-reference"
    """A reference that may be given in an outage; never given twice."""
    SPOOLED = "spool-entry"
    """What has been taken out of the spool; never twice."""


@dataclass(frozen=True)
class ArrivalKey:
    """One such sign, hashed; `request_digest` is empty where the sign alone decides."""

    kind: KeyKind
    digest: bytes
    request_digest: bytes = b""


def key_for(kind: KeyKind, text: str | bytes, request: bytes = b"") -> ArrivalKey:
    """Return the sign of an arrival; `request` is the body that must come with the same key again."""
    raw = text.encode() if isinstance(text, str) else text
    digest = hashlib.sha256(kind.encode() + b"|" + raw).digest()
    return ArrivalKey(kind, digest, hashlib.sha256(request).digest() if request else b"")
