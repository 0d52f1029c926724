"""The National Referral Form as data, edition by edition; `docs/glossary.md` names the sources of its questions."""

import re
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from contracts.vocabulary.classes import IDENTITY, LINKING, OPERATIONAL, SPECIAL_CATEGORY, STATISTICAL
from contracts.vocabulary.words import AgeBand, Gender, Sector

EDITION = "2025"
OLDEST_AGE = 120

DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def _written_day(value: object) -> object:
    """Refuse the numbers that pydantic reads as seconds since 1970: nobody's date of birth becomes 1970-01-01."""
    if value is None or isinstance(value, date) or (isinstance(value, str) and DAY.fullmatch(value.strip())):
        return value
    kind = "date_written"
    raise PydanticCustomError(kind, "Write the date like 2009-04-27")


Day = Annotated[date, BeforeValidator(_written_day)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200, pattern=r"^[^\x00-\x08\x0b-\x1f]*$")]
Name = Annotated[Line, StringConstraints(min_length=1)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=20_000, pattern=r"^[^\x00]*$")]
Narrative = Annotated[Text, StringConstraints(min_length=1)]
MailAddress = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        max_length=254,
        pattern=r"^$|^[^@\s<>,;\x00-\x1f]+@[^@\s<>,;\x00-\x1f]+\.[^@\s<>,;\x00-\x1f]+$",
    ),
]


class FormPart(BaseModel):
    """A part of the form: frozen, and refusing questions that this edition does not have."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Address(FormPart):
    """One address where the person lives or has lived."""

    lines: Annotated[Line, IDENTITY] = ""
    postcode: Annotated[Line, IDENTITY] = ""
    current: Annotated[bool, OPERATIONAL] = True


class Person(FormPart):
    """Section A: the individual's biographical and contact details."""

    forenames: Annotated[Name, IDENTITY]
    surname: Annotated[Name, IDENTITY]
    aliases: Annotated[tuple[Name, ...], IDENTITY, Field(max_length=10)] = ()
    date_of_birth: Annotated[Day | None, IDENTITY] = None
    approximate_age: Annotated[int | None, IDENTITY, Field(ge=0, le=OLDEST_AGE)] = None
    gender: Annotated[Gender, STATISTICAL] = Gender.NOT_KNOWN
    addresses: Annotated[tuple[Address, ...], IDENTITY, Field(max_length=10)] = ()
    district: Annotated[Line, STATISTICAL] = ""
    nationality: Annotated[Line, SPECIAL_CATEGORY] = ""
    primary_language: Annotated[Line, SPECIAL_CATEGORY] = ""
    phones: Annotated[tuple[Name, ...], IDENTITY, Field(max_length=10)] = ()
    emails: Annotated[tuple[MailAddress, ...], IDENTITY, Field(max_length=10)] = ()
    family: Annotated[Text, IDENTITY] = ""
    school_or_employer: Annotated[Line, IDENTITY] = ""

    @model_validator(mode="after")
    def age_is_known(self) -> Self:
        """Require a date of birth or, where nobody knows it, an approximate age."""
        if self.date_of_birth is None and self.approximate_age is None:
            message = "Enter a date of birth or an approximate age"
            raise ValueError(message)
        return self


class Concerns(FormPart):
    """Sections B to D: the referrer's own words, never rewritten."""

    narrative: Annotated[Narrative, SPECIAL_CATEGORY]
    complex_needs: Annotated[Text, SPECIAL_CATEGORY] = ""
    other_information: Annotated[Text, SPECIAL_CATEGORY] = ""
    came_to_light_on: Annotated[Day | None, LINKING] = None
    immediate_danger: Annotated[bool, OPERATIONAL] = False


class Referrer(FormPart):
    """Section F: the person making the referral."""

    forename: Annotated[Name, IDENTITY]
    surname: Annotated[Name, IDENTITY]
    role: Annotated[Line, IDENTITY] = ""
    organisation: Annotated[Line, IDENTITY] = ""
    sector: Annotated[Sector, STATISTICAL] = Sector.UNKNOWN
    relationship: Annotated[Line, IDENTITY] = ""
    phone: Annotated[Line, IDENTITY] = ""
    email: Annotated[MailAddress, IDENTITY] = ""
    wishes_anonymity: Annotated[bool, OPERATIONAL] = False


class Considerations(FormPart):
    """Section I: safeguarding considerations, in the referrer's words."""

    disability_or_mental_health: Annotated[Text, SPECIAL_CATEGORY] = ""
    discussed_with_lead: Annotated[Text, SPECIAL_CATEGORY] = ""
    individual_informed: Annotated[Literal["yes", "no", "not-known"], OPERATIONAL] = "not-known"
    action_taken: Annotated[Text, SPECIAL_CATEGORY] = ""
    parent_or_carer: Annotated[Text, IDENTITY] = ""


class ReferralForm(FormPart):
    """One referral as the form asks for it; the same model serves web, API, email and events."""

    edition: Annotated[Literal["2018", "2024-08", "2025", "unknown"], OPERATIONAL] = "2025"
    language: Annotated[Literal["en", "cy"], OPERATIONAL] = "en"
    person: Annotated[Person, IDENTITY]
    concerns: Annotated[Concerns, SPECIAL_CATEGORY]
    referrer: Annotated[Referrer, IDENTITY]
    considerations: Annotated[Considerations, SPECIAL_CATEGORY] = Considerations()
    sharing_acknowledged: Annotated[Literal[True], OPERATIONAL]


def age_on(person: Person, day: date) -> int | None:
    """Return the person's age in whole years on a day, or the approximate age where no date of birth is known."""
    born = person.date_of_birth
    if born is None:
        return person.approximate_age
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


_UPPER_BOUNDS = (
    (10, AgeBand.UP_TO_10),
    (15, AgeBand.FROM_11),
    (17, AgeBand.FROM_16),
    (20, AgeBand.FROM_18),
    (25, AgeBand.FROM_21),
    (30, AgeBand.FROM_26),
    (40, AgeBand.FROM_31),
    (50, AgeBand.FROM_41),
)


def age_band(age: int | None) -> AgeBand:
    """Return the Home Office age band for an age in years; unknown for None."""
    if age is None:
        return AgeBand.UNKNOWN
    return next((band for bound, band in _UPPER_BOUNDS if age <= bound), AgeBand.FROM_51)
