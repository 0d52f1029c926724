"""Takes what waits in the spool into the database once that is back: oldest first, each once, each by itself."""

import asyncio
import time
from datetime import datetime

from chassis import telemetry
from chassis.actor import Actor
from chassis.database import Session
from chassis.errors import ThroughlineError, Unavailable
from chassis.patience import in_time
from chassis.runtime import Runtime
from chassis.settling import settled
from services.intake.domain import LONDON, SpoolEntryStuck, SpoolUnwritable
from services.intake.operations import FromSpool, reserve_references, take_in_from_spool
from services.intake.queries import likeness_key, localities_of
from services.intake.spool.shelter import Seen, Shelter, is_stuck, shelter_of
from services.intake.spool.store import Waiting, oldest

ANSWER_SECONDS = 2.0
TAKE_SECONDS = 25.0
FIRST_PAUSE_SECONDS = 5.0
LONGEST_PAUSE_SECONDS = 300.0
MOST_AT_ONCE = 500
"""References are reserved so many at a time: there is a line in the database for each."""

log = telemetry.logger("intake.spool")


async def drain(runtime: Runtime, now: datetime) -> int:
    """Ask for the database while it is away, take in what waits, and reserve references; return how many were taken."""
    shelter = shelter_of(runtime)
    if shelter is None:
        return 0
    try:
        await shelter.spool.open()
    except SpoolUnwritable:
        log.error("The spool's folder cannot be used.")  # noqa: TRY400  the disk's own words hold a path
        return 0
    first = oldest(shelter.spool.waiting.values())
    Seen.seconds = max(0.0, (now - first).total_seconds()) if first else 0.0
    try:
        if shelter.away or shelter.spool.waiting:
            return await _drain(runtime, shelter, now) if await _answers(runtime) else 0
        await _reserve(runtime, shelter, now)
    except Unavailable:
        shelter.away = True
    return 0


async def _drain(runtime: Runtime, shelter: Shelter, now: datetime) -> int:
    """Take in what may be tried; the doors go back to the database with the first that it has kept."""
    due = [each for each in shelter.spool.waiting.values() if each.not_before <= time.monotonic()]
    taken = 0
    for waiting in due:
        try:
            async with asyncio.timeout(TAKE_SECONDS):
                await _take_in(runtime, shelter, waiting, now)
        except Exception as error:  # noqa: BLE001  one that fails keeps nobody waiting
            if not await _answers(runtime):
                shelter.away = True
                return taken
            _note_failure(waiting, error)
        else:
            taken += 1
            shelter.away = False
    shelter.away = False
    if taken:
        log.info("The spool was taken in.", extra={"facts": {"count": taken}})
    await _reserve(runtime, shelter, now)
    return taken


async def _take_in(runtime: Runtime, shelter: Shelter, waiting: Waiting, now: datetime) -> None:
    spooled = await shelter.spool.take(waiting.id, localities_of(runtime), likeness_key(runtime))
    given = FromSpool(spooled.id, spooled.original, spooled.head.received_at, spooled.head.first)

    async def taken_in(session: Session) -> None:
        await take_in_from_spool(session, given, now=now)

    with telemetry.span("intake.take-in-from-spool", new_trace=True):
        await settled(runtime.database, spooled.head.actor, taken_in)
    await shelter.spool.done(waiting.id)


def _note_failure(waiting: Waiting, error: Exception) -> None:
    waiting.tries += 1
    waiting.reason = error.reason if isinstance(error, ThroughlineError) else type(error).__name__
    pause = min(FIRST_PAUSE_SECONDS * 2 ** (waiting.tries - 1), LONGEST_PAUSE_SECONDS)
    waiting.not_before = time.monotonic() + pause
    facts: dict[str, object] = {"message_id": waiting.id, "cause": waiting.reason, "tries": waiting.tries}
    if is_stuck(waiting):
        facts["reason"] = SpoolEntryStuck.reason
        log.error("An original in the spool is for a person: the database does not take it.", extra={"facts": facts})
    else:
        log.warning("An original in the spool could not be taken in.", extra={"facts": facts})


async def _reserve(runtime: Runtime, shelter: Shelter, now: datetime) -> None:
    """Keep enough references of every area for an outage."""
    today = now.astimezone(LONDON).date()
    for name in runtime.areas.names():
        try:
            prefix = runtime.areas.current(name, today).reference_prefix
        except LookupError:
            continue
        count = min(shelter.spool.lacking(prefix, shelter.references), MOST_AT_ONCE)
        if count:
            await _reserve_for(runtime, shelter, (prefix, name), count, now)


async def _reserve_for(runtime: Runtime, shelter: Shelter, area: tuple[str, str], count: int, now: datetime) -> None:
    prefix, name = area
    async with runtime.database.transaction(Actor.job("intake", "spool")) as session:
        reserved = await reserve_references(session, prefix, name, count=count, now=now)
    await shelter.spool.add_references(prefix, reserved)


async def _answers(runtime: Runtime) -> bool:
    async def ask() -> None:
        await runtime.database.check()
        await runtime.keys.check()

    try:
        await in_time(ask, ANSWER_SECONDS)
    except Exception:  # noqa: BLE001  whatever it is, the answer is no
        return False
    return True
