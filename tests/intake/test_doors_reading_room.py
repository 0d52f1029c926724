"""The reading room: several forms in one mail, what is known of a sender, and mails that answer our own."""

import json
from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from chassis import clock
from chassis.actor import Actor
from services.intake.app import service
from services.intake.domain import Posted
from services.intake.doors import Letterbox, ReadingRoom, reading_room
from services.intake.doors.sender_check import SenderCheck
from services.intake.operations import complete, dismiss, divide
from services.intake.queries import evidence_of, localities_of, mails_set_aside, same_mail_of
from services.intake.readers import Cage
from services.intake.settings import IntakeSettings
from tests.conftest import Running, RunningOf
from tests.intake.builders import form, mail, mail_with_form, referral, rows, topics_of
from tests.intake.test_doors_sender_check import Zone
from tests.intake.test_operations_correcting import told

MAILBOX = "preventreferrals@kent-and-medway.example"
SENDER = "referrer@school.example"
RECEIPT = "<0192@notify.throughline.example>"
RELAY = "mx.force.example"
RECEIPTS = "intake.referrer.v1"
SAMPLES = Path(__file__).parents[2] / "samples" / "forms"
WORD = "vnd.openxmlformats-officedocument.wordprocessingml.document"


class Desk:
    """Intake without its listening doors, its letterbox and its reading room."""

    def __init__(self, intake: Running, cage: Cage) -> None:
        self.runtime = intake.runtime
        self.room = ReadingRoom(intake.runtime, cage)
        self._letterbox = Letterbox(intake.runtime, self.room)

    async def take(self, message: EmailMessage, sender: str = SENDER) -> str:
        """Take a mail in as the doors do."""
        return await self._letterbox.take(message.as_bytes(), Posted(recipients=(MAILBOX,), envelope_sender=sender))

    async def ask(self, query: Any, *given: Any, **named: Any) -> Any:
        """Ask a question, or have an operation done, in a transaction of its own."""
        async with self.runtime.database.transaction(Actor.service("intake")) as session:
            return await query(session, *given, **named)

    async def referrals(self) -> list[Any]:
        """Return every referral, in the order of their making."""
        return await rows(self.runtime, "SELECT * FROM referral ORDER BY received_at, reference")


@pytest.fixture
async def desk(running_of: RunningOf) -> AsyncIterator[Desk]:
    """Intake whose relay is known."""
    intake = await running_of(service(IntakeSettings(service="intake", mail_relays=frozenset({RELAY}))), doors=False)
    cage = Cage()
    await cage.start()
    yield Desk(intake, cage)
    await cage.stop()


def mail_with_forms(*contents: dict[str, Any]) -> EmailMessage:
    message = mail()
    for number, content in enumerate(contents):
        raw = json.dumps(content).encode()
        message.add_attachment(raw, maintype="application", subtype="json", filename=f"{number}.json")
    return message


class TestSeveralForms:
    async def test_in_one_mail_are_several_referrals_with_the_same_original(self, desk: Desk) -> None:
        people = [referral(surname=name) for name in ("First", "Second", "Third")]
        reference = await desk.take(mail_with_forms(*people))
        assert await desk.room.read_waiting() == 1
        found = await desk.referrals()
        assert [row.reading for row in found] == ["read"] * 3
        assert found[0].reference == reference
        others = (await desk.ask(same_mail_of, found[0].id)).holders
        assert set(others) == {found[1].reference, found[2].reference}
        assert (await desk.ask(same_mail_of, found[1].id)).holders == (reference, found[2].reference)
        digests = await rows(desk.runtime, "SELECT DISTINCT digest FROM document")
        assert len(digests) == 1
        for row in found:
            topics = await topics_of(desk.runtime, row.id)
            assert topics.count("intake.police.v1") == 2
            assert topics.count("intake.referrer.v1") == 1

    async def test_are_made_once_however_often_the_process_dies_between(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await desk.take(mail_with_forms(*(referral(surname=name) for name in ("First", "Second", "Third"))))
        left = [1, 1]

        async def dies_after(*given: Any, **named: Any) -> Any:
            if not left:
                raise KilledHere
            left.pop()
            return await divide(*given, **named)

        async def dies_at_once(*_: Any, **__: Any) -> Any:
            raise KilledHere

        for name, replacement in (("divide", dies_after), ("record_reading", dies_at_once)):
            with monkeypatch.context() as patched:
                patched.setattr(reading_room, name, replacement)
                left[:] = [1] if name == "divide" else []
                with pytest.raises(KilledHere):
                    await desk.room.read_waiting()
        assert await desk.room.read_waiting() == 1
        found = await desk.referrals()
        assert [row.reading for row in found] == ["read"] * 3
        assert len(await rows(desk.runtime, "SELECT * FROM same_mail")) == 2

    async def test_of_which_one_is_not_whole_send_the_first_to_the_desk(self, desk: Desk) -> None:
        torn = referral(surname="Torn")
        del torn["referrer"]
        await desk.take(mail_with_forms(referral(surname="First"), torn, referral(surname="Third")))
        await desk.room.read_waiting()
        found = await desk.referrals()
        assert [row.reading for row in found] == ["unread", "read"]
        assert "another form that is not whole" in found[0].unread_reason

    async def test_that_are_the_same_one_twice_are_one_referral(self, desk: Desk) -> None:
        same = referral()
        await desk.take(mail_with_forms(same, same))
        await desk.room.read_waiting()
        assert [row.reading for row in await desk.referrals()] == ["read"]


class KilledHere(Exception):
    """Stands for the end of the process at this point."""


class TestSender:
    async def test_is_noted_as_our_relay_found_it(self, desk: Desk) -> None:
        said = f"{RELAY}; dmarc=fail header.from=school.example; spf=fail"
        await desk.take(mail_with_form(json.dumps(referral()).encode(), Authentication_Results=said))
        await desk.room.read_waiting()
        [row] = await desk.referrals()
        assert row.reading == "read"
        shown = await desk.ask(evidence_of, row.id)
        assert shown.looks_forged
        assert shown.domain == "school.example"
        assert shown.sentences == (
            "Our mail relay checked the sender when the mail arrived.",
            "The mail does not come from school.example, or was changed on its way (DMARC failed).",
            "The server that sent it may not send for that domain (SPF failed).",
            "No receipt was sent, because the sender may be forged: answer by telephone.",
        )

    async def test_that_looks_forged_gets_no_receipt_not_even_at_the_address_on_the_form(self, desk: Desk) -> None:
        for verdict in ("fail", "pass"):
            form = json.dumps(referral()).encode()
            await desk.take(mail_with_form(form, Authentication_Results=f"{RELAY}; dmarc={verdict}"))
        await desk.room.read_waiting()
        forged, believed = await desk.referrals()
        assert "intake.referrer.v1" not in await topics_of(desk.runtime, forged.id)
        assert "intake.referrer.v1" in await topics_of(desk.runtime, believed.id)

    async def test_that_nobody_checked_gets_a_receipt_and_the_desk_is_told(self, desk: Desk) -> None:
        await desk.take(mail())
        await desk.room.read_waiting()
        [row] = await desk.referrals()
        assert "intake.referrer.v1" in await topics_of(desk.runtime, row.id)
        shown = await desk.ask(evidence_of, row.id)
        assert shown.sentences == ("Nobody checked the sender: neither our mail relay nor the software.",)


class TestReceipt:
    @pytest.mark.parametrize(("sample", "language"), [("table-2025-cy.docx", "cy"), ("legacy-2018.docx", "en")])
    async def test_waits_for_the_reading_and_speaks_the_language_of_the_form(
        self, desk: Desk, sample: str, language: str
    ) -> None:
        message = mail_with_form((SAMPLES / sample).read_bytes(), sample, WORD)
        reference = await desk.take(message)
        [row] = await desk.referrals()
        assert await told(desk.runtime, row.id, "intake.referrer.v1") == []
        await desk.room.read_waiting()
        [receipt] = await told(desk.runtime, row.id, "intake.referrer.v1")
        assert (receipt["reference"], receipt["email"], receipt["language"]) == (reference, SENDER, language)
        assert (receipt["stage"], receipt["in_reply_to"]) == ("received", message["Message-ID"])

    async def test_of_each_form_in_a_mail_speaks_its_own(self, desk: Desk) -> None:
        message = mail()
        for content in ({**referral(surname="First"), "language": "cy"}, referral(surname="Second")):
            message.add_attachment(json.dumps(content).encode(), maintype="application", subtype="json", filename="f")
        await desk.take(message)
        await desk.room.read_waiting()
        receipts = [receipt for row in await desk.referrals() for receipt in await told(desk.runtime, row.id, RECEIPTS)]
        assert sorted(each["language"] for each in receipts) == ["cy", "en"]
        assert {each["in_reply_to"] for each in receipts} == {message["Message-ID"]}

    async def test_of_what_nobody_can_read_is_sent_too(self, desk: Desk) -> None:
        await desk.take(mail())
        await desk.room.read_waiting()
        [row] = await desk.referrals()
        [receipt] = await told(desk.runtime, row.id, RECEIPTS)
        assert (receipt["email"], receipt["language"]) == (SENDER, "en")

    @pytest.mark.parametrize(("answers_to", "receipts"), [("somebody@else.example", 0), (SENDER, 1)])
    async def test_is_kept_back_where_only_the_reading_room_found_the_sender_forged(
        self, desk: Desk, answers_to: str, receipts: int
    ) -> None:
        desk.room._senders = SenderCheck(Zone({}))
        broken = {"DKIM_Signature": "v=1; d=school.example; s=s1; a=rsa-sha256; h=from; bh=AAAA; b=AAAA"}
        await desk.take(mail_with_form(json.dumps(referral()).encode(), Reply_To=answers_to, **broken))
        await desk.room.read_waiting()
        [row] = await desk.referrals()
        assert len(await told(desk.runtime, row.id, RECEIPTS)) == receipts

    async def test_is_sent_once_where_an_officer_completes_what_is_still_being_read(self, desk: Desk) -> None:
        reference = await desk.take(mail())
        welsh = form().model_copy(update={"language": "cy"})
        local = localities_of(desk.runtime).by_district("Thanet", clock.now().date())
        await desk.ask(complete, reference, welsh, local, likeness_key=b"k" * 32, now=clock.now())
        await desk.room.read_waiting()
        [row] = await desk.referrals()
        [receipt] = await told(desk.runtime, row.id, RECEIPTS)
        assert (receipt["email"], receipt["language"]) == (SENDER, "cy")


def our_own(body: str) -> EmailMessage:
    """Return a mail of our own."""
    message = mail(body, Auto_Submitted="auto-generated")
    message.replace_header("Message-ID", RECEIPT)
    return message


def bounce() -> EmailMessage:
    """Return a report that our receipt was not delivered, with the receipt in it."""
    receipt = our_own("Thank you for your referral.")
    report = EmailMessage()
    report["From"] = "MAILER-DAEMON@school.example"
    report["To"] = MAILBOX
    report["Message-ID"] = "<bounce@school.example>"
    report.set_content("Your mail could not be delivered.")
    report.make_mixed()
    status = EmailMessage()
    status.set_content("Action: failed\nStatus: 5.1.1\n", subtype="plain")
    report.attach(status)
    report.add_attachment(receipt)
    report.replace_header("Content-Type", 'multipart/report; report-type=delivery-status; boundary="b"')
    return report


class TestAnswersToOurOwn:
    @pytest.mark.parametrize(
        ("message", "sender"),
        [
            (bounce(), "<>"),
            (mail("I am away.", Auto_Submitted="auto-replied", In_Reply_To=RECEIPT), SENDER),
            (our_own("Thank you."), "no-reply@throughline.example"),
        ],
    )
    async def test_alarm_nobody_and_wait_for_a_person(self, desk: Desk, message: EmailMessage, sender: str) -> None:
        assert await desk.take(message, sender) == ""
        await desk.room.read_waiting()
        assert await desk.referrals() == []
        [waiting] = await desk.ask(mails_set_aside, limit=10)
        [kept] = await rows(desk.runtime, "SELECT * FROM document")
        assert kept.id == waiting.document_id
        await desk.ask(dismiss, waiting.id, reason="a bounce", now=clock.now())
        assert await desk.ask(mails_set_aside, limit=10) == ()

    async def test_with_a_form_in_them_are_referrals_at_once(self, desk: Desk) -> None:
        form = json.dumps(referral()).encode()
        answer = mail_with_form(form, Auto_Submitted="auto-replied", In_Reply_To=RECEIPT)
        assert await desk.take(answer) == ""
        await desk.room.read_waiting()
        await desk.room.read_waiting()
        [row] = await desk.referrals()
        assert row.reading == "read"
        assert "intake.police.v1" in await topics_of(desk.runtime, row.id)

    async def test_that_cannot_be_read_are_announced_as_referrals(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def breaks(*_: Any) -> Any:
            raise RuntimeError

        await desk.take(mail(Auto_Submitted="auto-replied", In_Reply_To=RECEIPT))
        with monkeypatch.context() as patched:
            patched.setattr(Cage, "read_message", breaks)
            await desk.room.read_waiting()
        [row] = await desk.referrals()
        assert "intake.police.v1" in await topics_of(desk.runtime, row.id)

    async def test_sent_twice_are_kept_once(self, desk: Desk) -> None:
        answer = mail(Auto_Submitted="auto-replied", In_Reply_To=RECEIPT)
        for _ in range(2):
            await desk.take(answer)
        assert len(await rows(desk.runtime, "SELECT id FROM set_aside")) == 1

    async def test_by_a_person_are_referrals_like_any_other_mail(self, desk: Desk) -> None:
        assert await desk.take(mail("He came back today.", In_Reply_To=RECEIPT))
        assert len(await desk.referrals()) == 1

    async def test_of_other_machines_are_referrals_without_a_receipt(self, desk: Desk) -> None:
        assert await desk.take(mail(Auto_Submitted="auto-generated"))
        assert await desk.take(mail(), "<>")
        for row in await desk.referrals():
            assert "intake.referrer.v1" not in await topics_of(desk.runtime, row.id)
