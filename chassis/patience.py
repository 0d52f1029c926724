"""Waits for a database only so long: a connection to one that has frozen takes its time to give up."""

import asyncio
from asyncio import FIRST_COMPLETED
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from chassis.settling import OutcomeUnknown

UNTOLD = "The database did not answer in time, so that nobody knows whether this was kept: send it again."
LISTENING_SECONDS = 0.25
Answer = TypeVar("Answer")

_abandoned: set["asyncio.Future[Any]"] = set()


async def in_time(
    work: Callable[[], Awaitable[Answer]], seconds: float, begun: "asyncio.Future[None] | None" = None
) -> Answer:
    """Return what the work answers; raises OutcomeUnknown when it is late, and nobody waits for its end then.

    Work that says by `begun` that its answer is on its way is not late any more, however long the answer is.
    """
    task = asyncio.ensure_future(work())
    _abandoned.add(task)
    task.add_done_callback(_forget)
    try:
        awaited: set[asyncio.Future[Any]] = {task, begun} if begun else {task}
        await listen(awaited, seconds)
        if begun and begun.done():
            return await task
    except asyncio.CancelledError:
        task.cancel()
        raise
    if task.done():
        return task.result()
    task.cancel()
    raise OutcomeUnknown(UNTOLD)


async def listen(awaited: "set[asyncio.Future[Any]]", seconds: float) -> None:
    """Wait until one of them is done, at most so many seconds in which this process could hear it.

    While the process itself stands still, as on a machine with too much to do, nobody can say that the database did not
    answer: however long that lasts, it counts as one look.
    """
    left, done = seconds, False
    while left > 0 and not done:
        done = bool((await asyncio.wait(awaited, timeout=min(left, LISTENING_SECONDS), return_when=FIRST_COMPLETED))[0])
        left -= LISTENING_SECONDS


def _forget(task: "asyncio.Future[Any]") -> None:
    _abandoned.discard(task)
    if not task.cancelled():
        task.exception()
