"""Links that open something by themselves: to a form that was saved, and to how far a referral has got."""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from services.intake.domain.sameness import ArrivalKey, KeyKind, key_for

TOKEN_BYTES = 32
"""How much chance is in a link: as much as in a key."""
PROGRESS_LINK_WORKS = timedelta(hours=24)
MOST_LINKS, LINKS_WITHIN = 5, timedelta(hours=1)
"""So many links may be asked for, from one browser or to one referral, in such a time."""


@dataclass(frozen=True)
class SavedForm:
    """A form that somebody saved to go on with later; `draft` is JSON, as the session of a browser keeps it."""

    id: UUID
    draft: str = field(repr=False)
    expires_at: datetime

    @property
    def sending(self) -> str:
        """Return the token under which every browser that opens this form sends it."""
        return str(json.loads(self.draft)["form_token"])


@dataclass(frozen=True)
class LinkTo:
    """Where a link is mailed: the address, the language of the mail, and how the page's address is made of a token."""

    email: str = field(repr=False)
    language: str
    base: str

    def link(self, token: str) -> str:
        """Return the whole address that a token makes; it opens in the language of the mail."""
        return f"{self.base}/{token}" + (f"?lang={self.language}" if self.language != "en" else "")


def token_digest(token: str) -> bytes:
    """Return what is kept of a link's token: its SHA-256, from which nobody gets back to the link."""
    return hashlib.sha256(token.encode()).digest()


def sending_key(form_token: str, body: bytes = b"") -> ArrivalKey:
    """Return the sign of a form sent by the web: the same words under one token are one referral, from any browser."""
    return key_for(KeyKind.IDEMPOTENCY_KEY, f"web-form|{form_token}", body)


def may_ask_again(asked: tuple[datetime, ...], now: datetime) -> bool:
    """Say whether another link may be asked for after those that were."""
    return sum(now - each < LINKS_WITHIN for each in asked) < MOST_LINKS
