"""The SMTP conversation: aiosmtpd's, without what it works out anew for each of them."""

import asyncio
import re
from typing import Any, AnyStr, cast

from aiosmtpd.smtp import SMTP

LINE_LIMIT = 1024 * 1024
BLOCK = 64 * 1024
"""So many bytes at most are taken as one, far below the longest line: the library checks each of them against that."""

_END_OF_LINE = b"\r\n"

_PLAIN_ADDRESS = re.compile(r"<([A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*)>(?= |\Z)")
_COMMANDS = tuple(name for name in dir(SMTP) if name.startswith(("smtp_", "auth_")))


class Blocks:
    """A reader that hands over the lines of a mail by the block: each costs the library as much as one line.

    No line but the first of a block begins with a dot, and such a first line comes alone. So the library sees the end
    of the mail and every stuffed dot as before.
    """

    def __init__(self, reader: asyncio.StreamReader) -> None:
        """Read from a connection."""
        self._reader: Any = reader

    async def readuntil(self, separator: bytes = b"\n") -> bytes:
        """Return a command, or whole lines of a mail; raises what the reader raises."""
        length = self._whole_lines() if separator == _END_OF_LINE else 0
        received = self._reader.readexactly(length) if length else self._reader.readuntil(separator)
        return bytes(await received)

    async def read(self, count: int) -> bytes:
        """Return at most so many bytes."""
        return bytes(await self._reader.read(count))

    def _whole_lines(self) -> int:
        buffer: bytearray = self._reader._buffer  # noqa: SLF001  what has come is seen nowhere else
        if buffer.startswith(b"."):
            return 0
        end = buffer.find(b"\r\n.", 0, BLOCK)
        if end < 0:
            end = buffer.rfind(_END_OF_LINE, 0, BLOCK)
        return 0 if end < 0 else end + len(_END_OF_LINE)


class Mailbox(SMTP):
    """An SMTP conversation; long lines are taken because senders that break the limit exist and carry referrals."""

    line_length_limit = LINE_LIMIT

    def __dir__(self) -> tuple[str, ...]:
        """Name the commands, for which the library searches all of its attributes at every connection."""
        return _COMMANDS

    def _cb_client_connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        super()._cb_client_connected(reader, writer)
        self._reader = cast("asyncio.StreamReader", Blocks(reader))

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        """Return the address and what follows it; the library's grammar is asked where it is not a plain one."""
        found = _PLAIN_ADDRESS.match(arg)
        return (found[1], arg[found.end() :].lstrip()) if found else super()._getaddr(arg)

    async def push(self, status: AnyStr) -> None:
        """Answer; a mail that is too large is told the limit and what to do, where the library says only that it is."""
        if isinstance(status, str) and status.startswith("552 "):
            size = f"{(self.data_size_limit or 0) / 2**20:.3g} MB"
            sentence = f"552 5.3.4 The mail is larger than {size}: send it with fewer attachments, or use the web form"
            await super().push(sentence)
        else:
            await super().push(status)
