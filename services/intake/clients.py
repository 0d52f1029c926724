"""What intake asks of others: the malware scanner (clamd, or a console twin), and a token to open its mailbox with."""

import asyncio
import contextlib
import re
import time
from dataclasses import dataclass, field
from typing import ClassVar, Self

import httpx2

from chassis import telemetry
from chassis.errors import ThroughlineError, Unavailable
from services.intake.readers import Scan, Scanner, Verdict

PATIENCE = 30.0
PATIENCE_TO_GREET = 2.0
PATIENCE_FOR_TOKENS = 15.0
FRESH = 0.8
SHORT = 300.0
"""How many seconds a token is taken to be good that does not say so."""
PIECE = 128 * 1024
LONGEST_ANSWER = 4096
FOUND = re.compile(r"stream: (.{1,200}) FOUND", re.DOTALL)
NAME = re.compile(r"[^A-Za-z0-9._:/-]")
CONSOLE = "console:"
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
"""The industry's harmless test string; put together here, so that this file is not mistaken for it."""

log = telemetry.logger("intake.clients")


class ScannerAddressUnreadable(ThroughlineError):
    """The address of the malware scanner cannot be understood."""

    reason: ClassVar[str] = "scanner-address-unreadable"


@dataclass(frozen=True)
class ClamdAddress:
    """Where clamd listens: a socket in the file system, or a host and port on a network of its own."""

    path: str = ""
    host: str = ""
    port: int = 0

    @classmethod
    def parse(cls, address: str) -> Self:
        """Understand unix:/path or tcp://host:port; raises ScannerAddressUnreadable."""
        if address.startswith("unix:/"):
            return cls(path=address.removeprefix("unix:"))
        found = re.fullmatch(r"tcp://(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):(\d{1,5})", address)
        if found is None:
            message = "THROUGHLINE_CLAMD_ADDRESS is neither unix:/path nor tcp://host:port: correct it."
            raise ScannerAddressUnreadable(message)
        return cls(host=found[1].strip("[]"), port=int(found[2]))

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Open a connection; raises OSError."""
        if self.path:
            return await asyncio.open_unix_connection(self.path, limit=LONGEST_ANSWER)
        return await asyncio.open_connection(self.host, self.port, limit=LONGEST_ANSWER)


class ClamdScanner:
    """Asks clamd by its INSTREAM command, one connection a file; what it does not answer is not scanned."""

    def __init__(self, address: ClamdAddress, patience: float = PATIENCE) -> None:
        """Keep the address; nothing connects yet. `patience` (seconds) bounds a whole scan."""
        self._address = address
        self._patience = patience

    async def scan(self, body: bytes) -> Scan:
        """Return clamd's verdict; NOT_SCANNED when it is away, slow, or refuses the size."""
        try:
            async with asyncio.timeout(self._patience):
                answer = await self._asked(b"zINSTREAM\x00", body)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            facts = {"error": type(error).__name__, "bytes": len(body)}
            log.warning("The malware scanner did not answer.", extra={"facts": facts})
            return Scan(Verdict.NOT_SCANNED)
        return self._understood(answer, len(body))

    async def answers(self) -> bool:
        """Say whether clamd answers its PING."""
        try:
            async with asyncio.timeout(PATIENCE_TO_GREET):
                return await self._asked(b"zPING\x00", None) == "PONG"
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return False

    def _understood(self, answer: str, size: int) -> Scan:
        if answer == "stream: OK":
            return Scan(Verdict.CLEAN)
        if found := FOUND.fullmatch(answer):
            return Scan(Verdict.INFECTED, NAME.sub("_", found[1]))
        log.warning("The malware scanner could not scan a file.", extra={"facts": {"bytes": size}})
        return Scan(Verdict.NOT_SCANNED)

    async def _asked(self, command: bytes, body: bytes | None) -> str:
        reader, writer = await self._address.connect()
        try:
            writer.write(command)
            if body is not None:
                await _send(writer, body)
            return (await reader.readuntil(b"\x00"))[:-1].decode("ascii", "replace").strip()
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


class ConsoleScanner:
    """The twin for a machine without clamd: it knows the test string, and says what it did in the log."""

    async def scan(self, body: bytes) -> Scan:
        """Return INFECTED for what holds the test string in the clear."""
        scan = Scan(Verdict.INFECTED, "Eicar-Test-Signature") if EICAR in body else Scan(Verdict.CLEAN)
        log.info("A file was scanned by the console twin.", extra={"facts": {"bytes": len(body)}})
        return scan

    async def answers(self) -> bool:
        """Say that it is there."""
        return True


def scanner_at(address: str) -> Scanner | None:
    """Return the scanner at an address; None where no address is set. Raises ScannerAddressUnreadable."""
    if not address:
        return None
    return ConsoleScanner() if address == CONSOLE else ClamdScanner(ClamdAddress.parse(address))


async def _send(writer: asyncio.StreamWriter, body: bytes) -> None:
    """Send the pieces, each with its length before it, and the empty one that ends them.

    clamd answers and hangs up when it has had more than it takes: what it said is then read like any other answer.
    """
    try:
        for place in range(0, len(body), PIECE):
            piece = body[place : place + PIECE]
            writer.write(len(piece).to_bytes(4, "big") + piece)
            await writer.drain()
        writer.write(bytes(4))
        await writer.drain()
    except ConnectionError:
        return


class TokenRefused(Unavailable):
    """No token for the mailbox can be had at the moment."""

    reason: ClassVar[str] = "imap-token-refused"


@dataclass(frozen=True, kw_only=True)
class Grant:
    """With what a token is asked for (RFC 6749): as ourselves (4.4) or, with a refresh token, for who gave it (6)."""

    url: str
    client_id: str
    client_secret: str = field(repr=False)
    scope: str = ""
    refresh_token: str = field(default="", repr=False)

    @property
    def form(self) -> dict[str, str]:
        """The request's form."""
        kind = "refresh_token" if self.refresh_token else "client_credentials"
        given = {"scope": self.scope, "refresh_token": self.refresh_token}
        known = {"grant_type": kind, "client_id": self.client_id, "client_secret": self.client_secret}
        return known | {name: value for name, value in given.items() if value}


@dataclass(frozen=True)
class Token:
    """A token; from `renew_at` on, in the machine's monotonic seconds, another one is to be asked for."""

    text: str = field(repr=False)
    renew_at: float


async def token_for(grant: Grant) -> Token:
    """Ask for a token; raises TokenRefused. It is renewed when four fifths of its time are over."""
    status = 0
    try:
        async with httpx2.AsyncClient(timeout=PATIENCE_FOR_TOKENS, trust_env=False) as http:
            answer = await http.post(grant.url, data=grant.form)
        status = answer.status_code
        said = answer.raise_for_status().json()
        return Token(str(said["access_token"]), time.monotonic() + FRESH * float(said.get("expires_in", SHORT)))
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, TypeError, KeyError, AttributeError) as error:
        # What the server says may hold what it was sent.
        log.warning("No token for the mailbox.", extra={"facts": {"error": type(error).__name__, "status": status}})
        raise TokenRefused("No token for the mailbox can be had at the moment.") from None
