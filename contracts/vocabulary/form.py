"""The National Referral Form as data, edition by edition; `docs/glossary.md` names the sources of its questions."""

import re
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from contracts.vocabulary.classes import IDENTITY, LINKING, OPERATIONAL, SPECIAL_CATEGORY, STATISTICAL
from contracts.vocabulary.words import AgeBand, Aspect, Gender, Need, Sector

EDITION: Literal["2025"] = "2025"
OLDEST_AGE = 120
ADULT_AGE = 18

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


YesNo = Literal["yes", "no", "not-known"]


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
    immigration_status: Annotated[Line, SPECIAL_CATEGORY] = ""
    primary_language: Annotated[Line, SPECIAL_CATEGORY] = ""
    speaks_english: Annotated[YesNo, OPERATIONAL] = "not-known"
    phones: Annotated[tuple[Name, ...], IDENTITY, Field(max_length=10)] = ()
    emails: Annotated[tuple[MailAddress, ...], IDENTITY, Field(max_length=10)] = ()
    family: Annotated[Text, IDENTITY] = ""

    @model_validator(mode="after")
    def age_is_known(self) -> Self:
        """Require a date of birth or, where nobody knows it, an approximate age."""
        if self.date_of_birth is None and self.approximate_age is None:
            message = "Enter a date of birth or an approximate age"
            raise ValueError(message)
        return self


class Concerns(FormPart):
    """Sections B to D and H: the referrer's own words, never rewritten, and the dates.

    `aspects` and `needs` are those of the form's prompts that the referrer ticked; nothing derives them from the words.
    """

    narrative: Annotated[Narrative, SPECIAL_CATEGORY]
    aspects: Annotated[tuple[Aspect, ...], SPECIAL_CATEGORY, Field(max_length=len(Aspect))] = ()
    complex_needs: Annotated[Text, SPECIAL_CATEGORY] = ""
    needs: Annotated[tuple[Need, ...], SPECIAL_CATEGORY, Field(max_length=len(Need))] = ()
    other_information: Annotated[Text, SPECIAL_CATEGORY] = ""
    came_to_light_on: Annotated[Day | None, LINKING] = None
    referral_made_on: Annotated[Day | None, LINKING] = None
    immediate_danger: Annotated[bool, OPERATIONAL] = False


class Contact(FormPart):
    """Sections E and G: somebody else who may be asked; every answer may be empty."""

    forename: Annotated[Line, IDENTITY] = ""
    surname: Annotated[Line, IDENTITY] = ""
    role: Annotated[Line, IDENTITY] = ""
    organisation: Annotated[Line, IDENTITY] = ""
    relationship: Annotated[Line, IDENTITY] = ""
    phone: Annotated[Line, IDENTITY] = ""
    email: Annotated[MailAddress, IDENTITY] = ""
    wishes_anonymity: Annotated[bool, OPERATIONAL] = False


class Referrer(Contact):
    """Section F: the person making the referral, who must have a name."""

    forename: Annotated[Name, IDENTITY]
    surname: Annotated[Name, IDENTITY]
    sector: Annotated[Sector, STATISTICAL] = Sector.UNKNOWN


class Considerations(FormPart):
    """Section I: safeguarding considerations; each has its yes or no, and the referrer's words."""

    has_disability: Annotated[YesNo, SPECIAL_CATEGORY] = "not-known"
    diagnosed: Annotated[YesNo, SPECIAL_CATEGORY] = "not-known"
    disability_or_mental_health: Annotated[Text, SPECIAL_CATEGORY] = ""
    lead_consulted: Annotated[YesNo, OPERATIONAL] = "not-known"
    discussed_with_lead: Annotated[Text, SPECIAL_CATEGORY] = ""
    individual_informed: Annotated[YesNo, OPERATIONAL] = "not-known"
    individual_response: Annotated[Text, SPECIAL_CATEGORY] = ""
    action_was_taken: Annotated[YesNo, OPERATIONAL] = "not-known"
    action_taken: Annotated[Text, SPECIAL_CATEGORY] = ""
    agencies_consulted: Annotated[YesNo, OPERATIONAL] = "not-known"
    discussed_with_agencies: Annotated[Text, SPECIAL_CATEGORY] = ""
    parent_or_carer: Annotated[Text, IDENTITY] = ""


class EmploymentEducation(FormPart):
    """Section J: where the person works and learns, now and before."""

    occupation: Annotated[Line, IDENTITY] = ""
    previous_occupation: Annotated[Line, IDENTITY] = ""
    education: Annotated[Line, IDENTITY] = ""
    previous_education: Annotated[Line, IDENTITY] = ""


class ParentCarer(FormPart):
    """Section L, asked where the person is under 18: what parents or carers know and need."""

    discussed: Annotated[YesNo, OPERATIONAL] = "not-known"
    response: Annotated[Text, SPECIAL_CATEGORY] = ""
    support_known: Annotated[Text, SPECIAL_CATEGORY] = ""
    worried_about: Annotated[Text, SPECIAL_CATEGORY] = ""


class Equality(FormPart):
    """Section M: equality monitoring, always optional and sent on to nobody unless an area says so."""

    ethnicity: Annotated[Line, SPECIAL_CATEGORY] = ""
    religion: Annotated[Line, SPECIAL_CATEGORY] = ""


class ReferralForm(FormPart):
    """One referral as the form asks for it; the same model serves web, API, email and events."""

    edition: Annotated[Literal["2018", "2024-08", "2025", "unknown"], OPERATIONAL] = EDITION
    language: Annotated[Literal["en", "cy"], OPERATIONAL] = "en"
    person: Annotated[Person, IDENTITY]
    concerns: Annotated[Concerns, SPECIAL_CATEGORY]
    first_identified_by: Annotated[Contact, IDENTITY] = Contact()
    referrer: Annotated[Referrer, IDENTITY]
    prevent_contact: Annotated[Contact, IDENTITY] = Contact()
    considerations: Annotated[Considerations, SPECIAL_CATEGORY] = Considerations()
    employment: Annotated[EmploymentEducation, IDENTITY] = EmploymentEducation()
    parent_carer: Annotated[ParentCarer, SPECIAL_CATEGORY] = ParentCarer()
    equality: Annotated[Equality, SPECIAL_CATEGORY] = Equality()
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
