"""The SMTP conversation: aiosmtpd's, without what it works out anew for each of them."""

import asyncio
import copy
import re
import ssl
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, AnyStr, cast

from aiosmtpd.smtp import SMTP

LINE_LIMIT = 1024 * 1024
BLOCK = 64 * 1024
"""So many bytes at most are taken as one, far below the longest line: the library checks each of them against that."""

SECONDS_FOR_HANDSHAKE = 30.0
CALLS: Mapping[str, int] = MappingProxyType(
    {
        "MAIL": 1_000_000,
        "RCPT": 10_000_000,
        "DATA": 1_000_000,
        "RSET": 1_000_000,
        "NOOP": 10_000,
        "QUIT": 10,
        "STARTTLS": 3,
        "*": 50,
    }
)
"""How often each command may be given in one conversation: mail without end, everything else only so often."""

_END_OF_LINE = b"\r\n"

_PLAIN_ADDRESS = re.compile(r"<([A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*)>(?= |\Z)")


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

    def begin_anew(self, transport: asyncio.BaseTransport) -> None:
        """Read from a transport that covers the one before."""
        self._reader._transport = transport  # noqa: SLF001  it is told when the reader is full

    def forget(self) -> None:
        """Forget what has come and was not read."""
        self._reader._buffer.clear()  # noqa: SLF001  as above

    def _whole_lines(self) -> int:
        buffer: bytearray = self._reader._buffer  # noqa: SLF001  what has come is seen nowhere else
        if buffer.startswith(b"."):
            return 0
        end = buffer.find(b"\r\n.", 0, BLOCK)
        if end < 0:
            end = buffer.rfind(_END_OF_LINE, 0, BLOCK)
        return 0 if end < 0 else end + len(_END_OF_LINE)


@dataclass
class Visitors:
    """How many conversations there are at once, and how many there may be."""

    most: int
    present: int = 0

    def admit(self) -> bool:
        """Say whether one more may come in, and count it."""
        if self.present >= self.most:
            return False
        self.present += 1
        return True

    def leave(self) -> None:
        """Count one less."""
        self.present -= 1


class Mailbox(SMTP):
    """An SMTP conversation; long lines are taken because senders that break the limit exist and carry referrals."""

    line_length_limit = LINE_LIMIT

    def __init__(self, handler: Any, visitors: Visitors, **given: Any) -> None:
        """Hand mail to the handler; `given` is what the library takes, with limits on commands. Nobody signs in."""
        excluded = ("LOGIN", "PLAIN")
        super().__init__(handler, command_call_limit=dict(CALLS), auth_exclude_mechanism=excluded, **given)
        self._visitors = visitors
        self._inside = False

    def another(self) -> "Mailbox":
        """Return a conversation like this one, in which nothing has been said, for the next visitor.

        The library works out the hooks and commands anew for each; nor are the limits that EHLO widens each one's own.
        """
        mailbox = copy.copy(self)
        reader = asyncio.StreamReader(limit=self.line_length_limit, loop=self.loop)
        greet = mailbox._cb_client_connected  # noqa: SLF001  another of this class
        asyncio.StreamReaderProtocol.__init__(mailbox, reader, greet, self.loop)
        commands = {name: getattr(mailbox, f"smtp_{name}") for name in self._smtp_methods}
        mailbox._smtp_methods = commands  # noqa: SLF001  as above
        mailbox.command_size_limits = defaultdict(lambda: self.command_size_limit)
        return mailbox

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, or turn a visitor away who is one too many: mail servers come again in a few minutes."""
        self._inside = self._visitors.admit()
        if self._inside:
            super().connection_made(transport)
        else:
            visitor = cast("asyncio.Transport", transport)
            visitor.write(b"421 4.3.2 Too many conversations at once: come again in a few minutes\r\n")
            visitor.close()

    def data_received(self, data: bytes) -> None:
        """Take what comes from a visitor."""
        if self._inside:
            super().data_received(data)

    def eof_received(self) -> bool | None:
        """Hear that the visitor says no more."""
        return super().eof_received() if self._inside else None

    def connection_lost(self, error: Exception | None) -> None:
        """Let the next visitor in."""
        if self._inside:
            self._inside = False
            self._visitors.leave()
            super().connection_lost(error)

    def _cb_client_connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        super()._cb_client_connected(reader, writer)
        self._reader = cast("asyncio.StreamReader", Blocks(reader))

    async def smtp_STARTTLS(self, arg: str) -> None:  # noqa: N802
        """Go on under TLS; what was said before, or sent along in the clear, counts no more (RFC 3207, section 4.2).

        The library's own way ends in asyncio's private parts, which the service's event loop does not have.
        """
        if arg or self.tls_context is None or self._tls_protocol is not None:
            await self.push("501 Syntax: STARTTLS" if arg else "454 4.7.0 TLS cannot be started")
            return
        blocks = cast("Blocks", self._reader)
        cast("asyncio.Transport", self.transport).pause_reading()
        await self.push("220 2.0.0 Ready to start TLS")
        blocks.forget()
        try:
            await self._writer.start_tls(self.tls_context, ssl_handshake_timeout=SECONDS_FOR_HANDSHAKE)
        except (TimeoutError, OSError, ssl.SSLError):
            # Nobody is left to be told anything.
            raise asyncio.CancelledError from None
        self.transport, self._tls_protocol = self._writer.transport, cast("Any", self._writer.transport)
        blocks.begin_anew(self._writer.transport)
        peer = self.session.peer if self.session else None
        self._set_post_data_state()  # type: ignore[no-untyped-call]
        self.session = self._create_session()
        self.session.peer, self.session.ssl = peer, {"sslcontext": self.tls_context}
        self._reset_timeout()

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
