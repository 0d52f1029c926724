"""How long the pathway took: whole days from receipt to a stage, of those who reached it in a period."""

from collections import Counter
from collections.abc import Collection, Mapping

from services.stats.domain.periods import Period
from services.stats.domain.tables import Timing

Days = Mapping[tuple[str, str], Mapping[int, int]]
"""By measure and month: how many took so many days."""

TIMED: Mapping[str, str] = {
    "decided": "From receipt to the Gateway’s decision",
    "discussed": "From receipt to the first panel",
    "adopted": "From receipt to adoption",
    "left": "From receipt to closure",
}
"""The measures that are timed; a referral counts in the month in which it got there."""

MEDIAN = "median"
TIMED_FIGURES: Mapping[str, str] = {"cases": "Cases", MEDIAN: "Median, days", "percentile_90": "90% within, days"}
"""What is said of each timing, and how it is called."""

LEAST_CASES = 10
THRESHOLDS = 2


def least_cases(suppress_below: int) -> int:
    """Return how many cases must stand behind a median: each of them says something about one."""
    return max(LEAST_CASES, THRESHOLDS * suppress_below)


def timing(
    measure: str, period: Period, days: Days, shown: Collection[Period], suppress_below: int, round_to: int = 1
) -> Timing:
    """Return median and 90th percentile of a period, none where too few stand behind them or their number is hidden.

    Both are values that occurred: the least one that the half, or nine tenths, do not exceed. The number of cases is
    rounded as every other count of the area is.
    """
    every = Counter[int]()
    for month in period.months:
        every.update(days.get((measure, month), {}))
    number = every.total()
    if period not in shown or number < least_cases(suppress_below):
        return Timing(measure, period.id, None, None, None)
    cases = (number + round_to // 2) // round_to * round_to
    return Timing(measure, period.id, cases, _percentile(every, 50), _percentile(every, 90))


def _percentile(days: Counter[int], percent: int) -> int:
    """Return the least value that so many of a hundred do not exceed, as PostgreSQL's percentile_disc does."""
    wanted, reached = days.total() * percent, 0
    for value in sorted(days):
        reached += days[value] * 100
        if reached >= wanted:
            return value
    message = "There is no percentile of nothing."
    raise ValueError(message)
