"""The form goes with a mail to a listed domain over an encrypted line, and nowhere else; otherwise the link alone."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from email import message_from_bytes
from email.message import Message
from uuid import UUID, uuid4

import pytest
from aiosmtpd.smtp import SMTP

from chassis.actor import Actor
from chassis.app import Runtime
from services.notify import jobs, models, operations
from services.notify.clients import FORM_NAME, ConsoleSmtpClient, SmtpClient, SmtpServer
from services.notify.domain import SafeguardingFacts, form_text, is_listed
from tests.intake.certificates import Certificate, make_certificate
from tests.notify.conftest import MailServer, NotifyOf, Site, content_of
from tests.notify.looking import make_due_again, rows, run
from tests.notify.made import DESK, NOW, REFERENCE, concern, handle, pack_answered, signpost
from tests.notify.test_mail_privacy import Logged, allowed_away, logged, personal, unfolded
from tests.notify.told_made import PERSON, everything

__all__ = ["logged"]

LISTED = "central-referral-unit@kent-council.example"
UNLISTED = "first-response@medway-council.example"
ALLOWED = ("concern-received", "concern-updated")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """Return a certificate for this machine."""
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
async def sealed(certificate: Certificate) -> AsyncIterator[MailServer]:
    """Return a real SMTP server that offers encryption."""
    keeper = MailServer()
    loop = asyncio.get_running_loop()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate.certificate, certificate.key)

    def answer() -> SMTP:
        keeper.lines.append(SMTP(keeper, hostname="mail.test", tls_context=context, loop=loop))
        return keeper.lines[-1]

    server = await loop.create_server(answer, "127.0.0.1", 0)
    keeper.port = server.sockets[0].getsockname()[1]
    yield keeper
    server.close()
    keeper.close_lines()
    await server.wait_closed()
    await asyncio.sleep(0)


@pytest.fixture
async def secure(notify_of: NotifyOf, sealed: MailServer, certificate: Certificate) -> Runtime:
    """Notify behind a mail server whose certificate it trusts."""
    return await notify_of(SmtpClient(SmtpServer("localhost", sealed.port, certificates=certificate.trusted())))


def mails(server: MailServer) -> list[Message]:
    return [message_from_bytes(content_of(envelope)) for envelope in server.taken]


def form_of(mail: Message) -> str:
    """Return the form that a mail carries, "" where it carries none."""
    for part in mail.walk():
        body = part.get_payload(decode=True)
        if part.get_filename() == FORM_NAME and isinstance(body, bytes):
            return body.decode()
    return ""


async def sent_as(notify: Runtime) -> list[str | None]:
    return [row.form for row in await rows(notify, "SELECT form FROM attempt ORDER BY ended_at")]


async def told(notify: Runtime, **given: object) -> UUID:
    subject = uuid4()
    await handle(notify, concern(**(PERSON | given)), subject=subject)
    await jobs.send_due(notify, NOW)
    return subject


class TestListed:
    async def test_carries_what_social_care_may_know(self, secure: Runtime, sealed: MailServer) -> None:
        await told(secure)
        [mail] = mails(sealed)
        form = form_of(mail)
        for each in ("Canaryforename Canarysurname", "9 September 1999", "1 Canarystreet, CN4 1RY", "canaryconcern"):
            assert each in form
        assert (mail["To"], await sent_as(secure)) == (LISTED, ["attached"])
        plain = unfolded(mail).replace(form, "")
        assert personal(plain) == []
        assert operations.FORM_GOES in plain
        assert operations.FORM_STAYS not in plain

    async def test_nothing_of_it_is_kept_or_logged(self, secure: Runtime, logged: Logged) -> None:
        await told(secure)
        for table in ("notice", "attempt", "audit_entry"):
            for row in await rows(secure, f"SELECT to_jsonb({table})::text AS said FROM {table}"):
                assert personal(row.said) == []
        assert personal(logged()) == []
        [notice] = await rows(secure, "SELECT body FROM notice")
        assert "is attached" in notice.body

    async def test_that_it_was_opened_for_a_mail_is_recorded(self, secure: Runtime) -> None:
        subject = await told(secure)
        [entry] = await rows(
            secure, f"SELECT facts FROM audit_entry WHERE subject = '{subject}' AND action = 'concern.open-for-mail'"
        )
        assert entry.facts == {"front_door": "kent-cru", "domain": "kent-council.example"}

    async def test_goes_to_the_out_of_hours_address_of_that_domain_too(
        self, secure: Runtime, sealed: MailServer
    ) -> None:
        await handle(secure, concern(immediate_danger=True, **PERSON), subject=uuid4())
        await jobs.send_due(secure, NOW.replace(hour=23))
        [mail] = mails(sealed)
        assert mail["To"] == "out-of-hours@kent-council.example"
        assert "canaryconcern" in form_of(mail)

    async def test_a_repeat_is_the_same_mail(self, secure: Runtime, sealed: MailServer) -> None:
        sealed.drop_after_text = True
        await told(secure)
        sealed.drop_after_text = False
        await make_due_again(secure)
        await jobs.send_due(secure, NOW)
        first, second = (content_of(envelope) for envelope in sealed.taken)
        assert first == second
        assert form_of(message_from_bytes(first))


class TestLinkOnly:
    async def test_to_a_domain_that_is_not_listed(self, secure: Runtime, sealed: MailServer) -> None:
        await told(secure, front_door="medway-front-door")
        [mail] = mails(sealed)
        assert (mail["To"], await sent_as(secure)) == (UNLISTED, ["not-listed"])
        assert personal(unfolded(mail)) == []
        assert operations.FORM_STAYS in unfolded(mail)

    async def test_to_a_front_door_that_has_the_concern_no_more(self, secure: Runtime, sealed: MailServer) -> None:
        await handle(secure, concern(**PERSON), subject=uuid4())
        async with secure.database.transaction(Actor.service("notify")) as session:
            await session.execute(models.concern.update().values(front_door="medway-front-door"))
        await jobs.send_due(secure, NOW)
        [mail] = mails(sealed)
        assert mail["To"] == LISTED
        assert personal(unfolded(mail)) == []

    async def test_where_the_server_offers_no_encryption(self, notify: Runtime, mail_server: MailServer) -> None:
        await told(notify)
        [mail] = mails(mail_server)
        assert (mail["To"], await sent_as(notify)) == (LISTED, ["not-encrypted"])
        assert personal(unfolded(mail)) == []

    async def test_where_nobody_checks_the_certificate(
        self, notify_of: NotifyOf, sealed: MailServer, certificate: Certificate
    ) -> None:
        """Whoever stands between us and the server can show a certificate of their own."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        notify = await notify_of(SmtpClient(SmtpServer("localhost", sealed.port, certificates=context)))
        await told(notify)
        [mail] = mails(sealed)
        assert await sent_as(notify) == ["not-encrypted"]
        assert personal(unfolded(mail)) == []

    async def test_on_a_console(self, notify_of: NotifyOf) -> None:
        notify = await notify_of(ConsoleSmtpClient())
        await told(notify)
        assert await sent_as(notify) == ["not-encrypted"]

    async def test_while_nobody_has_read_the_referral(self, secure: Runtime, sealed: MailServer) -> None:
        await told(secure, read=False)
        assert await sent_as(secure) == ["not-read"]
        assert form_of(mails(sealed)[0]) == ""

    async def test_in_a_mail_that_tells_of_no_concern(self, secure: Runtime, sealed: MailServer) -> None:
        subject = await told(secure)
        for event in (pack_answered(), signpost("kent-early-help")):
            await handle(secure, event, subject=subject)
        await jobs.send_due(secure, NOW)
        assert [bool(form_of(mail)) for mail in mails(sealed)] == [True, False, False]


async def test_of_all_that_is_told_only_concerns_to_listed_domains_carry_it(
    secure: Runtime, sealed: MailServer
) -> None:
    """The one exception to no personal data in a mail, and how far it goes."""
    await everything(secure)
    carrying = 0
    for mail in mails(sealed):
        form = form_of(mail)
        carrying += bool(form)
        assert not form or str(mail["To"]).endswith("@kent-council.example")
        assert personal(allowed_away(unfolded(mail).replace(form, ""), mail)) == []
    with_form = "SELECT kind FROM notice JOIN attempt ON notice_id = notice.id WHERE form = 'attached'"
    assert {row.kind for row in await rows(secure, with_form)} == set(ALLOWED)
    assert carrying >= len(ALLOWED)


class TestNoticePage:
    @pytest.mark.parametrize(
        ("form", "address", "words"),
        [
            ("attached", LISTED, "kent-council.example is listed as secure by the area’s file, version 2026-01"),
            ("not-listed", UNLISTED, "medway-council.example is not listed as secure by the area’s file"),
            ("not-encrypted", LISTED, "offered no encryption with a valid certificate"),
            ("not-read", LISTED, "Nobody has read the referral yet"),
        ],
    )
    async def test_says_why(self, site: Site, form: str, address: str, words: str) -> None:
        await told(site.runtime)
        await run(site.runtime, f"UPDATE attempt SET form = '{form}', address = '{address}'")
        [notice] = await rows(site.runtime, "SELECT id FROM notice")
        await site.sign_in(DESK)
        assert words in (await site.get(f"/notices/{notice.id}")).text


class TestRule:
    @pytest.mark.parametrize(
        ("address", "listed"),
        [
            ("a@kent-council.example", True),
            ("a@KENT-Council.Example", True),
            ("a@sub.kent-council.example", False),
            ("a@evil-kent-council.example", False),
            ("a@kent-council.example.evil.example", False),
            ("kent-council.example@evil.example", False),
            ("", False),
        ],
    )
    def test_is_the_very_domain(self, address: str, listed: bool) -> None:
        assert is_listed(address, ("kent-council.example",)) is listed

    def test_leaves_out_what_is_not_known(self) -> None:
        text = form_text(SafeguardingFacts(surname="Sample"), REFERENCE)
        assert "Name: Sample" in text
        assert not [each for each in ("None", "Date of birth", "Address", "Complex needs") if each in text]
