"""Institutions: a share in per cent of a whole year, told once, never a count; on a page and in the pack's annex."""

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from chassis.actor import Actor
from chassis.app import Runtime
from services.stats import operations, queries
from services.stats.domain.institutions import shares_of
from services.stats.domain.measures import TOTAL
from services.stats.domain.periods import Period
from services.stats.domain.tables import InstitutionShare, PublishedRow, PublishedTable, ReleaseContent, ReleaseKind
from tests.stats.counted_made import KENT, many, put, received
from tests.stats.drafted import computed, signed

MONTHS = Period("2025").months
MAY = datetime(2026, 5, 12, 9, tzinfo=UTC)
JUNE = datetime(2026, 6, 12, 9, tzinfo=UTC)


def totals(total: int | None, *, whole: bool = True) -> tuple[PublishedTable, ...]:
    """Return the totals of a year of which twelve, or fewer, months are there."""
    periods = ("2025-04", "2025") if whole else ("2025-04",)
    counts = tuple(total for _ in periods)
    return (PublishedTable("received", "", "2025", periods, (PublishedRow(TOTAL, counts),), counts, counts),)


def told(months: Collection[str], *shares: InstitutionShare) -> ReleaseContent:
    """Return an earlier release of these months with the shares that it told."""
    return ReleaseContent(
        area=KENT,
        number=1,
        made_on=MAY.date(),
        kind=ReleaseKind.REGULAR,
        months=tuple(months),
        as_of=dict.fromkeys(months, 1),
        suppress_below=5,
        round_to=1,
        districts=(),
        tables=(),
        shares=shares,
    )


class TestShares:
    def test_are_in_whole_per_cent_of_the_year(self) -> None:
        counts = {("grammar", "2025-04"): 7, ("grammar", "2026-03"): 4, ("college", "2025-06"): 5}
        assert shares_of(counts, MONTHS, totals(80), (), 5) == (
            InstitutionShare("college", "2025", 6),
            InstitutionShare("grammar", "2025", 14),
        )

    @pytest.mark.parametrize("count", [0, 1, 4])
    def test_of_few_are_not_given(self, count: int) -> None:
        assert shares_of({("grammar", "2025-04"): count}, MONTHS, totals(80), (), 5) == ()

    def test_are_not_given_of_a_year_that_is_hidden_or_not_whole(self) -> None:
        assert shares_of({("grammar", "2025-04"): 40}, MONTHS, totals(None), (), 5) == ()
        assert shares_of({("grammar", "2025-04"): 40}, MONTHS[:1], totals(80, whole=False), (), 5) == ()

    def test_are_told_once_whatever_comes_late(self) -> None:
        first = InstitutionShare("grammar", "2025", 14)
        late = {("grammar", "2025-04"): 40, ("college", "2025-04"): 30}
        assert shares_of(late, MONTHS, totals(80), (told(MONTHS, first),), 5) == (first,)

    def test_that_were_told_stay_where_the_total_is_hidden_now(self) -> None:
        first = InstitutionShare("grammar", "2025", 14)
        assert shares_of({}, MONTHS, totals(None), (told(MONTHS, first),), 5) == (first,)
        assert shares_of({}, MONTHS, (), (told(MONTHS, first), told(MONTHS[:1])), 5) == (first,)

    def test_that_were_not_told_with_the_whole_year_are_not_told_later(self) -> None:
        # With the first whole release it was one short, or the total was hidden: that it is shown now tells why.
        late = {("grammar", "2025-04"): 5}
        assert shares_of(late, MONTHS, totals(80), (told(MONTHS),), 5) == ()
        assert shares_of(late, MONTHS, totals(80), (told(MONTHS[:11]),), 5) == (InstitutionShare("grammar", "2025", 6),)

    def test_of_another_year_do_not_count_here(self) -> None:
        assert shares_of({("grammar", "2026-04"): 40, ("grammar", "2025-04"): 2}, MONTHS, totals(80), (), 5) == ()


class TestRelease:
    async def test_holds_the_shares_of_its_whole_years_and_no_count(self, stats: Runtime) -> None:
        await _year(stats, "sample-grammar-school", 8)
        draft = await computed(stats, now=MAY)
        assert draft.content is not None
        assert draft.content.shares == (InstitutionShare("sample-grammar-school", "2025", 7),)

    async def test_a_correction_leaves_the_share_as_it_was(self, stats: Runtime) -> None:
        await _year(stats, "sample-grammar-school", 8)
        await signed(stats, now=MAY)
        await _name(stats, "sample-grammar-school", 40)
        await put(stats, *many(20, received("2026-04")))
        await signed(stats, now=JUNE)
        async with stats.database.transaction(Actor.service("stats")) as session:
            shelf = await queries.shelf_of(session, KENT)
        assert shelf is not None
        assert shelf.by_year["2025"].content.shares == (InstitutionShare("sample-grammar-school", "2025", 7),)

    async def test_counts_only_what_had_come_before_it_was_begun(self, stats: Runtime) -> None:
        await _year(stats, "sample-grammar-school", 8)
        async with stats.database.transaction(Actor.service("stats")) as session:
            counted = await queries.institutions_counted(session, KENT, dict.fromkeys(MONTHS, 0))
            assert counted == {}
            counted = await queries.institutions_counted(session, KENT, dict.fromkeys(MONTHS, 1))
            assert sum(counted.values()) == 8


async def _year(stats: Runtime, institution: str, number: int) -> None:
    """Count ten referrals a month of a year, and so many of an institution."""
    await put(stats, *(fact for month in MONTHS for fact in many(10, replace(received(), month=month))))
    await _name(stats, institution, number)


async def _name(stats: Runtime, institution: str, number: int) -> None:
    async with stats.database.transaction(Actor.service("stats")) as session:
        for place in range(number):
            await operations.count_institution(session, KENT, MONTHS[place % 12], institution, now=MAY)
