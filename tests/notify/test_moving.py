"""A concern that moves to another front door, and answers for less than there is of it by now."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from chassis import clock
from chassis.actor import Actor
from chassis.app import Runtime
from contracts.envelope import ReceiptBatch
from services.notify import jobs, models, operations, queries
from services.notify.domain import Evidence, Reach, Result, State, What
from services.notify.operations import Answer, ConcernElsewhere, Sent, acknowledge_notice
from tests.notify.conftest import MailServer, Site
from tests.notify.desk_made import SECOND_AT_DESK, kept, notice_of, noticed
from tests.notify.looking import claim_next, rows
from tests.notify.made import AREA, DESK, KENT_WORKER, MEDWAY_WORKER, NOW, concern, handle
from tests.notify.test_acknowledging import link

KENT, MEDWAY = "kent-cru", "medway-front-door"
HERE = {door: Reach(doors=frozenset({(AREA, door)})) for door in (KENT, MEDWAY)}
BY = "Bea Byphone (synthetic)"


def moved(version: int = 2, door: str = MEDWAY) -> Any:
    return concern(version, front_door=door)


async def standing(notify: Runtime, subject: UUID) -> Any:
    async with notify.database.transaction(Actor.service("notify")) as session:
        return await session.first(select(models.concern).where(models.concern.c.subject == subject))


async def told(notify: Runtime) -> list[tuple[str, str, str]]:
    """Return every notice: kind, recipient and state, in the order of their recipients and kinds."""
    found = await rows(notify, "SELECT kind, recipient_key, state FROM notice ORDER BY recipient_key, kind, created_at")
    return [(row.kind, row.recipient_key, row.state) for row in found]


async def acknowledged(notify: Runtime, subject: UUID, door: str, version: int = 0) -> bool:
    async with notify.database.transaction(Actor.service("notify")) as session:
        return await operations.acknowledge_concern(session, subject, Answer(HERE[door], "", version=version), now=NOW)


async def opened(notify: Runtime, subject: UUID, door: str) -> None:
    async with notify.database.transaction(Actor.service("notify")) as session:
        await operations.open_concern(session, subject, HERE[door], now=NOW)


async def receipts(notify: Runtime) -> Sequence[str]:
    """Return the states of the front door that intake is told, in the order of their messages."""
    found = await rows(notify, "SELECT body FROM receipt_out ORDER BY id")
    batches = [ReceiptBatch.model_validate_json(row.body) for row in found]
    return [item.state for batch in batches for item in batch.items if item.team]


class TestMoved:
    async def test_nothing_more_is_sent_to_the_door_that_had_it_and_the_notice_says_why(self, notify: Runtime) -> None:
        subject = uuid4()
        first = await noticed(notify, subject=subject)
        await jobs.escalate_concerns(notify, NOW + timedelta(days=2))
        await handle(notify, moved(), subject=subject)
        kinds = await told(notify)
        assert ("concern-received", KENT, "suppressed") in kinds
        assert ("clock-escalated", f"{KENT}-1", "suppressed") in kinds
        assert ("concern-received", MEDWAY, "due") in kinds
        assert ("concern-moved", KENT, "due") in kinds
        async with notify.database.transaction(Actor.service("notify")) as session:
            held = await queries.held_back(session, first)
        assert held is not None
        assert held.reason == "moved"

    async def test_a_sending_under_way_ends_and_marks_nothing(self, notify: Runtime) -> None:
        subject = uuid4()
        first = await noticed(notify, subject=subject)
        claimed = await claim_next(notify)
        await handle(notify, moved(), subject=subject)
        async with notify.database.transaction(Actor.service("notify")) as session:
            await operations.record_attempts(session, [(claimed, Sent(Result.ACCEPTED))], now=NOW, machine_now=NOW)
        assert (await kept(notify, first)).state in {"suppressed", "sent"}
        assert (await standing(notify, subject)).delivered_at is None

    async def test_the_marks_of_the_new_door_begin_anew_here_and_in_the_ledger(self, notify: Runtime) -> None:
        subject = uuid4()
        await handle(notify, concern(), subject=subject)
        await jobs.send_due(notify, NOW)
        await opened(notify, subject, KENT)
        assert await acknowledged(notify, subject, KENT)
        await handle(notify, moved(), subject=subject)
        row = await standing(notify, subject)
        assert (row.delivered_at, row.seen_at, row.acknowledged_at, row.acknowledged_version) == (None,) * 4
        assert (await receipts(notify))[-1] == "moved"

    async def test_what_the_new_door_does_says_nothing_of_the_old_doors_mail(self, notify: Runtime) -> None:
        subject = uuid4()
        first = await noticed(notify, subject=subject)
        await jobs.send_due(notify, NOW)
        await handle(notify, moved(), subject=subject)
        await jobs.send_due(notify, NOW)
        await opened(notify, subject, MEDWAY)
        assert await acknowledged(notify, subject, MEDWAY)
        assert (await kept(notify, first)).state == "sent"
        evidence = await rows(notify, "SELECT notice_id FROM evidence")
        assert evidence
        assert first not in {row.notice_id for row in evidence}

    async def test_what_comes_back_from_the_old_door_is_kept_and_nothing_follows(self, notify: Runtime) -> None:
        subject = uuid4()
        first = await noticed(notify, subject=subject)
        await jobs.send_due(notify, NOW)
        await handle(notify, moved(), subject=subject)
        await jobs.send_due(notify, NOW)
        async with notify.database.transaction(Actor.service("notify")) as session:
            found = Evidence(What.BOUNCED, "smtp", NOW, "5.1.1")
            assert await operations.note_evidence(session, first, found, now=NOW) == State.SENT
        assert (await standing(notify, subject)).delivered_at is not None

    async def test_the_desk_cannot_send_it_to_the_old_door_again(self, notify: Runtime) -> None:
        subject = uuid4()
        first = await noticed(notify, subject=subject)
        await handle(notify, moved(), subject=subject)
        with pytest.raises(ConcernElsewhere):
            async with notify.database.transaction(SECOND_AT_DESK) as session:
                await operations.send_again(session, first, "recipient-asked", now=NOW)

    async def test_one_that_comes_back_is_told_anew_and_not_that_it_has_gone(self, notify: Runtime) -> None:
        subject = uuid4()
        await handle(notify, concern(), subject=subject)
        await handle(notify, moved(), subject=subject)
        await handle(notify, moved(3, KENT), subject=subject)
        assert [each for each in await told(notify) if each[2] == "due"] == [
            ("concern-received", KENT, "due"),
            ("concern-moved", MEDWAY, "due"),
        ]

    async def test_the_old_link_says_so_and_does_nothing(self, site: Site) -> None:
        subject = uuid4()
        made = concern(received_at=clock.now())
        path = link(site, await noticed(site.runtime, made, subject=subject, created_at=clock.now()))
        await handle(site.runtime, moved(), subject=subject)
        assert "this link does nothing any more" in (await site.get(path)).text
        assert (await standing(site.runtime, subject)).acknowledged_version is None

    async def test_its_page_says_why_nothing_was_sent(self, site: Site) -> None:
        subject = uuid4()
        first = await noticed(site.runtime, subject=subject, next_attempt_at=clock.now() + timedelta(days=9))
        await handle(site.runtime, moved(), subject=subject)
        await site.sign_in(SECOND_AT_DESK)
        page = (await site.get(f"/notices/{first}")).text
        assert "The concern has moved to another front door" in page
        assert "Whoever had it written was told" not in page


class TestOlderVersion:
    async def machine(self, notify: Runtime, notice_id: UUID) -> bool:
        async with notify.database.transaction(Actor.service("notify")) as session:
            return await acknowledge_notice(session, notice_id, BY, now=NOW)

    async def test_an_answer_to_an_older_message_leaves_the_newest_version_open(self, notify: Runtime) -> None:
        subject = uuid4()
        first = await noticed(notify, subject=subject)
        await jobs.send_due(notify, NOW)
        second = await handle(notify, concern(2), subject=subject)
        assert not await self.machine(notify, first)
        row = await standing(notify, subject)
        assert (row.version, row.acknowledged_version) == (2, 1)
        newest = await notice_of(notify, second)
        assert (newest.kind, newest.recipient_key, newest.state) == ("concern-updated", KENT, "due")
        assert "acknowledged" not in await receipts(notify)
        assert await self.machine(notify, newest.id)
        assert (await standing(notify, subject)).acknowledged_version == 2

    async def test_its_clock_runs_on(self, notify: Runtime) -> None:
        subject = uuid4()
        first = await noticed(notify, subject=subject)
        await jobs.send_due(notify, NOW)
        await handle(notify, concern(2), subject=subject)
        await self.machine(notify, first)
        await jobs.escalate_concerns(notify, NOW + timedelta(days=2))
        assert ("clock-escalated", f"{KENT}-1", "due") in await told(notify)

    async def test_what_had_not_gone_out_tells_of_the_newest(self, notify: Runtime) -> None:
        subject = uuid4()
        first = await noticed(notify, subject=subject)
        await handle(notify, concern(2), subject=subject)
        assert await self.machine(notify, first)
        assert (await standing(notify, subject)).acknowledged_version == 2

    async def test_a_link_says_that_more_has_come_and_counts_for_its_own_version(self, site: Site) -> None:
        subject = uuid4()
        made = concern(received_at=clock.now())
        path = link(site, await noticed(site.runtime, made, subject=subject, created_at=clock.now(), state="sent"))
        await handle(site.runtime, concern(2), subject=subject)
        assert "your answer here does not count for it" in (await site.get(path)).text
        assert (await site.post(path, path, by=BY)).status_code == 303
        used = (await site.get(path)).text
        assert "this link is used up" in used
        assert "does not count for it" in used
        assert (await standing(site.runtime, subject)).acknowledged_version == 1

    async def test_a_page_that_was_open_meanwhile_acknowledges_what_it_showed(self, site: Site) -> None:
        subject = uuid4()
        await handle(site.runtime, concern(received_at=clock.now()), subject=subject)
        await site.sign_in(KENT_WORKER)
        page = f"/concerns/{subject}"
        assert 'name="version" value="1"' in (await site.get(page)).text
        await handle(site.runtime, concern(2), subject=subject)
        answer = await site.post(page, f"{page}/acknowledge", report="Booked (synthetic).", version="1")
        assert answer.status_code == 303
        after = (await site.get(page)).text
        assert "More has come meanwhile" in after
        assert "Booked (synthetic)." in after
        assert 'name="version" value="2"' in after
        assert (await standing(site.runtime, subject)).acknowledged_version == 1

    async def test_the_door_that_has_it_now_is_not_said_to_have_answered_before(self, site: Site) -> None:
        subject = uuid4()
        await handle(site.runtime, concern(received_at=clock.now()), subject=subject)
        await acknowledged(site.runtime, subject, KENT)
        await handle(site.runtime, moved(), subject=subject)
        await site.sign_in(MEDWAY_WORKER)
        page = (await site.get(f"/concerns/{subject}")).text
        assert "More since you answered" not in page
        assert 'id="acknowledge"' in page


class TestHeldBack:
    async def test_a_newer_version_is_mailed_once_although_the_first_notice_was_held_back(
        self, notify: Runtime, mail_server: MailServer
    ) -> None:
        subject = uuid4()
        first = await noticed(notify, subject=subject)
        async with notify.database.transaction(DESK) as session:
            await operations.suppress(session, first, "told-otherwise", now=NOW)
        await handle(notify, concern(2), subject=subject)
        await handle(notify, concern(3), subject=subject)
        await jobs.send_due(notify, NOW)
        assert await told(notify) == [("concern-received", KENT, "suppressed"), ("concern-updated", KENT, "sent")]
        assert len(mail_server.taken) == 1

    @pytest.mark.parametrize("state", ["failed", "sending", "sent", "acknowledged", "undeliverable"])
    async def test_what_nobody_held_back_brings_the_newer_version_itself(self, notify: Runtime, state: str) -> None:
        subject = uuid4()
        await noticed(notify, subject=subject, state=state)
        await handle(notify, concern(2), subject=subject)
        assert await told(notify) == [("concern-received", KENT, state)]
