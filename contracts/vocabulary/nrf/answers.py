"""A filled-in form in words, section by section: the one way in which every page and print shows it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from contracts.vocabulary.form import FormPart, ReferralForm
from contracts.vocabulary.nrf.question import Kind, Question, Section
from contracts.vocabulary.nrf.sections import SECTIONS

UNSAID = {Kind.YES_NO_NOT_KNOWN: "not-known", Kind.ACKNOWLEDGED: True}
"""Answers that say nothing: nobody was asked, or no form could be here without them."""


@dataclass(frozen=True)
class Answer:
    """One answer as it is shown: `path` is where it stands in the form, `long` says that it may have paragraphs."""

    path: str
    label: str
    text: str
    long: bool = False


@dataclass(frozen=True)
class Answered:
    """One section of a form with the answers that were given, in the order of the questions."""

    key: str
    title: str
    answers: tuple[Answer, ...]


def answered(form: ReferralForm, *, without: Sequence[str] = ()) -> tuple[Answered, ...]:
    """Return the sections of a form in which something was answered; `without` names sections to leave out."""
    sections = (
        Answered(section.key, section.title, tuple(_answers(section, form)))
        for section in SECTIONS
        if section.key not in without
    )
    return tuple(section for section in sections if not _says_nothing(section))


def _says_nothing(section: Answered) -> bool:
    """Say whether nothing was answered: a lone "No" among several questions is where the model begins, no answer."""
    return not section.answers or (section.key != "danger" and {answer.text for answer in section.answers} == {"No"})


def in_words(question: Question, value: Any) -> str:
    """Return one answer as people write it: 4 March 2011, Local authority, Yes; "" where nothing was said."""
    if value is None or value in ("", (), []) or UNSAID.get(question.kind) == value:
        return ""
    if isinstance(value, bool):
        value = "yes" if value else "no"
    if isinstance(value, date):
        return f"{value.day} {value:%B} {value.year}"
    words = dict(question.choices)
    if isinstance(value, tuple | list):
        return "; ".join(words.get(str(each), str(each)) for each in value)
    return words.get(str(value), str(value))


def _answers(section: Section, form: ReferralForm) -> Iterator[Answer]:
    shown: set[str] = set()
    for question in section.questions:
        listed, _, _ = question.path.partition(".*")
        if not question.listed:
            yield from _answer(question, question.path, question.label, _at(form, question.path))
        elif listed not in shown:
            shown.add(listed)
            together = [each for each in section.questions if each.path.startswith(f"{listed}.*")]
            yield from _rows(together, listed, _at(form, listed))


def _rows(questions: Sequence[Question], listed: str, rows: Sequence[Any]) -> Iterator[Answer]:
    for number, row in enumerate(rows):
        for question in questions:
            field = question.path.removeprefix(f"{listed}.*").removeprefix(".")
            value = getattr(row, field) if field else row
            label = question.label if len(rows) == 1 else f"{question.label} {number + 1}"
            yield from _answer(question, f"{listed}.{number}{'.' if field else ''}{field}", label, value)


def _answer(question: Question, path: str, label: str, value: Any) -> Iterator[Answer]:
    text = in_words(question, value)
    if text:
        yield Answer(path, label, text, question.kind is Kind.TEXT)


def _at(form: ReferralForm, path: str) -> Any:
    found: Any = form
    for step in path.split("."):
        found = getattr(found, step) if isinstance(found, FormPart) else None
    return found
