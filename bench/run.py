"""Runs the benchmarks, one after the other, and keeps what each of them found as soon as it is known."""

import importlib
import importlib.util
import signal
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime

from bench import report
from bench.frame import NotHere, Result, Settings, say

ENDED = 143
BENCHMARKS = (
    "size",
    "postfix",
    "relay",
    "consume",
    "growth",
    "reading",
    "people",
    "people_million",
    "triage_pages",
    "channel_pages",
    "statistics",
    "notices",
)


class BrokeOff(Exception):
    """A benchmark came to grief and has measured nothing; the sentence names it."""


class UnknownBenchmark(Exception):
    """Nobody has written a benchmark of this name; the sentence lists those that there are."""


def chosen(only: str) -> tuple[str, ...]:
    """Return the names of the benchmarks to run: all of them, or those named, with commas between them.

    Raises UnknownBenchmark.
    """
    names = tuple(name.strip() for name in only.split(",") if name.strip())
    for name in names:
        if name not in BENCHMARKS:
            raise UnknownBenchmark(f"There is no benchmark {name!r}: choose among {', '.join(BENCHMARKS)}.")
    return names or BENCHMARKS


def run(names: Sequence[str], settings: Settings) -> int:
    """Run the benchmarks and keep their results; return how many missed their bar. Raises BrokeOff at the end."""
    # Told to end, it leaves no server of its own behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(ENDED))
    measured = report.commit()
    missed, broken = 0, list[str]()
    for name in names:
        say(f"{name}: measuring.")
        began = time.monotonic()
        try:
            results = measure(name, settings)
        except NotHere as reason:
            say(f"{name}: left out. {reason}")
            continue
        except Exception as error:  # noqa: BLE001  one that breaks takes nothing from the others
            say(f"{name}: broke off. {type(error).__name__}: {error}")
            broken.append(name)
            continue
        took = time.monotonic() - began
        for result in results:
            say(sentence(result))
        say(f"{name}: took {took:.0f} s.")
        if settings.scale >= 1:
            report.keep(report.Run(results, measured, datetime.now(UTC), took))
        missed += sum(result.bar is not None and (result.ratio or 0) < result.bar for result in results)
    if settings.scale < 1:
        say("A quick look (scale below 1): the kept results are as they were.")
    if broken:
        raise BrokeOff(f"{', '.join(broken)} broke off: what is kept of it is from an earlier run.")
    return missed


def measure(name: str, settings: Settings) -> Sequence[Result]:
    """Run one benchmark; raises NotHere when this machine lacks what it needs."""
    module = f"bench.{name}"
    if importlib.util.find_spec(module) is None:
        raise NotHere(f"bench/{name}.py is not part of this release.")
    results: Sequence[Result] = importlib.import_module(module).measure(settings)
    return results


def sentence(result: Result) -> str:
    """Return a result as one line for a terminal."""
    line = f"  {result.name:<34} {result.ours:>10g} {result.unit}"
    if result.peer is not None:
        line += f", peer {result.peer:g}"
    if result.ratio is not None:
        line += f", ratio {result.ratio:g}"
    if result.bar is not None:
        line += f" (bar {result.bar:g}: {'met' if (result.ratio or 0) >= result.bar else 'MISSED'})"
    return line
