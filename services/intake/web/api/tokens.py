"""Access tokens: signed with a key that only this service has, so that they hold while the database is away."""

import hashlib
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID, uuid4

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from contracts.vocabulary import Sector
from services.intake.domain import NOBODY, Partner, PartnerScope, Terms

LIFETIME_SECONDS = 15 * 60
EARLY_SECONDS = 60
"""A token may come from a replica whose clock is ahead by this much."""

LONGEST_TOKEN = 4096
MOST_CACHED = 2000
ALGORITHM = "HS256"
ISSUER = "throughline"
TYPE = "at+jwt"


@dataclass(frozen=True)
class Claims:
    """What a valid token says: who, with which rights, under which of its secrets, and until when (Unix time)."""

    partner: Partner
    scopes: frozenset[PartnerScope]
    expires_at: float


class Tokens:
    """Issues tokens and reads them; read ones are remembered by their digest for as long as they hold."""

    def __init__(self, key_encryption_key: bytes, clock: Callable[[], float] = time.time) -> None:
        """Sign with a key derived from the service's own; `clock` gives Unix time."""
        self._key = OctKey.import_key(hmac.digest(key_encryption_key, b"intake partner tokens", "sha256"))
        self._clock = clock
        self._read: dict[bytes, Claims] = {}

    def issue(self, partner: Partner, scopes: frozenset[PartnerScope]) -> str:
        """Return a token for a partner with these scopes, good for 15 minutes of real time."""
        now, terms = int(self._clock()), partner.terms
        claims = {
            "iss": ISSUER,
            "aud": ISSUER,
            "sub": str(partner.id),
            "client_id": terms.client_id,
            "organisation": terms.organisation,
            "sector": str(terms.sector),
            "areas": list(terms.areas),
            "scope": " ".join(sorted(scopes)),
            "rpm": terms.requests_per_minute,
            "gen": partner.generation,
            "iat": now,
            "exp": now + LIFETIME_SECONDS,
            "jti": uuid4().hex,
        }
        return jwt.encode({"alg": ALGORITHM, "typ": TYPE}, claims, self._key, algorithms=[ALGORITHM])

    def read(self, token: str) -> Claims | None:
        """Return what a token says; None for one that is not ours, was changed, has ended or is not yet good."""
        digest = hashlib.sha256(token.encode()).digest()
        known = self._read.get(digest)
        if known is None:
            known = self._opened(token)
            if known is None:
                return None
            if len(self._read) >= MOST_CACHED:
                self._read.clear()
            self._read[digest] = known
        if known.expires_at <= self._clock():
            self._read.pop(digest, None)
            return None
        return known

    def _opened(self, token: str) -> Claims | None:
        if len(token) > LONGEST_TOKEN or not token.isascii():
            return None
        try:
            opened = jwt.decode(token, self._key, algorithms=[ALGORITHM])
        except (JoseError, ValueError):
            return None
        said = opened.claims
        ours = (opened.header.get("typ"), said.get("iss"), said.get("aud")) == (TYPE, ISSUER, ISSUER)
        if not ours or said["iat"] > self._clock() + EARLY_SECONDS:
            return None
        scopes = frozenset(PartnerScope(scope) for scope in said["scope"].split())
        terms = Terms(
            client_id=said["client_id"],
            organisation=said["organisation"],
            sector=Sector(said["sector"]),
            areas=tuple(said["areas"]),
            scopes=scopes,
            requests_per_minute=said["rpm"],
        )
        partner = Partner(id=UUID(said["sub"]), terms=terms, secret=NOBODY, generation=said["gen"])
        return Claims(partner, scopes, float(said["exp"]))
