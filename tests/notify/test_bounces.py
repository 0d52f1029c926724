"""Mails that come back: each names its notice by its address alone, and is read as far as servers can be understood."""

import asyncio
import random
import re
from collections.abc import AsyncIterator
from email import message_from_bytes
from uuid import UUID, uuid4

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from chassis.app import Runtime
from services.notify import jobs, readers
from services.notify.clients import SmtpClient, SmtpServer
from services.notify.domain import Bounced, Report, What, bounce_address, bounced_notice, status_in_words
from services.notify.settings import NotifySettings, bounce_key
from tests.notify import bounces_made as made
from tests.notify.conftest import MailServer, NotifyOf
from tests.notify.looking import rows
from tests.notify.made import CANARIES, NOW, REFERRER_ADDRESS, concern, handle, referrer_message

MAILBOX, KEY = "bounces@notify.test", b"k" * 32
NOTICE = UUID("11111111-1111-4111-8111-111111111111")
B, D = What.BOUNCED, What.DELAYED


class TestAddress:
    def test_names_its_notice_and_fits_what_servers_take(self) -> None:
        address = bounce_address(MAILBOX, KEY, NOTICE, 99_999)
        assert bounced_notice(MAILBOX, KEY, [address]) == Bounced(NOTICE, 99_999)
        assert len(address.partition("@")[0]) <= 64

    @pytest.mark.parametrize(
        "change", [str.upper, lambda address: f"<{address}>", lambda address: f"prvs=1a2b={address}"]
    )
    def test_is_known_however_servers_write_it(self, change: object) -> None:
        assert callable(change)
        address = bounce_address(MAILBOX, KEY, NOTICE, 2)
        assert bounced_notice(MAILBOX, KEY, ["other@x.example", change(address)]) == Bounced(NOTICE, 2)

    def test_forged_names_nothing(self) -> None:
        address = bounce_address(MAILBOX, KEY, NOTICE, 1)
        local, _, domain = address.partition("@")
        forged = [
            MAILBOX,
            f"{local[:-1]}{'a' if local[-1] != 'a' else 'b'}@{domain}",
            bounce_address(MAILBOX, b"x" * 32, NOTICE, 1),
            address.replace(local[8:34], bounce_address(MAILBOX, KEY, uuid4(), 1)[8:34]),
            address.replace("-1-", "-2-"),
            f"{local}@elsewhere.example",
            f"bounces+{NOTICE.hex}@{domain}",
        ]
        assert [each for each in forged if bounced_notice(MAILBOX, KEY, [each])] == []

    @pytest.mark.parametrize("address", ["two@at@x", "averylongname@x.example", "plus+sign@x.example", "a b@x"])
    def test_of_the_settings_leaves_room_for_it(self, address: str) -> None:
        with pytest.raises(ValueError, match="bounce_address"):
            NotifySettings(service="notify", bounce_address=address)


class TestReading:
    @pytest.mark.parametrize(
        ("name", "what", "status"),
        [
            ("POSTFIX", B, "5.1.1"),
            ("POSTFIX_EXPIRED", B, "4.4.1"),
            ("POSTFIX_DELAYED", D, "4.4.1"),
            ("POSTFIX_DELIVERED", What.DELIVERED, "2.1.5"),
            ("SENDMAIL_RELAYED", What.RELAYED, "2.1.5"),
            ("LIST_EXPANDED", What.RELAYED, "2.1.5"),
            ("EXCHANGE", B, "5.1.10"),
            ("GMAIL", B, "5.2.2"),
            ("WITHOUT_ACTION", B, "5.7.1"),
            ("WITHOUT_STATUS", B, "5.0.0"),
            ("IN_CAPITALS", B, "5.1.2"),
            ("TWO_RECIPIENTS", B, "5.1.1"),
            ("EMPTY_REPORT", What.UNREADABLE, ""),
            ("QMAIL", B, "5.1.1"),
            ("EXIM", B, "5.0.0"),
            ("EXIM_DELAYED", D, ""),
            ("EXCHANGE_PLAIN", B, "5.2.2"),
            ("OUT_OF_OFFICE", What.AUTO_REPLY, ""),
            ("OUT_OF_OFFICE_UNMARKED", What.AUTO_REPLY, ""),
            ("VACATION", What.AUTO_REPLY, ""),
            ("READ_RECEIPT", What.AUTO_REPLY, ""),
            ("A_PERSON_WRITES", What.UNREADABLE, ""),
            ("QUOTES_A_REPORT", What.UNREADABLE, ""),
        ],
    )
    def test_tells_what_a_server_says(self, name: str, what: What, status: str) -> None:
        assert readers.bounce(getattr(made, name)) == Report(what, status)

    @pytest.mark.parametrize(
        "raw",
        [
            b"",
            b"\x00" * 1000,
            b"no header at all",
            made.nested(30),
            made.nested(3000),
            made.POSTFIX + b"x" * readers.LARGEST,
            b"X: " + b"y" * 100_000 + b"\r\n\r\n" + made.POSTFIX,
            made.POSTFIX.replace(b"utf-8", b"no-such-charset"),
            b"Content-Type: multipart/report; boundary=\r\n\r\n",
            b"Content-Type: message/delivery-status\r\n\r\n\xff\xfe",
            b"From: MAILER-DAEMON@x\r\nContent-Type: text/html; charset=utf-99\r\n\r\n<p>failed",
            # The library's parser of fields needs minutes for each of these.
            b"From: " + b'"' * 60_000 + b"\r\n\r\nx",
            b"From: " + b"a@b.example," * 5000 + b"\r\n\r\nx",
            b"Subject: " + b"=?utf-8?q?a?= " * 4000 + b"\r\n\r\nx",
        ],
    )
    def test_breaks_on_nothing(self, raw: bytes) -> None:
        assert readers.bounce(raw).what in {What.UNREADABLE, What.BOUNCED}

    def test_breaks_on_no_report_that_was_cut_or_garbled(self) -> None:
        chance = random.Random(7)
        for original in (made.POSTFIX, made.EXCHANGE, made.QMAIL, made.READ_RECEIPT):
            for _ in range(60):
                garbled = bytearray(original[: chance.randrange(1, len(original))])
                for _ in range(chance.randrange(8)):
                    garbled[chance.randrange(len(garbled))] = chance.randrange(256)
                assert isinstance(readers.bounce(bytes(garbled)), Report)

    @pytest.mark.parametrize(
        ("status", "words"),
        [
            ("5.1.1", "there is no such mailbox"),
            ("5.2.2", "the mailbox is full"),
            ("5.7.999", "the server's rules forbid it"),
            ("5.0.0", ""),
            ("", ""),
        ],
    )
    def test_says_codes_in_words(self, status: str, words: str) -> None:
        assert status_in_words(status) == words


class ReportingServer:
    """A mail server that offers reports, and keeps what it is asked for with a sender and with a recipient."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.port = 0
        self.asked: list[str] = []

    async def handle_EHLO(  # noqa: N802  aiosmtpd's name
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Offer them."""
        session.host_name = hostname
        return [*responses[:-1], "250-DSN", *responses[-1:]]


class ReportingLine(SMTP):
    """A conversation with it: the library itself knows no such words."""

    async def smtp_MAIL(self, arg: str) -> None:  # noqa: N802
        """Keep what is asked for with the sender."""
        self.event_handler.asked.append(arg)
        await super().smtp_MAIL(re.sub(r" (?:RET|ENVID)=\S+", "", arg))

    async def smtp_RCPT(self, arg: str) -> None:  # noqa: N802
        """Keep what is asked for with the recipient."""
        self.event_handler.asked.append(arg)
        await super().smtp_RCPT(re.sub(r" (?:NOTIFY|ORCPT)=\S+", "", arg))


@pytest.fixture
async def reporting() -> AsyncIterator[ReportingServer]:
    """Return a mail server that offers reports."""
    keeper, loop = ReportingServer(), asyncio.get_running_loop()
    server = await loop.create_server(lambda: ReportingLine(keeper, hostname="mail.test", loop=loop), "127.0.0.1", 0)
    keeper.port = server.sockets[0].getsockname()[1]
    yield keeper
    server.close()
    await server.wait_closed()
    await asyncio.sleep(0)


class TestMailsGoOut:
    async def test_from_an_address_that_names_the_notice(self, notify: Runtime, mail_server: MailServer) -> None:
        await handle(notify, concern(), subject=uuid4())
        await jobs.send_due(notify, NOW)
        [envelope] = mail_server.taken
        [row] = await rows(notify, "SELECT id FROM notice")
        mailbox = "bounces@notify.throughline.example"
        assert bounced_notice(mailbox, bounce_key(notify.secrets), [envelope.mail_from or ""]) == Bounced(row.id, 1)
        assert (envelope.mail_from or "").endswith("@notify.throughline.example")
        assert message_from_bytes(envelope.original_content or b"")["From"].endswith("<no-reply@throughline.example>")

    async def test_asking_for_reports_where_the_server_offers_them(
        self, notify_of: NotifyOf, reporting: "ReportingServer"
    ) -> None:
        notify = await notify_of(SmtpClient(SmtpServer("127.0.0.1", reporting.port, "never")))
        await handle(notify, referrer_message(), subject=uuid4())
        await jobs.send_due(notify, NOW)
        [row] = await rows(notify, "SELECT id, message_id, state FROM notice")
        assert row.state == "sent"
        of_mail, of_recipient = reporting.asked
        assert f"RET=HDRS ENVID={row.message_id.strip('<>')}" in of_mail
        assert of_recipient.endswith(f"NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;{REFERRER_ADDRESS}")

    async def test_from_the_ordinary_sender_where_nothing_takes_them_back(
        self, notify_of: NotifyOf, mail_server: MailServer
    ) -> None:
        notify = await notify_of(SmtpClient(SmtpServer("127.0.0.1", mail_server.port, "never")), mode="real")
        await handle(notify, concern(), subject=uuid4())
        await jobs.send_due(notify, NOW)
        assert mail_server.taken[0].mail_from == "no-reply@throughline.example"


def test_the_synthetic_reports_hold_no_canary() -> None:
    written = [getattr(made, name) for name in dir(made) if isinstance(getattr(made, name), bytes)]
    assert not [word for word in CANARIES for raw in written if word.encode() in raw]
