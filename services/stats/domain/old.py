"""The rules of publication until the tables of measures take their place: what a table counts, and what is hidden."""

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from contracts.vocabulary import AgeBand, Outcome, Sector, Stage
from services.stats.domain.measures import CLOSED_AS


@dataclass(frozen=True)
class Definition:
    """What one table counts: facts of a stage, by month and by one attribute, with the words that explain it.

    `detail` names an attribute that splits a category further: "case-closed" becomes "case-closed-left-the-country".
    """

    id: str
    title: str
    row_heading: str
    stage: Stage
    attribute: str
    rows: tuple[str, ...]
    unknown: str
    meaning: str
    detail: str = ""


_DECIDED = (
    Outcome.CLOSED,
    Outcome.SIGNPOSTED,
    Outcome.PLP,
    Outcome.INFORMATION_GATHERING,
    Outcome.SECTION_36_REFERRAL,
    Outcome.WITHDRAWN,
    Outcome.TRANSFERRED,
)

_IN_CHANNEL = (
    *(Outcome.PACK_ACCEPTED, Outcome.PACK_RETURNED, Outcome.SECTION_36_REFERRAL, Outcome.ADOPTED, Outcome.NOT_ADOPTED),
    *(Outcome.SUPPORTED, Outcome.CONSENT_REFUSED),
    *(f"{Outcome.CASE_CLOSED.value}-{how}" for how in CLOSED_AS),
    *(Outcome.CASE_CLOSED, Outcome.REOPENED, Outcome.TRANSFERRED),
)

DEFINITIONS: tuple[Definition, ...] = (
    Definition(
        "received-by-sector",
        "Referrals received, by sector of the referrer",
        "Sector",
        Stage.INTAKE,
        "sector",
        tuple(Sector),
        Sector.UNKNOWN,
        "A referral counts once, in the month it was received, whatever was decided later; referrals that the police "
        "closed are in. The sector is that of the person who made the referral, as the form says.",
    ),
    Definition(
        "received-by-age-band",
        "Referrals received, by age band",
        "Age band",
        Stage.INTAKE,
        "age_band",
        tuple(AgeBand),
        AgeBand.UNKNOWN,
        "A referral counts once, in the month it was received. The age is that of the person referred on the day of "
        "receipt, in the bands that the Home Office has used since 2022 to 2023.",
    ),
    Definition(
        "decided-by-outcome",
        "Gateway decisions, by outcome",
        "Outcome",
        Stage.TRIAGE,
        "outcome",
        _DECIDED,
        "",
        "The latest decision of the police Gateway on a referral counts once, in the month of that decision, which may "
        "be later than the month of receipt: the figures are not shares of the referrals received that month. Those "
        "that were withdrawn, or that another force accepted, count as such.",
    ),
    Definition(
        "channel-by-outcome",
        "Channel cases, by how far they have got",
        "How far",
        Stage.CHANNEL,
        "outcome",
        _IN_CHANNEL,
        "",
        "The latest thing that was decided in Channel about a case counts once, in the month of that decision: a case "
        "that was adopted and closed in one month counts as closed. A case that was closed counts by how it was "
        "closed. Not adopted means that the panel decided so. A case that another panel offered counts here from its "
        "acceptance on, and with that panel as transferred.",
        "closing",
    ),
)


@dataclass(frozen=True)
class Grid:
    """Whole counts by category (rows, in order) and month (columns, in order)."""

    rows: tuple[str, ...]
    months: tuple[str, ...]
    values: tuple[tuple[int, ...], ...]

    def month_total(self, column: int) -> int:
        """Return the sum of a column."""
        return sum(line[column] for line in self.values)

    def row_total(self, row: int) -> int:
        """Return the sum of a row."""
        return sum(self.values[row])

    def only(self, columns: Sequence[int]) -> "Grid":
        """Return the grid of these columns alone."""
        months = tuple(self.months[column] for column in columns)
        return Grid(
            self.rows,
            months,
            tuple(tuple(line[column] for column in columns) for line in self.values),
        )


@dataclass(frozen=True)
class PublishedRow:
    """One category: a count a month and their total; None is hidden."""

    category: str
    counts: tuple[int | None, ...]
    total: int | None


@dataclass(frozen=True)
class PublishedTable:
    """What readers see of one table: `known` is the denominator without the unknown category, None where hidden.

    `withheld` names the months whose own total is too small: they are in no count, no total and no denominator.
    """

    id: str
    title: str
    row_heading: str
    meaning: str
    months: tuple[str, ...]
    withheld: tuple[str, ...]
    rows: tuple[PublishedRow, ...]
    month_totals: tuple[int, ...]
    total: int
    known: int | None


@dataclass(frozen=True)
class ReleaseContent:
    """A release as it was frozen: all its tables and the rules that they were made under."""

    area: str
    number: int
    made_on: date
    months: tuple[str, ...]
    suppress_below: int
    round_to: int
    tables: tuple[PublishedTable, ...]


def publish(definition: Definition, grid: Grid, *, suppress_below: int, round_to: int = 1) -> PublishedTable:
    """Return what may be shown of a grid: months with too few withheld, small cells hidden, no cell recoverable.

    Totals of months stay in plain sight (a month whose total is below the threshold is left out altogether), so that
    tables over the same referrals have only known values in common and can be protected one by one.
    """
    shown = [column for column in range(len(grid.months)) if grid.month_total(column) >= suppress_below]
    kept = grid.only(shown)
    hidden = hidden_cells(kept, suppress_below)
    rows = tuple(_published_row(kept, row, hidden, round_to) for row in range(len(kept.rows) if shown else 0))
    totals = tuple(_rounded(kept.month_total(column), round_to) for column in range(len(kept.months)))
    exact = sum(sum(line) for line in kept.values)
    return PublishedTable(
        id=definition.id,
        title=definition.title,
        row_heading=definition.row_heading,
        meaning=definition.meaning,
        months=kept.months,
        withheld=tuple(month for column, month in enumerate(grid.months) if column not in shown),
        rows=rows,
        month_totals=totals,
        total=_rounded(exact, round_to),
        known=_known(definition, kept, hidden, exact, round_to),
    )


Cell = tuple[int, int]
TOTAL = -1
"""The column number of a row's total."""

_Node = tuple[str, int]


def hidden_cells(grid: Grid, suppress_below: int) -> frozenset[Cell]:
    """Return the cells (row, column; column TOTAL for a row's total) to hide: the small ones and their cover.

    Every count below the threshold is hidden, nought included. A hidden cell is safe when the shown values allow
    another whole number in its place. Counts with their totals form a network, in which a cell can change by one
    exactly when a round trip leads through it over hidden cells (one that would fall must be above nought). Where no
    round trip exists, the cheapest one over shown cells is found and those are hidden too; they lie on it themselves,
    and hiding more never makes another cell unsafe.
    """
    sizes = _sizes(grid) if grid.months else {}
    hidden = {cell for cell, size in sizes.items() if size < suppress_below}
    for cell in sorted(hidden):
        hidden |= _cover(cell, sizes, hidden)
    return frozenset(hidden)


def _sizes(grid: Grid) -> dict[Cell, int]:
    sizes = {(row, column): grid.values[row][column] for row in range(len(grid.rows)) for column in _columns(grid)}
    return sizes | {(row, TOTAL): grid.row_total(row) for row in range(len(grid.rows))}


def _columns(grid: Grid) -> range:
    return range(len(grid.months))


def _cover(cell: Cell, sizes: Mapping[Cell, int], hidden: set[Cell]) -> set[Cell]:
    start, end = _ends(cell)
    trips = [_cheapest(end, start, cell, sizes, hidden)]
    if sizes[cell] > 0:
        trips.append(_cheapest(start, end, cell, sizes, hidden))
    found = [trip for trip in trips if trip is not None]
    if not found:
        # One category alone: its counts are the totals of the months, so nothing could be hidden.
        message = "A table needs at least two categories to hide a small count."
        raise ValueError(message)
    return set(min(found, key=lambda trip: trip[0])[1])


def _ends(cell: Cell) -> tuple[_Node, _Node]:
    """Return from where to where the network is walked when the cell rises."""
    row, column = cell
    if column == TOTAL:
        return ("totals", 0), ("row", row)
    return ("row", row), ("month", column)


def _cheapest(
    start: _Node,
    end: _Node,
    without: Cell,
    sizes: Mapping[Cell, int],
    hidden: set[Cell],
) -> tuple[int, frozenset[Cell]] | None:
    steps = _steps(without, sizes, hidden)
    best: dict[_Node, int] = {start: 0}
    came: dict[_Node, tuple[_Node, Cell]] = {}
    queue: list[tuple[int, _Node]] = [(0, start)]
    while queue:
        cost, node = heapq.heappop(queue)
        if node == end:
            return cost, frozenset(_walked(start, end, came))
        for target, cell, price in steps.get(node, ()):
            if cost + price < best.get(target, cost + price + 1):
                best[target] = cost + price
                came[target] = (node, cell)
                heapq.heappush(queue, (cost + price, target))
    return None


def _walked(start: _Node, end: _Node, came: Mapping[_Node, tuple[_Node, Cell]]) -> Iterator[Cell]:
    node = end
    while node != start:
        node, cell = came[node]
        yield cell


def _steps(without: Cell, sizes: Mapping[Cell, int], hidden: set[Cell]) -> dict[_Node, list[tuple[_Node, Cell, int]]]:
    steps: dict[_Node, list[tuple[_Node, Cell, int]]] = {}
    for cell, size in sizes.items():
        if cell == without:
            continue
        rises, falls = _ends(cell)
        price = 0 if cell in hidden else size
        steps.setdefault(rises, []).append((falls, cell, price))
        if size > 0:
            steps.setdefault(falls, []).append((rises, cell, price))
    return steps


def _published_row(grid: Grid, row: int, hidden: frozenset[Cell], round_to: int) -> PublishedRow:
    counts = tuple(
        None if (row, column) in hidden else _rounded(grid.values[row][column], round_to) for column in _columns(grid)
    )
    total = None if (row, TOTAL) in hidden else _rounded(grid.row_total(row), round_to)
    return PublishedRow(grid.rows[row], counts, total)


def _known(
    definition: Definition,
    grid: Grid,
    hidden: frozenset[Cell],
    exact: int,
    round_to: int,
) -> int | None:
    if not definition.unknown:
        return _rounded(exact, round_to)
    row = grid.rows.index(definition.unknown)
    return None if (row, TOTAL) in hidden else _rounded(exact - grid.row_total(row), round_to)


def _rounded(value: int, base: int) -> int:
    return (value + base // 2) // base * base
