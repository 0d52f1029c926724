"""Drafts that people have begun are counted, protected, audited and frozen, one after the other."""

from collections.abc import Collection
from datetime import datetime

from chassis import telemetry
from chassis.app import Runtime
from chassis.database import is_world_down
from chassis.errors import ThroughlineError
from services.stats import operations, queries
from services.stats.domain.hiding import Hidden
from services.stats.domain.making import content_of, rules_in_force
from services.stats.domain.periods import year_name
from services.stats.domain.rules import Rules
from services.stats.jobs.auditing import audited
from services.stats.jobs.computing import ACTOR, UNHURRIED, counted, hidden
from services.stats.queries import DraftFound

log = telemetry.logger("stats.jobs")
made = telemetry.counter("stats.release.computed", "{release}", "Drafts of releases that were computed")
failed = telemetry.counter("stats.release.failed", "{release}", "Drafts of releases that could not be computed")


async def drafts(runtime: Runtime, now: datetime) -> None:
    """Compute every draft that waits; one that fails says so and waits for a person."""
    while True:
        async with runtime.database.transaction(ACTOR) as session:
            found = await queries.draft_to_compute(session)
        if found is None:
            return
        try:
            await _compute(runtime, found, now)
        except Exception as error:
            if is_world_down(error):
                raise
            await _fail(runtime, found, error, now)


async def _compute(runtime: Runtime, found: DraftFound, now: datetime) -> None:
    async def report(step: str, percent: int) -> None:
        async with runtime.database.transaction(ACTOR) as session:
            await operations.progress(session, found.id, step, percent)

    async with runtime.database.transaction(ACTOR) as session:
        await operations.settle(session)
    await report("Counting", 10)
    rules = await rules_of(runtime, found)
    basis = await counted(runtime, found.draft, rules)

    async def protect(kept_back: Collection[str]) -> Hidden:
        years = ", ".join(map(year_name, found.draft.years))
        await report(f"Hiding what would give somebody away, {years}", 20)
        made_of = await hidden(runtime, rules, basis, kept_back)
        await report("Auditing what is hidden", 60)
        return made_of

    safe = await audited(runtime, protect, basis, rules)
    content = content_of(found.draft, rules, basis, safe.protected, safe.kept_back)
    async with runtime.database.transaction(ACTOR) as session:
        await operations.freeze(session, found, content, safe.said, now=now)
    made.add(1)


async def rules_of(runtime: Runtime, found: DraftFound) -> Rules:
    """Return the rules of disclosure control: the area's on the day when the draft was begun, as earlier releases bind.

    Those are what the release names, so that it is proved by them whatever the area's file says later.
    """
    area = runtime.areas.current(found.draft.area, found.draft.made_on)
    now = Rules(area.statistics.suppress_below, area.statistics.round_to, area.districts)
    async with runtime.database.transaction(ACTOR, UNHURRIED) as session:
        earlier = await queries.earlier_releases(session, found.draft.area, found.draft.number)
    return rules_in_force(now, earlier, found.draft.years)


async def _fail(runtime: Runtime, found: DraftFound, error: Exception, now: datetime) -> None:
    words = str(error) if isinstance(error, ThroughlineError | ValueError) else "A fault of the software; see its log."
    log.error(
        "A release could not be computed.",
        extra={"facts": {"area": found.draft.area, "count": found.draft.number, "error": type(error).__name__}},
        exc_info=error,
    )
    async with runtime.database.transaction(ACTOR) as session:
        await operations.fail(session, found, words, now=now)
    failed.add(1)
