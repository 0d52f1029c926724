"""Exactly what was sent: every text that may have arrived is kept and shown, whatever was sent after it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.actor import Actor
from chassis.app import Runtime
from contracts.intake.referrer import LinkPurpose
from services.notify import jobs, operations, queries
from services.notify.clients import Clients, SmtpClient, SmtpServer
from services.notify.domain import LONGEST_ATTEMPT, MOST_UNRECORDED, Result, Way, may_have_gone
from services.notify.jobs import attempts
from services.notify.operations import Sent
from services.notify.web.attempt_words import words_of_attempts
from tests.notify.broken_made import DOT, BrokenServer, breaking
from tests.notify.conftest import MailServer, NotifyOf, Site
from tests.notify.looking import claim_next, make_due_again, rows, states
from tests.notify.made import DESK, NOW, REFERENCE, concern, handle, signpost
from tests.notify.receiver_made import Receiver, answer, receiving
from tests.notify.test_links import LINK, due
from tests.notify.test_sending_ways import BOTH, OUTWARD
from tests.notify.ways_made import reach_door, with_webhooks


@pytest.fixture
async def server() -> AsyncIterator[BrokenServer]:
    """Return a mail server that takes each mail and never says so."""
    async with breaking() as made:
        made.drops = DOT
        yield made


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """Return the receiver of the Kent front door."""
    async with receiving() as made:
        yield made


def client_of(server: BrokenServer) -> SmtpClient:
    return SmtpClient(SmtpServer("127.0.0.1", server.port, "never", patience=2.0))


async def the_notice(notify: Runtime) -> queries.NoticeFound:
    [row] = await rows(notify, "SELECT id FROM notice")
    async with notify.database.transaction(DESK) as session:
        return await queries.notice_found(session, UUID(str(row.id)))


async def tried_out(notify: Runtime) -> None:
    for _ in range(MOST_UNRECORDED + 1):
        await jobs.send_due(notify, NOW)
        await make_due_again(notify)


class TestWithoutAnAnswer:
    async def test_three_unknown_attempts_keep_the_text_that_may_have_arrived(
        self, notify_of: NotifyOf, server: BrokenServer
    ) -> None:
        notify = await notify_of(client_of(server))
        await handle(notify, signpost(), subject=uuid4())
        await tried_out(notify)
        found = await the_notice(notify)
        assert (found.listed.state, found.subject_line) == ("undeliverable", "")
        [words] = words_of_attempts(found)
        assert words.heading == "Attempts 1, 2 and 3, by mail: not known whether it went"
        assert words.template == "signpost-made.v2.en"
        assert REFERENCE in words.body
        [text] = set(server.texts)
        assert words.body.strip().splitlines()[0].encode() in text

    async def test_the_page_of_the_notice_shows_it(self, site: Site, server: BrokenServer) -> None:
        site.runtime.clients = Clients(client_of(server))
        await handle(site.runtime, signpost(), subject=uuid4())
        async with asyncio.timeout(30):
            while await states(site.runtime) != ["undeliverable"]:
                await jobs.send_due(site.runtime, NOW)
                await make_due_again(site.runtime)
        await site.sign_in(DESK)
        found = await the_notice(site.runtime)
        page = (await site.get(f"/notices/{found.listed.id}")).text
        [words] = words_of_attempts(found)
        assert "What the attempts said" in page
        assert words.heading in page
        assert words.body.strip().splitlines()[0] in page
        assert found.message_id.strip("<>") in page

    @pytest.mark.parametrize(("broken", "result"), [(True, "unknown"), (False, "fault")])
    async def test_one_that_is_broken_off_or_fails_of_our_own_keeps_what_it_had_handed_over(
        self, notify: Runtime, monkeypatch: pytest.MonkeyPatch, broken: bool, result: str
    ) -> None:
        async def stops(*_: Any) -> Any:
            if broken:
                await asyncio.sleep(60)
            raise RuntimeError

        monkeypatch.setattr(attempts, "LONGEST_ATTEMPT", LONGEST_ATTEMPT / 140)
        monkeypatch.setattr(attempts, "_send", stops)
        await handle(notify, signpost(), subject=uuid4())
        await jobs.send_due(notify, NOW)
        [made] = (await the_notice(notify)).attempts
        assert made.result == result
        assert REFERENCE in made.body

    async def test_one_that_failed_before_anything_was_handed_over_keeps_no_text_of_another(
        self, notify: Runtime, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await handle(notify, signpost(), subject=uuid4())
        claimed = await claim_next(notify)
        assert (await attempts.attempt_one(notify, claimed, NOW)).result is Result.ACCEPTED

        def fails(*_: Any) -> Any:
            raise RuntimeError

        monkeypatch.setattr(operations, "written", fails)
        assert await attempts.attempt_one(notify, claimed, NOW) == Sent(Result.FAULT)

    async def test_one_that_the_server_put_off_keeps_none(self, notify: Runtime, mail_server: MailServer) -> None:
        await handle(notify, signpost(), subject=uuid4())
        [row] = await rows(notify, "SELECT recipient_key FROM notice")
        assert row.recipient_key == "kent-early-help"
        mail_server.answers = {"early-help@kent-council.example": "451 Later"}
        await jobs.send_due(notify, NOW)
        [made] = (await the_notice(notify)).attempts
        assert (made.result, made.body) == ("deferred", "")

    async def test_a_secret_link_is_in_none_of_them(self, notify_of: NotifyOf, server: BrokenServer) -> None:
        notify = await notify_of(client_of(server))
        await handle(notify, due(LinkPurpose.SAVED_FORM), subject=uuid4())
        await jobs.send_due(notify, NOW)
        assert LINK.encode() in server.texts[0].replace(b"=\r\n", b"")
        [made] = (await the_notice(notify)).attempts
        assert operations.LINK_IN_THE_MAIL in made.body
        assert LINK not in str(await rows(notify, "SELECT to_jsonb(attempt)::text AS row FROM attempt"))


class TestOneAfterAnother:
    @pytest.fixture
    def both(self, notify: Runtime, receiver: Receiver) -> Runtime:
        """Notify where the Kent front door is reached by a webhook first, and in immediate danger by mail as well."""
        reach_door(notify, *BOTH, webhook=receiver.url)
        with_webhooks(notify, OUTWARD)
        return notify

    async def test_a_webhook_and_the_mail_after_it_are_both_kept(
        self, both: Runtime, receiver: Receiver, mail_server: MailServer
    ) -> None:
        await handle(both, concern(immediate_danger=True), subject=uuid4())
        await jobs.send_due(both, NOW)
        found = await the_notice(both)
        assert (len(receiver.posted), len(mail_server.taken)) == (1, 1)
        assert found.template.startswith("concern-received")
        [words] = words_of_attempts(found)
        assert words.heading == "Attempt 1, by signed webhook: accepted"
        assert words.body.encode() == receiver.posted[0].body

    async def test_a_webhook_that_was_answered_wrongly_has_been_posted_all_the_same(
        self, both: Runtime, receiver: Receiver, mail_server: MailServer
    ) -> None:
        receiver.answers = [answer(410)]
        await handle(both, concern(), subject=uuid4())
        await jobs.send_due(both, NOW)
        [words] = words_of_attempts(await the_notice(both))
        assert (words.heading, words.body.encode()) == (
            "Attempt 1, by signed webhook: refused",
            receiver.posted[0].body,
        )

    async def test_what_is_sent_again_in_other_words_keeps_the_first_and_in_the_same_words_shows_them_once(
        self, notify: Runtime
    ) -> None:
        await handle(notify, signpost(), subject=uuid4())
        for body in ("First words.", "First words.", "Second words.", "Third words."):
            claimed = await claim_next(notify)
            sent = Sent(Result.ACCEPTED, 250, "x@service.example", "signpost-made.v2.en", REFERENCE, body)
            async with notify.database.transaction(Actor.service("notify")) as session:
                now = datetime.now(UTC)
                await operations.record_attempts(session, [(claimed, sent)], now=NOW, machine_now=now)
            async with notify.database.transaction(DESK) as session:
                await operations.send_again(session, claimed.id, "corrected", now=NOW)
        found = await the_notice(notify)
        assert found.body == "Third words."
        assert [(words.heading, words.body) for words in words_of_attempts(found)] == [
            ("Attempts 1 and 2, by mail: accepted", "First words."),
            ("Attempt 3, by mail: accepted", "Second words."),
        ]

    async def test_erasing_takes_both(self, both: Runtime, mail_server: MailServer) -> None:
        subject = uuid4()
        await handle(both, concern(immediate_danger=True), subject=subject)
        await jobs.send_due(both, NOW)
        assert len(await rows(both, "SELECT 1 FROM attempt")) == 2
        async with both.database.transaction(Actor.service("notify")) as session:
            await operations.erase_subject(session, subject)
        assert await rows(both, "SELECT 1 FROM notice UNION ALL SELECT 1 FROM attempt") == []


@pytest.mark.parametrize(
    ("result", "way", "code", "may"),
    [
        (Result.ACCEPTED, Way.SMTP, 250, True),
        (Result.UNKNOWN, Way.GOVUK_NOTIFY, None, True),
        (Result.FAULT, Way.SMTP, None, True),
        (Result.DEFERRED, Way.WEBHOOK, 500, True),
        (Result.DEFERRED, Way.WEBHOOK, None, False),
        (Result.DEFERRED, Way.SMTP, 451, False),
        (Result.REFUSED, Way.GOVUK_NOTIFY, 400, False),
    ],
)
def test_what_may_have_gone_out_is_whatever_was_taken_posted_or_left_without_an_answer(
    result: Result, way: Way, code: int | None, may: bool
) -> None:
    assert may_have_gone(result, way, code) is may
