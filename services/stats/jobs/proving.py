"""Each signed release is computed again from the log alone, in its turn and when asked, and compared with its text."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from math import ceil
from time import monotonic

from chassis import clock, telemetry
from chassis.app import Runtime
from chassis.database import is_world_down
from chassis.telemetry.allowed import Scalar
from contracts.vocabulary.days import LONDON
from services.stats import operations, queries
from services.stats.domain.releases import Draft
from services.stats.domain.rules import Rules
from services.stats.jobs.computing import ACTOR, compute
from services.stats.queries import Checked

log = telemetry.logger("stats.jobs")


BUDGET_SECONDS = 600.0
"""How long the proofs of a day may take before the rest waits for the next days."""
TURN = timedelta(days=28)
"""Within which each release has its turn, however long that takes each day."""
OVERDUE = timedelta(days=31)


class Proved:
    """What the last proofs found: offered to whoever scrapes, monitor among them."""

    differing: int = 0
    overdue: int = 0


def _differing() -> list[tuple[float, dict[str, Scalar]]]:
    return [(Proved.differing, {})]


def _overdue() -> list[tuple[float, dict[str, Scalar]]]:
    return [(Proved.overdue, {})]


telemetry.gauge("stats.release.differing", _differing, "1", "Releases that the log of facts no longer gives")
telemetry.gauge("stats.release.overdue", _overdue, "1", "Releases that were not computed again for more than 31 days")


async def prove(runtime: Runtime, now: datetime) -> None:
    """Compute releases again, those first that were not for longest, and note whether they give the same digest.

    Ends when the budget is spent and as many were proved as each day must so that all have their turn. Days that are
    over are not made up for.
    """
    today = now.astimezone(LONDON).date()
    if today < clock.today():
        return
    async with runtime.database.transaction(ACTOR) as session:
        waiting = await queries.checks(session)
    must, until = ceil(len(waiting) / TURN.days), monotonic() + BUDGET_SECONDS
    for number, checked in enumerate(waiting):
        if number >= must and monotonic() >= until:
            break
        await _prove_one(runtime, checked, now)
    await look(runtime, now)
    async with runtime.database.transaction(ACTOR) as session:
        for checked in _not_proved(await queries.checks(session), today):
            facts = {"area": checked.area, "count": checked.number, "since": str(checked.since)}
            log.error("A release that was signed off was not computed again in its turn.", extra={"facts": facts})


async def prove_asked(runtime: Runtime, now: datetime) -> None:
    """Compute again what somebody has asked for, and what was signed off since, however long the day's proofs took."""
    async with runtime.database.transaction(ACTOR) as session:
        waiting = tuple(each for each in await queries.checks(session) if each.is_awaited)
    for checked in waiting:
        await _prove_one(runtime, checked, now)
    if waiting:
        await look(runtime, now)


async def look(runtime: Runtime, now: datetime) -> None:
    """Read what the last proofs found, so that a new process tells of it too."""
    async with runtime.database.transaction(ACTOR) as session:
        found = await queries.checks(session)
    Proved.differing = sum(each.same is False for each in found)
    Proved.overdue = len(_not_proved(found, now.astimezone(LONDON).date()))


def _not_proved(found: Sequence[Checked], today: date) -> tuple[Checked, ...]:
    """Return the releases that were not computed again for longer than they may."""
    return tuple(each for each in found if today - each.since > OVERDUE)


async def is_proved(runtime: Runtime, checked: Checked) -> bool:
    """Say whether a release, computed again from the log with the rules that it names, gives the text it was.

    One that cannot be computed at all differs too: nobody can show any longer that it is what the log says.
    """
    facts = {"area": checked.area, "count": checked.number, "digest": checked.digest}
    try:
        same = await _digest_again(runtime, checked) == checked.digest
    except Exception as error:
        if is_world_down(error):
            raise
        facts["error"] = type(error).__name__
        log.exception("A release that was signed off could not be computed again.", extra={"facts": facts})
        return False
    if not same:
        log.error("The log of facts no longer gives a release that was signed off.", extra={"facts": facts})
    return same


async def _prove_one(runtime: Runtime, checked: Checked, now: datetime) -> None:
    same = await is_proved(runtime, checked)
    async with runtime.database.transaction(ACTOR) as session:
        await operations.note_check(session, checked, same=same, now=now)


async def _digest_again(runtime: Runtime, checked: Checked) -> str:
    async with runtime.database.transaction(ACTOR) as session:
        kept = (await queries.release_found(session, checked.area, checked.number)).content
    draft = Draft(kept.area, kept.number, kept.kind, kept.months, kept.made_on)
    rules = Rules(kept.suppress_below, kept.round_to, kept.districts)
    content = await compute(runtime, draft, rules, kept.kept_back)
    return operations.frozen(content).digest
