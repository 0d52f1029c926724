"""The questions of the web form: from what a person typed to the parts of the referral, or to what must be mended."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from chassis.web import FormData, FormErrors
from contracts.vocabulary import Concerns, Considerations, Gender, Person, Referrer, Sector
from contracts.vocabulary.form import OLDEST_AGE
from services.intake.domain import ages_disagree, impossible_age
from services.intake.readers.fields import MONTHS

Answers = Mapping[str, str]

SHORT_YEAR = 2
"""Digits of a year without its century: the latest such year that is not in the future is meant."""
WHOLE_DATE = re.compile(r"(\d{1,2})[\s/.-]+(\d{1,2}|[a-z]{3,9})[\s/.,-]+(\d{4}|\d{2})", re.ASCII)
AGE = "person.date_of_birth"
AGES_SENTENCE = "Approximate age must agree with the date of birth: correct one of them, or leave the age empty"
AGE_SENTENCE = "Enter a date of birth or, if you do not know it, an approximate age"
POSTCODE = re.compile(r"[a-z]{1,2}\d[a-z\d]? *\d[a-z]{2}", re.ASCII | re.IGNORECASE)
PHONE_DIGITS = 7
DATE_PARTS = ("day", "month", "year")
YES_NO = (("yes", "Yes"), ("no", "No"))
KNOWN = (("yes", "Yes"), ("no", "No"), ("not-known", "I do not know"))
GENDERS = (
    (Gender.FEMALE, "Female"),
    (Gender.MALE, "Male"),
    (Gender.OTHER, "Another description"),
    (Gender.NOT_KNOWN, "I do not know"),
)
SECTORS = (
    (Sector.EDUCATION, "Education"),
    (Sector.HEALTH, "Health"),
    (Sector.LOCAL_AUTHORITY, "Local authority"),
    (Sector.POLICE, "Police"),
    (Sector.PRISON_AND_PROBATION, "Prison and probation"),
    (Sector.COMMUNITY, "Community or charity"),
    (Sector.FRIENDS_AND_FAMILY, "Friend or family"),
    (Sector.OTHER, "Other"),
)


CHOSEN = {
    "person.gender": GENDERS,
    "referrer.sector": SECTORS,
    "referrer.wishes_anonymity": YES_NO,
    "concerns.immediate_danger": YES_NO,
    "considerations.individual_informed": KNOWN,
}


@dataclass(frozen=True)
class Question:
    """One answer: its dotted field name, how its sentences call it, and what sort of answer it takes."""

    name: str
    label: str
    heading: str
    kind: str = "text"

    @property
    def fields(self) -> tuple[str, ...]:
        """Return the names of the inputs: three for a date."""
        return tuple(f"{self.name}-{part}" for part in DATE_PARTS) if self.kind == "date" else (self.name,)


PERSON = (
    Question("person.forenames", "the person’s first names", "First names"),
    Question("person.surname", "the person’s last name", "Last name"),
    Question("person.aliases.0", "the person’s other names", "Other names"),
    Question("person.date_of_birth", "the person’s date of birth", "Date of birth", "date"),
    Question("person.approximate_age", "the person’s approximate age", "Approximate age", "number"),
    Question("person.gender", "the person’s gender", "Gender"),
    Question("person.addresses.0.lines", "the person’s address", "Address"),
    Question("person.addresses.0.postcode", "the person’s postcode", "Postcode", "postcode"),
    Question("person.district", "the district", "District"),
    Question("person.phones.0", "the person’s phone number", "Phone number", "phone"),
    Question("person.family", "the person’s family", "Family"),
)
CONCERNS = (
    Question("concerns.narrative", "what you are concerned about", "What you are concerned about"),
    Question("concerns.complex_needs", "what affects the person’s wellbeing", "What affects their wellbeing"),
    Question("concerns.other_information", "other information", "Other information"),
    Question(
        "concerns.came_to_light_on",
        "the date you first became concerned",
        "When you first became concerned",
        "date",
    ),
    Question(
        "concerns.immediate_danger",
        "whether somebody is in immediate danger",
        "Is somebody in immediate danger?",
        "yes-no",
    ),
)
REFERRER = (
    Question("referrer.forename", "your first name", "First name"),
    Question("referrer.surname", "your last name", "Last name"),
    Question("referrer.role", "your role", "Role"),
    Question("referrer.organisation", "your organisation", "Organisation"),
    Question("referrer.sector", "the kind of organisation you work for", "Kind of organisation"),
    Question("referrer.relationship", "how you know the person", "How you know the person"),
    Question("referrer.phone", "your phone number", "Phone number", "phone"),
    Question("referrer.email", "your email address", "Email address"),
    Question(
        "referrer.wishes_anonymity",
        "whether the person may learn who you are",
        "Keep your name from the person",
        "yes-no",
    ),
)
CONSIDERATIONS = (
    Question(
        "considerations.individual_informed", "whether the person knows", "Does the person know of this referral?"
    ),
    Question("considerations.parent_or_carer", "what parents or carers know", "Parents or carers"),
    Question("considerations.discussed_with_lead", "whom you have spoken to", "Discussed with a safeguarding lead"),
    Question("considerations.action_taken", "what has been done", "What has been done"),
    Question(
        "considerations.disability_or_mental_health",
        "disability or mental health",
        "Disability or mental health",
    ),
)


@dataclass(frozen=True)
class Section:
    """One page of the form: its part of the referral and its questions; `required_choices` must be answered here."""

    key: str
    model: type[BaseModel]
    questions: tuple[Question, ...]
    required_choices: tuple[str, ...] = ()

    @property
    def fields(self) -> tuple[str, ...]:
        """Return the names of all inputs of the page."""
        return tuple(name for question in self.questions for name in question.fields)

    def typed(self, data: FormData) -> dict[str, str]:
        """Return what was typed into this page's inputs, to be kept in the draft."""
        return {name: data.get(name).strip() for name in self.fields if data.get(name).strip()}


SECTIONS = {
    section.key: section
    for section in (
        Section("person", Person, PERSON),
        Section("concerns", Concerns, CONCERNS, ("concerns.immediate_danger",)),
        Section("considerations", Considerations, CONSIDERATIONS),
        Section("referrer", Referrer, REFERRER, ("referrer.sector",)),
    )
}


def read_section(section: Section, answers: Answers, today: date) -> BaseModel | FormErrors:
    """Return a checked part of the referral, or what must be mended in the order of the page."""
    nested: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for question in section.questions:
        try:
            value = _value(question, answers, today)
        except ValueError as wrong:
            errors[question.name] = str(wrong)
            continue
        if value is not None:
            _put(nested, question.name.split(".")[1:], value)
        elif question.name in section.required_choices:
            errors[question.name] = f"Select {question.label}"
    if AGE in {question.name for question in section.questions} and not nested.keys() & {
        "date_of_birth",
        "approximate_age",
    }:
        errors.setdefault(AGE, AGE_SENTENCE)
    part = _checked(section, nested, errors, today)
    return part if part is not None else _refused(section, answers, errors)


def _checked(section: Section, nested: dict[str, Any], errors: dict[str, str], today: date) -> BaseModel | None:
    try:
        part = section.model.model_validate(nested)
    except ValidationError as invalid:
        for detail in invalid.errors(include_url=False, include_input=False):
            question = _question_at(section, detail["loc"])
            errors.setdefault(question.name, _sentence(question, detail))
        return None
    if isinstance(part, Person):
        _check_ages(part, today, errors)
    return None if errors else part


def _check_ages(person: Person, today: date, errors: dict[str, str]) -> None:
    if impossible_age(person, today):
        errors.setdefault(AGE, f"The person’s date of birth must be less than {OLDEST_AGE + 1} years ago")
    elif ages_disagree(person, today):
        errors.setdefault("person.approximate_age", AGES_SENTENCE)


def _refused(section: Section, answers: Answers, errors: Mapping[str, str]) -> FormErrors:
    order = [question.name for question in section.questions]
    ranked = tuple(sorted(errors.items(), key=lambda pair: order.index(pair[0])))
    return shown(section, answers, ranked)


def shown(section: Section, answers: Answers, errors: tuple[tuple[str, str], ...] = ()) -> FormErrors:
    """Return a page to show with what was typed before."""
    dates = frozenset(question.name for question in section.questions if question.kind == "date")
    return FormErrors(FormData({name: (text,) for name, text in answers.items()}), errors, dates)


def in_words(question: Question, text: str) -> str:
    """Return an answer as the check page shows it: the label of what was chosen, or what was typed."""
    choices: tuple[tuple[str, str], ...] = CHOSEN.get(question.name, ())
    return next((label for value, label in choices if text == value), text)


def _value(question: Question, answers: Answers, today: date) -> str | date | bool | None:
    if question.kind == "date":
        return written_date(question, answers, today)
    text = answers.get(question.name, "").strip()
    if question.kind == "yes-no":
        return {"yes": True, "no": False}.get(text)
    if text and question.kind == "postcode" and not POSTCODE.fullmatch(text):
        raise ValueError("Enter a full UK postcode, like CT9 1AB, or leave it empty")
    if text and question.kind == "phone" and len(re.findall(r"\d", text)) < PHONE_DIGITS:
        raise ValueError(f"{_capital(question.label)} must contain at least {PHONE_DIGITS} digits, like 01632 960001")
    return text or None


def written_date(question: Question, answers: Answers, today: date) -> date | None:
    """Return the day that somebody wrote: 27 4 2009, 27 Apr 09, or all of it in the first box; None when blank.

    Raises ValueError with the sentence to show. Days after `today` are refused.
    """
    day, month, year = (answers.get(name, "").strip().lower() for name in question.fields)
    label = _capital(question.label)
    if day and not month and not year and (whole := WHOLE_DATE.fullmatch(day)):
        day, month, year = whole.groups()
    if not (day or month or year):
        return None
    missing = [part for part, text in zip(DATE_PARTS, (day, month, year), strict=True) if not text]
    if missing:
        raise ValueError(f"{label} must include a {' and a '.join(missing)}")
    try:
        found = date(_year(year, today), _month(month), int(day))
    except ValueError:
        raise ValueError(f"{label} must be a real date, like 27 4 2009") from None
    if found > today:
        raise ValueError(f"{label} must be in the past")
    return found


def _month(text: str) -> int:
    return MONTHS.index(text[:3]) + 1 if text[:1].isalpha() else int(text)


def _year(text: str, today: date) -> int:
    year = int(text)
    if len(text) != SHORT_YEAR:
        return year
    century = today.year // 100 * 100
    return century + year if century + year <= today.year else century - 100 + year


def _put(nested: dict[str, Any], path: list[str], value: object) -> None:
    for name, following in pairwise(path):
        if name.isdecimal():
            continue
        if following.isdecimal():
            if following == path[-1]:
                nested[name] = [value]
                return
            nested = nested.setdefault(name, [{}])[0]
        else:
            nested = nested.setdefault(name, {})
    nested[path[-1]] = value


def _question_at(section: Section, place: tuple[int | str, ...]) -> Question:
    name = ".".join([section.key, *map(str, place)])
    if not place:
        name = AGE
    return next((question for question in section.questions if question.name == name), section.questions[0])


def _sentence(question: Question, detail: ErrorDetails) -> str:
    kind, label = detail["type"], _capital(question.label)
    if kind == "string_pattern_mismatch" and question.name.endswith("email"):
        return "Enter an email address in the correct format, like name@example.com"
    sentences = {
        "missing": f"Enter {question.label}",
        "string_too_short": f"Enter {question.label}",
        "value_error": AGE_SENTENCE,
        "string_too_long": f"{label} must be {detail.get('ctx', {}).get('max_length', 0):,} characters or fewer",
        "enum": f"Choose {question.label} among the answers of the page",
        "int_parsing": f"{label} must be a whole number, like 15",
        "int_from_float": f"{label} must be a whole number, like 15",
        "greater_than_equal": f"{label} must be between 0 and 120",
        "less_than_equal": f"{label} must be between 0 and 120",
    }
    return sentences.get(kind, f"{label} must not include characters that a keyboard cannot type")


def _capital(label: str) -> str:
    plain = label if label.startswith(("the person", "the date")) else label.removeprefix("the ")
    return plain[:1].upper() + plain[1:]
