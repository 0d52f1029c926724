"""A mail as it is kept: only its headers have been looked at, and nothing in them can make this fail."""

import hashlib
import re
from dataclasses import dataclass, field
from typing import Protocol, cast

from chassis import clock
from chassis.runtime import Runtime
from contracts.vocabulary import Door
from services.intake.domain import (
    BEING_READ,
    LONDON,
    ArrivalKey,
    KeyKind,
    Letter,
    Original,
    Posted,
    Reading,
    key_for,
    perhaps_no_referral,
    references_in,
    why_no_receipt,
)
from services.intake.operations import Sent
from services.intake.queries import likeness_key, localities_of
from services.intake.readers import MailHeaders, read_headers
from services.intake.readers.evidence import evidence_in

HEADERS_LIMIT = 64 * 1024
NULL_SENDER = frozenset({"", "<>"})
EMPTY_LINE = re.compile(rb"\r?\n\r?\n")


class SenderSettings(Protocol):
    """The settings by which a sender is judged."""

    mail_domain: str
    mail_relays: frozenset[str]


@dataclass(frozen=True)
class Arrived:
    """A mail that has come: the original to keep, and what is known of its sender.

    `named` are the references of ours in its subject, or in the Message-IDs that it answers; `sender` its From.
    """

    original: Original
    sent: Sent
    named: tuple[str, ...] = ()
    sender: str = field(default="", repr=False)


def settings_of(runtime: Runtime) -> SenderSettings:
    """Return intake's own settings of a running service."""
    return cast("SenderSettings", runtime.clients)


def looked_at(runtime: Runtime, body: bytes, posted: Posted) -> Arrived:
    """Return a mail as it is kept, with what its headers say; an empty envelope sender is that of bounces.

    Bounces and automatic mail get no receipt (RFC 3834): two machines would write to each other for ever.
    """
    end = EMPTY_LINE.search(body)
    content = body[end.end() :] if end else b""
    headers = headers_of(body)
    letter = letter_of(headers, settings_of(runtime), null=posted.envelope_sender in NULL_SENDER)
    refusal = why_no_receipt(letter, frozenset(address.lower() for address in posted.recipients))
    return Arrived(
        Original(
            door=Door.EMAIL,
            practice=localities_of(runtime).by_mail_addresses(posted.recipients, clock.now().astimezone(LONDON).date()),
            name="message.eml",
            media_type="message/rfc822",
            body=body,
            keys=_keys(headers, body, content),
            reading=Reading.BEING_READ,
            unread_reason=BEING_READ,
            reply_to="" if refusal else headers.sender,
            in_reply_to="" if refusal else headers.message_id,
            likeness_key=likeness_key(runtime),
            perhaps=perhaps_no_referral(letter),
            posted=posted,
        ),
        Sent(evidence=letter.evidence, no_receipt=refusal),
        references_in(" ".join((headers.subject, *headers.answers))),
        headers.sender,
    )


def headers_of(body: bytes) -> MailHeaders:
    """Return what the headers of a mail say."""
    end = EMPTY_LINE.search(body)
    return read_headers(body[: min(end.start() if end else len(body), HEADERS_LIMIT)] + b"\r\n\r\n")


def _keys(headers: MailHeaders, body: bytes, content: bytes) -> tuple[ArrivalKey, ...]:
    digest = key_for(KeyKind.DIGEST, body)
    if not headers.message_id:
        return (digest,)
    # Mail that takes another way comes with other headers; other content under a used Message-ID is another mail, and
    # must reach people like any other.
    sign = f"{headers.message_id} {hashlib.sha256(content).hexdigest()}"
    return digest, key_for(KeyKind.MESSAGE_ID, sign)


def letter_of(headers: MailHeaders, settings: SenderSettings, *, null: bool) -> Letter:
    """Return what the rules need to know of a mail; `null` says that its envelope had no sender."""
    ours = f"@{settings.mail_domain}>".lower()
    return Letter(
        sender=headers.sender,
        null_sender=null,
        automatic=headers.automatic,
        submitted=headers.submitted,
        report=headers.report,
        received=headers.received,
        from_us=headers.message_id.lower().endswith(ours),
        answers_us=any(answer.lower().endswith(ours) for answer in headers.answers),
        evidence=evidence_in(headers, settings.mail_relays),
    )
