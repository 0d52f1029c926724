"""What was not opened of a mail, from the answers of the cage; and what the cage asks of a malware scanner."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from services.intake.domain import WHOLE_MAIL, Quarantined
from services.intake.readers.failures import REASONS
from services.intake.readers.values import Attachment, Cause, FormReading, ReadMessage


class Verdict(StrEnum):
    """What a malware scanner says of a file; not scanned: it was away, busy, or does not take files of that size."""

    CLEAN = "clean"
    INFECTED = "infected"
    NOT_SCANNED = "not-scanned"


@dataclass(frozen=True)
class Scan:
    """One verdict, and the scanner's own name for what it found."""

    verdict: Verdict
    signature: str = ""


class Scanner(Protocol):
    """Looks at files for malware; never raises for what is in one, nor because the scanner is away."""

    async def scan(self, body: bytes) -> Scan:
        """Return the verdict on a file or a whole mail."""

    async def answers(self) -> bool:
        """Say whether the scanner is there."""


def quarantined(
    raw: bytes, message: ReadMessage, readings: Sequence[tuple[Attachment, FormReading]]
) -> tuple[Quarantined, ...]:
    """Return what was not opened of a mail: the mail itself at place 0, its files by number from 1, in their order."""
    return tuple(_found(raw, message, {id(attachment): reading.cause for attachment, reading in readings}))


def _found(raw: bytes, message: ReadMessage, causes: Mapping[int, Cause]) -> Iterator[Quarantined]:
    if message.cause in REASONS:
        yield in_quarantine(WHOLE_MAIL, Attachment("", "message/rfc822", raw, message.cause, message.signature))
    for place, file in enumerate(message.attachments, 1):
        cause = file.cause if file.cause is not Cause.NONE else causes.get(id(file), Cause.NONE)
        if cause in REASONS:
            yield in_quarantine(place, Attachment(file.name, file.media_type, file.body, cause, file.signature))


def in_quarantine(place: int, file: Attachment) -> Quarantined:
    """Return what stands in quarantine of a file that was not opened; its cause is one of `REASONS`."""
    return Quarantined(
        place=place,
        reason=REASONS[file.cause],
        name=file.name,
        size=len(file.body),
        digest=hashlib.sha256(file.body).hexdigest(),
        signature=file.signature,
    )
