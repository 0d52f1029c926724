"""Why a file is kept as evidence and not opened: a closed list of reasons, each with the sentence that people read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

WHOLE_MAIL = 0
"""The place of what concerns the mail and not one of its files; these are numbered from 1."""


class QuarantineReason(StrEnum):
    """Why the software did not open a file, or could not finish."""

    INFECTED = "infected"
    NOT_SCANNED = "not-scanned"
    LOCKED = "locked"
    DAMAGED = "damaged"
    UNKNOWN_KIND = "unknown-kind"
    TOO_BIG = "too-big"
    TOO_SLOW = "too-slow"
    CRASHED = "crashed"
    BEING_EXAMINED = "being-examined"


SENTENCES: Mapping[QuarantineReason, str] = MappingProxyType(
    {
        QuarantineReason.INFECTED: "The malware scanner recognised this as malicious: do not open the original, "
        "ask the sender by telephone.",
        QuarantineReason.NOT_SCANNED: "This could not be scanned for malware, because the scanner did not answer; "
        "open the original with care.",
        QuarantineReason.LOCKED: "The file is locked with a password: ask the sender for a copy without one.",
        QuarantineReason.DAMAGED: "The file is damaged or is not what its name says; open the original.",
        QuarantineReason.UNKNOWN_KIND: "This kind of file is not read by software; open the original.",
        QuarantineReason.TOO_BIG: "The file is too large or unpacks to too much; open the original with care.",
        QuarantineReason.TOO_SLOW: "Reading the file took too long and was stopped; open the original with care.",
        QuarantineReason.CRASHED: "The file broke the reader, which has been replaced; open the original with care.",
        QuarantineReason.BEING_EXAMINED: "The software has not looked at this file yet; open it with care.",
    }
)


@dataclass(frozen=True, kw_only=True)
class Quarantined:
    """One file that was not opened, or the mail as a whole (`place` 0); the original holds it, as evidence.

    `signature` is the scanner's name for what it found, `digest` the SHA-256 of the file in hexadecimal.
    """

    place: int
    reason: QuarantineReason
    name: str = field(default="", repr=False)
    size: int = 0
    digest: str = ""
    signature: str = ""
    found_at: datetime | None = None

    @property
    def sentence(self) -> str:
        """Return what people read."""
        return SENTENCES[self.reason]
