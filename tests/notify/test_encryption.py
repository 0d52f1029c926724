"""Whether the line is encrypted, by the domain that is written to: as the area's file says, with no way around it."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from uuid import uuid4

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from areas.parts import Smtp, Tls
from chassis.app import Runtime
from services.notify import jobs
from services.notify.clients import Mail, SmtpClient, SmtpServer
from services.notify.domain import Result
from tests.intake.certificates import Certificate, make_certificate
from tests.notify.conftest import NotifyOf
from tests.notify.looking import make_due_again, rows
from tests.notify.made import AREA, NOW, handle, signpost

PLAIN = Mail("<1@notify.test>", "us@notify.test", "door@council.example", "KM-TEST-TEST", "Reference\n", NOW)


class Told:
    """A mail server that keeps whether each mail came over an encrypted line."""

    def __init__(self) -> None:
        """Begin with none."""
        self.port, self.encrypted = 0, list[bool]()

    async def handle_DATA(self, _server: SMTP, session: Session, _envelope: Envelope) -> str:  # noqa: N802
        """Take a mail."""
        self.encrypted.append(session.ssl is not None)
        return "250 OK"


@asynccontextmanager
async def serving(certificate: Certificate | None) -> AsyncIterator[Told]:
    """Run a server, which offers encryption where it has a certificate."""
    told, lines, context = Told(), list[SMTP](), None
    if certificate is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate.certificate, certificate.key)
    loop = asyncio.get_running_loop()

    def begin() -> SMTP:
        lines.append(SMTP(told, hostname="mail.test", tls_context=context, loop=loop))
        return lines[-1]

    server = await loop.create_server(begin, "127.0.0.1", 0)
    told.port = server.sockets[0].getsockname()[1]
    yield told
    server.close()
    for line in lines:
        if isinstance(line.transport, asyncio.Transport):
            line.transport.abort()
    await server.wait_closed()
    await asyncio.sleep(0)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """Return a certificate for this machine."""
    return make_certificate(tmp_path_factory.mktemp("certificate"))


class TestLine:
    async def test_each_domain_has_its_own_and_none_is_shared_between_them(self, certificate: Certificate) -> None:
        async with serving(certificate) as told:
            client = SmtpClient(SmtpServer("localhost", told.port, patience=5, certificates=certificate.trusted()))
            for tls in (Tls.NEVER, Tls.REQUIRED, Tls.IF_OFFERED, Tls.NEVER, Tls.REQUIRED):
                assert (await client.send(replace(PLAIN, tls=tls))).result == Result.ACCEPTED
            await client.hang_up()
            assert told.encrypted == [False, True, True, False, True]

    async def test_that_must_be_and_is_not_offered_carries_nothing(self) -> None:
        async with serving(None) as told:
            client = SmtpClient(SmtpServer("127.0.0.1", told.port, patience=5))
            assert (await client.send(replace(PLAIN, tls=Tls.REQUIRED))).result == Result.NOT_SECURE
            assert (await client.send(PLAIN)).result == Result.ACCEPTED
            await client.hang_up()
            assert told.encrypted == [False]

    @pytest.mark.parametrize(("tls", "result"), [(Tls.REQUIRED, Result.NOT_SECURE), (Tls.IF_OFFERED, Result.DEFERRED)])
    async def test_whose_certificate_nobody_trusts_carries_nothing_and_says_why(
        self, certificate: Certificate, tls: Tls, result: Result
    ) -> None:
        async with serving(certificate) as told:
            client = SmtpClient(SmtpServer("localhost", told.port, patience=5))
            assert (await client.send(replace(PLAIN, tls=tls))).result == result
            assert told.encrypted == []

    @pytest.mark.parametrize("given", [{"starttls": "always"}, {"secure_domains": frozenset({"council.example"})}])
    async def test_of_an_installation_that_always_encrypts_is_not_weakened_by_an_area(
        self, certificate: Certificate, given: dict[str, object]
    ) -> None:
        async with serving(certificate) as told:
            server = SmtpServer("localhost", told.port, patience=5, certificates=certificate.trusted())
            client = SmtpClient(replace(server, **given))  # type: ignore[arg-type]
            assert (await client.send(replace(PLAIN, tls=Tls.NEVER))).result == Result.ACCEPTED
            await client.hang_up()
            assert told.encrypted == [True]


def said(notify: Runtime, tls: Tls) -> None:
    """Let the area's file say how mails to the Kent early help service leave."""
    policy = Smtp(tls=(("kent-council.example", tls),))
    files = [
        replace(file, area=file.area.model_copy(update={"smtp": policy})) if file.area.area == AREA else file
        for file in notify.areas.files
    ]
    notify.areas = replace(notify.areas, files=tuple(files))


async def test_a_notice_waits_until_the_line_is_as_the_area_asks(notify_of: NotifyOf, certificate: Certificate) -> None:
    async with serving(None) as told:
        notify = await notify_of(SmtpClient(SmtpServer("localhost", told.port, patience=5)))
        said(notify, Tls.REQUIRED)
        await handle(notify, signpost(), subject=uuid4())
        await jobs.send_due(notify, NOW)
        [row] = await rows(notify, "SELECT state, last_result FROM notice")
        assert (row.state, row.last_result, told.encrypted) == ("failed", "not-secure", [])
    async with serving(certificate) as told:
        server = SmtpServer("localhost", told.port, patience=5, certificates=certificate.trusted())
        notify.clients = replace(notify.clients, mail=SmtpClient(server))
        await make_due_again(notify)
        await jobs.send_due(notify, NOW)
        assert told.encrypted == [True]
