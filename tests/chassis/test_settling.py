"""A commit whose outcome nobody told: it is settled, or said to be unknown, and never answered with a no."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest

from chassis import settling
from chassis.actor import Actor
from chassis.database import Database
from chassis.errors import Conflict, Unavailable
from chassis.settling import OutcomeUnknown, settled

WHO = Actor.public()


class Losing:
    """A database that is lost at the given moments: at the begin or in the commit of one transaction after another."""

    def __init__(self, *moments: str) -> None:
        self._moments = list(moments)

    @asynccontextmanager
    async def transaction(self, _: Actor) -> AsyncIterator[None]:
        moment = self._moments.pop(0) if self._moments else ""
        if moment == "begin":
            raise Unavailable("The database is away.")
        yield
        if moment == "commit":
            raise Unavailable("The database was lost.")


class Work:
    """Counts how often it ran."""

    def __init__(self) -> None:
        self.ran = 0

    async def __call__(self, _: Any) -> int:
        self.ran += 1
        return self.ran


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settling, "PAUSE_SECONDS", 0.0)


async def outcome(*moments: str, patience: float = 60.0) -> tuple[int, Work]:
    work = Work()
    return await settled(cast("Database", Losing(*moments)), WHO, work, patience), work


class TestSettled:
    async def test_runs_once_where_nothing_happens(self) -> None:
        assert (await outcome())[0] == 1

    async def test_runs_again_where_the_commit_was_lost(self) -> None:
        assert (await outcome("commit"))[0] == 2

    async def test_asks_until_the_database_is_back(self) -> None:
        assert (await outcome("commit", "begin", "begin", "commit"))[0] == 3

    async def test_says_no_at_once_where_nothing_can_have_been_kept(self) -> None:
        with pytest.raises(Unavailable) as refused:
            await outcome("begin")
        assert not isinstance(refused.value, OutcomeUnknown)

    async def test_says_that_nobody_knows_when_time_runs_out(self) -> None:
        with pytest.raises(OutcomeUnknown):
            await outcome("commit", "begin", patience=-1.0)

    async def test_lets_a_refusal_through(self) -> None:
        async def refuse(_: Any) -> None:
            raise Conflict("Another was first.")

        with pytest.raises(Conflict):
            await settled(cast("Database", Losing()), WHO, refuse)

    async def test_a_refusal_after_a_lost_commit_is_no_no(self) -> None:
        ran = iter(range(2))

        async def refuse_the_second_time(_: Any) -> None:
            if next(ran):
                raise Conflict("Another was first.")

        with pytest.raises(OutcomeUnknown):
            await settled(cast("Database", Losing("commit")), WHO, refuse_the_second_time)
