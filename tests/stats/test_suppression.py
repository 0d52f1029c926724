"""Cells to hide: small ones and their partners, months without anything, frozen cells."""

from services.stats.domain.periods import Period, Tree
from services.stats.domain.suppression import Before, Counts, hidden_cells

APRIL, MAY, JUNE = "2026-04", "2026-05", "2026-06"
QUARTER = Period("2026-Q1")


def counts(rows: dict[str, tuple[int, int, int]], *, adds_up: bool = True) -> Counts:
    """Return the counts of a quarter."""
    values = {(row, month): n for row, line in rows.items() for month, n in zip((APRIL, MAY, JUNE), line, strict=True)}
    return Counts(Tree((APRIL, MAY, JUNE)), tuple(rows), values, adds_up)


class TestHiddenCells:
    def test_hides_nothing_where_all_is_large(self) -> None:
        assert hidden_cells(counts({"a": (9, 9, 9), "b": (9, 9, 9)}), 5) == frozenset()

    def test_hides_the_cheapest_round_trip(self) -> None:
        hidden = hidden_cells(counts({"a": (2, 9, 20), "b": (8, 7, 20), "c": (30, 30, 30)}), 5)
        assert hidden == {(row, Period(month)) for row in "ab" for month in (APRIL, MAY)}

    def test_a_single_row_needs_a_partner_in_time_only(self) -> None:
        hidden = hidden_cells(counts({"all": (2, 9, 20)}, adds_up=False), 5)
        assert hidden == {("all", Period(APRIL)), ("all", Period(MAY))}

    def test_leaves_what_an_earlier_release_shows(self) -> None:
        before = Before(shown=frozenset({("a", Period(MAY))}))
        hidden = hidden_cells(counts({"a": (2, 9, 20), "b": (8, 7, 20), "c": (30, 30, 30)}), 5, before=before)
        assert ("a", Period(MAY)) not in hidden
        assert ("a", Period(JUNE)) in hidden or ("a", QUARTER) in hidden

    def test_protects_the_noughts_of_a_withheld_month(self) -> None:
        withheld = (Period(APRIL), Period(MAY))
        hidden = hidden_cells(counts({"a": (0, 3, 20), "b": (0, 1, 20)}), 5, withheld)
        assert {(row, period) for row in "ab" for period in withheld} <= hidden
