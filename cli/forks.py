"""The supervisor's end of the nursery: asks it to fork services, and knows each of them as a child."""

import asyncio
import contextlib
import itertools
import json
import os
import signal
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cli.errors import StartFailed
from cli.supervise import run_command

LARGEST_LINE = 1 << 20
READY_SECONDS = 60.0
STOP_SECONDS = 5.0


@dataclass
class Forked:
    """One process that the nursery forked; it looks like a process that the supervisor started itself."""

    pid: int
    returncode: int | None = None
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    async def wait(self) -> int:
        """Return the exit code once the process has ended; negative for a signal."""
        await self.ended.wait()
        return self.returncode if self.returncode is not None else -signal.SIGKILL

    def send_signal(self, number: int) -> None:
        """Signal the process; ProcessLookupError when it has ended."""
        if self.returncode is not None:
            raise ProcessLookupError(self.pid)
        os.kill(self.pid, number)

    def end(self, code: int) -> None:
        """Note that the process has ended."""
        self.returncode = code
        self.ended.set()


@dataclass(frozen=True)
class Request:
    """What is to be forked: a module with a main(), its arguments and environment, and the log it writes to."""

    name: str
    module: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    log: Path


class Nursery:
    """The nursery process: started when first needed, and again if it ever ends."""

    def __init__(self, environment: Mapping[str, str], log: Path, loads: tuple[str, ...] = ()) -> None:
        """Run the nursery with this environment and log; `loads` are modules that this start's services share too."""
        self._environment = environment
        self._loads = loads
        self._log = log
        self._process: asyncio.subprocess.Process | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._listening: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self._starting = asyncio.Lock()
        self._numbers = itertools.count(1)
        self._asked: dict[int, asyncio.Future[Forked]] = {}
        self._children: dict[int, Forked] = {}

    async def start(self) -> None:
        """Start the nursery unless it runs; it loads in the background until somebody needs it."""
        async with self._starting:
            if self._process is not None and self._process.returncode is None:
                return
            ours, theirs = socket.socketpair()
            self._ready.clear()
            with theirs:
                command = (sys.executable, "-m", "cli.nursery", str(theirs.fileno()), *self._loads)
                self._process = await run_command(command, self._environment, self._log, (theirs.fileno(),))
            reader, self._writer = await asyncio.open_connection(sock=ours, limit=LARGEST_LINE)
            self._listening = asyncio.create_task(self._listen(reader))

    async def fork(self, request: Request) -> Forked:
        """Fork a process and return it; StartFailed when the nursery cannot."""
        await self.start()
        try:
            await asyncio.wait_for(self._ready.wait(), READY_SECONDS)
        except TimeoutError:
            raise StartFailed(self._sentence()) from None
        number = next(self._numbers)
        answer: asyncio.Future[Forked] = asyncio.get_running_loop().create_future()
        self._asked[number] = answer
        body = {
            "id": number,
            "name": request.name,
            "module": request.module,
            "arguments": request.arguments,
            "environment": dict(request.environment),
            "log": str(request.log),
        }
        if self._writer is None or self._process is None or self._process.returncode is not None:
            raise StartFailed(self._sentence())
        self._writer.write(json.dumps(body).encode("utf-8") + b"\n")
        return await answer

    def _sentence(self) -> str:
        return f"The process that starts the services did not come up: read {self._log}."

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        """Take the nursery's reports until it ends; then its children are ending too, because they follow it."""
        with contextlib.suppress(OSError):
            while line := await reader.readline():
                self._note(json.loads(line))
        self._ready.set()
        for child in self._children.values():
            child.end(-signal.SIGTERM)
        self._children.clear()
        for answer in self._asked.values():
            if not answer.done():
                answer.set_exception(StartFailed(self._sentence()))
        self._asked.clear()

    def _note(self, message: Mapping[str, int]) -> None:
        if "ready" in message:
            self._ready.set()
        elif "pid" in message:
            child = self._children[message["pid"]] = Forked(message["pid"])
            self._asked.pop(message["id"]).set_result(child)
        elif message["exited"] in self._children:
            self._children.pop(message["exited"]).end(message["code"])

    async def stop(self) -> None:
        """End the nursery; its children have been stopped before."""
        if self._writer:
            self._writer.close()
        if self._process:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), STOP_SECONDS)
            if self._process.returncode is None:
                self._process.kill()
                await self._process.wait()
        if self._listening:
            await self._listening
