"""The working days of England and Wales: not Saturday, Sunday, or a bank holiday."""

import json
from datetime import date, timedelta
from functools import lru_cache
from importlib import resources

SATURDAY = 5


def is_working_day(day: date) -> bool:
    """Say whether `day` is a working day (neither weekend, Christmas Day, Good Friday nor another bank holiday)."""
    return day.weekday() < SATURDAY and day not in _holidays(day.year)


def add_working_days(start: date, days: int) -> date:
    """Return the date that is `days` working days after `start`; `start` itself is never counted, 0 gives it back.

    A negative number counts back in the same way.
    """
    step = timedelta(days=1 if days >= 0 else -1)
    day, left = start, abs(days)
    while left:
        day += step
        left -= is_working_day(day)
    return day


def working_days_between(start: date, end: date) -> int:
    """Count the working days after `start` up to and including `end`; negative when `end` is the earlier one."""
    if end < start:
        return -working_days_between(end, start)
    return sum(is_working_day(start + timedelta(days=ahead)) for ahead in range(1, (end - start).days + 1))


@lru_cache(maxsize=512)
def _holidays(year: int) -> frozenset[date]:
    listed = listed_holidays().get(year)
    # The published list ends a few years ahead; beyond it the statutory days are reckoned, so no deadline is short.
    return frozenset(listed) if listed else reckoned_holidays(year)


@lru_cache(maxsize=1)
def listed_holidays() -> dict[int, set[date]]:
    """Return the published bank holidays by year."""
    # The package's data file is read alone: importing its module would load an HTTP client into every service.
    text = resources.files("govuk_bank_holidays").joinpath("bank-holidays.json").read_text("utf-8")
    years: dict[int, set[date]] = {}
    for event in json.loads(text)["england-and-wales"]["events"]:
        day = date.fromisoformat(event["date"])
        years.setdefault(day.year, set()).add(day)
    return years


def reckoned_holidays(year: int) -> frozenset[date]:
    """Return the bank holidays of a year by the Banking and Financial Dealings Act 1971 and custom, with substitutes.

    Days proclaimed once (a coronation, a jubilee) cannot be foreseen and are not among them.
    """
    easter = _easter(year)
    days = {easter - timedelta(days=2), easter + timedelta(days=1)}
    days |= {_first_monday(year, 5), _last_monday(year, 5), _last_monday(year, 8)}
    for day in (date(year, 1, 1), date(year, 12, 25), date(year, 12, 26)):
        free = day
        while free.weekday() >= SATURDAY or free in days:
            free += timedelta(days=1)
        days.add(free)
    return frozenset(days)


def _first_monday(year: int, month: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=-first.weekday() % 7)


def _last_monday(year: int, month: int) -> date:
    last = date(year, month, 31)
    return last - timedelta(days=last.weekday())


def _easter(year: int) -> date:
    # The Gregorian computus in the form of Meeus, Astronomical Algorithms, chapter 8.
    century, of_century = divmod(year, 100)
    golden = year % 19
    corrected = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - century // 4 - corrected + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (of_century // 4) - epact - of_century % 4) % 7
    late = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)
