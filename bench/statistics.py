"""Ten years of figures: how long their release takes, what memory it needs, and how fast every page of them answers."""

import argparse
import asyncio
import contextlib
import random
import resource
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import httpx2

from bench import report
from bench.console import p95, running
from bench.frame import Result, Settings, rounded, say
from bench.statistics_store import YEARS, FactStore
from bench.triage_store import AREA
from chassis.actor import Actor, ActorKind
from chassis.app import Runtime
from contracts.vocabulary import Role
from services.stats import operations, queries
from services.stats.app import service
from services.stats.domain.pack import PackKind, PackOf
from services.stats.domain.periods import Period
from services.stats.domain.releases import DraftState
from services.stats.domain.tables import PublishedTable, ReleaseContent, ReleaseKind
from services.stats.jobs.drafts import drafts
from services.stats.jobs.packs import packs
from services.stats.jobs.proving import is_proved
from services.stats.operations.packs import ask_pack
from services.stats.queries import DraftFound
from services.stats.web.routes import PAGES

A_YEAR = 10_000
RELEASE_SECONDS = 60.0
LIMIT_MS = 300.0
VISITS = 60
NOW = datetime(2026, 4, 10, 9, tzinfo=UTC)
"""The tenth year is closed by then, and no month after it."""
ANNA = Actor(
    ActorKind.PERSON, "anna", "Anna Analyst (synthetic)", frozenset({Role.ANALYST}), frozenset({AREA}), "Council"
)
ARNO = replace(ANNA, id="arno", name="Arno Analyst (synthetic)")
MEMORY = Path("/proc/self")
NUMBER, QUARTER = 1, f"{YEARS[-1]}-Q4"
OF_DRAFT = "/drafts/{area}/{number}"
ASKED = {
    "board": ("", "?period={year}", "?period={year}-Q1"),
    "figures": ("",),
    "timeliness": ("", "?grain=month"),
    "draft": ("", "?year={year}"),
    "draft_table": ("?table={table}",),
    "trend_csv": ("?trend=gateway",),
}
"""What a page is asked beyond its address, where it is not the same for every reader."""
GRAINS = {"month": 1, "quarter": 3}
CHOSEN = frozenset({"figures", "table_csv", "chart"})
"""Pages of any published table: each visit is to another one, so that nothing is measured that was drawn before."""


def measure(settings: Settings) -> list[Result]:
    """Measure a release of all years and then the pages; the slowest page is the figure, all stand in its note."""
    years = YEARS[-settings.count(len(YEARS)) :]
    return asyncio.run(_measured(settings.count(A_YEAR, 60), settings.count(VISITS, 5), years))


@dataclass(frozen=True)
class _Made:
    """A release as it was made: its seconds, and the most memory (MB) of the service and of what it asked to audit."""

    found: DraftFound
    took: float
    memory: float
    audit_memory: float


async def _measured(a_year: int, visits: int, years: Sequence[int] = YEARS) -> list[Result]:
    async with running("stats", service(), ANNA) as (client, connection, runtime):
        began = time.monotonic()
        store = FactStore(connection, random.Random(1))
        await store.fill(a_year, years)
        took = time.monotonic() - began
        say(f"  {store.written} facts of {len(years)} years with {a_year} referrals each written in {took:.0f} s")
        made = await _released(runtime)
        content = _content(made.found)
        pages = await _pages(client, content, visits, of_draft=True)
        await _signed(runtime)
        proved, packed = await _proved(runtime), await _packed(runtime)
        pages |= await _pages(client, content, visits)
    scene = f"{len(years)} financial years with {a_year} synthetic referrals each"
    return [*_of_release(made, proved, f"{scene} ({store.written} facts)"), _of_pages(pages, packed, scene, visits)]


async def _released(runtime: Runtime) -> _Made:
    """Release all years at once, as two analysts and the job do it."""
    with _peak() as peak:
        began = time.monotonic()
        found = await _drafted(runtime)
        took = time.monotonic() - began
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    say(f"  {len(found.draft.months)} months released in {took:.1f} s, {peak[0]:.0f} MB; {found.verdict}")
    return _Made(found, took, peak[0], children)


async def _drafted(runtime: Runtime) -> DraftFound:
    async with runtime.database.transaction(ANNA) as session:
        number = await operations.open_draft(session, AREA, ReleaseKind.REGULAR, (), now=NOW)
    await drafts(runtime, NOW)
    async with runtime.database.transaction(ANNA) as session:
        found = await queries.draft_found(session, AREA, number)
    if found.state is not DraftState.READY:
        raise RuntimeError(f"The draft was not computed: {found.words}")
    return found


async def _signed(runtime: Runtime) -> None:
    async with runtime.database.transaction(ARNO) as session:
        await operations.sign_off(session, AREA, NUMBER, "SYNTHETIC: read for a measurement.", now=NOW)


async def _proved(runtime: Runtime) -> float:
    """Return how long the daily proof of the release takes: it is computed again from the log, and is the same."""
    async with runtime.database.transaction(ANNA) as session:
        (checked,) = await queries.checks(session)
    began = time.monotonic()
    if not await is_proved(runtime, checked):
        raise RuntimeError("The log gives another release than it gave a minute before.")
    return time.monotonic() - began


async def _packed(runtime: Runtime) -> float:
    """Return how long the pack of the last quarter takes to be made."""
    async with runtime.database.transaction(ANNA) as session:
        await ask_pack(session, PackOf(AREA, NUMBER, QUARTER), now=NOW)
    began = time.monotonic()
    await packs(runtime, NOW)
    return time.monotonic() - began


async def _pages(
    client: httpx2.AsyncClient, content: ReleaseContent, visits: int, *, of_draft: bool = False
) -> dict[str, float]:
    """Visit every page of the site map: those of a draft before it is signed, all others afterwards."""
    lot = random.Random(3)
    found: dict[str, float] = {}
    for page in PAGES:
        if page.method != "GET" or page.path.startswith(OF_DRAFT) != of_draft:
            continue
        for kind in PackKind if "{kind}" in page.path else ("",):
            address = _address(page.path, str(kind))
            title = " ".join(filter(None, (page.title, str(kind))))
            for asked in ASKED.get(page.title, ("",)):
                more = asked.format(year=YEARS[-1], table=f"received/sector/{YEARS[-1]}")
                found[title + more] = await p95(client, [address + more] * visits)
        if page.title in CHOSEN:
            addresses = [address + _choice(lot.choice(_with_a_chart(content))) for _ in range(visits)]
            found[f"{page.title}, any table"] = await p95(client, addresses)
    for title, took in found.items():
        say(f"  {title:<44} {took:8.1f} ms")
    return found


def _with_a_chart(content: ReleaseContent) -> list[PublishedTable]:
    """Return the tables that show something of the newest period: of the others there may be no chart."""
    found = []
    for table in content.tables:
        asked = [each for each in table.periods if len(Period(each).months) == GRAINS[_grain(table)]]
        drawn = max(asked, key=lambda each: Period(each).months)
        if any(table.count(row.category, drawn) is not None for row in table.rows):
            found.append(table)
    return found


def _address(path: str, kind: str) -> str:
    """Return the address of a page, as a router would read it: braces for what differs."""
    values = {"area": AREA, "number": NUMBER, "quarter": QUARTER, "kind": kind}
    return path.format(**values) if "{" in path else path


def _choice(table: PublishedTable) -> str:
    """Return the query that leads to a table, by months where the year is odd: no two readers ask for the same."""
    return f"?measure={table.measure}&by={table.attribute}&grain={_grain(table)}&years=financial&year={table.year}"


def _grain(table: PublishedTable) -> str:
    return "month" if int(table.year) % 2 else "quarter"


def _content(found: DraftFound) -> ReleaseContent:
    if found.content is None:
        raise RuntimeError("The draft holds nothing: there is nothing to look at.")
    return found.content


@contextlib.contextmanager
def _peak() -> Iterator[list[float]]:
    """Give the most memory (MB) that this process held at once during the block, once it has ended."""
    (MEMORY / "clear_refs").write_text("5")
    seen: list[float] = []
    yield seen
    status = (MEMORY / "status").read_text(encoding="utf-8").splitlines()
    seen.append(next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) / 1024)


def _of_release(made: _Made, proved: float, scene: str) -> list[Result]:
    content = _content(made.found)
    counts = [count for table in content.tables for row in table.rows for count in row.counts]
    note = (
        f"{scene} released at once, from the beginning of the draft until it can be read: counted, hidden, audited and "
        f"frozen; {len(counts)} figures, {counts.count(None)} of them hidden; {len(content.left_out)} tables left out. "
        f"{made.found.verdict} The daily proof computes it again in {proved:.1f} s. The ratio is to the limit of "
        f"{RELEASE_SECONDS:.0f} s."
    )
    of_memory = (
        f"The most that the process of the service held meanwhile (VmHWM), the measurement in it; what it asked to "
        f"audit, in a process of its own, held {made.audit_memory:.0f} MB."
    )
    return [
        Result("statistics_release", rounded(made.took), None, "s", rounded(RELEASE_SECONDS / made.took), 1.0, note),
        Result("statistics_memory", rounded(made.memory), None, "MB", None, None, of_memory),
    ]


def _of_pages(pages: Mapping[str, float], packed: float, scene: str, visits: int) -> Result:
    worst = max(pages, key=lambda page: pages[page])
    told = ", ".join(f"{page} {took:.1f}" for page, took in pages.items())
    note = (
        f"p95 of {visits} visits through the application in its own process, the slowest page ({worst}); ms: {told}. "
        f"{scene}, released; “any table” is another one at each visit, so that charts are drawn and not remembered. "
        f"A quarterly pack is made in {packed:.1f} s. The ratio is to the limit of {LIMIT_MS:.0f} ms."
    )
    return Result("statistics_pages", rounded(pages[worst]), None, "ms", rounded(LIMIT_MS / pages[worst]), 1.0, note)


def main() -> int:
    """Measure with as many referrals a year as are asked for; a full run is kept."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--a-year", type=int, default=A_YEAR)
    asked.add_argument("--visits", type=int, default=VISITS)
    given = asked.parse_args()
    measured, began = report.commit(), time.monotonic()
    results = asyncio.run(_measured(given.a_year, given.visits))
    if given.a_year >= A_YEAR:
        report.keep(report.Run(results, measured, datetime.now(UTC), time.monotonic() - began))
    missed = [result for result in results if result.bar is not None and (result.ratio or 0) < result.bar]
    say("Everything is within its limit." if not missed else "At least one measure is beyond its limit.")
    return bool(missed)


if __name__ == "__main__":
    sys.exit(main())
