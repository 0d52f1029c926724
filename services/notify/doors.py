"""The demonstration's own mail server: it takes every mail on this machine into the local mail folder."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes
from pathlib import Path
from uuid import uuid4

from aiosmtpd.smtp import SMTP, Envelope, Session

from chassis import telemetry
from chassis.app import Runtime
from services.notify.readers import file_name
from services.notify.settings import NotifySettings

SIZE_LIMIT = 1024 * 1024

log = telemetry.logger(__name__)


class MailFolder:
    """Keeps each mail as one .eml file; a repeat with the same Message-ID is dropped, as its id allows."""

    def __init__(self, folder: Path, mail_domain: str) -> None:
        """Keep mails in a folder, which is made with the first one; our own carry the domain in their Message-ID."""
        self.folder = folder
        self.mail_domain = mail_domain

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  aiosmtpd's name
        """Answer one mail: 250 once it is on disk, 451 when it cannot be kept."""
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        try:
            return await asyncio.to_thread(self._keep, content)
        except OSError:
            log.warning("A mail of the demonstration could not be kept; make room in the state folder.")
            return "451 The mail folder cannot be written; try again later"

    def _keep(self, content: bytes) -> str:
        message_id = str(message_from_bytes(content).get("Message-ID", "")) or f"<{uuid4()}>"
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


@asynccontextmanager
async def mail_folder(runtime: Runtime) -> AsyncIterator[None]:
    """Run the mail server in a demonstration, for as long as the block lasts; in real use there is none."""
    settings = runtime.settings
    if settings.mode != "demo" or settings.mail_directory is None or not isinstance(settings, NotifySettings):
        yield
        return
    keeper = MailFolder(settings.mail_directory, settings.mail_domain)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(
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
