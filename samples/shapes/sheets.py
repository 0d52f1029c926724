"""A filled form before it has a shape: its headings, and below each its labels with answers as people write them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from contracts.vocabulary import ReferralForm
from contracts.vocabulary.nrf import EDITIONS, QUESTIONS, Heading, Kind, question_at
from contracts.vocabulary.nrf.welsh import WELSH
from services.intake.writers import answers, shown

TITLES = {
    "2018": "Prevent referral form - Version 2018",
    "2024-08": "National referral form - August 2024",
    "2025": "Prevent national referral form - Edition 2025",
    "unknown": "Prevent referral form",
    "2025-cy": "Argraffiad 2025",
}
WORDED = {"2018": "2018", "2024-08": "2024-08", "2025": "2025", "unknown": "2018", "2025-cy": "2025-cy"}
STATEMENT = "By sending this form you understand that it will be shared with the police and the local authority."
LISTS = ("concerns.aspects", "concerns.needs")


@dataclass(frozen=True)
class Line:
    """One question on paper: its label, the answer as it is written, and its path."""

    label: str
    text: str
    path: str

    @property
    def kind(self) -> Kind:
        """Return how the question is answered."""
        question = question_at(self.path) or QUESTIONS.get(self.path)
        return question.kind if question else Kind.LINE


@dataclass(frozen=True)
class Group:
    """One part of the form: its heading and the questions below it."""

    heading: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Sheet:
    """A filled form: its title, its parts, what is printed at its end, and what a reader should find in it."""

    title: str
    groups: tuple[Group, ...]
    closing: str
    expected: Mapping[str, str]

    def written(self, path: str, text: str) -> "Sheet":
        """Return the sheet with another text in the place of an answer."""
        groups = tuple(
            Group(group.heading, tuple(replace(line, text=text) if line.path == path else line for line in group.lines))
            for group in self.groups
        )
        return replace(self, groups=groups)

    def expecting(self, **more: str | None) -> "Sheet":
        """Return the sheet with other answers to be found, by path with __ for the dot; None for none."""
        changed = {path.replace("__", "."): text for path, text in more.items()}
        kept = {path: text for path, text in {**self.expected, **changed}.items() if text is not None}
        return replace(self, expected=kept)


@dataclass(frozen=True)
class Style:
    """How somebody writes: dates so, yes or no in boxes or in words, and whether in Welsh."""

    dates: str
    boxes: bool
    welsh: bool = False


def sheet(form: ReferralForm, edition: str, *, dates: str = "{0:%d/%m/%Y}", boxes: bool = True) -> Sheet:
    """Return a form as somebody filled it in on an edition, dates written so, and yes or no in boxes or in words."""
    given = dict(answers(form))
    key = WORDED[edition]
    style = Style(dates, boxes=boxes and not key.endswith("-cy"), welsh=key.endswith("-cy"))
    groups: list[Group] = []
    for heading in EDITIONS[key].headings:
        lines = tuple(line for path in heading.labels for line in _lines(path, heading, given, style))
        groups.append(Group(heading.words[0], lines))
    paths = {line.path for group in groups for line in group.lines if line.text.strip()}
    expected = {path: text for path, text in given.items() if path in paths or path.rpartition(".")[0] in LISTS}
    if not key.startswith("2025"):
        expected = {path: text for path, text in expected.items() if path.rpartition(".")[0] not in LISTS}
    expected |= {"sharing_acknowledged": "yes"}
    expected |= {"edition": edition.removesuffix("-cy"), "language": EDITIONS[key].language}
    return Sheet(TITLES[edition], tuple(groups), "" if key.startswith("2025") else STATEMENT, expected)


def _lines(path: str, heading: Heading, given: Mapping[str, str], style: Style) -> tuple[Line, ...]:
    label = heading.labels[path][0]
    if path in LISTS:
        return (Line(label, _choices(path, given, style), path),)
    if "*" not in path:
        return (Line(label, _text(path, given, style), path),)
    rows = [path.replace("*", str(number)) for number in range(2)]
    return tuple(Line(label, _text(row, given, style), row) for row in rows)


def _choices(path: str, given: Mapping[str, str], style: Style) -> str:
    ticked = {text for other, text in given.items() if other.rpartition(".")[0] == path}
    choices = ((value, WELSH.get(words, words) if style.welsh else words) for value, words in QUESTIONS[path].choices)
    return "\n".join(f"{'☒' if value in ticked else '☐'} {words}" for value, words in choices)


def _text(path: str, given: Mapping[str, str], style: Style) -> str:
    answer = given.get(path, "")
    question = question_at(path)
    if question is None or not answer:
        return ""
    if question.kind is Kind.DATE:
        return style.dates.format(date.fromisoformat(answer))
    if question.kind in {Kind.YES_NO, Kind.YES_NO_NOT_KNOWN} and style.boxes:
        if answer == "not-known":
            return "Yes ☐ No ☐ Not known ☒"
        return f"Yes {'☒' if answer == 'yes' else '☐'} No {'☒' if answer == 'no' else '☐'}"
    words = shown(question, answer)
    return WELSH.get(words, words) if style.welsh else words
