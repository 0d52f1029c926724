"""Everything that readers are told, as a system of equations over unknown whole numbers.

This shares nothing with the code that chooses what to hide but the shape of a table: it reads what is published, and
only that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from services.stats.domain.auditing import Published, Recovered
from services.stats.domain.measures import MEASURES, TOTAL
from services.stats.domain.periods import Period
from services.stats.domain.tables import PublishedTable

Key = tuple[str, ...]
"""What an unknown is called: measure, attribute, category, month, and how often that month has been stated."""


@dataclass(frozen=True)
class Row:
    """A sum of unknowns, each with its factor, that lies between two bounds."""

    factors: Mapping[int, float]
    least: float
    greatest: float


@dataclass(frozen=True)
class Target:
    """A hidden figure: the unknowns that it is the sum of, and where it stands."""

    unknowns: tuple[int, ...]
    table: str
    category: str
    period: str

    def recovered(self, value: int) -> Recovered:
        """Return it as found out."""
        return Recovered(self.table, self.category, self.period, value)


@dataclass
class Model:
    """The unknowns, what is known of them, and what is hidden."""

    names: dict[Key, int] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)

    def unknown(self, *name: str) -> int:
        """Return the number of an unknown, a new one where the name is new."""
        return self.names.setdefault(name, len(self.names))


def model_of(year: str, releases: Sequence[Published], round_to: int) -> Model:
    """Return what readers of these releases, oldest first, know of a financial year."""
    reader = _Reader(round_to)
    for release in releases:
        reader.restate(release)
        for table in release.tables:
            if table.year == year:
                reader.read(table)
    reader.finish()
    return reader.model


@dataclass
class _Reader:
    round_to: int
    model: Model = field(default_factory=Model)
    stated: dict[tuple[str, str], int] = field(default_factory=dict)
    shown: set[tuple[tuple[int, ...], int]] = field(default_factory=set)
    hidden: dict[tuple[int, ...], Target] = field(default_factory=dict)
    tied: set[Key] = field(default_factory=set)

    def restate(self, release: Published) -> None:
        for measure, month in release.restated:
            self.stated[measure, month] = self.stated.get((measure, month), 0) + 1

    def read(self, table: PublishedTable) -> None:
        for place, period in enumerate(map(Period, table.periods)):
            self.figure(self.totals(table, period), table.totals[place])
            for row in table.rows:
                cells = tuple(self.cell(table, row.category, month) for month in period.months)
                self.figure(cells, row.counts[place])
                if row.counts[place] is None:
                    self.hidden.setdefault(cells, Target(cells, table.id, row.category, period.id))
        if table.attribute:
            for month in _months(table):
                self.tie(table, month)

    def tie(self, table: PublishedTable, month: str) -> None:
        """Say that the categories add up to the total of a month."""
        name = (table.measure, table.attribute, month, self.epoch(table.measure, month))
        if name not in self.tied:
            self.tied.add(name)
            factors = {self.cell(table, row.category, month): 1.0 for row in table.rows}
            factors[self.total(table.measure, month)] = -1.0
            self.model.rows.append(Row(factors, 0, 0))

    def cell(self, table: PublishedTable, category: str, month: str) -> int:
        if not table.attribute:
            return self.total(table.measure, month)
        return self.unknown(table.measure, table.attribute, category, month)

    def unknown(self, measure: str, attribute: str, category: str, month: str) -> int:
        return self.model.unknown(measure, attribute, category, month, self.epoch(measure, month))

    def totals(self, table: PublishedTable, period: Period) -> tuple[int, ...]:
        return tuple(self.total(table.measure, month) for month in period.months)

    def total(self, measure: str, month: str) -> int:
        known = MEASURES.get(measure)
        if known is not None and known.of:
            return self.unknown(known.of, MEASURES[known.of].attributes[0], known.category, month)
        return self.unknown(measure, "", TOTAL, month)

    def epoch(self, measure: str, month: str) -> str:
        known = MEASURES.get(measure)
        return str(self.stated.get((known.of if known and known.of else measure, month), 0))

    def figure(self, cells: tuple[int, ...], count: int | None) -> None:
        if count is not None and (cells, count) not in self.shown:
            self.shown.add((cells, count))
            least = max(0, count - self.round_to // 2)
            greatest = count - self.round_to // 2 + self.round_to - 1
            self.model.rows.append(Row(dict.fromkeys(cells, 1.0), least, greatest))

    def finish(self) -> None:
        shown = {cells for cells, _ in self.shown}
        self.model.targets.extend(target for cells, target in self.hidden.items() if cells not in shown)


def _months(table: PublishedTable) -> tuple[str, ...]:
    return tuple(sorted({month for period in table.periods for month in Period(period).months}))
