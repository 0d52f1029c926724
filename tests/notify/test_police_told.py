"""What becomes of a concern at its front door is told to the police too, once each, until nobody need ring."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.actor import Actor
from chassis.app import Runtime
from contracts.notify.police import NoticeUnreached
from contracts.vocabulary import NoLongerRung, Unreached, WhomToReach
from services.notify import jobs, operations
from services.notify.clients import Delivery, SmtpClient
from services.notify.domain import Reach, Result
from tests.notify.looking import rows, run
from tests.notify.made import AREA, CANARIES, DESK, NOW, REFERENCE, concern, handle
from tests.notify.test_evidence import announced, come_back, sent

DAY = timedelta(days=1)
KENT, MEDWAY = "kent-cru", "medway-front-door"
HERE = Reach(doors=frozenset({(AREA, KENT)}))


def said(heard: list[Any]) -> list[tuple[Unreached | None, NoLongerRung | None]]:
    """Return what the police were told: why a door was not reached, or why nobody need ring it any more."""
    told = [each for each in heard if isinstance(each, NoticeUnreached)]
    assert all((one.whom, one.reached) == (WhomToReach.FRONT_DOOR, one.no_longer is not None) for one in told)
    return [(None if one.reached else one.why, one.no_longer) for one in told]


async def send_again(notify: Runtime, notice_id: UUID) -> None:
    async with notify.database.transaction(DESK) as session:
        await operations.send_again(session, notice_id, "corrected", now=NOW)
    await jobs.send_due(notify, NOW)


async def read(notify: Runtime, subject: UUID) -> None:
    async with notify.database.transaction(Actor.service("notify")) as session:
        await operations.open_concern(session, subject, HERE, now=NOW)


async def acknowledged(notify: Runtime, subject: UUID) -> None:
    async with notify.database.transaction(Actor.service("notify")) as session:
        await operations.acknowledge_concern(session, subject, operations.Answer(HERE, "Done (synthetic)."), now=NOW)


async def refused(notify: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every mail that is due be refused for good."""

    async def refuse(*_: object) -> Delivery:
        return Delivery(Result.REFUSED, 550)

    with monkeypatch.context() as until_then:
        until_then.setattr(SmtpClient, "send", refuse)
        await jobs.send_due(notify, NOW)


async def bounced(notify: Runtime, monkeypatch: pytest.MonkeyPatch, subject: UUID) -> tuple[UUID, list[Any]]:
    """Let the mail of a concern come back; return its notice and a list that fills with what is told."""
    heard = await announced(notify, monkeypatch)
    notice_id = await sent(notify, concern(), subject)
    await come_back(notify, notice_id)
    return notice_id, heard


class TestMail:
    async def test_that_came_back_is_told_with_nothing_of_the_person_and_no_address(
        self, notify: Runtime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        subject = uuid4()
        notice_id, heard = await bounced(notify, monkeypatch, subject)
        await come_back(notify, notice_id)
        [told] = heard
        assert told == NoticeUnreached(
            reference=REFERENCE,
            whom=WhomToReach.FRONT_DOOR,
            about_id=subject,
            why=Unreached.BOUNCED,
            noted_at=told.noted_at,
            front_door=KENT,
            version=1,
        )
        written = told.model_dump_json()
        assert not [word for word in (*CANARIES, "@") if word in written]

    async def test_that_was_given_up_or_held_back_is_told(
        self, notify: Runtime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        heard = await announced(notify, monkeypatch)
        await handle(notify, concern(), subject=uuid4())
        await refused(notify, monkeypatch)
        [notice] = await rows(notify, "SELECT id FROM notice")
        async with notify.database.transaction(DESK) as session:
            await operations.suppress(session, notice.id, "told-otherwise", now=NOW)
        assert said(heard) == [(Unreached.GIVEN_UP, None), (Unreached.SUPPRESSED, None)]

    async def test_that_goes_out_after_all_is_told_once(self, notify: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
        notice_id, heard = await bounced(notify, monkeypatch, uuid4())
        for _ in range(2):
            await send_again(notify, notice_id)
        assert said(heard) == [(Unreached.BOUNCED, None), (None, NoLongerRung.SENT)]

    async def test_of_something_new_that_goes_out_ends_what_was_told_of_the_earlier_one(
        self, notify: Runtime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        subject = uuid4()
        _, heard = await bounced(notify, monkeypatch, subject)
        await handle(notify, concern(2, immediate_danger=True), subject=subject)
        await jobs.send_due(notify, NOW)
        assert said(heard) == [(Unreached.BOUNCED, None), (None, NoLongerRung.SENT)]

    async def test_sent_again_of_the_first_version_ends_what_was_told_of_a_newer_one(
        self, notify: Runtime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        subject = uuid4()
        heard = await announced(notify, monkeypatch)
        first = await sent(notify, concern(), subject)
        await handle(notify, concern(2, immediate_danger=True), subject=subject)
        await refused(notify, monkeypatch)
        await send_again(notify, first)
        assert said(heard) == [(Unreached.GIVEN_UP, None), (None, NoLongerRung.SENT)]
        assert [each.version for each in heard] == [2, 2]

    async def test_that_comes_back_when_a_newer_one_is_there_calls_nobody(
        self, notify: Runtime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        subject = uuid4()
        heard = await announced(notify, monkeypatch)
        first = await sent(notify, concern(), subject)
        await handle(notify, concern(2, immediate_danger=True), subject=subject)
        await jobs.send_due(notify, NOW)
        await come_back(notify, first)
        assert said(heard) == []
        await send_again(notify, first)
        assert said(heard) == []

    async def test_that_goes_on_by_the_second_way_calls_nobody_yet(
        self, notify: Runtime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        heard = await announced(notify, monkeypatch)
        notice_id = await sent(notify, concern())
        await run(notify, "UPDATE notice SET ways = ARRAY['smtp', 'webhook']")
        await come_back(notify, notice_id)
        assert said(heard) == []

    async def test_need_not_be_followed_up_once_somebody_there_reads_the_concern(
        self, notify: Runtime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        subject = uuid4()
        _, heard = await bounced(notify, monkeypatch, subject)
        for _ in range(2):
            await read(notify, subject)
        await acknowledged(notify, subject)
        assert said(heard) == [(Unreached.BOUNCED, None), (None, NoLongerRung.READ)]

    async def test_need_not_be_followed_up_at_a_door_that_has_the_concern_no_more(
        self, notify: Runtime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        subject = uuid4()
        _, heard = await bounced(notify, monkeypatch, subject)
        await handle(notify, concern(2, front_door=MEDWAY), subject=subject)
        await jobs.send_due(notify, NOW)
        told = [each for each in heard if isinstance(each, NoticeUnreached)]
        assert said(heard) == [(Unreached.BOUNCED, None), (None, NoLongerRung.MOVED)]
        assert told[-1].front_door == KENT


class TestSilence:
    async def silent(self, notify: Runtime, monkeypatch: pytest.MonkeyPatch, subject: UUID) -> list[Any]:
        heard = await announced(notify, monkeypatch)
        await sent(notify, concern(), subject)
        for days in (2, 4, 9, 10):
            await jobs.escalate_concerns(notify, NOW + DAY * days)
        return heard

    async def test_of_a_door_is_told_once_with_since_when_it_was_to_answer(
        self, notify: Runtime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        subject = uuid4()
        heard = await self.silent(notify, monkeypatch, subject)
        [told] = [each for each in heard if isinstance(each, NoticeUnreached)]
        assert (told.why, told.since, told.front_door, told.reached) == (Unreached.SILENT, NOW, KENT, False)

    async def test_is_over_with_the_acknowledgement_and_not_before(
        self, notify: Runtime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        subject = uuid4()
        heard = await self.silent(notify, monkeypatch, subject)
        await read(notify, subject)
        assert said(heard) == [(Unreached.SILENT, None)]
        await acknowledged(notify, subject)
        assert said(heard) == [(Unreached.SILENT, None), (None, NoLongerRung.ACKNOWLEDGED)]

    async def test_and_a_mail_that_came_back_are_over_in_one_word(
        self, notify: Runtime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        subject = uuid4()
        heard = await self.silent(notify, monkeypatch, subject)
        [notice] = await rows(notify, "SELECT id FROM notice WHERE kind = 'concern-received'")
        await come_back(notify, notice.id)
        await acknowledged(notify, subject)
        assert said(heard) == [
            (Unreached.SILENT, None),
            (Unreached.BOUNCED, None),
            (None, NoLongerRung.ACKNOWLEDGED),
        ]

    async def test_of_a_door_that_was_never_unreached_says_nothing(
        self, notify: Runtime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        heard = await announced(notify, monkeypatch)
        subject = uuid4()
        await sent(notify, concern(), subject)
        await read(notify, subject)
        await acknowledged(notify, subject)
        assert said(heard) == []
