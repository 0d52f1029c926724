"""Who answers for what the software could not read, by when, and which referrals a text names."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from chassis.errors import Conflict, Rejected
from contracts.vocabulary import is_reference, tidy_reference

REFERENCE_IN_TEXT = re.compile(r"(?<![\w-])[A-Z]{2,4}[ -][2-9A-Z]{4}[ -][2-9A-Z]{4}(?![\w-])", re.IGNORECASE)
MOST_NAMED = 5
OFFICER_DAYS = 30
"""Who has not opened the desk for so long is offered no work: they may have left it."""


class ClaimedBySomebody(Conflict):
    """Another officer completes this referral; taking it over needs a reason."""

    reason: ClassVar[str] = "claimed-by-somebody"


class OfficerNotHere(Rejected):
    """Work was to be allocated to somebody who has not been at this area's desk lately."""

    reason: ClassVar[str] = "officer-not-here"


@dataclass(frozen=True)
class OnDuty:
    """Who answers at a moment: at the desk or as its cover, and who owns the risk until somebody claims the work."""

    desk_open: bool
    covers: str
    organisation: str
    risk_owner: str


@dataclass(frozen=True, kw_only=True)
class DeskPractice:
    """What an area says of its desk: by when it completes what came in at a moment, and who is there at one."""

    complete_by: Callable[[datetime], datetime]
    on_duty: Callable[[datetime], OnDuty]


@dataclass(frozen=True)
class Claim:
    """Who completes a referral at the desk, since when, and who allocated it to them, "" where they took it themselves.

    `reason` is what was said when it changed hands; it is sealed, and read only where somebody opens the referral.
    """

    officer_id: str
    officer_name: str
    claimed_at: datetime
    allocated_by: str = ""
    reason: str = field(default="", repr=False)


def references_in(text: str) -> tuple[str, ...]:
    """Return the references that a text names, in its order, each once; a wrong check character is none of ours."""
    tidied = (tidy_reference(found[0]) for found in REFERENCE_IN_TEXT.finditer(text))
    return tuple(dict.fromkeys(reference for reference in tidied if is_reference(reference)))[:MOST_NAMED]
