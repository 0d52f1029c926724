"""Questions to a library that makes its caller wait: in threads of their own, so many at most, each for a time."""

import asyncio
import contextlib
from collections.abc import Callable
from threading import Thread
from typing import Any


class NeverAsked(TimeoutError):
    """All threads were busy for the whole time: nothing has left."""


class Threads:
    """So many threads at most; one whose time is over is left to itself, and keeps its place until it has ended.

    They are of no other use and end with the process: what stalls in them holds up neither other threads nor a stop.
    """

    def __init__(self, most: int) -> None:
        """Begin with none."""
        self._places = asyncio.Semaphore(most)

    async def ask(self, question: Callable[[], Any], seconds: float) -> Any:
        """Return the answer; raises what the question raises, NeverAsked, and TimeoutError where no answer came."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        try:
            async with asyncio.timeout_at(until):
                await self._places.acquire()
        except TimeoutError:
            raise NeverAsked from None
        answer = loop.create_future()
        Thread(target=self._work, args=(question, answer), daemon=True).start()
        async with asyncio.timeout_at(until):
            return await answer

    def _work(self, question: Callable[[], Any], answer: asyncio.Future[Any]) -> None:
        told: tuple[Any, Exception | None]
        try:
            told = (question(), None)
        except Exception as error:  # noqa: BLE001  it is raised where the question was put
            told = (None, error)
        with contextlib.suppress(RuntimeError):  # nobody waits any more: the loop has ended
            answer.get_loop().call_soon_threadsafe(self._end, answer, *told)

    def _end(self, answer: asyncio.Future[Any], found: Any, error: Exception | None) -> None:
        self._places.release()
        if answer.done():
            return
        if error is None:
            answer.set_result(found)
        else:
            answer.set_exception(error)
