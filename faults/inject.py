"""How each kind of fault is done, and undone when its time is over."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.provision import BUS as BUS_DATABASE
from deploy.kafka.brokers import Brokers
from faults.schedule import BACKEND, BUS, NURSERY, READER, SUPERVISOR, Fault, Schedule
from faults.target import Target, children, signalled, within

PATIENCE_SECONDS = 60.0
REFILL_SECONDS = 0.3
BACKENDS = """SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND datname LIKE 'throu%'
    ORDER BY datname, usename, backend_start, pid"""
"""Whose connection comes first does not hang on process ids, which differ from run to run."""
Mend = Callable[[], Awaitable[Any]]


class NotExercised(Exception):
    """Not a fault for this machine; the sentence says why."""


@dataclass(frozen=True)
class Done:
    """A fault as it happened: when it began and ended (seconds after the start), and why it was not done, if so."""

    fault: Fault
    began: float
    ended: float
    refused: str = ""


class Breaker:
    """Plays a schedule on a target."""

    def __init__(self, target: Target) -> None:
        """Break this system."""
        self._target = target
        self._begun = 0.0
        self._closings = 0
        self._doing: dict[str, Callable[[Fault], Awaitable[Mend | None]]] = {
            "kill": self._kill,
            "restart postgres": self._restart_postgres,
            "end sessions": self._end_sessions,
            "restart broker": self._restart_broker,
            "pause": self._pause,
            "cut": self._cut,
            "black hole": self._black_hole,
            "disk full": self._disk_full,
            "clock jump": self._clock_jump,
        }

    async def play(self, schedule: Schedule, tell: Callable[[Done], None]) -> list[Done]:
        """Do every fault at its moment, each in its own time, and return when all of them are over."""
        self._begun = time.monotonic()
        return list(await asyncio.gather(*(self._one(fault, tell) for fault in schedule.faults)))

    def _since(self) -> float:
        return round(time.monotonic() - self._begun, 2)

    async def _one(self, fault: Fault, tell: Callable[[Done], None]) -> Done:
        await asyncio.sleep(max(0.0, fault.at - self._since()))
        mends: list[Mend] = []

        async def begin() -> bool:
            mend = await self._doing[fault.kind](fault)
            mends.extend([mend] if mend else [])
            return True

        try:
            # The victim may just be on its way up again after the fault before: then this one begins a little later.
            await within(PATIENCE_SECONDS, begin, f"{fault.kind} of {fault.victim} could not be done")
        except NotExercised as why:
            done = Done(fault, self._since(), self._since(), str(why))
            tell(done)
            return done
        began = self._since()
        if mends:
            await asyncio.sleep(fault.seconds)
            await within(PATIENCE_SECONDS, _truly(mends[0]), f"{fault.kind} of {fault.victim} could not be undone")
        done = Done(fault, began, self._since())
        tell(done)
        return done

    async def _pids(self, fault: Fault) -> list[int]:
        target, victim = self._target, fault.victim
        if victim == SUPERVISOR:
            return [target.supervisor]
        if victim == NURSERY:
            return [pid for pid in children(target.supervisor) if await _runs(pid, b"cli.nursery")]
        if victim == READER:
            return children((await target.processes())["intake"])[:1]
        if victim == BACKEND:
            async with target.database("postgres") as connection:
                return [picked([row["pid"] for row in await connection.fetch(BACKENDS)], fault.pick)]
        return [(await target.processes())[victim]]

    def _brokers(self) -> Brokers:
        """Return Kafka's broker; KeyError while another fault has it stopped, so that this one comes a little later."""
        if self._target.brokers is None or not self._target.brokers.pids():
            raise KeyError(BUS)
        return self._target.brokers

    async def _kill(self, fault: Fault) -> Mend | None:
        if fault.victim == BUS:
            brokers = self._brokers()
            await asyncio.to_thread(brokers.kill, 0)
            return lambda: asyncio.to_thread(brokers.start_one, 0)
        (pid,) = await self._pids(fault)
        os.kill(pid, signal.SIGKILL)
        return None

    async def _restart_postgres(self, _: Fault) -> Mend | None:
        """Ask for a fast stop; the supervisor starts it again."""
        os.kill((await self._target.processes())["postgres"], signal.SIGINT)
        return None

    async def _end_sessions(self, _: Fault) -> Mend | None:
        query = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        async with self._target.database("postgres") as connection:
            await connection.execute(query)
        return None

    async def _restart_broker(self, _: Fault) -> Mend | None:
        """Take the bus away for a while: Kafka's broker, or on PostgreSQL the bus's database."""
        if self._target.brokers:
            brokers = self._brokers()
            await asyncio.to_thread(brokers.stop_one, 0)
            return lambda: asyncio.to_thread(brokers.start_one, 0)
        await self._allow_bus(allow=False)
        return lambda: self._allow_bus(allow=True)

    async def _allow_bus(self, *, allow: bool) -> None:
        """Close the bus's database, or open it again when no other fault still has it closed."""
        if allow and self._closings > 1:
            self._closings -= 1
            return
        async with self._target.database("postgres") as connection:
            await connection.execute(f"ALTER DATABASE {BUS_DATABASE} ALLOW_CONNECTIONS {allow}")
            if not allow:
                ends = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1"
                await connection.execute(ends, BUS_DATABASE)
        self._closings += -1 if allow else 1

    async def _pause(self, fault: Fault) -> Mend | None:
        if fault.victim == BUS:
            brokers = self._brokers()
            await asyncio.to_thread(brokers.pause, 0)
            return lambda: asyncio.to_thread(brokers.resume, 0)
        if fault.victim == "postgres":
            pids = list((await asyncio.to_thread(self._target.cluster)).processes())
        else:
            pids = await self._pids(fault)
        signalled(pids, signal.SIGSTOP)
        return lambda: asyncio.to_thread(signalled, pids, signal.SIGCONT)

    async def _cut(self, fault: Fault) -> Mend | None:
        link = self._target.links[fault.victim]
        link.cut()
        return _later(link.end_cut)

    async def _black_hole(self, fault: Fault) -> Mend | None:
        link = self._target.links[fault.victim]
        link.swallow()
        return _later(link.end_swallow)

    async def _disk_full(self, _: Fault) -> Mend | None:
        if not self._target.disk_is_small:
            raise NotExercised("The disk was not filled: only root may mount one that is small enough.")
        ballast = self._target.root / "state" / "ballast"
        filling = asyncio.create_task(_fill(str(ballast)))

        async def mend() -> None:
            filling.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await filling
            ballast.unlink(missing_ok=True)

        return mend

    async def _clock_jump(self, fault: Fault) -> Mend | None:
        async def move(change: str) -> None:
            code, said = await self._target.command("clock", change, "--service", fault.victim)
            if code:
                raise RuntimeError(said)

        await move("+1hours")
        return lambda: move("reset")


def picked(pids: Sequence[int], pick: int) -> int:
    """Return the one of many that a schedule names, counted round; raises LookupError when there is none to hit."""
    if not pids:
        raise LookupError(BACKEND)
    return pids[pick % len(pids)]


async def _fill(ballast: str) -> None:
    """Take every free byte, and again whatever becomes free."""
    handle, size = os.open(ballast, os.O_RDWR | os.O_CREAT, 0o600), 0
    try:
        while True:
            found = os.fstatvfs(handle)
            room = found.f_bavail * found.f_frsize
            if room:
                with contextlib.suppress(OSError):
                    await asyncio.to_thread(os.posix_fallocate, handle, size, room)
                    size += room
            await asyncio.sleep(REFILL_SECONDS)
    finally:
        os.close(handle)


async def _runs(pid: int, words: bytes) -> bool:
    with contextlib.suppress(OSError):
        command = await asyncio.to_thread(Path(f"/proc/{pid}/cmdline").read_bytes)
        return words in command.replace(b"\0", b" ")
    return False


def _later(work: Callable[[], None]) -> Mend:
    async def mend() -> None:
        work()

    return mend


def _truly(mend: Mend) -> Callable[[], Awaitable[bool]]:
    async def done() -> bool:
        await mend()
        return True

    return done
