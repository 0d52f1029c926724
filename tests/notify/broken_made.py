"""A mail server on this machine that breaks off a conversation at a chosen moment, or answers it as it is told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

GREETING, MAIL, RCPT, DATA, TEXT, DOT = "greeting", "mail", "rcpt", "data", "text", "dot"
MOMENTS = (GREETING, MAIL, RCPT, DATA, TEXT, DOT)
"""When something happens: at the greeting, at a command, within the text, and after the final dot was read."""


@dataclass
class BrokenServer:
    """`drops` or `stalls` at a moment, `answers` it otherwise; `texts` are those that came as a whole."""

    port: int = 0
    drops: str = ""
    stalls: str = ""
    answers: dict[str, str] = field(default_factory=dict)
    texts: list[bytes] = field(default_factory=list)
    begun: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Lead one conversation."""
        try:
            if await self._goes_on(GREETING, "220 mail.test", writer):
                await self._talk(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            command = line[:4].decode("latin-1").strip().lower()
            if command in {"ehlo", "helo", "rset", "noop"}:
                await _say(writer, "250 mail.test")
            elif command == "quit":
                await _say(writer, "221 Bye")
                return
            elif not await self._carries_out(command, reader, writer):
                return

    async def _carries_out(self, command: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        goes_on = await self._goes_on(command, "354 Go on" if command == DATA else "250 OK", writer)
        if not goes_on or command != DATA or self.answers.get(DATA):
            return goes_on
        return await self._read(reader, writer)

    async def _read(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        self.begun += 1
        await reader.readline()
        if TEXT in {self.drops, self.stalls}:
            return await self._goes_on(TEXT, "", writer)
        text = await reader.readuntil(b"\r\n.\r\n")
        self.texts.append(text)
        return await self._goes_on(DOT, "250 2.0.0 Taken", writer)

    async def _goes_on(self, moment: str, answer: str, writer: asyncio.StreamWriter) -> bool:
        if self.stalls == moment:
            await asyncio.Event().wait()
        if self.drops == moment:
            writer.transport.abort()
            return False
        await _say(writer, self.answers.get(moment, answer))
        return True


async def _say(writer: asyncio.StreamWriter, words: str) -> None:
    writer.write(f"{words}\r\n".encode())
    await writer.drain()


@asynccontextmanager
async def breaking() -> AsyncIterator[BrokenServer]:
    """Run such a server on a free port."""
    made, running = BrokenServer(), set[asyncio.Task[None]]()

    def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        running.add(asyncio.create_task(made.serve(reader, writer)))

    server = await asyncio.start_server(served, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await server.wait_closed()
