"""Attacks upon random tables by a reader with a computer, who solves every equation of all releases together.

An ordinary run tries three lists of each sort, the first of them of one referral; `THROUGHLINE_ATTACKS=200` tries so
many. What fails is printed with its seed, from which the same list comes again.
"""

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.stats.domain.auditing import Published
from services.stats.domain.disclosure import CannotHide
from services.stats.domain.exchanging import Exchange
from services.stats.domain.measures import ATTRIBUTES, categories
from services.stats.domain.people import Event, People, Person, figures_of
from services.stats.domain.periods import Period
from services.stats.domain.rules import Rules
from services.stats.domain.tables import PublishedRow, PublishedTable
from tests.stats.people_made import YEAR, judged, released
from tests.stats.solving import Reader

MONTHS = YEAR[:3]
FIRST, SECOND = categories("sector")[:2]
DISTRICTS = ("North", "South", "West")
ATTACKS = int(os.environ.get("THROUGHLINE_ATTACKS", "3"))
attacks = settings(max_examples=ATTACKS, deadline=None, suppress_health_check=list(HealthCheck))
seeds = st.integers(0, 2**32)
rules = st.sampled_from(((3, 1), (5, 1), (10, 5)))
sizes = st.integers(1, 120)


@dataclass(frozen=True)
class Known:
    """What is known of one synthetic referral at one time."""

    about: tuple[str, ...]
    events: tuple[Event, ...]


def about(lot: Random) -> tuple[str, ...]:
    """Return random categories of all six attributes, some of which are much more frequent than others."""
    found = []
    for attribute in ATTRIBUTES:
        rows = categories(attribute, DISTRICTS)
        found.append(rows[min(int(lot.expovariate(0.6)), len(rows) - 1)])
    return tuple(found)


def steps(lot: Random) -> tuple[Event, ...]:
    """Return what one referral counts in, as far as it has got by the last month."""
    place = lot.choice((0, 0, 1, 2))
    events: list[Event] = [("received", MONTHS[place], "")]
    outcome = lot.choice(("closed", "closed", "signposted", "plp", "information-gathering", "section-36-referral", ""))
    if outcome:
        place = min(2, place + lot.choice((0, 0, 1)))
        events.append(("decided", MONTHS[place], outcome))
    if outcome in ("information-gathering", "section-36-referral"):
        for measure in ("discussed", "adopted", "consented", "left")[: lot.randint(0, 4)]:
            place = min(2, place + lot.choice((0, 0, 1)))
            events.append((measure, MONTHS[place], "concerns-reduced" if measure == "left" else ""))
    return tuple(events)


def lot_of(lot: Random, size: int) -> list[Known]:
    """Return so many random referrals."""
    return [Known(about(lot), steps(lot)) for _ in range(size)]


def told(states: Sequence[Mapping[int, Known]], stated: Mapping[int, Sequence[str]]) -> People:
    """Return the list of people whom releases know, each as they state its months; by number what each states."""
    found: Counter[Person] = Counter()
    for state in states:
        versions = []
        for number, months in stated.items():
            known = state.get(number)
            events = tuple(sorted(each for each in known.events if each[1] in months)) if known else ()
            if known and events:
                versions.append((number, known.about, events))
        found[tuple(versions)] += 1
    found.pop((), None)
    return tuple(sorted(found.items()))


def attack(
    states: Sequence[Mapping[int, Known]], stated: Mapping[int, Sequence[str]], figures: tuple[int, int]
) -> list[Published]:
    """Release month after month and let both the auditor and the reader try after each; return what was released."""
    rule = Rules(*figures, districts=DISTRICTS)
    as_of: dict[str, int] = {}
    earlier: list[Published] = []
    for number, months in stated.items():
        as_of = as_of | dict.fromkeys(months, number)
        people = told(states, {each: stated[each] for each in stated if each <= number})
        try:
            release, made = released(people, as_of, earlier, rule)
        except CannotHide:
            break  # A sentence, and no release: what was told before leaves no other list.
        earlier.append(release)
        assert judged(people, earlier, made, rule).is_clean
        reader = Reader(earlier, rule.round_to)
        assert reader.recovered() == {}
        assert not reader.contradicts
    return earlier


@pytest.mark.timeout(60 * 60)
class TestRandomTables:
    @attacks
    @given(seeds, sizes, rules)
    def test_no_hidden_figure_of_a_quarter_follows_from_what_is_shown(
        self, seed: int, size: int, figures: tuple[int, int]
    ) -> None:
        states = [{1: each} for each in lot_of(Random(seed), size)]
        assert attack(states, {1: MONTHS}, figures)

    @attacks
    @given(seeds, sizes, rules)
    def test_none_follows_from_a_month_and_two_further_ones(
        self, seed: int, size: int, figures: tuple[int, int]
    ) -> None:
        states = [dict.fromkeys((1, 2, 3), each) for each in lot_of(Random(seed), size)]
        assert attack(states, {number: [month] for number, month in enumerate(MONTHS, 1)}, figures)

    @attacks
    @given(seeds, sizes, rules)
    def test_none_follows_from_two_months_and_a_correction_of_the_first(
        self, seed: int, size: int, figures: tuple[int, int]
    ) -> None:
        lot = Random(seed)
        states = [{1: each, 2: each} for each in lot_of(lot, size)]
        for state in lot.sample(states, size // 6):
            state[2] = lot.choice((replace(state[1], about=about(lot)), Known(state[1].about, steps(lot))))
        states += [{2: each} for each in lot_of(lot, lot.choice((0, 1, 2, 9)))]
        found = attack(states, {1: MONTHS[:2], 2: MONTHS[:1]}, figures)
        assert found
        assert not [each for each in differences(found) if 0 < each < figures[0]]


def differences(releases: Sequence[Published]) -> list[int]:
    """Return by how much a later release shows each figure otherwise than an earlier one."""
    shown = [
        {(table.id, row.category, period): count for table in each.tables for row in table.rows
         for period, count in zip(table.periods, row.counts, strict=True) if count is not None}
        for each in releases
    ]  # fmt: skip
    pairs = [(one, other) for at, one in enumerate(shown) for other in shown[at + 1 :]]
    return [abs(one[cell] - other[cell]) for one, other in pairs for cell in one.keys() & other.keys()]


class TestTheReader:
    """The reader finds what is badly hidden, so that finding nothing means something."""

    people = told([{1: each} for each in lot_of(Random(1), 80)], {1: MONTHS})
    as_of = dict.fromkeys(MONTHS, 1)

    def shown_but(self, hidden: set[tuple[str, str]]) -> Published:
        """Return those received, in all and by sector: everything but the figures of some sectors and months."""
        periods = (*MONTHS, "2026-Q1")
        nothing = (None,) * len(periods)
        tables = []
        for attribute in ("", "sector"):
            true = figures_of(self.people, self.as_of)["received", attribute]
            rows = tuple(
                PublishedRow(row, tuple(
                    None if (row, period) in hidden else sum(true.get((row, each), 0) for each in Period(period).months)
                    for period in periods
                ))
                for row in categories(attribute)
            )  # fmt: skip
            tables.append(PublishedTable("received", attribute, "2026", periods, rows, nothing, nothing))
        return Published(tuple(tables), self.as_of, DISTRICTS)

    def test_finds_one_that_is_hidden_alone_in_its_column_and_row(self) -> None:
        recovered = Reader([self.shown_but({(FIRST, MONTHS[0])})]).recovered()
        assert ("received", "sector", FIRST, MONTHS[0], (1,)) in recovered

    def test_finds_three_corners_of_a_square_by_their_sums(self) -> None:
        corners = {(FIRST, MONTHS[0]), (SECOND, MONTHS[0]), (FIRST, MONTHS[1])}
        recovered = Reader([self.shown_but(corners)]).recovered()
        assert {(each[2], each[3]) for each in recovered if each[1] == "sector"} >= corners

    def test_finds_many_where_only_small_figures_are_hidden(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Exchange, "run", lambda *_: [])
        release, made = released(self.people, self.as_of, (), Rules(3, districts=DISTRICTS))
        assert not judged(self.people, [release], made).is_clean
        recovered = Reader([release]).recovered()
        assert len(recovered) > 10
        true = figures_of(self.people, self.as_of)
        for (measure, attribute, category, period, _), count in recovered.items():
            if measure == "received" and category != "known":
                counts = [true[measure, attribute].get((category, month), 0) for month in Period(period).months]
                assert sum(counts) == count

    def test_finds_none_of_four_corners(self) -> None:
        corners = {(sector, month) for sector in (FIRST, SECOND) for month in MONTHS[:2]}
        recovered = Reader([self.shown_but(corners)]).recovered()
        assert not {(each[2], each[3]) for each in recovered if each[1] == "sector"} & corners
