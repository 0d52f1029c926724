"""Computing while the database works: a statement is sent off, and its end is awaited when the block is done."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

Answer = TypeVar("Answer")


@asynccontextmanager
async def meanwhile(work: Coroutine[Any, Any, Answer]) -> AsyncIterator[asyncio.Task[Answer]]:
    """Start the work, run the block, and leave only when both have ended; where the block fails, the work is cancelled.

    The block computes; it may not use the transaction that the work uses.
    """
    task = asyncio.create_task(work)
    try:
        # One turn of the loop in which the task puts its statement together, and one in which that is sent.
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        yield task
    except BaseException:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        raise
    await task
