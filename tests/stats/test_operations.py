"""Facts go into the log once each, in any order, and nothing there says more than a month."""

from uuid import UUID, uuid4

import pytest

from chassis.actor import Actor
from chassis.app import Runtime
from contracts.vocabulary import Stage
from services.stats.domain import MonthMalformed
from services.stats.models import fact_log
from services.stats.operations import Fact
from tests.stats.counted_made import KENT, put, received


async def logged(stats: Runtime) -> list[UUID]:
    async with stats.database.transaction(Actor.service("stats")) as session:
        return [row.key for row in await session.rows(fact_log.select())]


class TestCount:
    async def test_a_repeat_changes_nothing(self, stats: Runtime) -> None:
        one = received()
        await put(stats, one, one)
        await put(stats, one)
        assert await logged(stats) == [one.key]

    async def test_every_version_is_kept(self, stats: Runtime) -> None:
        key = uuid4()
        await put(stats, received(key=key, version=2), received(key=key))
        assert await logged(stats) == [key, key]

    async def test_stages_of_one_key_stand_side_by_side_in_any_order(self, stats: Runtime) -> None:
        key = uuid4()
        decided = Fact(key=key, stage=Stage.TRIAGE, area=KENT, version=1, month="2026-11", outcome="closed")
        await put(stats, decided, received(key=key))
        assert await logged(stats) == [key, key]

    async def test_refuses_a_month_that_holds_a_day(self, stats: Runtime) -> None:
        with pytest.raises(MonthMalformed):
            await put(stats, received("2026-11-03"))


class TestRows:
    def test_hold_only_operational_and_statistical_classes(self) -> None:
        classes = {str(column.info["class"]) for table in fact_log.metadata.sorted_tables for column in table.columns}
        assert classes == {"operational", "statistical"}

    def test_hold_no_exact_time_no_reference_and_no_correlation(self) -> None:
        names = {column.name for column in fact_log.columns}
        assert not {name for name in names if name.endswith("_at") or "reference" in name or "correlation" in name}
