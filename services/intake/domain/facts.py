"""What may be counted of a form, and which ages cannot be."""

from dataclasses import dataclass
from datetime import date, datetime

from contracts.vocabulary import (
    AgeBand,
    Ethnicity,
    Gender,
    Person,
    ReferralForm,
    Sector,
    age_band,
    age_on,
    broad_group,
)
from contracts.vocabulary.days import LONDON
from contracts.vocabulary.form import OLDEST_AGE

AGES_MAY_DIFFER = 2
"""Years between an approximate age and the date of birth that are still a guess, not a slip."""


@dataclass(frozen=True)
class Anonymous:
    """What may be counted of a form: facts that describe nobody."""

    sector: Sector = Sector.UNKNOWN
    age_band: AgeBand = AgeBand.UNKNOWN
    gender: Gender = Gender.NOT_KNOWN
    ethnicity: Ethnicity = Ethnicity.NOT_RECORDED


def anonymous_facts(form: ReferralForm | None, received_at: datetime) -> Anonymous:
    """Return the countable facts of a form at the day of its arrival; unknown everywhere where nothing was read."""
    if form is None:
        return Anonymous()
    band = age_band(age_on(form.person, received_at.astimezone(LONDON).date()))
    return Anonymous(form.referrer.sector, band, form.person.gender, broad_group(form.equality.ethnicity))


def impossible_age(person: Person, today: date) -> bool:
    """Say whether somebody with this date of birth would be older than anybody is, or not born yet."""
    age = age_on(person, today)
    return age is not None and not 0 <= age <= OLDEST_AGE


def ages_disagree(person: Person, today: date) -> bool:
    """Say whether the approximate age is more than two years away from the age by the date of birth."""
    age, guess = age_on(person, today), person.approximate_age
    return age is not None and guess is not None and abs(age - guess) > AGES_MAY_DIFFER


def month_of(moment: datetime) -> str:
    """Return the London month of a moment as 2026-11: statistics know no finer time."""
    return moment.astimezone(LONDON).strftime("%Y-%m")
