"""The life of a release: drafted by one person, computed, signed off by a second one or discarded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import ClassVar

from chassis.errors import Conflict, Missing, Rejected
from services.stats.domain.periods import closes_on, financial_year, months_to_release
from services.stats.domain.tables import ReleaseKind
from services.stats.domain.words import NothingToRelease, SameHand

SCHEMA = 2
"""The shape of a frozen text; it says so itself, so that a later shape can be told from it."""
MOST_WORDS = 2000


class DraftState(StrEnum):
    """How far a draft has got."""

    COMPUTING = "computing"
    READY = "ready"
    FAILED = "failed"
    SIGNED = "signed"
    DISCARDED = "discarded"


OPEN = (DraftState.COMPUTING, DraftState.READY, DraftState.FAILED)
"""An area has at most one draft in one of these states."""


class DraftOpen(Conflict):
    """The area has a draft that is neither signed off nor discarded."""

    reason: ClassVar[str] = "draft-open"


class DraftAbsent(Missing):
    """There is no draft with that number in an area that the reader may see."""

    reason: ClassVar[str] = "draft-absent"


class DraftNotReady(Conflict):
    """The draft is still computed, has failed, or has ended already."""

    reason: ClassVar[str] = "draft-not-ready"


class MonthsNotReleased(Rejected):
    """A correction was asked for months that no release holds."""

    reason: ClassVar[str] = "months-not-released"


class RulesDiffer(Rejected):
    """A correction was asked for months of years that were released under different rules."""

    reason: ClassVar[str] = "rules-differ"


class StatementMissing(Rejected):
    """A release was signed off, or a draft discarded, without a word of why."""

    reason: ClassVar[str] = "statement-missing"


@dataclass(frozen=True)
class Draft:
    """What a release is to be made of: its number in the area, what kind it is, and for which months."""

    area: str
    number: int
    kind: ReleaseKind
    months: tuple[str, ...]
    made_on: date

    @property
    def years(self) -> tuple[str, ...]:
        """Return the financial years that its months lie in, oldest first."""
        return tuple(sorted({financial_year(month) for month in self.months}))


@dataclass(frozen=True)
class Standing:
    """What of an area can be released: its first month with a fact, and for each released month as of which release."""

    first: str | None
    released: Mapping[str, int]

    def waiting(self, today: date) -> tuple[str, ...]:
        """Return the closed months that no release holds, oldest first."""
        return months_to_release(self.first, tuple(self.released), today)


def months_of_draft(kind: ReleaseKind, wanted: Sequence[str], standing: Standing, today: date) -> tuple[str, ...]:
    """Return the months of a new draft: all that are closed and were never released, or the released ones wanted.

    Raises NothingToRelease, and MonthsNotReleased where a correction names another month, or none.
    """
    if kind is ReleaseKind.REGULAR:
        months = standing.waiting(today)
        if not months:
            raise NothingToRelease("No closed month is waiting for its release; try again when a month has closed.")
        return months
    months = tuple(sorted(set(wanted)))
    if not months or not set(months) <= standing.released.keys():
        raise MonthsNotReleased("Only months that a release holds can be corrected; choose the first and last of them.")
    return months


def months_between(first: str, last: str, released: Sequence[str]) -> tuple[str, ...]:
    """Return the released months from one to another, in whichever order they are given."""
    start, end = sorted((first, last))
    return tuple(month for month in sorted(released) if start <= month <= end)


def as_of(draft: Draft, released: Mapping[str, int]) -> Mapping[str, int]:
    """Return for each month of the draft's years as of which release its figures are: its own for its own months."""
    whole = {month: number for month, number in released.items() if financial_year(month) in draft.years}
    return dict(sorted({**whole, **dict.fromkeys(draft.months, draft.number)}.items()))


def ends_draft(statement: str, what: str) -> str:
    """Return the words with which somebody ends a draft; raises StatementMissing where there are none."""
    words = statement.strip()
    if not words:
        raise StatementMissing(f"Say {what} in a sentence; it stays with the release.")
    return words[:MOST_WORDS]


def check_second_hand(opened_by: str, signs: str) -> None:
    """Raise SameHand where whoever signs is the one who drafted."""
    if opened_by == signs:
        raise SameHand("You drafted this release, so somebody else must sign it off; ask another analyst of the area.")


def next_closing(today: date) -> date:
    """Return when the month that is running may be released."""
    return closes_on(f"{today:%Y-%m}")
