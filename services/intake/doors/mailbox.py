"""The mailbox as a whole: what listens and what reads, from the start of the service to its end."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import ClassVar, Literal, Protocol, cast

from chassis import telemetry
from chassis.errors import ThroughlineError
from chassis.runtime import Runtime
from services.intake.clients import scanner_at
from services.intake.doors.imap import imap
from services.intake.doors.letterbox import Letterbox
from services.intake.doors.reading_room import ReadingRoom
from services.intake.doors.sender_check import NameServer, SenderCheck
from services.intake.doors.smtp import MailHandler
from services.intake.readers import Cage
from services.intake.readers.conversation import Mailbox, Visitors

log = telemetry.logger("intake.doors")


class MailSettings(Protocol):
    """The settings that the mailbox needs."""

    smtp_host: str
    smtp_port: int
    smtp_size_limit: int
    smtp_tls: Literal["off", "offered", "required"]
    smtp_certificate: Path | None
    smtp_key: Path | None
    smtp_connections: int
    smtp_recipients: int
    smtp_seconds: float
    mail_dns: bool
    reading_rooms: int
    clamd_address: str
    clamd_when_away: Literal["read", "hold"]


class CertificateUnusable(ThroughlineError):
    """TLS is wanted for mail, and there is no certificate that can be used."""

    reason: ClassVar[str] = "mail-certificate-unusable"


def settings_of(runtime: Runtime) -> MailSettings:
    """Return intake's own settings of a running service."""
    return cast("MailSettings", runtime.clients)


def cover_of(settings: MailSettings) -> ssl.SSLContext | None:
    """Return what TLS for mail needs, None where it is off; raises CertificateUnusable."""
    if settings.smtp_tls == "off":
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    certificate, key = settings.smtp_certificate, settings.smtp_key
    try:
        if certificate is None:
            raise FileNotFoundError
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError):
        message = (
            "TLS for mail is on, but its certificate or key cannot be read: name both files in "
            "THROUGHLINE_SMTP_CERTIFICATE and THROUGHLINE_SMTP_KEY, or set THROUGHLINE_SMTP_TLS to off."
        )
        raise CertificateUnusable(message) from None
    return context


def cage_of(settings: MailSettings) -> Cage:
    """Return the cage in which files are opened, with the malware scanner where one is set."""
    scanner = scanner_at(settings.clamd_address)
    return Cage(settings.reading_rooms, scanner=scanner, hold_unscanned=settings.clamd_when_away == "hold")


@asynccontextmanager
async def mailbox(runtime: Runtime) -> AsyncIterator[None]:
    """Listen for mail and read what comes, until the service stops."""
    settings = settings_of(runtime)
    visitors, cover = Visitors(settings.smtp_connections), cover_of(settings)
    cage = runtime.state["cage"] = cage_of(settings)
    await cage.start()
    if not cage.confinement.whole:
        log.warning("This machine does not let the readers of files give up network and files in full.")
    room = ReadingRoom(runtime, cage, SenderCheck(NameServer()) if settings.mail_dns else None)
    reader = asyncio.create_task(room.run(), name="reading-room")
    loop = asyncio.get_running_loop()
    letterbox = Letterbox(runtime, room)
    handler = MailHandler(letterbox, settings.smtp_recipients)
    conversation = Mailbox(
        handler,
        visitors,
        tls_context=cover,
        require_starttls=settings.smtp_tls == "required",
        timeout=settings.smtp_seconds,
        data_size_limit=settings.smtp_size_limit,
        enable_SMTPUTF8=True,
        hostname="throughline",
        ident="Throughline",
        loop=loop,
    )
    server = await loop.create_server(conversation.another, settings.smtp_host, settings.smtp_port)
    try:
        async with imap(runtime, letterbox):
            yield
    finally:
        server.close()
        reader.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await reader
        await cage.stop()
