"""The mailbox: 250 means stored, anything else that the sender still has it; what cannot be read reaches people."""

import asyncio
import json
import smtplib
import socket
from email.message import EmailMessage
from typing import Any

import pytest

from chassis import clock
from chassis.actor import Actor
from chassis.database import Database
from chassis.errors import Unavailable
from services.intake.app import service
from services.intake.domain import Posted
from services.intake.doors import ReadingRoom, looked_at
from services.intake.operations import receive
from services.intake.readers import Cage, ReadMessage
from services.intake.settings import IntakeSettings
from tests.conftest import Running, RunningOf, eventually
from tests.intake.builders import mail, mail_with_form, referral, rows, topics_of

MAILBOX = "preventreferrals@kent-and-medway.example"
SENDER = "referrer@school.example"
LIMIT = 200_000


class Client(smtplib.SMTP):
    """An SMTP client that remembers the answer to the data."""

    answer: tuple[int, bytes] = (0, b"")

    def data(self, msg: Any) -> tuple[int, bytes]:
        """Send the data and remember the answer."""
        self.answer = super().data(msg)
        return self.answer


@pytest.fixture
def port() -> int:
    """A port that is free now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture
async def intake(running_of: RunningOf, port: int) -> Running:
    """Intake with its mailbox open."""
    return await running_of(service(IntakeSettings(service="intake", smtp_port=port, smtp_size_limit=LIMIT)))


async def send(port: int, message: EmailMessage | bytes) -> tuple[int, str]:
    """Send a mail as a real client does; return code and text of the answer to its data."""

    def talk() -> tuple[int, str]:
        with Client("127.0.0.1", port, timeout=20) as client:
            raw = message if isinstance(message, bytes) else message.as_bytes()
            try:
                client.sendmail(SENDER, [MAILBOX], raw)
            except smtplib.SMTPDataError as refused:
                return refused.smtp_code, str(refused.smtp_error)
            return client.answer[0], client.answer[1].decode()

    return await asyncio.to_thread(talk)


async def state_of(intake: Running, answer: str) -> Any:
    """Return the referral's row once the software has finished with its original."""
    reference = answer.rsplit(maxsplit=1)[-1]

    async def finished() -> Any:
        found = await rows(intake.runtime, "SELECT * FROM referral WHERE reference = :r", r=reference)
        return found[0] if found and found[0].reading != "being-read" else None

    return await eventually(finished, seconds=40)


class TestMailWithForm:
    async def test_is_stored_before_250_and_read_afterwards(self, intake: Running, port: int) -> None:
        code, answer = await send(port, mail_with_form(json.dumps(referral(district="Medway")).encode()))
        assert code == 250
        assert answer.startswith("2.0.0 Accepted as KM-")
        row = await state_of(intake, answer)
        assert (row.reading, row.version, row.district) == ("read", 2, "Medway")
        assert await topics_of(intake.runtime, row.id) == [
            "intake.awareness.v1",
            "intake.police.v1",
            "intake.social-care.v1",
            "intake.awareness.v1",
            "intake.police.v1",
            "intake.social-care.v1",
            "intake.referrer.v1",
        ]
        assert len(await topics_of(intake.runtime, row.statistics_key)) == 2

    async def test_with_answers_missing_reaches_people_and_the_desk(self, intake: Running, port: int) -> None:
        content = referral()
        del content["referrer"]["surname"]
        _, answer = await send(port, mail_with_form(json.dumps(content).encode()))
        row = await state_of(intake, answer)
        assert row.reading == "unread"
        assert "referrer.surname" in row.unread_reason


class TestMailWithoutForm:
    async def test_is_accepted_announced_and_put_on_the_desk(self, intake: Running, port: int) -> None:
        code, answer = await send(port, mail())
        assert code == 250
        row = await state_of(intake, answer)
        assert row.reading == "unread"
        assert row.unread_reason.startswith("The mail has no form attached")
        granted = await rows(
            intake.runtime, "SELECT service FROM document_grant WHERE document_id = :d", d=row.document_id
        )
        assert {grant.service for grant in granted} == {"triage", "notify"}

    @pytest.mark.parametrize(
        "raw",
        [
            b"",
            b"\x00\xff\xfe garbage without any header",
            b"Subject: only\r\n\r\n",
            b"From: =?utf-8?B?////?= <>\r\nMessage-ID: <\r\nContent-Type: multipart/mixed; boundary=\r\n\r\n--\r\n",
            b"Content-Type: text/plain; charset=nonsense\r\nFrom: a@b@c\r\n\r\nbody\r\n",
            b"X: " + b"y" * 150_000 + b"\r\n\r\nbody\r\n",
        ],
    )
    async def test_however_broken_is_kept(self, intake: Running, port: int, raw: bytes) -> None:
        code, answer = await send(port, raw)
        assert code == 250
        assert (await state_of(intake, answer)).reading == "unread"

    async def test_that_is_automatic_gets_no_receipt(self, intake: Running, port: int) -> None:
        _, answer = await send(port, mail(Auto_Submitted="auto-replied"))
        row = await state_of(intake, answer)
        assert "intake.referrer.v1" not in await topics_of(intake.runtime, row.id)


class TestTheSameMail:
    async def test_sent_twice_folds(self, intake: Running, port: int) -> None:
        message = mail()
        answers = [await send(port, message) for _ in range(2)]
        assert answers[0] == answers[1]
        assert len(await rows(intake.runtime, "SELECT id FROM referral")) == 1

    async def test_by_another_way_folds_and_both_are_kept(self, intake: Running, port: int) -> None:
        first, second = mail(), mail()
        second.replace_header("Message-ID", first["Message-ID"])
        second["Received"] = "by another relay"
        assert (await send(port, first))[1] == (await send(port, second))[1]
        assert len(await rows(intake.runtime, "SELECT id FROM document")) == 2

    async def test_with_other_content_under_a_used_message_id_is_another_referral(
        self, intake: Running, port: int
    ) -> None:
        first, second = mail(), mail()
        second.replace_header("Message-ID", first["Message-ID"])
        second.add_attachment(b"something else", maintype="application", subtype="octet-stream", filename="b.bin")
        assert (await send(port, first))[1] != (await send(port, second))[1]
        assert len(await rows(intake.runtime, "SELECT id FROM referral")) == 2

    async def test_sent_twenty_times_at_once_is_one_referral(self, intake: Running, port: int) -> None:
        message = mail()
        answers = await asyncio.gather(*(send(port, message) for _ in range(20)))
        assert len(set(answers)) == 1
        assert answers[0][0] == 250
        assert len(await rows(intake.runtime, "SELECT id FROM referral")) == 1


class TestConversation:
    async def test_too_large_is_refused_once_and_goes_on(self, intake: Running, port: int) -> None:
        def talk() -> list[tuple[int, bytes]]:
            with smtplib.SMTP("127.0.0.1", port, timeout=20) as client:
                client.ehlo()
                answers = [client.mail(SENDER, [f"SIZE={LIMIT + 1}"]), client.mail(SENDER)]
                client.rcpt(MAILBOX)
                answers.append(client.data(b"x\r\n" * LIMIT))
                return [*answers, client.noop()]

        declared, _, sent, _ = answers = await asyncio.to_thread(talk)
        assert [code for code, _ in answers] == [552, 250, 552, 250]
        limit = b"5.3.4 The mail is larger than 0.191 MB: send it with fewer attachments, or use the web form"
        assert declared[1] == sent[1] == limit
        assert await rows(intake.runtime, "SELECT id FROM referral") == []

    async def test_takes_many_recipients(self, intake: Running, port: int) -> None:
        def talk() -> int:
            with smtplib.SMTP("127.0.0.1", port, timeout=20) as client:
                client.ehlo()
                client.mail(SENDER)
                assert {client.rcpt(f"{number}-{MAILBOX}")[0] for number in range(100)} == {250}
                return client.data(mail().as_bytes())[0]

        assert await asyncio.to_thread(talk) == 250
        assert len(await rows(intake.runtime, "SELECT id FROM referral")) == 1

    @pytest.mark.parametrize("ending", [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r"])
    async def test_cannot_be_smuggled_past_a_bare_line_end(self, intake: Running, port: int, ending: bytes) -> None:
        smuggled = (
            b"Subject: one\r\n\r\nfirst"
            + ending
            + b"MAIL FROM:<forged@example.org>\r\nRCPT TO:<x@y.example>\r\nDATA\r\n"
        )
        answers = await conversation(port, smuggled + b"Subject: two\r\n\r\nsecond\r\n.\r\nQUIT\r\n")
        assert answers.count(b"250 2.0.0 Accepted") == 1
        assert len(await rows(intake.runtime, "SELECT id FROM referral")) == 1

    async def test_answers_451_when_nothing_can_be_kept(
        self, intake: Running, port: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def away(*_: object) -> None:
            raise Unavailable("The database did not answer; try again in a moment.")

        with monkeypatch.context() as patched:
            patched.setattr(Database, "transaction", away)
            code, _ = await send(port, mail())
        assert code == 451
        assert (await send(port, mail()))[0] == 250

    async def test_cut_before_the_end_of_data_stores_nothing(self, intake: Running, port: int) -> None:
        whole = b"EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\nSubject: s\r\n\r\nbody\r\n.\r\n"
        for cut in range(0, len(whole) - 1, 7):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(whole[:cut])
            await writer.drain()
            writer.close()
        assert (await send(port, mail()))[0] == 250
        assert len(await rows(intake.runtime, "SELECT id FROM referral")) == 1


async def conversation(port: int, data: bytes) -> bytes:
    """Send data after the usual beginning, all at once, and return everything that the server said."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for line in (b"EHLO x", b"MAIL FROM:<a@b.example>", b"RCPT TO:<c@d.example>", b"DATA"):
        writer.write(line + b"\r\n")
        await asyncio.sleep(0.02)
    writer.write(data)
    await writer.drain()
    said = await asyncio.wait_for(reader.read(), 20)
    writer.close()
    return said


class TestReadingRoom:
    async def test_reads_what_a_crash_left_behind(self, running_of: RunningOf) -> None:
        intake = await running_of(service(), doors=False)
        await accept(intake, mail_with_form(json.dumps(referral()).encode()).as_bytes())
        cage = Cage()
        await cage.start()
        try:
            assert await ReadingRoom(intake.runtime, cage).read_waiting() == 1
        finally:
            await cage.stop()
        [row] = await rows(intake.runtime, "SELECT * FROM referral")
        assert row.reading == "read"

    async def test_gives_an_original_up_after_three_tries(self, running_of: RunningOf) -> None:
        intake = await running_of(service(), doors=False)
        await accept(intake, mail().as_bytes())
        room = ReadingRoom(intake.runtime, CrashingCage())
        for _ in range(3):
            with pytest.raises(RuntimeError):
                await room.read_waiting()
        await room.read_waiting()
        [row] = await rows(intake.runtime, "SELECT * FROM referral")
        assert row.reading == "unread"
        assert "stopped each time" in row.unread_reason

    async def test_goes_on_after_one_that_fails_and_opens_only_so_many_attachments(self, running_of: RunningOf) -> None:
        intake = await running_of(service(), doors=False)
        crowded = mail()
        for number in range(22):
            crowded.add_attachment(b"{}", maintype="application", subtype="json", filename=f"{number}.json")
        for raw in (mail(Subject="broken").as_bytes(), crowded.as_bytes()):
            await accept(intake, raw)
        cage = OneFailingCage()
        await cage.start()
        try:
            with pytest.raises(RuntimeError):
                await ReadingRoom(intake.runtime, cage).read_waiting()
        finally:
            await cage.stop()
        states = await rows(intake.runtime, "SELECT reading, unread_reason FROM referral ORDER BY received_at")
        assert [row.reading for row in states] == ["being-read", "unread"]
        assert "more than 20 attachments" in states[1].unread_reason


class OneFailingCage(Cage):
    """A cage that fails at one mail."""

    async def read_message(self, raw: bytes) -> ReadMessage:
        """Fail at the mail that says so."""
        if b"Subject: broken" in raw:
            raise RuntimeError(len(raw))
        return await super().read_message(raw)


class CrashingCage(Cage):
    """A cage that takes the whole process with it, as far as the reading room can tell."""

    async def read_message(self, raw: bytes) -> ReadMessage:
        """Fail."""
        raise RuntimeError(len(raw))


async def accept(intake: Running, raw: bytes) -> None:
    """Take a mail in as the mailbox does."""
    original = looked_at(intake.runtime, raw, Posted(recipients=(MAILBOX,), envelope_sender=SENDER)).original
    async with intake.runtime.database.transaction(Actor.public()) as session:
        await receive(session, original, now=clock.now())
