"""The partners whose systems refer: what each may do, and how it proves who it is."""

import hashlib
import hmac
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from chassis.errors import Conflict, Missing, Rejected
from contracts.vocabulary import Sector

REQUESTS_PER_MINUTE = 600
MOST_REQUESTS_PER_MINUTE = 600_000
DEMO_PARTNER_ID = UUID("00000000-0000-4000-8000-00000000de30")
DEMO_CLIENT_ID = "demo-partner"
_CLIENT_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{1,61})[a-z0-9]")
_SCRYPT = {"n": 2**14, "r": 8, "p": 1, "dklen": 32}
"""16 MB and about 50 ms for one guess."""


class PartnerScope(StrEnum):
    """What a partner's system may do."""

    WRITE = "refer:write"
    READ = "refer:read"


class PartnerUnknown(Missing):
    """There is no partner with that client id."""

    reason: ClassVar[str] = "partner-unknown"


class PartnerKnownAlready(Conflict):
    """A partner has that client id already."""

    reason: ClassVar[str] = "partner-known-already"


class PartnerNotUsable(Rejected):
    """What was said about a partner cannot be kept."""

    reason: ClassVar[str] = "partner-not-usable"


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What an operator agrees with a partner.

    `areas` are those that it works in: the first takes a referral whose district no area knows. Requests are counted
    for each minute.
    """

    client_id: str
    organisation: str
    sector: Sector
    areas: tuple[str, ...]
    scopes: frozenset[PartnerScope]
    requests_per_minute: int = REQUESTS_PER_MINUTE

    def checked(self) -> "Terms":
        """Return the same terms; raises PartnerNotUsable with what to mend."""
        if not _CLIENT_ID.fullmatch(self.client_id) or self.client_id == DEMO_CLIENT_ID:
            raise PartnerNotUsable("A client id has 3 to 63 of a-z, 0-9 and hyphens, such as example-school.")
        if not self.organisation.strip() or len(self.organisation) > 200 or not self.organisation.isprintable():  # noqa: PLR2004
            raise PartnerNotUsable("Name the organisation in 1 to 200 characters.")
        if not self.areas or not self.scopes:
            raise PartnerNotUsable("Name at least one area and one scope.")
        if not 1 <= self.requests_per_minute <= MOST_REQUESTS_PER_MINUTE:
            raise PartnerNotUsable(f"Allow between 1 and {MOST_REQUESTS_PER_MINUTE} requests a minute.")
        return self


@dataclass(frozen=True, kw_only=True)
class Partner:
    """A partner as it is known: `generation` counts its secrets, and a token of an earlier one counts for nothing."""

    id: UUID
    terms: Terms
    secret: "SecretDigest"
    generation: int = 1
    revoked: bool = False


@dataclass(frozen=True, repr=False)
class SecretDigest:
    """A client secret as it is kept: its scrypt hash with a salt of its own; nothing leads back."""

    salt: bytes
    digest: bytes

    @classmethod
    def of(cls, secret: str, salt: bytes) -> "SecretDigest":
        """Hash a secret; slow on purpose, so call it in a thread."""
        return cls(salt, hashlib.scrypt(secret.encode(), salt=salt, **_SCRYPT))

    def matches(self, secret: str) -> bool:
        """Say whether this is the secret, in a time that tells nothing; slow as above."""
        return hmac.compare_digest(SecretDigest.of(secret, self.salt).digest, self.digest)


NOBODY = SecretDigest(bytes(16), bytes(32))
"""What a secret is compared with where the client is unknown: the answer takes as long as for a known one."""


def demo_secret(key_encryption_key: bytes) -> str:
    """Return the demonstration partner's secret, which follows from a key that only this installation has."""
    return hmac.new(key_encryption_key, b"throughline demonstration partner", "sha256").hexdigest()
