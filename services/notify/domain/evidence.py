"""What comes back of a notice after it was handed over: what it means, how its bounces find it, and what it changes."""

import hmac
import re
from base64 import b32decode, b32encode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.notify.domain.ways import State


class What(StrEnum):
    """What is known of a notice: what a server, a provider or a receiver said, what people did, or that nobody did."""

    ACCEPTED = "accepted"
    RELAYED = "relayed"
    DELIVERED = "delivered"
    DELAYED = "delayed"
    BOUNCED = "bounced"
    AUTO_REPLY = "auto-reply"
    UNREADABLE = "unreadable"
    OPENED = "opened"
    ACKNOWLEDGED = "acknowledged"
    SILENT = "silent"


MOST_REPORTS = 20
"""So many mails that come back are kept of one notice: whoever forges more of them fills no table."""
REPORT_KEPT = 64 * 1024
"""So many bytes of a mail that comes back are kept, sealed."""


@dataclass(frozen=True)
class Report:
    """What a mail that came back says: `status` is an enhanced status code (RFC 3463), "" where it gives none."""

    what: What
    status: str = ""


@dataclass(frozen=True)
class Evidence:
    """Something that came back of a notice: what, by which way, when, with which code; `raw` is the report as it came.

    The way is one of domain.ways, or `page` and `link` for what people did here. `attempt` is the number of the sending
    that it is about, nought where that is not known.
    """

    what: What
    way: str
    at: datetime
    status: str = ""
    raw: bytes = b""
    attempt: int = 0


@dataclass(frozen=True)
class Bounced:
    """Of which notice a mail has come back, and of which of its attempts."""

    notice_id: UUID
    attempt: int


_MAC_LETTERS = 20
_TOKEN = re.compile(
    rf"(?P<notice>[a-z2-7]{{26}})-(?P<attempt>[0-9]{{1,5}})-(?P<mac>[a-z2-7]{{{_MAC_LETTERS}}})(?![a-z2-7])"
)


def bounce_address(mailbox: str, key: bytes, notice_id: UUID, attempt: int) -> str:
    """Return the envelope sender of one sending: the mailbox for bounces, a +, the notice and the attempt, signed.

    A bounce comes back to it and so names its sending, whatever the server that writes it says (RFC 5321, 3.6.3).
    """
    name, _, domain = mailbox.rpartition("@")
    notice = b32encode(notice_id.bytes).decode().rstrip("=").lower()
    return f"{name}+{notice}-{attempt}-{_mac(key, notice_id, attempt)}@{domain}"


def bounced_notice(mailbox: str, key: bytes, addresses: Iterable[str]) -> Bounced | None:
    """Return which sending a mail to these addresses is about, None where none of them carries a token of ours.

    Servers change the case of what stands before the @, and put words of their own before it.
    """
    domain = mailbox.rpartition("@")[2].casefold()
    for address in addresses:
        local, _, at = address.strip().strip("<>").casefold().rpartition("@")
        for found in _TOKEN.finditer(local) if at == domain else ():
            notice_id, attempt = UUID(bytes=b32decode(f"{found['notice'].upper()}======")), int(found["attempt"])
            if hmac.compare_digest(_mac(key, notice_id, attempt), found["mac"]):
                return Bounced(notice_id, attempt)
    return None


def _mac(key: bytes, notice_id: UUID, attempt: int) -> str:
    digest = hmac.digest(key, b"bounce:%b:%d" % (notice_id.bytes, attempt), "sha256")
    return b32encode(digest).decode().lower()[:_MAC_LETTERS]


TAKES_BACK = frozenset({What.BOUNCED})
"""What says that a notice has not arrived, although it was called sent."""


def takes_back(what: What, state: State, known: Iterable[What]) -> bool:
    """Say whether what came back turns a notice that was sent into one that could not be delivered.

    Not where somebody has opened or answered it: it has arrived, whatever another server says of a copy.
    """
    heard = frozenset(known) & {What.OPENED, What.ACKNOWLEDGED}
    return what in TAKES_BACK and state == State.SENT and not heard


_STATUS_WORDS = {
    "1.1": "there is no such mailbox",
    "1.2": "there is no such domain",
    "1.3": "the address cannot be right",
    "1.6": "the mailbox has moved",
    "1.10": "there is no such mailbox",
    "2.1": "the mailbox is closed",
    "2.2": "the mailbox is full",
    "2.3": "the mail is too large for it",
    "3.4": "the mail is too large",
    "4.1": "the server did not answer",
    "4.4": "the domain could not be found",
    "4.7": "the server kept it too long without success",
    "7.1": "the server does not take mail from us",
    "7.26": "the server could not tell that it is from us",
}
_CLASS_WORDS = {
    "1": "something is wrong with the address",
    "2": "something is wrong with the mailbox",
    "3": "something is wrong with the mail system",
    "4": "the way there is broken",
    "5": "the servers did not understand each other",
    "6": "the server cannot take the content",
    "7": "the server's rules forbid it",
}


def status_in_words(status: str) -> str:
    """Return what an enhanced status code says, in words of ours; "" for none, and for one that says nothing more."""
    _, _, rest = status.partition(".")
    return _STATUS_WORDS.get(rest) or _CLASS_WORDS.get(rest.partition(".")[0], "")
