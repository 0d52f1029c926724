"""A transaction whose work may run again: a commit whose outcome nobody told is settled by running it once more."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import ClassVar, TypeVar

from chassis.actor import Actor
from chassis.database import Database, Session
from chassis.errors import Unavailable

PATIENCE_SECONDS = 6.0
PAUSE_SECONDS = 0.25
Answer = TypeVar("Answer")


class OutcomeUnknown(Unavailable):
    """The connection was lost in the commit, and the database did not come back in time to say what became of it."""

    reason: ClassVar[str] = "outcome-unknown"


async def settled(
    database: Database, actor: Actor, work: Callable[[Session], Awaitable[Answer]], patience: float = PATIENCE_SECONDS
) -> Answer:
    """Return what the work answered, once it is known to be committed.

    The work must find its own traces by a key, because it runs again where the connection was lost in the commit: only
    so can "not accepted" mean that nothing was kept. Raises OutcomeUnknown when that could not be found out within
    `patience` seconds; any other Unavailable means that nothing was kept.
    """
    until, doubtful = time.monotonic() + patience, False
    while True:
        worked = False
        try:
            async with database.transaction(actor) as session:
                answer = await work(session)
                worked = True
        except Exception as error:
            doubtful = doubtful or (worked and isinstance(error, Unavailable))
            if not doubtful:
                raise
            # A refusal in the rerun says nothing of the first run either: that may be kept.
            if time.monotonic() > until or not isinstance(error, Unavailable):
                message = (
                    "The database was lost while it kept this, so that nobody knows whether it did: send it again."
                )
                raise OutcomeUnknown(message) from error
            await asyncio.sleep(PAUSE_SECONDS)
        else:
            return answer
