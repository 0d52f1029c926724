"""A reader with a computer: every equation between the figures of all releases is solved exactly, and range by range.

It shares nothing with what hides and what audits but the shapes of tables: what is the sum of what stands here again.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from math import ceil, floor, inf

from services.stats.domain.auditing import Published
from services.stats.domain.measures import ATTRIBUTES, MEASURES, SPLITS, TOTAL, categories, unknown_category
from services.stats.domain.periods import Period, Tree, financial_year

Figure = tuple[str, str, str, str, tuple[int, ...]]
"""Measure, attribute, category, period, and as of which releases its months are."""
Equation = dict[int, Fraction]
"""Figures by place, with their factors: together they come to nought. Place -1 is the number one."""
ONE = -1
ROUNDS = 60
"""How often ranges are narrowed: what still narrows then is let be, which finds less and never too much."""


class Reader:
    """Knows what several releases show, that nothing is below nought, and how all figures add up."""

    def __init__(self, releases: Sequence[Published], round_to: int = 1) -> None:
        """Take releases, all of the same districts."""
        self.places: dict[Figure, int] = {}
        self.low: list[float] = []
        self.high: list[float] = []
        self.hidden: set[int] = set()
        self.contradicts = False
        self.equations: list[Equation] = []
        for release in releases:
            columns = tuple(_columns(release.as_of))
            for whole, parts in _sums(columns, release.districts):
                self._adds_up(whole, parts)
        self.hidden = set(range(len(self.places)))
        for release in releases:
            self._read(release, round_to)

    def recovered(self) -> dict[Figure, int]:
        """Return every hidden figure that can be one number alone, with that number."""
        self._narrow(self.equations)
        self._narrow(_solved(self._left(each) for each in self.equations))
        self._narrow(self.equations)
        return {
            figure: int(self.low[place])
            for figure, place in self.places.items()
            if place in self.hidden and self.low[place] == self.high[place]
        }

    def range_of(self, figure: Figure) -> tuple[float, float]:
        """Return between which numbers a figure lies, as far as it was found out."""
        return self.low[self.places[figure]], self.high[self.places[figure]]

    def _place(self, figure: Figure) -> int:
        if figure not in self.places:
            self.places[figure] = len(self.places)
            self.low.append(0)
            self.high.append(inf)
        return self.places[figure]

    def _adds_up(self, whole: Figure, parts: Iterable[Figure]) -> None:
        self.equations.append({self._place(whole): Fraction(-1)} | dict.fromkeys(map(self._place, parts), Fraction(1)))

    def _read(self, release: Published, round_to: int) -> None:
        columns = dict(_columns(release.as_of))
        for table in release.tables:
            whole = _whole(table.measure) if table.attribute else (table.measure, "", TOTAL)
            rest = unknown_category(table.attribute) if table.attribute in ATTRIBUTES else ""
            for at, period in enumerate(table.periods):
                column = period, columns[period]
                for row in table.rows:
                    self._is_shown((table.measure, table.attribute, row.category, *column), row.counts[at], round_to)
                self._is_shown((*whole, *column), table.totals[at], round_to)
                if rest and table.known[at] is not None:
                    # All but those of whom it is not known, as a figure of its own.
                    known: Figure = (table.measure, table.attribute, "known", *column)
                    self._adds_up((*whole, *column), (known, (table.measure, table.attribute, rest, *column)))
                    self._is_shown(known, table.known[at], round_to)

    def _is_shown(self, figure: Figure, count: int | None, round_to: int) -> None:
        if count is None:
            return
        place = self._place(figure)
        self.hidden.discard(place)
        least = count - round_to // 2
        self.low[place] = max(self.low[place], least)
        self.high[place] = min(self.high[place], least + round_to - 1)

    def _left(self, equation: Equation) -> Equation:
        """Return an equation of what is not known yet; all that is known is one number."""
        found: Equation = {}
        for place, factor in equation.items():
            if place != ONE and self.low[place] == self.high[place]:
                found[ONE] = found.get(ONE, Fraction(0)) + factor * int(self.low[place])
            else:
                found[place] = found.get(place, Fraction(0)) + factor
        return found

    def _narrow(self, equations: Sequence[Equation]) -> None:
        """Let every equation narrow the ranges of its figures, until none does any more."""
        of: dict[int, list[int]] = defaultdict(list)
        for number, equation in enumerate(equations):
            for place in equation:
                of[place].append(number)
        waiting = set(range(len(equations)))
        for _ in range(ROUNDS):
            narrowed = {place for number in sorted(waiting) for place in self._narrow_by(equations[number])}
            waiting = {number for place in narrowed for number in of[place]}
            if not waiting:
                return

    def _narrow_by(self, equation: Equation) -> list[int]:
        """Return which figures have a narrower range by one equation."""
        terms = [(place, factor, *self._term(place, factor)) for place, factor in equation.items()]
        least, most = _Sum(term[2] for term in terms), _Sum(term[3] for term in terms)
        found = []
        for place, factor, low, high in terms:
            if place == ONE:
                continue
            # What this term is, is the opposite of what all others come to.
            bounds = sorted((-most.without(high) / factor, -least.without(low) / factor))
            new_low, new_high = _whole_up(bounds[0]), _whole_down(bounds[1])
            if new_low > self.low[place] or new_high < self.high[place]:
                self.low[place] = max(self.low[place], new_low)
                self.high[place] = min(self.high[place], new_high)
                self.contradicts |= self.low[place] > self.high[place]
                found.append(place)
        return found

    def _term(self, place: int, factor: Fraction) -> tuple[float | Fraction, float | Fraction]:
        if place == ONE:
            return factor, factor
        ends = [self.low[place], self.high[place]]
        low, high = (each if each == inf else factor * int(each) for each in ends)
        if high == inf:
            return (low, inf) if factor > 0 else (-inf, low)
        return (low, high) if factor > 0 else (high, low)


class _Sum:
    """A sum of numbers, some of which may be infinite, from which one can be taken away again."""

    def __init__(self, terms: Iterable[float | Fraction]) -> None:
        self.finite, self.infinite, self.sign = Fraction(0), 0, 1.0
        for term in terms:
            if isinstance(term, float):
                self.infinite, self.sign = self.infinite + 1, term
            else:
                self.finite += term

    def without(self, term: float | Fraction) -> float | Fraction:
        infinite = self.infinite - isinstance(term, float)
        if infinite:
            return self.sign
        return self.finite if isinstance(term, float) else self.finite - term


def _whole_up(value: float | Fraction) -> float:
    return value if isinstance(value, float) else ceil(value)


def _whole_down(value: float | Fraction) -> float:
    return value if isinstance(value, float) else floor(value)


def _solved(equations: Iterable[Equation]) -> list[Equation]:
    """Return equations solved as far as they can be (Gauss and Jordan): each has a figure that no other has."""
    rows: dict[int, Equation] = {}
    of: dict[int, set[int]] = defaultdict(set)
    for given in equations:
        row = dict(given)
        for pivot in [place for place in row if place in rows]:
            _subtract(row, rows[pivot], row[pivot])
        free = [place for place in row if place != ONE]
        if not free:
            continue
        # The figure that fewest others speak of: the rows stay short.
        pivot = min(free, key=lambda place: (len(of[place]), place))
        factor = row[pivot]
        row = {place: each / factor for place, each in row.items()}
        for other in sorted(of[pivot]):
            before = set(rows[other])
            _subtract(rows[other], row, rows[other][pivot])
            for place in before ^ set(rows[other]):
                (of[place].discard if place in before else of[place].add)(other)
        rows[pivot] = row
        for place in row:
            of[place].add(pivot)
    return list(rows.values())


def _subtract(row: Equation, other: Equation, times: Fraction) -> None:
    for place, factor in other.items():
        left = row.get(place, Fraction(0)) - times * factor
        if left:
            row[place] = left
        else:
            row.pop(place, None)


def _columns(as_of: Mapping[str, int]) -> Iterator[tuple[str, tuple[int, ...]]]:
    years: dict[str, list[str]] = defaultdict(list)
    for month in as_of:
        years[financial_year(month)].append(month)
    for months in years.values():
        for period in Tree(tuple(months)).periods:
            yield period.id, tuple(as_of[month] for month in period.months)


def _whole(measure: str) -> tuple[str, str, str]:
    """Return what the tables of a measure split: its total, or the part of another one that it is."""
    known = MEASURES[measure]
    return (known.of, SPLITS[known.of], known.category) if known.of else (measure, "", TOTAL)


def _sums(
    columns: Sequence[tuple[str, tuple[int, ...]]], districts: tuple[str, ...]
) -> Iterator[tuple[Figure, list[Figure]]]:
    """Give what every figure of a release is the sum of: the rows of a table below it, and the months of its period."""
    rows: dict[tuple[str, str, str], None] = {}
    for measure in MEASURES.values():
        whole = _whole(measure.id)
        rows[whole] = None
        for attribute in measure.attributes:
            parts = [(measure.id, attribute, each) for each in categories(attribute, districts)]
            rows |= dict.fromkeys(parts)
            for column in columns:
                yield (*whole, *column), [(*part, *column) for part in parts]
    for row in rows:
        for period, numbers in columns:
            months = Period(period).months
            if len(months) > 1:
                by_month = zip(months, numbers, strict=True)
                of_months: list[Figure] = [(*row, month, (number,)) for month, number in by_month]
                yield (*row, period, numbers), of_months
