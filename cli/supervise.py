"""Keeps a set of programs running: starts them, restarts the ones that end, rotates their logs, stops them in order."""

import asyncio
import contextlib
import json
import os
import signal
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from cli.errors import StartFailed
from cli.state import write_private

FIRST_PAUSE_SECONDS = 0.25
LONGEST_PAUSE_SECONDS = 15.0
# A program that ran this long was well: its next restart is at once.
SETTLED_SECONDS = 30.0
STOP_SECONDS = 8.0
LARGEST_LOG = 10 * 1024 * 1024
LOOK_AT_LOGS_SECONDS = 5.0
POLL_SECONDS = 0.05


async def _nothing() -> None:
    return None


class Child(Protocol):
    """A running process, whoever forked it."""

    @property
    def pid(self) -> int:
        """Its process id."""

    @property
    def returncode(self) -> int | None:
        """Its exit code once it has ended, negative for a signal."""

    async def wait(self) -> int:
        """Return the exit code once it has ended."""

    def send_signal(self, signal: int, /) -> None:
        """Signal it; ProcessLookupError when it has ended."""


@dataclass(frozen=True)
class Program:
    """One program: how it starts, where its log goes, what is done before each start, and when it counts as ready."""

    name: str
    log: Path
    spawn: Callable[[], Awaitable[Child]]
    ready: Callable[[], Awaitable[bool]]
    before: Callable[[], Awaitable[None]] = _nothing
    stop_signal: signal.Signals = signal.SIGTERM


@dataclass
class _Running:
    program: Program
    process: Child
    watcher: "asyncio.Task[None] | None" = None
    started: float = field(default_factory=time.monotonic)
    pause: float = FIRST_PAUSE_SECONDS


class Supervisor:
    """Runs programs as children of this process; nothing survives `stop`, nor, on Linux, this process."""

    def __init__(self, announce: Callable[[str], None], processes: Path) -> None:
        """Announce what a person should know through `announce`, and keep the process ids in the file `processes`."""
        self._announce = announce
        self._processes = processes
        self._running: dict[str, _Running] = {}
        self._stopping = False
        self._rotation: asyncio.Task[None] | None = None

    async def start(self, *programs: Program, patience: float = 60.0) -> None:
        """Start programs together and wait until each is ready; StartFailed, with its log's name, if one is not."""
        self._rotation = self._rotation or asyncio.create_task(self._rotate())
        for program in programs:
            await program.before()
            self._running[program.name] = _Running(program, await program.spawn())
        self._note_processes()
        async with asyncio.TaskGroup() as group:
            for program in programs:
                group.create_task(self._until_ready(self._running[program.name], patience))

    async def _until_ready(self, running: _Running, patience: float) -> None:
        program, until = running.program, time.monotonic() + patience
        while not await program.ready():
            if running.process.returncode is not None:
                message = (
                    f"{program.name} ended while starting ({_ending(running.process.returncode)}): read {program.log}."
                )
                raise StartFailed(message)
            if time.monotonic() > until:
                message = f"{program.name} was not ready after {patience:.0f} seconds: read {program.log}."
                raise StartFailed(message)
            await asyncio.sleep(POLL_SECONDS)
        running.watcher = asyncio.create_task(self._watch(running))

    async def _watch(self, running: _Running) -> None:
        """Start a program again whenever it ends, at once at first and then after growing pauses."""
        name = running.program.name
        while True:
            code = await running.process.wait()
            if self._stopping:
                return
            if time.monotonic() - running.started > SETTLED_SECONDS:
                running.pause = FIRST_PAUSE_SECONDS
            await asyncio.sleep(running.pause)
            running.pause = min(running.pause * 2, LONGEST_PAUSE_SECONDS)
            if self._stopping:
                return
            try:
                await running.program.before()
                running.process = await running.program.spawn()
            except Exception as error:  # noqa: BLE001  whatever it was, the next try may succeed
                self._announce(f"{name} stopped ({_ending(code)}) and cannot be started ({error}); trying again.")
                continue
            running.started = time.monotonic()
            self._note_processes()
            self._announce(f"{name} stopped ({_ending(code)}); started again.")

    def _note_processes(self) -> None:
        """Write which process is which: forked services all show the same command line."""
        ids = {name: running.process.pid for name, running in self._running.items()}
        write_private(self._processes, json.dumps(ids, indent=1) + "\n")

    async def stop(self) -> None:
        """Stop the programs, the last started first; whoever does not stop in time is killed."""
        self._stopping = True
        if self._rotation:
            self._rotation.cancel()
        running = list(self._running.values())
        # The first one is the database, which everybody else needs until they have finished.
        for group in (running[1:], running[:1]):
            await asyncio.gather(*(_stop(each) for each in reversed(group)))
        for each in running:
            if each.watcher:
                each.watcher.cancel()
        self._running.clear()
        self._processes.unlink(missing_ok=True)

    async def _rotate(self) -> None:
        while True:
            await asyncio.sleep(LOOK_AT_LOGS_SECONDS)
            for running in list(self._running.values()):
                await asyncio.to_thread(rotate, running.program.log)


def rotate(log: Path, largest: int = LARGEST_LOG) -> None:
    """Keep one earlier log and empty the current one once it is larger than `largest` bytes.

    The programs append, so they go on writing at the new end; lines written during the copy may be lost.
    """
    with contextlib.suppress(OSError):
        if log.stat().st_size > largest:
            log.with_name(log.name + ".1").write_bytes(log.read_bytes())
            os.truncate(log, 0)


async def run_command(
    command: Sequence[str], environment: Mapping[str, str], log: Path, pass_fds: Sequence[int] = ()
) -> asyncio.subprocess.Process:
    """Run a command in a session of its own: Ctrl-C reaches the supervisor only, so the order of stopping holds."""
    handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        return await asyncio.create_subprocess_exec(
            *command,
            pass_fds=tuple(pass_fds),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=handle,
            stderr=handle,
            env=dict(environment),
            start_new_session=True,
        )
    finally:
        os.close(handle)


async def _stop(running: _Running) -> None:
    for number in (running.program.stop_signal, signal.SIGKILL):
        if running.process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            running.process.send_signal(number)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(running.process.wait(), STOP_SECONDS)


def _ending(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
