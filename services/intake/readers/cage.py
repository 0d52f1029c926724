"""The cage: files are opened only in confined children, which are killed when they misbehave and replaced at once."""

import asyncio
import contextlib
import json
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from pathlib import Path
from typing import Self

from services.intake.readers.confinement import Confinement
from services.intake.readers.values import Attachment, Cause, FormReading, ReadMessage
from services.intake.readers.wire import LENGTH, Packet, pack, size_of, unpacked_form, unpacked_message

ROOT = Path(__file__).resolve().parents[3]
SECONDS_TO_START = 30.0
SECONDS_TO_READ = 15.0
LARGEST_REQUEST = 64 << 20
LARGEST_HEAD = 32 << 20
LARGEST_ANSWER = 96 << 20
READS_BEFORE_RENEWAL = 500
UNINTELLIGIBLE = (ValueError, KeyError, TypeError, AttributeError)
"""What taking an answer out of its packet raises when the child wrote something else."""
SENTENCES = {
    Cause.TOO_BIG: "The file is too large or unpacks to too much; open the original with care.",
    Cause.TOO_SLOW: "Reading the file took too long and was stopped; open the original with care.",
    Cause.CRASHED: "The file broke the reader, which has been replaced; open the original with care.",
    Cause.UNAVAILABLE: "The reader could not be started; open the original.",
}


class CagedError(Exception):
    """A request that brought no answer, with its cause."""

    def __init__(self, cause: Cause) -> None:
        """Keep the cause."""
        super().__init__(SENTENCES[cause])
        self.cause = cause


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
        command = (sys.executable, "-B", "-m", "services.intake.readers.cell")
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
        """Return the child's answer; CagedError, with the child killed, when none comes in time."""
        self._reads += 1
        try:
            return await asyncio.wait_for(self._exchange(packet), seconds)
        except BaseException as error:
            # A cancelled caller leaves a half-read pipe behind as well: such a child is of no more use.
            await self.end()
            if isinstance(error, TimeoutError):
                raise CagedError(Cause.TOO_SLOW) from error
            if isinstance(error, Exception):
                raise CagedError(Cause.CRASHED) from error
            raise

    async def _exchange(self, packet: Packet) -> Packet:
        stdin = self._process.stdin
        if stdin is None:
            raise CagedError(Cause.UNAVAILABLE)
        stdin.write(pack(packet))
        await stdin.drain()
        return await _receive(self._process)

    async def end(self) -> None:
        """Kill the child and wait until it is gone."""
        await _end(self._process)


class Cage:
    """A few confined children, ready before they are needed."""

    def __init__(self, cells: int = 1, seconds: float = SECONDS_TO_READ) -> None:
        """Keep so many children; each read may take so many seconds before its child is killed."""
        self._count = cells
        self._seconds = seconds
        self._free: asyncio.Queue[Cell | None] = asyncio.Queue()
        self._confinement = Confinement(network_cut=False, files_cut=False)

    @property
    def confinement(self) -> Confinement:
        """Return what the children could give up: some machines do not let a process cut itself off."""
        return self._confinement

    async def start(self) -> None:
        """Start the children; one that does not start is tried again when it is needed."""
        for _ in range(self._count):
            cell = None
            with contextlib.suppress(CagedError):
                cell = await self._fresh()
            self._free.put_nowait(cell)

    async def stop(self) -> None:
        """Kill the children, waiting for reads that are under way."""
        for _ in range(self._count):
            cell = await self._free.get()
            if cell is not None:
                await cell.end()

    async def read_message(self, raw: bytes) -> ReadMessage:
        """Take a mail apart in a child; never raises for what is in it, see `problems`."""
        try:
            return unpacked_message(await self._ask(Packet({"kind": "message"}, (raw,))))
        except CagedError as error:
            return ReadMessage(problems=(str(error),))
        except UNINTELLIGIBLE:
            return ReadMessage(problems=(SENTENCES[Cause.CRASHED],))

    async def read_form(self, attachment: Attachment) -> FormReading:
        """Read a form in a child; never raises for what is in it, see `reason` and `cause`."""
        try:
            head = {"kind": "form", "name": attachment.name, "media_type": attachment.media_type}
            return unpacked_form(await self._ask(Packet(head, (attachment.body,))))
        except CagedError as error:
            return FormReading(reason=str(error), cause=error.cause)
        except UNINTELLIGIBLE:
            return FormReading(reason=SENTENCES[Cause.CRASHED], cause=Cause.CRASHED)

    async def _ask(self, packet: Packet) -> Packet:
        if sum(len(body) for body in packet.bodies) > LARGEST_REQUEST:
            raise CagedError(Cause.TOO_BIG)
        try:
            return await self._ask_once(packet)
        except CagedError as error:
            # A child may be killed from outside, for want of memory say; only a file that kills two is to blame.
            if error.cause is not Cause.CRASHED:
                raise
        return await self._ask_once(packet)

    async def _ask_once(self, packet: Packet) -> Packet:
        cell = await self._free.get()
        try:
            if cell is not None and cell.spent:
                await cell.end()
                cell = None
            if cell is None:
                cell = await self._fresh()
            return await cell.ask(packet, self._seconds)
        finally:
            self._free.put_nowait(cell)

    async def _fresh(self) -> Cell:
        cell = await Cell.start()
        self._confinement = cell.confinement
        return cell


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
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    if process.stdin is not None:
        process.stdin.close()
    await process.wait()
