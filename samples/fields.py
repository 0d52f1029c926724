"""The referral form as people see it: sections, questions and answers by dotted field path."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from contracts.vocabulary import ReferralForm, nrf

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


WRITTEN: Mapping[nrf.Kind, Kind] = {
    nrf.Kind.TEXT: Kind.TEXT,
    nrf.Kind.DATE: Kind.DATE,
    nrf.Kind.YES_NO: Kind.CHOICE,
    nrf.Kind.YES_NO_NOT_KNOWN: Kind.CHOICE,
    nrf.Kind.CHOICE: Kind.CHOICE,
    nrf.Kind.CHOICES: Kind.CHOICE,
    nrf.Kind.ACKNOWLEDGED: Kind.CHOICE,
}


def _on_paper(asked: nrf.Question) -> Question:
    path = f"{asked.path}.*" if asked.kind is nrf.Kind.CHOICES else asked.path
    choices = tuple(value for value, _ in asked.choices)
    return Question(path, asked.label, WRITTEN.get(asked.kind, Kind.LINE), choices, asked.rows)


ABOUT_THE_FORM = Section(
    "This form",
    "Leave these as they are.",
    (
        Question("edition", "Edition of this form", Kind.CHOICE, EDITIONS),
        Question("language", "Language of this form", Kind.CHOICE, ("en", "cy")),
        Question("prevent_contact.wishes_anonymity", "Prevent contact wishes to stay anonymous", Kind.CHOICE, YES_NO),
    ),
)
SECTIONS = (
    *(
        Section(f"{part.letter}. {part.title}".removeprefix(". "), part.help, tuple(map(_on_paper, part.questions)))
        for part in nrf.SECTIONS
    ),
    ABOUT_THE_FORM,
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
