"""The trouble of one notice, or of one way, is no other's; what is closed while it is on its way goes no further."""

import asyncio
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from areas.parts import Way
from chassis.actor import Actor
from chassis.app import Runtime
from chassis.errors import Unavailable
from services.notify import jobs, operations
from services.notify.clients import Delivery, Mail, SmtpClient, SmtpServer
from services.notify.clients.threads import NeverAsked, Threads
from services.notify.domain import LEASE, LONGEST_ATTEMPT, LONGEST_SENDING, MOST_UNRECORDED, Reach, Result
from services.notify.jobs import attempts
from services.notify.jobs.sending import MOST_SLOW
from services.notify.operations import Claimed, Sent
from services.notify.settings import NotifySettings
from tests.conftest import eventually
from tests.notify.conftest import MailServer, NotifyOf
from tests.notify.looking import claim_next, make_due_again, rows, run, states
from tests.notify.made import DESK, KENT_WORKER, NOW, concern, handle, signpost
from tests.notify.ways_made import reach_door

REACH = Reach(doors=frozenset({("kent-and-medway", "kent-cru")}))
TOLD = Sent(Result.ACCEPTED, 250, "door@council.example", "concern-received.v1", "KM-7F3K-92QM", "What was said.")


async def record(notify: Runtime, claimed: Claimed, sent: Sent) -> None:
    async with notify.database.transaction(Actor.service("notify")) as session:
        await operations.record_attempts(session, [(claimed, sent)], now=NOW, machine_now=datetime.now(UTC))


class TestClosedOnItsWay:
    @pytest.mark.parametrize("sent", [TOLD, Sent(Result.DEFERRED, 451), Sent(Result.UNKNOWN)])
    async def test_what_was_answered_meanwhile_stays_answered_and_goes_no_more(
        self, notify: Runtime, mail_server: MailServer, sent: Sent
    ) -> None:
        subject = uuid4()
        await handle(notify, concern(), subject=subject)
        claimed = await claim_next(notify)
        async with notify.database.transaction(KENT_WORKER) as session:
            await operations.acknowledge_concern(session, subject, operations.Answer(REACH, "Rung."), now=NOW)
        await record(notify, claimed, sent)
        await make_due_again(notify)
        await jobs.send_due(notify, NOW)
        assert (await states(notify), mail_server.taken) == (["acknowledged"], [])
        [kept] = await rows(notify, "SELECT body, (SELECT result FROM attempt) AS result FROM notice")
        assert (kept.body, kept.result) == (sent.body, str(sent.result))

    @pytest.mark.parametrize(
        ("sent", "state"), [(TOLD, "sent"), (Sent(Result.DEFERRED, 451), "suppressed"), (None, "suppressed")]
    )
    async def test_what_was_held_back_meanwhile_is_called_sent_only_where_it_has_gone_out(
        self, notify: Runtime, mail_server: MailServer, sent: Sent | None, state: str
    ) -> None:
        await handle(notify, signpost(), subject=uuid4())
        claimed = await claim_next(notify)
        async with notify.database.transaction(DESK) as session:
            await operations.suppress(session, claimed.id, "not-needed", now=NOW)
        if sent is not None:
            await record(notify, claimed, sent)
        await make_due_again(notify)
        await jobs.send_due(notify, NOW)
        assert (await states(notify), mail_server.taken) == ([state], [])


async def poisoned(notify: Runtime, monkeypatch: pytest.MonkeyPatch, error: Exception) -> UUID:
    """Let the making of one notice out of three fail; return its id."""
    ids = [UUID(str((await rows(notify, "SELECT id FROM notice ORDER BY id"))[0].id))]
    write = operations.written

    def fail(head: Any, area: Any, claimed: Claimed, now: datetime, *more: Any) -> Any:
        if claimed.id in ids:
            raise error
        return write(head, area, claimed, now, *more)

    monkeypatch.setattr(operations, "written", fail)
    return ids[0]


class TestFault:
    async def test_of_one_notice_keeps_no_other_and_ends_with_a_person(
        self, notify: Runtime, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for _ in range(3):
            await handle(notify, signpost(), subject=uuid4())
        notice_id = await poisoned(notify, monkeypatch, KeyError("made here"))
        await jobs.send_due(notify, NOW)
        assert sorted(await states(notify)) == ["failed", "sent", "sent"]
        for _ in range(MOST_UNRECORDED):
            await make_due_again(notify)
            await jobs.send_due(notify, NOW)
        [found] = await rows(notify, f"SELECT state, last_result, attempts FROM notice WHERE id = '{notice_id}'")
        assert (found.state, found.last_result, found.attempts) == ("undeliverable", "fault", MOST_UNRECORDED)
        assert len(mail_server.taken) == 2
        assert len(await rows(notify, "SELECT 1 FROM outbox WHERE type = 'notify.notice-unreached.v1'")) == 1

    async def test_of_the_world_waits_with_everything_and_keeps_what_went_out(
        self, notify: Runtime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for _ in range(3):
            await handle(notify, signpost(), subject=uuid4())
        await poisoned(notify, monkeypatch, Unavailable("The database is away."))
        with pytest.raises(Unavailable):
            await jobs.send_due(notify, NOW)
        assert sorted(await states(notify)) == ["sending", "sent", "sent"]

    async def test_in_saying_how_somebody_is_reached_stops_nobody_else(
        self, notify: Runtime, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for _ in range(2):
            await handle(notify, signpost(), subject=uuid4())
        await run(notify, "UPDATE notice SET area = 'gone' WHERE id = (SELECT min(id::text)::uuid FROM notice)")
        await jobs.send_due(notify, NOW)
        assert (sorted(await states(notify)), len(mail_server.taken)) == (["failed", "sent"], 1)


class TestSlowWay:
    async def test_a_provider_that_stalls_holds_up_no_mail(
        self, notify: Runtime, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("services.notify.jobs.sending.SLOW_SECONDS", 0.05)
        reach_door(notify, Way.GOVUK_NOTIFY)
        stalled = asyncio.Event()

        async def stall(*_: object) -> Delivery:
            await stalled.wait()
            return Delivery(Result.DEFERRED)

        monkeypatch.setattr(type(notify.clients.govuk_notify), "send", stall)
        for _ in range(jobs.BATCH + MOST_SLOW):
            await handle(notify, concern(), subject=uuid4())
        for _ in range(3):
            await handle(notify, signpost(), subject=uuid4())
        sending = asyncio.create_task(jobs.send_due(notify, NOW))

        async def mailed() -> bool:
            return (await states(notify)).count("sent") == len(mail_server.taken) == 3

        await eventually(mailed)
        assert (await states(notify)).count("sending") == jobs.BATCH
        stalled.set()
        await sending
        assert sorted(set(await states(notify))) == ["failed", "sent"]

    async def test_threads_that_stall_are_bounded_and_the_next_question_was_never_asked(self) -> None:
        threads, let_go = Threads(2), threading.Event()
        asked = [asyncio.create_task(threads.ask(let_go.wait, 0.2)) for _ in range(2)]
        ended = await asyncio.gather(*asked, return_exceptions=True)
        assert [type(each) for each in ended] == [TimeoutError, TimeoutError]
        with pytest.raises(NeverAsked):
            await threads.ask(let_go.wait, 0.1)
        let_go.set()
        assert await threads.ask(lambda: 7, 5) == 7
        with pytest.raises(KeyError):
            await threads.ask(lambda: {"x": 1}["y"], 5)


class TestLease:
    def test_is_longer_than_the_longest_attempt_with_two_sendings(self) -> None:
        assert timedelta(seconds=15) <= LEASE - LONGEST_ATTEMPT
        assert LONGEST_ATTEMPT > 2 * LONGEST_SENDING
        for name in ("smtp_patience", "webhook_patience"):
            with pytest.raises(ValueError, match=name):
                NotifySettings(service="notify", **{name: LONGEST_SENDING.total_seconds() + 1})  # type: ignore[arg-type]

    async def test_a_server_that_stalls_beyond_the_longest_attempt_is_left_within_the_lease(
        self, notify_of: NotifyOf, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(attempts, "LONGEST_ATTEMPT", timedelta(seconds=0.3))
        mail_server.stalls = True
        notify = await notify_of(SmtpClient(SmtpServer("127.0.0.1", mail_server.port, "never")))
        await handle(notify, signpost(), subject=uuid4())
        began = time.monotonic()
        await jobs.send_due(notify, NOW)
        assert time.monotonic() - began < 10
        [found] = await rows(notify, "SELECT state, last_result, unrecorded FROM notice")
        assert (found.state, found.last_result, found.unrecorded) == ("failed", "unknown", 1)


class TestRefusedForm:
    async def test_the_same_mail_goes_with_the_link_alone(
        self, notify: Runtime, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        send = SmtpClient.send

        async def no_files(self: SmtpClient, mail: Mail) -> Delivery:
            if mail.form:
                return Delivery(Result.REFUSED, 552, of_text=True)
            return await send(self, mail)

        monkeypatch.setattr(SmtpClient, "send", no_files)
        await handle(notify, concern(), subject=uuid4())
        await jobs.send_due(notify, NOW)
        assert (await states(notify), len(mail_server.taken)) == (["sent"], 1)
        [made] = await rows(notify, "SELECT form, result FROM attempt")
        assert (made.form, made.result) == ("refused", "accepted")

    @pytest.mark.parametrize(("reply", "of_text"), [("552 5.3.4 Too large", True), ("451 Later", True)])
    async def test_what_is_refused_after_the_text_is_told_from_a_refused_recipient(
        self, mail_server: MailServer, reply: str, of_text: bool
    ) -> None:
        mail = Mail("<1@notify.test>", "x@y.example", "a@b.example", "Subject", "Body\n", NOW)
        mail_server.answers = {"a@b.example": reply}
        client = SmtpClient(SmtpServer("127.0.0.1", mail_server.port, "never"))
        assert (await client.send(mail)).of_text is of_text
        mail_server.refuse_recipients = {"a@b.example": "552 5.2.2 Full"}
        assert not (await client.send(replace(mail))).of_text
