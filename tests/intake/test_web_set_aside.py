"""The desk's list of mails that answer our own: a person takes one in as a referral, or dismisses it, once."""

from collections.abc import AsyncIterator

import pytest

from chassis import clock
from chassis.actor import Actor
from chassis.ops.erasure import erase_stored
from services.intake.app import service
from services.intake.domain import Posted
from services.intake.doors import Letterbox, ReadingRoom
from services.intake.operations import erase_subject
from services.intake.readers import Cage
from tests.conftest import Running, RunningOf
from tests.intake.builders import mail, rows, topics_of
from tests.intake.test_web_desk import as_officer, post, problems

RECEIPT = "<0192@notify.throughline.example>"


@pytest.fixture
async def intake(running_of: RunningOf) -> Running:
    """Intake with everything but its mailbox."""
    return await running_of(service(), doors=False)


@pytest.fixture
async def room(intake: Running) -> AsyncIterator[ReadingRoom]:
    """A reading room for which nobody rings."""
    cage = intake.runtime.state["cage"] = Cage()
    await cage.start()
    yield ReadingRoom(intake.runtime, cage)
    await cage.stop()


async def set_aside(intake: Running, room: ReadingRoom) -> str:
    """Have a mail set aside; return the address of its page."""
    answer = mail("I am away until Monday.", Auto_Submitted="auto-replied", In_Reply_To=RECEIPT)
    posted = Posted(recipients=("preventreferrals@kent-and-medway.example",), envelope_sender="a@school.example")
    await Letterbox(intake.runtime, room).take(answer.as_bytes(), posted)
    await room.read_waiting()
    [row] = await rows(intake.runtime, "SELECT id FROM set_aside WHERE state = 'waiting'")
    return f"/desk/mails/{row.id}"


class TestMailsSetAside:
    async def test_are_listed_with_what_they_say_and_their_original(self, intake: Running, room: ReadingRoom) -> None:
        page = await set_aside(intake, room)
        await as_officer(intake)
        assert "/desk/mails" in (await intake.client.get("/desk")).text
        listed = (await intake.client.get("/desk/mails")).text
        assert page in listed
        assert "An automatic answer to one of our mails" in listed
        shown = (await intake.client.get(page)).text
        assert "I am away until Monday." in shown
        assert "/desk/documents/" in shown

    async def test_become_referrals_when_a_person_says_so(self, intake: Running, room: ReadingRoom) -> None:
        page = await set_aside(intake, room)
        await as_officer(intake)
        answer = await post(intake, page, {"answer": "referral", "reason": "Words of a teacher."})
        assert answer.headers["location"] == "/desk/mails"
        await room.read_waiting()
        [row] = await rows(intake.runtime, "SELECT * FROM referral")
        assert "intake.police.v1" in await topics_of(intake.runtime, row.id)
        assert (await intake.client.get(page)).status_code == 409

    async def test_leave_no_second_copy_that_outlives_the_erasure_of_their_referral(
        self, intake: Running, room: ReadingRoom
    ) -> None:
        page = await set_aside(intake, room)
        await as_officer(intake)
        await post(intake, page, {"answer": "referral", "reason": "Words of a teacher."})
        await room.read_waiting()
        [row] = await rows(intake.runtime, "SELECT id FROM referral")
        await intake.runtime.database.keys.erase(row.id)
        async with intake.runtime.database.transaction(Actor.operator("eraser")) as session:
            await erase_stored(session, row.id, erase_subject, reason="asked-for", now=clock.now())
        assert await rows(intake.runtime, "SELECT 1 FROM document WHERE body <> ''") == []
        kept = await rows(intake.runtime, "SELECT 1 FROM set_aside WHERE digest IS NOT NULL OR addresses IS NOT NULL")
        assert kept == []

    async def test_are_dismissed_with_a_reason_and_their_original_stays(
        self, intake: Running, room: ReadingRoom
    ) -> None:
        page = await set_aside(intake, room)
        await as_officer(intake)
        refused = await post(intake, page, {"reason": ""})
        assert refused.status_code == 422
        assert problems(refused.text) == [
            "Select whether there is a referral in it",
            "Enter what you found in it",
        ]
        await post(intake, page, {"answer": "nothing", "reason": "Away, nothing else."})
        assert "No mail waits." in (await intake.client.get("/desk/mails")).text
        assert await rows(intake.runtime, "SELECT id FROM referral") == []
        assert len(await rows(intake.runtime, "SELECT id FROM document")) == 1
