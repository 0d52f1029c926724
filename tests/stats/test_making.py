"""What a release is made of: the rules that bind it, what a correction lists, and how timings are rounded."""

from dataclasses import replace
from datetime import date

import pytest

from services.stats.domain.disclosure import Protected
from services.stats.domain.making import (
    Basis,
    changes_of,
    check_one_rule,
    content_of,
    revised_of,
    rules_in_force,
    timings_changed,
)
from services.stats.domain.measures import TOTAL
from services.stats.domain.periods import Period
from services.stats.domain.releases import Draft, RulesDiffer
from services.stats.domain.rules import Rules
from services.stats.domain.tables import (
    Change,
    PublishedRow,
    PublishedTable,
    ReleaseContent,
    ReleaseKind,
    Revised,
    Timing,
)
from services.stats.domain.timings import timing

NOW = Rules(5, 1, ("Ashford", "Dover"))


def earlier(number: int, *months: str, below: int = 5, to: int = 1, districts: tuple[str, ...] = ()) -> ReleaseContent:
    """Return an earlier release of these months under other rules."""
    return ReleaseContent(
        area="kent-and-medway",
        number=number,
        made_on=date(2026, 5, 12),
        kind=ReleaseKind.REGULAR,
        months=months,
        as_of=dict.fromkeys(months, number),
        suppress_below=below,
        round_to=to,
        districts=districts,
        tables=(),
    )


class TestRules:
    def test_are_the_areas_where_nothing_spoke_of_the_year(self) -> None:
        assert rules_in_force(NOW, (earlier(1, "2025-11", below=9, to=5),), {"2026"}) == NOW

    def test_of_a_year_are_those_of_the_first_release_that_spoke_of_it(self) -> None:
        before = (earlier(1, "2026-04", to=5, districts=("Ashford",)), earlier(2, "2026-05", to=5))
        assert rules_in_force(NOW, before, {"2026"}) == Rules(5, 5, ("Ashford",))

    @pytest.mark.parametrize(("was", "now", "holds"), [(5, 10, 10), (10, 5, 10)])
    def test_the_threshold_rises_under_way_and_never_falls(self, was: int, now: int, holds: int) -> None:
        assert rules_in_force(Rules(now), (earlier(1, "2026-04", below=was),), {"2026"}).suppress_below == holds

    def test_a_threshold_that_rose_once_stays(self) -> None:
        before = (earlier(1, "2026-04", below=5), earlier(2, "2026-05", below=10))
        assert rules_in_force(Rules(5), before, {"2026"}).suppress_below == 10

    def test_a_release_of_two_years_has_those_of_the_older(self) -> None:
        before = (earlier(1, "2026-02", to=5), earlier(2, "2026-04"))
        assert rules_in_force(NOW, before, {"2025", "2026"}).round_to == 5

    def test_years_of_different_rules_are_not_corrected_together(self) -> None:
        before = (earlier(1, "2026-02", to=5), earlier(2, "2026-04"))
        with pytest.raises(RulesDiffer, match="correct the months of one financial year first"):
            check_one_rule(before, {"2025", "2026"})
        check_one_rule(before, {"2025"})
        check_one_rule((before[0], earlier(2, "2026-04", to=5)), {"2025", "2026"})


def table(measure: str, *counts: int | None) -> PublishedTable:
    """Return the totals of a measure in the first months of 2026."""
    periods = tuple(f"2026-{4 + place:02}" for place in range(len(counts)))
    return PublishedTable(measure, "", "2026", periods, (PublishedRow(TOTAL, counts),), counts, counts)


class TestChanges:
    DRAFT = Draft("kent-and-medway", 3, ReleaseKind.CORRECTION, ("2026-04", "2026-05"), date(2026, 7, 1))

    def changes(self, *now: PublishedTable, before: tuple[ReleaseContent, ...]) -> list[Change]:
        """Return what a correction lists after these releases."""
        return list(changes_of(self.DRAFT, Basis((), {}, {"2026-04": 3, "2026-05": 3}, before), now))

    def test_a_table_that_was_left_out_before_is_listed_with_what_it_shows(self) -> None:
        before = (replace(earlier(1, "2026-04", "2026-05"), tables=(table("received", 20, 30),)),)
        found = self.changes(table("received", 20, 30), table("adopted", None, 12), before=before)
        assert found == [Change("adopted/2026", TOTAL, "2026-05", None, 12)]

    def test_what_stands_before_is_what_the_newest_release_of_the_year_said(self) -> None:
        first = replace(earlier(1, "2026-04", "2026-05"), tables=(table("received", 20, 30), table("adopted", 8, 9)))
        second = replace(earlier(2, "2026-04"), tables=(table("received", 20, 30),))
        found = self.changes(table("received", 25, 30), table("adopted", 8, 9), before=(first, second))
        assert found[0] == Change("received/2026", TOTAL, "2026-04", 20, 25)
        assert found[1:] == [
            Change("adopted/2026", TOTAL, "2026-04", None, 8),
            Change("adopted/2026", TOTAL, "2026-05", None, 9),
        ]

    def test_what_an_earlier_correction_changed_stays_marked(self) -> None:
        changed = replace(
            earlier(2, "2026-04"),
            kind=ReleaseKind.CORRECTION,
            changes=(
                Change("received/2026", TOTAL, "2026-04", 20, 25),
                Change("received/2025", TOTAL, "2025-04", 1, 9),
            ),
        )
        regular = replace(self.DRAFT, kind=ReleaseKind.REGULAR)
        before = (earlier(1, "2026-04"), changed, earlier(3, "2026-05"))
        assert revised_of(regular, Basis((), {}, {}, before)) == (Revised("received/2026", TOTAL, "2026-04"),)


class TestTimings:
    DRAFT = Draft("kent-and-medway", 2, ReleaseKind.CORRECTION, ("2026-04", "2026-05"), date(2026, 7, 1))
    BASIS = Basis((), {}, {"2026-04": 2, "2026-05": 2}, (
        replace(earlier(1, "2026-04", "2026-05"), timings=(
            Timing("decided", "2026-04", 20, 7, 30), Timing("decided", "2026-05", 20, 7, 30),
        )),
    ))  # fmt: skip
    NOW = (Timing("decided", "2026-04", 20, 5, 30), Timing("decided", "2026-05", None, None, None))

    def test_a_correction_lists_each_figure_of_them_that_it_states_otherwise(self) -> None:
        assert list(timings_changed(self.DRAFT, self.BASIS, self.NOW)) == [
            Change("timeliness/decided/2026", "median", "2026-04", 7, 5),
            Change("timeliness/decided/2026", "cases", "2026-05", 20, None),
            Change("timeliness/decided/2026", "median", "2026-05", 7, None),
            Change("timeliness/decided/2026", "percentile_90", "2026-05", 30, None),
        ]

    def test_a_release_of_new_months_lists_none(self) -> None:
        assert not list(timings_changed(replace(self.DRAFT, kind=ReleaseKind.REGULAR), self.BASIS, self.NOW))

    def test_what_a_release_holds_lists_them_and_later_ones_mark_them(self) -> None:
        tables = (table("received", 20, 20), table("decided", 20, 20))
        first = replace(self.BASIS.earlier[0], tables=tables)
        days = {("decided", month): {3: 20} for month in ("2026-04", "2026-05")}
        made = content_of(self.DRAFT, Rules(5), Basis((), days, self.BASIS.as_of, (first,)), Protected(tables))
        medians = {each.period: (each.before, each.after) for each in made.changes if each.category == "median"}
        assert medians == {"2026-04": (7, 3), "2026-05": (7, 3)}
        later = revised_of(replace(self.DRAFT, number=3), Basis((), {}, {}, (first, made)))
        assert Revised("timeliness/decided/2026", "median", "2026-04") in later

    def test_the_number_of_cases_is_rounded_as_every_count_and_the_days_are_not(self) -> None:
        month = Period("2026-04")
        days = {("decided", "2026-04"): {7: 23}}
        assert timing("decided", month, days, {month}, 5, 5) == Timing("decided", "2026-04", 25, 7, 7)
        assert timing("decided", month, days, {month}, 5).cases == 23
        assert timing("decided", month, days, (), 5, 5).cases is None
