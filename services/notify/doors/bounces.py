"""Takes mails that come back: each names its sending by a signed address, and is kept before it is answered."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from aiosmtpd.smtp import SMTP, Envelope
from aiosmtpd.smtp import Session as SmtpSession

from chassis import clock, telemetry
from chassis.actor import Actor
from chassis.errors import SubjectErased, Unavailable
from chassis.runtime import Runtime
from services.notify import operations, readers
from services.notify.domain import Evidence, NoticeAbsent, What, bounced_notice
from services.notify.settings import NotifySettings, bounce_key

BY_MAIL = "smtp"
NO_MAILBOX = "550 5.1.1 There is no such mailbox"
NOTED = "250 2.0.0 Noted"
LATER = "451 4.3.0 This cannot be noted at the moment: send it again in a few minutes"
SECONDS_OF_SILENCE = 60.0
LINES = 50
"""So many conversations at once; the installation's own mail server needs a few."""

log = telemetry.logger(__name__)
came_back = telemetry.counter("notify.mail.came_back", "1", "Mails that came back to notify")


class BounceBox:
    """The mailbox to which mails come back; an answer is given only after what it is about was kept."""

    def __init__(self, runtime: Runtime) -> None:
        """Take mails for the address of the settings, under this installation's key."""
        settings = runtime.settings
        self._runtime = runtime
        self._key = bounce_key(runtime.secrets)
        self._address = settings.bounces_to if isinstance(settings, NotifySettings) else ""

    def is_here(self, address: str) -> bool:
        """Say whether an address belongs to the mailbox, signed or not."""
        name, _, domain = self._address.casefold().rpartition("@")
        local, _, at = address.casefold().rpartition("@")
        return bool(domain) and at == domain and local.partition("+")[0].endswith(name)

    def knows(self, address: str) -> bool:
        """Say whether an address was made here, for one of our notices."""
        return bool(self._address) and bounced_notice(self._address, self._key, (address,)) is not None

    async def take(self, raw: bytes, addresses: Iterable[str]) -> str:
        """Keep what came back, and return the answer of SMTP; what names no notice of ours is refused."""
        about = bounced_notice(self._address, self._key, addresses) if self._address else None
        if about is None:
            return NO_MAILBOX
        try:
            report = await asyncio.to_thread(readers.bounce, raw)
            now = clock.now()
            found = Evidence(report.what, BY_MAIL, now, report.status, raw, about.attempt)
            async with self._runtime.database.transaction(Actor.job("notify", "bounces")) as session:
                state = await operations.note_evidence(session, about.notice_id, found, now=now)
        except (NoticeAbsent, SubjectErased):
            # Whom it was about has been erased: there is nothing left that it could change.
            return NOTED
        except Unavailable:
            return LATER
        except Exception as error:
            log.exception("A mail that came back cannot be kept.", extra={"facts": {"error": type(error).__name__}})
            return LATER
        _tell(report.what, state is None)
        return NOTED

    async def handle_RCPT(  # noqa: N802  aiosmtpd's name
        self, _server: SMTP, _session: SmtpSession, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take a recipient that was made here, and nothing else: nobody can fill this mailbox."""
        if not self.knows(address):
            return NO_MAILBOX
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, _server: SMTP, _session: SmtpSession, envelope: Envelope) -> str:  # noqa: N802
        """Keep a mail that came back, and say so only then."""
        return await self.take(envelope.original_content or b"", envelope.rcpt_tos)


def _tell(what: What, known: bool) -> None:  # noqa: FBT001  one word for the log
    came_back.add(1, outcome=str(what))
    facts = {"outcome": str(what), "skipped": known}
    log.info("A mail came back.", extra={"facts": facts})


class _Line(SMTP):
    """A conversation that is refused where too many are open."""

    open_lines = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count a conversation, or end it at once."""
        type(self).open_lines += 1
        super().connection_made(transport)
        if type(self).open_lines > LINES:
            transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        """Count no more."""
        type(self).open_lines -= 1
        super().connection_lost(error)


@asynccontextmanager
async def bounces(runtime: Runtime) -> AsyncIterator[None]:
    """Listen by SMTP for mails that come back, where the settings name a port, until the service stops."""
    settings = runtime.settings
    if not isinstance(settings, NotifySettings) or not (settings.bounce_port and settings.bounces_to):
        yield
        return
    box, loop = BounceBox(runtime), asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: _Line(
            box,
            data_size_limit=2 * readers.LARGEST,
            enable_SMTPUTF8=True,
            hostname="throughline",
            ident="Throughline",
            timeout=SECONDS_OF_SILENCE,
            loop=loop,
        ),
        settings.bounce_host,
        settings.bounce_port,
    )
    log.info("The mailbox for bounces listens.", extra={"facts": {"port": settings.bounce_port}})
    try:
        yield
    finally:
        server.close()
        await server.wait_closed()
