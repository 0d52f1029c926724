"""The referral form as people see it: sections, questions and answers by dotted field path."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from contracts.vocabulary import Gender, ReferralForm, Sector

YES_NO = ("yes", "no")
EDITIONS = ("2025", "2024-08", "2018", "unknown")


class Kind(StrEnum):
    """How a question is answered."""

    LINE = "line"
    TEXT = "text"
    DATE = "date"
    CHOICE = "choice"


@dataclass(frozen=True)
class Question:
    """One question: its field path (`*` where a list is numbered), its words, and how it is answered.

    `rows` says how many entries of a list the empty form offers.
    """

    path: str
    words: str
    kind: Kind = Kind.LINE
    choices: tuple[str, ...] = ()
    rows: int = 1


@dataclass(frozen=True)
class Section:
    """One part of the form under its heading, with a line of help."""

    heading: str
    help: str
    questions: tuple[Question, ...]


def _choice(path: str, words: str, choices: tuple[str, ...]) -> Question:
    return Question(path, words, Kind.CHOICE, choices)


SECTIONS = (
    Section(
        "A. The individual",
        "Give a date of birth or, if nobody knows it, an approximate age.",
        (
            Question("person.forenames", "Forenames"),
            Question("person.surname", "Surname"),
            Question("person.aliases.*", "Other name", rows=2),
            Question("person.date_of_birth", "Date of birth", Kind.DATE),
            Question("person.approximate_age", "Approximate age in years"),
            _choice("person.gender", "Gender", tuple(Gender)),
            Question("person.addresses.*.lines", "Address", rows=2),
            Question("person.addresses.*.postcode", "Postcode of that address", rows=2),
            Question("person.addresses.*.current", "Do they live there now?", Kind.CHOICE, YES_NO, rows=2),
            Question("person.district", "District where they live"),
            Question("person.nationality", "Nationality or citizenship"),
            Question("person.primary_language", "Primary language"),
            Question("person.phones.*", "Telephone number", rows=2),
            Question("person.emails.*", "Email address"),
            Question("person.family", "Family and who they live with", Kind.TEXT),
            Question("person.school_or_employer", "School, college, university or employer"),
        ),
    ),
    Section(
        "B. Describe concerns",
        "In as much detail as possible, please describe the specific concern in your own words.",
        (
            Question("concerns.narrative", "What are you worried about?", Kind.TEXT),
            Question("concerns.came_to_light_on", "When did the concern first come to light?", Kind.DATE),
            _choice("concerns.immediate_danger", "Is anybody in immediate danger? If so call 999 first.", YES_NO),
        ),
    ),
    Section(
        "C. Complex needs",
        "Is there anything in the individual's life that might be affecting their wellbeing or making them vulnerable?",
        (Question("concerns.complex_needs", "Complex needs", Kind.TEXT),),
    ),
    Section(
        "D. Other information",
        "Add the details of any other agencies or professionals who are working with the individual.",
        (Question("concerns.other_information", "Other information", Kind.TEXT),),
    ),
    Section(
        "E. Person making the referral",
        "We will write to you here.",
        (
            Question("referrer.forename", "Your forename"),
            Question("referrer.surname", "Your surname"),
            Question("referrer.role", "Your role"),
            Question("referrer.organisation", "Your organisation"),
            _choice("referrer.sector", "Your sector", tuple(Sector)),
            Question("referrer.relationship", "Your relationship to the individual"),
            Question("referrer.phone", "Your telephone number"),
            Question("referrer.email", "Your email address"),
            _choice("referrer.wishes_anonymity", "Do you wish to stay anonymous?", YES_NO),
        ),
    ),
    Section(
        "F. Safeguarding considerations",
        "Say what is known and what has been done.",
        (
            Question("considerations.disability_or_mental_health", "Disability, disorder or mental health", Kind.TEXT),
            Question("considerations.discussed_with_lead", "Discussed with your safeguarding lead", Kind.TEXT),
            _choice(
                "considerations.individual_informed",
                "Does the individual know of this referral?",
                (*YES_NO, "not-known"),
            ),
            Question("considerations.action_taken", "Action taken and its result", Kind.TEXT),
            Question("considerations.parent_or_carer", "Parent or carer (under 18)", Kind.TEXT),
        ),
    ),
    Section(
        "G. Sharing",
        "This referral goes to the police and to social care for a joint assessment.",
        (
            _choice("sharing_acknowledged", "Do you understand that it will be shared?", ("yes",)),
            _choice("edition", "Edition of this form", EDITIONS),
            _choice("language", "Language of this form", ("en", "cy")),
        ),
    ),
)


def answers(form: ReferralForm) -> Mapping[str, str]:
    """Return every answer of a form as text by its path: dates as 2026-11-20, yes or no, choices by their value."""
    return dict(_flattened(form.model_dump(mode="json"), ""))


def shown(question: Question, answer: str) -> str:
    """Return an answer as people write it: 4 March 2011, Local authority, Yes."""
    if question.kind is Kind.DATE and answer:
        day = date.fromisoformat(answer)
        return f"{day.day} {day:%B} {day.year}"
    if question.kind is Kind.CHOICE and answer:
        return answer[:1].upper() + answer[1:] if answer[0].isdigit() else answer.replace("-", " ").capitalize()
    return answer


def placed(questions: tuple[Question, ...], given: Mapping[str, str]) -> Iterator[tuple[Question, str]]:
    """Return each question with the path of its control: lists are numbered, as many rows as answered or offered."""
    groups: dict[str, list[Question]] = {}
    for question in questions:
        groups.setdefault(question.path.partition(".*")[0], []).append(question)
    for start, group in groups.items():
        listed = "*" in group[0].path
        filled = 1 + max((_row(path, start) for path in given), default=-1) if listed else 1
        for row in range(max(filled, group[0].rows) if listed else 1):
            for question in group:
                yield question, question.path.replace("*", str(row), 1)


def _row(path: str, start: str) -> int:
    rest = path[len(start) + 1 :].partition(".")[0] if path.startswith(f"{start}.") else ""
    return int(rest) if rest.isdigit() else -1


def _flattened(content: object, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(content, dict):
        for key, value in content.items():
            yield from _flattened(value, f"{path}.{key}" if path else key)
    elif isinstance(content, list):
        for number, value in enumerate(content):
            yield from _flattened(value, f"{path}.{number}")
    elif isinstance(content, bool):
        yield path, "yes" if content else "no"
    elif content not in {None, ""}:
        yield path, str(content)
