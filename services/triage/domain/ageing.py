"""How long something has been owed: the ages, in working days, by which what is open is counted and shown."""

from collections.abc import Callable
from datetime import date, timedelta

AGES: tuple[tuple[int, str], ...] = ((5, "5 or fewer"), (10, "6 to 10"), (20, "11 to 20"))
"""The most working days of each age but the last, and how it reads."""
OLDEST = "More than 20"
AGE_LABELS = (*(label for _, label in AGES), OLDEST)


def age_of(days: int) -> int:
    """Return the place in AGE_LABELS of something that has been open for so many working days."""
    return next((place for place, (most, _) in enumerate(AGES) if days <= most), len(AGES))


def first_days(today: date, between: Callable[[date, date], int]) -> tuple[date, ...]:
    """Return, for each age but the last, the earliest day since which no more than its working days have passed.

    `between` counts the working days after one day up to and including another.
    """
    found: list[date] = []
    day = today
    for most, _ in AGES:
        while between(day - timedelta(days=1), today) <= most:
            day -= timedelta(days=1)
        found.append(day)
    return tuple(found)
