"""Synthetic referrals as the benchmarks send them: JSON for the API, mails with and without a form in Word."""

import json
import random
from email.message import EmailMessage
from uuid import uuid4

from bench.load import form
from bench.wire import stuffed
from contracts.vocabulary import ReferralForm
from services.intake.writers import filled_docx

MAILBOX = "preventreferrals@kent-and-medway.example"
SENDER = "referrer@school.example"
WORD = "vnd.openxmlformats-officedocument.wordprocessingml.document"


def bodies(count: int, chance: random.Random) -> list[bytes]:
    """Return made-up referrals as the partner API takes them, about two kilobytes each."""
    return [json.dumps(form(chance)).encode() for _ in range(count)]


def plain_mail(mark: str, recipient: str, text: str) -> bytes:
    """Return a mail with a text alone, ready for the wire, with a mark as its subject."""
    lines = "\r\n".join(text[place : place + 70] for place in range(0, len(text), 70))
    head = f"From: <{SENDER}>\r\nTo: <{recipient}>\r\nSubject: {mark}\r\nMessage-ID: <{uuid4()}@school.example>\r\n"
    return stuffed((head + "\r\n" + lines).encode())


def form_mails(count: int, recipient: str, chance: random.Random) -> list[bytes]:
    """Return mails that each carry the referral form of another made-up person as a Word file, ready for the wire."""
    forms = (filled_docx(ReferralForm.model_validate(form(chance)), "SYNTHETIC") for _ in range(count))
    return [_form_mail(f"form-{number}-{uuid4().hex[:8]}", recipient, filled) for number, filled in enumerate(forms)]


def _form_mail(mark: str, recipient: str, filled: bytes) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = SENDER, recipient, mark
    message["Message-ID"] = f"<{uuid4()}@school.example>"
    message.set_content("SYNTHETIC: please find a referral form attached.\n")
    message.add_attachment(filled, maintype="application", subtype=WORD, filename=f"{mark}.docx")
    return stuffed(message.as_bytes())
