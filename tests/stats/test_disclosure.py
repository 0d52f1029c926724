"""Tables of a year: totals first, withheld periods below them, left-out tables, later releases beside earlier ones."""

from collections.abc import Mapping

import pytest

from services.stats.domain.disclosure import Hide, Rules, protect
from services.stats.domain.measures import TOTAL
from services.stats.domain.tables import PublishedTable

RULES = Rules(5, districts=("North",))
MONTHS = ("2026-04", "2026-05", "2026-06")


def counted(sectors: Mapping[str, tuple[int, ...]]) -> dict[tuple[str, str], dict[tuple[str, str], int]]:
    """Return counts of referrals received by sector, month by month from April 2026, with their totals."""
    cells = {(sector, f"2026-{4 + place:02}"): n for sector, line in sectors.items() for place, n in enumerate(line)}
    totals: dict[tuple[str, str], int] = {}
    for (_, month), number in cells.items():
        totals[TOTAL, month] = totals.get((TOTAL, month), 0) + number
    return {("received", ""): totals, ("received", "sector"): cells}


def table(tables: tuple[PublishedTable, ...], table_id: str) -> PublishedTable:
    """Return one table by its id."""
    return next(each for each in tables if each.id == table_id)


class TestProtect:
    def test_shows_totals_and_hides_small_cells(self) -> None:
        made = protect(counted({"education": (20, 30, 40), "health": (2, 9, 10), "police": (7, 8, 12)}), MONTHS, RULES)
        sector = table(made.tables, "received/sector/2026")
        assert table(made.tables, "received/2026").rows[0].counts == (29, 47, 62, 138)
        assert sector.totals == (29, 47, 62, 138)
        assert sector.count("health", "2026-04") is None
        assert sector.count("education", "2026-04") == 20

    def test_withholds_what_has_too_small_a_total(self) -> None:
        made = protect(counted({"education": (2, 30, 40), "health": (1, 19, 10)}), MONTHS, RULES)
        sector = table(made.tables, "received/sector/2026")
        assert sector.total("2026-04") is None
        assert sector.count("education", "2026-04") is None
        assert sector.known[0] is None

    def test_protects_a_month_without_anything(self) -> None:
        made = protect(counted({"education": (0, 30, 40), "health": (0, 19, 10)}), MONTHS, RULES)
        sector = table(made.tables, "received/sector/2026")
        assert sector.total("2026-04") is None
        # One other month must be hidden too: the quarter less the others would say nought.
        assert sum(each is None for each in sector.totals) >= 2

    def test_names_the_tables_that_show_nothing(self) -> None:
        made = protect(counted({"education": (1, 0, 2)}), MONTHS, RULES)
        assert {"received/2026", "received/sector/2026"} <= set(made.left_out)
        assert made.tables == ()

    def test_names_those_without_anything_just_as_those_with_too_little(self) -> None:
        """Else whoever reads the list would know of which there was nobody."""
        some = protect(counted({"education": (1, 0, 2)}), MONTHS, RULES)
        assert protect({}, MONTHS, RULES).left_out == some.left_out
        assert len(set(some.left_out)) == len(some.left_out)

    def test_keeps_what_was_shown_and_what_was_hidden(self) -> None:
        figures = {"education": (20, 30, 40), "health": (2, 9, 10), "police": (7, 8, 12), "other": (9, 9, 9)}
        numbers = counted(figures)
        first = protect(numbers, MONTHS[:2], RULES)
        second = protect(numbers, MONTHS, RULES, first.tables)
        before, after = table(first.tables, "received/sector/2026"), table(second.tables, "received/sector/2026")
        for row in before.rows:
            for period in before.periods:
                assert after.count(row.category, period) == before.count(row.category, period)

    def test_refuses_parts_that_do_not_add_up(self) -> None:
        numbers = counted({"education": (20, 30, 40)})
        numbers["received", ""][TOTAL, "2026-04"] = 21
        with pytest.raises(ValueError, match="do not add up"):
            protect(numbers, MONTHS, RULES)

    def test_hides_a_whole_table_when_told_so(self) -> None:
        numbers = counted({"education": (20, 30, 40), "health": (20, 30, 40)})
        made = protect(numbers, MONTHS, RULES, hide=(Hide("received/sector/2026"),))
        without = protect(numbers, MONTHS, RULES)
        assert set(made.left_out) - set(without.left_out) == {"received/sector/2026"}

    def test_knows_the_denominator_without_the_unknown(self) -> None:
        made = protect(counted({"education": (20, 30, 40), "unknown": (6, 7, 8)}), MONTHS, RULES)
        sector = table(made.tables, "received/sector/2026")
        for period, known in zip(sector.periods, sector.known, strict=True):
            hidden = sector.count("unknown", period)
            assert known == (None if hidden is None else (sector.total(period) or 0) - hidden)
