"""One run: a fresh system, a client outside it, faults by plan, and the way back to quiet."""

import asyncio
import contextlib
import json
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from faults.client import OK
from faults.inject import Breaker, Done
from faults.oracle import judge, settled, tried
from faults.report import Outcome
from faults.schedule import Schedule
from faults.target import REPOSITORY, Target, within, workplace

PER_SECOND = 6.0
FIRST_NEW_PATIENCE = 90.0
DRAINED_PATIENCE = 240.0
ENOUGH_PATIENCE = 300.0
CLIENT_SECONDS = 45.0
CLOSED = """SELECT 1 FROM referral WHERE reference = ANY ($1) AND NOT EXISTS (
    SELECT 1 FROM ledger_line AS line WHERE line.referral_id = referral.id AND line.required AND line.stored_at IS NULL)
    LIMIT 1"""
OPEN_BEFORE = """SELECT 1 FROM dispatch JOIN outbox USING (event_id) WHERE outbox.id <= $1
    AND dispatch.stored_at IS NULL AND dispatch.waived_at IS NULL AND dispatch.erased_at IS NULL LIMIT 1"""
PUBLISHERS = ("intake", "triage", "channel", "notify")


@dataclass(frozen=True)
class Wishes:
    """How much is to be done: acknowledged referrals at least, and the pace of the client."""

    referrals: int
    per_second: float


async def run(schedule: Schedule, wishes: Wishes, tell: Callable[[str], None]) -> Outcome:
    """Play one schedule against a fresh system and judge what is left."""
    began = time.monotonic()
    task = asyncio.current_task()
    if task:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    with workplace() as root:
        record = root / "client.jsonl"
        target = Target(root, schedule.bus)
        async with target.running():
            tell(f"seed {schedule.seed} on {schedule.bus}: running; {len(schedule.faults)} faults to come.")
            async with _client(target, record, schedule.seed, wishes.per_second):
                done = await Breaker(target).play(schedule, lambda each: tell(_said(each)))
                first_new, drained = await _way_back(target, record)
                await _enough(record, wishes.referrals)
            rest = await _quiet(target)
            verdict = await judge(target, tried(record))
            verdict.unsettled += rest
            code, said = await target.command("audit", "verify")
            audit = "" if code == 0 else f"The audit does not verify: {said[-300:]}"
    took = time.monotonic() - began
    return Outcome(schedule.seed, schedule.bus, done, verdict, first_new, drained, audit, took, wishes.referrals)


def _said(done: Done) -> str:
    fault = done.fault
    length = f" for {done.ended - done.began:.1f} s" if fault.seconds else ""
    return f"  {done.began:6.1f} s  {fault.kind} of {fault.victim}{length}" + (f": {done.refused}" * bool(done.refused))


@contextlib.asynccontextmanager
async def _client(target: Target, record: Path, seed: int, per_second: float) -> AsyncIterator[None]:
    """Run the client in a process of its own for the length of the block, and let it finish what it has begun."""
    task = {
        "partner": target.partner(),
        "api": f"http://127.0.0.1:{target.door_ports['client to api']}",
        "smtp_port": target.door_ports["client to smtp"],
        "per_second": per_second,
        "seed": seed,
        "record": str(record),
    }
    command = (sys.executable, "-m", "faults.client", json.dumps(task))
    process = await asyncio.create_subprocess_exec(*command, cwd=REPOSITORY)
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):  # it has ended by itself, and the record shows how far it came
            process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), CLIENT_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()


async def _way_back(target: Target, record: Path) -> tuple[float | None, float | None]:
    """Return the seconds until a referral sent from now on is stored by all four, and until the backlog is done."""
    over = time.time()

    async def new_one_is_stored() -> Any:
        sent = [each.reference for each in tried(record) if each.sent_at >= over and each.outcome == OK]
        return sent and await target.rows("intake", CLOSED, sent)

    async def backlog_is_done() -> bool:
        return not [service for service, last in marks.items() if await target.rows(service, OPEN_BEFORE, last)]

    marks: dict[str, int] = {}

    async def note_marks() -> bool:
        for service in PUBLISHERS:
            (row,) = await target.rows(service, "SELECT coalesce(max(id), 0) AS last FROM outbox")
            marks[service] = row["last"]
        return True

    await within(DRAINED_PATIENCE, note_marks, "The databases did not come back")
    first = await _seconds_until(new_one_is_stored, FIRST_NEW_PATIENCE, over)
    return first, await _seconds_until(backlog_is_done, DRAINED_PATIENCE, over)


async def _seconds_until(condition: Any, patience: float, since: float) -> float | None:
    try:
        await within(patience, condition, "It did not come true")
    except TimeoutError:
        return None
    return round(time.time() - since, 1)


async def _enough(record: Path, referrals: int) -> None:
    """Let the client go on until so many have been acknowledged."""

    async def enough() -> bool:
        return sum(each.outcome == OK for each in tried(record)) >= referrals

    with contextlib.suppress(TimeoutError):
        await within(ENOUGH_PATIENCE, enough, "Not enough were acknowledged", pause=1.0)


async def _quiet(target: Target) -> list[str]:
    """Wait until nothing is on its way; return what still is when patience ends."""
    left: list[str] = ["Nobody looked."]

    async def quiet() -> bool:
        left[:] = await settled(target)
        return not left

    with contextlib.suppress(TimeoutError):
        await within(DRAINED_PATIENCE, quiet, "It did not become quiet", pause=0.5)
    return left
