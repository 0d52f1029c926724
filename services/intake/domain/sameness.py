"""What counts as the same arrival without anybody's judgement; what merely looks alike is in `links`."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from chassis.errors import Conflict, SubjectErased

MOST_ALIKE = 5
"""How many earlier referrals about perhaps the same person are named."""


class KeyUsedForAnotherRequest(Conflict):
    """An idempotency key came back with another request than the one that it first came with."""

    reason: ClassVar[str] = "idempotency-key-reused"


class ReferralErased(SubjectErased):
    """What first came under this sign has been erased, and nothing of it is known any more."""

    reason: ClassVar[str] = "referral-erased"


REFUSED_BY_KEY = (KeyUsedForAnotherRequest, ReferralErased)
"""How one arrival alone is refused for the key that it came with."""
KEY_USED = "This Idempotency-Key came with another request before: send each request under a key of its own."
KEY_OF_ERASED = (
    "What this Idempotency-Key first came with has been erased, and nothing was kept now: to refer somebody anew, send "
    "it under a new key."
)


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
    ERASED = "erased"
    """What a partner sent and is erased, for the rest of its key's 30 days: its key, or that it had this reference."""


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


def partners_key(partner_id: UUID, key: str, request: bytes) -> ArrivalKey:
    """Return the sign of a request that a partner sent under an idempotency key, whatever it asked for."""
    return key_for(KeyKind.IDEMPOTENCY_KEY, f"{partner_id}|{key}", request)


def sign_of_erased(partner_id: UUID, sign: bytes) -> bytes:
    """Return the sign under which a partner learns that its referral is erased; `sign` is its reference's."""
    return key_for(KeyKind.ERASED, partner_id.bytes + sign).digest
