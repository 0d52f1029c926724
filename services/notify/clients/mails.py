"""A mail as it goes over the wire: the same notice is the same bytes each time, and no header can be forged."""

import base64
import hashlib
import quopri
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.header import Header
from email.utils import format_datetime, formataddr, parseaddr
from functools import cached_property

from areas.parts import Tls
from services.notify.domain import MailUnsafe

ADDRESS = re.compile(r"[^\s<>@(),:;\"\[\]\\]+@[^\s<>@(),:;\"\[\]\\]+")
LONGEST_LINE = 998
CALENDAR_NAME = "channel-panel.ics"
FORM_NAME = "safeguarding-concern.txt"
UNSAFE = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True)
class Mail:
    """One plain-text mail; `message_id` and `in_reply_to` in angle brackets, `calendar` a file that goes with it.

    `form` is what is known of a person: a mail that has one goes over an encrypted line with a valid certificate, or
    not at all; so does one whose `tls` is required. `bounces_to` is the bare address to which servers report what has
    become of it; without one they write to the sender.
    """

    message_id: str
    sender: str
    recipient: str
    subject: str
    body: str
    date: datetime
    in_reply_to: str = ""
    calendar: bytes = b""
    bounces_to: str = ""
    form: bytes = field(default=b"", repr=False)
    tls: Tls = Tls.IF_OFFERED

    @cached_property
    def wire(self) -> bytes:
        """The mail as it goes over the wire; raises MailUnsafe where a header could be forged."""
        if not ADDRESS.fullmatch(self.recipient):
            raise MailUnsafe("A mail header cannot hold the address as it is written; correct it.")
        part, body = self._text()
        if self.calendar:
            kind = 'text/calendar; charset="utf-8"; method=PUBLISH'
            part, body = self._with_file(part, body, (kind, CALENDAR_NAME, self.calendar))
        if self.form:
            part, body = self._with_file(part, body, ('text/plain; charset="utf-8"', FORM_NAME, self.form))
        headers = {
            "From": self.sender if self.sender.isascii() else formataddr(parseaddr(self.sender)),
            "To": self.recipient,
            "Subject": self.subject if self.subject.isascii() else Header(self.subject, "utf-8").encode(linesep=""),
            "Date": format_datetime(self.date),
            "Message-ID": self.message_id,
            "Auto-Submitted": "auto-generated",
            "MIME-Version": "1.0",
            **part,
        }
        if self.in_reply_to:
            headers |= {"In-Reply-To": self.in_reply_to, "References": self.in_reply_to}
        if any(UNSAFE.search(value) for value in headers.values()):
            raise MailUnsafe("A mail header holds a line break or a control character; correct the address.")
        return _entity(headers, body).replace(b"\n", b"\r\n")

    def _text(self) -> tuple[dict[str, str], bytes]:
        lines = self.body.splitlines()
        plain = self.body.isascii() and all(len(line) <= LONGEST_LINE for line in lines)
        body = "".join(f"{line}\n" for line in lines).encode()
        encoding = "7bit" if plain else "quoted-printable"
        head = {"Content-Type": 'text/plain; charset="utf-8"', "Content-Transfer-Encoding": encoding}
        return head, body if plain else quopri.encodestring(body)

    def _with_file(
        self, head: dict[str, str], body: bytes, attached: tuple[str, str, bytes]
    ) -> tuple[dict[str, str], bytes]:
        """Return one body of the text and the file behind it; the same mail is the same bytes each time."""
        kind, name, content = attached
        mark = hashlib.sha256(f"{self.message_id}{name if self.form else ''}".encode()).hexdigest()[:32]
        file = {
            "Content-Type": kind,
            "Content-Transfer-Encoding": "base64",
            "Content-Disposition": f'attachment; filename="{name}"',
        }
        parts = (_entity(head, body), _entity(file, base64.encodebytes(content)))
        whole = b"".join(b"--%s\n%s\n" % (mark.encode(), each) for each in parts) + b"--%s--\n" % mark.encode()
        return {"Content-Type": f'multipart/mixed; boundary="{mark}"'}, whole


def _entity(headers: Mapping[str, str], body: bytes) -> bytes:
    return "".join(f"{name}: {value}\n" for name, value in headers.items()).encode() + b"\n" + body
