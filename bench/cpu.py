"""Counts the CPU time that one referral costs, process by process: `python -m bench.cpu` on a throwaway system."""

import asyncio
import contextlib
import json
import os
import re
import sys
import time
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from bench.frame import sampled_system
from bench.load import Target, saturate, stored_at

REFERRALS = 600
CLIENTS = 16
TICKS = os.sysconf("SC_CLK_TCK")
_BACKEND = re.compile(r"postgres: (?P<role>\w+) (?P<database>throughline_\w+)")


def used(state: Path) -> Mapping[str, float]:
    """Return the CPU seconds used so far: by each service's process, and by PostgreSQL for each of its databases.

    `state` is the state folder of a running system. Connections that have ended are counted under "postgres, rest".
    """
    pids: dict[str, int] = json.loads((state / "processes.json").read_text())
    spent = {name: _seconds(pid) for name, pid in pids.items()}
    spent["postgres, rest"] = spent.pop("postgres") + _ended(pids["postgres"])
    by_database: dict[str, float] = defaultdict(float)
    for child in _children(pids["postgres"]):
        with contextlib.suppress(OSError):
            title = Path(f"/proc/{child}/cmdline").read_bytes().rstrip(b"\0 ").decode()
            found = _BACKEND.match(title)
            name = f"postgres, {found['database'].removeprefix('throughline_')}" if found else "postgres, rest"
            by_database[name] += _seconds(child)
    for name, seconds in by_database.items():
        spent[name] = spent.get(name, 0.0) + seconds
    return spent


def per_referral(target: Target, state: Path, count: int, clients: int) -> tuple[Mapping[str, float], float]:
    """Return the CPU milliseconds for each referral by process, and referrals a second until the last is stored."""
    asyncio.run(saturate(target, max(50, count // 10), clients, seed=1))
    time.sleep(3)
    before = used(state)
    accepted = asyncio.run(saturate(target, count, clients, seed=2))
    stored = asyncio.run(stored_at(target, [accepted[-1].reference]))
    last = max(stored.values())
    time.sleep(3)  # spans, seals and mails follow
    after = used(state)
    stored = asyncio.run(stored_at(target, [item.reference for item in accepted]))
    last = max(stored.values())
    rate = count / (last - min(item.asked_at for item in accepted)).total_seconds()
    return {name: (after[name] - before.get(name, 0.0)) * 1000 / count for name in after}, rate


def _seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _ended(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[13]) + int(fields[14])) / TICKS


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def main(count: int) -> None:
    """Measure a throwaway system and print the table."""
    with sampled_system() as system:
        time.sleep(5)  # what a start leaves to be done
        target = Target(system.services["intake"], system.ops_token, system.api.bearer)
        spent, rate = per_referral(target, system.state, count, CLIENTS)
    for name, milliseconds in sorted(spent.items(), key=lambda item: -item[1]):
        print(f"{name:<24} {milliseconds:8.2f} ms")
    print(f"{'together':<24} {sum(spent.values()):8.2f} ms a referral, {rate:.0f} referrals/s")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else REFERRALS)
