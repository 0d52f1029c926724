"""Which marker stands where: hidden is not "never released", and what a correction changed says so everywhere."""

import csv
import io
from collections.abc import Iterable
from dataclasses import replace

import pytest

from services.stats.domain.board import key_figures, trend_of
from services.stats.domain.measures import TOTAL
from services.stats.domain.pack import Cell, Pack, PackTable, check_quarter, quarters_of
from services.stats.domain.pack_sections import pack_of
from services.stats.domain.pack_tables import breakdown, breakdowns_sheet, figures_sheet, trend_table, trends
from services.stats.domain.periods import Grain
from services.stats.domain.shelf import Choice, Years, grid_of
from services.stats.domain.tables import Change, ReleaseContent, ReleaseKind, Revised
from services.stats.writers.tidy import cover_csv, grid_csv, timings_csv, trend_csv
from tests.stats.packed import QUARTER, asked, released, section, shelf_of
from tests.stats.published_made import content, hiding

BEFORE, NOW = content(1, "2025"), content(2, "2026", 6)


def without(found: ReleaseContent, *tables: str) -> ReleaseContent:
    """Return a release in which tables are left out, all of them where none is named."""
    gone = tables or tuple(each.id for each in found.tables)
    return replace(found, tables=tuple(each for each in found.tables if each.id not in gone), left_out=gone)


def revising(found: ReleaseContent, table: str, category: str, period: str = QUARTER) -> ReleaseContent:
    """Return a release that says of a figure that a correction changed it."""
    return replace(found, kind=ReleaseKind.CORRECTION, changes=(Change(table, category, period, 3, 9),))


def lines(text: str) -> list[dict[str, str]]:
    """Return the lines of a file of figures."""
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def sheet(pack: Pack, wanted: str) -> PackTable:
    """Return one sheet of a pack."""
    return next(each for each in pack.sheets if each.id == wanted)


def cells(rows: Iterable[tuple[Cell, ...]], place: int) -> set[Cell]:
    """Return what stands in one column."""
    return {row[place] for row in rows}


class TestHidden:
    def test_a_year_before_whose_table_is_left_out_is_hidden_and_its_total_is_shown(self) -> None:
        told = asked((without(BEFORE, "received/sector/2025"), NOW)).told
        table = breakdown(told, "received", "sector")
        assert table is not None
        assert cells(table.rows[:-2], 2) == {"[c]"}
        assert table.rows[-1][2] == told.shelf.total("received", "2025-Q2")
        rows = [
            row for row in breakdowns_sheet(told).rows if row[:2] == ("Referrals received", "Sector of the referrer")
        ]
        assert cells(rows, 9) == {"[c]"}

    def test_a_quarter_that_was_not_released_is_not_available(self) -> None:
        told = replace(asked((NOW,)).told, percentages=True)
        table = breakdown(told, "received", "sector")
        assert table is not None
        assert cells(table.rows, 3) == {"[x]"}
        figures = figures_sheet(told).rows
        assert cells(figures, 6) == {"[x]"}
        assert cells((row for row in figures if row[3]), 8) == {"[x]"}

    def test_a_per_cent_of_a_hidden_count_is_hidden_and_of_the_unknown_there_is_none(self) -> None:
        shelf = shelf_of((hiding(NOW, "received/sector/2026", "health", QUARTER),))
        grid = shelf.grid(Choice("received", "sector", "2026", Grain.QUARTER))
        found = {
            row["category"]: row["percentage_of_known"]
            for row in lines(grid_csv("kent", grid, percentages=True))
            if row["period"] == QUARTER
        }
        assert found["Health"] == "[c]"
        assert found["Unknown"] == "[x]"
        assert found["Police"].isdecimal()


class TestNothingShown:
    SHELF = shelf_of((without(NOW),))

    def test_a_quarter_is_released_though_every_table_is_left_out(self) -> None:
        assert quarters_of(self.SHELF) == ("2026-Q2", "2026-Q1")
        assert check_quarter(self.SHELF, QUARTER) is self.SHELF

    def test_its_pack_says_so_of_each_measure_and_marks_every_figure_as_hidden(self) -> None:
        pack = pack_of(asked((without(NOW),)))
        blocks = section(pack, "tables").blocks
        assert len(blocks) == 6
        assert all("Nothing of its tables can be shown for this quarter" in block.words[1] for block in blocks)
        figures = section(pack, "figures").blocks[0].table
        assert figures is not None
        assert figures.rows[0] == ("Referrals received", "[c]", "[x]")
        assert cells(sheet(pack, "punctuality").rows, 2) == {"[c]"}
        words = section(pack, "reading").blocks[-1].words
        assert words[1].startswith("The tables of each single decision and way of closing stand in")

    def test_no_reason_is_given_that_may_not_be_the_true_one(self) -> None:
        (said,) = {row["text"] for row in lines(cover_csv(self.SHELF, "Kent")) if row["kind"] == "left_out"}
        assert said == (
            "Nothing of this table can be shown: too few stand behind a figure, or it could be worked out from others."
        )
        left_out = sheet(pack_of(asked((without(NOW),))), "left-out")
        assert cells(left_out.rows, 2) == {"Nothing can be shown"}

    def test_what_the_audit_kept_back_stays_named_so_where_another_year_has_the_table(self) -> None:
        kept = replace(without(NOW, "received/gender/2026"), kept_back=("received/gender/2026",))
        left_out = sheet(pack_of(asked((BEFORE, kept))), "left-out")
        assert ("Referrals received", "Gender", "Kept back by the audit") in left_out.rows


class TestRevised:
    def test_a_total_is_marked_in_trend_file_trend_table_and_figures(self) -> None:
        made = (*released()[:-1], revising(released()[-1], "received/2026", TOTAL))
        told, shelf = asked(made).told, shelf_of(made)
        trend = trend_of(shelf, "gateway")
        assert trend is not None
        marked = [(row["period"], row["measure"]) for row in lines(trend_csv(shelf, trend)) if row["marker"] == "[r]"]
        assert marked == [(QUARTER, "Referrals received")]
        total = told.shelf.total("received", QUARTER)
        (_, received, decided) = trend_table(trends(told)[0]).rows[-1]
        assert (received, isinstance(decided, int)) == (f"{total:,} [r]", True)
        assert figures_sheet(told).rows[0][1] == f"{total:,} [r]"
        minutes = section(pack_of(asked(made)), "minutes").blocks[0]
        assert f"Referrals received: {total:,} [r]" in minutes.words[1]
        assert "[r] beside one that a correction changed" in minutes.words[2]

    @pytest.mark.parametrize(
        ("table", "category", "marked"),
        [("decided/outcome/2026", "signposted", (True, False)), ("decided/2026", TOTAL, (False, True))],
    )
    def test_a_part_and_its_whole_are_marked_each_for_itself(
        self, table: str, category: str, marked: tuple[bool, bool]
    ) -> None:
        shelf = shelf_of((revising(NOW, table, category),))
        rejected = next(each for each in key_figures(shelf, QUARTER) if each.id == "rejected").now
        assert (rejected.revised, rejected.of_revised) == marked

    @pytest.mark.parametrize(
        ("changed", "category", "measure", "marked"),
        [
            ("received/2026", TOTAL, "received", (True, True)),
            ("received/sector/2026", "unknown", "received", (True, False)),
            ("received/sector/2026", "education", "received", (False, False)),
            ("decided/outcome/2026", "signposted", "decided-signposted", (True, True)),
            ("decided/2026", TOTAL, "decided-signposted", (False, False)),
        ],
    )
    def test_what_stands_below_a_split_table_is_marked_where_a_correction_changed_it(
        self, changed: str, category: str, measure: str, marked: tuple[bool, bool]
    ) -> None:
        made = revising(NOW, changed, category)
        choice = Choice(measure, "sector", "2026", Grain.QUARTER)
        table = made.table(measure, "sector", "2026")
        assert table is not None
        for grid in (shelf_of((made,)).grid(choice), grid_of(table, made)):
            assert (QUARTER in grid.known_revised, QUARTER in grid.totals_revised) == marked
        assert not {"2026-Q1", "2026"} & (grid.known_revised | grid.totals_revised)
        below = breakdown(asked((made,)).told, measure, "sector")
        assert below is not None
        assert tuple("[r]" in str(row[1]) for row in below.rows[-2:]) == marked

    def test_a_calendar_year_is_marked_where_one_of_its_quarters_was_changed(self) -> None:
        made = (BEFORE, revising(content(2, "2026"), "received/2026", TOTAL))
        grid = shelf_of(made).grid(Choice("received", "", "", Grain.YEAR, Years.CALENDAR))
        assert grid.periods == ("CY2026",)
        assert grid.revised == {(TOTAL, "CY2026")}

    def test_a_median_is_marked_in_every_file_in_later_releases_too(self) -> None:
        table = "timeliness/decided/2026"
        for made in (revising(NOW, table, "median"), replace(NOW, revised=(Revised(table, "median", QUARTER),))):
            told, shelf = asked((made,)).told, shelf_of((made,))
            marked = [row for row in lines(timings_csv(shelf)) if row["marker"] == "[r]"]
            assert [(row["period"], row["what"]) for row in marked] == [(QUARTER, "median_days")]
            times = sheet(pack_of(asked((made,))), "timeliness").rows[0]
            assert times[2:] == (20, "9 [r]", 30)
            assert trend_table(trends(told)[-1]).rows[-1][1:] == ("9 [r]", 9)
            days = next(each for each in key_figures(shelf, QUARTER) if each.unit)
            assert days.now.revised
