"""Two dates of birth, or ages, beside each other."""

from datetime import date

from services.triage.domain.people.identity import Identity
from services.triage.domain.people.levels import Level

_DIGITS = 8
_FAR_YEARS = 5
_AGE_AGREES, _AGE_CLOSE, _AGE_NEAR = 0.55, 1.55, 2.55
"""In years: an age holds from one birthday to the next, half a year either side of its middle."""


def dates(ours: date | None, theirs: date | None) -> Level:
    """Return how two dates of birth agree.

    SAME, COMMON (a first of January, which often stands for a day that nobody knows), SWAPPED (day and month), DIGIT
    (one digit, or two that changed places), YEAR (day and month alone agree), NEAR (year and month, or year and a
    first of January), OTHER, and FAR from five years on.
    """
    if ours is None or theirs is None:
        return Level.UNKNOWN
    if ours == theirs:
        return Level.COMMON if _is_new_year(ours) else Level.SAME
    return _unequal(ours, theirs)


def _unequal(ours: date, theirs: date) -> Level:
    """Return how near two different dates are."""
    if (ours.year, ours.month, ours.day) == (theirs.year, theirs.day, theirs.month):
        return Level.SWAPPED
    if _one_slip(ours.strftime("%Y%m%d"), theirs.strftime("%Y%m%d")):
        return Level.DIGIT
    if (ours.month, ours.day) == (theirs.month, theirs.day) and not _is_new_year(ours):
        return Level.YEAR
    if ours.year == theirs.year and (ours.month == theirs.month or _is_new_year(ours) or _is_new_year(theirs)):
        return Level.NEAR
    return Level.FAR if abs(ours.year - theirs.year) >= _FAR_YEARS else Level.OTHER


def _is_new_year(born: date) -> bool:
    return (born.month, born.day) == (1, 1)


def _one_slip(one: str, other: str) -> bool:
    """Return whether eight digits differ by one of them, or by two neighbours that changed places."""
    apart = [place for place in range(_DIGITS) if one[place : place + 1] != other[place : place + 1]]
    if len(apart) == 1:
        return True
    pair = len(apart) == 2 and apart[1] - apart[0] == 1  # noqa: PLR2004  two neighbours
    return pair and one[apart[0]] == other[apart[1]] and one[apart[1]] == other[apart[0]]


def ages(ours: Identity, theirs: Identity) -> Level:
    """Return how two people's ages agree where one of them has no date of birth.

    SAME where the age was right on the day on which it was said, CLOSE one year off, NEAR two, OTHER, FAR from five.
    """
    if ours.born and theirs.born:
        return Level.UNKNOWN
    left, right = _year(ours), _year(theirs)
    if left is None or right is None:
        return Level.UNKNOWN
    apart = abs(left - right)
    if apart <= _AGE_AGREES:
        return Level.SAME
    if apart <= _AGE_NEAR:
        return Level.CLOSE if apart <= _AGE_CLOSE else Level.NEAR
    return Level.FAR if apart >= _FAR_YEARS else Level.OTHER


def _year(person: Identity) -> float | None:
    """Return about when somebody was born, in years."""
    if person.born:
        return person.born.year + person.born.timetuple().tm_yday / 365
    if person.age is None or person.age_on is None:
        return None
    return person.age_on.year + person.age_on.timetuple().tm_yday / 365 - person.age - 0.5
