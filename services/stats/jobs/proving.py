"""Each signed release is computed again from the log alone, every day and when asked, and compared with its text."""

from collections.abc import Sequence
from datetime import datetime

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


class Proved:
    """What the last proof of every release found: offered to whoever scrapes, monitor among them."""

    differing: int = 0


def _differing() -> list[tuple[float, dict[str, Scalar]]]:
    return [(Proved.differing, {})]


telemetry.gauge("stats.release.differing", _differing, "1", "Releases that the log of facts no longer gives")


async def prove(runtime: Runtime, now: datetime) -> None:
    """Compute each release again and note whether it gives the same digest; days that are over are not made up for."""
    if now.astimezone(LONDON).date() < clock.today():
        return
    async with runtime.database.transaction(ACTOR) as session:
        waiting = await queries.checks(session)
    await _prove_each(runtime, waiting, now)


async def prove_asked(runtime: Runtime, now: datetime) -> None:
    """Compute again what somebody has asked for, and what was signed off since the last proof."""
    async with runtime.database.transaction(ACTOR) as session:
        waiting = tuple(each for each in await queries.checks(session) if each.is_awaited)
    if waiting:
        await _prove_each(runtime, waiting, now)


async def look(runtime: Runtime, _now: datetime) -> None:
    """Read what the last proofs found, so that a new process tells of it too."""
    async with runtime.database.transaction(ACTOR) as session:
        Proved.differing = sum(each.same is False for each in await queries.checks(session))


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


async def _prove_each(runtime: Runtime, waiting: Sequence[Checked], now: datetime) -> None:
    for checked in waiting:
        same = await is_proved(runtime, checked)
        async with runtime.database.transaction(ACTOR) as session:
            await operations.note_check(session, checked, same=same, now=now)
    await look(runtime, now)


async def _digest_again(runtime: Runtime, checked: Checked) -> str:
    async with runtime.database.transaction(ACTOR) as session:
        kept = (await queries.release_found(session, checked.area, checked.number)).content
    draft = Draft(kept.area, kept.number, kept.kind, kept.months, kept.made_on)
    rules = Rules(kept.suppress_below, kept.round_to, kept.districts)
    content = await compute(runtime, draft, rules, kept.kept_back, _silent)
    return operations.frozen(content).digest


async def _silent(_step: str, _percent: int) -> None:
    """Say nothing: nobody waits for a proof."""
