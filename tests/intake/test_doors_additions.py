"""Mails that name a referral: their referrer's words join it, everything else is a referral of its own, marked."""

import json
from collections.abc import AsyncIterator
from email.message import EmailMessage
from typing import Any

import pytest

from services.intake.app import service
from services.intake.domain import Found
from services.intake.doors import reading_room
from services.intake.doors.outcomes import MOST_SHOWN
from services.intake.operations import erase_subject, join_referral
from services.intake.queries import desk_referral, pairs_of
from services.intake.readers import Cage
from services.intake.settings import IntakeSettings
from tests.conftest import RunningOf
from tests.intake.builders import mail, mail_with_form, referral, rows, topics_of
from tests.intake.test_doors_reading_room import RELAY, Desk
from tests.intake.test_operations_correcting import told

WORDS = "Canary-Quincunx. He came back today (synthetic)."


@pytest.fixture
async def desk(running_of: RunningOf) -> AsyncIterator[Desk]:
    """Intake whose relay is known."""
    intake = await running_of(service(IntakeSettings(service="intake", mail_relays=frozenset({RELAY}))), doors=False)
    cage = Cage()
    await cage.start()
    yield Desk(intake, cage)
    await cage.stop()


async def referred(desk: Desk) -> Any:
    """Take in a referral by mail and read it; return its row."""
    await desk.take(mail_with_form(json.dumps(referral()).encode()))
    await desk.room.read_waiting()
    [row] = await desk.referrals()
    return row


def answer(reference: str, **headers: str) -> EmailMessage:
    """Return what a referrer writes who answers our receipt."""
    return mail(WORDS, **{"Subject": f"Re: Your referral {reference}", **headers})


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
        assert (await topics_of(desk.runtime, row.id)).count("intake.referrer.v1") == 1
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

    async def test_because_it_cannot_be_opened_is_a_referral(self, desk: Desk) -> None:
        first = await referred(desk)
        await desk.take(mail_with_form(b"broken", "form.docx", "msword", Subject=f"Re: {first.reference}"))
        for _ in range(2):
            await desk.room.read_waiting()
        assert len(await desk.referrals()) == 2

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
