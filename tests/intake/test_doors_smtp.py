"""SMTP to its edges: TLS, limits and what a crafted conversation tries, spoken over raw sockets on both event loops."""

import asyncio
import contextlib
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest
import uvloop
from aiosmtpd.smtp import SMTP, Envelope
from aiosmtpd.smtp import Session as SmtpSession

from services.intake.doors.mailbox import CertificateUnusable, MailSettings, cover_of
from services.intake.doors.smtp import MailHandler
from services.intake.readers.conversation import Mailbox, Visitors
from services.intake.settings import IntakeSettings
from tests.intake.certificates import Certificate, make_certificate

LOOPS = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}
LIMIT = 100_000
HELLO = (b"EHLO x", b"MAIL FROM:<a@b.example>", b"RCPT TO:<c@d.example>")


@dataclass
class Handler(MailHandler):
    """Takes mail as intake does, and remembers it instead of keeping it."""

    taken: list[Envelope] = field(default_factory=list)

    def __init__(self) -> None:
        self.taken = []
        self._recipients = 3

    async def handle_DATA(self, _server: SMTP, _session: SmtpSession, envelope: Envelope) -> str:  # noqa: N802
        """Remember it."""
        self.taken.append(envelope)
        return "250 2.0.0 Accepted"


@dataclass(frozen=True)
class Server:
    """A mailbox that listens on a port of its own."""

    port: int
    handler: Handler
    visitors: Visitors
    connections: list[socket.socket] = field(default_factory=list)

    def reach(self) -> socket.socket:
        """Return a connection."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        self.connections.append(connection)
        return connection

    def connect(self) -> socket.socket:
        """Return a connection that has been greeted."""
        connection = self.reach()
        assert connection.recv(1000).startswith(b"220 ")
        return connection


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """A certificate made here."""
    return make_certificate(tmp_path_factory.mktemp("certificate"))


def settings(**given: Any) -> MailSettings:
    """Return intake's settings."""
    return cast("MailSettings", IntakeSettings(service="intake", **given))


@contextlib.contextmanager
def serving(loop: asyncio.AbstractEventLoop, cover: ssl.SSLContext | None = None, **given: Any) -> Iterator[Server]:
    """Run a mailbox in a thread of its own on this event loop."""
    handler, visitors = Handler(), Visitors(3)

    async def listen() -> asyncio.Server:
        conversation = Mailbox(
            handler,
            visitors,
            tls_context=cover,
            data_size_limit=LIMIT,
            enable_SMTPUTF8=True,
            hostname="throughline",
            loop=loop,
            **given,
        )
        return await loop.create_server(conversation.another, "127.0.0.1", 0)

    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    listening = asyncio.run_coroutine_threadsafe(listen(), loop).result(10)
    server = Server(listening.sockets[0].getsockname()[1], handler, visitors)
    try:
        yield server
    finally:
        for connection in server.connections:
            connection.close()
        asyncio.run_coroutine_threadsafe(_closed(listening), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _closed(listening: asyncio.Server) -> None:
    listening.close()
    for _ in range(200):
        if asyncio.all_tasks() == {asyncio.current_task()}:
            return
        await asyncio.sleep(0.01)
    pytest.fail("A conversation never ended.")


@pytest.fixture(params=LOOPS)
def loop(request: pytest.FixtureRequest) -> asyncio.AbstractEventLoop:
    """Each event loop on which intake runs: the library's own and the service's."""
    return LOOPS[request.param]()


@pytest.fixture
def plain(loop: asyncio.AbstractEventLoop) -> Iterator[Server]:
    """A mailbox without TLS."""
    with serving(loop) as server:
        yield server


@pytest.fixture
def covered(loop: asyncio.AbstractEventLoop, certificate: Certificate) -> Iterator[Server]:
    """A mailbox that requires TLS."""
    given = settings(smtp_tls="required", smtp_certificate=certificate.certificate, smtp_key=certificate.key)
    with serving(loop, cover_of(given), require_starttls=True) as server:
        yield server


def say(connection: socket.socket, *lines: bytes) -> list[bytes]:
    """Say line after line; return the last line of each answer."""
    return [_answer(connection, line) for line in lines]


def _answer(connection: socket.socket, line: bytes) -> bytes:
    connection.sendall(line + b"\r\n")
    said = b""
    while not said.endswith(b"\r\n") or said.splitlines()[-1][3:4] == b"-":
        received = connection.recv(4000)
        if not received:
            break
        said += received
    return said.splitlines()[-1] if said else b""


def codes(answers: list[bytes]) -> list[bytes]:
    return [answer[:3] for answer in answers]


class TestTls:
    def test_nobody_signs_in_under_it_either(self, covered: Server, certificate: Certificate) -> None:
        connection = covered.connect()
        say(connection, b"EHLO x", b"STARTTLS")
        with certificate.trusted().wrap_socket(connection, server_hostname="localhost") as safe:
            assert codes(say(safe, b"EHLO x", b"AUTH PLAIN AGEAYg==", b"AUTH LOGIN")) == [b"250", b"504", b"504"]

    def test_covers_the_conversation_and_its_certificate_holds(self, covered: Server, certificate: Certificate) -> None:
        with smtplib.SMTP("localhost", covered.port, timeout=10) as client:
            client.ehlo()
            assert client.has_extn("starttls")
            assert client.mail("a@b.example")[0] == 530
            client.starttls(context=certificate.trusted())
            client.ehlo()
            assert not client.has_extn("starttls")
            assert not client.has_extn("auth")
            body = b"Subject: s\r\n\r\n" + b"many words\r\n" * 5000
            assert client.sendmail("a@b.example", ["c@d.example"], body) == {}
            assert client.noop()[0] == 250
        assert covered.handler.taken[0].original_content == body

    def test_forgets_what_was_sent_along_in_the_clear(self, covered: Server, certificate: Certificate) -> None:
        connection = covered.connect()
        say(connection, b"EHLO x")
        connection.sendall(b"STARTTLS\r\nEHLO injected\r\nMAIL FROM:<injected@attacker.example>\r\n")
        assert connection.recv(1000) == b"220 2.0.0 Ready to start TLS\r\n"
        with certificate.trusted().wrap_socket(connection, server_hostname="localhost") as safe:
            assert codes(say(safe, b"MAIL FROM:<a@b.example>")) == [b"503"]
            assert codes(say(safe, *HELLO)) == [b"250"] * 3
        assert covered.handler.taken == []

    def test_forgets_what_was_said_before(self, covered: Server, certificate: Certificate) -> None:
        connection = covered.connect()
        assert codes(say(connection, b"EHLO x", b"STARTTLS")) == [b"250", b"220"]
        with certificate.trusted().wrap_socket(connection, server_hostname="localhost") as safe:
            assert codes(say(safe, b"MAIL FROM:<a@b.example>", b"EHLO x", b"STARTTLS")) == [b"503", b"250", b"454"]

    def test_that_fails_ends_the_conversation_and_frees_its_place(self, covered: Server) -> None:
        for _ in range(5):
            connection = covered.connect()
            say(connection, b"EHLO x", b"STARTTLS")
            connection.sendall(b"MAIL FROM:<a@b.example>\r\n" * 10)
            with contextlib.suppress(ConnectionError):
                while connection.recv(1000):
                    pass
            connection.close()
            _until_gone(covered)

    def test_of_an_old_version_is_not_spoken(self, certificate: Certificate) -> None:
        given = settings(smtp_tls="offered", smtp_certificate=certificate.certificate, smtp_key=certificate.key)
        cover = cover_of(given)
        assert cover is not None
        assert cover.minimum_version is ssl.TLSVersion.TLSv1_2

    def test_without_a_usable_certificate_is_refused_at_the_start(self, tmp_path: Path) -> None:
        for file in (None, tmp_path / "none.pem"):
            given = settings(smtp_tls="offered", smtp_certificate=file)
            with pytest.raises(CertificateUnusable, match="THROUGHLINE_SMTP_CERTIFICATE"):
                cover_of(given)

    def test_is_not_offered_where_it_is_off(self, plain: Server) -> None:
        connection = plain.connect()
        assert codes(say(connection, b"EHLO x", b"STARTTLS", b"NOOP")) == [b"250", b"454", b"250"]


def _until_gone(server: Server) -> None:
    for _ in range(200):
        if server.visitors.present == 0:
            return
        threading.Event().wait(0.02)
    pytest.fail("A place was never freed.")


class TestLimits:
    def test_visitors_beyond_the_limit_are_told_to_come_again(self, plain: Server) -> None:
        inside = [plain.connect() for _ in range(3)]
        outside = plain.reach()
        assert outside.recv(1000).startswith(b"421 4.3.2 ")
        assert outside.recv(1000) == b""
        for connection in inside:
            connection.close()
        _until_gone(plain)
        assert codes(say(plain.connect(), b"EHLO x")) == [b"250"]

    def test_recipients_beyond_the_limit_are_left_for_another_time(self, plain: Server) -> None:
        connection = plain.connect()
        say(connection, *HELLO[:2])
        answers = say(connection, *(b"RCPT TO:<%d@d.example>" % number for number in range(5)), b"DATA")
        assert codes(answers) == [b"250"] * 3 + [b"452"] * 2 + [b"354"]
        assert codes(say(connection, b"Subject: s\r\n\r\nx\r\n.")) == [b"250"]
        assert plain.handler.taken[0].rcpt_tos == ["0@d.example", "1@d.example", "2@d.example"]

    def test_useless_commands_end_the_conversation(self, plain: Server) -> None:
        connection = plain.connect()
        answers = say(connection, *[b"VRFY a@b.example"] * 51)
        assert codes(answers) == [b"252"] * 50 + [b"421"]

    def test_unknown_commands_end_it_sooner(self, plain: Server) -> None:
        connection = plain.connect()
        assert codes(say(connection, *[b"GET / HTTP/1.1"] * 5))[-1] == b"502"

    def test_a_command_line_without_an_end_is_refused(self, plain: Server) -> None:
        connection = plain.connect()
        assert codes(say(connection, b"EHLO " + b"x" * 5000, b"NOOP")) == [b"500", b"250"]

    def test_what_is_said_in_one_conversation_changes_no_limit_of_another(self, plain: Server) -> None:
        first = plain.connect()
        say(first, b"EHLO x")
        say(plain.connect(), b"EHLO x", b"EHLO x", b"EHLO x")
        local = b"MAIL FROM:<%s@b.example>"
        assert codes(say(first, local % (b"x" * 550), local % (b"x" * 510))) == [b"500", b"250"]

    def test_who_says_nothing_is_put_out(self, loop: asyncio.AbstractEventLoop) -> None:
        with serving(loop, timeout=0.3) as server:
            connection = server.connect()
            assert connection.recv(1000) == b""

    def test_a_size_is_refused_once_and_never_contradicted(self, plain: Server) -> None:
        connection = plain.connect()
        say(connection, *HELLO, b"DATA")
        connection.sendall(b"x" * 70 + b"\r\n" + b"words\r\n" * LIMIT + b".\r\nNOOP\r\nQUIT\r\n")
        said = b""
        while received := connection.recv(4000):
            said += received
        assert codes(said.splitlines()) == [b"552", b"250", b"221"]
        assert plain.handler.taken == []


SECOND = b"MAIL FROM:<forged@victim.example>\r\nRCPT TO:<x@y.example>\r\nDATA\r\nSubject: two\r\n\r\nsecond\r\n"


class TestSmuggling:
    @pytest.mark.parametrize(
        "ending",
        [
            b"\n.\n",
            b"\n.\r\n",
            b"\r\n.\n",
            b"\r.\r",
            b"\r\n.\r",
            b"\r.\r\n",
            b"\n.\r",
            b"\r\r\n.\r\r\n",
            b"\r\n.\r\r\n",
            b"\r\n\x00.\r\n",
            b"\r\n.\x00\r\n",
            b"\r\n. \r\n",
        ],
    )
    @pytest.mark.parametrize("cut", [False, True])
    def test_only_one_ending_ends_a_mail(self, plain: Server, ending: bytes, cut: bool) -> None:
        connection = plain.connect()
        say(connection, *HELLO, b"DATA")
        mail = b"Subject: one\r\n\r\nfirst" + ending + SECOND
        pieces = (mail[:30], mail[30:35], mail[35:]) if cut else (mail,)
        for piece in pieces:
            connection.sendall(piece)
            threading.Event().wait(0.01 if cut else 0)
        connection.sendall(b".\r\nQUIT\r\n")
        said = b""
        while received := connection.recv(4000):
            said += received
        assert codes(said.splitlines()) == [b"250", b"221"]
        [taken] = plain.handler.taken
        assert taken.mail_from == "a@b.example"
        assert b"second" in (taken.original_content or b"")

    def test_two_mails_sent_in_one_go_are_two(self, plain: Server) -> None:
        connection = plain.connect()
        say(connection, *HELLO, b"DATA")
        connection.sendall(b"Subject: one\r\n\r\nfirst\r\n.\r\n" + SECOND + b".\r\nQUIT\r\n")
        said = b""
        while received := connection.recv(4000):
            said += received
        assert codes(said.splitlines()) == [b"250", b"250", b"250", b"354", b"250", b"221"]
        assert [taken.mail_from for taken in plain.handler.taken] == ["a@b.example", "forged@victim.example"]

    def test_a_bounce_has_no_sender(self, plain: Server) -> None:
        connection = plain.connect()
        answers = say(connection, b"EHLO x", b"MAIL FROM:<>", b"RCPT TO:<c@d.example>", b"DATA", b"Subject: s\r\n\r\n.")
        assert codes(answers) == [b"250", b"250", b"250", b"354", b"250"]
        assert plain.handler.taken[0].mail_from in {"", "<>"}
