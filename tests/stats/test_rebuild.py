"""A signed release can be computed again from the log alone: to the byte, whatever became of the rows' places."""

from datetime import UTC, datetime, timedelta
from random import Random
from uuid import uuid4

import asyncpg
import pytest

from chassis import clock
from chassis.app import Runtime
from services.stats import operations, queries
from services.stats.domain.tables import ReleaseKind
from services.stats.jobs import proving
from services.stats.jobs.proving import Proved, is_proved, look, prove, prove_asked
from services.stats.operations import Fact
from tests.conftest import Installation
from tests.stats.counted_made import JOB, KENT, decided, in_channel, many, put, received
from tests.stats.drafted import signed

EVERY = ("release_check", "release_ending", "release_month", "release", "drafting", "fact_log")
REWRITTEN = (
    # As a dump and its restore do: every row is written anew, in another order; then packed.
    "CREATE TEMPORARY TABLE kept AS SELECT * FROM fact_log",
    "DELETE FROM fact_log",
    "INSERT INTO fact_log SELECT * FROM kept ORDER BY id DESC",
    "VACUUM FULL fact_log",
    "REINDEX TABLE fact_log",
)
JANUARY = datetime(2027, 1, 10, 9, tzinfo=UTC)


def some() -> list[Fact]:
    """Return facts of every stage, of several sorts, with their later versions."""
    found: list[Fact] = []
    for sector, number in (("education", 23), ("police", 17), ("health", 8), ("community", 2)):
        for _ in range(number):
            key = uuid4()
            found += [received(key=key, sector="unknown"), received(key=key, version=2, sector=sector)]
            found.append(decided("closed" if number % 2 else "information-gathering", key=key, met=1, days=number))
            found.append(in_channel("adopted", key=key, on_time=1, met=1))
    return found + many(9, received("2026-10"))


async def proved(stats: Runtime) -> dict[int, bool]:
    """Compute every release again; return which gave the text that was frozen."""
    async with stats.database.transaction(JOB) as session:
        waiting = await queries.checks(session)
    return {each.number: await is_proved(stats, each) for each in waiting}


async def three_releases(stats: Runtime) -> None:
    """Make a regular release, a later one after late facts, and a correction of both."""
    await put(stats, *some())
    await signed(stats)
    await put(stats, *many(30, received()), *many(40, received("2026-12")))
    await signed(stats, now=JANUARY)
    await put(stats, *many(25, received("2026-12", sector="health")))
    await signed(stats, "2026-11", "2026-12", kind=ReleaseKind.CORRECTION, now=JANUARY)


class TestProve:
    async def test_every_release_comes_out_the_same_though_facts_came_later(self, stats: Runtime) -> None:
        await three_releases(stats)
        await put(stats, *some())
        assert await proved(stats) == {1: True, 2: True, 3: True}

    async def test_the_order_of_arrival_does_not_matter(self, stats: Runtime, clean: Installation) -> None:
        digests = set()
        facts = some()
        for seed in range(2):
            Random(seed).shuffle(facts)
            await put(stats, *facts)
            digests.add((await signed(stats)).digest)
            await as_owner(clean, *(f"DELETE FROM {table}" for table in EVERY))
        assert len(digests) == 1

    async def test_the_places_of_rows_do_not_matter(self, stats: Runtime, clean: Installation) -> None:
        await three_releases(stats)
        await as_owner(clean, *REWRITTEN)
        assert await proved(stats) == {1: True, 2: True, 3: True}

    async def test_a_fact_that_is_gone_is_seen_told_and_stands(self, stats: Runtime, clean: Installation) -> None:
        await three_releases(stats)
        await as_owner(clean, "DELETE FROM fact_log WHERE generation = 0 AND sector = 'education'")
        await prove(stats, clock.now())
        assert Proved.differing > 0
        Proved.differing = 0
        await look(stats, clock.now())
        assert Proved.differing > 0, "A new process does not tell of it."

    async def test_one_that_cannot_be_computed_differs_and_keeps_no_other_from_its_proof(
        self, stats: Runtime, clean: Installation
    ) -> None:
        await put(stats, *some())
        await signed(stats)
        await put(stats, *many(40, received("2026-12")))
        await signed(stats, now=JANUARY)
        # Its text is of a shape that nobody can read any more: the proof of it raises.
        await as_owner(clean, "UPDATE release SET content = '{}' WHERE number = 1")
        await as_owner(clean, "DELETE FROM release_check")
        async with stats.database.transaction(JOB) as session:
            first, _ = await queries.checks(session)
        assert not await is_proved(stats, first)
        await prove(stats, clock.now())
        async with stats.database.transaction(JOB) as session:
            assert all(each.checked_on is not None for each in await queries.checks(session))
        assert Proved.differing > 0

    async def test_what_is_asked_for_is_proved_at_once_and_only_that(self, stats: Runtime) -> None:
        await put(stats, *some())
        await signed(stats)
        await prove(stats, clock.now())
        later = clock.now() + timedelta(days=1)
        await prove_asked(stats, later)
        async with stats.database.transaction(JOB) as session:
            check = await queries.check_of(session, KENT, 1)
            assert check.checked_on == clock.today()
            await operations.ask_for_proof(session, check, now=later)
        await prove_asked(stats, later)
        async with stats.database.transaction(JOB) as session:
            check = await queries.check_of(session, KENT, 1)
        assert (check.checked_on, check.is_awaited) == (clock.today() + timedelta(days=1), False)

    async def test_a_day_that_is_over_is_not_made_up_for(self, stats: Runtime) -> None:
        await put(stats, *some())
        await signed(stats)
        await prove(stats, clock.now() - timedelta(days=2))
        async with stats.database.transaction(JOB) as session:
            (check,) = await queries.checks(session)
        assert check.checked_on is None

    async def test_the_page_of_releases_can_say_when_it_was_proved(self, stats: Runtime) -> None:
        await put(stats, *some())
        await signed(stats)
        now = clock.now()
        await prove(stats, now)
        async with stats.database.transaction(JOB) as session:
            (check,) = await queries.checks(session, (KENT,))
        assert (check.checked_on, check.same) == (clock.today(), True)

    async def test_what_waits_longest_has_its_turn_first_when_the_budget_is_spent(
        self, stats: Runtime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await three_releases(stats)
        await prove(stats, clock.now())
        monkeypatch.setattr(proving, "BUDGET_SECONDS", 0.0)
        for day in (1, 2):
            await prove(stats, clock.now() + timedelta(days=day))
        async with stats.database.transaction(JOB) as session:
            days = {each.number: each.since - clock.today() for each in await queries.checks(session)}
        assert days == {1: timedelta(days=1), 2: timedelta(days=2), 3: timedelta()}

    async def test_as_many_as_must_are_proved_when_the_budget_is_spent(
        self, stats: Runtime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await three_releases(stats)
        await prove(stats, clock.now())
        monkeypatch.setattr(proving, "BUDGET_SECONDS", 0.0)
        monkeypatch.setattr(proving, "TURN", timedelta(days=2))
        await prove(stats, clock.now() + timedelta(days=1))
        async with stats.database.transaction(JOB) as session:
            proved_later = [each.number for each in await queries.checks(session) if each.since > clock.today()]
        assert proved_later == [1, 2]

    async def test_one_that_has_not_had_its_turn_is_told_until_it_has(self, stats: Runtime) -> None:
        await put(stats, *some())
        await signed(stats)
        await prove(stats, clock.now())
        await look(stats, clock.now() + timedelta(days=31))
        assert Proved.overdue == 0
        await look(stats, clock.now() + timedelta(days=32))
        assert Proved.overdue == 1
        await prove(stats, clock.now() + timedelta(days=32))
        assert Proved.overdue == 0

    async def test_one_that_was_never_proved_waits_from_its_sign_off(self, stats: Runtime) -> None:
        await put(stats, *some())
        await signed(stats, now=JANUARY)
        await look(stats, JANUARY + timedelta(days=32))
        assert Proved.overdue == 1
        await look(stats, JANUARY)
        assert Proved.overdue == 0


async def as_owner(installation: Installation, *statements: str) -> None:
    """Do to the tables of statistics what only their owner could, beside every trigger."""
    connection = await asyncpg.connect(installation.superuser_url("throughline_stats"))
    try:
        await connection.execute("SET session_replication_role = replica")
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()
