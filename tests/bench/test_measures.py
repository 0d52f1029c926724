"""Each benchmark of ours once at a tiny scale, on one running system; what needs Postfix is left out without it."""

import asyncio
import random
from collections.abc import Iterator

import pytest

from bench import growth, mta, size
from bench.frame import NotHere, Settings, System, resident_mb, sampled_system, tree
from bench.ledger import superuser
from bench.multiply import multiply
from bench.postfix import Both

TINY = Settings(rounds=1, scale=0.02)


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    with sampled_system() as running:
        yield running


class TestSize:
    def test_referrals_go_through_all_three_doors(self, system: System) -> None:
        before = growth._stored(system)
        size._send(system, 20, random.Random(1))
        assert growth._stored(system) - before == 20
        assert 100 < resident_mb(tree(system.pid)) < 4000

    def test_flat_is_judged_against_the_second_step(self) -> None:
        assert size._flat([90.0, 100.0, 104.0], 3000).ratio == 0.962
        assert (size._flat([90.0, 100.0, 160.0], 3000).ratio or 1) < size.FLAT_BAR


async def _of_copies(system: System) -> set[int]:
    """Return of how many copies triage holds a row in the tables of which each copy has one."""
    tables = ("person_referral", "deconfliction", "assessment", "decision")
    connection = await superuser(system.state, "throughline_triage")
    try:
        wanted = "SELECT count(*) FROM {} JOIN referral USING (subject) WHERE reference LIKE '%~%'"
        return {await connection.fetchval(wanted.format(table)) for table in tables}
    finally:
        await connection.close()


class TestGrowth:
    def test_the_store_grows_and_what_waits_does_not(self, system: System, monkeypatch: pytest.MonkeyPatch) -> None:
        # The page of one chain is there once monitor has collected a checkpoint, half a minute after the start.
        pages_at_once = tuple((*each[:2], each[2][:-1] or each[2]) for each in growth.PAGES)
        monkeypatch.setattr(growth, "PAGES", pages_at_once)
        assert growth._rate(system, 5) > 0
        stored = growth._stored(system)
        asyncio.run(multiply(system.state, 3))
        assert growth._stored(system) == stored * 4
        assert asyncio.run(_of_copies(system)) == {3 * stored}
        pages = growth._pages(system, TINY)
        assert len(pages) == sum(len(paths) for _, _, paths in growth.PAGES)
        assert growth._rate(system, 5) > 0


class TestPostfix:
    def test_both_sides_take_the_same(self, system: System) -> None:
        try:
            with mta.running() as postfix:
                both = Both(system, postfix)
                assert both.accepted(3) > 0
                assert both.postfix_accepted(3) > 0
                assert both.forwarded(3) > 0
                assert all(delay > 0 for delay in both.postfix_latencies(3))
        except NotHere as reason:
            pytest.skip(str(reason))

    def test_without_it_the_benchmark_says_so(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(mta, "found", lambda: None)
        monkeypatch.setattr("shutil.which", lambda _: None)
        with pytest.raises(NotHere, match="install postfix"):
            mta.programs()
