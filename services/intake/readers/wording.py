"""The wording of one edition of the form, ready to be looked up: which words are a heading, a label, or mere print."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from contracts.vocabulary.nrf import EDITIONS, QUESTIONS, Edition, Heading
from contracts.vocabulary.nrf.editions import ABOUT_THE_FORM, SAMPLE_NOTICE
from contracts.vocabulary.nrf.welsh import WELSH
from services.intake.domain.written import MARKS
from services.intake.readers.rows import Pages, bare, without_asides

SEPARATORS = r"[:?\n\t☐☑☒–—-]"
FEWEST_FOUND = 4
"""So many labels and headings of an edition must stand in a document for it to be taken for that form."""
PRINTED = re.compile(
    r"(page )?\d+( of \d+)?|click (or tap )?(here )?to enter (text|a date)|choose an item|"
    r"yes no|tick all that apply|please tick|official( sensitive)?( when complete)?|end of form",
)
ASIDE = re.compile(r"\A\s*(?:\([^()\n]*\))?")
IF_DIFFERENT = ("if different from above", "os yn wahanol i r uchod")


@dataclass(frozen=True)
class Labelled:
    """A label that was found: the path that it stands for, and what stands behind it in the same cell."""

    path: str
    rest: str


class Wording:
    """One edition's words."""

    def __init__(self, edition: Edition) -> None:
        """Prepare the words of this edition."""
        self.edition = edition
        headings = (*edition.headings, ABOUT_THE_FORM)
        self._headings = {bare(words): heading for heading in headings for words in heading.words}
        self._labels = {heading.section: dict(_bare_labels(heading)) for heading in headings}
        self._every = frozenset({words for labels in self._labels.values() for words in labels} | set(self._headings))
        self._anywhere = _unambiguous(self._labels.values())
        self._starts = {section: _starts(labels) for section, labels in self._labels.items()}
        self._any_start = _starts(self._anywhere)
        self._statements = {bare(one): path for path, words in edition.statements.items() for one in words}
        marks = tuple(mark for one in EDITIONS.values() for mark in one.marks)
        self._print = frozenset(bare(words) for words in (*edition.print, *marks))
        self._wholes = self._every | self._print | frozenset(self._statements)
        phrases = sorted(filter(None, self._print), key=len, reverse=True)
        self._printed = re.compile(rf"\b(?:{'|'.join(map(re.escape, phrases))})\b")
        self._choices = frozenset(map(bare, _choices()))

    def heading(self, text: str) -> Heading | None:
        """Return the part of the form that these words begin."""
        return self._headings.get(bare(text)) or self._headings.get(bare(without_asides(text)))

    def says_if_different(self, text: str) -> bool:
        """Say whether a heading declares that a blank part means the person above."""
        return any(words in bare(text) for words in IF_DIFFERENT)

    def label(self, text: str, heading: Heading | None, *, anywhere: bool = True) -> Labelled | None:
        """Return the label that a text is or begins with, below a heading or, if allowed, the form's only such one."""
        here = self._labels.get(heading.section, {}) if heading else {}
        for words in (bare(text), bare(without_asides(text))):
            path = here.get(words) or (self._anywhere.get(words) if anywhere else None)
            if path and words:
                return Labelled(path, "")
        starts = (self._starts.get(heading.section) if heading else None, self._any_start if anywhere else None)
        for start, labels in zip(starts, (here, self._anywhere), strict=True):
            found = start.match(text) if start else None
            path = labels.get(bare(found[1])) if found else None
            if found and path:
                return Labelled(path, ASIDE.sub("", text[found.end(1) :]).strip(" \t:?*–—-\n"))
        return None

    def begins(self, text: str) -> bool:
        """Say whether a text may be the first line of a label, a heading or a line of print that goes on below it."""
        words = bare(text)
        return bool(words) and any(whole.startswith(f"{words} ") for whole in self._wholes)

    def statement(self, text: str) -> str | None:
        """Return the path of the question that this printed statement answers with yes."""
        words = bare(text)
        return next((path for start, path in self._statements.items() if words.startswith(start)), None)

    def is_print(self, text: str) -> bool:
        """Say whether these words belong to the empty form, or are none at all."""
        words = bare(text)
        return self.is_help(text) or words in self._choices or words in self._every or words == bare(SAMPLE_NOTICE)

    def is_help(self, text: str) -> bool:
        """Say whether these words are the empty form's own advice, which is never an answer."""
        words = bare(text)
        if MARKS.search(text):
            return False
        return PRINTED.fullmatch(words) is not None or not self._printed.sub("", words).strip()

    def is_known(self, text: str) -> bool:
        """Say whether a text is a heading, a label or a line of print of this edition and nothing more."""
        return bare(text) in self._wholes

    def found_in(self, pages: Pages) -> int:
        """Return how many different headings and labels of this edition stand in a document."""
        seen = {bare(cell.partition("\n")[0].partition(":")[0]) for row in pages.rows for cell in row.cells}
        seen |= {bare(cell) for row in pages.rows for cell in row.cells}
        return sum(1 for words in seen if words in self._every)


@lru_cache(maxsize=1)
def wordings() -> tuple[Wording, ...]:
    """Return the wording of every edition, the newest first."""
    return tuple(Wording(edition) for edition in EDITIONS.values())


def wording_of(pages: Pages) -> Wording | None:
    """Return the wording that fits a document best, the newest where several do; None when none does."""
    best = max(wordings(), key=lambda wording: wording.found_in(pages))
    return best if best.found_in(pages) >= FEWEST_FOUND else None


def edition_of(pages: Pages, wording: Wording) -> str:
    """Return the edition that a document names in its title or margins; "unknown" when it names none or several.

    Only what stands before the first heading or label counts: an answer may name any year.
    """
    title: list[str] = list(pages.margins)
    for row in pages.rows:
        if any(wording.heading(cell) or wording.label(cell, None) for cell in row.cells if cell):
            break
        title += row.cells
    words = f" {bare(' '.join(title))} "
    fitting = (one.edition for one in wordings() if one.edition.headings[0].words == wording.edition.headings[0].words)
    named = {one.key for one in fitting if any(f" {bare(mark)} " in words for mark in one.marks)}
    return named.pop() if len(named) == 1 else "unknown"


def _bare_labels(heading: Heading) -> Iterator[tuple[str, str]]:
    for path, labels in heading.labels.items():
        for label in labels:
            yield bare(label), path
            yield bare(without_asides(label)), path


def _unambiguous(sections: Iterable[Mapping[str, str]]) -> Mapping[str, str]:
    meant: dict[str, set[str]] = {}
    for labels in sections:
        for words, path in labels.items():
            meant.setdefault(words, set()).add(path)
    return MappingProxyType({words: paths.pop() for words, paths in meant.items() if len(paths) == 1})


def _starts(labels: Mapping[str, str]) -> re.Pattern[str] | None:
    """Return what matches a text that begins with one of these labels, the longest first, and a separator behind it."""
    words = sorted((label for label in labels if label), key=len, reverse=True)
    if not words:
        return None
    spelt = "|".join(r"[\W_]{0,4}".join(map(_spelt, label.split())) for label in words)
    return re.compile(rf"[\s*•·]*({spelt})(?:\([^()\n]*\)|[\s*])*(?:{SEPARATORS})", re.IGNORECASE)


def _spelt(word: str) -> str:
    return "".join(rf"{re.escape(letter)}['’()]?" for letter in word)


def _choices() -> Iterator[str]:
    for question in QUESTIONS.values():
        for _, words in question.choices:
            yield words
            yield WELSH.get(words, words)
