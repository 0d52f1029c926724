"""Connections that can be cut and swallowed: each link listens in one place and passes bytes on to another."""

import asyncio
import contextlib
from dataclasses import dataclass
from pathlib import Path

LARGEST = 1 << 16


@dataclass(frozen=True)
class Place:
    """A TCP port on this machine, or a unix socket's path."""

    port: int = 0
    socket: Path | None = None


class Link:
    """One way between two programs: open, cut (connections end and new ones with them) or a black hole."""

    def __init__(self, name: str, listen: Place, target: Place) -> None:
        """Pass on what comes to `listen`."""
        self.name = name
        self._listen, self._target = listen, target
        self._server: asyncio.Server | None = None
        self._cuts, self._holes = 0, 0
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._passing: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        """Listen."""
        if self._listen.socket:
            self._listen.socket.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._server = await asyncio.start_unix_server(self._accept, self._listen.socket)
        else:
            self._server = await asyncio.start_server(self._accept, "127.0.0.1", self._listen.port)

    async def stop(self) -> None:
        """End every connection and listen no more."""
        if self._server:
            self._server.close()
        self.cut()
        for task in self._passing:
            task.cancel()
        await asyncio.gather(*self._passing, return_exceptions=True)

    def cut(self) -> None:
        """End every connection at once, and each new one as it comes, until each cut is over."""
        self._cuts += 1
        for writer in self._writers:
            writer.transport.abort()

    def end_cut(self) -> None:
        """End one cut; another one, or a black hole, that overlaps it goes on."""
        self._cuts = max(0, self._cuts - 1)

    def swallow(self) -> None:
        """Take connections and bytes, and pass nothing on until each black hole is over; nobody is told."""
        self._holes += 1
        self._flowing.clear()

    def end_swallow(self) -> None:
        """End one black hole; what was held back is passed on when no other is left."""
        self._holes = max(0, self._holes - 1)
        if not self._holes:
            self._flowing.set()

    def mend(self) -> None:
        """End every cut and black hole: pass on again, what was held back too."""
        self._cuts, self._holes = 0, 0
        self._flowing.set()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task:
            self._passing.add(task)
            task.add_done_callback(self._passing.discard)
        self._writers.add(writer)
        try:
            await self._flowing.wait()
            if not self._cuts:
                await self._join(reader, writer)
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            self._writers.discard(writer)
            writer.transport.abort()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._target.socket:
            far_reader, far_writer = await asyncio.open_unix_connection(self._target.socket)
        else:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target.port)
        self._writers.add(far_writer)
        try:
            if not self._cuts:
                await asyncio.gather(self._pass(reader, far_writer), self._pass(far_reader, writer))
        finally:
            self._writers.discard(far_writer)
            far_writer.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass bytes on one way until their end, and then say the end; a broken way ends the other too."""
        while data := await reader.read(LARGEST):
            await self._flowing.wait()
            writer.write(data)
            await writer.drain()
        await self._flowing.wait()
        with contextlib.suppress(OSError):
            writer.write_eof()
