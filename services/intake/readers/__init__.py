"""Mails and forms taken apart: pure readers that never raise, and the cage that runs them where they can do no harm."""

from services.intake.readers.cage import Cage
from services.intake.readers.files import read_form
from services.intake.readers.headers import MailHeaders, read_headers
from services.intake.readers.messages import read_message
from services.intake.readers.quarantine import Scan, Scanner, Verdict, quarantined
from services.intake.readers.values import Attachment, Cause, FormReading, ReadMessage

__all__ = [
    "Attachment",
    "Cage",
    "Cause",
    "FormReading",
    "MailHeaders",
    "ReadMessage",
    "Scan",
    "Scanner",
    "Verdict",
    "quarantined",
    "read_form",
    "read_headers",
    "read_message",
]
