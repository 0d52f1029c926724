"""Which cells of a table stay hidden: the small ones, and as few others as make none of them computable."""

import heapq
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from services.stats.domain.periods import Period, Tree

Cell = tuple[str, Period]
"""A category and a period."""

_Node = tuple[str, str]
_ROOT: _Node = ("", "")
_ALL = "+"
"""The row of the column totals, where they are hidden too."""
_Step = tuple[_Node, Cell, int]


@dataclass(frozen=True)
class Counts:
    """Whole counts by category and month of one financial year.

    `adds_up` says that readers know what the categories add up to in every period; a single row of totals has nothing
    that it adds up to.
    """

    tree: Tree
    rows: tuple[str, ...]
    values: Mapping[tuple[str, str], int]
    adds_up: bool = True

    def __getitem__(self, cell: Cell) -> int:
        """Return the count of a category in a period."""
        category, period = cell
        return sum(self.values.get((category, month), 0) for month in period.months)

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Return every cell, category by category."""
        return tuple((row, period) for row in self.rows for period in self.tree.periods)


@dataclass(frozen=True)
class Before:
    """What earlier releases have fixed for good: the cells that they show, and those that they hide."""

    shown: frozenset[Cell] = frozenset()
    hidden: frozenset[Cell] = frozenset()


def hidden_cells(
    counts: Counts, suppress_below: int, withheld: Collection[Period] = (), before: Before | None = None
) -> frozenset[Cell]:
    """Return the cells of a table to hide, those of earlier releases included.

    Every count below the threshold is hidden, nought included, and so is everything in a withheld period. A hidden cell
    is safe when what is shown allows another whole number in its place. Counts and their sums form a network, in which
    a cell changes by one exactly when a round trip over hidden cells leads through it (a cell that would fall must be
    above nought). Where there is none, the cheapest one over shown cells is found, and those are hidden too: they lie
    on it themselves, and hiding more never makes another cell unsafe. Cells that an earlier release shows are never
    hidden: what is known stays known.

    What the categories add up to counts as known even where it is withheld, so that tables need no agreement. Only
    where nothing else can change (a withheld month of noughts) the totals may change too; they are hidden cells of the
    table above, which are safe there.

    Raises ValueError where no choice of new cells can do it: a table of one category that adds up to a known total.
    """
    fixed = before or Before()
    sizes = {cell: counts[cell] for cell in counts.cells}
    hidden = {
        cell
        for cell, size in sizes.items()
        if cell not in fixed.shown and (size < suppress_below or cell in fixed.hidden or cell[1] in withheld)
    }
    network = _Network(counts, sizes, fixed.shown, frozenset(withheld))
    safe: set[Cell] = set()
    for cell in sorted(hidden):
        if cell not in safe:
            trip = network.cover(cell, hidden)
            hidden |= trip
            safe |= trip | {cell}
    return frozenset(hidden)


@dataclass
class _Network:
    counts: Counts
    sizes: Mapping[Cell, int]
    shown: frozenset[Cell]
    withheld: frozenset[Period]
    steps: dict[_Node, list[_Step]] = field(init=False)
    above: dict[_Node, list[_Step]] = field(init=False)

    def __post_init__(self) -> None:
        steps: dict[_Node, list[_Step]] = defaultdict(list)
        for cell, size in self.sizes.items():
            if cell in self.shown:
                continue
            start, end = self._ends(cell)
            steps[end].append((start, cell, size))
            if size > 0:
                steps[start].append((end, cell, size))
        self.steps = dict(steps)
        self.above = self._steps_above()

    def _steps_above(self) -> dict[_Node, list[_Step]]:
        """Return the steps over hidden totals, walked the other way: they rise where a category does."""
        steps: dict[_Node, list[_Step]] = defaultdict(list)
        for period in self.withheld.intersection(self.counts.tree.periods) if self.counts.adds_up else ():
            start, end = self._ends((_ALL, period))
            steps[start].append((end, (_ALL, period), 0))
            if any(self.sizes[row, period] for row in self.counts.rows):
                steps[end].append((start, (_ALL, period), 0))
        return dict(steps)

    def _ends(self, cell: Cell) -> tuple[_Node, _Node]:
        """Return the two balances that a cell stands in: where it rises by one, the second gives way to the first.

        What is finest stands in its column, where that adds up to something known; what is made of parts stands against
        their sum. On the other side it is a part of what is next in time. Everything that nothing more is known of
        stands against the root, whose balance follows from all the others.
        """
        row, period = cell
        parent = period.parent
        above: _Node = (row, parent.id) if parent in self.counts.tree.periods and parent else _ROOT
        if self.counts.tree.children(period):
            return (row, period.id), above
        return (("", period.id) if self.counts.adds_up else _ROOT), above

    def cover(self, cell: Cell, hidden: Collection[Cell]) -> set[Cell]:
        """Return the cells of the cheapest round trip that changes a cell; those hidden already cost nothing."""
        found = self._trips(cell, hidden, {}) or self._trips(cell, hidden, self.above)
        if not found:
            message = "Nothing can be hidden that would protect a small count: the table has too few cells."
            raise ValueError(message)
        return {each for each in min(found, key=lambda trip: trip[0])[1] if each[0] != _ALL}

    def _trips(
        self, cell: Cell, hidden: Collection[Cell], more: Mapping[_Node, list[_Step]]
    ) -> list[tuple[int, set[Cell]]]:
        start, end = self._ends(cell)
        ways = [(start, end), (end, start)] if self.sizes[cell] > 0 else [(start, end)]
        found = (self._cheapest(way, cell, hidden, more) for way in ways)
        return [trip for trip in found if trip is not None]

    def _cheapest(
        self, way: tuple[_Node, _Node], without: Cell, hidden: Collection[Cell], more: Mapping[_Node, list[_Step]]
    ) -> tuple[int, set[Cell]] | None:
        start, end = way
        best: dict[_Node, int] = {start: 0}
        came: dict[_Node, tuple[_Node, Cell]] = {}
        queue: list[tuple[int, _Node]] = [(0, start)]
        while queue:
            cost, node = heapq.heappop(queue)
            if node == end:
                return cost, set(_walked(start, end, came))
            if cost > best[node]:
                continue
            for target, cell, size in (*self.steps.get(node, ()), *more.get(node, ())):
                total = cost if cell in hidden else cost + size
                if cell != without and total < best.get(target, total + 1):
                    best[target] = total
                    came[target] = (node, cell)
                    heapq.heappush(queue, (total, target))
        return None


def _walked(start: _Node, end: _Node, came: Mapping[_Node, tuple[_Node, Cell]]) -> Iterator[Cell]:
    node = end
    while node != start:
        node, cell = came[node]
        yield cell
