"""Assessments of a case over time: which factors were present when, in marks and words, never as a number."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from contracts.vocabulary.assessment import PRESENCE_WORDS, Assessment, FactorAnswer, Presence
from contracts.vocabulary.drafting import Asks

ASKS = Asks(evidence=True)
"""What Channel asks beside presence and narrative: how it is known, and no finding, because the panel decides."""


class Mark(StrEnum):
    """What one assessment says of a factor, as the picture draws it."""

    PRESENT = "present"
    NOT_PRESENT = "not-present"
    NOT_KNOWN = "not-known"
    NOT_ASKED = "not-asked"


MARK_WORDS = {Mark(each.value): words for each, words in PRESENCE_WORDS.items()} | {Mark.NOT_ASKED: "Not asked"}


@dataclass(frozen=True)
class Seen:
    """An assessment as a column of the picture: what it is called there."""

    label: str
    assessment: Assessment


@dataclass(frozen=True)
class Column:
    """One assessment: what it is called, when it was completed (UTC) and by whom."""

    label: str
    at: datetime
    by: str


@dataclass(frozen=True)
class Cell:
    """What one assessment says of one factor; `changed` is what the one before said that asked, where it differs."""

    mark: Mark
    changed: str = ""

    @property
    def words(self) -> str:
        """Return the mark as people read it."""
        return MARK_WORDS[self.mark]


@dataclass(frozen=True)
class Line:
    """One factor over time; `planned` says that an item of the plan answers it."""

    factor: str
    label: str
    cells: tuple[Cell, ...]
    planned: bool = False


@dataclass(frozen=True)
class Group:
    """The factors of one dimension of one instrument, in the order in which they are asked."""

    instrument: str
    dimension: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Picture:
    """Every factor that was ever asked, by dimension, with one cell for each assessment, the oldest first."""

    columns: tuple[Column, ...]
    groups: tuple[Group, ...]


def picture(seen: Sequence[Seen], planned: Collection[str] = frozenset()) -> Picture:
    """Return the factors over time of assessments given oldest first; `planned` are those that the plan answers.

    Instruments and dimensions stand in the order of the newest assessment, then whatever older ones asked besides.
    Checks that were made or not say nothing of the person and are left out. Nothing is counted, and nothing is sorted
    by what was answered.
    """
    columns = tuple(Column(each.label, each.assessment.completed_at, each.assessment.completed_by) for each in seen)
    answers = [_answers(each.assessment) for each in seen]
    groups: dict[tuple[str, str], list[Line]] = {}
    for key, (name, answer) in _every_factor(seen).items():
        line = Line(answer.factor, answer.label, _cells(key, answers), answer.factor in planned)
        groups.setdefault((name, answer.dimension), []).append(line)
    return Picture(columns, tuple(Group(*names, tuple(lines)) for names, lines in groups.items()))


_Key = tuple[str, str]


def _every_factor(seen: Sequence[Seen]) -> dict[_Key, tuple[str, FactorAnswer]]:
    """Return every factor by instrument and id, as the newest assessment that asks it has it."""
    found: dict[_Key, tuple[str, FactorAnswer]] = {}
    for each in reversed(seen):
        for key, answer in _answers(each.assessment).items():
            found.setdefault(key, (each.assessment.name, answer))
    return found


def _answers(assessment: Assessment) -> dict[_Key, FactorAnswer]:
    return {(assessment.instrument, each.factor): each for each in assessment.factors if each.check is None}


def _cells(key: _Key, answers: Sequence[dict[_Key, FactorAnswer]]) -> tuple[Cell, ...]:
    cells: list[Cell] = []
    last: Presence | None = None
    for each in answers:
        answer = each.get(key)
        if answer is None:
            cells.append(Cell(Mark.NOT_ASKED))
            continue
        differs = last is not None and last is not answer.presence
        cells.append(Cell(Mark(answer.presence.value), PRESENCE_WORDS[last] if differs and last else ""))
        last = answer.presence
    return tuple(cells)
