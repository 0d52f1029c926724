"""`throughline doctor`: what is wrong with this machine, state folder and system, each with its mend."""

import shutil
import sys
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
    return Finding("disk", left >= ENOUGH_BYTES, f"{left / 1024**3:.1f} GiB free at {place}{mend}")


def _secrets(folder: StateFolder) -> Iterator[Finding]:
    for path in sorted(folder.secrets.glob("*.json")) if folder.secrets.is_dir() else ():
        mode = path.stat().st_mode & 0o777
        if mode & 0o077:
            yield Finding(
                "secrets",
                well=False,
                words=f"{path} can be read by others: chmod 600 {path}.",
            )


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
