"""Synthetic referrals as the benchmarks send them: JSON for the API, mails with and without a form in Word."""

import io
import json
import random
import zipfile
from email.message import EmailMessage
from pathlib import Path
from uuid import uuid4

import samples
from bench.load import form
from bench.wire import stuffed

MAILBOX = "preventreferrals@kent-and-medway.example"
SENDER = "referrer@school.example"
FORM = "girl-of-fourteen-medway.docx"
WORD = "vnd.openxmlformats-officedocument.wordprocessingml.document"


def bodies(count: int, chance: random.Random) -> list[bytes]:
    """Return made-up referrals as the partner API takes them, about two kilobytes each."""
    return [json.dumps(form(chance)).encode() for _ in range(count)]


def plain_mail(mark: str, recipient: str, text: str) -> bytes:
    """Return a mail with a text alone, ready for the wire, with a mark as its subject."""
    lines = "\r\n".join(text[place : place + 70] for place in range(0, len(text), 70))
    head = f"From: <{SENDER}>\r\nTo: <{recipient}>\r\nSubject: {mark}\r\nMessage-ID: <{uuid4()}@school.example>\r\n"
    return stuffed((head + "\r\n" + lines).encode())


def form_mails(count: int, recipient: str) -> list[bytes]:
    """Return mails that each carry the referral form as a Word file, ready for the wire; no two are the same."""
    original = (Path(samples.__file__).parent / FORM).read_bytes()
    return [_form_mail(f"form-{number}-{uuid4().hex[:8]}", recipient, original) for number in range(count)]


def _form_mail(mark: str, recipient: str, original: bytes) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = SENDER, recipient, mark
    message["Message-ID"] = f"<{uuid4()}@school.example>"
    message.set_content("SYNTHETIC: please find a referral form attached.\n")
    message.add_attachment(_renamed(original, mark), maintype="application", subtype=WORD, filename=f"{mark}.docx")
    return stuffed(message.as_bytes())


def _renamed(original: bytes, mark: str) -> bytes:
    """Return the same form with a comment of its own in the archive, so that its bytes are another file's."""
    held = io.BytesIO(original)
    with zipfile.ZipFile(held, "a") as archive:
        archive.comment = mark.encode()
    return held.getvalue()
