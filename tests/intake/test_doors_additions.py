"""Mails that name a referral: their referrer's words join it, everything else is a referral of its own, marked."""

import json
from email.message import EmailMessage
from typing import Any

import pytest
from sqlalchemy import text

from chassis.actor import Actor
from contracts.vocabulary import ReferralForm
from services.intake.app import service
from services.intake.domain import Found
from services.intake.domain.readings import MOST_SHOWN
from services.intake.doors import reading_room
from services.intake.doors.outcomes import FORM_IN_TEXT
from services.intake.operations import erase_subject, join_referral
from services.intake.queries import desk_referral, pairs_of
from services.intake.settings import IntakeSettings
from services.intake.writers.plain import filled_text
from tests.conftest import RunningOf
from tests.intake.builders import mail, mail_with_form, referral, rows, topics_of
from tests.intake.conftest import CageOf
from tests.intake.test_doors_reading_room import RELAY, SENDER, Desk
from tests.intake.test_operations_correcting import told

WORDS = "Canary-Quincunx. He came back today (synthetic)."


@pytest.fixture
async def desk(running_of: RunningOf, cage_of: CageOf) -> Desk:
    """Intake whose relay is known."""
    intake = await running_of(service(IntakeSettings(service="intake", mail_relays=frozenset({RELAY}))), doors=False)
    return Desk(intake, await cage_of())


async def referred(desk: Desk, content: dict[str, Any] | None = None) -> Any:
    """Take in a referral by mail and read it; return its row."""
    await desk.take(mail_with_form(json.dumps(content or referral()).encode()))
    await desk.room.read_waiting()
    [row] = await desk.referrals()
    return row


def answer(reference: str, body: str = WORDS, **headers: str) -> EmailMessage:
    """Return what a referrer writes who answers our receipt."""
    return mail(body, **{"Subject": f"Re: Your referral {reference}", **headers})


def correction(first: Any, again: dict[str, Any], **headers: str) -> EmailMessage:
    """Return the mail in which a referrer sends a whole form again."""
    return mail_with_form(json.dumps(again).encode(), Subject=f"Re: Your referral {first.reference}", **headers)


class TestAnswerOfTheReferrer:
    async def test_joins_the_referral_with_its_words_and_itself(self, desk: Desk) -> None:
        first = await referred(desk)
        assert await desk.take(answer(first.reference)) == ""
        await desk.room.read_waiting()
        [row] = await desk.referrals()
        assert (row.reading, row.version) == ("read", first.version + 1)
        police = (await told(desk.runtime, row.id, "intake.police.v1"))[-1]
        assert [words.strip() for words in police["additions"]] == [WORDS]
        assert [each["name"] for each in police["documents"]] == ["message.eml"]
        assert (await topics_of(desk.runtime, row.id)).count("intake.referrer.v1") == 2
        [aside] = await rows(desk.runtime, "SELECT * FROM set_aside")
        assert (aside.state, aside.referral_id, aside.addresses) == ("joined", row.id, None)

    async def test_joins_by_the_mail_that_it_answers_too(self, desk: Desk) -> None:
        first = await referred(desk)
        named = f"<{first.reference}.1@notify.throughline.example>"
        await desk.take(mail(WORDS, Subject="More", References=named))
        await desk.room.read_waiting()
        [row] = await desk.referrals()
        assert row.version == first.version + 1

    async def test_joins_once_however_often_it_comes_and_the_process_dies(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first = await referred(desk)
        message = answer(first.reference)

        async def dies_before(*_: Any, **__: Any) -> Any:
            raise KilledHere

        async def dies_in_the_transaction(*given: Any, **named: Any) -> Any:
            await join_referral(*given, **named)
            raise KilledHere

        await desk.take(message)
        for dies in (dies_before, dies_in_the_transaction):
            with monkeypatch.context() as patched:
                patched.setattr(reading_room, "join_referral", dies)
                with pytest.raises(KilledHere):
                    await desk.room.read_waiting()
        await desk.room.read_waiting()
        await desk.take(message)
        await desk.take(with_another_way(message))
        await desk.room.read_waiting()
        [row] = await desk.referrals()
        assert row.version == first.version + 1
        assert len(await told(desk.runtime, row.id, "intake.police.v1")) == first.version + 1

    async def test_is_forgotten_with_the_referral(self, desk: Desk) -> None:
        first = await referred(desk)
        await desk.take(answer(first.reference))
        await desk.room.read_waiting()
        await desk.ask(erase_subject, first.id)
        others = await rows(desk.runtime, "SELECT * FROM document WHERE subject <> :id AND body <> ''", id=first.id)
        assert others == []
        assert await rows(desk.runtime, "SELECT 1 FROM set_aside WHERE digest IS NOT NULL") == []


class TestFormOfTheReferrer:
    async def test_of_exactly_the_same_person_joins_as_the_next_version(self, desk: Desk) -> None:
        first = await referred(desk)
        again = referral(surname="SYNTHÉTIC", phones=["01632 960001"])
        assert await desk.take(correction(first, again, body=WORDS)) == ""
        await desk.room.read_waiting()
        [row] = await desk.referrals()
        assert (row.reading, row.version, row.unread_reason) == ("read", first.version + 1, "")
        police = (await told(desk.runtime, row.id, "intake.police.v1"))[-1]
        assert police["type"] == "intake.referral-version-added.v1"
        assert police["form"]["person"]["phones"] == ["01632 960001"]
        assert police["form"]["concerns"]["narrative"] == again["concerns"]["narrative"]
        assert [each["name"] for each in police["documents"]] == ["message.eml"]
        assert [words.strip() for words in police["additions"]] == [WORDS]
        care = (await told(desk.runtime, row.id, "intake.social-care.v1"))[-1]
        assert (care["type"], care["version"]) == ("intake.safeguarding-concern-updated.v1", row.version)
        assert await desk.ask(pairs_of, row.id) == ()

    @pytest.mark.parametrize(
        "person",
        [
            {"forenames": "Sibling"},
            {"surname": "Synthetik"},
            {"date_of_birth": "2009-04-28"},
            {"date_of_birth": None, "approximate_age": 16},
        ],
    )
    async def test_of_anybody_else_is_a_referral_of_its_own_and_a_pair(
        self, desk: Desk, person: dict[str, Any]
    ) -> None:
        first = await referred(desk)
        await self._is_its_own(desk, first, correction(first, referral(**person)))

    async def test_whose_sender_looks_forged_is_a_referral_of_its_own_and_a_pair(self, desk: Desk) -> None:
        first = await referred(desk)
        forged = {"Authentication_Results": f"{RELAY}; dmarc=fail header.from=school.example"}
        await self._is_its_own(desk, first, correction(first, referral(), **forged))

    async def test_beside_another_form_is_a_referral_of_its_own_and_a_pair(self, desk: Desk) -> None:
        first = await referred(desk)
        message = correction(first, referral())
        message.add_attachment(
            json.dumps(referral(surname="Other")).encode(), maintype="application", subtype="json", filename="2.json"
        )
        await desk.take(message)
        for _ in range(2):
            await desk.room.read_waiting()
        assert len(await desk.referrals()) == 3

    async def test_of_a_referral_that_nobody_could_read_is_a_referral_of_its_own(self, desk: Desk) -> None:
        reference = await desk.take(mail(WORDS))
        await desk.room.read_waiting()
        [first] = await desk.referrals()
        assert first.reference == reference
        await self._is_its_own(desk, first, correction(first, referral()))

    async def _is_its_own(self, desk: Desk, first: Any, message: EmailMessage) -> None:
        await desk.take(message)
        for _ in range(2):
            await desk.room.read_waiting()
        [untouched] = [row for row in await desk.referrals() if row.id == first.id]
        [own] = [row for row in await desk.referrals() if row.id != first.id]
        assert untouched.version == first.version
        assert [pair.other_reference for pair in await desk.ask(pairs_of, own.id)] == [first.reference]


class TestWhatACorrectedFormLeavesOpen:
    async def test_an_answer_that_only_the_earlier_form_has_goes_to_the_desk(self, desk: Desk) -> None:
        before = referral(phones=["01632 960001"])
        before["concerns"] |= {"immediate_danger": True, "complex_needs": "None known (synthetic)."}
        first = await referred(desk, before)
        again = referral()
        again["concerns"]["complex_needs"] = "One (synthetic)."
        await desk.take(correction(first, again))
        await desk.room.read_waiting()
        [row] = await desk.referrals()
        assert (row.reading, row.version, row.immediate_danger) == ("unread", first.version + 1, True)
        assert row.complete_by is not None
        assert row.unread_reason.endswith("still holds: concerns.immediate_danger, person.phones.0.")
        found = (await desk.ask(desk_referral, row.reference)).found
        assert (found.values["person.phones.0"], found.values["concerns.immediate_danger"]) == ("01632 960001", "yes")
        assert found.doubtful == ("person.phones.0", "concerns.immediate_danger")
        assert [each.name for each in found.texts] == ["", "referral.json"]
        police = (await told(desk.runtime, row.id, "intake.police.v1"))[-1]
        assert police["form"]["person"]["phones"] == []
        assert police["immediate_danger"] is True
        assert (await topics_of(desk.runtime, row.id)).count("intake.duty.v1") == 1

    async def test_what_could_not_be_understood_goes_to_the_desk_with_its_texts(self, desk: Desk) -> None:
        first = await referred(desk)
        await desk.take(correction(first, referral(gender="a gender of no list")))
        await desk.room.read_waiting()
        [row] = await desk.referrals()
        assert (row.reading, row.version) == ("unread", first.version + 1)
        found = (await desk.ask(desk_referral, row.reference)).found
        assert (found.doubtful, found.values["person.gender"]) == (("person.gender",), "a gender of no list")

    async def test_what_waited_for_a_person_goes_on_waiting(self, desk: Desk) -> None:
        first = await referred(desk, referral(gender="a gender of no list"))
        assert first.reading == "unread"
        await desk.take(correction(first, referral()))
        await desk.room.read_waiting()
        [row] = await desk.referrals()
        assert (row.reading, row.complete_by) == ("unread", first.complete_by)
        assert "still waited for a person" in row.unread_reason
        found = (await desk.ask(desk_referral, row.reference)).found
        assert found.values["person.gender"] == "a gender of no list"
        assert len(found.texts) == 4

    async def test_a_form_in_the_text_of_the_mail_is_not_sent_on_as_words(self, desk: Desk) -> None:
        first = await referred(desk)
        content = ReferralForm.model_validate(referral())
        await desk.take(answer(first.reference, body=filled_text(content)))
        await desk.room.read_waiting()
        [row] = await desk.referrals()
        police = (await told(desk.runtime, row.id, "intake.police.v1"))[-1]
        assert row.version == first.version + 1
        assert police["form"]["concerns"]["narrative"] == content.concerns.narrative
        assert police["additions"] == [FORM_IN_TEXT]


class TestAcknowledgement:
    async def test_goes_to_the_referrer_in_answer_to_the_mail_that_added(self, desk: Desk) -> None:
        first = await referred(desk)
        message = answer(first.reference)
        for _ in range(2):
            await desk.take(message)
            await desk.room.read_waiting()
        receipt, acknowledged = await told(desk.runtime, first.id, "intake.referrer.v1")
        assert (receipt["addition"], acknowledged["addition"]) == (False, True)
        assert (acknowledged["email"], acknowledged["stage"]) == (SENDER, "received")
        assert acknowledged["in_reply_to"] == message["Message-ID"]

    async def test_is_not_sent_where_the_area_sends_no_receipts(self, desk: Desk) -> None:
        first = await referred(desk)
        async with desk.runtime.database.transaction(Actor.service("intake")) as session:
            await session.execute(text("UPDATE referral SET tells = '{}'"))
        await desk.take(answer(first.reference))
        await desk.room.read_waiting()
        assert len(await told(desk.runtime, first.id, "intake.referrer.v1")) == 1


class KilledHere(Exception):
    """Stands for the end of the process at this point."""


def with_another_way(message: EmailMessage) -> EmailMessage:
    """Return the same mail with the header of one more server on its way."""
    message["X-Way"] = "another"
    return message


class TestMailThatDoesNotFit:
    @pytest.mark.parametrize(
        "headers",
        [
            {"From": "stranger@else.example"},
            {"Authentication_Results": f"{RELAY}; dmarc=fail header.from=school.example"},
        ],
    )
    async def test_is_a_referral_of_its_own_that_may_belong_to_the_named_one(
        self, desk: Desk, headers: dict[str, str]
    ) -> None:
        first = await referred(desk)
        reference = await desk.take(answer(first.reference, **headers))
        assert reference
        await desk.room.read_waiting()
        own = await self._marked(desk, first, reference)
        assert own.reading == "unread"
        [untouched] = [row for row in await desk.referrals() if row.id == first.id]
        assert untouched.version == first.version

    async def test_because_of_a_form_in_it_is_a_referral_at_once_and_marked(self, desk: Desk) -> None:
        first = await referred(desk)
        form = json.dumps(referral(surname="Other")).encode()
        assert await desk.take(mail_with_form(form, Subject=f"Re: {first.reference}")) == ""
        for _ in range(2):
            await desk.room.read_waiting()
        [own] = [row for row in await desk.referrals() if row.id != first.id]
        assert (await self._marked(desk, first, own.reference)).reading == "read"

    async def test_because_the_reference_is_nobodys_is_a_referral_without_a_mark(self, desk: Desk) -> None:
        assert await desk.take(answer("KM-7F3K-92QM"))
        await desk.room.read_waiting()
        [row] = await desk.referrals()
        assert await desk.ask(pairs_of, row.id) == ()

    async def test_when_its_referral_is_erased_meanwhile_is_a_referral(self, desk: Desk) -> None:
        first = await referred(desk)
        await desk.take(answer(first.reference))
        await desk.ask(erase_subject, first.id)
        await desk.room.read_waiting()
        assert len(await desk.referrals()) == 2

    async def _marked(self, desk: Desk, first: Any, reference: str) -> Any:
        """Return the referral, which is paired with the first and announced as perhaps the same."""
        [own] = [row for row in await desk.referrals() if row.reference == reference]
        [pair] = await desk.ask(pairs_of, own.id)
        assert pair.other_reference == first.reference
        police = (await told(desk.runtime, own.id, "intake.police.v1"))[-1]
        assert police["possibly_same_as"] == [first.reference]
        assert (await desk.ask(desk_referral, reference)).found.named == (first.reference,)
        return own


class TestTexts:
    async def test_of_what_a_person_has_to_look_at_are_kept_sealed_and_bounded(self, desk: Desk) -> None:
        torn = referral()
        del torn["referrer"]
        message = mail_with_form(json.dumps(torn).encode())
        message.add_attachment(b"x" * 150_000, maintype="text", subtype="plain", filename="long.txt")
        reference = await desk.take(message)
        await desk.room.read_waiting()
        found: Found = (await desk.ask(desk_referral, reference)).found
        assert [each.name for each in found.texts] == ["", "referral.json", "long.txt"]
        assert found.texts[0].text.startswith("Subject: Prevent referral\n\nA synthetic mail.")
        assert "Synthetic" in found.texts[1].text
        assert sum(len(each.text) for each in found.texts) <= MOST_SHOWN
        [version] = await rows(desk.runtime, "SELECT * FROM referral_version WHERE version = 2")
        assert b"A synthetic mail." not in version.found
        await desk.ask(erase_subject, version.referral_id)
        assert await rows(desk.runtime, "SELECT 1 FROM referral_version WHERE found IS NOT NULL") == []

    async def test_of_what_was_read_are_not_kept(self, desk: Desk) -> None:
        row = await referred(desk)
        assert (await desk.ask(desk_referral, row.reference)).found.texts == ()

    def test_from_before_are_none(self) -> None:
        assert Found.from_json('{"values": {}, "missing": [], "doubtful": []}') == Found()
