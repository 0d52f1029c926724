"""Attacks on random tables: each one works where nothing is protected, and none where the rules have been applied."""

from collections.abc import Iterator, Mapping
from itertools import product

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.stats.clients.audit_worker import audit
from services.stats.domain.auditing import AuditAsked, Published
from services.stats.domain.disclosure import Rules, protect
from services.stats.domain.measures import TOTAL, Counted
from services.stats.domain.periods import Period, Tree
from services.stats.domain.suppression import Counts, hidden_cells
from services.stats.domain.tables import PublishedRow, PublishedTable

RULES = Rules(5, districts=("North",))
YEAR = (*(f"2026-{month:02}" for month in range(4, 13)), "2027-01", "2027-02", "2027-03")
SECTORS = ("education", "health", "police")

counts = st.one_of(st.integers(0, 3), st.integers(0, 30), st.just(0))
years = st.lists(st.tuples(counts, counts, counts), min_size=12, max_size=12)
slow = settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def counted(months: Mapping[str, tuple[int, ...]]) -> Counted:
    """Return counts of referrals received by sector, with their totals."""
    cells = {(sector, month): line[place] for month, line in months.items() for place, sector in enumerate(SECTORS)}
    return {
        ("received", ""): {(TOTAL, month): sum(line) for month, line in months.items()},
        ("received", "sector"): cells,
    }


def only_small_hidden(numbers: Counted, months: tuple[str, ...]) -> PublishedTable:
    """Return the table as it would be with primary suppression alone."""
    tree = Tree(months)
    whole = Counts(tree, SECTORS, numbers["received", "sector"])
    rows = tuple(
        PublishedRow(
            row, tuple(n if (n := whole[row, period]) >= RULES.suppress_below else None for period in tree.periods)
        )
        for row in SECTORS
    )
    totals = tuple(sum(whole[row, period] for row in SECTORS) for period in tree.periods)
    return PublishedTable("received", "sector", "2026", tuple(p.id for p in tree.periods), rows, totals, totals)


def by_subtraction(table: PublishedTable) -> Iterator[tuple[str, str]]:
    """Give the hidden cells that a reader finds with a pencil: one alone in a column, or one alone in a sum of time."""
    for place, period in enumerate(table.periods):
        hidden = [row.category for row in table.rows if row.counts[place] is None]
        if len(hidden) == 1 and table.totals[place] is not None:
            yield hidden[0], period
    for row in table.rows:
        for whole in table.periods:
            parts = [each for each in table.periods if Period(each).parent == Period(whole)]
            missing = [each for each in (*parts, whole) if table.count(row.category, each) is None]
            if parts and len(missing) == 1:
                yield row.category, missing[0]


class TestBySubtraction:
    def test_works_where_only_small_cells_are_hidden(self) -> None:
        numbers = counted({"2026-04": (20, 2, 9), "2026-05": (20, 9, 9), "2026-06": (20, 9, 9)})
        assert ("health", "2026-04") in set(by_subtraction(only_small_hidden(numbers, YEAR[:3])))

    @slow
    @given(years)
    def test_finds_nothing_in_protected_tables(self, lines: list[tuple[int, ...]]) -> None:
        made = protect(counted(dict(zip(YEAR, lines, strict=True))), YEAR, RULES)
        assert not [found for table in made.tables for found in by_subtraction(table)]


class TestByBounds:
    def test_works_where_only_small_cells_are_hidden(self) -> None:
        numbers = counted({"2026-04": (20, 0, 0), "2026-05": (20, 9, 9), "2026-06": (20, 9, 9)})
        bare = Published((only_small_hidden(numbers, YEAR[:3]),))
        assert audit(AuditAsked((bare,))).recovered

    @slow
    @given(years)
    def test_finds_nothing_in_protected_tables(self, lines: list[tuple[int, ...]]) -> None:
        made = protect(counted(dict(zip(YEAR, lines, strict=True))), YEAR, RULES)
        assert not made.tables or audit(AuditAsked((Published(made.tables),))).is_clean

    @slow
    @given(years, st.integers(1, 11))
    def test_finds_nothing_in_a_sequence_of_releases(self, lines: list[tuple[int, ...]], first: int) -> None:
        numbers = counted(dict(zip(YEAR, lines, strict=True)))
        one = protect(numbers, YEAR[:first], RULES)
        two = protect(numbers, YEAR, RULES, one.tables)
        releases = (Published(one.tables), Published(two.tables))
        assert not two.tables or audit(AuditAsked(releases)).is_clean


class TestByTryingEverything:
    @slow
    @given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 3)), min_size=3, max_size=3))
    def test_every_hidden_cell_has_two_values(self, lines: list[tuple[int, ...]]) -> None:
        # Exact: all tables of three categories and three months with these totals are written down.
        if not all(map(any, lines)):
            return
        months = YEAR[:3]
        values = {
            (s, month): line[at] for month, line in zip(months, lines, strict=True) for at, s in enumerate(SECTORS)
        }
        whole = Counts(Tree(months), SECTORS, values)
        hidden = hidden_cells(whole, 2)
        seen: dict[tuple[str, Period], set[int]] = {cell: set() for cell in hidden}
        for columns in product(*(_splits(sum(line)) for line in lines)):
            cells = {
                (s, m): column[at] for m, column in zip(months, columns, strict=True) for at, s in enumerate(SECTORS)
            }
            other = Counts(whole.tree, SECTORS, cells)
            if all(other[cell] == whole[cell] for cell in whole.cells if cell not in hidden):
                for cell in hidden:
                    seen[cell].add(other[cell])
        assert all(len(found) > 1 for found in seen.values())


def _splits(total: int) -> list[tuple[int, int, int]]:
    return [(one, two, total - one - two) for one in range(total + 1) for two in range(total - one + 1)]


class TestByDifferences:
    def test_a_figure_that_changed_a_little_is_hidden_in_the_correction(self) -> None:
        before = counted({"2026-04": (20, 12, 40)})
        after = counted({"2026-04": (21, 17, 40)})
        first = protect(before, YEAR[:1], RULES)
        again = protect(after, YEAR[:1], RULES, first.tables)
        shown = {table.id: table for table in again.tables}
        assert shown["received/sector/2026"].count("education", "2026-04") is None
        assert shown["received/sector/2026"].count("police", "2026-04") == 40

    @slow
    @given(years, years)
    def test_no_two_releases_show_a_small_difference(
        self, lines: list[tuple[int, ...]], late: list[tuple[int, ...]]
    ) -> None:
        first = protect(counted(dict(zip(YEAR, lines, strict=True))), YEAR, RULES)
        sums = [tuple(map(sum, zip(*each, strict=True))) for each in zip(lines, late, strict=True)]
        again = protect(counted(dict(zip(YEAR, sums, strict=True))), YEAR, RULES, first.tables)
        before = {table.id: table for table in first.tables}
        for table in again.tables:
            for row in table.rows if table.id in before else ():
                for period in table.periods:
                    old, new = before[table.id].count(row.category, period), table.count(row.category, period)
                    assert old is None or new is None or old == new or abs(new - old) >= RULES.suppress_below
