"""Answers found by the labels beside, above or before them, each below its heading; what is not clear is named so."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from contracts.vocabulary.nrf import Heading, Kind, Question
from services.intake.domain.written import MARKS, day_of, is_mail_address, is_phone, several, ticked, yes_or_no
from services.intake.readers.fields import chosen, question_of
from services.intake.readers.rows import Pages, Row, bare
from services.intake.readers.wording import Labelled, Wording

NOTHING_SAID = frozenset({"", "n a", "na", "none", "not known", "unknown", "not applicable", "nil", "yes no"})
"""What people write where they have no date, number or address to give; in other answers it is kept as it is."""
TICKED = frozenset({Kind.YES_NO, Kind.YES_NO_NOT_KNOWN, Kind.CHOICE, Kind.CHOICES, Kind.ACKNOWLEDGED})
LONG = frozenset({Kind.TEXT})
LONGEST_LABEL = 6
"""So many lines at most, besides the first."""

LONGEST_BELOW = 8
"""So many words at most are taken for a short answer that stands below its label: more may be anything."""

LONGEST_LIST = 1_000
CONTACT = ("forename", "surname", "role", "organisation", "relationship", "phone", "email", "wishes_anonymity")


@dataclass(frozen=True)
class Answers:
    """What labels led to: text by path, the paths that are not clear, and the words that belong to no field."""

    values: Mapping[str, str]
    doubtful: tuple[str, ...]
    unplaced: tuple[str, ...]


def answers_by_label(pages: Pages, wording: Wording, known: Mapping[str, str]) -> Answers:
    """Return the answers of a document by the labels of an edition; `known` are those already found, by path.

    A referrer's part that says "if different from above" and holds nothing is filled from the person who first
    identified the concerns: that is what these words of the form mean.
    """
    walk = _Walk(wording)
    for row in _unwrapped(pages.rows, wording):
        walk.row(row)
    return walk.answers(known, pages.asked)


def _unwrapped(rows: Sequence[Row], wording: Wording) -> Iterator[Row]:
    """Yield the rows, those of which the label or the print is broken over several lines put together again.

    The longest label counts; a line that is a label of its own never belongs to the one above it.
    """
    place = 0
    while place < len(rows):
        row, taken = rows[place], 1
        if wording.begins(row.cells[0]):
            for more in range(1, LONGEST_LABEL + 1):
                broken = rows[place : place + more + 1]
                if len(broken) <= more or wording.is_known(broken[-1].cells[0]):
                    break
                whole = _together(broken)
                if wording.is_known(whole.cells[0]):
                    row, taken = whole, more + 1
        place += taken
        yield row


def _together(rows: Sequence[Row]) -> Row:
    width = max(len(row.cells) for row in rows)
    columns = [[row.cells[place] for row in rows if len(row.cells) > place] for place in range(width)]
    return Row(tuple(" ".join(cell for cell in column if cell) for column in columns))


class _Walk:
    """One way through a document."""

    def __init__(self, wording: Wording) -> None:
        self._wording = wording
        self._heading: Heading | None = None
        self._pending = ""
        self._last = ""
        self._columns: tuple[str, ...] = ()
        self._found: dict[str, list[str]] = {}
        self._times: Counter[str] = Counter()
        self._unplaced: list[str] = []
        self._unsure: set[str] = set()
        self._opened: dict[str, str] = {}
        self._seen: set[str] = set()
        self._same_as: dict[str, str] = {}

    def row(self, row: Row) -> None:
        """Take in one row."""
        cells = tuple(cell.strip() for cell in row.cells)
        filled = [cell for cell in cells if cell]
        if len(cells) == 1 or (len(filled) == 1 and self._wording.heading(filled[0])):
            self._lines(filled[0] if filled else "")
        elif row.continues and not cells[0] and (self._pending or self._last):
            self._pending = self._pending or self._last
            self._more(" ".join(filled), "\n" if _kind(self._pending) in {*LONG, Kind.CHOICES} else " ")
        elif filled:
            self._table_row(cells)
        else:
            self._columns = ()

    def _table_row(self, cells: tuple[str, ...]) -> None:
        found = [self._label(cell, first=not place) if cell else None for place, cell in enumerate(cells)]
        if self._columns and len(cells) == len(self._columns) and not any(found):
            for path, cell in zip(self._columns, cells, strict=True):
                self._answer(path, cell)
            self._columns = ()
            return
        self._columns = ()
        if all(label is not None and not label.rest for label in found):
            self._columns = tuple(self._numbered(label.path) for label in found if label)
            self._pending = ""
            return
        self._pairs(cells, found)

    def _pairs(self, cells: tuple[str, ...], found: list[Labelled | None]) -> None:
        """Pair labels with the cells to their right; an answer of boxes may fill several cells."""
        self._pending, path = "", ""
        for place, (cell, label) in enumerate(zip(cells, found, strict=True)):
            if label:
                path = self._begin(label)
            elif not cell:
                continue
            elif path and ((place and found[place - 1]) or not self._found.get(path)):
                self._answer(path, cell)
            elif path and _kind(path) in TICKED:
                self._found[path][-1] += f" {cell}"
            else:
                self._outside(cell)
        # Only a row that goes on with this one adds to its answer; a paragraph below a table belongs to no cell of it.
        self._last, self._pending = path, ""

    def _lines(self, text: str) -> None:
        self._columns, self._last = (), ""
        whole = None if self._wording.heading(text) else self._label(text)
        if whole and not whole.rest:
            self._begin(whole)
            return
        for line in text.split("\n"):
            self._line(line.strip())

    def _line(self, line: str) -> None:
        if not line:
            self._more("")
        elif heading := self._wording.heading(line):
            self._open(heading, line)
        elif label := self._label(line):
            self._begin(label)
        elif path := self._wording.statement(line):
            self._answer(path, "yes")
        elif self._pending and (any(self._found.get(self._pending, ())) or not self._wording.is_help(line)):
            self._more(line)
        else:
            self._outside(line)

    def _open(self, heading: Heading, line: str) -> None:
        """Begin a part of the form; where its heading is the question, too, what follows is the answer."""
        self._note_opening(heading)
        self._heading, self._pending = heading, ""
        if heading.otherwise and self._wording.says_if_different(line):
            self._same_as[heading.section] = heading.otherwise
        label = self._wording.label(line, heading, anywhere=False)
        if label and not label.rest and _kind(label.path) in LONG:
            self._begin(label)

    def _note_opening(self, heading: Heading) -> None:
        """Doubt the long answers around a heading that comes twice: once it may have been a line of an answer."""
        before = self._pending if _kind(self._pending) in LONG else ""
        if heading is self._heading and not any(self._found.get(path) for path in heading.labels):
            return  # the heading is the label of its first question, too
        earlier = self._opened.setdefault(heading.section, before)
        if heading.section in self._seen and (before or earlier):
            self._unsure |= {path for path in (before, earlier, *heading.labels) if path in self._found}
        self._seen.add(heading.section)

    def _label(self, text: str, *, first: bool = True) -> Labelled | None:
        # In a long answer only the labels of its own part end it: people write "Family: ..." in a narrative. An answer
        # beside its label may be a word that is a label elsewhere.
        anywhere = not (self._pending and _kind(self._pending) in LONG) if first else self._heading is None
        return self._wording.label(text, self._heading, anywhere=anywhere)

    def _begin(self, label: Labelled) -> str:
        path = self._numbered(label.path)
        self._pending = path
        if label.rest:
            self._answer(path, label.rest)
            self._pending = path
        return path

    def _numbered(self, path: str) -> str:
        """Return the path with its number in the list: the form asks such questions as often as it has rows."""
        if "*" not in path:
            return path
        number = self._times[path]
        self._times[path] += 1
        return path.replace("*", str(number), 1)

    def _answer(self, path: str, text: str) -> None:
        self._found.setdefault(path, []).append(text)
        self._pending = path

    def _more(self, text: str, joint: str = "\n") -> None:
        """Add to the answer that was begun last; a short answer ends with its line."""
        if not self._pending:
            return
        answers = self._found.setdefault(self._pending, [""])
        if not text and not answers[-1]:
            return
        if joint == "\n" and answers[-1] and not self._goes_on(text):
            self._pending = ""
            self._outside(text)
            return
        kind = _kind(self._pending)
        if joint == "\n" and kind not in {*LONG, *TICKED} and len(text.split()) > LONGEST_BELOW:
            self._unsure.add(self._pending)
        answers[-1] = f"{answers[-1]}{joint}{text}" if answers[-1] else text

    def _goes_on(self, text: str) -> bool:
        kind = _kind(self._pending)
        if kind in LONG or (kind in TICKED and MARKS.search(text)):
            return True
        return bool(text) and (self._pending.endswith(".lines") or kind is Kind.CHOICES)

    def _outside(self, text: str) -> None:
        if not self._wording.is_print(text):
            self._unplaced.append(text)

    def answers(self, known: Mapping[str, str], asked: frozenset[str]) -> Answers:
        """Return what was found, beside what is known already; two different answers to one question are doubtful."""
        values, doubtful, unplaced = dict(known), set(self._unsure), list(self._unplaced)
        for path, texts in self._found.items():
            if path in asked:
                # Its own field holds the answer: what stands at its label on the page is print, or belongs nowhere.
                unplaced += [line for text in texts for line in text.split("\n") if not self._wording.is_print(line)]
                continue
            if any(other.startswith(f"{path}.") for other in known):
                continue
            given = list(dict.fromkeys(text.strip() for text in texts if not _blank(path, text)))
            given = [text for text in given if text != values.get(path, "").strip()]
            if not given:
                continue
            if values.get(path, "").strip() or len(given) > 1:
                doubtful.add(path)
            values.setdefault(path, given[0])
            unplaced += [text for text in given if text != values[path]]
        self._fill_same(values)
        for path in [path for path in values if path not in known]:
            _settle(path, values, doubtful)
        return Answers(values, tuple(sorted(doubtful)), tuple(unplaced))

    def _fill_same(self, values: dict[str, str]) -> None:
        for part, other in self._same_as.items():
            if any(values.get(f"{part}.{name}", "").strip() for name in CONTACT):
                continue
            for name in CONTACT:
                if values.get(f"{other}.{name}"):
                    values[f"{part}.{name}"] = values[f"{other}.{name}"]


def _kind(path: str) -> Kind | None:
    question = question_of(path)
    return question.kind if question else None


def _blank(path: str, text: str) -> bool:
    """Say whether nothing is answered: no words, or boxes of which none is ticked."""
    if not text.strip():
        return True
    kind = _kind(path)
    if kind in TICKED:
        return ticked(text) == () if MARKS.search(text) else bare(text) == "yes no"
    return kind not in {Kind.LINE, Kind.TEXT, None} and bare(text) in NOTHING_SAID


def _settle(path: str, values: dict[str, str], doubtful: set[str]) -> None:
    """Turn a written answer into what its question takes; what does not fit is kept as it is and named doubtful."""
    question = question_of(path)
    if question is None or path in doubtful:
        return
    text = values[path]
    if question.kind is Kind.CHOICES:
        _settle_choices(path, question, values, doubtful)
    elif question.kind in {Kind.PHONE, Kind.EMAIL} and ".*" in question.path:
        _settle_several(path, question, values, doubtful)
    elif question.kind in TICKED:
        chosen = chosen_of(question, text)
        values[path] = chosen or text
        if chosen is None:
            doubtful.add(path)
    elif not _fits(question.kind, text):
        doubtful.add(path)


def _fits(kind: Kind, text: str) -> bool:
    if kind is Kind.DATE:
        return day_of(text) is not None
    if kind is Kind.PHONE:
        return is_phone(text)
    return is_mail_address(text) if kind is Kind.EMAIL else True


def chosen_of(question: Question, text: str) -> str | None:
    """Return the one choice that a text means, by its words or by its ticked box; None when that is not clear."""
    if question.kind in {Kind.YES_NO, Kind.YES_NO_NOT_KNOWN, Kind.ACKNOWLEDGED}:
        answer = yes_or_no(text) or chosen(text, question)
        return answer if answer != "not-known" or question.kind is Kind.YES_NO_NOT_KNOWN else None
    boxes = ticked(text)
    if boxes is not None:
        return chosen(boxes[0], question) if len(boxes) == 1 else None
    return None if MARKS.search(text) else chosen(text, question)


def _settle_choices(path: str, question: Question, values: dict[str, str], doubtful: set[str]) -> None:
    """Replace an answer that names several choices by one path for each."""
    text = values.pop(path)
    boxes = ticked(text)
    named = boxes if boxes is not None else tuple(line for line in text.split("\n") if line.strip())
    values_of = [chosen(words, question) for words in named]
    untouched = boxes is None and len(named) == len(question.choices)
    if not all(values_of) or untouched or (boxes is None and MARKS.search(text)):
        values[f"{path}.0"] = text
        doubtful.add(f"{path}.0")
        return
    values |= {f"{path}.{number}": value for number, value in enumerate(values_of) if value}


def _settle_several(path: str, question: Question, values: dict[str, str], doubtful: set[str]) -> None:
    """Give each telephone number or mail address of an answer its own path."""
    text = values[path]
    fits = is_phone if question.kind is Kind.PHONE else is_mail_address
    if fits(text):
        return
    pieces = several(text) if len(text) <= LONGEST_LIST else ()
    if not pieces or not all(map(fits, pieces)):
        doubtful.add(path)
        return
    stem = path.rpartition(".")[0]
    taken = {other for other in values if other.startswith(f"{stem}.")} - {path}
    if taken:
        doubtful.add(path)
        return
    values |= {f"{stem}.{number}": piece for number, piece in enumerate(pieces)}
