"""Waiting for a database only so long: what is late, and what is only heard late."""

import asyncio
import time

import pytest

from chassis.patience import in_time
from chassis.settling import OutcomeUnknown


class TestInTime:
    async def test_who_says_nothing_is_late(self) -> None:
        began = time.monotonic()
        with pytest.raises(OutcomeUnknown):
            await in_time(asyncio.Event().wait, 0.6)
        assert 0.5 < time.monotonic() - began < 10

    async def test_a_process_that_stood_still_hears_what_was_said_meanwhile(self) -> None:
        async def work() -> int:
            await asyncio.sleep(0.1)
            for _ in range(10):  # as a driver reads an answer part by part
                await asyncio.sleep(0)
            return 7

        asyncio.get_running_loop().call_later(0.05, time.sleep, 1.0)
        assert await in_time(work, 0.6) == 7

    async def test_what_has_begun_may_be_long(self) -> None:
        begun: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        async def work() -> int:
            begun.set_result(None)
            await asyncio.sleep(0.5)
            return 7

        assert await in_time(work, 0.1, begun) == 7
