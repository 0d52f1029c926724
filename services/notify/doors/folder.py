"""The demonstration's own mail server: it takes every mail on this machine into the local mail folder."""

import asyncio
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes
from pathlib import Path
from uuid import uuid4

from aiosmtpd.smtp import SMTP, Envelope, Session

from chassis import telemetry
from chassis.app import Runtime
from services.notify.doors.bounces import BounceBox
from services.notify.readers import file_name
from services.notify.settings import NotifySettings

SIZE_LIMIT = 1024 * 1024

_PLAIN_ADDRESS = re.compile(r"<([A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*)>(?= |\Z)")
_PLAIN_ID = re.compile(rb"^Message-ID: (<[!-;=?-~]+>)\r?\n(?![ \t])", re.IGNORECASE | re.MULTILINE)

log = telemetry.logger(__name__)


class Line(SMTP):
    """The library's SMTP conversation, which takes plain addresses apart without building a grammar for each."""

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        found = _PLAIN_ADDRESS.match(arg)
        return (found[1], arg[found.end() :].lstrip()) if found else super()._getaddr(arg)


class MailFolder:
    """Keeps each mail as one .eml file; a repeat with the same Message-ID is dropped, as its id allows.

    What comes back to the address for bounces goes to notify instead, as it does in real use.
    """

    def __init__(self, folder: Path, mail_domain: str, bounces: BounceBox | None = None) -> None:
        """Keep mails in a folder, which is made with the first one; our own carry the domain in their Message-ID."""
        self.folder = folder
        self.mail_domain = mail_domain
        self.bounces = bounces

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  aiosmtpd's name
        """Answer one mail: 250 once it is on disk, 451 when it cannot be kept."""
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        if self.bounces is not None and any(map(self.bounces.is_here, envelope.rcpt_tos)):
            return await self.bounces.take(content, envelope.rcpt_tos)
        try:
            return await asyncio.to_thread(self._keep, content)
        except OSError:
            log.warning("A mail of the demonstration could not be kept; make room in the state folder.")
            return "451 The mail folder cannot be written; try again later"

    def _keep(self, content: bytes) -> str:
        message_id = message_id_of(content) or f"<{uuid4()}>"
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.folder / f"{file_name(message_id, self.mail_domain)}.eml"
        if path.exists():
            return "250 Known already"
        draft = self.folder / f".{uuid4().hex}"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        return "250 Kept in the mail folder"


def message_id_of(content: bytes) -> str:
    """Return the Message-ID of a mail, "" where it has none."""
    plain = _PLAIN_ID.findall(content.partition(b"\r\n\r\n")[0])
    return plain[0].decode() if len(plain) == 1 else str(message_from_bytes(content).get("Message-ID", "")).strip()


@asynccontextmanager
async def mail_folder(runtime: Runtime) -> AsyncIterator[None]:
    """Run the mail server in a demonstration, for as long as the block lasts; in real use there is none."""
    settings = runtime.settings
    if settings.mode != "demo" or settings.mail_directory is None or not isinstance(settings, NotifySettings):
        yield
        return
    keeper = MailFolder(settings.mail_directory, settings.mail_domain, BounceBox(runtime))
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Line(
            keeper,
            data_size_limit=SIZE_LIMIT,
            enable_SMTPUTF8=True,
            hostname="mail.demo",
            loop=loop,
        ),
        "127.0.0.1",
        settings.mail_sink_port,
    )
    log.info(
        "The demonstration's mail server listens.",
        extra={"facts": {"port": settings.mail_sink_port}},
    )
    try:
        yield
    finally:
        server.close()
        await server.wait_closed()
