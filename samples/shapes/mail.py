"""Mails as the form comes in them: attached, typed into the text, forwarded, quoted, or several at once."""

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from html import escape

from contracts.vocabulary.nrf import Kind
from samples.shapes.sheets import Line, Sheet

SENDER, MAILBOX = "referrer@school.example", "preventreferrals@kent-and-medway.example"
WHEN = "Fri, 20 Nov 2026 09:15:00 +0000"
COVER = "Dear team,\n\nPlease find below.\n\nKind regards\n"
TYPES = {
    "docx": ("application", "vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "pdf": ("application", "pdf"),
    "json": ("application", "json"),
    "dat": ("application", "ms-tnef"),
    "zip": ("application", "zip"),
    "png": ("image", "png"),
}


@dataclass(frozen=True)
class File:
    """One file of a mail."""

    name: str
    body: bytes


def zipped(name: str, files: Sequence[File], *, locked: bool = False) -> File:
    """Return a zip file that holds files in a folder; a locked one is only marked as such."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.writestr(zipfile.ZipInfo(f"Prevent/{file.name}", (2026, 11, 20, 9, 0, 0)), file.body)
    packed = bytearray(body.getvalue())
    if locked:
        for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            packed[packed.index(mark) + offset] |= 1
    return File(name, bytes(packed))


def mail(text: str, files: Sequence[File] = (), *, inside: EmailMessage | None = None) -> EmailMessage:
    """Return a mail with a text, files, and perhaps another mail inside."""
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Date"] = SENDER, MAILBOX, WHEN
    message["Subject"] = "Prevent referral (SYNTHETIC: not a real person)"
    message["Message-ID"] = f"<sample-{len(text)}-{len(files)}@school.example>"
    message.set_content(text, cte="quoted-printable")
    for file in files:
        kind, subtype = TYPES.get(file.name.rpartition(".")[2], ("application", "octet-stream"))
        message.add_attachment(file.body, maintype=kind, subtype=subtype, filename=file.name)
    if inside is not None:
        message.add_attachment(inside)
    for number, part in enumerate(message.walk()):
        if part.get_content_maintype() == "multipart":
            part.set_boundary(f"=-sample-{number}")
    return message


def html_mail(sheet: Sheet) -> EmailMessage:
    """Return a mail that is only HTML, with the form as a table."""
    message = mail("")
    message.set_content(as_html(sheet), subtype="html", cte="quoted-printable")
    return message


def typed(sheet: Sheet) -> str:
    """Return the form as somebody typed it: headings, labels, and answers behind or below them."""
    lines = [sheet.title]
    for group in sheet.groups:
        lines += ["", group.heading, *(_typed(line) for line in group.lines if line.text)]
    return "\n".join([*lines, "", sheet.closing]).strip() + "\n"


def _typed(line: Line) -> str:
    below = line.kind in {Kind.TEXT, Kind.CHOICES}
    return f"{line.label}:\n{line.text}" if below else f"{line.label}: {line.text}"


def as_html(sheet: Sheet) -> str:
    """Return the form as mail programs copy it out of Word: tables, with a paragraph in each cell."""
    parts = [f"<html><head><style>p {{margin: 0}}</style></head><body><p>{escape(sheet.title)}</p>"]
    for group in sheet.groups:
        rows = "".join(
            f"<tr><td>\n<p>{escape(line.label)}</p></td><td><p>{escape(' '.join(line.text.split()))}</p></td></tr>\n"
            for line in group.lines
        )
        parts.append(f"<h2>{escape(group.heading)}</h2><table>{rows}</table>")
    return "".join([*parts, f"<p>{escape(sheet.closing)}</p></body></html>"])


def quoted(text: str) -> str:
    """Return a text as a reply or an inline forward quotes it."""
    head = ["-----Original Message-----", f"From: {SENDER}", f"Sent: {WHEN}", "Subject: Prevent referral", ""]
    return "FYI\n\n" + "\n".join(f"> {line}" if line else ">" for line in [*head, *text.split("\n")]) + "\n"
