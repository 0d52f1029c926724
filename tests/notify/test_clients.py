"""The real mail client and its console twin behave alike; the real one tells a refusal from a broken line."""

import asyncio
import socket
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from typing import Any, Literal

import pytest

from chassis.settings import load_secrets
from services.notify.app import clients
from services.notify.clients import LEAVING_SECONDS, ConsoleSmtpClient, Mail, MailClient, SmtpClient, SmtpServer
from services.notify.domain import MailUnsafe, Result
from services.notify.settings import NotifySettings
from tests.conftest import Installation
from tests.notify.conftest import MailServer

MAIL = Mail(
    message_id="<11111111-1111-4111-8111-111111111111@notify.test>",
    sender="Throughline <no-reply@throughline.example>",
    recipient="front-door@council.example",
    subject="KM-TEST-TEST: a safeguarding concern is waiting for you",
    body="Reference: KM-TEST-TEST\n",
    date=datetime(2026, 11, 21, 9, tzinfo=UTC),
)


def real(server: MailServer, patience: float = 5.0) -> SmtpClient:
    return SmtpClient(SmtpServer("127.0.0.1", server.port, "never", patience=patience))


ClientOf = Callable[[dict[str, int]], MailClient]


@pytest.fixture(params=["smtp", "console"])
def client_of(request: pytest.FixtureRequest, mail_server: MailServer) -> ClientOf:
    """Both implementations, told which code a recipient gets."""

    def make(answers: dict[str, int]) -> MailClient:
        if request.param == "console":
            return ConsoleSmtpClient(answers)
        mail_server.answers = {address: f"{code} As told" for address, code in answers.items()}
        return real(mail_server)

    return make


def forged(field: str) -> Mail:
    """Return a mail with another header smuggled into one field."""
    smuggled: dict[str, Any] = {field: "x@y.example>\r\nBcc: everybody@example"}
    return replace(MAIL, **smuggled)


def test_a_mail_with_a_file_is_the_same_bytes_each_time_and_in_lines_that_may_go_out() -> None:
    mail = replace(MAIL, body="Reference: KM-TEST-TEST\nŵ\n", calendar=b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n" * 40)
    assert mail.wire == replace(mail).wire
    lines = mail.wire.split(b"\r\n")
    assert max(map(len, lines)) <= 78
    assert not any(b"\n" in each or b"\r" in each for each in lines)
    _, text, file = message_from_bytes(mail.wire).walk()
    assert text.get_payload(decode=True) == mail.body.replace("\n", "\r\n").encode()
    assert file.get_payload(decode=True) == mail.calendar


class TestEveryMailClient:
    """One suite for both: the twin is proven equal."""

    async def test_says_that_a_mail_was_accepted(self, client_of: ClientOf) -> None:
        delivery = await client_of({}).send(MAIL)
        assert (delivery.result, delivery.code) == (Result.ACCEPTED, 250)

    @pytest.mark.parametrize(
        ("code", "result"),
        [(421, Result.DEFERRED), (451, Result.DEFERRED), (550, Result.REFUSED), (554, Result.REFUSED)],
    )
    async def test_tells_later_from_never(self, client_of: ClientOf, code: int, result: Result) -> None:
        delivery = await client_of({MAIL.recipient: code}).send(MAIL)
        assert (delivery.result, delivery.code) == (result, code)

    @pytest.mark.parametrize("field", ["recipient", "subject", "in_reply_to", "message_id"])
    async def test_refuses_a_header_that_forges_another(self, client_of: ClientOf, field: str) -> None:
        with pytest.raises(MailUnsafe):
            await client_of({}).send(forged(field))

    @pytest.mark.parametrize("address", ["<", "a@", "a@[", "=?utf-8?q?x=0D=0ABcc:y?=", "a@b\u2028Bcc: c"])
    async def test_refuses_what_is_no_address(self, client_of: ClientOf, address: str) -> None:
        with pytest.raises(MailUnsafe):
            await client_of({}).send(replace(MAIL, recipient=address))

    async def test_one_refusal_does_not_spoil_the_next(self, client_of: ClientOf) -> None:
        client = client_of({MAIL.recipient: 550})
        assert (await client.send(MAIL)).result == Result.REFUSED
        assert (await client.send(replace(MAIL, recipient="other@council.example"))).result == Result.ACCEPTED


class TestClients:
    @pytest.mark.parametrize(("mode", "kind"), [("demo", ConsoleSmtpClient), ("real", SmtpClient)])
    def test_only_a_demonstration_calls_a_mail_sent_that_no_server_took(
        self, installation: Installation, mode: Literal["demo", "real"], kind: type
    ) -> None:
        secrets = load_secrets(installation.settings("notify").secrets_file)
        assert isinstance(clients(NotifySettings(mode=mode, smtp_host=""), secrets).mail, kind)


class TestSmtpClient:
    async def test_sends_the_headers_that_let_a_receiver_thread_and_drop_repeats(self, mail_server: MailServer) -> None:
        await real(mail_server).send(replace(MAIL, in_reply_to="<original@school.example>"))
        [message] = mail_server.messages()
        assert message["Message-ID"] == MAIL.message_id
        assert message["In-Reply-To"] == "<original@school.example>"
        assert message["Auto-Submitted"] == "auto-generated"
        assert mail_server.taken[0].mail_from == "no-reply@throughline.example"

    async def test_a_refused_recipient_is_refused(self, mail_server: MailServer) -> None:
        mail_server.refuse_recipients = {MAIL.recipient: "550 No such user"}
        assert (await real(mail_server).send(MAIL)).result == Result.REFUSED

    async def test_a_busy_recipient_is_tried_later(self, mail_server: MailServer) -> None:
        mail_server.refuse_recipients = {MAIL.recipient: "450 Mailbox busy"}
        assert (await real(mail_server).send(MAIL)).result == Result.DEFERRED

    async def test_a_server_that_refuses_ourselves_is_tried_later(self) -> None:
        async def turn_away(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"554 No service for you\r\n")
            await writer.drain()
            writer.close()

        async with await asyncio.start_server(turn_away, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            delivery = await SmtpClient(SmtpServer("127.0.0.1", port, "never", patience=30)).send(MAIL)
        assert (delivery.result, delivery.code) == (Result.DEFERRED, 554)

    async def test_no_server_at_all_is_tried_later(self) -> None:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            port = listener.getsockname()[1]
        client = SmtpClient(SmtpServer("127.0.0.1", port, "never", patience=2))
        assert (await client.send(MAIL)).result == Result.DEFERRED

    async def test_a_server_that_says_nothing_is_tried_later_and_holds_nobody(self) -> None:
        async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()
            writer.close()
            left.set()

        left = asyncio.Event()

        async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            started = asyncio.get_running_loop().time()
            delivery = await SmtpClient(SmtpServer("127.0.0.1", port, "never", patience=0.3)).send(MAIL)
            assert asyncio.get_running_loop().time() - started < 20
            await left.wait()
        assert delivery.result == Result.DEFERRED

    async def test_a_stall_after_the_text_is_unknown(self, mail_server: MailServer) -> None:
        mail_server.stalls = True
        assert (await real(mail_server, patience=3).send(MAIL)).result == Result.UNKNOWN

    async def test_a_line_that_breaks_after_the_text_is_unknown(self, mail_server: MailServer) -> None:
        mail_server.drop_after_text = True
        assert (await real(mail_server).send(MAIL)).result == Result.UNKNOWN

    async def test_encryption_that_must_be_and_is_not_offered_sends_nothing(self, mail_server: MailServer) -> None:
        client = SmtpClient(SmtpServer("127.0.0.1", mail_server.port, "always", patience=5))
        assert (await client.send(MAIL)).result == Result.DEFERRED
        assert mail_server.taken == []

    async def test_an_international_address_goes_through(self, mail_server: MailServer) -> None:
        assert (await real(mail_server).send(replace(MAIL, recipient="siân@cyngor.example"))).result == Result.ACCEPTED


class TestLines:
    async def test_one_is_kept_for_the_next_mail_until_there_is_none(self, mail_server: MailServer) -> None:
        client = real(mail_server)
        for _ in range(30):
            assert (await client.send(MAIL)).result == Result.ACCEPTED
        assert (len(mail_server.taken), len(mail_server.lines), mail_server.left) == (30, 1, 0)
        await client.hang_up()
        assert mail_server.left == 1
        assert (await client.send(MAIL)).result == Result.ACCEPTED
        assert len(mail_server.lines) == 2

    async def test_mails_side_by_side_have_one_each(self, mail_server: MailServer) -> None:
        client = real(mail_server)
        for _ in range(3):
            await asyncio.gather(*(client.send(MAIL) for _ in range(4)))
        assert (len(mail_server.taken), len(mail_server.lines)) == (12, 4)

    async def test_one_that_the_server_has_closed_costs_no_mail_and_doubles_none(self, mail_server: MailServer) -> None:
        client = real(mail_server)
        for number in range(1, 4):
            assert (await client.send(MAIL)).result == Result.ACCEPTED
            assert len(mail_server.taken) == number
            mail_server.close_lines()
        # The client may or may not have heard of it by now: both must do.
        await asyncio.sleep(0)
        assert (await client.send(MAIL)).result == Result.ACCEPTED
        assert len(mail_server.taken) == 4

    async def test_one_over_which_the_server_takes_no_more_is_followed_by_another(
        self, mail_server: MailServer
    ) -> None:
        mail_server.most_on_a_line = 2
        client = real(mail_server)
        results = [(await client.send(MAIL)).result for _ in range(5)]
        assert results == [Result.ACCEPTED] * 5
        assert (len(mail_server.taken), len(mail_server.lines)) == (5, 3)

    async def test_one_that_breaks_after_the_text_is_not_followed_by_another(self, mail_server: MailServer) -> None:
        client = real(mail_server)
        await client.send(MAIL)
        mail_server.drop_after_text = True
        assert (await client.send(MAIL)).result == Result.UNKNOWN
        assert len(mail_server.taken) == 2
        mail_server.drop_after_text = False
        assert (await client.send(MAIL)).result == Result.ACCEPTED

    async def test_a_refusal_ends_it(self, mail_server: MailServer) -> None:
        client = real(mail_server)
        mail_server.refuse_recipients = {"nobody@council.example": "550 No such user"}
        await client.send(MAIL)
        assert (await client.send(replace(MAIL, recipient="nobody@council.example"))).result == Result.REFUSED
        assert (len(mail_server.lines), mail_server.left) == (1, 1)
        assert (await client.send(MAIL)).result == Result.ACCEPTED

    async def test_a_server_that_does_not_answer_the_leave_holds_nobody(
        self, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def silent(*_: object) -> str:
            return str(await asyncio.Event().wait())

        monkeypatch.setattr(mail_server, "handle_QUIT", silent)
        client = real(mail_server)
        await client.send(MAIL)
        async with asyncio.timeout(LEAVING_SECONDS + 2):
            await client.hang_up()
