"""When somebody turns 18: consent is their own from then on (CTSA 2015 s.36, explanatory note 206)."""

from datetime import date, datetime

from contracts.vocabulary.days import LONDON

OF_AGE = 18


def eighteenth_birthday(born: date) -> date:
    """Return the day on which somebody turns 18; somebody born on 29 February turns 18 on 1 March."""
    try:
        return born.replace(year=born.year + OF_AGE)
    except ValueError:
        return date(born.year + OF_AGE, 3, 1)


def turns_18_in(born: date | None, now: datetime) -> date | None:
    """Return the first day of the month in which somebody turns 18; None for adults and where no date is known.

    Only the month is kept in the clear, so that a daily look finds whom it concerns without opening every case.
    """
    if born is None or eighteenth_birthday(born) <= now.astimezone(LONDON).date():
        return None
    return eighteenth_birthday(born).replace(day=1)


def is_of_age(born: date | None, on: date) -> bool | None:
    """Say whether somebody is 18 or over on a day; None where no date of birth is known."""
    return None if born is None else eighteenth_birthday(born) <= on
