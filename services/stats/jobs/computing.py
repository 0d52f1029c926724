"""Computing a release: the same facts and rules always give the same text, whoever asks and however often."""

import asyncio
from collections.abc import Awaitable, Callable

from chassis.actor import Actor
from chassis.app import Runtime
from services.stats import queries
from services.stats.domain.disclosure import Protected, Rules, protect
from services.stats.domain.making import Basis, content_of, together
from services.stats.domain.periods import financial_year, year_name
from services.stats.domain.releases import Draft, as_of
from services.stats.domain.tables import ReleaseContent

ACTOR = Actor.job("stats", "drafts")
UNHURRIED = {"statement_timeout": "25s", "transaction_timeout": "300s"}
"""Counting ten years takes longer than a page may; it holds no lock that anybody waits for."""

Report = Callable[[str, int], Awaitable[None]]


async def compute(runtime: Runtime, draft: Draft, rules: Rules, report: Report) -> tuple[ReleaseContent, Basis]:
    """Return what a release holds, and what it was made from; `report` is told each step and the per cent done.

    Raises ValueError where the counts do not add up.
    """
    await report("Counting", 10)
    basis = await counted(runtime, draft, rules)
    done: list[Protected] = []
    for place, year in enumerate(draft.years):
        await report(f"Hiding what would give somebody away, {year_name(year)}", 20 + 40 * place // len(draft.years))
        months = tuple(month for month in basis.as_of if financial_year(month) == year)
        # In a thread of its own: pages are answered meanwhile.
        done.append(await asyncio.to_thread(protect, basis.figures, months, rules, basis.earlier_tables))
    return content_of(draft, rules, basis, together(done)), basis


async def counted(runtime: Runtime, draft: Draft, rules: Rules) -> Basis:
    """Return the counts of all months of a draft's years, each as of the release that it was last stated in."""
    async with runtime.database.transaction(ACTOR, UNHURRIED) as session:
        earlier = await queries.earlier_releases(session, draft.area, draft.number)
        released = {month: content.number for content in earlier for month in content.months}
        months = as_of(draft, released)
        found = await queries.counted(session, draft.area, months, rules.districts)
        institutions = await queries.institutions_counted(session, draft.area, months)
    return Basis(found.figures, found.days, months, earlier, institutions)
