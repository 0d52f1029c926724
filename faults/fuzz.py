"""`python -m faults.fuzz`: bent mails, Word, PDF and zip files through the real cage, each to a reading or a reason."""

import argparse
import asyncio
import logging
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from faults.mutations import CANARY, Case, Hand
from services.intake.readers import Attachment, Cage, Cause, FormReading, ReadMessage

NAMES = {"word": "form.docx", "pdf": "form.pdf", "text": "form.json"}
MOST_FORMS = 5
SECONDS_A_FILE = 25.0
"""Fifteen until a child is killed, and what a busy machine takes to start another."""
FOUND = frozenset({Cause.CRASHED, Cause.TOO_SLOW, Cause.UNAVAILABLE})
"""What the cage outlives and tells people, and what a reader should be mended for."""


@dataclass
class Harvest:
    """What came of the inputs, by kind and cause, and the seeds that broke a rule or a reader."""

    inputs: int = 0
    causes: Counter[tuple[str, str]] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    found: list[str] = field(default_factory=list)
    slowest: float = 0.0


class Listener(logging.Handler):
    """Counts the lines of the log in which the canary sings."""

    def __init__(self) -> None:
        """Hear every line."""
        super().__init__(logging.DEBUG)
        self.heard = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Look for the canary in a line, its facts and its error."""
        told = f"{record.getMessage()} {record.__dict__.get('facts')} {record.exc_info} {record.exc_text}"
        self.heard += CANARY.lower() in told.lower()


async def fuzz(hand: Hand, cage: Cage, seeds: Iterable[int], *, until: float, folder: Path | None = None) -> Harvest:
    """Put the inputs of seeds through a cage that runs, until a moment of `time.monotonic`; return what came of them.

    Inputs that broke a reader are kept in the folder.
    """
    harvest, listener = Harvest(), Listener()
    root = logging.getLogger()
    root.addHandler(listener)
    try:
        for seed in seeds:
            if time.monotonic() > until:
                break
            await _put_through(hand.case(seed), cage, harvest, folder)
    finally:
        root.removeHandler(listener)
    if listener.heard:
        harvest.broken.append(f"the canary stands in {listener.heard} lines of the log")
    return harvest


async def _put_through(case: Case, cage: Cage, harvest: Harvest, folder: Path | None) -> None:
    begun = time.monotonic()
    try:
        causes = await (_file(case, cage) if case.kind in NAMES else _mail(case, cage))
    except Exception as error:  # noqa: BLE001  that anything is raised at all is what is looked for
        causes = [f"raised {type(error).__name__}"]
        harvest.broken.append(f"seed {case.seed} ({case.kind}): {causes[0]}")
    took = time.monotonic() - begun
    harvest.inputs += 1
    harvest.slowest = max(harvest.slowest, took)
    harvest.causes.update((case.kind, cause) for cause in causes)
    if took > SECONDS_A_FILE * len(causes):
        harvest.broken.append(f"seed {case.seed} ({case.kind}): took {took:.0f} s")
    if "no reason" in causes:
        harvest.broken.append(f"seed {case.seed} ({case.kind}): neither read nor a reason")
    if FOUND & set(causes):
        harvest.found.append(f"seed {case.seed} ({case.kind}): {', '.join(causes)}")
        if folder is not None:
            (folder / f"{case.seed}.{case.kind}").write_bytes(case.body)


async def _mail(case: Case, cage: Cage) -> list[str]:
    message = await cage.read_message(case.body)
    if not isinstance(message, ReadMessage):
        return ["no reason"]
    readings = [await cage.read_form(file) for file in message.form_candidates[:MOST_FORMS]]
    return [message.cause.value or "taken apart", *(_cause(reading) for reading in readings)]


async def _file(case: Case, cage: Cage) -> list[str]:
    return [_cause(await cage.read_form(Attachment(NAMES[case.kind], "application/octet-stream", case.body)))]


def _cause(reading: FormReading) -> str:
    if reading.complete or reading.reason:
        return reading.cause.value or "read"
    return "no reason"


def told(harvest: Harvest, seconds: float) -> str:
    """Return what came of a run, in lines for people."""
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    lines = [
        f"{harvest.inputs} inputs in {seconds:.0f} s, the slowest {harvest.slowest:.1f} s; largest child {largest} MB",
        *(f"  {kind:5} {cause:14} {times}" for (kind, cause), times in sorted(harvest.causes.items())),
        f"{len(harvest.found)} broke a reader, which the cage outlived:",
        *(f"  {line}" for line in harvest.found),
        f"{len(harvest.broken)} broke a rule:",
        *(f"  {line}" for line in harvest.broken),
    ]
    return "\n".join(lines)


async def run(wanted: argparse.Namespace) -> Harvest:
    """Fuzz for so many minutes from a seed on."""
    hand, cage = Hand(), Cage(cells=1)
    wanted.out.mkdir(parents=True, exist_ok=True)
    await cage.start()
    try:
        until = time.monotonic() + wanted.minutes * 60
        return await fuzz(hand, cage, count(wanted.seed), until=until, folder=wanted.out)
    finally:
        await cage.stop()


def main(words: list[str]) -> int:
    """Fuzz and tell; 1 when a rule was broken."""
    parser = argparse.ArgumentParser(prog="python -m faults.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--seed", type=int, default=1, help="the first input's seed; each further one takes the next")
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "build" / "fuzz")
    wanted = parser.parse_args(words)
    begun = time.monotonic()
    harvest = asyncio.run(run(wanted))
    sys.stdout.write(told(harvest, time.monotonic() - begun) + "\n")
    return 1 if harvest.broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
