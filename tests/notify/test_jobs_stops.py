"""Sending that is cut short: by a crash, a stop, another sender, or something that cannot be recorded."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import pytest

from chassis.app import Runtime
from chassis.database import Session
from chassis.errors import Unavailable
from services.notify import jobs, operations
from services.notify.clients import Delivery, Mail, SmtpClient
from services.notify.domain import MOST_UNRECORDED
from services.notify.jobs import sending as job
from tests.notify.conftest import MailServer
from tests.notify.looking import claim_next, make_due_again, rows, states
from tests.notify.made import NOW, concern, handle


async def _one_turn(notify: Runtime) -> None:
    claimed = await claim_next(notify)
    await jobs.send_all(notify, [claimed], now=NOW)


class TestSendDue:
    async def test_a_crash_between_sending_and_recording_repeats_within_the_bound(
        self, notify: Runtime, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def crash(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        await handle(notify, concern(), subject=uuid4())
        monkeypatch.setattr(operations, "record_attempts", crash)
        for _ in range(MOST_UNRECORDED + 3):
            try:
                await _one_turn(notify)
            except KeyboardInterrupt:
                await make_due_again(notify)
        await jobs.set_aside_interrupted(notify, NOW)
        assert await rows(notify, "SELECT 1 FROM audit_entry WHERE action = 'notice.undeliverable'")
        assert len(mail_server.taken) == MOST_UNRECORDED
        assert len({message["Message-ID"] for message in mail_server.messages()}) == 1
        assert await states(notify) == ["undeliverable"]

    async def test_many_senders_at_once_send_each_notice_once(self, notify: Runtime, mail_server: MailServer) -> None:
        for _ in range(25):
            await handle(notify, concern(), subject=uuid4())
        await asyncio.gather(*(jobs.send_due(notify, NOW) for _ in range(4)))
        ids = [message["Message-ID"] for message in mail_server.messages()]
        assert len(ids) == len(set(ids)) == 25

    async def test_a_stop_on_the_way_forgets_nothing_that_was_sent(
        self, notify: Runtime, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        slow = await handle(notify, concern(), subject=uuid4())
        for _ in range(3):
            await handle(notify, concern(), subject=uuid4())
        [first] = await rows(notify, f"SELECT id FROM notice WHERE event_id = '{slow}'")
        send, through = SmtpClient.send, asyncio.Semaphore(0)

        async def one_hangs(self: SmtpClient, mail: Mail) -> Delivery:
            if str(first.id) in mail.message_id:
                await asyncio.Event().wait()
            delivery = await send(self, mail)
            through.release()
            return delivery

        monkeypatch.setattr(SmtpClient, "send", one_hangs)
        monkeypatch.setattr("services.notify.jobs.sending.STOP_SECONDS", 0.1)
        sending = asyncio.create_task(jobs.send_due(notify, NOW))
        for _ in range(3):
            await through.acquire()
        sending.cancel()
        await asyncio.wait((sending,))
        assert sorted(await states(notify)) == ["sending", "sent", "sent", "sent"]

    async def test_a_stop_waits_for_the_mail_that_is_being_handed_over(
        self, notify: Runtime, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Else it would wait for the end of its lease: nobody would hear of the referral for a minute."""
        await handle(notify, concern(), subject=uuid4())
        send, under_way, stopped = SmtpClient.send, asyncio.Event(), asyncio.Event()

        async def takes_a_moment(self: SmtpClient, mail: Mail) -> Delivery:
            under_way.set()
            await stopped.wait()
            return await send(self, mail)

        monkeypatch.setattr(SmtpClient, "send", takes_a_moment)
        sending = asyncio.create_task(jobs.send_due(notify, NOW))
        await under_way.wait()
        sending.cancel()
        asyncio.get_running_loop().call_later(0.1, stopped.set)
        await asyncio.wait((sending,))
        assert sending.cancelled()
        assert await states(notify) == ["sent"]
        assert len(mail_server.taken) == 1

    async def test_one_that_cannot_be_recorded_takes_no_other_with_it(
        self, notify: Runtime, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for _ in range(4):
            await handle(notify, concern(), subject=uuid4())
        record, unlucky = operations.record_attempts, (await rows(notify, "SELECT min(id::text) AS id FROM notice"))[0]

        async def refuse_one(session: Session, ended: Sequence[Any], **times: Any) -> Any:
            if any(str(claimed.id) == unlucky.id for claimed, _ in ended):
                raise ValueError
            return await record(session, ended, **times)

        monkeypatch.setattr(operations, "record_attempts", refuse_one)
        await jobs.send_due(notify, NOW)
        assert len(mail_server.taken) == 4
        assert sorted(await states(notify)) == ["sending", "sent", "sent", "sent"]

    @pytest.mark.parametrize("kept_before", [0, 2])
    async def test_a_database_that_is_away_for_a_moment_has_no_mail_sent_twice(
        self, notify: Runtime, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch, kept_before: int
    ) -> None:
        """Away while all are recorded together, or while each is by itself because one of them cannot be."""
        for _ in range(5):
            await handle(notify, concern(), subject=uuid4())
        record, tries = operations.record_attempts, iter(range(100))

        async def is_away_once(session: Session, ended: Sequence[Any], **times: Any) -> Any:
            tried = next(tries)
            if kept_before and tried == 0:
                raise ValueError
            if tried == kept_before + bool(kept_before):
                message = "The database is away for a moment."
                raise Unavailable(message)
            return await record(session, ended, **times)

        monkeypatch.setattr(operations, "record_attempts", is_away_once)
        with pytest.raises(Unavailable):
            await jobs.send_due(notify, NOW)
        await make_due_again(notify)
        await jobs.send_due(notify, NOW)
        assert len(mail_server.taken) == 5
        assert await states(notify) == ["sent"] * 5
        assert len(await rows(notify, "SELECT 1 FROM attempt")) == 5

    @pytest.mark.parametrize("committed", [False, True])
    async def test_a_stop_while_attempts_are_being_recorded_loses_none_and_records_none_twice(
        self, notify: Runtime, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch, *, committed: bool
    ) -> None:
        for _ in range(5):
            await handle(notify, concern(), subject=uuid4())
        record, recording, through = job._record_together, asyncio.Event(), asyncio.Event()

        async def slow(*given: Any) -> None:
            if committed:
                await record(*given)
            recording.set()
            await through.wait()
            if not committed:
                await record(*given)

        monkeypatch.setattr(job, "_record_together", slow)
        monkeypatch.setattr(job, "STOP_SECONDS", 0.1)
        sending = asyncio.create_task(jobs.send_due(notify, NOW))
        await recording.wait()
        sending.cancel()
        asyncio.get_running_loop().call_later(0.3, through.set)
        await asyncio.wait((sending,))
        assert sending.cancelled()
        assert len(mail_server.taken) == 5
        assert await states(notify) == ["sent"] * 5
        assert len(await rows(notify, "SELECT 1 FROM attempt")) == 5
