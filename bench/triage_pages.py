"""The police console with a hundred thousand referrals: how long each page takes, through the application itself."""

import argparse
import asyncio
import contextlib
import random
import re
import sys
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx2

from bench import report
from bench.console import WARM_VISITS, p95, running
from bench.frame import Result, Settings, percentile, rounded, say
from bench.triage_store import AREA, OFFICERS, Store
from chassis.actor import Actor, ActorKind
from contracts.vocabulary import Role
from services.triage.app import service

NAME = "triage_pages"
REFERRALS = 100_000
LIMIT_MS = 200.0
VISITS = 60
QUEUES = (
    "/gateway",
    "/gateway?sort=due",
    "/gateway?sort=-received",
    "/gateway?officer=nobody&overdue=1",
    "/gateway?officer=mine&sort=due",
    "/gateway?state=assessing&district=Thanet",
    "/gateway?danger=1",
    "/gateway?restricted=1&sort=-due",
    "/gateway?view=open&officer=nobody&sort=due",
    "/gateway?view=ended",
    "/gateway?view=ended&district=Thanet&sort=due",
    "/imu",
)
OTHERS = ("/work", "/workload", "/forecast", "/obligations", "/practice")
OF_ONE = (
    ("a referral", ""),
    ("a referral, printed", "/print"),
    ("closing one", "/decision/close"),
    ("choosing a decision", "/decision"),
    ("assessing one", "/assess"),
    ("the pack of one", "/pack"),
    ("deconflicting one", "/deconfliction"),
    ("allocating one", "/allocate"),
    ("a note on one", "/note"),
    ("moving one", "/practice"),
)
"""Pages of one referral: what they are called, and how their addresses end."""
SEARCHED = ("Mohammed Khan", "Smith", "Kowalska", "Kowalskra", "07700 900123", "Zzyzx Qqq")


def measure(settings: Settings) -> list[Result]:
    """Measure every page; the slowest is the figure, and all of them stand in its note."""
    return asyncio.run(_measured(settings.count(REFERRALS, 300), settings.count(VISITS, 5)))


async def _measured(count: int, visits: int) -> list[Result]:
    async with _console() as console:
        began = time.monotonic()
        references = await console.store.fill(count)
        say(f"  {count} referrals written in {time.monotonic() - began:.0f} s")
        pages = await _pages(console, references, visits)
    worst = max(pages, key=lambda page: pages[page])
    told = ", ".join(f"{page} {took:.1f}" for page, took in pages.items())
    note = (
        f"p95 of {visits} visits through the application in its own process, the slowest page ({worst}); ms: {told}. "
        f"{count} synthetic referrals, sealed and indexed, thirteen in a hundred still worked; the ratio is to the "
        f"limit of {LIMIT_MS:.0f} ms (the console's own bar)."
    )
    return [Result(NAME, rounded(pages[worst]), None, "ms", rounded(LIMIT_MS / pages[worst]), 1.0, note)]


@dataclass(frozen=True)
class _Console:
    client: httpx2.AsyncClient
    store: Store


async def _pages(console: _Console, references: Sequence[str], visits: int) -> dict[str, float]:
    lot = random.Random(3)
    found: dict[str, float] = {}
    for address in (*QUEUES, *OTHERS):
        found[address] = await p95(console.client, [address] * visits)
    found["a queue's second page"] = await p95(console.client, [await _second(console)] * visits)
    for title, end in OF_ONE:
        found[title] = await p95(console.client, [f"/referrals/{lot.choice(references)}{end}" for _ in range(visits)])
    found["a search"] = await _searches(console, visits)
    for title, took in found.items():
        say(f"  {title:<44} {took:8.1f} ms")
    return found


async def _second(console: _Console) -> str:
    page = (await console.client.get("/gateway")).text
    more = re.search(r'href="(/gateway\?after=[^"]+)"', page)
    return more[1].replace("&amp;", "&") if more else "/gateway"


async def _searches(console: _Console, visits: int) -> float:
    form = (await console.client.get("/search")).text
    token = re.findall(r'name="csrf_token" value="([^"]*)"', form)[-1]
    took = []
    for nth in range(visits + WARM_VISITS):
        sent = {"words": SEARCHED[nth % len(SEARCHED)], "csrf_token": token}
        began = time.perf_counter()
        answer = await console.client.post("/search", data=sent)
        took.append((time.perf_counter() - began) * 1000)
        if answer.status_code != 200:  # noqa: PLR2004
            raise RuntimeError(f"A search answered {answer.status_code}: nothing of it can be measured.")
    return percentile(took[WARM_VISITS:], 0.95)


@contextlib.asynccontextmanager
async def _console() -> AsyncIterator[_Console]:
    """Run triage on a database of its own, signed in as an officer who is a supervisor too."""
    officer_id, name = OFFICERS[1]
    roles = frozenset({Role.GATEWAY_OFFICER.value, Role.GATEWAY_SUPERVISOR.value, Role.IMU_OFFICER.value})
    who = Actor(ActorKind.PERSON, officer_id, name, roles, frozenset({AREA}), "Sample Police")
    async with running("triage", service(), who) as (client, connection, runtime):
        yield _Console(client, Store(connection, runtime.keys, datetime.now(UTC), random.Random(1)))


def main() -> int:
    """Measure with as many referrals as are asked for; a full run is kept."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--referrals", type=int, default=REFERRALS)
    asked.add_argument("--visits", type=int, default=VISITS)
    given = asked.parse_args()
    measured, began = report.commit(), time.monotonic()
    results = asyncio.run(_measured(given.referrals, given.visits))
    if given.referrals >= REFERRALS:
        report.keep(report.Run(results, measured, datetime.now(UTC), time.monotonic() - began))
    missed = [result for result in results if (result.ratio or 0) < (result.bar or 0)]
    say("Every page is within its limit." if not missed else "At least one page is slower than its limit.")
    return bool(missed)


if __name__ == "__main__":
    sys.exit(main())
