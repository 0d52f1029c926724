"""What was found to be wrong, why a referral is withdrawn, and the refusals around what not everybody may see."""

from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from chassis.errors import Forbidden, Missing


class Wrong(StrEnum):
    """What was wrong about a referral, so that it is said wherever the referral is shown."""

    PERSON = "wrong-person"
    FACT = "wrong-fact"
    DISPROVED = "allegation-disproved"
    DUPLICATE = "duplicate"


WRONG: Mapping[Wrong, tuple[str, str]] = {
    Wrong.PERSON: ("It is about somebody else", "The person named here is not the person whom the concern is about."),
    Wrong.FACT: ("A fact was wrong", "Something that was written or passed on did not happen, or not like this."),
    Wrong.DISPROVED: ("The allegation was disproved", "The checks showed that what was alleged is not true."),
    Wrong.DUPLICATE: ("It repeats another referral", "The same concern was counted or passed on twice."),
}


class Withdrawal(StrEnum):
    """Why a referral is withdrawn before anything is decided."""

    REFERRER = "referrer"
    IN_ERROR = "sent-in-error"
    DUPLICATE = "duplicate"


WITHDRAWN_BY: Mapping[Withdrawal, tuple[str, str]] = {
    Withdrawal.REFERRER: (
        "The referrer withdrew it",
        "Say below what was said, and why there is nothing to look at.",
    ),
    Withdrawal.IN_ERROR: ("It was sent in error", "A test, an empty form, or meant for somebody else."),
    Withdrawal.DUPLICATE: (
        "It repeats another referral",
        "Name the other reference below; nothing in this one is new.",
    ),
}


class ReferralRestricted(Forbidden):
    """Somebody who is not on its access list asked for a restricted referral; the audit gets `subject` and `area`."""

    reason: ClassVar[str] = "referral-restricted"

    def __init__(self, subject: UUID, area: str) -> None:
        """Say whom to ask."""
        super().__init__(
            "This referral is restricted: ask a Gateway supervisor or the intelligence unit to put you on its access"
            " list if you need it for your work. That you tried has been recorded."
        )
        self.subject = subject
        self.area = area


class TransferNotFound(Missing):
    """Another force answered a transfer that was never offered from here."""

    reason: ClassVar[str] = "transfer-not-found"
