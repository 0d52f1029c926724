"""From people to what readers see: small figures are hidden, and as many others as leave another list as likely."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from services.stats.domain.auditing import Published, Witness
from services.stats.domain.book import (
    LEAVES,
    PLACES,
    Book,
    Cell,
    Column,
    above,
    bases_of,
    category_rows,
    columns_of,
    parts_of,
)
from services.stats.domain.exchanging import Exchange
from services.stats.domain.measures import AFTER, ATTRIBUTES, CHANNEL_ONLY, MEASURES, SPLITS, TOTAL, UNKNOWN_DISTRICT
from services.stats.domain.moving import Moves
from services.stats.domain.people import People
from services.stats.domain.periods import Period, financial_year
from services.stats.domain.rules import Rules
from services.stats.domain.tables import PublishedRow, PublishedTable

Exchanged = tuple[dict[str, int], list[Witness], list[tuple[str, Column]]]
"""Of an attribute: what is shown of each category, other lists of people, and where figures are not safe."""
Apply = Callable[[Callable[[int], Exchanged], Iterable[int]], Iterable[Exchanged]]


@dataclass(frozen=True)
class Protected:
    """The tables of a release, and the ids of those that are left out because nothing in them may be shown.

    `witnesses` are other lists of people, at least one for each figure that any release hides.
    """

    tables: tuple[PublishedTable, ...]
    left_out: tuple[str, ...] = ()
    witnesses: tuple[Witness, ...] = ()


UNSAFE = (
    "Some hidden figures cannot be protected beside what earlier releases show. Discard the draft, and release these "
    "months together with those that follow."
)


class CannotHide(ValueError):
    """No choice of figures protects somebody, because earlier releases show too much."""


def protect(
    people: People,
    as_of: Mapping[str, int],
    rules: Rules,
    earlier: Sequence[Published] = (),
    kept: Collection[str] = (),
    apply: Apply = map,
) -> Protected:
    """Return what may be shown of these months, with quarters and financial years that they complete.

    `as_of` names all months of the years concerned, those of earlier releases too, and the release that each is as of.
    `earlier` are all releases before this one, oldest first: what they show stays shown where it is the same figure,
    and what they hide stays hidden. A figure that changed by less than the threshold is hidden now. `kept` are tables
    to keep back whole. `apply` does the attributes one by one, or side by side as the caller can; longest first.

    Where some figures cannot be protected beside what earlier releases show, more of this release is withheld, at last
    all of it. Raises CannotHide where no choice of what to hide protects a figure.
    """
    book = Book(people, (*earlier, Published((), as_of, rules.districts)))
    page = _Page(book, rules, kept)
    tables, failed = _attempt(page, apply)
    for spread in SPREADS:
        more = spread(page, failed) - page.withheld
        if failed and more:
            page = _Page(book, rules, kept, page.withheld | more)
            tables, failed = _attempt(page, apply)
    if failed:
        raise CannotHide(UNSAFE)
    return tables


def _attempt(page: "_Page", apply: Apply) -> tuple[Protected, frozenset[Cell]]:
    """Return the tables that a page gives, and the totals and parts in or below which a figure is not safe."""
    book = page.book
    moves = Moves(book, page.shown_cells(), page.frozen_cells)
    failed = set(moves.run())
    if failed:
        return Protected((), (), ()), frozenset(failed)
    witnesses = [change.witness for change in moves.found]
    moved = [*witnesses, *(witness for change in moves.found for witness in moves.others(change))]

    def exchanged(place: int) -> Exchanged:
        attribute = PLACES[place]
        rows = {row for each in book.releases for row in category_rows(attribute, each.districts)}
        frozen = {row: page.frozen_mask(attribute, row) for row in sorted(rows)}
        exchange = Exchange(book, place, {row: page.shown_mask(place, row, moves.shown) for row in frozen}, frozen)
        unsafe = exchange.run(moved, moves.telling)
        return exchange.shown, exchange.witnesses, unsafe

    shown: dict[tuple[int, str], int] = {}
    # What has most rows takes longest.
    places = sorted(range(len(PLACES)), key=lambda place: -len(category_rows(PLACES[place], page.rules.districts)))
    for place, (masks, more, unsafe) in zip(places, apply(exchanged, places), strict=True):
        witnesses += more
        shown |= {(place, row): mask for row, mask in masks.items()}
        failed |= {(*above(measure), column) for measure, column in unsafe}
    return _Tables(page, moves.shown, shown).protected(tuple(dict.fromkeys(witnesses))), frozenset(failed)


@dataclass(frozen=True)
class _Before:
    """What earlier releases say of a table's cell: whether the last of them hid it, and all that was shown of it."""

    was_hidden: bool = False
    shown: frozenset[int] = frozenset()


class _Page:
    """What is shown to begin with: everything that the rules and earlier releases do not hide."""

    def __init__(
        self, book: Book, rules: Rules, kept: Collection[str], withheld: frozenset[Cell] = frozenset()
    ) -> None:
        """Take the figures, the rules, the tables to keep back, and the totals and parts to withhold."""
        self.book, self.rules, self.kept, self.withheld = book, rules, kept, withheld
        self.now = columns_of(book.releases[-1].as_of)
        self.years = {column: financial_year(Period(column[0]).months[0]) for column in book.columns}
        self.before: dict[tuple[str, str, str, str], _Before] = {}
        self.told: dict[tuple[str, str, str], set[Column]] = defaultdict(set)
        """By measure, attribute and row: the columns that earlier releases show."""
        self.periods = {column[0] for each in book.releases[:-1] for column in columns_of(each.as_of)}
        """What earlier releases speak of; a table that one of them left out is hidden there."""
        for release in book.releases[:-1]:
            self._read(release)

    def _read(self, release: Published) -> None:
        columns = {column[0]: column for column in columns_of(release.as_of)}
        # What stands in no table of a release is hidden there, whether an earlier one showed it or not.
        for key, last in self.before.items():
            if key[3] in columns:
                self.before[key] = _Before(was_hidden=True, shown=last.shown)
        for table in release.tables:
            for row in table.rows:
                for period, count in zip(table.periods, row.counts, strict=True):
                    key = (table.measure, table.attribute, row.category, period)
                    shown = self.before.get(key, _Before()).shown
                    self.before[key] = _Before(count is None, shown if count is None else shown | {count})
                    if count is not None:
                        self.told[table.measure, table.attribute, row.category].add(columns[period])

    @cached_property
    def new(self) -> tuple[Column, ...]:
        """Return the columns that no earlier release has."""
        before = {column for release in self.book.releases[:-1] for column in columns_of(release.as_of)}
        return tuple(column for column in self.now if column not in before)

    @cached_property
    def frozen_cells(self) -> frozenset[Cell]:
        """Return the totals and parts that an earlier release shows."""
        return frozenset(cell for cell in self.book.cells if cell[2] in self.told.get(_named(cell[0], cell[1]), ()))

    def frozen_mask(self, attribute: str, row: str) -> int:
        """Return the bits of a row that an earlier release shows, and of those that no table has."""
        found = 0
        for measure in LEAVES:
            for column in self.told.get((measure, attribute, row), ()):
                found |= 1 << self.book.bit(measure, column)
        return found | self.book.nowhere(attribute, row)

    def shown_cells(self) -> set[Cell]:
        """Return the totals and parts that may be shown by themselves."""
        found = set(self.frozen_cells)
        for cell in self.book.cells:
            measure, part, column = cell
            if column in self.book.now and cell not in found:
                small = min(self.book.values[cell], self.book.referrals[cell]) < self.rules.suppress_below
                withheld = cell in self.withheld or (part and (measure, "", column) not in found)
                if not small and not withheld and self._may(*_named(measure, part), column, self.book.values[cell]):
                    found.add(cell)
        return found

    def shown_mask(self, place: int, row: str, cells: Collection[Cell]) -> int:
        """Return the bits of a row that may be shown by themselves, where what they are a part of is shown."""
        attribute, found = PLACES[place], self.frozen_mask(PLACES[place], row)
        for bit, count in self.book.counts.get((place, row), Counter[int]()).items():
            measure, column = self.book.named(bit)
            if (
                column in self.book.now
                and self.book.behind(place, row, bit) >= self.rules.suppress_below
                and (*above(measure), column) in cells
                and self._may(measure, attribute, row, column, count)
            ):
                found |= 1 << bit
        return found

    def _may(self, measure: str, attribute: str, row: str, column: Column, count: int) -> bool:
        """Say whether earlier releases, and what is kept back, let a figure be shown."""
        name = "/".join(filter(None, (measure, attribute, self.years[column]))) if self.kept else ""
        before = self.before.get((measure, attribute, row, column[0]), _Before(column[0] in self.periods))
        if name in self.kept or before.was_hidden:
            return False
        least = self.rules.suppress_below + self.rules.round_to - 1
        return not any(0 < abs(each - self.rules.rounded(count)) < least for each in before.shown)


def _named(measure: str, part: str) -> tuple[str, str, str]:
    """Return the measure, attribute and row under which a total or part is published."""
    return (measure, SPLITS[measure], part) if part else (measure, "", TOTAL)


def _beside(page: _Page, failed: Collection[Cell]) -> frozenset[Cell]:
    """Return the new cells of the same totals and parts that share a month with one, or a year with an older one."""
    found = set()
    for measure, part, column in failed:
        near = [each for each in page.new if set(bases_of(each)) & set(bases_of(column))]
        found |= {(measure, part, each) for each in near or page.new}
    return frozenset(found)


def _of_measures(page: _Page, failed: Collection[Cell]) -> frozenset[Cell]:
    """Return every new cell of the measures."""
    return _all_new(page, {measure for measure, _, _ in failed})


def _of_steps(page: _Page, failed: Collection[Cell]) -> frozenset[Cell]:
    """Return every new cell of the measures, and of what comes before or after them."""
    measures = {measure for measure, _, _ in failed}
    beside = {each for pair in AFTER if measures & set(pair) for each in pair}
    return _all_new(page, measures | beside - {"received"} | (set(CHANNEL_ONLY) if "decided" in measures else set()))


def _everything(page: _Page, _failed: Collection[Cell]) -> frozenset[Cell]:
    return _all_new(page, {cell[0] for cell in page.book.cells})


def _all_new(page: _Page, measures: Collection[str]) -> frozenset[Cell]:
    return frozenset(cell for cell in page.book.cells if cell[0] in measures and cell[2] in page.new)


SPREADS = (_beside, _beside, _of_measures, _of_steps, _everything)
"""What is withheld where figures are not safe, further from them each time."""


class _Tables:
    """The tables of the release that is made."""

    def __init__(self, page: _Page, cells: Collection[Cell], masks: Mapping[tuple[int, str], int]) -> None:
        self.page, self.book, self.rules, self.cells, self.masks = page, page.book, page.rules, cells, masks

    def protected(self, witnesses: tuple[Witness, ...]) -> Protected:
        """Return the tables in which something is shown, and the names of all others."""
        tables, left_out = [], []
        columns: dict[str, list[Column]] = defaultdict(list)
        for column in self.page.now:
            columns[self.page.years[column]].append(column)
        for year, own in columns.items():
            for measure, attribute in _every_table():
                table = self._table(measure, attribute, year, own)
                if any(count is not None for row in table.rows for count in row.counts):
                    tables.append(table)
                else:
                    left_out.append(table.id)
        return Protected(tuple(tables), tuple(left_out), witnesses)

    def _table(self, measure: str, attribute: str, year: str, columns: Sequence[Column]) -> PublishedTable:
        rows = self._rows(measure, attribute)
        counts = {row: tuple(self._count(measure, attribute, row, column) for column in columns) for row in rows}
        total = above(measure)
        totals = tuple(self._shown((*total, column)) for column in columns)
        rest = str(ATTRIBUTES[attribute].unknown) if attribute in ATTRIBUTES else ""
        rest = UNKNOWN_DISTRICT if attribute == "district" else rest
        known = tuple(
            None if whole is None or (rest and counts[rest][place] is None) else self._known(total, column, attribute)
            for place, (whole, column) in enumerate(zip(totals, columns, strict=True))
        )
        return PublishedTable(
            measure=measure,
            attribute=attribute,
            year=year,
            periods=tuple(column[0] for column in columns),
            rows=tuple(PublishedRow(row, counts[row]) for row in rows),
            totals=totals,
            known=known,
        )

    def _rows(self, measure: str, attribute: str) -> tuple[str, ...]:
        if not attribute:
            return (TOTAL,)
        return category_rows(attribute, self.rules.districts) if attribute in ATTRIBUTES else parts_of(measure)

    def _count(self, measure: str, attribute: str, row: str, column: Column) -> int | None:
        if attribute not in ATTRIBUTES:
            return self._shown((measure, row if attribute else "", column))
        place, bit = PLACES.index(attribute), self.book.bit(measure, column)
        shown = self.masks[place, row] >> bit & 1
        return self.rules.rounded(self.book.count(place, row, bit)) if shown else None

    def _shown(self, cell: Cell) -> int | None:
        return self.rules.rounded(self.book.values[cell]) if cell in self.cells else None

    def _known(self, total: tuple[str, str], column: Column, attribute: str) -> int:
        whole = self.book.values[*total, column]
        if attribute not in ATTRIBUTES:
            return self.rules.rounded(whole)
        rest = UNKNOWN_DISTRICT if attribute == "district" else str(ATTRIBUTES[attribute].unknown)
        bit = self.book.bit("-".join(filter(None, total)), column)
        return self.rules.rounded(whole - self.book.count(PLACES.index(attribute), rest, bit))


def _every_table() -> Iterator[tuple[str, str]]:
    """Give every table that there may be: the total of a part stands in the table that it is a part of."""
    for measure in MEASURES.values():
        if not measure.of:
            yield measure.id, ""
        for attribute in measure.attributes:
            yield measure.id, attribute
