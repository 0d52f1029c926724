"""A mail server of a recipient's own: it takes mails, refuses some addresses, and may send a mail back days later."""

import contextlib
import smtplib
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.journeys.live import Live, started, wait
from tests.notify.bounces_made import report

HOST = "127.0.0.1"


@dataclass
class MailServer:
    """What the server has taken, and what it answers to whom it refuses, by address; `returns_to` takes bounces."""

    refuses: dict[str, str] = field(default_factory=dict)
    taken: list[Envelope] = field(default_factory=list)
    returns_to: int = 0

    async def handle_RCPT(  # noqa: N802  aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take or refuse a recipient."""
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take a mail."""
        self.taken.append(envelope)
        return "250 OK"

    def mails(self, to: str, about: str) -> list[tuple[Envelope, str]]:
        """Return what came for an address about a reference: each with its envelope, as people read it."""
        return [(each, text) for each in list(self.taken) if to in each.rcpt_tos and about in (text := _text(each))]

    def newest(self, to: str, about: str) -> tuple[Envelope, str]:
        """Return the newest mail for an address about a reference, once one has come."""
        found: list[tuple[Envelope, str]] = wait(lambda: self.mails(to, about), 60, f"A mail to {to}")
        return found[-1]

    def sends_back(self, envelope: Envelope) -> None:
        """Say to whom a mail came from that there is no such mailbox, as servers do that notice it late."""
        assert envelope.mail_from
        with smtplib.SMTP(HOST, self.returns_to, timeout=30) as line:
            line.sendmail("", [envelope.mail_from], report())


def _text(envelope: Envelope) -> str:
    assert isinstance(envelope.content, bytes)
    mail = message_from_bytes(envelope.content, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    body = mail.get_body(("plain",))
    return f"{mail['Subject']}\n{body.get_content() if body else ''}"


@contextlib.contextmanager
def started_with_mail_server(folder: Path) -> Iterator[tuple[Live, MailServer]]:
    """Run a system whose notices leave by a mail server of the tests, and whose bounces come in by SMTP."""
    server = MailServer(returns_to=_free_port())
    controller = Controller(server, hostname=HOST, port=_free_port())
    controller.start()
    with pytest.MonkeyPatch.context() as environment:
        for name, value in (
            ("SMTP_HOST", HOST),
            ("SMTP_PORT", str(controller.port)),
            ("BOUNCE_HOST", HOST),
            ("BOUNCE_PORT", str(server.returns_to)),
        ):
            environment.setenv(f"THROUGHLINE_NOTIFY_{name}", value)
        try:
            with started(folder) as running:
                yield running, server
        finally:
            controller.stop()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        return int(listener.getsockname()[1])
