"""The console of Channel with twenty thousand cases: how long each page takes, through the application itself."""

import argparse
import asyncio
import random
import re
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime

import httpx2

from bench import report
from bench.channel_store import Store
from bench.console import p95, running
from bench.frame import Result, Settings, rounded, say
from bench.triage_store import AREA, OFFICERS
from chassis.actor import Actor, ActorKind
from contracts.vocabulary import Role
from services.channel.app import service

NAME = "channel_pages"
CASES = 20_000
LIMIT_MS = 200.0
VISITS = 60
LISTS = (
    "/work",
    "/cases",
    "/cases?coordinator=mine",
    "/cases?coordinator=nobody",
    "/cases?state=supported&overdue=1",
    "/cases?district=Thanet",
    "/cases?view=over",
    "/due",
    "/due?within=10",
    "/awareness",
)
OF_ONE = (("a case", ""), ("giving one back", "/actions/give-back"))
"""Pages of one case: what they are called, and how their addresses end; its other pages are added from its tabs."""


def measure(settings: Settings) -> list[Result]:
    """Measure every page; the slowest is the figure, and all of them stand in its note."""
    return asyncio.run(_measured(settings.count(CASES, 100), settings.count(VISITS, 5)))


async def _measured(count: int, visits: int) -> list[Result]:
    officer_id, name = OFFICERS[1]
    roles = frozenset({Role.CHANNEL_COORDINATOR.value, Role.CHANNEL_SUPERVISOR.value, Role.PANEL_CHAIR.value})
    who = Actor(ActorKind.PERSON, officer_id, name, roles, frozenset({AREA}), "Sample Council")
    async with running("channel", service(), who) as (client, connection, runtime):
        began = time.monotonic()
        references = await Store(connection, runtime.keys, datetime.now(UTC), random.Random(1)).fill(count)
        say(f"  {count} cases written in {time.monotonic() - began:.0f} s")
        pages = await _pages(client, references, visits)
    worst = max(pages, key=lambda page: pages[page])
    told = ", ".join(f"{page} {took:.1f}" for page, took in pages.items())
    note = (
        f"p95 of {visits} visits through the application in its own process, the slowest page ({worst}); ms: {told}. "
        f"{count} synthetic cases, sealed, one in four still open; the ratio is to the limit of {LIMIT_MS:.0f} ms."
    )
    return [Result(NAME, rounded(pages[worst]), None, "ms", rounded(LIMIT_MS / pages[worst]), 1.0, note)]


async def _pages(client: httpx2.AsyncClient, references: Sequence[str], visits: int) -> dict[str, float]:
    lot = random.Random(3)
    found: dict[str, float] = {}
    for address in (*LISTS, *await _lists_of_the_panel(client)):
        found[address] = await p95(client, [address] * visits)
    found["a list's second page"] = await p95(client, [await _second(client)] * visits)
    for title, end in (*OF_ONE, *await _tabs(client, references[0])):
        found[title] = await p95(client, [f"/cases/{lot.choice(references)}{end}" for _ in range(visits)])
    for title, took in found.items():
        say(f"  {title:<44} {took:8.1f} ms")
    return found


async def _lists_of_the_panel(client: httpx2.AsyncClient) -> list[str]:
    """Return what the navigation leads to beyond the lists above, so that a page that is added is measured too."""
    page = (await client.get("/cases")).text
    menu = re.search(r'<nav[^>]*aria-label="Main".*?</nav>', page, re.DOTALL)
    if menu is None:
        raise RuntimeError("The console shows no navigation: nobody knows which of its pages are to be measured.")
    found = re.findall(r'href="(/[a-z/-]+)"', menu[0])
    return [address for address in dict.fromkeys(found) if address not in LISTS]


async def _tabs(client: httpx2.AsyncClient, reference: str) -> list[tuple[str, str]]:
    """Return the pages of a case that its tabs lead to, by their words."""
    page = (await client.get(f"/cases/{reference}")).text
    found = re.findall(rf'sub-navigation__link" href="/cases/{reference}(/[^"]+)"[^>]*>([^<]+)<', page)
    if not found:
        raise RuntimeError("A case shows no tabs: nobody knows which of its pages are to be measured.")
    return [(f"a case: {words.lower()}", end) for end, words in found]


async def _second(client: httpx2.AsyncClient) -> str:
    page = (await client.get("/cases")).text
    more = re.search(r'href="(/?cases\?after=[^"]+|\?after=[^"]+)"', page)
    if more is None:
        return "/cases"
    return f"/cases{more[1][more[1].index('?') :]}".replace("&amp;", "&")


def main() -> int:
    """Measure with as many cases as are asked for; a full run is kept."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--cases", type=int, default=CASES)
    asked.add_argument("--visits", type=int, default=VISITS)
    given = asked.parse_args()
    measured, began = report.commit(), time.monotonic()
    results = asyncio.run(_measured(given.cases, given.visits))
    if given.cases >= CASES:
        report.keep(report.Run(results, measured, datetime.now(UTC), time.monotonic() - began))
    missed = [result for result in results if (result.ratio or 0) < (result.bar or 0)]
    say("Every page is within its limit." if not missed else "At least one page is slower than its limit.")
    return bool(missed)


if __name__ == "__main__":
    sys.exit(main())
