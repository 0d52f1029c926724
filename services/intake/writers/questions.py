"""The questions as they stand on paper: sections, rows of lists, and answers as people write them."""

from collections.abc import Iterator, Mapping
from datetime import date

from contracts.vocabulary import ReferralForm
from contracts.vocabulary.form import EDITION
from contracts.vocabulary.nrf import SECTIONS, Kind, Question, Section
from contracts.vocabulary.nrf.editions import ABOUT, ABOUT_LABELS
from contracts.vocabulary.nrf.words import YES_NO
from services.intake.domain.written import flattened

LANGUAGES = (("en", "en"), ("cy", "cy"))
EDITION_KEYS = tuple((key, key) for key in (EDITION, "2024-08", "2018", "unknown"))
OFFERED = {"edition": EDITION_KEYS, "language": LANGUAGES}
CHOSEN = frozenset({Kind.CHOICE, Kind.YES_NO, Kind.YES_NO_NOT_KNOWN, Kind.ACKNOWLEDGED})
"""The kinds that are answered by one of a few words."""

PRESET: Mapping[str, str] = {"edition": EDITION, "language": "en"}
"""What the blank form already answers."""

ABOUT_THE_FORM = Section(
    key="about",
    letter="",
    title=ABOUT,
    help="Leave these as they are.",
    questions=tuple(
        Question(
            path=path,
            label=labels[0],
            asks=labels[0],
            name=labels[0],
            kind=Kind.CHOICE,
            choices=OFFERED.get(path, YES_NO),
        )
        for path, labels in ABOUT_LABELS.items()
    ),
)
NOT_ON_PAPER = frozenset({"equality"})
"""Sections that no file asks for or repeats: whoever is given an original sees all of it, and these are for nobody."""
PARTS = (*(section for section in SECTIONS if section.key not in NOT_ON_PAPER), ABOUT_THE_FORM)


def heading(section: Section) -> str:
    """Return what stands above a section on paper: its letter in the national form, and its title."""
    return f"{section.letter}. {section.title}" if section.letter else section.title


def answers(form: ReferralForm) -> Mapping[str, str]:
    """Return every answer of a form as text by its path: dates as 2026-11-20, yes or no, choices by their value."""
    return {path: text for path, text in flattened(form.model_dump(mode="json")) if text}


def shown(question: Question, answer: str) -> str:
    """Return an answer as people write it: 4 March 2011, Local authority, Yes."""
    if question.kind is Kind.DATE and answer:
        day = date.fromisoformat(answer)
        return f"{day.day} {day:%B} {day.year:04}"
    return next((words for value, words in question.choices if value == answer), answer)


def chosen(question: Question, given: Mapping[str, str]) -> frozenset[str]:
    """Return the values that are ticked in a list of choices."""
    return frozenset(text for path, text in given.items() if path.rpartition(".")[0] == question.path)


def placed(questions: tuple[Question, ...], given: Mapping[str, str]) -> Iterator[tuple[Question, str]]:
    """Return each question with the path of its answer: lists are numbered, as many rows as answered or offered."""
    groups: dict[str, list[Question]] = {}
    for question in questions:
        groups.setdefault(question.path.partition(".*")[0], []).append(question)
    for start, group in groups.items():
        listed = group[0].listed
        filled = 1 + max((_row(path, start) for path in given), default=-1) if listed else 1
        for row in range(max(filled, group[0].rows) if listed else 1):
            for question in group:
                yield question, question.path.replace("*", str(row), 1)


def _row(path: str, start: str) -> int:
    rest = path[len(start) + 1 :].partition(".")[0] if path.startswith(f"{start}.") else ""
    return int(rest) if rest.isdigit() else -1
