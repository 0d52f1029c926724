"""How the days of a quarter stand in the daily count, as the pack tells it: days, never how much came in."""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.stats.domain.naming import month_name
from services.stats.domain.pack import Cell, PackTable
from services.stats.domain.periods import Period

AGREES, OPEN = "agrees", "open"


@dataclass(frozen=True)
class DayState:
    """How one day stands at one recipient: agrees, open or explained."""

    day: date
    state: str


def days_words(days: Sequence[DayState]) -> tuple[str, ...]:
    """Return in sentences what the daily count is and how the quarter stands."""
    what = "Every day intake counts what came in against what reached the police, social care, Channel and statistics."
    still = len({each.day for each in days if each.state == OPEN})
    if not days:
        return what, "No day of this quarter has been counted."
    if still:
        return what, f"Days of the quarter on which something is still lacking: {still}. The daily count names them."
    return what, "Nothing is lacking on any day that was counted, or somebody has explained it."


def days_table(quarter: str, days: Sequence[DayState]) -> PackTable:
    """Return for each month how many of its days were counted, and how they stand."""
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (month_name(month), *_of(month, days)) for month in Period(quarter).months
    )
    headings = ("Month", "Days", "Counted", "All agree", "Difference explained", "Still open")
    return PackTable("daily-count", "Days of the quarter in the daily count", headings, rows)


def _of(month: str, days: Sequence[DayState]) -> tuple[int, ...]:
    states: dict[date, set[str]] = {}
    for each in days:
        if f"{each.day:%Y-%m}" == month:
            states.setdefault(each.day, set()).add(each.state)
    agree = sum(found == {AGREES} for found in states.values())
    still = sum(OPEN in found for found in states.values())
    number = monthrange(int(month[:4]), int(month[5:]))[1]
    return number, len(states), agree, len(states) - agree - still, still
