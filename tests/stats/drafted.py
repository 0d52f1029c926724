"""A draft, computed and signed off as two analysts and the job do it."""

from dataclasses import replace
from datetime import datetime

from chassis.actor import Actor, ActorKind
from chassis.app import Runtime
from contracts.vocabulary import Role
from services.stats import operations, queries
from services.stats.domain.tables import ReleaseKind
from services.stats.jobs.drafts import drafts
from services.stats.queries import DraftFound
from tests.stats.counted_made import DECEMBER, JOB, KENT

ANNA = Actor(
    ActorKind.PERSON, "anna", "Anna Analyst (synthetic)", frozenset({Role.ANALYST}), frozenset({KENT}), "Council"
)
ARNO = replace(ANNA, id="arno", name="Arno Analyst (synthetic)")


async def opened(
    stats: Runtime, *months: str, kind: ReleaseKind = ReleaseKind.REGULAR, now: datetime = DECEMBER
) -> int:
    """Begin a draft as Anna; return its number."""
    async with stats.database.transaction(ANNA) as session:
        return await operations.open_draft(session, KENT, kind, months, now=now)


async def computed(
    stats: Runtime, *months: str, kind: ReleaseKind = ReleaseKind.REGULAR, now: datetime = DECEMBER
) -> DraftFound:
    """Begin a draft and let the job compute it."""
    number = await opened(stats, *months, kind=kind, now=now)
    await drafts(stats, now)
    return await found(stats, number)


async def signed(
    stats: Runtime, *months: str, kind: ReleaseKind = ReleaseKind.REGULAR, now: datetime = DECEMBER
) -> DraftFound:
    """Make a release: begun by Anna, computed, signed off by Arno."""
    ready = await computed(stats, *months, kind=kind, now=now)
    await sign(stats, ready.draft.number, now=now)
    return ready


async def sign(stats: Runtime, number: int, by: Actor = ARNO, *, now: datetime = DECEMBER) -> None:
    """Sign a draft off."""
    async with stats.database.transaction(by) as session:
        await operations.sign_off(session, KENT, number, "SYNTHETIC: I have read every table.", now=now)


async def found(stats: Runtime, number: int) -> DraftFound:
    """Return a draft as it stands."""
    async with stats.database.transaction(JOB) as session:
        return await queries.draft_found(session, KENT, number)
