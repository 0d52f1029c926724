"""Referrals out of one mail: each holds the whole of it, and erasing one leaves it with the others."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from chassis.errors import Conflict
from services.intake.domain.readings import STILL_OPEN, Reading

ORIGINAL_ERASED = "The original was erased with another person in the same mail: ask the recipients what they have."

BY_DESK = 1000
"""The places in a mail from which on forms are that a person found; below, the software counts its files."""


class OriginalStillNeeded(Conflict):
    """The original is all that there is of a referral that nobody has completed yet."""

    reason: ClassVar[str] = "original-still-needed"


@dataclass(frozen=True)
class Member:
    """A referral out of a mail with several; `held` while its original, the whole mail, is there.

    `mine` marks the one that was asked for.
    """

    referral_id: UUID
    reference: str
    document_id: UUID
    reading: Reading
    mine: bool
    held: bool

    @property
    def needed(self) -> bool:
        """Say whether nobody has a whole form of it yet, so that its original is all that there is."""
        return self.reading in STILL_OPEN


class MailNotDivisible(Conflict):
    """No further referral can be made of what a referral came in."""

    reason: ClassVar[str] = "mail-not-divisible"


@dataclass(frozen=True)
class Division:
    """A form in a mail that somebody at the desk made a referral of its own."""

    reference: str
    made_by: str
    made_at: datetime | None


@dataclass(frozen=True)
class SameMail:
    """What the desk shows of a mail with several referrals: who else holds it, who was erased although it is held.

    `original_erased_at` is when this referral's own original went with the erasure of somebody else in the mail.
    `first` is the reference of the referral that the mail came in as, `divisions` what the desk has made of it since.
    """

    first: str = ""
    divisions: tuple[Division, ...] = ()

    holders: tuple[str, ...] = ()
    erased: tuple[str, ...] = ()
    original_erased_at: datetime | None = None
