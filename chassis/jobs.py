"""The clock at work: jobs at intervals, and daily ones that run once for each business day, skipped days too."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from chassis import clock, tables, telemetry
from chassis.actor import Actor
from chassis.database import is_world_down
from chassis.runtime import Runtime

LOOK_SECONDS = 5.0
FAILED_SECONDS = 10.0
MOST_DAYS = 800

log = telemetry.logger(__name__)


@dataclass(frozen=True)
class Job:
    """Clock-driven work of a service.

    `run` is given the runtime and business time; an interval job runs every `every` of machine time, a daily one once
    for each business day that has begun, with that day's first moment in London as its `now`.
    """

    name: str
    every: timedelta
    run: Callable[[Runtime, datetime], Awaitable[None]]
    daily: bool = False


async def keep_running(runtime: Runtime, job: Job) -> None:
    """Run one job until cancelled; a failure is logged and the next turn tries again."""
    while True:
        try:
            if job.daily:
                await run_due_days(runtime, job)
            else:
                await job.run(runtime, clock.now())
        except Exception as error:
            if is_world_down(error):
                log.warning("A job waits for the world.", extra={"facts": {"job": job.name}})
            else:
                log.exception("A job failed and runs again at its next turn.", extra={"facts": {"job": job.name}})
            await asyncio.sleep(FAILED_SECONDS)
        await asyncio.sleep(LOOK_SECONDS if job.daily else job.every.total_seconds())


async def run_due_days(runtime: Runtime, job: Job) -> int:
    """Run a daily job for each day since it last ran, today included; return how many days that were."""
    today = clock.today()
    actor = Actor.job(runtime.settings.service, job.name)
    ran = tables.job_run
    async with runtime.database.transaction(actor) as session:
        last: date | None = await session.scalar(select(func.max(ran.c.day)).where(ran.c.name == job.name))
    day = max(last + timedelta(days=1), today - timedelta(days=MOST_DAYS)) if last else today
    count = 0
    while day <= today:
        begins = datetime(day.year, day.month, day.day, tzinfo=clock.LONDON).astimezone(UTC)
        await job.run(runtime, begins)
        async with runtime.database.transaction(actor) as session:
            await session.execute(
                insert(ran).values(name=job.name, day=day, ran_at=clock.now()).on_conflict_do_nothing()
            )
        count += 1
        day += timedelta(days=1)
    return count
