"""Every referral counts at most once for a measure, in the month it got there, by what is known of it then."""

import asyncio
import gc
from collections.abc import Callable, Mapping
from threading import Event
from typing import cast
from uuid import uuid4

import pytest
from sqlalchemy import text

from chassis.app import Runtime
from chassis.database import Session
from services.stats import queries
from services.stats.domain.measures import MEASURES, TOTAL
from services.stats.domain.people import Stated
from services.stats.queries import Found, counting
from tests.stats.counted_made import DISTRICTS, JOB, KENT, NORTHMERE, decided, in_channel, many, put, received

NOVEMBER = {"2026-11": 1}
BOTH = {"2026-10": 1, "2026-11": 1}


async def found(stats: Runtime, as_of: Mapping[str, int] = NOVEMBER, area: str = KENT) -> Found:
    async with stats.database.transaction(JOB) as session:
        return await queries.counted(session, area, stated(as_of), as_of)


def stated(as_of: Mapping[str, int]) -> dict[int, Stated]:
    """Return what each release stated."""
    numbers = sorted(set(as_of.values()))
    return {
        number: Stated(frozenset(month for month, each in as_of.items() if each == number), DISTRICTS)
        for number in numbers
    }


async def total(stats: Runtime, measure: str, as_of: Mapping[str, int] = NOVEMBER) -> dict[str, int]:
    figures = (await found(stats, as_of)).figures.get((measure, ""), {})
    return {month: number for (_, month), number in figures.items()}


async def later(stats: Runtime, number: int) -> None:
    """Let everything that is in the log stay of its generation, and what comes be of a later one."""
    async with stats.database.transaction(JOB) as session:
        await session.execute(
            text(
                "INSERT INTO drafting (id, area, number, kind, months, opened_by, opened_by_name, opened_on,"
                " step, progress, state, words) VALUES (gen_random_uuid(), :area, :number, 'regular', '{}', 'a',"
                " 'A', '2026-12-10', '', 0, 'discarded', '')"
            ),
            {"area": KENT, "number": number},
        )


class TestReceived:
    async def test_counts_by_every_attribute(self, stats: Runtime) -> None:
        await put(stats, *many(3, received()), *many(2, received(sector="police", gender="female", district="Ashford")))
        figures = (await found(stats)).figures
        assert figures["received", ""] == {(TOTAL, "2026-11"): 5}
        assert figures["received", "sector"] == {("education", "2026-11"): 3, ("police", "2026-11"): 2}
        assert figures["received", "gender"] == {("male", "2026-11"): 3, ("female", "2026-11"): 2}
        assert figures["received", "district"] == {("Thanet", "2026-11"): 3, ("Ashford", "2026-11"): 2}
        assert {attribute for measure, attribute in figures if measure == "received"} == {
            "", *MEASURES["received"].attributes,
        }  # fmt: skip

    async def test_the_newest_version_says_what_it_is(self, stats: Runtime) -> None:
        key = uuid4()
        await put(stats, received(key=key, version=2, sector="health"), received(key=key, sector="unknown"))
        assert (await found(stats)).figures["received", "sector"] == {("health", "2026-11"): 1}

    async def test_what_no_category_takes_is_unknown(self, stats: Runtime) -> None:
        await put(stats, received(district="Atlantis", sector="guild", ethnicity="green"))
        figures = (await found(stats)).figures
        assert figures["received", "district"] == {("unknown", "2026-11"): 1}
        assert figures["received", "sector"] == {("unknown", "2026-11"): 1}
        assert figures["received", "ethnicity"] == {("not-recorded", "2026-11"): 1}
        assert figures["received", "concern"] == {("unknown", "2026-11"): 1}

    async def test_another_area_counts_for_itself(self, stats: Runtime) -> None:
        await put(stats, received())
        assert (await found(stats, area=NORTHMERE)).figures == {}


class TestDecided:
    async def test_the_latest_decision_counts_in_its_own_month(self, stats: Runtime) -> None:
        key = uuid4()
        await put(stats, received("2026-10", key=key), decided("closed", "2026-10", key=key))
        await put(stats, decided("signposted", key=key, version=2))
        assert await total(stats, "decided", BOTH) == {"2026-11": 1}
        figures = (await found(stats, BOTH)).figures
        assert figures["decided", "outcome"] == {("signposted", "2026-11"): 1}
        assert figures["decided-signposted", "sector"] == {("education", "2026-11"): 1}
        assert figures["decided-signposted", "concern"] == {("islamist", "2026-11"): 1}

    async def test_what_is_open_again_is_no_decision(self, stats: Runtime) -> None:
        key = uuid4()
        await put(stats, decided("closed", key=key), decided("received", key=key, version=2))
        assert await total(stats, "decided") == {}

    async def test_a_decision_without_its_referral_counts_as_unknown(self, stats: Runtime) -> None:
        await put(stats, decided("plp"))
        assert (await found(stats)).figures["decided-plp", "sector"] == {("unknown", "2026-11"): 1}

    async def test_a_table_without_decisions_of_an_outcome_adds_up_all_the_same(self, stats: Runtime) -> None:
        await put(stats, *many(4, decided("closed")), *many(3, decided("withdrawn")))
        figures = (await found(stats)).figures
        assert sum(figures["decided", "outcome"].values()) == figures["decided", ""][TOTAL, "2026-11"] == 7


class TestChannel:
    async def test_the_first_panel_counts_once(self, stats: Runtime) -> None:
        key = uuid4()
        await put(stats, in_channel("discussed", "2026-10", key=key), in_channel("adopted", key=key, version=2))
        assert await total(stats, "discussed", BOTH) == {"2026-10": 1}
        assert await total(stats, "adopted", BOTH) == {"2026-11": 1}

    async def test_a_case_adopted_at_once_was_discussed_too(self, stats: Runtime) -> None:
        await put(stats, in_channel("adopted"))
        assert await total(stats, "discussed") == {"2026-11": 1}

    async def test_a_case_adopted_and_closed_in_one_month_counts_as_both(self, stats: Runtime) -> None:
        key = uuid4()
        await put(stats, in_channel("adopted", key=key), in_channel("supported", key=key, version=2))
        await put(stats, in_channel("case-closed", key=key, version=3, closing="concerns-reduced"))
        for measure in ("adopted", "consented", "left", "left-concerns-reduced"):
            assert await total(stats, measure) == {"2026-11": 1}, measure

    @pytest.mark.parametrize("closing", [None, "unheard-of"])
    async def test_a_case_closed_in_no_known_way_is_closed_otherwise(self, stats: Runtime, closing: str | None) -> None:
        await put(stats, in_channel("case-closed", closing=closing))
        assert (await found(stats)).figures["left", "closing"] == {("otherwise", "2026-11"): 1}

    async def test_a_closed_case_that_is_handed_over_stays_closed(self, stats: Runtime) -> None:
        key = uuid4()
        await put(stats, in_channel("case-closed", "2026-10", key=key, closing="died"))
        await put(stats, in_channel("transferred", key=key, version=2), decided("transferred", key=key))
        assert await total(stats, "left", BOTH) == {"2026-10": 1}

    async def test_a_case_opened_again_has_not_left(self, stats: Runtime) -> None:
        key = uuid4()
        await put(stats, in_channel("case-closed", key=key), in_channel("reopened", key=key, version=2))
        assert await total(stats, "left") == {}


class TestPunctual:
    async def test_what_ended_between_two_outcomes_counts_with_the_later(self, stats: Runtime) -> None:
        key = uuid4()
        await put(stats, decided("information-gathering", "2026-10", key=key, met=2, missed=1))
        await put(stats, decided("closed", key=key, version=2, met=5, missed=1))
        figures = (await found(stats, BOTH)).figures
        assert figures["obligations", "punctuality"] == {("late", "2026-10"): 1, ("in-time", "2026-11"): 1}
        assert figures["obligations", ""] == {(TOTAL, "2026-10"): 1, (TOTAL, "2026-11"): 1}

    async def test_nothing_ended_where_an_outcome_brings_nothing_new(self, stats: Runtime) -> None:
        key = uuid4()
        await put(stats, decided("information-gathering", "2026-10", key=key, met=2))
        await put(stats, decided("closed", key=key, version=2, met=2))
        assert await total(stats, "obligations", BOTH) == {"2026-10": 1}

    async def test_reviews_are_those_of_channel(self, stats: Runtime) -> None:
        await put(stats, in_channel("case-closed", met=3, missed=1, on_time=2, late=0))
        figures = (await found(stats)).figures
        assert figures["reviews", "punctuality"] == {("in-time", "2026-11"): 1}
        assert figures["obligations", "punctuality"] == {("late", "2026-11"): 1}

    async def test_many_clocks_of_one_referral_count_once(self, stats: Runtime) -> None:
        key = uuid4()
        await put(stats, decided("closed", key=key, met=5), in_channel("adopted", key=key, met=4))
        assert await total(stats, "obligations") == {"2026-11": 1}


class TestDays:
    async def test_says_how_many_took_how_long(self, stats: Runtime) -> None:
        await put(stats, *many(2, decided("closed", days=3)), decided("plp", days=9), in_channel("adopted", days=40))
        days = (await found(stats)).days
        assert days["decided", "2026-11"] == {3: 2, 9: 1}
        assert days["adopted", "2026-11"] == days["discussed", "2026-11"] == {40: 1}


class TestAsOf:
    async def test_what_came_after_a_release_was_begun_is_not_in_it(self, stats: Runtime) -> None:
        key = uuid4()
        await put(stats, received(key=key, sector="unknown"))
        await later(stats, 1)
        await put(stats, received(key=key, version=2, sector="health"), *many(2, received()))
        assert (await found(stats)).figures["received", "sector"] == {("unknown", "2026-11"): 1}
        again = (await found(stats, {"2026-11": 2})).figures["received", "sector"]
        assert again == {("health", "2026-11"): 1, ("education", "2026-11"): 2}

    async def test_each_month_is_as_of_its_own_release(self, stats: Runtime) -> None:
        await put(stats, *many(2, received("2026-10")), *many(2, received()))
        await later(stats, 1)
        await put(stats, received("2026-10"), received())
        assert await total(stats, "received", {"2026-10": 1, "2026-11": 2}) == {"2026-10": 2, "2026-11": 3}


class Lost(Exception):
    """What the database of these tests says instead of an answer."""


class LosingSession:
    """Gives no rows for the first statement, and is lost with the second; only then may what was read be taken."""

    def __init__(self) -> None:
        self.may_take, self.asked = Event(), 0

    async def rows(self, *_asked: object) -> tuple[object, ...]:
        self.asked += 1
        if self.asked == 1:
            return ()
        await asyncio.sleep(0)
        asyncio.get_running_loop().call_later(0.05, self.may_take.set)
        raise Lost


class TestLost:
    """Two years are asked for: while the second is read the first is taken."""

    async def lose(self, monkeypatch: pytest.MonkeyPatch, taken: Callable[[], None]) -> None:
        """Count from a database that is lost while something is taken, which ends as `taken` does."""
        session = LosingSession()

        def take(_census: object, part: tuple[int, ...]) -> None:
            if part[0]:
                assert session.may_take.wait(30)
                taken()

        monkeypatch.setattr(counting, "_take", take)
        as_of = {"2025-11": 1, "2026-11": 1}
        await queries.counted(cast("Session", session), KENT, stated(as_of), as_of)

    async def test_what_is_being_taken_has_ended_when_the_database_is_lost(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        done: list[bool] = []
        with pytest.raises(Lost):
            await self.lose(monkeypatch, lambda: done.append(True))
        assert done == [True]
        assert asyncio.all_tasks() == {asyncio.current_task()}

    async def test_why_the_database_was_lost_is_told_and_nothing_else(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail() -> None:
            raise ValueError

        unheard: list[object] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: unheard.append(context))
        with pytest.raises(Lost) as lost:
            await self.lose(monkeypatch, fail)
        assert lost.value.__cause__ is None
        gc.collect()
        await asyncio.sleep(0)
        assert unheard == []
