"""The one way in for every door: into the database, and while that is away into the spool."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from chassis import telemetry
from chassis.actor import Actor
from chassis.errors import Unavailable
from chassis.patience import in_time
from chassis.runtime import Runtime
from chassis.settling import OutcomeUnknown
from services.intake.domain import Crowded, Original, Receipt
from services.intake.spool.keeping import Keeper
from services.intake.spool.shelter import Shelter, shelter_of

Keep = Callable[[], Awaitable[Receipt]]
PUBLIC = Actor.public()
PATIENCE_SECONDS = 4.0
"""So long somebody before a screen waits for a database that says nothing."""
MAIL_PATIENCE_SECONDS = 20.0
"""So long a mail server waits: it has minutes."""

log = telemetry.logger("intake.spool")


async def accept(
    runtime: Runtime,
    original: Original,
    *,
    now: datetime,
    actor: Actor = PUBLIC,
    patience: float = PATIENCE_SECONDS,
    keep: Keep | None = None,
) -> Receipt:
    """Return the receipt of an original that is kept for good: every door answers "accepted" with it, and only then.

    Whatever must be kept with a referral travels in the `Original`, because that is what the spool holds. `keep` is the
    way into the database of what may be no referral. Raises Unavailable where neither database nor spool can keep it,
    Crowded where the database is there and too much comes in at once, and what `receive` refuses.
    """
    keeper, shelter = Keeper.of(runtime), shelter_of(runtime)
    if shelter is None:
        return await (keep() if keep else keeper.keep(original, actor, now))
    if shelter.spool.waiting and (receipt := await shelter.spool.known(original)):
        return receipt
    if shelter.away:
        return await _put(shelter, original, actor, now)
    try:
        return await (in_time(keep, patience) if keep else keeper.keep_in_time(original, actor, now, patience))
    except Crowded:
        # The database is there, and behind already: the spool would only make its work more.
        raise
    except Unavailable as error:
        shelter.away = True
        log.warning(
            "The database is away: what comes in goes into the spool.", extra={"facts": {"reason": error.reason}}
        )
        return await _put(shelter, original, actor, now, error)


async def _put(
    shelter: Shelter, original: Original, actor: Actor, now: datetime, error: Unavailable | None = None
) -> Receipt:
    """Keep in the spool; what the database may have kept all the same folds when it is taken out."""
    try:
        return await shelter.spool.put(original, actor=actor, now=now)
    except Unavailable as refused:
        shelter.refused += 1
        log.error("The spool refuses what comes in.", extra={"facts": {"reason": refused.reason}})  # noqa: TRY400
        if isinstance(error, OutcomeUnknown):
            # "Refused" would say that nothing was kept.
            raise error from refused
        raise
