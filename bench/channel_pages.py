"""The console of Channel with twenty thousand cases: how long each page takes, through the application itself."""

import argparse
import asyncio
import random
import re
import sys
import time
from datetime import UTC, datetime
from itertools import chain

import httpx2

from bench import report
from bench.channel_store import Filled, Store
from bench.channel_store_panel import Calendar
from bench.console import p95, running
from bench.frame import Result, Settings, rounded, say
from bench.triage_store import AREA, OFFICERS
from chassis.actor import Actor, ActorKind
from contracts.vocabulary import Role
from services.channel.app import service
from services.channel.domain import State

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
    "/reviews",
    "/interventions",
)
PAGED = ("/cases", "/cases?view=over", "/due", "/owed", "/reviews", "/interventions", "/meetings", "/awareness")
"""Lists that are longer than one page in a full store: the second page of each is measured too."""
MORE = "/more"
OF_ONE = (
    ("a case", ""),
    ("as it stood on a day", "/as-at"),
    ("the whole of it for print", "/print"),
    ("its chronology as text", "/chronology/text"),
    ("a version of its plan", "/plan/versions/2"),
    ("an assessment", "/assessments/2"),
    ("two assessments beside each other", "/assessments/2/against/1"),
    ("assessments over time", "/assessments/picture"),
    ("giving one back", "/actions/give-back"),
    ("offering one to another panel", "/transfer"),
    ("commissioning", "/interventions/commission"),
    ("the draft of its plan", "/plan/draft"),
)
"""Pages of one case: what they are called, and how their addresses end; its other pages are added from its tabs."""
OF_MEETING = (
    ("a meeting that was held", "last_held", ""),
    ("its minutes", "last_held", "/minutes"),
    ("its minutes for print", "last_held", "/minutes/print"),
    ("the meeting that runs", "under_way", ""),
    ("the room", "under_way", "/room"),
    ("the last minutes, to be checked", "under_way", "/last-minutes"),
    ("who has which pack", "under_way", "/packs"),
    ("a meeting to come", "to_come", ""),
    ("moving it", "to_come", "/move"),
)
"""Pages of a meeting: what they are called, of which meeting of the store, and how their addresses end."""
OF_SLOT = (
    ("a case in the room", ""),
    ("who is in the room", "/room"),
    ("what each agency says", "/said"),
    ("deciding", "/decisions/panel-adopt"),
    ("actions for members", "/actions"),
)


def measure(settings: Settings) -> list[Result]:
    """Measure every page; the slowest is the figure, and all of them stand in its note."""
    return asyncio.run(_measured(settings.count(CASES, 100), settings.count(VISITS, 5)))


async def _measured(count: int, visits: int) -> list[Result]:
    officer_id, name = OFFICERS[1]
    roles = frozenset({Role.CHANNEL_COORDINATOR.value, Role.CHANNEL_SUPERVISOR.value, Role.PANEL_CHAIR.value})
    who = Actor(ActorKind.PERSON, officer_id, name, roles, frozenset({AREA}), "Sample Council")
    async with running("channel", service(), who) as (client, connection, runtime):
        began = time.monotonic()
        store = await Store(connection, runtime.keys, datetime.now(UTC), random.Random(1)).fill(count)
        say(f"  {count} cases written in {time.monotonic() - began:.0f} s")
        pages = await _pages(client, store, visits)
    worst = max(pages, key=lambda page: pages[page])
    told = ", ".join(f"{page} {took:.1f}" for page, took in pages.items())
    note = (
        f"p95 of {visits} visits through the application in its own process, the slowest page ({worst}); ms: {told}. "
        f"{count} synthetic cases, sealed, one in four still open; the ratio is to the limit of {LIMIT_MS:.0f} ms."
    )
    return [Result(NAME, rounded(pages[worst]), None, "ms", rounded(LIMIT_MS / pages[worst]), 1.0, note)]


async def _pages(client: httpx2.AsyncClient, store: Filled, visits: int) -> dict[str, float]:
    lot = random.Random(3)
    supported = store.by_state[State.SUPPORTED]
    found: dict[str, float] = {}
    for address in (*LISTS, *await _lists_of_the_panel(client)):
        found[address] = await p95(client, [address] * visits)
    for address in PAGED:
        second = await _second(client, address)
        if second:
            found[f"{address}, second page"] = await p95(client, [second] * visits)
        elif len(store.references) >= CASES:
            raise RuntimeError(f"{address} has no second page: what is measured of it is not what officers see.")
        else:
            say(f"  {address} has no second page with so few cases: none is measured")
    for title, end in (*OF_ONE, *await _tabs(client, supported[0])):
        # What is written most of is measured: cases that are supported have all that a case can have.
        found[title] = await p95(client, [f"/cases/{lot.choice(supported)}{end}" for _ in range(visits)])
    for title, address in _of_the_panel(store.calendar):
        found[title] = await p95(client, [address] * visits)
    for title, took in found.items():
        say(f"  {title:<44} {took:8.1f} ms")
    return found


def _of_the_panel(calendar: Calendar) -> list[tuple[str, str]]:
    """Return the pages of meetings and of the case that is heard now: what each is called, and its address."""
    now = calendar.under_way
    if now.open_slot is None:
        raise RuntimeError("No case is heard in the meeting that runs: what is done in it cannot be measured.")
    reference, slot = now.open_slot
    pages = [(title, f"{getattr(calendar, which).address}{end}") for title, which, end in OF_MEETING]
    pages += [(title, f"/cases/{reference}/slots/{slot}{end}") for title, end in OF_SLOT]
    return [
        *pages,
        ("whom a case concerns", f"{now.address}/cases/{slot}/attendees"),
        ("a member’s meeting", f"/panel/{now.id}"),
        ("a member’s pack", f"/panel/{now.id}/cases/{slot}/pack"),
    ]


async def _lists_of_the_panel(client: httpx2.AsyncClient) -> list[str]:
    """Return what the menu, and its last place “More”, lead to beyond the lists above: a page that is added too."""
    page = (await client.get("/cases")).text
    menu = re.search(r'<nav[^>]*aria-label="Main".*?</nav>', page, re.DOTALL)
    if menu is None:
        raise RuntimeError("The console shows no navigation: nobody knows which of its pages are to be measured.")
    found = _addresses(menu[0])
    beyond = [_addresses((await client.get(each)).text.partition("<main")[2]) for each in found if each == MORE]
    return [each for each in dict.fromkeys((*found, *chain(*beyond))) if each not in LISTS]


def _addresses(text: str) -> list[str]:
    """Return the addresses of the console's own lists that a part of a page leads to."""
    return re.findall(r'href="(/[a-z/-]+)"', text)


async def _tabs(client: httpx2.AsyncClient, reference: str) -> list[tuple[str, str]]:
    """Return the pages of a case that its tabs lead to, by their words."""
    page = (await client.get(f"/cases/{reference}")).text
    found = re.findall(rf'sub-navigation__link" href="/cases/{reference}(/[^"]+)"[^>]*>([^<]+)<', page)
    if not found:
        raise RuntimeError("A case shows no tabs: nobody knows which of its pages are to be measured.")
    return [(f"a case: {words.lower()}", end) for end, words in found]


async def _second(client: httpx2.AsyncClient, address: str) -> str:
    """Return the address of the second page of a list, nothing where it has only one."""
    more = re.search(r'href="[^"?]*(\?[^"]*(?:after|page)=[^"]+)"', (await client.get(address)).text)
    return f"{address.partition('?')[0]}{more[1].replace('&amp;', '&')}" if more else ""


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
