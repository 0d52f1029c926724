"""A mail as it is kept: only its headers have been looked at, and nothing in them can make this fail."""

import hashlib
import re

from chassis import clock
from chassis.runtime import Runtime
from contracts.vocabulary import Door
from services.intake.domain import BEING_READ, LONDON, KeyKind, Original, Reading, key_for
from services.intake.queries import likeness_key, localities_of
from services.intake.readers import read_headers

HEADERS_LIMIT = 64 * 1024

EMPTY_LINE = re.compile(rb"\r?\n\r?\n")


def arrived(runtime: Runtime, body: bytes, recipients: tuple[str, ...], envelope_sender: str) -> Original:
    """Return a mail as it is kept: only its headers have been looked at, and nothing in them can make this fail.

    Bounces and automatic mail get no receipt (RFC 3834): two machines would write to each other for ever.
    """
    head, *rest = EMPTY_LINE.split(body, maxsplit=1)
    content = rest[0] if rest else b""
    head = head[:HEADERS_LIMIT]
    headers = read_headers(head + b"\r\n\r\n")
    keys = [key_for(KeyKind.DIGEST, body)]
    if headers.message_id:
        # Mail that takes another way comes with other headers; other content under a used Message-ID is another mail,
        # and must reach people like any other.
        keys.append(key_for(KeyKind.MESSAGE_ID, f"{headers.message_id} {hashlib.sha256(content).hexdigest()}"))
    answerable = bool(envelope_sender) and not headers.automatic
    today = clock.now().astimezone(LONDON).date()
    return Original(
        door=Door.EMAIL,
        practice=localities_of(runtime).by_mail_addresses(recipients, today),
        name="message.eml",
        media_type="message/rfc822",
        body=body,
        keys=tuple(keys),
        reading=Reading.BEING_READ,
        unread_reason=BEING_READ,
        reply_to=headers.sender if answerable else "",
        in_reply_to=headers.message_id if answerable else "",
        likeness_key=likeness_key(runtime),
    )
