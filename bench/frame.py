"""What every benchmark uses: its result, its settings, rounds that alternate with a peer, and a throwaway system."""

import contextlib
import json
import math
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx2

from bench.wire import Api
from samples.send import bearer

OURS = "ours"
START_SECONDS = 120.0
STOP_SECONDS = 60.0


class NotHere(Exception):
    """A benchmark's peer cannot be had on this machine; the sentence says what is missing."""


@dataclass(frozen=True)
class Result:
    """One figure of ours in its unit, beside the peer's; a ratio above 1 is better for us, whatever the unit."""

    name: str
    ours: float
    peer: float | None
    unit: str
    ratio: float | None
    bar: float | None
    note: str = ""


@dataclass(frozen=True)
class Settings:
    """How thoroughly to measure: rounds of which the median counts, and a scale below 1 for a quick look."""

    rounds: int = 5
    scale: float = 1.0

    def count(self, full: int, least: int = 1) -> int:
        """Return so many of something that a full run does `full` times."""
        return max(least, round(full * self.scale))


@dataclass(frozen=True)
class System:
    """A running throwaway system: its addresses, the operator's token, its state folder, and how long it took."""

    services: Mapping[str, str]
    provider: str
    smtp: tuple[str, int]
    ops_token: str
    state: Path
    pid: int
    start_seconds: float
    log: Path
    partner: tuple[str, str] = ("", "")

    @property
    def api(self) -> Api:
        """The partner API, with a token that holds for 15 minutes from now."""
        url = self.services["intake"]
        with httpx2.Client(timeout=START_SECONDS, trust_env=False) as client:
            return Api(url, bearer(client, url, self.partner))


def say(sentence: str) -> None:
    """Tell whoever waits how far it is."""
    print(sentence, flush=True)


def alternate(rounds: int, ours: Callable[[], float], peers: Mapping[str, Callable[[], float]]) -> Mapping[str, float]:
    """Measure ours and each peer by turns, `rounds` times each, and return the medians ("ours" and the peers' names).

    Who begins changes from round to round, so that nobody always measures on the warmer machine.
    """
    sides = {OURS: ours, **peers}
    seen: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(rounds):
        order = list(sides) if number % 2 == 0 else list(reversed(sides))
        for name in order:
            seen[name].append(sides[name]())
        say(f"  round {number + 1} of {rounds}: " + ", ".join(f"{name} {seen[name][-1]:.4g}" for name in sides))
    return {name: statistics.median(values) for name, values in seen.items()}


def rate_result(name: str, medians: Mapping[str, float], peer: str, unit: str, bar: float | None) -> Result:
    """Return a result of which more is better, with the ratio of our median to the peer's."""
    ours, theirs = medians[OURS], medians[peer]
    return Result(name, rounded(ours), rounded(theirs), unit, rounded(ours / theirs) if theirs else None, bar)


def rounded(value: float) -> float:
    """Return a figure with three significant digits, and whole numbers above a thousand."""
    if value == 0 or not math.isfinite(value):
        return value
    return round(value, max(0, 2 - math.floor(math.log10(abs(value)))))


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that `share` (0 to 1) of the values do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


@contextlib.contextmanager
def sampled_system(*, bus: str = "") -> Iterator[System]:
    """Run a throwaway system on free ports, without samples, for the length of the block.

    `bus` is what `throughline up --bus` takes; the embedded bus when left away. Raises NotHere with the last words of
    the log when it does not start.
    """
    with tempfile.TemporaryDirectory(prefix="throughline-bench-") as name:
        folder = Path(name)
        ready, log = folder / "ready.json", folder / "up.log"
        command = [sys.executable, "-m", "cli.main", "up", "--ephemeral", "--no-samples", "--ready-file", str(ready)]
        began = time.monotonic()
        with log.open("wb") as output:
            process = subprocess.Popen(command + (["--bus", bus] if bus else []), stdout=output, stderr=output)
        try:
            _wait_for(ready, process, log)
            yield _described(ready, process.pid, time.monotonic() - began, log)
        finally:
            process.terminate()
            process.wait(STOP_SECONDS)


def _wait_for(ready: Path, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while not ready.exists():
        if process.poll() is not None or time.monotonic() > until:
            words = " ".join(log.read_text(encoding="utf-8", errors="replace").split())[-400:]
            raise NotHere(f"A throwaway system did not start: {words}")
        time.sleep(0.02)


def _described(ready: Path, pid: int, took: float, log: Path) -> System:
    facts = json.loads(ready.read_text(encoding="utf-8"))
    state = Path(facts["state"])
    operator = json.loads((state / "secrets" / "operator.json").read_text(encoding="utf-8"))
    host, port = facts["smtp"]
    return System(
        services=facts["services"],
        provider=facts["provider"],
        smtp=(host, port),
        ops_token=operator["ops_token"],
        state=state,
        pid=pid,
        start_seconds=took,
        log=log,
        partner=tuple(operator["partner"]),
    )


def tree(root: int) -> frozenset[int]:
    """Return the ids of a process and of all its descendants."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, IndexError, ValueError):
            parents[int(entry.name)] = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
    wanted, grown = {root}, True
    while grown:
        children = {pid for pid, parent in parents.items() if parent in wanted} - wanted
        wanted, grown = wanted | children, bool(children)
    return frozenset(wanted)


def resident_mb(pids: frozenset[int]) -> float:
    """Return the memory that processes use, each shared page shared out among those that map it (PSS), in MB."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
            total += sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    return total / 1024


def ended(process: subprocess.Popen[bytes], patience: float = 20.0) -> None:
    """End a process that we started, by its id, and wait for it."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(patience)
