"""What counts as the same arrival without anybody's judgement, and what merely looks alike."""

import hashlib
import hmac
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from chassis.errors import Conflict
from contracts.vocabulary import (
    Person,
)

MOST_ALIKE = 5
"""How many earlier referrals about perhaps the same person are named."""


class KeyUsedForAnotherRequest(Conflict):
    """An idempotency key came back with another body than the one that it first came with."""

    reason: ClassVar[str] = "idempotency-key-reused"


class KeyKind(StrEnum):
    """What makes two arrivals the same one without anybody's judgement."""
    REFERENCE = "reference"
    """A reference given in an outage: it leads to the referral also where that had one already."""
    RESERVED = "reserved-reference"
    """A reference that may be given in an outage; never given twice."""
    SPOOLED = "spool-entry"
    """What has been taken out of the spool; never twice."""

    IDEMPOTENCY_KEY = "idempotency-key"
    MESSAGE_ID = "message-id"
    DIGEST = "digest"
    FORM_TOKEN = "form-token"  # noqa: S105  the name of a kind, no secret


@dataclass(frozen=True)
class ArrivalKey:
    """One such sign, hashed; `request_digest` is empty where the sign alone decides."""

    kind: KeyKind
    digest: bytes
    request_digest: bytes = b""


def likeness(person: Person, key: bytes) -> bytes | None:
    """Return the keyed hash of surname and date of birth, by which "possibly the same as" is found; None without both.

    Accents, case, spaces, hyphens and apostrophes do not count. Without the key nobody can try names.
    """
    if person.date_of_birth is None:
        return None
    letters = unicodedata.normalize("NFKD", person.surname.casefold())
    surname = "".join(letter for letter in letters if letter.isalnum())
    return hmac.digest(key, f"{surname}|{person.date_of_birth.isoformat()}".encode(), "sha256") if surname else None


def key_for(kind: KeyKind, text: str | bytes, request: bytes = b"") -> ArrivalKey:
    """Return the sign of an arrival; `request` is the body that must come with the same key again."""
    raw = text.encode() if isinstance(text, str) else text
    digest = hashlib.sha256(kind.encode() + b"|" + raw).digest()
    return ArrivalKey(kind, digest, hashlib.sha256(request).digest() if request else b"")
