"""Two forms in the words of one mail: the desk makes the second one a referral of its own."""

import asyncio
from typing import Any

import pytest

from chassis import clock
from chassis.actor import Actor
from services.intake.app import service
from services.intake.domain import (
    Addition,
    Found,
    KeyKind,
    NoReceipt,
    Posted,
    Quarantined,
    QuarantineReason,
    SenderEvidence,
    ShownText,
    Source,
    key_for,
)
from services.intake.doors.letterbox import Letterbox
from services.intake.doors.reading_room import ReadingRoom
from services.intake.operations import Sent, add_version_by_referrer, record_evidence
from services.intake.readers import Cage
from tests.conftest import Running, RunningOf
from tests.intake.builders import mail, rows, topics_of
from tests.intake.test_operations import practice, take_in
from tests.intake.test_operations_correcting import told
from tests.intake.test_readers_texts import TYPED
from tests.intake.test_web_desk import as_officer, hidden, keyed, post, problems, unread_mail
from tests.intake.test_web_desk_work import words

WHICH = {"which": "The second one, about the younger brother (synthetic)."}


@pytest.fixture
async def intake(running_of: RunningOf) -> Running:
    """Intake with everything but its mailbox and its clock."""
    return await running_of(service(), doors=False)


def page_of(reference: str) -> str:
    """Return the address at which another referral is made of a mail."""
    return f"/desk/referrals/{reference}/another"


async def divided(intake: Running, reference: str) -> Any:
    """Make another referral of a mail; return the row of what it became."""
    answer = await post(intake, page_of(reference), WHICH)
    assert answer.status_code == 303, problems(answer.text)
    made = answer.headers["location"].rpartition("/")[2]
    [row] = await rows(intake.runtime, "SELECT * FROM referral WHERE reference = :r", r=made)
    return row


class TestTyped:
    async def test_twice_in_the_words_of_a_mail_waits_for_a_person_who_parts_them(self, intake: Running) -> None:
        both = f"{TYPED}\n\n{TYPED.replace('Testperson', 'Secondperson')}"
        cage = Cage()
        await cage.start()
        room = ReadingRoom(intake.runtime, cage)
        taken = Letterbox(intake.runtime, room)
        reference = await taken.take(mail(both).as_bytes(), Posted(envelope_sender="referrer@school.example"))
        await room.read_waiting()
        await cage.stop()
        [only] = await rows(intake.runtime, "SELECT reading FROM referral")
        assert only.reading == "unread"
        await as_officer(intake)
        made = await divided(intake, reference)
        page = words((await intake.client.get(f"/desk/referrals/{made.reference}")).text)
        assert "Testperson" in page
        assert "Secondperson" in page


class TestAnother:
    async def test_is_checked_before_it_is_made(self, intake: Running) -> None:
        reference = await unread_mail(intake)
        await as_officer(intake)
        assert page_of(reference) in (await intake.client.get(f"/desk/referrals/{reference}")).text
        page = words((await intake.client.get(page_of(reference))).text)
        assert "It is sent, unread, to: Intelligence unit, Police Gateway" in page
        assert "A synthetic <b>mail." in page
        answer = await post(intake, page_of(reference), {"which": " "})
        assert (answer.status_code, problems(answer.text)) == (422, ["Enter which form in the mail it is"])
        assert len(await rows(intake.runtime, "SELECT 1 FROM referral")) == 1

    async def test_keeps_the_mail_is_announced_at_once_and_waits_for_the_desk(self, intake: Running) -> None:
        reference = await unread_mail(intake)
        await as_officer(intake)
        made = await divided(intake, reference)
        assert (made.reading, made.version) == ("unread", 2)
        assert reference in made.unread_reason
        topics = await topics_of(intake.runtime, made.id)
        assert {"intake.police.v1", "intake.social-care.v1", "intake.referrer.v1"} <= set(topics)
        assert await rows(intake.runtime, "SELECT 1 FROM ledger_line WHERE referral_id = :id AND required", id=made.id)
        [police] = [each for each in await told(intake.runtime, made.id, "intake.police.v1") if each["version"] == 2]
        assert police["made_by"] == "desk"
        digests = await rows(intake.runtime, "SELECT DISTINCT digest FROM document")
        assert len(digests) == 1
        page = words((await intake.client.get(f"/desk/referrals/{made.reference}")).text)
        assert f"Which form it is, said at the desk: {WHICH['which']}" in page
        assert "A synthetic <b>mail." in page
        completed = await post(intake, f"/desk/referrals/{made.reference}", keyed())
        assert completed.headers["location"] == "/desk", problems(completed.text)

    async def test_shows_the_mail_that_it_was_cut_from_and_not_what_came_later(self, intake: Running) -> None:
        reference = await unread_mail(intake)
        [row] = await rows(intake.runtime, "SELECT id FROM referral WHERE reference = :r", r=reference)
        later = Addition(
            words="Synthetic words of a later mail.",
            keys=(key_for(KeyKind.DIGEST, "a later mail"),),
            reason="A file of it could not be read.",
            found=Found(texts=(ShownText("", "Canary-Quincunx, in a later mail."),)),
            closed=(Quarantined(place=1, reason=QuarantineReason.DAMAGED, name="form.docx"),),
        )
        async with intake.runtime.database.transaction(Actor.job("intake", "reading")) as session:
            await add_version_by_referrer(
                session, row.id, later, practice(intake.runtime), likeness_key=b"k" * 32, now=clock.now()
            )
        await as_officer(intake)
        assert "Canary-Quincunx" in (await intake.client.get(f"/desk/referrals/{reference}")).text
        made = await divided(intake, reference)
        for page in (page_of(reference), page_of(made.reference), f"/desk/referrals/{made.reference}"):
            text = (await intake.client.get(page)).text
            assert "A synthetic &lt;b&gt;mail." in text, page
            assert "Canary-Quincunx" not in text, page

    async def test_stands_in_the_history_and_the_audit_of_both(self, intake: Running) -> None:
        reference = await unread_mail(intake)
        await as_officer(intake)
        made = await divided(intake, reference)
        for one, other in ((reference, made.reference), (made.reference, reference)):
            text = (await intake.client.get(f"/desk/referrals/{one}")).text
            assert f"/desk/referrals/{other}" in text
            told = f"Sample Officer (synthetic) made {made.reference} of a form in the mail of {reference}, on "
            assert told in words(text)
        audited = await rows(
            intake.runtime,
            """SELECT referral.reference, actor_id FROM audit_entry JOIN referral ON referral.id = audit_entry.subject
            WHERE action = 'referral.divided'""",
        )
        assert {(row.reference, row.actor_id) for row in audited} == {
            (reference, "desk-1"),
            (made.reference, "desk-1"),
        }

    async def test_is_made_once_of_a_page_sent_twice_or_by_two_officers_at_once(self, intake: Running) -> None:
        reference = await unread_mail(intake)
        await as_officer(intake)
        page = (await intake.client.get(page_of(reference))).text
        fields = {**WHICH, **hidden(page)}
        answers = await asyncio.gather(*(intake.client.post(page_of(reference), data=fields) for _ in range(3)))
        assert len({answer.headers["location"] for answer in answers}) == 1
        assert len(await rows(intake.runtime, "SELECT 1 FROM referral")) == 2
        assert len(await rows(intake.runtime, "SELECT 1 FROM audit_entry WHERE action = 'referral.divided'")) == 2
        third = await divided(intake, answers[0].headers["location"].rpartition("/")[2])
        assert third.reference not in answers[0].headers["location"]
        assert len(await rows(intake.runtime, "SELECT DISTINCT first_id FROM same_mail")) == 1

    async def test_sends_no_receipt_where_the_sender_looked_forged(self, intake: Running) -> None:
        reference = await unread_mail(intake)
        [row] = await rows(intake.runtime, "SELECT id FROM referral WHERE reference = :r", r=reference)
        sent = Sent(evidence=SenderEvidence(source=Source.RELAY), no_receipt=NoReceipt.FORGED)
        async with intake.runtime.database.transaction(Actor.job("intake", "reading")) as session:
            await record_evidence(session, row.id, sent, now=clock.now())
        await as_officer(intake)
        made = await divided(intake, reference)
        assert "intake.referrer.v1" not in await topics_of(intake.runtime, made.id)
        assert await rows(intake.runtime, "SELECT 1 FROM sender_evidence WHERE referral_id = :id", id=made.id)

    async def test_is_refused_where_somebody_in_the_mail_was_erased_or_there_is_no_mail(self, intake: Running) -> None:
        reference = await unread_mail(intake)
        await as_officer(intake)
        made = await divided(intake, reference)
        await rows(
            intake.runtime, "UPDATE referral SET reading = 'erased' WHERE reference = :r RETURNING 1", r=made.reference
        )
        answer = await post(intake, page_of(reference), WHICH)
        assert answer.status_code == 409
        assert "no further copy of it may be made" in answer.text
        assert page_of(reference) not in (await intake.client.get(f"/desk/referrals/{reference}")).text
        receipt, _ = await take_in(intake.runtime, practice(intake.runtime), None)
        await rows(
            intake.runtime, "UPDATE referral SET door = 'api' WHERE reference = :r RETURNING 1", r=receipt.reference
        )
        assert (await post(intake, page_of(receipt.reference), WHICH)).status_code == 409
