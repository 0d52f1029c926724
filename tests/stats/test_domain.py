"""The rules of publication, attacked: no hidden count can be worked out from what is shown."""

from collections.abc import Iterator
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.vocabulary import AgeBand, Outcome, Sector
from services.channel.domain import TABLE as CHANNEL
from services.channel.domain import ClosingOutcome
from services.stats import domain
from services.stats.domain import (
    DEFINITIONS,
    TOTAL,
    Definition,
    Grid,
    MonthMalformed,
    closes_on,
    hidden_cells,
    is_closed,
    month_of,
    months_to_release,
    publish,
)
from services.triage.domain import TABLE

THRESHOLD = 5
BY_SECTOR = DEFINITIONS[0]


def grid_of(*lines: tuple[int, ...]) -> Grid:
    rows = tuple(f"row-{number}" for number in range(len(lines)))
    months = tuple(f"2026-{number + 1:02}" for number in range(len(lines[0])))
    return Grid(rows, months, lines)


def definition_of(grid: Grid, unknown: str = "") -> Definition:
    return Definition(
        "made",
        "Made",
        "Row",
        BY_SECTOR.stage,
        "sector",
        grid.rows,
        unknown,
        "Made for a test.",
    )


@st.composite
def grids(draw: st.DrawFn, rows: int = 4, months: int = 4, largest: int = 12) -> Grid:
    """Random tables whose months are all large enough to be shown."""
    height, width = draw(st.integers(2, rows)), draw(st.integers(1, months))
    counts = st.one_of(st.integers(0, 3), st.integers(0, largest))
    lines = draw(st.lists(st.tuples(*[counts] * width), min_size=height, max_size=height))
    grid = grid_of(*lines)
    shown = [column for column in range(width) if grid.month_total(column) >= THRESHOLD]
    return grid.only(shown)


class Attacker:
    """Knows the shown values and that counts are whole and never negative; asks what each hidden one may be."""

    def __init__(self, grid: Grid, hidden: frozenset[tuple[int, int]]) -> None:
        self.grid, self.hidden = grid, hidden
        self.height, self.width = len(grid.rows), len(grid.months)
        self.row_limit = [None if (row, TOTAL) in hidden else grid.row_total(row) for row in range(self.height)]
        self.grand = sum(grid.month_total(column) for column in range(self.width))

    def completions(self) -> Iterator[list[list[int]]]:
        """Every table that agrees with all that is shown, column by column."""
        yield from self._columns(0, [[0] * self.width for _ in range(self.height)])

    def _columns(self, column: int, made: list[list[int]]) -> Iterator[list[list[int]]]:
        if column == self.width:
            totals = [sum(line) for line in made]
            if all(limit is None or limit == total for limit, total in zip(self.row_limit, totals, strict=True)):
                yield [list(line) for line in made]
            return
        for _ in self._rows(0, column, self.grid.month_total(column), made):
            yield from self._columns(column + 1, made)

    def _rows(self, row: int, column: int, left: int, made: list[list[int]]) -> Iterator[None]:
        if row == self.height:
            if left == 0:
                yield
            return
        fixed = None if (row, column) in self.hidden else self.grid.values[row][column]
        limit = self.row_limit[row]
        room = left if limit is None else min(left, limit - sum(made[row][:column]))
        for value in range(room + 1) if fixed is None else ((fixed,) if fixed <= room else ()):
            made[row][column] = value
            yield from self._rows(row + 1, column, left - value, made)
        made[row][column] = 0

    def recovered(self) -> set[tuple[int, int]]:
        """The hidden cells that every completion gives the same value; stops as soon as none is left."""
        seen: dict[tuple[int, int], int] = {}
        certain = set(self.hidden)
        for made in self.completions():
            for cell in list(certain):
                value = sum(made[cell[0]]) if cell[1] == TOTAL else made[cell[0]][cell[1]]
                if seen.setdefault(cell, value) != value:
                    certain.discard(cell)
            if not certain:
                break
        return certain


def recovered_by_elimination(grid: Grid, hidden: frozenset[tuple[int, int]]) -> set[tuple[int, int]]:
    """What linear algebra alone gives away: unknowns that the equations of rows and columns fix."""
    unknown = sorted(hidden)
    by_row = [
        [Fraction((cell[0] == row) * (-1 if cell[1] == TOTAL else 1)) for cell in unknown]
        for row in range(len(grid.rows))
    ]
    by_column = [[Fraction(cell[1] == column) for cell in unknown] for column in (*range(len(grid.months)), TOTAL)]
    equations = by_row + by_column
    pivot = 0
    for place in range(len(unknown)):
        found = next(
            (index for index in range(pivot, len(equations)) if equations[index][place]),
            None,
        )
        if found is None:
            continue
        equations[pivot], equations[found] = equations[found], equations[pivot]
        equations[pivot] = [value / equations[pivot][place] for value in equations[pivot]]
        for index, line in enumerate(equations):
            if index != pivot and line[place]:
                equations[index] = [a - line[place] * b for a, b in zip(line, equations[pivot], strict=True)]
        pivot += 1
    return {unknown[line.index(Fraction(1))] for line in equations if sum(map(bool, line)) == 1}


class TestHiddenCells:
    @settings(max_examples=150, deadline=None)
    @given(grids(rows=3, months=3, largest=8))
    def test_no_hidden_cell_has_only_one_possible_value(self, grid: Grid) -> None:
        assert Attacker(grid, hidden_cells(grid, THRESHOLD)).recovered() == set()

    @settings(max_examples=200, deadline=None)
    @given(grids(rows=9, months=12, largest=40))
    def test_linear_algebra_recovers_nothing_from_large_tables(self, grid: Grid) -> None:
        assert recovered_by_elimination(grid, hidden_cells(grid, THRESHOLD)) == set()

    @settings(max_examples=200, deadline=None)
    @given(grids(rows=9, months=12, largest=40))
    def test_every_small_count_and_total_is_hidden(self, grid: Grid) -> None:
        hidden = hidden_cells(grid, THRESHOLD)
        for row in range(len(grid.rows) if grid.months else 0):
            assert grid.row_total(row) >= THRESHOLD or (row, TOTAL) in hidden
            for column in range(len(grid.months)):
                assert grid.values[row][column] >= THRESHOLD or (row, column) in hidden

    def test_a_lone_small_count_takes_the_cheapest_cover_with_it(self) -> None:
        grid = grid_of((3, 20, 30), (10, 40, 50), (11, 7, 90))
        hidden = hidden_cells(grid, THRESHOLD)
        assert (0, 0) in hidden
        assert Attacker(grid, hidden).recovered() == set()
        assert len(hidden) == 4

    def test_nothing_small_hides_nothing(self) -> None:
        assert hidden_cells(grid_of((5, 6), (7, 8)), THRESHOLD) == frozenset()

    def test_two_ones_are_covered_when_their_sum_would_tell(self) -> None:
        grid = grid_of((0, 0), (0, 40), (9, 30))
        assert Attacker(grid, hidden_cells(grid, THRESHOLD)).recovered() == set()

    def test_the_attacker_wins_against_primary_suppression_alone(self) -> None:
        grid = grid_of((3, 20), (10, 40))
        assert Attacker(grid, frozenset({(0, 0)})).recovered() == {(0, 0)}
        assert recovered_by_elimination(grid, frozenset({(0, 0)})) == {(0, 0)}

    def test_the_attacker_wins_where_all_hidden_counts_are_nought(self) -> None:
        grid = grid_of((0, 20), (0, 40), (9, 40))
        cells = frozenset({(0, 0), (1, 0)})
        assert Attacker(grid, cells).recovered() == set(cells)


class TestPublish:
    def test_leaves_out_a_month_whose_total_is_small(self) -> None:
        table = publish(
            definition_of(grid := grid_of((1, 30), (2, 40))),
            grid,
            suppress_below=THRESHOLD,
        )
        assert table.withheld == ("2026-01",)
        assert table.months == ("2026-02",)
        assert table.total == 70

    def test_hides_the_known_denominator_with_the_unknown_category(self) -> None:
        grid = grid_of((30, 30), (40, 40), (1, 1))
        table = publish(definition_of(grid, "row-2"), grid, suppress_below=THRESHOLD)
        assert table.rows[2].total is None
        assert table.known is None

    def test_shows_the_known_denominator_beside_numerator_and_total(self) -> None:
        grid = grid_of((30, 30), (40, 40), (6, 7))
        table = publish(definition_of(grid, "row-2"), grid, suppress_below=THRESHOLD)
        assert (table.rows[0].total, table.known, table.total) == (60, 140, 153)

    def test_rounds_where_the_area_says_so(self) -> None:
        grid = grid_of((32, 31), (47, 48))
        table = publish(definition_of(grid), grid, suppress_below=THRESHOLD, round_to=5)
        assert [row.counts for row in table.rows] == [(30, 30), (45, 50)]

    def test_an_empty_table_is_published_empty(self) -> None:
        grid = grid_of((0,), (0,))
        table = publish(definition_of(grid), grid, suppress_below=THRESHOLD)
        assert (table.months, table.total, table.withheld) == ((), 0, ("2026-01",))

    def test_shows_no_count_below_the_threshold(self) -> None:
        grid = grid_of((4, 5), (50, 60), (70, 80))
        table = publish(definition_of(grid), grid, suppress_below=THRESHOLD)
        shown = [count for row in table.rows for count in row.counts if count is not None]
        assert min(shown) >= THRESHOLD


class TestMonths:
    def test_a_month_closes_when_its_settling_days_are_over(self) -> None:
        assert closes_on("2026-11") == date(2026, 12, 4)
        assert not is_closed("2026-11", date(2026, 12, 3))
        assert is_closed("2026-11", date(2026, 12, 4))
        assert is_closed("2026-12", date(2027, 1, 4))

    def test_each_month_is_released_once(self) -> None:
        assert months_to_release("2026-10", (), date(2026, 12, 5)) == (
            "2026-10",
            "2026-11",
        )
        assert months_to_release("2026-10", ("2026-10",), date(2026, 12, 5)) == ("2026-11",)
        assert months_to_release(None, (), date(2026, 12, 5)) == ()

    @pytest.mark.parametrize("text", ["2026-13", "2026-1", "2026-11-03", "November", "", "2026W01"])
    def test_a_month_that_could_hold_a_day_is_refused(self, text: str) -> None:
        with pytest.raises(MonthMalformed):
            month_of(text)

    def test_a_month_is_taken_as_it_is(self) -> None:
        assert month_of("2026-11") == "2026-11"


class TestDefinitions:
    def test_every_category_of_the_vocabulary_has_a_row(self) -> None:
        rows = {definition.attribute: set(definition.rows) for definition in DEFINITIONS}
        assert rows["sector"] == set(Sector)
        assert rows["age_band"] == set(AgeBand)

    def test_every_outcome_that_the_police_can_bring_about_has_a_row(self) -> None:
        decided = next(definition for definition in DEFINITIONS if definition.id == "decided-by-outcome")
        ends = {row.outcome for row in TABLE if row.outcome is not None}
        assert set(decided.rows) == ends - {Outcome.RECEIVED}, "What is open again is not decided."

    def test_every_outcome_that_channel_can_bring_about_has_a_row(self) -> None:
        table = next(definition for definition in DEFINITIONS if definition.id == "channel-by-outcome")
        assert {row.outcome for row in CHANNEL if row.outcome is not None} <= set(table.rows)
        assert {f"case-closed-{how.value}" for how in ClosingOutcome} <= set(table.rows)

    def test_every_permission_has_a_role(self) -> None:
        assert all(domain.PERMISSIONS.values())
