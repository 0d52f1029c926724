"""Each night the facts are laid in another order than that in which they came."""

from datetime import datetime

from chassis.actor import Actor
from chassis.runtime import Runtime
from services.stats import operations


async def mix(runtime: Runtime, now: datetime) -> None:
    """Lay the facts on the disk in the order of their random keys."""
    async with runtime.database.transaction(Actor.job("stats", "mix-facts")) as session:
        await operations.mix_facts(session, now=now)
