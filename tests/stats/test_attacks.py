"""Attacks of readers who subtract: each works upon figures hidden one by one, and none upon what is released."""

from collections.abc import Iterator, Sequence
from itertools import combinations_with_replacement

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.vocabulary import Sector
from services.stats.domain.auditing import Published
from services.stats.domain.disclosure import CannotHide
from services.stats.domain.people import People
from services.stats.domain.periods import Period
from services.stats.domain.tables import PublishedTable
from tests.stats.people_made import RULES, YEAR, Referral, count, judged, people_of, referral, released

APRIL, MAY, JUNE = YEAR[:3]
QUARTER = "2026-Q1"
AS_OF = dict.fromkeys(YEAR[:3], 1)
SECTORS = "received/sector/2026"

sectors = st.sampled_from(("education", "health", "police"))
months = st.sampled_from(YEAR[:3])


@st.composite
def referrals(draw: st.DrawFn) -> Referral:
    """Return a referral that may have gone all the way."""
    first = draw(months)
    later = [month for month in YEAR[:3] if month >= first]
    events: list[tuple[str, ...]] = [("received", first)]
    if draw(st.booleans()):
        outcome = draw(st.sampled_from(("closed", "information-gathering", "plp")))
        events.append(("decided", draw(st.sampled_from(later)), outcome))
        if outcome == "information-gathering":
            month = draw(st.sampled_from(later))
            events += [("discussed", month), ("adopted", month)][: draw(st.integers(1, 2))]
    return referral(draw(sectors), *events)  # type: ignore[arg-type]


lists = st.lists(referrals(), min_size=1, max_size=25)
slow = settings(max_examples=5, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def by_subtraction(table: PublishedTable) -> Iterator[tuple[str, str]]:
    """Give the hidden figures that a reader finds with a pencil: one alone in a column, or in a sum of time."""
    for place, period in enumerate(table.periods):
        hidden = [row.category for row in table.rows if row.counts[place] is None]
        if len(hidden) == 1 and table.totals[place] is not None and table.attribute:
            yield hidden[0], period
    for row in table.rows:
        for whole in table.periods:
            parts = [each for each in table.periods if Period(each).parent == Period(whole)]
            missing = [each for each in (*parts, whole) if table.count(row.category, each) is None]
            if parts and len(missing) == 1:
                yield row.category, missing[0]


def many(number: int, sector: str, *events: tuple[str, ...]) -> list[Referral]:
    """Return so many referrals of the same sort."""
    return [referral(sector, *events)] * number  # type: ignore[arg-type]


class TestNestedMeasures:
    """Everybody discussed in May was adopted in May: two tables with other partners could be subtracted."""

    adopted = (
        *many(12, "education", ("received", APRIL), ("discussed", MAY), ("adopted", MAY)),
        *many(2, "health", ("received", APRIL), ("discussed", MAY), ("adopted", MAY)),
        *many(5, "police", ("received", APRIL), ("discussed", MAY), ("adopted", MAY)),
        *many(6, "community", ("received", APRIL), ("discussed", MAY), ("adopted", MAY)),
    )
    people = people_of([*adopted, *many(9, "other", ("received", JUNE))], AS_OF)

    def test_what_one_table_hides_the_other_does_not_tell(self) -> None:
        release, made = released(self.people, AS_OF)
        for category in ("health", "police", "community", "education"):
            discussed = count(made, "discussed/sector/2026", category, MAY)
            adopted = count(made, "adopted/sector/2026", category, MAY)
            assert judged(self.people, [release], made).is_clean
            assert (discussed is None) >= (category == "health")
            assert (adopted is None) >= (category == "health")

    def test_the_auditor_finds_it_where_the_tables_hide_different_partners(self) -> None:
        # More than a year after the first month that is stated, nobody is adopted of whom nothing is known before.
        as_of = {**dict.fromkeys((f"2025-{month:02}" for month in range(4, 13)), 1), "2026-01": 1, "2026-02": 1}
        as_of |= {"2026-03": 1, **AS_OF}
        people = people_of([*self.adopted, *many(9, "other", ("received", APRIL))], as_of)
        release, made = released(people, as_of)
        other = Published(tuple(_one_partner(each) for each in release.tables), release.as_of, release.districts)
        assert judged(people, [release], made).is_clean
        assert not judged(people, [other], made).is_clean


def _one_partner(table: PublishedTable) -> PublishedTable:
    """Show every figure of a table of sectors but health's, and police's or community's in turn, as tables alone do."""
    if table.attribute != "sector" or table.measure not in ("discussed", "adopted"):
        return table
    true = {"education": 12, "health": 2, "police": 5, "community": 6}
    hidden = {"health", "police" if table.measure == "adopted" else "community"}
    rows = tuple(
        type(row)(row.category, tuple(
            None if row.category in hidden else (true.get(row.category, 0) if period in (MAY, QUARTER) else 0)
            for period in table.periods
        ))
        for row in table.rows
    )  # fmt: skip
    return type(table)(table.measure, table.attribute, table.year, table.periods, rows, table.totals, table.known)


class TestTwoLevels:
    def test_a_withheld_month_of_noughts_below_an_outcome(self) -> None:
        people = people_of(
            [
                *many(9, "education", ("received", APRIL), ("decided", APRIL, "closed")),
                *many(8, "health", ("received", APRIL), ("decided", JUNE, "closed")),
                *many(9, "education", ("received", MAY), ("decided", MAY, "plp")),
                *many(7, "police", ("received", MAY), ("decided", JUNE, "plp")),
            ],
            AS_OF,
        )
        release, made = released(people, AS_OF)
        assert count(made, "decided-closed/sector/2026", "health", MAY) is None
        assert judged(people, [release], made).is_clean


class TestReleasesThatFollow:
    def test_a_figure_that_changed_a_little_is_hidden_in_the_correction(self) -> None:
        base = [*many(20, "education", ("received", APRIL)), *many(40, "police", ("received", APRIL))]
        first_as_of, then = {APRIL: 1}, {APRIL: 2}
        early = people_of(base, first_as_of)
        first, _ = released(early, first_as_of)
        both = _corrected(base, many(1, "education", ("received", APRIL)) + many(9, "health", ("received", APRIL)))
        again, made = released(both, then, [first])
        assert count(made, SECTORS, "education", APRIL) is None
        assert judged(both, [first, again], made).is_clean

    def test_a_figure_that_comes_near_one_of_long_ago_is_hidden_and_stays_so(self) -> None:
        earlier: list[Published] = []
        shown = []
        for number in range(1, 5):
            # Fifty are in every release; of those who come and go, each release has its own.
            ((((_, about, events),), fifty),) = people_of(many(50, "education", ("received", APRIL)), {APRIL: 1})
            coming = (5, 1, 20)[: number - 1]
            people = tuple(
                sorted(
                    [(tuple((each, about, events) for each in range(1, number + 1)), fifty)]
                    + [(((each, about, events),), some) for each, some in enumerate(coming, 2)]
                )
            )
            release, made = released(people, {APRIL: number}, earlier)
            earlier.append(release)
            shown.append(count(made, "received/2026", "all", APRIL))
            assert judged(people, earlier, made).is_clean
        assert shown == [50, 55, None, None]

    @slow
    @given(lists, st.integers(1, 2))
    def test_random_lists_released_in_two_steps(self, found: list[Referral], cut: int) -> None:
        as_of = {month: 1 if place < cut else 2 for place, month in enumerate(YEAR[:3])}
        early = dict.fromkeys(YEAR[:cut], 1)
        known = [Referral(each.sector, tuple(e for e in each.events if e[1] in early)) for each in found]
        first, _ = released(people_of(known, early), early)
        people = people_of(found, as_of)
        try:
            second, made = released(people, as_of, [first])
        except CannotHide:
            return  # A sentence, and no release: what was told before leaves no other list.
        assert judged(people, [first, second], made).is_clean


class TestRandomLists:
    @slow
    @given(lists)
    def test_nothing_hidden_is_found_out(self, found: list[Referral]) -> None:
        people = people_of(found, AS_OF)
        release, made = released(people, AS_OF)
        assert judged(people, [release], made).is_clean
        assert not [each for one in made.tables for each in by_subtraction(one)]

    def test_the_same_people_always_give_the_same_tables(self) -> None:
        found = [*many(12, "education", ("received", APRIL)), *many(2, "health", ("received", MAY))]
        assert released(people_of(found, AS_OF), AS_OF)[1] == released(people_of(found[::-1], AS_OF), AS_OF)[1]


class TestByTryingEverything:
    """All lists of up to seven referrals of one month, each of any sector: which of them give what is shown?"""

    every = tuple(each for size in range(8) for each in combinations_with_replacement(sorted(Sector), size))

    @pytest.mark.parametrize("seed", [5, 900, 2500, 4000, 6000])
    def test_every_hidden_figure_has_two_values(self, seed: int) -> None:
        true = self.every[seed]
        release, _ = released(people_of([referral(each, ("received", APRIL)) for each in true], {APRIL: 1}), {APRIL: 1})
        figures = {
            row.category: row.counts[0] for one in release.tables if one.attribute in ("", "sector") for row in one.rows
        }
        like = [each for each in self.every if all(_is_so(each, name, figures[name]) for name in figures)]
        assert true in like
        for sector in Sector:
            if figures.get(sector) is None:
                assert len({each.count(sector) for each in like}) > 1


def _is_so(found: Sequence[str], category: str, count: int | None) -> bool:
    return count is None or count == (len(found) if category == "all" else found.count(category))


def _corrected(before: Sequence[Referral], late: Sequence[Referral]) -> People:
    """Return who was known of April when it was released first, and who when it was stated again."""
    found: dict[tuple[tuple[int, tuple[str, ...], tuple[tuple[str, str, str], ...]], ...], int] = {}
    for each, numbers in [*((one, (1, 2)) for one in before), *((one, (2,)) for one in late)]:
        ((person, _),) = people_of([each], {APRIL: 1})
        ((_, about, events),) = person
        versions = tuple((number, about, events) for number in numbers)
        found[versions] = found.get(versions, 0) + 1
    return tuple(sorted(found.items()))


class TestThreshold:
    def test_no_figure_below_it_is_shown(self) -> None:
        found = [*many(12, "education", ("received", APRIL)), *many(2, "health", ("received", MAY))]
        release, _ = released(people_of(found, AS_OF), AS_OF)
        shown = [each for one in release.tables for row in one.rows for each in row.counts if each is not None]
        assert shown
        assert min(shown) >= RULES.suppress_below
