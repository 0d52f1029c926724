"""A mail server that keeps nothing but the moment at which each mail came, for latencies at a gentle rate."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

MARK = re.compile(rb"^Subject: (\S+)", re.MULTILINE)
NOTICE = re.compile(rb"^Message-ID: *<(?:[^@>]*\.)?([0-9a-f-]{36})@", re.MULTILINE | re.IGNORECASE)
"""How a mail of notify says which notice it is, at each of its attempts."""
END = b"\r\n.\r\n"
PATIENCE = 60.0


class Sink:
    """Takes every mail on some ports, and remembers when it had the whole of each copy, by what marks the mail.

    It takes the whole text of a mail to the address `silent_to`, and neither answers nor remembers it.
    """

    def __init__(self, copies: int, mark: re.Pattern[bytes] = MARK, *, silent_to: bytes = b"") -> None:
        self._mark, self._silent_to = mark, silent_to
        self.moments: dict[str, list[datetime]] = {}
        self._copies = copies
        self._done = self._wanted = 0
        self._complete = asyncio.Event()

    async def complete(self, mails: int) -> None:
        """Wait until every copy of so many mails has come; raises TimeoutError."""
        self._wanted = mails
        self._note_complete()
        async with asyncio.timeout(PATIENCE):
            await self._complete.wait()

    def last_at(self, mark: str) -> datetime:
        """Return when the last copy of a mail came."""
        return max(self.moments[mark])

    @contextlib.asynccontextmanager
    async def on(self, host: str, ports: Sequence[int]) -> AsyncIterator[None]:
        """Listen for the length of the block."""
        servers = [await asyncio.start_server(self._talk, host, port, limit=8 << 20) for port in ports]
        try:
            yield
        finally:
            for server in servers:
                server.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 sink\r\n")
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            silent = False
            while (line := await reader.readuntil(b"\r\n"))[:4].upper() != b"QUIT":
                if line[:4].upper() == b"RCPT":
                    silent = bool(self._silent_to) and self._silent_to in line
                if line[:4].upper() == b"DATA":
                    writer.write(b"354 go on\r\n")
                    mail = await reader.readuntil(END)
                    if silent:
                        await reader.read()
                        break
                    self._note(mail)
                writer.write(b"250 ok\r\n")
            writer.write(b"221 bye\r\n")
        writer.close()

    def _note(self, mail: bytes) -> None:
        found = self._mark.search(mail)
        if found:
            times = self.moments.setdefault(found[1].decode(), [])
            times.append(datetime.now(UTC))
            self._done += len(times) == self._copies
            self._note_complete()

    def _note_complete(self) -> None:
        if self._wanted and self._done >= self._wanted:
            self._complete.set()
