"""`throughline doctor`: what is wrong with this machine, state folder and system, each with its mend."""

import os
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from chassis.errors import ThroughlineError
from chassis.settings import load_secrets
from cli import bus, ports, postgres
from cli.clients import Operations, Operator
from cli.errors import NotRunning, Refused
from cli.state import StateFolder, read_stamp
from cli.vault import secrets_file
from contracts.catalogue import SERVICES

ENOUGH_BYTES = 2 * 1024**3
SPOOL_UNWRITABLE = "docs/runbooks/spool-unwritable.md"
DATABASE_AWAY = "docs/runbooks/database-unavailable.md"


@dataclass(frozen=True)
class Finding:
    """One thing looked at: whether it is well, and the fact or the mend."""

    what: str
    well: bool
    words: str


def run(state: Path) -> Iterator[Finding]:
    """Look at everything, cheapest first; never changes anything."""
    yield Finding("python", sys.version_info >= (3, 11), sys.version.split()[0])
    yield _postgres()
    yield _disk(state)
    folder = StateFolder(state.absolute())
    try:
        stamp = read_stamp(folder)
        words = f"{stamp.purpose}, created {stamp.created[:10]}" if stamp else f"{folder.root} has never been started"
        yield Finding("state", well=True, words=words)
    except Refused as error:
        yield Finding("state", well=False, words=str(error))
        return
    yield from _secrets(folder)
    yield from _spool(folder.spool)
    yield from _bus(folder)
    yield from _services(folder)


def _postgres() -> Finding:
    try:
        how = "in a user namespace" if postgres.user_prefix() else "as this user"
        return Finding(
            "postgres",
            well=True,
            words=f"{postgres.binaries().parent.name}, runs {how}",
        )
    except Refused as error:
        return Finding("postgres", well=False, words=str(error))


def _disk(state: Path) -> Finding:
    place = next(folder for folder in (state.absolute(), *state.absolute().parents) if folder.exists())
    left = shutil.disk_usage(place).free
    mend = "" if left >= ENOUGH_BYTES else ": make room, or name another disk with --state DIR"
    return Finding("disk", left >= ENOUGH_BYTES, f"{_gib(left)} free at {place}{mend}")


def _secrets(folder: StateFolder) -> Iterator[Finding]:
    for path in sorted(folder.secrets.glob("*.json")) if folder.secrets.is_dir() else ():
        mode = path.stat().st_mode & 0o777
        if mode & 0o077:
            yield Finding(
                "secrets",
                well=False,
                words=f"{path} can be read by others: chmod 600 {path}.",
            )


def _spool(spool: Path) -> Iterator[Finding]:
    """Look at the folder in which intake keeps referrals while its database is away; it comes with the first start."""
    if not spool.is_dir():
        return
    if not os.access(spool, os.R_OK | os.W_OK | os.X_OK):
        words = f"this user cannot use {spool}: it belongs to the user that runs intake; see {SPOOL_UNWRITABLE}."
        yield Finding("spool", well=False, words=words)
        return
    times = [moment for entry in spool.glob("*.entry") if (moment := _written(entry))]
    free = shutil.disk_usage(spool).free
    if free < ENOUGH_BYTES:
        words = f"{_gib(free)} free where referrals wait while the database is away: make room at {spool}."
        yield Finding("spool", well=False, words=words)
    if times:
        many = "1 referral waits" if len(times) == 1 else f"{len(times)} referrals wait"
        words = f"{many} there, the oldest for {_ago(min(times))}, and no team has been told: see {DATABASE_AWAY}."
        yield Finding("spool", well=False, words=words)
    elif free >= ENOUGH_BYTES:
        yield Finding("spool", well=True, words=f"empty, writable, {_gib(free)} free")


def _written(entry: Path) -> float:
    """Return when a file was written, 0 when intake has taken it in meanwhile."""
    try:
        return entry.stat().st_mtime
    except OSError:
        return 0.0


def _ago(moment: float) -> str:
    """Return how long ago a moment of the machine's time was, in words."""
    minutes = int(max(0.0, time.time() - moment) // 60)
    return "less than a minute" if not minutes else "1 minute" if minutes == 1 else f"{minutes:,} minutes"


def _gib(size: int) -> str:
    return f"{size / 1024**3:.1f} GiB"


def _bus(folder: StateFolder) -> Iterator[Finding]:
    """Look at a bus outside as a service does; the embedded one is looked at with the services."""
    try:
        url = load_secrets(secrets_file(folder, SERVICES[0])).bus_url
    except ThroughlineError:
        return
    if bus.is_kafka(url):
        yield Finding("bus", *bus.look(url))


def _services(folder: StateFolder) -> Iterator[Finding]:
    try:
        operator = Operator.of(folder.root)
    except NotRunning as error:
        yield Finding("services", well=False, words=str(error))
        return
    with Operations(operator) as operations:
        for service in SERVICES:
            facts = operations.readiness(service)
            if facts is None:
                port = urlsplit(operator.service_urls[service]).port
                holder = ports.holder_of(port) if port else None
                by = f"port {port} is held by {holder}" if holder else f"read {folder.logs / service}.log"
                yield Finding(
                    service,
                    well=False,
                    words=f"does not answer: start the system with `throughline up`; {by}.",
                )
            else:
                yield Finding(service, *_readiness(facts))


def _readiness(facts: object) -> tuple[bool, str]:
    """Return whether every dependency is well, and those that are not by name."""
    if not isinstance(facts, dict):
        return False, "answers nothing that can be read."
    dependencies = facts.get("dependencies")
    answers = dependencies.items() if isinstance(dependencies, dict) else ()
    wrong = [f"{name} {answer}" for name, answer in answers if answer != "answers"]
    return (not wrong, "; ".join(wrong) or "ready")
