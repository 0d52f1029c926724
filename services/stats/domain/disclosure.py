"""From counts to what readers see: totals first, then what they are made of, each table protected on its own."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from services.stats.domain.measures import (
    ATTRIBUTES,
    CLOSING,
    MEASURES,
    OUTCOME,
    TOTAL,
    UNKNOWN_DISTRICT,
    Counted,
    Measure,
    categories,
)
from services.stats.domain.periods import Period, Tree, financial_year
from services.stats.domain.suppression import Before, Cell, Counts, hidden_cells
from services.stats.domain.tables import PublishedRow, PublishedTable


@dataclass(frozen=True)
class Rules:
    """The area's rules: hide counts below `suppress_below`, round to multiples of `round_to`; and its districts."""

    suppress_below: int
    round_to: int = 1
    districts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Protected:
    """The tables of a release, and the ids of those that are left out because nothing in them may be shown."""

    tables: tuple[PublishedTable, ...]
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class Hide:
    """What is to be hidden beyond what the rules ask: whole tables (`cells` empty), or some of their cells."""

    table: str
    cells: frozenset[Cell] = frozenset()


def protect(
    counted: Counted,
    months: Collection[str],
    rules: Rules,
    earlier: Sequence[PublishedTable] = (),
    hide: Collection[Hide] = (),
) -> Protected:
    """Return what may be shown of these months, with quarters and financial years that they complete.

    `months` are all that are released in the years concerned, those of earlier releases too; `earlier` are the tables
    of those releases, oldest first: what they show unchanged stays shown, and what they hide stays hidden. A figure
    that changed by less than the threshold is hidden now.

    Raises ValueError where the parts of a measure do not add up to its total, which no reader could then rely on.
    """
    tables: list[PublishedTable] = []
    left_out: list[str] = []  # also where nothing was ever counted: a list without them would tell of noughts
    for year in sorted({financial_year(month) for month in months}):
        one = _Year(year, counted, tuple(m for m in sorted(months) if financial_year(m) == year), rules, earlier, hide)
        shown = [
            table for table in one.tables() if any(count is not None for row in table.rows for count in row.counts)
        ]
        tables += shown
        named = {(table.measure, table.attribute) for table in shown}
        every = [(measure.id, attribute) for measure in MEASURES.values() for attribute in ("", *measure.attributes)]
        left_out += ["/".join(filter(None, (*pair, year))) for pair in every if pair not in named and _is_table(*pair)]
    return Protected(tuple(tables), tuple(left_out))


def _is_table(measure: str, attribute: str) -> bool:
    """Say whether there is such a table: the total of a part stands in the table that it is a part of."""
    return bool(attribute) or not MEASURES[measure].of


@dataclass(frozen=True)
class _Year:
    year: str
    counted: Counted
    months: tuple[str, ...]
    rules: Rules
    earlier: Sequence[PublishedTable]
    hide: Collection[Hide] = ()
    hidden_rows: dict[str, frozenset[Period]] = field(default_factory=dict)
    """The periods in which the total of a measure is hidden."""

    @cached_property
    def tree(self) -> Tree:
        return Tree(self.months)

    @cached_property
    def before(self) -> Mapping[str, list[PublishedTable]]:
        found: dict[str, list[PublishedTable]] = {}
        for table in self.earlier:
            found.setdefault(table.id, []).append(table)
        return found

    def tables(self) -> Iterator[PublishedTable]:
        for measure in MEASURES.values():
            if not measure.of and (measure.id, "") in self.counted:
                yield self._totals(measure)
                for attribute in measure.attributes:
                    yield from self._split(measure, attribute)

    def _totals(self, measure: Measure) -> PublishedTable:
        counts = Counts(self.tree, (TOTAL,), self._values(measure.id, ""), adds_up=False)
        hidden = self._hidden(f"{measure.id}/{self.year}", counts, frozenset())
        self.hidden_rows[measure.id] = frozenset(period for _, period in hidden)
        return self._published(measure.id, "", counts, hidden)

    def _split(self, measure: Measure, attribute: str) -> Iterator[PublishedTable]:
        if (measure.id, attribute) not in self.counted:
            return
        counts = Counts(self.tree, categories(attribute, self.rules.districts), self._values(measure.id, attribute))
        self._check(measure, counts)
        table_id = f"{measure.id}/{attribute}/{self.year}"
        hidden = self._hidden(table_id, counts, self.hidden_rows[measure.id])
        yield self._published(measure.id, attribute, counts, hidden)
        if attribute in (OUTCOME, CLOSING):
            for part in MEASURES.values():
                if part.of == measure.id:
                    self.hidden_rows[part.id] = frozenset(period for row, period in hidden if row == part.category)
                    for split in part.attributes:
                        yield from self._split(part, split)

    def _values(self, measure: str, attribute: str) -> Mapping[tuple[str, str], int]:
        return self.counted.get((measure, attribute), {})

    def _total(self, measure: Measure, month: str) -> int:
        above = MEASURES[measure.of] if measure.of else measure
        split, row = (above.attributes[0], measure.category) if measure.of else ("", TOTAL)
        return self._values(above.id, split).get((row, month), 0)

    def _check(self, measure: Measure, counts: Counts) -> None:
        for month in self.months:
            if sum(counts[row, Period(month)] for row in counts.rows) != self._total(measure, month):
                message = f"The parts of {measure.id} in {month} do not add up to their total."
                raise ValueError(message)

    def _hidden(self, table_id: str, counts: Counts, withheld: frozenset[Period]) -> frozenset[Cell]:
        cells = frozenset(counts.cells)
        before = self._before(table_id, counts)
        if withheld.issuperset(self.tree.periods) and not before.shown:
            return cells
        try:
            return hidden_cells(counts, self.rules.suppress_below, withheld, before)
        except ValueError:
            return cells - before.shown

    def _before(self, table_id: str, counts: Counts) -> Before:
        """Return what earlier releases fix: nothing that they hid is shown, nothing known counts as hidden."""
        known: dict[Cell, int | None] = {}
        shown_once: dict[Cell, int] = {}
        for table in self.before.get(table_id, ()):
            for row in table.rows:
                for period, count in zip(table.periods, row.counts, strict=True):
                    known[row.category, Period(period)] = count
                    if count is not None:
                        shown_once[row.category, Period(period)] = count
        now = {cell: self._rounded(counts[cell]) for cell in known}
        shown = frozenset(cell for cell, count in shown_once.items() if count == now[cell])
        least = self.rules.suppress_below + self.rules.round_to - 1
        small = {cell for cell, count in shown_once.items() if 0 < abs(count - now[cell]) < least}
        hidden = {cell for cell, count in known.items() if count is None} - shown
        for each in self.hide:
            if each.table == table_id:
                hidden |= (each.cells or frozenset(counts.cells)) - shown
        return Before(shown, frozenset(hidden | small))

    def _published(self, measure: str, attribute: str, counts: Counts, hidden: frozenset[Cell]) -> PublishedTable:
        periods = self.tree.periods
        rows = tuple(
            PublishedRow(row, tuple(None if (row, p) in hidden else self._rounded(counts[row, p]) for p in periods))
            for row in counts.rows
        )
        withheld = self.hidden_rows[measure]
        sums = {p: sum(counts[row, p] for row in counts.rows) for p in periods}
        rest = str(ATTRIBUTES[attribute].unknown) if attribute in ATTRIBUTES else ""
        rest = UNKNOWN_DISTRICT if attribute == "district" else rest
        return PublishedTable(
            measure=measure,
            attribute=attribute,
            year=self.year,
            periods=tuple(p.id for p in periods),
            rows=rows,
            totals=tuple(None if p in withheld else self._rounded(sums[p]) for p in periods),
            known=tuple(
                None
                if p in withheld or (rest, p) in hidden
                else self._rounded(sums[p] - (counts[rest, p] if rest else 0))
                for p in periods
            ),
        )

    def _rounded(self, value: int) -> int:
        base = self.rules.round_to
        return (value + base // 2) // base * base
