"""Periods of statistics: months, quarters, financial and calendar years, and which months are closed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cached_property

from services.stats.domain.words import MonthMalformed

SETTLING_DAYS = 3
"""How many days after its end a month is closed: facts come in shuffled batches, and some may come a little late."""

FIRST_MONTH = 4
"""A financial year begins on 1 April, and so do the years of the Home Office's tables."""
MONTHS_IN_QUARTER, MONTHS_IN_YEAR = 3, 12

_MONTH = re.compile(r"[2-9]\d{3}-(0[1-9]|1[0-2])", re.ASCII)


class Grain(StrEnum):
    """How long a period is."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


@dataclass(frozen=True, order=True)
class Period:
    """A month ("2026-11"), a quarter ("2026-Q3", of the financial year 2026 to 2027) or a financial year ("2026")."""

    id: str

    @property
    def grain(self) -> Grain:
        """Return how long the period is."""
        return Grain.YEAR if len(self.id) == len("2026") else Grain.QUARTER if "Q" in self.id else Grain.MONTH

    @property
    def parent(self) -> "Period | None":
        """Return the quarter of a month, the financial year of a quarter, None for a year."""
        if self.grain is Grain.YEAR:
            return None
        if self.grain is Grain.QUARTER:
            return Period(self.id[:4])
        year, position = _position(self.id)
        return Period(f"{year}-Q{position // MONTHS_IN_QUARTER + 1}")

    @property
    def year(self) -> str:
        """Return the year in which the financial year of the period begins: "2026" for 2027-03."""
        return financial_year(self.id) if self.grain is Grain.MONTH else self.id[:4]

    @property
    def months(self) -> tuple[str, ...]:
        """Return the months of the period, in order."""
        if self.grain is Grain.MONTH:
            return (self.id,)
        quarters = range(4) if self.grain is Grain.YEAR else (int(self.id[-1]) - 1,)
        positions = [quarter * MONTHS_IN_QUARTER + number for quarter in quarters for number in range(3)]
        return tuple(_month(int(self.id[:4]), position) for position in positions)


@dataclass(frozen=True)
class Tree:
    """The periods of one financial year of which something is known: months in quarters in the year.

    A quarter or the year stands in it once all its months are there, so that each is the sum of its children.
    """

    months: tuple[str, ...]

    @cached_property
    def periods(self) -> tuple[Period, ...]:
        """Return every period, months first, each before what it is a part of."""
        known = set(self.months)
        months = [Period(month) for month in sorted(known)]
        quarters = sorted({each.parent for each in months if each.parent and known.issuperset(each.parent.months)})
        years = sorted({each.parent for each in quarters if each.parent and known.issuperset(each.parent.months)})
        return (*months, *quarters, *years)

    def children(self, period: Period) -> tuple[Period, ...]:
        """Return what a period is the sum of; nothing for a month."""
        return tuple(each for each in self.periods if each.parent == period)


def financial_year(month: str) -> str:
    """Return the year in which the financial year of a month begins: "2026" for 2027-03."""
    return str(_position(month)[0])


def year_name(year: str) -> str:
    """Return a financial year as people write it: "2026 to 2027"."""
    return f"{year} to {int(year) + 1}"


def quarters_of_calendar_year(year: int) -> tuple[Period, ...]:
    """Return the four quarters of a calendar year, the first of which belongs to the financial year before."""
    return (Period(f"{year - 1}-Q4"), *(Period(f"{year}-Q{number}") for number in range(1, 4)))


def month_of(text: str) -> str:
    """Return a month as year and month ("2026-11"); raises MonthMalformed for anything else."""
    if not _MONTH.fullmatch(text):
        raise MonthMalformed("A month of statistics must read like 2026-11; mend the sender.")
    return text


def is_closed(month: str, today: date) -> bool:
    """Say whether a month is over on this London date, and its settling days with it."""
    return closes_on(month) <= today


def closes_on(month: str) -> date:
    """Return the first day on which a month may be released."""
    return _after(month) + timedelta(days=SETTLING_DAYS)


def months_to_release(first: str | None, released: Sequence[str], today: date) -> tuple[str, ...]:
    """Return the closed months since the first fact that no release holds, oldest first."""
    found: list[str] = []
    month = first
    while month is not None and is_closed(month, today):
        if month not in released:
            found.append(month)
        month = f"{_after(month):%Y-%m}"
    return tuple(found)


def _position(month: str) -> tuple[int, int]:
    """Return the financial year of a month and its place in it, April being nought."""
    year, number = int(month[:4]), int(month[5:7])
    return (year, number - FIRST_MONTH) if number >= FIRST_MONTH else (year - 1, number + MONTHS_IN_YEAR - FIRST_MONTH)


def _month(year: int, position: int) -> str:
    number = position + FIRST_MONTH
    return f"{year}-{number:02}" if number <= MONTHS_IN_YEAR else f"{year + 1}-{number - MONTHS_IN_YEAR:02}"


def _after(month: str) -> date:
    year, number = int(month[:4]), int(month[5:7])
    return date(year + number // 12, number % 12 + 1, 1)
