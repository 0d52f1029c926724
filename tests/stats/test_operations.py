"""Facts are counted once, in any order; a release is frozen, of closed months only, and never repeats a month."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text, update

from chassis.actor import Actor
from chassis.app import Runtime
from chassis.errors import Rejected
from contracts.vocabulary import Stage
from services.stats import operations, queries
from services.stats.domain import MonthMalformed, NothingToRelease, ReleaseAbsent
from services.stats.models import fact, release
from services.stats.operations import Disclosure, Fact

KENT, NORTHMERE = "kent-and-medway", "northmere"
DECEMBER = datetime(2026, 12, 10, 9, tzinfo=UTC)
RULES = Disclosure(suppress_below=5)


def received(month: str = "2026-11", *, key: UUID | None = None, version: int = 1, **given: str) -> Fact:
    """Return a synthetic fact of a referral received."""
    values: dict[str, Any] = {
        "sector": "education",
        "age_band": "11-15",
        "door": "web",
        "gender": "male",
        "district": "Thanet",
    }
    return Fact(key=key or uuid4(), stage=Stage.INTAKE, area=KENT, version=version, month=month, **(values | given))


def decided(outcome: str) -> Fact:
    """Return a synthetic fact of a decision of the Gateway."""
    return Fact(
        key=uuid4(),
        stage=Stage.TRIAGE,
        area=KENT,
        version=1,
        month="2026-11",
        outcome=outcome,
        days_since_receipt=3,
    )


async def count(stats: Runtime, *facts: Fact) -> None:
    async with stats.database.transaction(Actor.service("stats")) as session:
        for one in facts:
            await operations.count(session, one, now=DECEMBER)


async def make(stats: Runtime, now: datetime = DECEMBER, area: str = KENT) -> int:
    async with stats.database.transaction(Actor.service("stats")) as session:
        return await operations.make_release(session, area, RULES, now=now)


async def sectors(stats: Runtime) -> list[str]:
    async with stats.database.transaction(Actor.service("stats")) as session:
        return [row.sector for row in await session.rows(fact.select())]


class TestCount:
    async def test_a_repeat_changes_nothing(self, stats: Runtime) -> None:
        one = received()
        await count(stats, one, one)
        assert await sectors(stats) == ["education"]

    @pytest.mark.parametrize("order", [(1, 2), (2, 1)])
    async def test_the_higher_version_stays_whichever_comes_first(self, stats: Runtime, order: tuple[int, int]) -> None:
        key = uuid4()
        versions = {1: received(key=key, sector="unknown"), 2: received(key=key, version=2, sector="health")}
        for version in order:
            await count(stats, versions[version])
        assert await sectors(stats) == ["health"]

    async def test_stages_of_one_key_stand_side_by_side_in_any_order(self, stats: Runtime) -> None:
        key = uuid4()
        decided = Fact(key=key, stage=Stage.TRIAGE, area=KENT, version=1, month="2026-11", outcome="closed")
        await count(stats, decided, received(key=key))
        assert len(await sectors(stats)) == 2

    async def test_refuses_a_month_that_holds_a_day(self, stats: Runtime) -> None:
        with pytest.raises(MonthMalformed):
            await count(stats, received("2026-11-03"))


class TestMakeRelease:
    async def test_counts_by_sector_and_by_age_band(self, stats: Runtime) -> None:
        await count(stats, *(received() for _ in range(9)), received(sector="police", age_band="18-20"))
        await count(stats, *(received(sector="health", age_band="16-17") for _ in range(6)))
        number = await make(stats)
        async with stats.database.transaction(Actor.service("stats")) as session:
            found = (await queries.release_found(session, KENT, number)).content
        by_sector = {row.category: row.total for row in found.tables[0].rows}
        by_age = {row.category: row.total for row in found.tables[1].rows}
        assert (by_sector["education"], by_sector["health"], by_sector["police"]) == (9, 6, None)
        assert (by_age["11-15"], by_age["16-17"]) == (9, 6)
        assert found.tables[0].total == 16

    async def test_counts_what_was_withdrawn_and_what_another_force_took(self, stats: Runtime) -> None:
        given = {"closed": 6, "withdrawn": 8, "transferred": 9}
        await count(stats, *(decided(outcome) for outcome, number in given.items() for _ in range(number)))
        number = await make(stats)
        async with stats.database.transaction(Actor.service("stats")) as session:
            found = (await queries.release_found(session, KENT, number)).content
        table = next(table for table in found.tables if table.id == "decided-by-outcome")
        # The smallest shown count covers the outcomes that nobody decided.
        assert table.total == 23
        assert {row.category: row.total for row in table.rows if row.total} == {"withdrawn": 8, "transferred": 9}

    async def test_what_is_open_again_is_no_decision(self, stats: Runtime) -> None:
        again = decided("closed")
        await count(stats, again, replace(again, version=2, outcome="received"), *(decided("plp") for _ in range(6)))
        number = await make(stats)
        async with stats.database.transaction(Actor.service("stats")) as session:
            found = (await queries.release_found(session, KENT, number)).content
        assert next(table.total for table in found.tables if table.id == "decided-by-outcome") == 6

    async def test_counts_cases_of_channel_by_how_they_were_closed(self, stats: Runtime) -> None:
        case = replace(decided("case-closed"), stage=Stage.CHANNEL)
        given = {"concerns-reduced": 6, "lost-contact": 7, None: 8, "unheard-of": 2}
        for closing, number in given.items():
            await count(stats, *(replace(case, key=uuid4(), closing=closing) for _ in range(number)))
        number = await make(stats)
        async with stats.database.transaction(Actor.service("stats")) as session:
            found = (await queries.release_found(session, KENT, number)).content
        table = next(table for table in found.tables if table.id == "channel-by-outcome")
        assert table.total == 23
        shown = {row.category: row.total for row in table.rows if row.total}
        assert shown["case-closed"] == 10

    async def test_covers_empty_categories_that_the_totals_would_give_away(self, stats: Runtime) -> None:
        await count(stats, *(received() for _ in range(9)), *(received(sector="health") for _ in range(6)))
        number = await make(stats)
        async with stats.database.transaction(Actor.service("stats")) as session:
            found = (await queries.release_found(session, KENT, number)).content
        assert {row.category: row.total for row in found.tables[0].rows}["health"] is None

    async def test_takes_closed_months_only(self, stats: Runtime) -> None:
        await count(stats, *(received("2026-11") for _ in range(9)), *(received("2026-12") for _ in range(9)))
        number = await make(stats)
        async with stats.database.transaction(Actor.service("stats")) as session:
            assert (await queries.release_found(session, KENT, number)).content.months == ("2026-11",)

    async def test_begins_with_the_first_month_of_any_stage_and_lists_every_month(self, stats: Runtime) -> None:
        decided = Fact(key=uuid4(), stage=Stage.TRIAGE, area=KENT, version=1, month="2026-09", outcome="closed")
        await count(stats, received(), decided)
        await make(stats)
        async with stats.database.transaction(Actor.service("stats")) as session:
            (listed,) = await queries.releases(session, (KENT,))
        assert listed.months == ("2026-09", "2026-10", "2026-11")

    async def test_never_releases_a_month_twice(self, stats: Runtime) -> None:
        await count(stats, *(received() for _ in range(9)))
        await make(stats)
        await count(stats, *(received() for _ in range(3)))
        with pytest.raises(NothingToRelease):
            await make(stats)

    async def test_two_who_press_the_button_at_once_make_one_release(self, stats: Runtime) -> None:
        await count(stats, *(received() for _ in range(9)))
        outcomes = await asyncio.gather(make(stats), make(stats), return_exceptions=True)
        assert [type(outcome) for outcome in outcomes if isinstance(outcome, Exception)] == [NothingToRelease]
        assert [outcome for outcome in outcomes if isinstance(outcome, int)] == [1]

    async def test_nothing_to_release_is_a_sentence(self, stats: Runtime) -> None:
        with pytest.raises(Rejected, match="try again when a month has closed"):
            await make(stats)

    async def test_the_database_refuses_to_change_a_release(self, stats: Runtime) -> None:
        await count(stats, *(received() for _ in range(9)))
        await make(stats)
        with pytest.raises(Exception, match="frozen"):
            async with stats.database.transaction(Actor.service("stats")) as session:
                await session.execute(update(release).values(content="{}"))

    async def test_the_frozen_text_holds_no_small_count(self, stats: Runtime) -> None:
        await count(stats, *(received() for _ in range(40)), *(received(sector="health") for _ in range(3)))
        await make(stats)
        async with stats.database.transaction(Actor.service("stats")) as session:
            content = json.loads(await session.scalar(text("SELECT content FROM release")))
        shown = [
            count for table in content["tables"] for row in table["rows"] for count in (*row["counts"], row["total"])
        ]
        assert all(value is None or value >= 5 for value in shown)
        assert 37 not in shown

    async def test_another_area_sees_nothing_of_it(self, stats: Runtime) -> None:
        await count(stats, *(received() for _ in range(9)))
        number = await make(stats)
        reader = Actor(Actor.public().kind, "reader", areas=frozenset({NORTHMERE}))
        async with stats.database.transaction(reader) as session:
            assert await queries.releases(session, (KENT, NORTHMERE)) == ()
            with pytest.raises(ReleaseAbsent):
                await queries.release_found(session, KENT, number)


class TestRows:
    def test_hold_only_operational_and_statistical_classes(self) -> None:
        classes = {str(column.info["class"]) for table in fact.metadata.sorted_tables for column in table.columns}
        assert classes == {"operational", "statistical"}

    def test_hold_no_exact_time_no_reference_and_no_correlation(self) -> None:
        names = {column.name for column in fact.columns}
        assert not {name for name in names if name.endswith("_at") or "reference" in name or "correlation" in name}
