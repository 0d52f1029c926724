"""Computing a release: the same facts and rules always give the same text, whoever asks and however often."""

from collections.abc import Collection, Sequence
from typing import cast

from chassis.actor import Actor
from chassis.app import Runtime
from services.stats import queries
from services.stats.clients.hider import Hider, WorkerHider
from services.stats.domain.auditing import Published
from services.stats.domain.hiding import Hidden, HideAsked
from services.stats.domain.making import Basis, content_of
from services.stats.domain.people import Stated
from services.stats.domain.releases import Draft, as_of
from services.stats.domain.rules import Rules
from services.stats.domain.tables import ReleaseContent

ACTOR = Actor.job("stats", "drafts")
UNHURRIED = {"statement_timeout": "25s", "transaction_timeout": "300s"}
"""Counting ten years takes longer than a page may; it holds no lock that anybody waits for."""

HIDER = "stats.hider"


async def compute(runtime: Runtime, draft: Draft, rules: Rules, kept_back: Collection[str]) -> ReleaseContent:
    """Return what a release holds without the tables that its audit kept back; nothing is audited once more.

    Raises ValueError where the counts do not add up, and what `hidden` does.
    """
    basis = await counted(runtime, draft, rules)
    made = await hidden(runtime, rules, basis, kept_back, with_witnesses=False)
    return content_of(draft, rules, basis, made.protected, kept_back)


async def hidden(
    runtime: Runtime, rules: Rules, basis: Basis, kept_back: Collection[str], *, with_witnesses: bool = True
) -> Hidden:
    """Return every table of a release as it may be shown beside all releases before it.

    Raises CannotHide, and HidingFailed where there is no answer.
    """
    hider = cast("Hider", runtime.state.setdefault(HIDER, WorkerHider()))
    earlier = told(basis.earlier)
    return await hider.hide(
        HideAsked(basis.people, basis.as_of, rules, earlier, tuple(sorted(kept_back)), with_witnesses)
    )


def told(earlier: Sequence[ReleaseContent]) -> tuple[Published, ...]:
    """Return what releases have told their readers."""
    return tuple(Published(content.tables, content.as_of, content.districts) for content in earlier)


async def counted(runtime: Runtime, draft: Draft, rules: Rules) -> Basis:
    """Return the counts of all months of a draft's years, each as of the release that it was last stated in."""
    async with runtime.database.transaction(ACTOR, UNHURRIED) as session:
        earlier = await queries.earlier_releases(session, draft.area, draft.number)
        released = {month: content.number for content in earlier for month in content.months}
        months = as_of(draft, released)
        stated = {each.number: Stated(frozenset(each.months), each.districts) for each in earlier}
        stated[draft.number] = Stated(frozenset(draft.months), rules.districts)
        found = await queries.counted(session, draft.area, stated, months)
        institutions = await queries.institutions_counted(session, draft.area, months)
    return Basis(found.people, found.days, months, earlier, institutions)
