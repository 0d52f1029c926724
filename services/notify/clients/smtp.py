"""The mail server: one interface to hand it a mail, a real client and a console twin."""

import asyncio
import contextlib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

import aiosmtplib

from areas.parts import Tls
from chassis import telemetry
from services.notify.clients.carrier import Delivery
from services.notify.clients.mails import Mail
from services.notify.domain import Result

StartTls = Literal["never", "if-offered", "always"]

_PERMANENT = 500
LEAVING_SECONDS = 0.5
"""So long a server may take to answer that we leave."""

log = telemetry.logger(__name__)


class MailClient(Protocol):
    """Sends one mail and says what became of it; never raises for what a server does."""

    async def send(self, mail: Mail) -> Delivery:
        """Hand one mail over; raises MailUnsafe before anything leaves."""

    async def hang_up(self) -> None:
        """End what is kept open from one mail to the next, because no more are due."""


@dataclass(frozen=True)
class SmtpServer:
    """Where mail goes out, and whether it must be encrypted on the way; `patience` (seconds) bounds a whole sending.

    `certificates` are those that are trusted, the machine's own where there are none.
    """

    host: str
    port: int
    starttls: StartTls = "if-offered"
    username: str = ""
    password: str = field(default="", repr=False)
    patience: float = 30.0
    certificates: ssl.SSLContext | None = field(default=None, repr=False)
    secure_domains: frozenset[str] = frozenset()

    def must_be_secure(self, recipient: str) -> bool:
        """Say whether mails to an address go only over a line that is encrypted, to a server that proved its name."""
        return recipient.rpartition("@")[2].casefold() in self.secure_domains


class SmtpClient:
    """Sends by SMTP, and tells a refusal from a broken line; a line is kept for the next mail until `hang_up`."""

    def __init__(self, server: SmtpServer) -> None:
        """Keep the address of the server; nothing connects yet."""
        self.server = server
        self._kept: dict[bool, list[aiosmtplib.SMTP]] = {True: [], False: []}

    async def send(self, mail: Mail) -> Delivery:
        """Hand one mail over; the result is unknown only when the line broke after the text had been sent."""
        body = mail.wire
        progress = _Progress()
        try:
            async with asyncio.timeout(self.server.patience):
                return await self._send(mail, body, progress)
        except (aiosmtplib.SMTPRecipientRefused, aiosmtplib.SMTPDataError) as answer:
            of_text = isinstance(answer, aiosmtplib.SMTPDataError)
            return Delivery(_result_of(answer.code), answer.code, of_text=of_text)
        except aiosmtplib.SMTPResponseException as answer:
            # Our own password, greeting or sender was refused: nothing was said about the recipient.
            return Delivery(Result.DEFERRED, answer.code)
        except (aiosmtplib.SMTPException, OSError) as error:
            if self._must_be_secure(mail) and not progress.sender_taken and _is_of_encryption(error):
                return Delivery(Result.NOT_SECURE)
            return Delivery(Result.UNKNOWN if progress.text_sent else Result.DEFERRED)

    async def hang_up(self) -> None:
        """Take leave on every line that is kept; those in use at this moment are kept afterwards."""
        kept = [line for lines in self._kept.values() for line in lines]
        self._kept = {True: [], False: []}
        await asyncio.gather(*(_leave(line) for line in kept))

    async def _send(self, mail: Mail, body: bytes, progress: "_Progress") -> Delivery:
        kept = self._kept[self._is_clear(mail)]
        if kept:
            try:
                return await self._hand_over(kept.pop(), mail, body, progress)
            except (aiosmtplib.SMTPException, OSError):
                if progress.sender_taken:
                    raise
                # The server has closed the line meanwhile, or takes no more over it: nothing of the mail has gone.
        return await self._hand_over(self._new_line(mail), mail, body, progress)

    def _must_be_secure(self, mail: Mail) -> bool:
        return bool(mail.form) or mail.tls is Tls.REQUIRED or self.server.must_be_secure(mail.recipient)

    def _is_clear(self, mail: Mail) -> bool:
        """Say whether a mail is not to be encrypted; an installation that always encrypts does so all the same."""
        wanted = mail.tls is Tls.NEVER and not self._must_be_secure(mail)
        return wanted and self.server.starttls != "always"

    def _new_line(self, mail: Mail) -> aiosmtplib.SMTP:
        server = self.server
        start_tls = {"never": False, "if-offered": None, "always": True}[server.starttls]
        if self._is_clear(mail):
            start_tls = False
        return aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            timeout=server.patience,
            start_tls=start_tls,
            tls_context=server.certificates,
        )

    async def _greet(self, line: aiosmtplib.SMTP) -> None:
        await line.connect()
        await line.ehlo()
        if self.server.username:
            await line.login(self.server.username, self.server.password)

    async def _hand_over(self, line: aiosmtplib.SMTP, mail: Mail, body: bytes, progress: "_Progress") -> Delivery:
        """Send over one line, which is kept only where the server refused nothing on it."""
        try:
            if not line.is_connected:
                await self._greet(line)
            if self._must_be_secure(mail) and not _is_secure(line):
                delivery = Delivery(Result.NOT_SECURE)
            else:
                delivery = await _delivered(line, mail, body, progress)
        except aiosmtplib.SMTPResponseException:
            await _leave(line)
            raise
        except BaseException:
            line.close()
            raise
        self._kept[self._is_clear(mail)].append(line)
        return delivery


@dataclass
class _Progress:
    sender_taken: bool = False
    text_sent: bool = False


async def _delivered(line: aiosmtplib.SMTP, mail: Mail, body: bytes, progress: _Progress) -> Delivery:
    utf8 = ["SMTPUTF8"] if not mail.recipient.isascii() else []
    if utf8 and not line.supports_extension("SMTPUTF8"):
        return Delivery(Result.REFUSED)
    encoding = "utf-8" if utf8 else "ascii"
    of_mail, of_recipient = _report_wanted(mail) if line.supports_extension("DSN") else ([], [])
    await line.mail(mail.bounces_to or _bare(mail.sender), options=[*utf8, *of_mail], encoding=encoding)
    progress.sender_taken = True
    await line.rcpt(mail.recipient, options=of_recipient, encoding=encoding)
    progress.text_sent = True
    answer = await line.data(body)
    return Delivery(_result_of(answer.code), answer.code)


def _is_secure(line: aiosmtplib.SMTP) -> bool:
    """Say whether a line is encrypted, to a server whose certificate was checked against its name."""
    context = line.get_transport_info("sslcontext")
    return isinstance(context, ssl.SSLContext) and context.verify_mode is ssl.CERT_REQUIRED and context.check_hostname


def _is_of_encryption(error: BaseException | None) -> bool:
    """Say whether something failed because a line could not be encrypted, or its certificate is not to be trusted."""
    while error is not None and not isinstance(error, ssl.SSLError):
        error = error.__cause__ or error.__context__
    return error is not None


def _report_wanted(mail: Mail) -> tuple[list[str], list[str]]:
    """Return what is said of a mail and of its recipient to be told what became of it (RFC 3461); none without address.

    What comes back holds the headers only.
    """
    if not mail.bounces_to:
        return [], []
    recipient = [f"ORCPT=rfc822;{_xtext(mail.recipient)}"] if mail.recipient.isascii() else []
    of_mail = ["RET=HDRS", f"ENVID={_xtext(mail.message_id.strip('<>'))}"]
    return of_mail, ["NOTIFY=SUCCESS,FAILURE,DELAY", *recipient]


def _xtext(words: str) -> str:
    """Return a value as RFC 3461, section 4, writes it."""
    return "".join(each if "!" <= each <= "~" and each not in "+=" else f"+{ord(each):02X}" for each in words)


def _result_of(code: int) -> Result:
    if 200 <= code < 300:  # noqa: PLR2004  the answers of SMTP: 2xx done, 4xx later, 5xx never
        return Result.ACCEPTED
    return Result.REFUSED if code >= _PERMANENT else Result.DEFERRED


async def _leave(line: aiosmtplib.SMTP) -> None:
    with contextlib.suppress(aiosmtplib.SMTPException, OSError):
        try:
            async with asyncio.timeout(LEAVING_SECONDS):
                await line.quit()
        finally:
            line.close()


def _bare(sender: str) -> str:
    """Return the address in "Name <address>"."""
    return sender.rpartition("<")[2].rstrip(">").strip()


class ConsoleSmtpClient:
    """The twin for a terminal without a mail server: says that a mail would go out, and keeps nothing of it.

    `answers` gives the server code for a recipient's address, so that refusals can be tried too.
    """

    def __init__(self, answers: Mapping[str, int] | None = None) -> None:
        """Answer every recipient with 250 but those that are named."""
        self._answers = answers or {}

    async def send(self, mail: Mail) -> Delivery:
        """Take one mail; the log line holds its Message-ID, never an address."""
        _ = mail.wire  # raises MailUnsafe
        if mail.form:
            return Delivery(Result.NOT_SECURE)
        code = self._answers.get(mail.recipient, 250)
        log.info(
            "A mail went to the console instead of a server.",
            extra={"facts": {"message_id": mail.message_id}},
        )
        return Delivery(_result_of(code), code)

    async def hang_up(self) -> None:
        """End nothing: no line leads anywhere."""
