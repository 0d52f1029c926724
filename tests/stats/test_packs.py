"""What the quarterly pack says: figures of its quarter, no institution but in the annex, nothing hidden shown."""

import json
from dataclasses import asdict, replace

import pytest

from services.stats.domain.pack import QuarterNotReleased, check_quarter, quarters_of
from services.stats.domain.pack_sections import MAY_BE_MINUTED, NOT_MINUTED, pack_of
from services.stats.domain.tables import Change
from tests.stats.packed import INSTITUTIONS, QUARTER, SHARE, asked, made_of, released, section, shelf_of
from tests.stats.published_made import content, hiding


def said(value: object) -> str:
    """Return everything that a part of a pack says."""
    return json.dumps(asdict(value), ensure_ascii=False)  # type: ignore[call-overload]


class TestQuarters:
    def test_are_those_of_which_every_month_is_released_newest_first(self) -> None:
        made = (content(1, "2025"), content(2, "2026", 8))
        assert quarters_of(shelf_of(made))[:3] == ("2026-Q2", "2026-Q1", "2025-Q4")

    @pytest.mark.parametrize("quarter", ["2026-Q3", "2026", "2026-07", "", "nonsense"])
    def test_no_other_period_is_taken(self, quarter: str) -> None:
        with pytest.raises(QuarterNotReleased):
            check_quarter(shelf_of((content(1, "2026", 8),)), quarter)
        with pytest.raises(QuarterNotReleased):
            check_quarter(None, quarter)


class TestFigures:
    def test_are_those_of_the_quarter_and_of_the_same_a_year_before(self) -> None:
        shelf = shelf_of(released())
        row = section(made_of(), "figures").blocks[0].table
        assert row is not None
        assert row.rows[0] == (
            "Referrals received", shelf.total("received", "2026-Q2"), shelf.total("received", "2025-Q2"),
        )  # fmt: skip

    def test_of_a_year_that_is_not_released_are_not_available(self) -> None:
        table = section(made_of(asked(released(("2026",)))), "figures").blocks[0].table
        assert table is not None
        assert {row[2] for row in table.rows} == {"[x]"}

    def test_trends_end_with_the_quarter(self) -> None:
        for block in section(made_of(), "trends").blocks:
            assert block.table is not None
            assert block.table.rows[-1][0] == "Jul to Sep 2026"
            assert block.chart is not None
            assert block.chart.points[-1].label == "Jul–Sep 26"

    def test_a_trend_that_is_hidden_altogether_is_said_in_words_above_its_table(self) -> None:
        hidden = [
            replace(
                each, timings=tuple(replace(one, cases=None, median=None, percentile_90=None) for one in each.timings)
            )
            for each in released()
        ]
        *drawn, days = section(made_of(asked(hidden)), "trends").blocks
        assert all(block.chart is not None for block in drawn)
        assert days.chart is None
        assert "so there is no chart" in days.words[0]
        assert days.table is not None

    def test_a_hidden_one_is_its_marker_in_every_file(self) -> None:
        newest = hiding(released()[-1], "received/sector/2026", "health", QUARTER)
        pack = made_of(asked((*released()[:-1], newest)))
        tables = [block.table for block in section(pack, "tables").blocks if block.table]
        by_sector = next(each for each in tables if each.id == "received-sector")
        assert next(row for row in by_sector.rows if row[0] == "Health")[1] == "[c]"
        lines = next(each for each in pack.sheets if each.id == "tables").rows
        line = next(row for row in lines if row[:3] == ("Referrals received", "Sector of the referrer", "Health"))
        assert line[3:5] == ("", "[c]")

    def test_a_revised_one_says_so(self) -> None:
        change = Change("received/sector/2026", "health", QUARTER, 3, 9)
        pack = made_of(asked((*released()[:-1], replace(released()[-1], changes=(change,)))))
        lines = next(each for each in pack.sheets if each.id == "tables").rows
        line = next(row for row in lines if row[:3] == ("Referrals received", "Sector of the referrer", "Health"))
        assert isinstance(line[3], int)
        assert line[4] == "[r]"

    def test_a_table_that_shows_nothing_of_the_quarter_is_named_as_left_out(self) -> None:
        newest = released()[-1]
        for category in ("female", "male", "other", "not-known"):
            newest = hiding(newest, "received/gender/2026", category, QUARTER)
        pack = made_of(asked((*released()[:-1], newest)))
        left_out = section(pack, "reading").blocks[-1].table
        assert left_out is not None
        assert ("Referrals received", "Gender", "Nothing can be shown") in left_out.rows
        assert "received-gender" not in {block.table.id for block in section(pack, "tables").blocks if block.table}

    def test_where_no_table_is_left_out_it_says_so_and_shows_no_empty_table(self) -> None:
        left_out = section(made_of(), "reading").blocks[-1]
        assert left_out.words[0] == "Of every table something is shown for the quarter."
        assert left_out.table is None

    def test_no_per_cent_of_its_own_where_the_area_shows_none(self) -> None:
        pack = made_of()
        own = [section(pack, each) for each in ("trends", "times", "days", "minutes")]
        assert "%" not in "".join(map(said, own)).replace("90% within", "")
        sheet = next(each for each in pack.sheets if each.id == "figures")
        assert {row[4] for row in sheet.rows} == {"[z]"}
        shown = made_of(replace(asked(), told=replace(asked().told, percentages=True)))
        assert "%" in said(section(shown, "minutes"))


class TestInstitutions:
    def test_stand_in_the_annex_in_per_cent_and_nowhere_else(self) -> None:
        pack = made_of()
        annex = section(pack, "institutions")
        assert annex.band == NOT_MINUTED
        table = annex.blocks[0].table
        assert table is not None
        assert table.rows[0] == (INSTITUTIONS[0][1], f"{SHARE}%", f"{SHARE}%")
        others = "".join(said(each) for each in (*pack.sections, *pack.sheets) if each is not annex)
        for _, name in INSTITUTIONS:
            assert name not in others
        assert f"{SHARE}%" not in others

    def test_are_of_whole_years_up_to_the_quarter_only(self) -> None:
        table = section(made_of(), "institutions").blocks[0].table
        assert table is not None
        assert table.headings == ("Institution", "2025 to 2026", "2024 to 2025")

    def test_a_share_that_is_not_told_is_hidden(self) -> None:
        table = section(made_of(), "institutions").blocks[0].table
        assert table is not None
        assert table.rows[1] == (INSTITUTIONS[1][1], "[c]", "[c]")


class TestMinutes:
    def test_say_that_they_may_be_copied_and_name_release_and_signer(self) -> None:
        minutes = section(made_of(), "minutes")
        assert minutes.band == MAY_BE_MINUTED
        words = " ".join(minutes.blocks[0].words)
        assert "release 3 of 4 May 2027, signed off by Arno Analyst (synthetic) on 4 May 2027" in words


class TestDays:
    def test_tell_days_and_never_how_much_came_in(self) -> None:
        block = section(made_of(), "days").blocks[0]
        assert block.table is not None
        assert block.table.rows == (
            ("July 2026", 31, 31, 30, 0, 1), ("August 2026", 31, 31, 30, 0, 1), ("September 2026", 30, 30, 30, 0, 0),
        )  # fmt: skip
        assert "still lacking: 2" in " ".join(block.words)

    def test_of_a_quarter_that_was_not_counted_are_said_so(self) -> None:
        assert "No day" in " ".join(section(pack_of(replace(asked(), days=())), "days").blocks[0].words)


class TestPack:
    def test_is_the_same_for_the_same_figures(self) -> None:
        assert made_of() == made_of()

    def test_is_dated_by_its_release_and_not_by_a_clock(self) -> None:
        assert made_of().dated == "2027-05-04"

    def test_names_release_digest_and_rules(self) -> None:
        about = next(each for each in made_of().sheets if each.id == "about")
        assert ("Digest (SHA-256)", f"{3:064x}") in about.rows
        assert any(str(row[1]).startswith("Counts below 5") for row in about.rows)
