"""Links for those who have no account here: what each opens, how it is made and known again, and how long it works."""

import base64
import hmac
import re
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from chassis.errors import Conflict, Missing

LINK_WORKS = timedelta(days=90)
"""So long after a signpost or an offer its link works."""
ACKNOWLEDGE_WORKS = timedelta(days=7)
"""So long after a notice of a concern its link acknowledges it without signing in."""
OPEN_FOR = timedelta(minutes=30)
"""So long a browser shows what a link leads to after somebody opened it."""
_ID_BYTES = 16
_TOKEN = re.compile(r"[A-Za-z0-9_-]{64}", re.ASCII)


class LinkTo(StrEnum):
    """What a link for somebody without an account leads to."""

    SIGNPOST = "signpost"
    TRANSFER = "transfer"
    ASK = "ask"
    CONCERN = "concern"


class TransferAbsent(Missing):
    """There is no such offer of a transfer."""

    reason: ClassVar[str] = "transfer-absent"

    def __init__(self) -> None:
        """Say where to look."""
        super().__init__("There is no such transfer; ask the police who offered it, with the reference in their mail.")


class AlreadyReported(Conflict):
    """The service has said before what it did."""

    reason: ClassVar[str] = "already-reported"


class NotAcknowledged(Conflict):
    """What social care did is reported once it has acknowledged what it was told."""

    reason: ClassVar[str] = "not-acknowledged"

    def __init__(self) -> None:
        """Say what comes first."""
        super().__init__("There is something here that your team has not acknowledged yet: acknowledge it first.")


class TransferAnswered(Conflict):
    """The force has answered the offer before."""

    reason: ClassVar[str] = "transfer-already-answered"


def link_token(key: bytes, to: LinkTo, about_id: UUID) -> str:
    """Return the token of the one link to something: its id, and a proof that only the holder of the key can make."""
    return base64.urlsafe_b64encode(about_id.bytes + _proof(key, to, about_id)).decode("ascii")


def linked_id(key: bytes, to: LinkTo, token: str) -> UUID | None:
    """Return what a link leads to; None for every token that `link_token` did not make under this key for this."""
    if not _TOKEN.fullmatch(token):
        return None
    read = base64.urlsafe_b64decode(token)
    about_id = UUID(bytes=read[:_ID_BYTES])
    return about_id if hmac.compare_digest(read[_ID_BYTES:], _proof(key, to, about_id)) else None


def link_is_over(made_at: datetime, now: datetime) -> bool:
    """Say whether the time of a link to something that was made then is over."""
    return now - made_at >= LINK_WORKS


def _proof(key: bytes, to: LinkTo, about_id: UUID) -> bytes:
    return hmac.digest(key, f"{to}:{about_id}".encode(), "sha256")
