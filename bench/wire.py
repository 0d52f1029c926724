"""Clients that cost little: referrals over HTTP and mails over SMTP on kept connections, with the times of each."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Self
from urllib.parse import urlsplit
from uuid import uuid4

PATIENCE = 60.0
BIG = 8 << 20
ACCEPTED = 250
GO_ON = 354


class Refused(Exception):
    """The other side did not accept; the sentence holds its words."""


@dataclass(frozen=True)
class Answer:
    """One accepted referral or mail: when its request began, when the answer was here, and the answer's words."""

    asked_at: datetime
    answered_at: datetime
    words: str


class Wire:
    """One connection of a client."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    @contextlib.asynccontextmanager
    async def to(cls, host: str, port: int) -> AsyncIterator[Self]:
        """Connect for the length of the block."""
        reader, writer = await asyncio.open_connection(host, port, limit=BIG)
        try:
            yield cls(reader, writer)
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def post(self, head: bytes, body: bytes) -> Answer:
        """POST one referral under a key of its own; `head` is what `post_head` returns. Raises Refused."""
        asked = datetime.now(UTC)
        self._writer.write(b"%sIdempotency-Key: %s\r\nContent-Length: %d\r\n\r\n" % (head, _key(), len(body)) + body)
        top = await self._reader.readuntil(b"\r\n\r\n")
        text = (await self._reader.readexactly(_length(top))).decode()
        if not top.startswith(b"HTTP/1.1 201"):
            raise Refused(f"The API answered {top.splitlines()[0].decode()}: {text[:200]}")
        return Answer(asked, datetime.now(UTC), text)

    async def greet(self) -> None:
        """Open an SMTP conversation. Raises Refused."""
        await self._reply(220)
        await self._say(b"EHLO bench.test", ACCEPTED)

    async def mail(self, sender: str, recipient: str, body: bytes) -> Answer:
        """Send one mail, dot-stuffed already, in an open conversation. Raises Refused."""
        asked = datetime.now(UTC)
        await self._say(f"MAIL FROM:<{sender}>".encode(), ACCEPTED)
        await self._say(f"RCPT TO:<{recipient}>".encode(), ACCEPTED)
        await self._say(b"DATA", GO_ON)
        words = await self._say(body + b"\r\n.", ACCEPTED)
        return Answer(asked, datetime.now(UTC), words)

    async def _say(self, line: bytes, wanted: int) -> str:
        self._writer.write(line + b"\r\n")
        await self._writer.drain()
        return await self._reply(wanted)

    async def _reply(self, wanted: int) -> str:
        line = await self._reader.readline()
        while line[3:4] == b"-":
            line = await self._reader.readline()
        if line[:3] != str(wanted).encode():
            raise Refused(f"The mailbox answered {line.decode(errors='replace').strip() or 'nothing'}.")
        return line.decode().strip()


def _key() -> bytes:
    return uuid4().hex.encode()


def _length(top: bytes) -> int:
    for line in top.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line[15:])
    return 0


@dataclass(frozen=True)
class Api:
    """The partner API: its base URL, and the header that its partner's calls carry."""

    url: str
    bearer: Mapping[str, str] = field(default_factory=dict, repr=False)


def post_head(api: Api) -> bytes:
    """Return the head of a request to the partner API, but for the headers that differ each time."""
    said = {"Host": urlsplit(api.url).netloc, "Content-Type": "application/json", **api.bearer}
    lines = [f"{name}: {text}" for name, text in said.items()]
    return "\r\n".join(["POST /api/v1/referrals HTTP/1.1", *lines, ""]).encode()


async def post_all(api: Api, bodies: Sequence[bytes], clients: int) -> list[Answer]:
    """POST referrals from so many connections, each as fast as it is answered; raises Refused."""
    head, left = post_head(api), list(bodies)
    where = urlsplit(api.url)
    done: list[Answer] = []

    async def client() -> None:
        async with Wire.to(where.hostname or "", where.port or 80) as wire:
            while left:
                done.append(await wire.post(head, left.pop()))

    await asyncio.gather(*(client() for _ in range(clients)))
    return done


async def post_evenly(api: Api, bodies: Sequence[bytes], per_second: float) -> list[Answer]:
    """POST referrals at an even rate, whether or not earlier ones have been answered; raises Refused."""
    head, where = post_head(api), urlsplit(api.url)
    idle: list[Wire] = []
    async with contextlib.AsyncExitStack() as stack:

        async def one(body: bytes) -> Answer:
            if not idle:
                idle.append(await stack.enter_async_context(Wire.to(where.hostname or "", where.port or 80)))
            wire = idle.pop()
            answer = await wire.post(head, body)
            idle.append(wire)
            return answer

        return await _evenly([partial(one, body) for body in bodies], per_second)


async def mail_all(place: tuple[str, int], mails: Sequence[bytes], recipient: str, clients: int) -> list[Answer]:
    """Send mails in so many conversations, each as fast as it is answered; raises Refused."""
    left = list(mails)
    done: list[Answer] = []

    async def client() -> None:
        async with Wire.to(*place) as wire:
            await wire.greet()
            while left:
                done.append(await wire.mail("referrer@school.example", recipient, left.pop()))

    await asyncio.gather(*(client() for _ in range(clients)))
    return done


async def mail_evenly(
    place: tuple[str, int], mails: Sequence[bytes], recipient: str, per_second: float
) -> list[Answer]:
    """Send mails at an even rate, each in a conversation of its own; the answers are in the mails' order."""

    async def one(mail: bytes) -> Answer:
        async with Wire.to(*place) as wire:
            await wire.greet()
            return await wire.mail("referrer@school.example", recipient, mail)

    return await _evenly([partial(one, mail) for mail in mails], per_second)


async def _evenly(calls: Sequence[Callable[[], Coroutine[None, None, Answer]]], per_second: float) -> list[Answer]:
    loop = asyncio.get_running_loop()
    begin = loop.time()
    tasks = []
    for place, call in enumerate(calls):
        await asyncio.sleep(max(0.0, begin + place / per_second - loop.time()))
        tasks.append(asyncio.create_task(call()))
    return list(await asyncio.wait_for(asyncio.gather(*tasks), PATIENCE))


def stuffed(mail: bytes) -> bytes:
    """Return a mail as it goes over the wire: CRLF line ends, and a second dot where a line begins with one."""
    lines = mail.replace(b"\r\n", b"\n").rstrip(b"\n").split(b"\n")
    return b"\r\n".join(b"." + line if line.startswith(b".") else line for line in lines)
