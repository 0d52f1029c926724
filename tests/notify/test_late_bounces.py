"""A bounce names the sending that came back: a late one takes no later success back; what gets through is told."""

from typing import Any
from uuid import uuid4

import pytest

from chassis.app import Runtime
from contracts.vocabulary import ProgressStage
from services.notify import jobs, operations
from services.notify.domain import Reach
from services.notify.doors.bounces import NOTED
from tests.notify import bounces_made as made
from tests.notify.asks_made import ask
from tests.notify.looking import claim_next, rows, run, states
from tests.notify.made import DESK, KENT_WORKER, NOW, concern, handle, referrer_message, signpost, transfer
from tests.notify.test_evidence import announced, come_back, sent
from tests.notify.test_jobs import reported


class TestLateBounce:
    async def test_of_an_earlier_sending_is_kept_with_it_and_takes_no_later_success_back(self, notify: Runtime) -> None:
        notice_id = await sent(notify, concern())
        await come_back(notify, notice_id)
        async with notify.database.transaction(DESK) as session:
            await operations.send_again(session, notice_id, "corrected", now=NOW)
        await jobs.send_due(notify, NOW)
        await come_back(notify, notice_id, made.EXCHANGE)
        assert await states(notify) == ["sent"]
        assert [state for _, _, state in await reported(notify)] == ["delivered", "undelivered", "delivered"]
        await come_back(notify, notice_id, made.GMAIL, attempt=2)
        assert await states(notify) == ["undeliverable"]
        found = await rows(notify, "SELECT attempt, status FROM evidence WHERE what = 'bounced'")
        assert sorted((row.attempt, row.status) for row in found) == [(1, "5.1.1"), (1, "5.1.10"), (2, "5.2.2")]

    async def test_of_an_earlier_sending_waits_for_none_that_is_under_way(self, notify: Runtime) -> None:
        notice_id = await sent(notify, concern())
        async with notify.database.transaction(DESK) as session:
            await run(notify, "UPDATE notice SET state = 'undeliverable'")
            await operations.send_again(session, notice_id, "corrected", now=NOW)
        await claim_next(notify)
        assert await come_back(notify, notice_id) == NOTED
        assert (await come_back(notify, notice_id, attempt=2)).startswith("451 ")

    @pytest.mark.parametrize(("bounced", "told"), [("concern-updated", {"undelivered"}), ("concern-received", set())])
    async def test_of_an_update_shows_in_the_ledger_although_the_first_mail_stands(
        self, notify: Runtime, bounced: str, told: set[str]
    ) -> None:
        subject = uuid4()
        await sent(notify, concern(), subject)
        reach = Reach(doors=frozenset({("kent-and-medway", "kent-cru")}))
        async with notify.database.transaction(KENT_WORKER) as session:
            await operations.open_concern(session, subject, reach, now=NOW)
        await run(notify, "DELETE FROM evidence")
        await handle(notify, concern(2), subject=subject)
        await jobs.send_due(notify, NOW)
        [row] = await rows(notify, f"SELECT id FROM notice WHERE kind = '{bounced}' AND state = 'sent'")
        await run(notify, "DELETE FROM receipt_out")
        await come_back(notify, row.id)
        assert {state for _, _, state in await reported(notify)} == told

    async def test_of_an_update_is_over_once_somebody_opens_what_the_first_mail_did_not_tell(
        self, notify: Runtime
    ) -> None:
        subject = uuid4()
        await sent(notify, concern(), subject)
        reach = Reach(doors=frozenset({("kent-and-medway", "kent-cru")}))

        async def opened() -> list[str]:
            await run(notify, "DELETE FROM receipt_out")
            async with notify.database.transaction(KENT_WORKER) as session:
                await operations.open_concern(session, subject, reach, now=NOW)
            return sorted({state for _, _, state in await reported(notify)})

        assert [await opened(), await opened()] == [["seen"], []]
        await handle(notify, concern(2), subject=subject)
        await jobs.send_due(notify, NOW)
        [row] = await rows(notify, "SELECT id FROM notice WHERE kind = 'concern-updated'")
        await come_back(notify, row.id)
        assert await opened() == ["seen"]


class TestReached:
    @pytest.mark.parametrize("event", [signpost(), transfer(), referrer_message(ProgressStage.CLOSED), ask(at=NOW)])
    async def test_that_it_has_gone_out_after_all_once(
        self, notify: Runtime, event: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        heard = await announced(notify, monkeypatch)
        notice_id = await sent(notify, event)
        await come_back(notify, notice_id)
        for _ in range(2):
            await run(notify, "UPDATE notice SET state = 'undeliverable'")
            async with notify.database.transaction(DESK) as session:
                await operations.send_again(session, notice_id, "corrected", now=NOW)
            await jobs.send_due(notify, NOW)
        assert [(type(each), each.reached) for each in heard] == [(type(heard[0]), False), (type(heard[0]), True)]
