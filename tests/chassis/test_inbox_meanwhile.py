"""Computing while the database works: both are waited for, and no error of either is lost."""

import asyncio

import pytest

from chassis.inbox.meanwhile import meanwhile


class Refused(Exception):
    """What the work or the block raises here."""


async def lasting(ended: asyncio.Event) -> None:
    """Work that nobody waits for to the end; says when it is broken off."""
    try:
        await asyncio.sleep(60)
    finally:
        ended.set()


class TestMeanwhile:
    async def test_the_work_has_begun_when_the_block_runs_and_has_ended_after_it(self) -> None:
        order = []

        async def work() -> int:
            order.append("sent")
            await asyncio.sleep(0.01)
            order.append("answered")
            return 7

        async with meanwhile(work()) as under_way:
            order.append("block")
        assert order == ["sent", "block", "answered"]
        assert under_way.result() == 7

    async def test_the_error_of_the_work_is_raised(self) -> None:
        async def work() -> None:
            raise Refused

        with pytest.raises(Refused):
            async with meanwhile(work()):
                pass

    async def test_a_block_that_fails_leaves_no_work_behind(self) -> None:
        ended = asyncio.Event()

        with pytest.raises(Refused):
            async with meanwhile(lasting(ended)):
                raise Refused
        assert ended.is_set()

    async def test_a_cancellation_reaches_the_work(self) -> None:
        ended = asyncio.Event()

        async def outer() -> None:
            async with meanwhile(lasting(ended)):
                pass

        task = asyncio.create_task(outer())
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert ended.is_set()
