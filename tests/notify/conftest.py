"""Fixtures of notify: its real database, and a real SMTP server on this machine that fails in every way asked for."""

import asyncio
import re
import socket
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Any

import httpx2
import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from chassis.actor import Actor
from chassis.app import Runtime, create_app, make_runtime
from chassis.session_store import DatabaseSessions
from chassis.sessions import Limits, SessionKeeper, sign_in
from chassis.sessions import Session as WebSession
from services.notify.app import service
from services.notify.clients import Clients, MailClient, SmtpClient, SmtpServer
from services.notify.settings import NotifySettings
from tests.conftest import Installation


@dataclass
class MailServer:
    """What the server should do, and what it has taken; `answers` gives the reply to DATA by recipient."""

    port: int = 0
    answers: dict[str, str] = field(default_factory=dict)
    stalls: bool = False
    most_on_a_line: int = 1000
    drop_after_text: bool = False
    refuse_recipients: dict[str, str] = field(default_factory=dict)
    taken: list[Envelope] = field(default_factory=list)
    lines: list[SMTP] = field(default_factory=list)
    begun: Counter[SMTP] = field(default_factory=Counter)
    left: int = 0

    async def handle_MAIL(  # noqa: N802  aiosmtpd's name
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take a sender, as long as not too many have come over the same line."""
        self.begun[server] += 1
        if self.begun[server] > self.most_on_a_line:
            return "421 Too many over one line"
        envelope.mail_from = address
        return "250 OK"

    async def handle_QUIT(self, _server: SMTP, _session: Session, _envelope: Envelope) -> str:  # noqa: N802
        """Count those who take leave."""
        self.left += 1
        return "221 Bye"

    async def handle_RCPT(  # noqa: N802  aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take or refuse a recipient."""
        if address in self.refuse_recipients:
            return self.refuse_recipients[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take, stall, drop the line, or answer as told."""
        if self.stalls:
            await asyncio.Event().wait()
        answer = self.answers.get(envelope.rcpt_tos[0], "250 OK")
        if answer.startswith("2"):
            self.taken.append(envelope)
        if self.drop_after_text:
            _break(server)
        return answer

    def close_lines(self) -> None:
        """Close every line, as a server does with those that lie idle."""
        for line in self.lines:
            _break(line)

    def messages(self) -> list[Message]:
        """Return the mails taken, parsed."""
        return [message_from_bytes(content_of(envelope)) for envelope in self.taken]


def content_of(envelope: Envelope) -> bytes:
    """Return the text of a mail as it came."""
    return envelope.content if isinstance(envelope.content, bytes) else b""


def _break(line: SMTP) -> None:
    if isinstance(line.transport, asyncio.WriteTransport):
        line.transport.abort()


@pytest.fixture
async def mail_server() -> AsyncIterator[MailServer]:
    """Return a real SMTP server on a free port of this machine."""
    keeper = MailServer()
    loop = asyncio.get_running_loop()

    def answer() -> SMTP:
        keeper.lines.append(SMTP(keeper, hostname="mail.test", enable_SMTPUTF8=True, loop=loop))
        return keeper.lines[-1]

    server = await loop.create_server(answer, "127.0.0.1", 0)
    keeper.port = server.sockets[0].getsockname()[1]
    yield keeper
    server.close()
    keeper.close_lines()
    await server.wait_closed()
    await asyncio.sleep(0)


NotifyOf = Callable[..., Awaitable[Runtime]]


@pytest.fixture
async def notify_of(clean: Installation, tmp_path: Path) -> AsyncIterator[NotifyOf]:
    """Return a factory `await notify_of(mail=client, **settings)` of notify upon its emptied database."""
    async with AsyncExitStack() as stack:

        async def make(mail: MailClient | None = None, **given: Any) -> Runtime:
            values = {"public_url": "http://127.0.0.1:8004", "mail_directory": tmp_path / "mail"}
            settings = NotifySettings(**clean.settings("notify", **(values | given)).model_dump())
            runtime = make_runtime(service(), settings)
            await runtime.keys.start()
            stack.push_async_callback(runtime.keys.stop)
            stack.push_async_callback(runtime.database.stop)
            stack.push_async_callback(runtime.bus.stop)
            stack.push_async_callback(runtime.fetcher.close)
            if mail is not None:
                runtime.clients = Clients(mail)
            return runtime

        yield make


@dataclass(frozen=True)
class Site:
    """Notify as it really runs in a demonstration, and a browser in-process."""

    runtime: Runtime
    client: httpx2.AsyncClient

    async def sign_in(self, actor: Actor) -> None:
        """Make the browser that of a signed-in person."""
        session = WebSession()
        sign_in(session, actor)
        keeper = SessionKeeper(DatabaseSessions(self.runtime.database), self.runtime.secrets.session_secret, Limits())
        await keeper.keep(session)
        self.client.cookies.set("throughline_notify", session.token)

    async def get(self, path: str) -> httpx2.Response:
        """Open a page."""
        return await self.client.get(path)

    async def post(self, form_on: str, path: str, **fields: str) -> httpx2.Response:
        """Send a form that stands on a page, with that page's token."""
        found = re.search(r'name="csrf_token" value="([^"]+)"', (await self.get(form_on)).text)
        assert found is not None
        return await self.client.post(path, data={"csrf_token": found[1], **fields})


@pytest.fixture
async def site(clean: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    """Return notify running with its doors and jobs on free ports; its relay rests, so that reports can be read."""
    port = _free_port()
    values = {"public_url": "http://notify.test", "mail_directory": tmp_path / "mail"}
    values |= {"smtp_host": "127.0.0.1", "smtp_port": port, "mail_sink_port": port, "smtp_starttls": "never"}
    app = create_app(service(), NotifySettings(**clean.settings("notify").model_dump() | values))
    monkeypatch.setattr(app.state.runtime.relay, "run", asyncio.Event().wait)
    async with app.router.lifespan_context(app):
        transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url="http://notify.test") as client:
            yield Site(app.state.runtime, client)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture
async def notify(notify_of: NotifyOf, mail_server: MailServer) -> Runtime:
    """Notify with the real mail client."""
    return await notify_of(SmtpClient(SmtpServer("127.0.0.1", mail_server.port, "never")))
