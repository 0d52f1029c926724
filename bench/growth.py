"""Growth: the pages that people wait for, and the way of new referrals, with a thousand stored and with a million."""

import asyncio
import contextlib
import random
import statistics
import time
from collections.abc import Iterator, Mapping

import httpx2
import uvloop

from bench import mails, wire
from bench.frame import Result, Settings, System, percentile, rounded, sampled_system, say
from bench.ledger import Ledger
from bench.multiply import CHECKPOINTS, SEALED_KEPT, multiply

NAME = "growth"
BAR = 1 / 1.5
THROUGHPUT_BAR = 0.9
SMALL = 1_000
LARGE = 1_000_000
CLIENTS = 16
VISITS = 60
WARM_VISITS = 3
VOUCHED_SECONDS = 90.0
PAGES = (
    ("triage", "gwen.gateway@kent-police.example", ("/gateway", "/work", "/obligations")),
    ("triage", "sam.supervisor@kent-police.example", ("/workload", "/forecast")),
    ("triage", "imran.intelligence@kent-police.example", ("/imu",)),
    ("channel", "cora.coordinator@kent-council.example", ("/awareness", "/cases")),
    ("notify", "frances.frontdoor@kent-council.example", ("/inbox",)),
    ("notify", "dana.desk@kent-police.example", ("/desk", "/desk?state=sent")),
    ("intake", "dana.desk@kent-police.example", ("/desk", "/desk/ledger")),
    ("monitor", "olu.ops@throughline.example", ("/", "/services/intake", "/checkpoints", "/checkpoints/intake")),
    ("stats", "beatrice.board@kent-council.example", ("/",)),
)


def measure(settings: Settings) -> list[Result]:
    """Measure both on one system, before and after its store is multiplied."""
    small = settings.count(SMALL, 50)
    times = max(1, settings.count(LARGE, 100) // small - 1)
    each = max(10, small // settings.rounds)
    with sampled_system() as system:
        _rate(system, max(10, each // 2))
        _vouched_for(system)
        before = _rates(system, each, settings.rounds, "with little stored")
        pages_before = _pages(system, settings)
        began = time.monotonic()
        asyncio.run(multiply(system.state, times))
        say(f"  stored: {_stored(system)} referrals, loaded in {time.monotonic() - began:.0f} s")
        pages_after = _pages(system, settings)
        after = _rates(system, each, settings.rounds, "with much stored")
    return [_slowest(pages_before, pages_after, _note(small, times)), _throughput(before, after, _note(small, times))]


def _note(small: int, times: int) -> str:
    return (
        f"One system with about {small} stored, then {times + 1} times as many. Multiplied inside PostgreSQL in every "
        "database (referrals, versions, ledgers, dispatches, keys, inboxes, audit, cases, notices, facts; in triage "
        "each copy's way to its closure and whom it may be found by, with search keys of its own; monitor's "
        f"checkpoints up to {CHECKPOINTS} a service): other ids, earlier days, all of it done, so as much waits as "
        f"before. Sealed values are cut to {SEALED_KEPT} bytes and open nowhere; outbox, bus and spans, which are "
        "purged after their windows, are not multiplied."
    )


def _throughput(before: float, after: float, note: str) -> Result:
    return Result(
        "growth_throughput",
        rounded(after),
        rounded(before),
        "referrals/s",
        rounded(after / before),
        THROUGHPUT_BAR,
        note,
    )


def _slowest(before: Mapping[str, float], after: Mapping[str, float], note: str) -> Result:
    """Return the page that suffers most; the others stand in the note, in milliseconds."""
    for page, now in after.items():
        say(f"  {page:<28} p95 {before[page]:6.1f} ms, then {now:6.1f} ms")
    worst = min(after, key=lambda page: before[page] / after[page])
    others = "; ".join(f"{page} {before[page]:.1f} then {now:.1f} ms" for page, now in after.items())
    words = f"p95 of {VISITS} visits, the page that suffers most ({worst}). {others}. {note}"
    ratio = rounded(before[worst] / after[worst])
    return Result("growth_pages", rounded(after[worst]), rounded(before[worst]), "ms", ratio, rounded(BAR), words)


def _rates(system: System, count: int, rounds: int, when: str) -> float:
    rates = [_rate(system, count) for _ in range(rounds)]
    say(f"  throughput {when}: " + ", ".join(f"{rate:.1f}" for rate in rates) + " referrals/s")
    return statistics.median(rates)


def _rate(system: System, count: int) -> float:
    bodies, api = mails.bodies(count, random.Random()), system.api

    async def sent() -> float:
        async with Ledger.of(system.state) as ledger:
            began = time.monotonic()
            await wire.post_all(api, bodies, CLIENTS)
            return count / (await ledger.closed() - began)

    return uvloop.run(sent())


def _vouched_for(system: System) -> None:
    """Wait until monitor has taken over the first checkpoint of intake, which has a page of its own."""
    service, person, paths = next(entry for entry in PAGES if entry[0] == "monitor")
    until = time.monotonic() + VOUCHED_SECONDS
    with signed_in(system, service, person) as client:
        while client.get(paths[-1]).is_error and time.monotonic() < until:
            time.sleep(1)


def _stored(system: System) -> int:
    async def asked() -> int:
        async with Ledger.of(system.state) as ledger:
            return await ledger.referrals()

    return asyncio.run(asked())


def _pages(system: System, settings: Settings) -> dict[str, float]:
    """Return the 95th percentile of each page in milliseconds, visited in turn by the staff whose page it is."""
    visits = settings.count(VISITS, 5)
    seen: dict[str, list[float]] = {}
    with contextlib.ExitStack() as stack:
        staff = [
            (service, stack.enter_context(signed_in(system, service, person)), path)
            for service, person, paths in PAGES
            for path in paths
        ]
        for number in range(WARM_VISITS + visits):
            for service, client, path in staff:
                took = _visit(client, path)
                if number >= WARM_VISITS:
                    seen.setdefault(f"{service} {path}", []).append(took)
    return {page: percentile(took, 0.95) for page, took in seen.items()}


def _visit(client: httpx2.Client, path: str) -> float:
    began = time.perf_counter()
    client.get(path).raise_for_status()
    return (time.perf_counter() - began) * 1000


@contextlib.contextmanager
def signed_in(system: System, service: str, person: str) -> Iterator[httpx2.Client]:
    """Yield a browser in which a member of the demonstration's staff is signed in at a service."""
    with httpx2.Client(base_url=system.services[service], timeout=60, trust_env=False, follow_redirects=True) as client:
        page = client.get("/sign-in")
        client.post(str(page.url), data={"sub": person}).raise_for_status()
        yield client
