"""Runs the benchmarks on a throwaway system and writes bench/results.json and bench/RESULTS.md."""

import asyncio
import contextlib
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.load import Accepted, Target, evenly, saturate, stored_at

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Figure:
    """One result: ours, in its unit, against its bar where there is one."""

    name: str
    ours: float
    unit: str
    bar: float | None = None


@contextlib.contextmanager
def system(folder: Path) -> Iterator[tuple[Target, float, int]]:
    """Run a throwaway system; yield where it is, how many seconds it took to be ready, and the supervisor's pid."""
    ready = folder / "ready.json"
    begin = time.monotonic()
    with (folder / "up.log").open("wb") as log:
        command = [sys.executable, "-m", "cli.main", "up", "--ephemeral", "--no-samples", "--ready-file", str(ready)]
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        while not ready.exists():
            if process.poll() is not None or time.monotonic() - begin > 120:  # noqa: PLR2004
                raise SystemExit("The system did not start: " + (folder / "up.log").read_text()[-500:])
            time.sleep(0.05)
        took = time.monotonic() - begin
        operator = json.loads((Path(json.loads(ready.read_text())["state"]) / "secrets/operator.json").read_text())
        yield Target(operator["service_urls"]["intake"], operator["ops_token"]), took, process.pid
    finally:
        process.terminate()
        process.wait(30)


def resident_mb(root: int) -> float:
    """Return the memory that a process and all its descendants use, shared pages counted once (PSS), in MB."""
    parents = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, IndexError):
            parents[int(entry.name)] = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
    wanted, grown = {root}, True
    while grown:
        children = {pid for pid, parent in parents.items() if parent in wanted} - wanted
        wanted, grown = wanted | children, bool(children)
    total = 0
    for pid in wanted:
        with contextlib.suppress(OSError):
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
            total += sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    return total / 1024


async def throughput(target: Target, count: int) -> float:
    """Return referrals a second, from the first request to the last ledger line stored."""
    await saturate(target, max(50, count // 10), 16, seed=1)
    accepted = await saturate(target, count, 32, seed=2)
    stored = await stored_at(target, [item.reference for item in accepted])
    return count / (max(stored.values()) - min(item.asked_at for item in accepted)).total_seconds()


async def latencies(target: Target, count: int) -> list[float]:
    """Return milliseconds from each answer 201 to the last required team's stored line, at ten a second."""
    accepted: Sequence[Accepted] = await evenly(target, count, 10.0, seed=3)
    stored = await stored_at(target, [item.reference for item in accepted])
    return sorted((stored[item.reference] - item.answered_at).total_seconds() * 1000 for item in accepted)


def measure(count: int) -> list[Figure]:
    """Run everything once and return the figures."""
    with (
        tempfile.TemporaryDirectory(prefix="throughline-bench-") as folder,
        system(Path(folder)) as (target, took, pid),
    ):
        time.sleep(5)
        idle = resident_mb(pid)
        delays = asyncio.run(latencies(target, 300))
        rate = asyncio.run(throughput(target, count))
    return [
        Figure("accepted_to_stored_per_second", round(rate, 1), "referrals/s"),
        Figure("latency_p50_ms", round(statistics.median(delays), 1), "ms", 50.0),
        Figure("latency_p99_ms", round(delays[int(len(delays) * 0.99) - 1], 1), "ms", 250.0),
        Figure("start_seconds", round(took, 1), "s", 10.0),
        Figure("resident_idle_mb", round(idle), "MB", 1024.0),
    ]


def commit() -> str:
    """Return the short id of the commit that was measured."""
    found = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)  # noqa: S607
    return found.stdout.strip() or "unknown"


def write(figures: Sequence[Figure]) -> None:
    """Write the results for programs and for people."""
    machine = {
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "commit": commit(),
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    results = {item.name: {"ours": item.ours, "unit": item.unit, "bar": item.bar} for item in figures}
    (HERE / "results.json").write_text(json.dumps({"machine": machine, "results": results}, indent=2) + "\n")
    rows = [f"| {item.name} | {item.ours} {item.unit} | {item.bar or 'first figure'} |" for item in figures]
    head = (
        f"Commit {machine['commit']}, {machine['cores']} cores, Python {machine['python']}, {machine['measured_at']}."
    )
    table = "\n".join(["# Results of `make bench`", "", head, "", "| measure | ours | bar |", "|---|---|---|", *rows])
    (HERE / "RESULTS.md").write_text(table + "\n")


def main(count: int) -> None:
    """Measure with `count` referrals at saturation, print and write."""
    figures = measure(count)
    write(figures)
    for item in figures:
        print(f"{item.name:<32} {item.ours:>10} {item.unit}")
