"""Looking at the notices as the database has them, and letting their waiting time pass."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text

from chassis.actor import Actor
from chassis.app import Runtime
from services.notify import operations


async def rows(notify: Runtime, query: str) -> list[Any]:
    async with notify.database.transaction(Actor.service("notify")) as session:
        return list(await session.rows(text(query)))


async def run(notify: Runtime, query: str) -> None:
    async with notify.database.transaction(Actor.service("notify")) as session:
        await session.execute(text(query))


async def states(notify: Runtime) -> list[str]:
    return [row.state for row in await rows(notify, "SELECT state FROM notice ORDER BY created_at")]


async def make_due_again(notify: Runtime) -> None:
    """Let the waiting time of every notice pass."""
    await run(notify, "UPDATE notice SET next_attempt_at = now() - interval '1 second' WHERE state = 'failed'")
    await run(notify, "UPDATE notice SET leased_until = now() - interval '1 second' WHERE state = 'sending'")


async def claim_next(notify: Runtime) -> operations.Claimed:
    """Claim the notice that is due next, as a sender does; KeyboardInterrupt where none is."""
    async with notify.database.transaction(Actor.service("notify")) as session:
        sender = operations.Sender("notify.test")
        claimed = await operations.claim_due(session, sender, limit=1, machine_now=datetime.now(UTC))
    if not claimed:
        raise KeyboardInterrupt
    return claimed[0]
