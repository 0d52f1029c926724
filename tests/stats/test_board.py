"""The few figures of the board: what each rate is a part of, and that nothing hidden is told by one."""

from collections.abc import Mapping

import pytest

from services.stats.domain.board import KeyFigure, key_figures
from services.stats.domain.measures import TOTAL
from services.stats.domain.pack_sections import pack_of
from services.stats.domain.pack_tables import figures_sheet, figures_table
from services.stats.domain.tables import ReleaseContent
from tests.conftest import RunningOf
from tests.stats.packed import QUARTER, asked, section, shelf_of
from tests.stats.published_made import content, hiding, publish
from tests.stats.reading import opened
from tests.stats.test_markers import revising, without

MONTH = "2026-07"
MANY: Mapping[tuple[str, str], int] = {
    ("adopted", "education"): 58,
    ("not-adopted", "education"): 30, ("not-adopted", "health"): 12,
    ("decided", "closed"): 30, ("decided", "signposted"): 10, ("decided", "section-36-referral"): 160,
    ("left", "concerns-reduced"): 8, ("left", "lost-contact"): 92,
}  # fmt: skip
PANEL, GATEWAY, WELL = "not-adopted", "rejected", "satisfactory"


def many(measure: str, category: str, month: str) -> int:
    """Return figures of which 42 in a hundred cases were not adopted, and eight in a hundred closed well."""
    return MANY.get((measure, category), 0) if month == MONTH else 0


MADE = content(many=many)


def figure(wanted: str, made: ReleaseContent = MADE, period: str = QUARTER) -> KeyFigure:
    """Return one of the few figures of a release."""
    return next(each for each in key_figures(shelf_of((made,)), period) if each.id == wanted)


class TestRates:
    def test_the_panels_is_of_all_cases_that_it_adopted_or_did_not_adopt(self) -> None:
        found = figure(PANEL)
        assert (found.now.count, found.now.of, found.now.share) == (42, 100, 42)
        assert found.part_of == "cases that a panel adopted or did not adopt"

    def test_the_gateways_is_another_figure_and_each_names_the_other(self) -> None:
        panel, gateway = figure(PANEL), figure(GATEWAY)
        assert (gateway.now.count, gateway.now.of, gateway.now.share) == (40, 200, 20)
        assert (gateway.title, panel.title) == ("Ended by the Gateway", "Not adopted by a panel")
        assert gateway.meaning.startswith("The Gateway’s rejection rate, not the panel’s")
        assert panel.meaning.startswith("The panel’s rejection rate, not the Gateway’s")

    def test_satisfactory_closures_are_those_with_the_concerns_reduced_of_all_that_were_closed(self) -> None:
        found = figure(WELL)
        assert (found.now.count, found.now.of, found.now.share) == (8, 100, 8)


class TestHidden:
    @pytest.mark.parametrize(("gone", "count"), [("adopted", 42), ("not-adopted", None)])
    @pytest.mark.parametrize("whole_table", [False, True])
    def test_either_part_hides_the_sum_and_the_share(self, gone: str, count: int | None, *, whole_table: bool) -> None:
        table = f"{gone}/2026"
        made = without(MADE, table) if whole_table else hiding(MADE, table, TOTAL, QUARTER)
        now = figure(PANEL, made).now
        assert (now.count, now.of, now.share) == (count, None, None)

    def test_a_year_that_was_not_released_is_not_available(self) -> None:
        assert not figure(PANEL).before.released
        assert figure(PANEL).before.of is None

    @pytest.mark.parametrize(("changed", "marked"), [("adopted", (False, True)), ("not-adopted", (True, True))])
    def test_a_correction_of_either_part_marks_the_sum(self, changed: str, marked: tuple[bool, bool]) -> None:
        now = figure(PANEL, revising(MADE, f"{changed}/2026", TOTAL)).now
        assert (now.revised, now.of_revised) == marked


class TestShown:
    async def test_the_page_shows_both_rates_with_what_each_is_a_part_of(self, running_of: RunningOf) -> None:
        site = await opened(running_of)
        await publish(site.running.runtime, MADE)
        words = await site.text(f"/?period={QUARTER}")
        assert "Ended by the Gateway 40 of 200 Gateway decisions" in words
        assert "Not adopted by a panel 42 of 100 cases that a panel adopted or did not adopt" in words
        assert "Cases closed with the concerns reduced 8 of 100 Channel cases closed" in words

    async def test_the_page_shows_no_sum_of_which_a_part_is_hidden(self, running_of: RunningOf) -> None:
        site = await opened(running_of)
        await publish(site.running.runtime, hiding(MADE, "adopted/2026", TOTAL, QUARTER))
        words = await site.text(f"/?period={QUARTER}")
        assert "Not adopted by a panel 42 of [c] cases that a panel adopted or did not adopt" in words

    def test_the_pack_shows_it_in_words_and_in_numbers(self) -> None:
        told = asked((MADE,)).told
        words = {row[0]: row[1] for row in figures_table(told).rows}
        assert words["Not adopted by a panel"] == "42 of 100 cases that a panel adopted or did not adopt"
        numbers = {row[0]: row[1:4] for row in figures_sheet(told).rows}
        assert numbers["Not adopted by a panel"] == (42, 100, "cases that a panel adopted or did not adopt")

    def test_the_pack_prints_who_was_not_adopted(self) -> None:
        tables = {each.table.id: each.table for each in section(pack_of(asked((MADE,))), "tables").blocks if each.table}
        assert ("Education", 30) in {row[:2] for row in tables["not-adopted-sector"].rows}
        assert tables["not-adopted-sector"].rows[-1][:2] == ("Total", 42)
