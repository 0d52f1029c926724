"""The mailbox as a whole: what listens and what reads, from the start of the service to its end."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal, Protocol, cast

from chassis import telemetry
from chassis.runtime import Runtime
from services.intake.clients import scanner_at
from services.intake.doors.letterbox import Letterbox
from services.intake.doors.reading_room import ReadingRoom
from services.intake.doors.smtp import MailHandler
from services.intake.readers import Cage
from services.intake.readers.conversation import Mailbox

log = telemetry.logger("intake.doors")


class MailSettings(Protocol):
    """The settings that the mailbox needs."""

    smtp_host: str
    smtp_port: int
    smtp_size_limit: int
    smtp_recipients: int
    reading_rooms: int
    clamd_address: str
    clamd_when_away: Literal["read", "hold"]


def settings_of(runtime: Runtime) -> MailSettings:
    """Return intake's own settings of a running service."""
    return cast("MailSettings", runtime.clients)


def cage_of(settings: MailSettings) -> Cage:
    """Return the cage in which files are opened, with the malware scanner where one is set."""
    scanner = scanner_at(settings.clamd_address)
    return Cage(settings.reading_rooms, scanner=scanner, hold_unscanned=settings.clamd_when_away == "hold")


@asynccontextmanager
async def mailbox(runtime: Runtime) -> AsyncIterator[None]:
    """Listen for mail and read what comes, until the service stops."""
    settings = settings_of(runtime)
    cage = cage_of(settings)
    await cage.start()
    if not cage.confinement.whole:
        log.warning("This machine does not let the readers of files give up network and files in full.")
    room = ReadingRoom(runtime, cage)
    reader = asyncio.create_task(room.run(), name="reading-room")
    loop = asyncio.get_running_loop()
    handler = MailHandler(Letterbox(runtime, room), settings.smtp_recipients)

    def conversation() -> Mailbox:
        return Mailbox(
            handler,
            data_size_limit=settings.smtp_size_limit,
            enable_SMTPUTF8=True,
            hostname="throughline",
            ident="Throughline",
            loop=loop,
        )

    server = await loop.create_server(conversation, settings.smtp_host, settings.smtp_port)
    try:
        yield
    finally:
        server.close()
        reader.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await reader
        await cage.stop()
