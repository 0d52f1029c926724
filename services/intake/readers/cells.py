"""One confined child: started, asked, and killed when it misbehaves."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from pathlib import Path
from typing import Self

from services.intake.readers.confinement import Confinement
from services.intake.readers.failures import sentence
from services.intake.readers.values import Cause
from services.intake.readers.wire import LENGTH, Packet, pack, size_of

ROOT = Path(__file__).resolve().parents[3]
CHILD = "services.intake.readers.cell"
SECONDS_TO_START = 30.0
SECONDS_TO_GO = 1.0
LARGEST_HEAD = 32 << 20
LARGEST_ANSWER = 96 << 20
READS_BEFORE_RENEWAL = 500
LAST = 10
TIMES_OVER = 4
NOT_STARTED = "The reader could not be started; open the original."
FILES_FAULT = frozenset({signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGILL, signal.SIGFPE, signal.SIGSYS})
"""A child that ends by one of these ends so again on the same file; SIGKILL may come from outside."""


class CagedError(Exception):
    """A request that brought no answer, with its cause; `again` when another child may do better."""

    def __init__(self, cause: Cause, *, again: bool = False) -> None:
        """Keep the cause."""
        super().__init__(NOT_STARTED if cause is Cause.UNAVAILABLE else sentence(cause))
        self.cause = cause
        self.again = again


class Cell:
    """One confined child and its two pipes; good for one request at a time."""

    def __init__(self, process: Process, confinement: Confinement) -> None:
        """Take over a child that has said hello."""
        self._process = process
        self._reads = 0
        self.confinement = confinement

    @classmethod
    async def start(cls) -> Self:
        """Start a child and wait until it has confined itself; CagedError when that fails."""
        environment = {"PATH": os.defpath, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}
        command = (sys.executable, "-B", "-m", CHILD)
        try:
            process = await asyncio.create_subprocess_exec(
                *command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env=environment, cwd="/"
            )
        except OSError as error:
            raise CagedError(Cause.UNAVAILABLE) from error
        try:
            hello = await asyncio.wait_for(_receive(process), SECONDS_TO_START)
        except BaseException as error:
            await _end(process)
            if isinstance(error, Exception):
                raise CagedError(Cause.UNAVAILABLE) from error
            raise
        head = hello.head
        given_up = (head.get(name) is True for name in ("network_cut", "files_cut", "calls_cut"))
        return cls(process, Confinement(*given_up))

    @property
    def spent(self) -> bool:
        """Say whether the child has died or has read enough to be replaced by a fresh one."""
        return self._process.returncode is not None or self._reads >= READS_BEFORE_RENEWAL

    async def ask(self, packet: Packet, seconds: float) -> Packet:
        """Return the child's answer; CagedError, with the child killed, when none comes in time.

        One that is at work is given that time again, a few times over, because a busy machine may not let it work: what
        it may use of the processor is limited by the kernel. One that waits is not waited for.
        """
        self._reads += 1
        try:
            return await self._in_time(packet, seconds)
        except BaseException as error:
            # A cancelled caller leaves a half-read pipe behind as well: such a child is of no more use.
            await self.end()
            if isinstance(error, TimeoutError):
                raise CagedError(Cause.TOO_SLOW) from error
            if isinstance(error, Exception):
                raise self._failure() from error
            raise

    async def _in_time(self, packet: Packet, seconds: float) -> Packet:
        exchange = asyncio.create_task(self._exchange(packet))
        try:
            for _ in range(TIMES_OVER):
                await asyncio.wait({exchange}, timeout=seconds)
                if exchange.done():
                    return exchange.result()
                if not self._is_at_work():
                    break
            raise TimeoutError
        finally:
            exchange.cancel()

    def _is_at_work(self) -> bool:
        """Say whether the child uses the processor or waits for its turn; not where the kernel does not tell."""
        try:
            stat = Path(f"/proc/{self._process.pid}/stat").read_text(encoding="ascii", errors="replace")
        except OSError:
            return False
        return stat.rpartition(") ")[2].startswith("R")

    def _failure(self) -> CagedError:
        """Return what ended a child that gave no answer: the kernel says when it had used up its time."""
        ended_by = -(self._process.returncode or 0)
        if ended_by == signal.SIGXCPU:
            return CagedError(Cause.TOO_SLOW)
        return CagedError(Cause.CRASHED, again=ended_by not in FILES_FAULT)

    async def _exchange(self, packet: Packet) -> Packet:
        stdin = self._process.stdin
        if stdin is None:
            raise CagedError(Cause.UNAVAILABLE)
        stdin.write(pack(packet))
        await stdin.drain()
        return await _receive(self._process)

    def slow_down(self) -> None:
        """Let everybody else on the machine go first from now on."""
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, self._process.pid, LAST)

    async def end(self) -> None:
        """Kill the child and wait until it is gone."""
        await _end(self._process)


async def _receive(process: Process) -> Packet:
    stdout = process.stdout
    if stdout is None:
        raise CagedError(Cause.UNAVAILABLE)
    length = size_of(await stdout.readexactly(LENGTH))
    if length > LARGEST_HEAD:
        raise CagedError(Cause.CRASHED)
    head = json.loads(await stdout.readexactly(length))
    sizes = [int(size) for size in head.get("sizes", [])]
    if sum(sizes) > LARGEST_ANSWER or any(size < 0 for size in sizes):
        raise CagedError(Cause.CRASHED)
    return Packet(head, tuple([await stdout.readexactly(size) for size in sizes]))


async def _end(process: Process) -> None:
    if process.stdout is not None and process.stdout.at_eof():
        # Popen looks for the end of a child before it kills it; the loop would then never learn how it had ended.
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), SECONDS_TO_GO)
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    if process.stdin is not None:
        process.stdin.close()
    await process.wait()
