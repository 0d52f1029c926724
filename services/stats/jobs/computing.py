"""Computing a release: the same facts and rules always give the same text, whoever asks and however often."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence

from chassis.actor import Actor
from chassis.app import Runtime
from services.stats import queries
from services.stats.domain.auditing import Published
from services.stats.domain.disclosure import Protected, protect
from services.stats.domain.making import Basis, content_of
from services.stats.domain.people import Stated
from services.stats.domain.periods import year_name
from services.stats.domain.releases import Draft, as_of
from services.stats.domain.rules import Rules
from services.stats.domain.tables import ReleaseContent

ACTOR = Actor.job("stats", "drafts")
UNHURRIED = {"statement_timeout": "25s", "transaction_timeout": "300s"}
"""Counting ten years takes longer than a page may; it holds no lock that anybody waits for."""

Report = Callable[[str, int], Awaitable[None]]


async def compute(
    runtime: Runtime, draft: Draft, rules: Rules, kept_back: Collection[str], report: Report
) -> ReleaseContent:
    """Return what a release holds without the tables that its audit kept back; nothing is audited once more.

    Raises ValueError where the counts do not add up.
    """
    basis = await counted(runtime, draft, rules)
    return content_of(draft, rules, basis, await protected(draft, rules, basis, kept_back, report), kept_back)


async def protected(draft: Draft, rules: Rules, basis: Basis, kept_back: Collection[str], report: Report) -> Protected:
    """Return every table of a draft as it may be shown beside all releases before it; `report` is told of it."""
    await report(f"Hiding what would give somebody away, {', '.join(map(year_name, draft.years))}", 20)
    # In a thread of its own: pages are answered meanwhile.
    return await asyncio.to_thread(protect, basis.people, basis.as_of, rules, told(basis.earlier), kept_back)


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
