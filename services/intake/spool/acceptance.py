"""The one way in for every door: into the database, and while that is away into the spool."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from chassis.actor import Actor
from chassis.runtime import Runtime
from chassis.settling import settled
from services.intake.domain import Original, Receipt
from services.intake.operations import receive

Keep = Callable[[], Awaitable[Receipt]]
PUBLIC = Actor.public()


async def accept(
    runtime: Runtime, original: Original, *, now: datetime, actor: Actor = PUBLIC, keep: Keep | None = None
) -> Receipt:
    """Return the receipt of an original that is kept for good: every door answers "accepted" with it, and only then.

    Whatever must be kept with a referral travels in the `Original`, because that is what the spool holds. `keep` is a
    door's own way into the database (the mailbox shares transactions); it raises Unavailable where nothing was kept or
    nobody knows. Raises Unavailable where neither database nor spool can keep it, and what `receive` refuses.
    """
    return await (keep() if keep else _keep(runtime, original, actor, now))


async def _keep(runtime: Runtime, original: Original, actor: Actor, now: datetime) -> Receipt:
    return await settled(runtime.database, actor, lambda session: receive(session, original, now=now))
