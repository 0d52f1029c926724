"""How large it is: start to ready, memory idle and under load, bytes a referral, and one national year's memory."""

import asyncio
import contextlib
import json
import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import uvloop

import samples
from bench import mails, wire
from bench.frame import Result, Settings, System, resident_mb, rounded, sampled_system, say, tree
from bench.ledger import Ledger, superuser
from samples.send import Doors, send_by_form

NAME = "size"
BAR = 1.0
STARTS = 3
START_LIMIT = 10.0
IDLE_LIMIT = 1024.0
SETTLING_SECONDS = 5.0
YEAR = 8778
"""Prevent referrals in England and Wales in the year to March 2025: Home Office, Individuals referred to Prevent."""

STEP = 1000
OF_TWENTY = {"mail": 3, "web": 1}
"""Of twenty referrals so many come by mail with a form and through the web form; the others by the API."""

CLIENTS = 8
FLAT_BAR = 0.9
WARM_STEPS = 2
SIZES = "SELECT sum(pg_database_size(datname)) FROM pg_database WHERE datname LIKE 'throughline%'"


def measure(settings: Settings) -> list[Result]:
    """Measure starts, then one system: idle, and through a year."""
    starts = []
    for _ in range(min(settings.rounds, STARTS) - 1):
        with sampled_system() as system:
            starts.append(system.start_seconds)
    with sampled_system() as system:
        starts.append(system.start_seconds)
        say("  started in " + ", ".join(f"{took:.1f} s" for took in starts))
        time.sleep(SETTLING_SECONDS * min(1, settings.scale * 2))
        idle = resident_mb(tree(system.pid))
        say(f"  idle: {idle:.0f} MB")
        before = _bytes(system)
        with _watched(system.pid) as seen:
            year = _year(system, settings.count(YEAR, 40), settings.count(STEP, 20))
        count = settings.count(YEAR, 40)
        per_referral = (_bytes(system) - before) / count
        took = sorted(starts)[len(starts) // 2]
        limits = "design, section 9"
        return [
            Result("start_seconds", rounded(took), None, "s", rounded(START_LIMIT / took), BAR,
                   f"`throughline up` on a new state folder until ready, median of {len(starts)}; the ratio is to the "
                   f"limit of {START_LIMIT:.0f} s ({limits})."),
            Result("resident_idle_mb", rounded(idle), None, "MB", rounded(IDLE_LIMIT / idle), BAR,
                   f"PSS over all its processes; the ratio is to the limit of {IDLE_LIMIT:.0f} MB ({limits})."),
            Result("resident_loaded_mb", rounded(max(seen)), None, "MB", None, None,
                   "The largest PSS seen while the year went through."),
            Result("bytes_per_referral", rounded(per_referral), None, "bytes", None, None,
                   f"Growth of all eight databases, indexes, bus and keys over {count} referrals; originals included."),
            _flat(year, count),
        ]  # fmt: skip


def _flat(year: list[float], count: int) -> Result:
    """Judge a year's memory: after the last step, against after the second, when caches and pools are warm."""
    warm = year[min(WARM_STEPS, len(year)) - 1]
    note = (
        f"{count} referrals, of twenty three by mail with a form in Word, one by the web form, sixteen by the API; PSS "
        f"of the services' processes after each {STEP}, every ledger closed: "
        + ", ".join(f"{value:.0f}" for value in year)
        + f". Flat when step {min(WARM_STEPS, len(year))} is at least {FLAT_BAR:g} of the last."
    )
    return Result("year_memory_mb", rounded(year[-1]), None, "MB", rounded(warm / year[-1]), FLAT_BAR, note)


def _year(system: System, count: int, step: int) -> list[float]:
    """Send a year through mixed doors; return the services' memory after each step, in MB."""
    seen = []
    chance = random.Random(7)
    began = time.monotonic()
    for first in range(0, count, step):
        _send(system, min(step, count - first), chance)
        seen.append(resident_mb(_services(system)))
        done = min(first + step, count)
        rate = done / (time.monotonic() - began)
        say(f"  {done} of {count} referrals: services {seen[-1]:.0f} MB, {rate:.0f} referrals/s so far")
    return seen


def _send(system: System, count: int, chance: random.Random) -> None:
    by_mail, by_web = (max(1, count * OF_TWENTY[door] // 20) for door in ("mail", "web"))
    bodies = mails.bodies(count - by_mail - by_web, chance)
    forms = mails.form_mails(by_mail, mails.MAILBOX, chance)

    api = system.api

    async def sent() -> None:
        async with Ledger.of(system.state) as ledger:
            await asyncio.gather(
                wire.post_all(api, bodies, CLIENTS),
                wire.mail_all(system.smtp, forms, mails.MAILBOX, 2),
                asyncio.to_thread(_fill_in, system, by_web),
            )
            await ledger.closed()

    uvloop.run(sent())


def _fill_in(system: System, count: int) -> None:
    """Fill in the public form so many times, as browsers do."""
    filled = sorted((Path(samples.__file__).parent / "web").glob("*.json"))
    doors = Doors(system.services["intake"], *system.smtp)
    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(send_by_form, filled[place % len(filled)], doors) for place in range(count)]:
            done.result()


def _services(system: System) -> frozenset[int]:
    """Return the processes of the services, with the readers in intake's cage."""
    named = json.loads((system.state / "processes.json").read_text(encoding="utf-8"))
    return frozenset().union(*(tree(pid) for name, pid in named.items() if name in system.services))


def _bytes(system: System) -> int:
    async def asked() -> int:
        connection = await superuser(system.state, "postgres")
        try:
            return int(await connection.fetchval(SIZES))
        finally:
            await connection.close()

    return asyncio.run(asked())


@contextlib.contextmanager
def _watched(pid: int) -> Iterator[list[float]]:
    """Yield a list that fills with the memory of a process and its descendants, every few seconds."""
    seen = [resident_mb(tree(pid))]
    over = threading.Event()

    def watch() -> None:
        while not over.wait(3.0):
            seen.append(resident_mb(tree(pid)))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield seen
    finally:
        over.set()
        watcher.join()
