"""The mailbox read by IMAP, on a real Dovecot: kept first, marked afterwards, once each, and never in the clear."""

import asyncio
import contextlib
import logging
import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from pydantic import SecretStr

from chassis.errors import Unavailable
from services.intake.app import service
from services.intake.clients import Token, TokenRefused, token_for
from services.intake.doors import Letterbox
from services.intake.doors.imap import Contact, ImapDoor
from services.intake.doors.imap_box import KEPT, Box, ImapSettings, ImapUnreachable, ImapUnusable, grant_of, password_of
from services.intake.settings import IntakeSettings
from tests.conftest import Running, RunningOf, eventually
from tests.intake.builders import mail, rows
from tests.intake.certificates import Certificate, make_certificate
from tests.intake.dovecot import PASSWORD, USER, Dovecot, dovecot, installed
from tests.intake.tokens import CLIENT, REFRESH, SECRET, TokenServer, token_server


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """A certificate made here."""
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="module")
def tokens() -> Iterator[TokenServer]:
    """One token server for all tests of this module."""
    with token_server() as running:
        running.user = USER
        yield running


@pytest.fixture(scope="module")
def server(certificate: Certificate, tokens: TokenServer) -> Iterator[Dovecot]:
    """One Dovecot for all tests of this module."""
    if not installed():
        refuse = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        refuse("This machine has no Dovecot: install it (on Debian: apt-get install dovecot-imapd).")
    with dovecot(certificate.certificate, certificate.key, tokens_at=tokens.port) as running:
        yield running


@pytest.fixture
def inbox(server: Dovecot) -> Dovecot:
    """The same with an empty mailbox."""
    if server.process is None:
        server.start()
    server.empty()
    return server


def settings(inbox: Dovecot, certificate: Certificate | None = None, **given: Any) -> IntakeSettings:
    """Return the settings for this mailbox, with TLS where its certificate is given."""
    values: dict[str, Any] = {
        "smtp_port": 0,
        "imap_host": "localhost" if certificate else "127.0.0.1",
        "imap_port": inbox.safe_port if certificate else inbox.port,
        "imap_security": "tls" if certificate else "none",
        "imap_authorities": certificate.certificate if certificate else None,
        "imap_username": USER,
        "imap_password": SecretStr(PASSWORD),
        "imap_address": "preventreferrals@kent-and-medway.example",
        "imap_seconds": 0.2,
    }
    return IntakeSettings(service="intake", **{**values, **given})


def opened(chosen: IntakeSettings) -> Box:
    """Return the mailbox, opened with these settings."""
    return Box.open(cast("ImapSettings", chosen), password_of(cast("ImapSettings", chosen)))


@contextlib.asynccontextmanager
async def reading(intake: Running, chosen: IntakeSettings, letterbox: Letterbox) -> AsyncIterator[ImapDoor]:
    """Read the mailbox as long as the block lasts."""
    door = ImapDoor(cast("ImapSettings", chosen), letterbox)
    task = asyncio.create_task(door.run())
    try:
        yield door
    finally:
        await door.leave(task)


async def referrals(intake: Running) -> list[Any]:
    return await rows(intake.runtime, "SELECT * FROM referral")


class TestMailbox:
    @pytest.mark.parametrize("security", ["tls", "starttls", "none"])
    async def test_is_read_and_its_mails_are_marked_after_they_are_kept(
        self, running_of: RunningOf, inbox: Dovecot, certificate: Certificate, security: str
    ) -> None:
        covered = certificate if security != "none" else None
        port = inbox.safe_port if security == "tls" else inbox.port
        chosen = settings(inbox, covered, imap_security=security, imap_port=port)
        inbox.put(*(mail().as_bytes() for _ in range(3)))
        intake = await running_of(service(chosen))

        async def all_marked() -> bool:
            return await asyncio.to_thread(inbox.count, f"KEYWORD {KEPT} SEEN") == 3

        await eventually(all_marked)
        assert len(await referrals(intake)) == 3
        answer = (await intake.client.get("/health/ready")).json()
        assert answer["doors"] == {"imap": "answers"}

    async def test_is_watched_so_that_a_new_mail_is_read_at_once(self, running_of: RunningOf, inbox: Dovecot) -> None:
        intake = await running_of(service(settings(inbox, imap_seconds=60)))

        async def is_read() -> bool:
            return Contact.seconds_ago() > 0 and "imap" in intake.runtime.state["readiness"]

        await eventually(is_read)
        await asyncio.sleep(0.5)
        await asyncio.to_thread(inbox.put, mail().as_bytes())

        async def kept() -> Any:
            return await referrals(intake)

        await eventually(kept)  # long before it would be read in turn

    async def test_is_emptied_into_the_folder_for_what_is_done(self, running_of: RunningOf, inbox: Dovecot) -> None:
        inbox.put(mail().as_bytes(), mail().as_bytes())
        intake = await running_of(service(settings(inbox, imap_done_folder="Done")))

        async def moved() -> bool:
            return await asyncio.to_thread(inbox.count, "ALL", "Done") == 2

        await eventually(moved)
        assert inbox.count() == 0
        assert len(await referrals(intake)) == 2

    async def test_that_people_read_too_loses_nothing(self, running_of: RunningOf, inbox: Dovecot) -> None:
        inbox.put(mail().as_bytes())
        with inbox.client() as person:
            person.store("1", "+FLAGS", "\\Seen \\Flagged")
        intake = await running_of(service(settings(inbox)))

        async def kept() -> Any:
            return await referrals(intake)

        await eventually(kept)


class TestTwenty:
    async def test_connections_lost_before_the_mark_make_one_referral(
        self, running_of: RunningOf, inbox: Dovecot, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        intake = await running_of(service(), doors=False)
        inbox.put(mail().as_bytes())
        lost: list[str] = []
        done = Box.done

        def cut_before(self: Box, uid: str) -> None:
            if len(lost) < 20:
                lost.append(uid)
                self.abandon()
            done(self, uid)

        monkeypatch.setattr(Box, "done", cut_before)
        monkeypatch.setattr("services.intake.doors.imap.FIRST_PAUSE_SECONDS", 0.001)
        monkeypatch.setattr("services.intake.doors.imap.LONGEST_PAUSE_SECONDS", 0.01)
        letterbox = Letterbox(intake.runtime, cast("Any", Silent()))
        async with reading(intake, settings(inbox), letterbox):

            async def marked() -> bool:
                return await asyncio.to_thread(inbox.count, f"KEYWORD {KEPT}") == 1

            await eventually(marked)
        assert len(lost) == 20
        assert len(await referrals(intake)) == 1

    async def test_refusals_to_keep_it_leave_it_where_it_is(
        self, running_of: RunningOf, inbox: Dovecot, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        intake = await running_of(service(), doors=False)
        inbox.put(mail().as_bytes())
        asked: list[int] = []

        class Full(Letterbox):
            async def take(self, body: bytes, posted: Any) -> str:
                asked.append(len(body))
                if len(asked) <= 20:
                    raise Unavailable("The database is away.")
                return await super().take(body, posted)

        monkeypatch.setattr("services.intake.doors.imap.FIRST_PAUSE_SECONDS", 0.001)
        monkeypatch.setattr("services.intake.doors.imap.LONGEST_PAUSE_SECONDS", 0.01)
        async with reading(intake, settings(inbox), Full(intake.runtime, cast("Any", Silent()))):
            while len(asked) < 20:
                assert inbox.count(f"KEYWORD {KEPT}") == 0
                await asyncio.sleep(0.05)

            async def marked() -> bool:
                return await asyncio.to_thread(inbox.count, f"KEYWORD {KEPT}") == 1

            await eventually(marked)
        assert len(await referrals(intake)) == 1


class Silent:
    """A reading room for which nobody rings."""

    def ring(self) -> None:
        """Do nothing."""


class TestTrouble:
    async def test_only_delays_and_is_told(self, running_of: RunningOf, inbox: Dovecot) -> None:
        inbox.stop()
        intake = await running_of(service(settings(inbox)))

        async def told() -> bool:
            answer = (await intake.client.get("/health/ready")).json()
            return bool(answer["doors"]["imap"].startswith("cannot be read; last read"))

        await eventually(told)
        assert (await intake.client.get("/health/ready")).status_code == 200
        await asyncio.to_thread(inbox.start)
        await asyncio.to_thread(inbox.put, mail().as_bytes())

        async def kept() -> Any:
            return await referrals(intake)

        await eventually(kept)

    async def test_of_one_mail_keeps_no_other_waiting_and_is_counted(
        self, running_of: RunningOf, inbox: Dovecot
    ) -> None:
        inbox.put(mail("x" * 50_000).as_bytes(), mail().as_bytes())
        intake = await running_of(service(settings(inbox, smtp_size_limit=20_000)))

        async def counted() -> bool:
            return Contact.stuck == 1 and len(await referrals(intake)) == 1

        await eventually(counted)
        answer = (await intake.client.get("/health/ready")).json()
        assert answer["doors"] == {"imap": "answers; 1 mails in it cannot be kept"}
        assert inbox.count(f"UNKEYWORD {KEPT}") == 1


class TestSafety:
    def test_a_server_with_a_strangers_certificate_gets_no_password(
        self, inbox: Dovecot, certificate: Certificate
    ) -> None:
        for given in ({"imap_authorities": None}, {"imap_host": "127.0.0.1"}):
            with pytest.raises(ImapUnreachable, match="SSLCertVerificationError"):
                opened(settings(inbox, certificate, **given))

    def test_a_wrong_password_is_said_without_it(
        self, inbox: Dovecot, certificate: Certificate, caplog: pytest.LogCaptureFixture
    ) -> None:
        chosen = settings(inbox, certificate, imap_password=SecretStr("another-synthetic-password"))
        with caplog.at_level(logging.DEBUG), pytest.raises(ImapUnreachable) as refused:
            opened(chosen)
        for text in (str(refused.value), repr(refused.value.__context__), caplog.text, repr(chosen)):
            assert "another-synthetic-password" not in text
            assert "prevent@" not in text or text == repr(chosen)

    def test_a_real_mailbox_is_never_read_in_the_clear(self, inbox: Dovecot) -> None:
        with pytest.raises(ImapUnusable, match="in the clear"):
            opened(settings(inbox, mode="real"))

    def test_the_password_may_stand_in_a_file(self, inbox: Dovecot, tmp_path: Path) -> None:
        file = tmp_path / "password"
        file.write_text(f"{PASSWORD}\n")
        opened(settings(inbox, imap_password=SecretStr(""), imap_password_file=file)).close()
        with pytest.raises(ImapUnusable, match="without a name and a password"):
            opened(settings(inbox, imap_password=SecretStr("")))


@pytest.fixture
def issuer(tokens: TokenServer) -> TokenServer:
    """The token server, asked nothing yet."""
    tokens.good.clear()
    tokens.asked.clear()
    tokens.lasts = 3600
    return tokens


def with_token(inbox: Dovecot, issuer: TokenServer, folder: Path, **given: Any) -> IntakeSettings:
    """Return the settings for a mailbox that is opened with tokens of this server."""
    (file := folder / "secret").write_text(f"{SECRET}\n")
    values: dict[str, Any] = {
        "imap_password": SecretStr(""),
        "imap_token_url": issuer.url,
        "imap_token_scope": "https://mail.example/.default",
        "imap_client_id": CLIENT,
        "imap_client_secret_file": file,
    }
    return settings(inbox, **{**values, **given})


class TestToken:
    async def test_opens_the_mailbox(
        self, running_of: RunningOf, inbox: Dovecot, issuer: TokenServer, tmp_path: Path
    ) -> None:
        inbox.put(mail().as_bytes())
        intake = await running_of(service(with_token(inbox, issuer, tmp_path)))

        async def kept() -> Any:
            return await referrals(intake)

        await eventually(kept)
        [asked] = issuer.asked
        assert (asked["grant_type"], asked["scope"]) == ("client_credentials", "https://mail.example/.default")

    async def test_is_renewed_before_its_time_is_over(
        self, running_of: RunningOf, inbox: Dovecot, issuer: TokenServer, tmp_path: Path
    ) -> None:
        issuer.lasts = 1
        intake = await running_of(service(with_token(inbox, issuer, tmp_path)))

        async def renewed() -> bool:
            return len(issuer.asked) >= 3

        await eventually(renewed)
        assert (await intake.client.get("/health/ready")).json()["doors"] == {"imap": "answers"}
        await asyncio.to_thread(inbox.put, mail().as_bytes())

        async def kept() -> Any:
            return await referrals(intake)

        await eventually(kept)

    async def test_may_be_had_for_somebody_who_agreed_once(
        self, inbox: Dovecot, issuer: TokenServer, tmp_path: Path
    ) -> None:
        (file := tmp_path / "refresh").write_text(REFRESH)
        grant = grant_of(cast("ImapSettings", with_token(inbox, issuer, tmp_path, imap_refresh_token_file=file)))
        assert grant is not None
        assert (await token_for(grant)).text in issuer.good
        assert issuer.asked[0]["refresh_token"] == REFRESH

    async def test_that_the_mailbox_refuses_is_said_without_it(
        self, inbox: Dovecot, issuer: TokenServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        chosen = cast("ImapSettings", with_token(inbox, issuer, tmp_path))
        token = Token("synthetic-token-of-nobody", 0)
        with caplog.at_level(logging.DEBUG), pytest.raises(ImapUnreachable) as refused:
            await asyncio.to_thread(Box.open, chosen, token)
        for text in (str(refused.value), repr(refused.value.__context__), caplog.text, repr(token)):
            assert token.text not in text

    async def test_that_is_refused_only_delays_and_tells_no_secret(
        self, inbox: Dovecot, issuer: TokenServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        (file := tmp_path / "other").write_text("another-synthetic-secret")
        grant = grant_of(cast("ImapSettings", with_token(inbox, issuer, tmp_path, imap_client_secret_file=file)))
        assert grant is not None
        with caplog.at_level(logging.DEBUG), pytest.raises(TokenRefused) as refused:
            await token_for(grant)
        with pytest.raises(TokenRefused):
            await token_for(replace(grant, url="http://127.0.0.1:1/token"))
        for text in (str(refused.value), caplog.text, repr(grant)):
            assert "another-synthetic-secret" not in text

    def test_needs_its_client_and_is_never_asked_for_in_the_clear(
        self, inbox: Dovecot, issuer: TokenServer, tmp_path: Path
    ) -> None:
        real = {"mode": "real", "imap_security": "tls"}
        for given, sentence in (
            ({"imap_client_id": ""}, "CLIENT_ID"),
            ({"imap_client_secret_file": None}, "CLIENT_SECRET_FILE"),
            ({"imap_refresh_token_file": tmp_path / "none"}, "REFRESH_TOKEN_FILE"),
            (real, "must begin with https"),
            ({**real, "imap_security": "none"}, "in the clear"),
        ):
            with pytest.raises(ImapUnusable, match=sentence):
                grant_of(cast("ImapSettings", with_token(inbox, issuer, tmp_path, **given)))
