"""A mail server and a receiver of webhooks, both real, that fail in each way: what becomes of a notice, how often."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from areas.parts import Way
from chassis.app import Runtime
from services.notify import jobs
from services.notify.clients import SmtpClient, SmtpServer
from services.notify.domain import MOST_UNRECORDED, ROUTINE
from services.notify.doors.bounces import NOTED
from tests.notify import bounces_made
from tests.notify.broken_made import DATA, DOT, GREETING, MAIL, RCPT, TEXT, BrokenServer, breaking
from tests.notify.conftest import NotifyOf
from tests.notify.looking import make_due_again, rows, run, states
from tests.notify.made import NOW, concern, handle, signpost
from tests.notify.receiver_made import ANSWERS, Receiver, answer, receiving
from tests.notify.test_evidence import come_back
from tests.notify.test_sending_ways import OUTWARD
from tests.notify.ways_made import reach_door, with_webhooks

PATIENCE = 0.5


@pytest.fixture
async def server() -> AsyncIterator[BrokenServer]:
    """Return a mail server that does as it is told."""
    async with breaking() as made:
        yield made


@pytest.fixture
async def mailing(notify_of: NotifyOf, server: BrokenServer) -> Runtime:
    """Notify with the real client, which waits half a second."""
    return await notify_of(SmtpClient(SmtpServer("127.0.0.1", server.port, "never", patience=PATIENCE)))


async def tries(notify: Runtime, count: int) -> None:
    """Let everything that waits be tried so often."""
    for _ in range(count):
        await jobs.send_due(notify, NOW)
        await make_due_again(notify)


async def how(notify: Runtime) -> tuple[str, str, int | None, int]:
    """Return how the only notice stands: its state, how its last attempt ended with which code, how many there were."""
    [row] = await rows(notify, "SELECT state, last_result, last_code, attempts FROM notice")
    return row.state, row.last_result, row.last_code, row.attempts


def message_ids(server: BrokenServer) -> set[bytes]:
    return {found for text in server.texts for found in re.findall(rb"Message-ID: (<[^>]+>)", text)}


class TestMailServer:
    @pytest.mark.parametrize(
        ("moment", "reply", "code"),
        [
            (GREETING, "421 4.3.2 Going down", None),
            (MAIL, "451 4.7.1 Greylisted", 451),
            (MAIL, "550 5.7.1 Who are you", 550),
            (RCPT, "450 4.2.0 Busy", 450),
            (DATA, "451 4.3.0 Not now", 451),
            (DOT, "452 4.3.1 Full", 452),
        ],
    )
    async def test_that_says_later_or_refuses_us_is_tried_until_it_takes_it_once(
        self, mailing: Runtime, server: BrokenServer, moment: str, reply: str, code: int | None
    ) -> None:
        server.answers = {moment: reply}
        await handle(mailing, signpost(), subject=uuid4())
        await tries(mailing, 5)
        state, result, last_code, attempts = await how(mailing)
        assert (state, result, attempts) == ("failed", "deferred", 5)
        assert last_code in {code, int(reply[:3])}
        server.answers = {}
        server.texts.clear()
        await tries(mailing, 2)
        assert (await states(mailing), len(server.texts)) == (["sent"], 1)

    @pytest.mark.parametrize(("moment", "reply"), [(RCPT, "550 5.1.1 No such user"), (DOT, "554 5.7.1 Policy")])
    async def test_that_refuses_for_good_is_asked_once(
        self, mailing: Runtime, server: BrokenServer, moment: str, reply: str
    ) -> None:
        server.answers = {moment: reply}
        await handle(mailing, signpost(), subject=uuid4())
        await tries(mailing, 3)
        assert await how(mailing) == ("undeliverable", "refused", int(reply[:3]), 1)

    @pytest.mark.parametrize("does", ["drops", "stalls"])
    @pytest.mark.parametrize("moment", [GREETING, MAIL, RCPT])
    async def test_that_breaks_off_before_the_text_is_tried_again_without_a_bound_but_time(
        self, mailing: Runtime, server: BrokenServer, moment: str, does: str
    ) -> None:
        setattr(server, does, moment)
        await handle(mailing, signpost(), subject=uuid4())
        await tries(mailing, MOST_UNRECORDED + 1)
        assert await how(mailing) == ("failed", "deferred", None, MOST_UNRECORDED + 1)
        await run(mailing, f"UPDATE notice SET way_began_at = way_began_at - interval '{ROUTINE.give_up_after}'")
        await tries(mailing, 1)
        assert (await states(mailing), server.texts) == (["undeliverable"], [])

    @pytest.mark.parametrize("does", ["drops", "stalls"])
    @pytest.mark.parametrize("moment", [TEXT, DOT])
    async def test_that_breaks_off_within_the_text_or_behind_it_may_have_it_and_gets_it_so_often_at_most(
        self, mailing: Runtime, server: BrokenServer, moment: str, does: str
    ) -> None:
        setattr(server, does, moment)
        await handle(mailing, signpost(), subject=uuid4())
        await tries(mailing, MOST_UNRECORDED + 2)
        assert await how(mailing) == ("undeliverable", "unknown", None, MOST_UNRECORDED)
        assert server.begun == MOST_UNRECORDED
        assert len(server.texts) == (MOST_UNRECORDED if moment == DOT else 0)
        assert len(set(server.texts)) == len(message_ids(server)) == (1 if moment == DOT else 0)

    async def test_that_breaks_off_once_takes_the_same_mail_again(self, mailing: Runtime, server: BrokenServer) -> None:
        server.drops = DOT
        await handle(mailing, signpost(), subject=uuid4())
        await tries(mailing, 1)
        server.drops = ""
        await tries(mailing, 2)
        assert await how(mailing) == ("sent", "accepted", 250, 2)
        first, second = server.texts
        assert first == second

    async def test_that_takes_it_and_reports_a_failure_later_begins_nothing_twice(
        self, mailing: Runtime, server: BrokenServer
    ) -> None:
        await handle(mailing, signpost(), subject=uuid4())
        await tries(mailing, 1)
        [row] = await rows(mailing, "SELECT id FROM notice")
        for _ in range(2):
            assert await come_back(mailing, row.id, bounces_made.POSTFIX_EXPIRED) == NOTED
        await tries(mailing, 2)
        assert (await states(mailing), len(server.texts)) == (["undeliverable"], 1)
        assert len(await rows(mailing, "SELECT 1 FROM outbox WHERE type = 'notify.notice-unreached.v1'")) == 1


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """Return the receiver of the Kent front door."""
    async with receiving() as made:
        yield made


@pytest.fixture
def hooked(notify: Runtime, receiver: Receiver) -> Runtime:
    """Notify where the Kent front door is reached by a webhook alone."""
    reach_door(notify, Way.WEBHOOK, webhook=receiver.url)
    with_webhooks(notify, OUTWARD)
    return notify


class TestReceiver:
    @pytest.mark.parametrize(
        ("server", "result", "most"),
        [
            ((b"", "stall"), "unknown", MOST_UNRECORDED),
            ((b"", "close"), "unknown", MOST_UNRECORDED),
            ((b"HTTP/1.1 200 OK\r\n", "drip"), "unknown", MOST_UNRECORDED),
            ((ANSWERS["gone"], "close"), "refused", 1),
            ((answer(301, Location="http://127.0.0.1:1/"), "close"), "refused", 1),
            ((answer(400), "close"), "refused", 1),
        ],
    )
    async def test_that_fails_gets_it_so_often_at_most_always_with_one_id(
        self, hooked: Runtime, receiver: Receiver, server: tuple[bytes, str], result: str, most: int
    ) -> None:
        with_webhooks(hooked, replace(OUTWARD, patience=PATIENCE))
        receiver.answers, receiver.then = [server[0]], server[1]
        await handle(hooked, concern(), subject=uuid4())
        await tries(hooked, MOST_UNRECORDED + 2)
        state, last, _, attempts = await how(hooked)
        assert (state, last, attempts, len(receiver.posted)) == ("undeliverable", result, most, most)
        assert len({posted.headers["webhook-id"] for posted in receiver.posted}) == 1
        assert len({posted.body for posted in receiver.posted}) == 1

    @pytest.mark.parametrize("code", [408, 425, 429, 500, 502, 503])
    async def test_that_says_later_is_asked_until_it_takes_it(
        self, hooked: Runtime, receiver: Receiver, code: int
    ) -> None:
        receiver.answers = [answer(code)] * 4 + [ANSWERS["taken"]]
        await handle(hooked, concern(), subject=uuid4())
        await tries(hooked, 6)
        assert (await how(hooked), len(receiver.posted)) == (("sent", "accepted", 204, 5), 5)

    @pytest.mark.parametrize(
        "body", [b"<html>Sign in</html>", b"\xff\xfe", b"[]", b'{"acknowledged_by": 7}', b"x" * 9000]
    )
    async def test_that_takes_it_and_says_something_else_has_acknowledged_nothing(
        self, hooked: Runtime, receiver: Receiver, body: bytes
    ) -> None:
        receiver.answers = [answer(200, body)]
        await handle(hooked, concern(), subject=uuid4())
        await tries(hooked, 2)
        assert (await how(hooked), len(receiver.posted)) == (("sent", "accepted", 200, 1), 1)

    async def test_that_asks_to_be_left_alone_for_long_is(self, hooked: Runtime, receiver: Receiver) -> None:
        receiver.answers = [answer(429, Retry_After="7200")]
        await handle(hooked, concern(), subject=uuid4())
        await jobs.send_due(hooked, NOW)
        [row] = await rows(hooked, "SELECT next_attempt_at - now() AS wait FROM notice")
        assert timedelta(minutes=110) < row.wait <= timedelta(hours=2)
