"""A receiver of webhooks on this machine: a real socket that answers, stalls, drips or breaks off as it is told."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

ANSWERS = {
    "taken": b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n",
    "broken": b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    "gone": b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
}


@dataclass(frozen=True)
class Posted:
    """One request as it came."""

    line: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """What has come, and how it is answered; `then` says what the line does after the answer's bytes.

    `waits` is set once a request has come for which nothing is answered.
    """

    port: int = 0
    answers: list[bytes] = field(default_factory=list)
    then: str = "close"
    posted: list[Posted] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Return its address on this machine."""
        return f"http://127.0.0.1:{self.port}/hooks/throughline"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Read one request, and answer with the first answer that is left, the last of them again and again."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            self.posted.append(Posted(head[0], headers, body))
            answer = self.answers.pop(0) if len(self.answers) > 1 else (*self.answers, ANSWERS["taken"])[0]
            writer.write(answer)
            await writer.drain()
            if self.then == "stall":
                await reader.read()
            while self.then == "drip":
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.02)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def receiving(certificates: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    """Run a receiver on a free port of this machine, with TLS where it has certificates."""
    receiver, running = Receiver(), set[asyncio.Task[None]]()

    def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        running.add(asyncio.create_task(receiver.serve(reader, writer)))

    server = await asyncio.start_server(served, "127.0.0.1", 0, ssl=certificates)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await server.wait_closed()


def answer(code: int, body: bytes = b"", **headers: str) -> bytes:
    """Return an answer of HTTP with these headers and this body."""
    lines = [f"HTTP/1.1 {code} Told", f"Content-Length: {len(body)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
