"""Quarterly packs that people have asked for are put together and written, one after the other."""

import asyncio
import hashlib
from datetime import date, datetime
from typing import cast

from pydantic import TypeAdapter

from chassis import telemetry
from chassis.actor import Actor
from chassis.app import Runtime
from chassis.database import is_world_down
from chassis.errors import ThroughlineError
from services.stats import queries
from services.stats.clients.packs import Packer, WorkerPacker
from services.stats.domain.pack import Pack, check_quarter
from services.stats.domain.pack_days import DayState
from services.stats.domain.pack_sections import PackAsked, pack_of
from services.stats.domain.pack_tables import Told
from services.stats.domain.periods import Period
from services.stats.operations import packs as operations
from services.stats.queries.packs import PackFound, pack_to_make
from services.stats.readers import national

PACKER = "stats.packer"
ACTOR = Actor.job("stats", "packs")
FORM = 2
"""The form of the files; what is made in another form is made anew when it is asked for."""
_PACK = TypeAdapter(Pack)

log = telemetry.logger("stats.jobs")
made = telemetry.counter("stats.pack.made", "{pack}", "Quarterly packs that were made")
failed = telemetry.counter("stats.pack.failed", "{pack}", "Quarterly packs that could not be made")


async def packs(runtime: Runtime, now: datetime) -> None:
    """Make every pack that waits; one that fails says so and waits for a person."""
    while True:
        async with runtime.database.transaction(ACTOR) as session:
            found = await pack_to_make(session)
        if found is None:
            return
        try:
            await _make(runtime, found, now)
        except Exception as error:
            if is_world_down(error):
                raise
            await _fail(runtime, found, error, now)


async def _make(runtime: Runtime, found: PackFound, now: datetime) -> None:
    async def report(step: str, percent: int) -> None:
        async with runtime.database.transaction(ACTOR) as session:
            await operations.pack_progress(session, found.id, step, percent)

    await report("Putting the figures together", 5)
    asked = await _asked(runtime, found)
    # In a thread of its own: pages are answered meanwhile.
    pack = await asyncio.to_thread(pack_of, asked)
    digest = hashlib.sha256(_PACK.dump_json(pack) + str(FORM).encode()).hexdigest()
    packer = cast("Packer", runtime.state.setdefault(PACKER, WorkerPacker()))
    files = None if digest == found.digest else await packer.files(pack, report)
    async with runtime.database.transaction(ACTOR) as session:
        await operations.keep_pack(session, found, digest, files, now=now)
    made.add(1)


async def _asked(runtime: Runtime, found: PackFound) -> PackAsked:
    of = found.of
    area = runtime.areas.current(of.area, found.asked_on)
    months = Period(of.quarter).months
    async with runtime.database.transaction(ACTOR) as session:
        shelf = check_quarter(await queries.shelf_of(session, of.area, of.release), of.quarter)
        days = await queries.days_reconciled(session, (of.area,), date.fromisoformat(f"{months[0]}-01"))
    return PackAsked(
        told=Told(shelf, of.quarter, area.statistics.percentages, national()),
        area_name=area.name,
        institutions=tuple((each.id, each.name) for each in area.statistics.institutions),
        days=tuple(DayState(each.day, each.state) for each in days if f"{each.day:%Y-%m}" in months),
        demonstration=runtime.settings.mode == "demo",
    )


async def _fail(runtime: Runtime, found: PackFound, error: Exception, now: datetime) -> None:
    words = str(error) if isinstance(error, ThroughlineError) else "A fault of the software; see its log."
    log.error(
        "A quarterly pack could not be made.",
        extra={"facts": {"area": found.of.area, "count": found.of.release, "error": type(error).__name__}},
        exc_info=error,
    )
    async with runtime.database.transaction(ACTOR) as session:
        await operations.fail_pack(session, found, words, now=now)
    failed.add(1)
