"""By which way a notice goes: how each is tried again, when the next one begins, and when a person must look."""

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from uuid import uuid4

import pytest

from chassis.actor import Actor
from chassis.app import Runtime
from services.notify import operations
from services.notify.clients import Mail, SmtpClient, SmtpServer
from services.notify.clients.webhook import LONGEST_WAIT
from services.notify.domain import (
    MOST_UNRECORDED,
    PACES,
    Result,
    State,
    Tried,
    Way,
    after_attempt,
    next_way,
)
from services.notify.operations import Addressee, Claimed, Sent
from tests.notify.conftest import MailServer
from tests.notify.looking import make_due_again, rows, states
from tests.notify.made import NOW, concern, handle

START = datetime(2026, 11, 21, 9, tzinfo=UTC)
BOTH = (Way.WEBHOOK, Way.SMTP)


def tried(way: Way = Way.WEBHOOK, *, urgent: bool = False, unrecorded: int = 0) -> Tried:
    return Tried(1, unrecorded, START, urgent, way, BOTH)


class TestAfterAttempt:
    @pytest.mark.parametrize("result", [Result.REFUSED, Result.NO_ADDRESS, Result.NOT_SET_UP])
    def test_a_way_that_will_never_do_is_followed_by_the_next_at_once(self, result: Result) -> None:
        following = after_attempt(result, tried(), START)
        assert (following.state, following.way, following.at) == (State.DUE, Way.SMTP, None)

    @pytest.mark.parametrize("result", [Result.REFUSED, Result.NO_ADDRESS, Result.NOT_SET_UP])
    def test_after_the_last_way_a_person_looks(self, result: Result) -> None:
        assert after_attempt(result, tried(Way.SMTP), START).state == State.UNDELIVERABLE

    @pytest.mark.parametrize(
        ("urgent", "within"), [(True, timedelta(minutes=10)), (False, timedelta(hours=4))], ids=["urgent", "routine"]
    )
    def test_a_way_that_is_always_busy_gives_way_in_its_time(self, *, urgent: bool, within: timedelta) -> None:
        now, attempts, following = START, 0, None
        while following is None or following.state == State.FAILED:
            attempts += 1
            following = after_attempt(Result.DEFERRED, Tried(attempts, 0, START, urgent, Way.WEBHOOK, BOTH), now)
            now = following.at or now
        assert (following.state, following.way) == (State.DUE, Way.SMTP)
        assert now - START == within
        assert 5 < attempts < 25

    @pytest.mark.parametrize("way", [Way.SMTP, Way.GOVUK_NOTIFY, Way.WEBHOOK])
    @pytest.mark.parametrize("urgent", [True, False])
    def test_waits_grow_and_nothing_is_tried_for_ever(self, way: Way, *, urgent: bool) -> None:
        pace, at, moments = PACES[way, urgent], START, [START]
        while (
            following := after_attempt(Result.DEFERRED, Tried(len(moments), 0, START, urgent, way, (way,)), at)
        ).at is not None:
            at = following.at
            moments.append(at)
        assert following.state == State.UNDELIVERABLE
        waits = [later - earlier for earlier, later in pairwise(moments)]
        assert waits[:-1] == sorted(waits[:-1])
        assert max(waits) <= pace.longest
        assert moments[-1] - START == pace.give_up_after

    def test_answers_that_never_come_are_bounded_on_each_way(self) -> None:
        assert after_attempt(Result.UNKNOWN, tried(unrecorded=MOST_UNRECORDED), START).way == Way.SMTP
        last = after_attempt(Result.UNKNOWN, tried(Way.SMTP, unrecorded=MOST_UNRECORDED), START)
        assert last.state == State.UNDELIVERABLE

    def test_a_receiver_that_asks_for_time_is_given_it_within_the_time_of_the_way(self) -> None:
        asked = Tried(1, 0, START, urgent=False, way=Way.WEBHOOK, ways=BOTH, not_before=START + timedelta(minutes=20))
        assert after_attempt(Result.DEFERRED, asked, START).at == START + timedelta(minutes=20)
        asked = Tried(1, 0, START, urgent=False, way=Way.WEBHOOK, ways=BOTH, not_before=START + timedelta(days=400))
        assert after_attempt(Result.DEFERRED, asked, START).at == START + timedelta(hours=4)

    def test_after_a_way_that_is_no_longer_listed_comes_none(self) -> None:
        assert next_way(Way.GOVUK_NOTIFY, BOTH) is None


def both(_: Addressee) -> tuple[Way, ...]:
    return BOTH


async def claim(notify: Runtime) -> Claimed:
    async with notify.database.transaction(Actor.service("notify")) as session:
        sender = operations.Sender("notify.test", both)
        [claimed] = await operations.claim_due(session, sender, limit=1, machine_now=datetime.now(UTC))
    return claimed


async def record(notify: Runtime, claimed: Claimed, result: Result) -> State | None:
    async with notify.database.transaction(Actor.service("notify")) as session:
        [state] = await operations.record_attempts(
            session, [(claimed, Sent(result))], now=NOW, machine_now=datetime.now(UTC)
        )
    return state


class TestFailover:
    async def test_the_second_way_begins_anew_with_the_same_id(self, notify: Runtime) -> None:
        await handle(notify, concern(), subject=uuid4())
        first = await claim(notify)
        assert await record(notify, first, Result.REFUSED) == State.DUE
        second = await claim(notify)
        assert (first.way, second.way) == (Way.WEBHOOK, Way.SMTP)
        assert (first.message_id, second.repeated) == (second.message_id, False)
        assert await record(notify, second, Result.ACCEPTED) == State.SENT
        [row] = await rows(notify, "SELECT way, ways, attempts, way_attempts FROM notice")
        assert (row.way, row.ways, row.attempts, row.way_attempts) == ("smtp", ["webhook", "smtp"], 2, 1)
        made = await rows(notify, "SELECT way, result FROM attempt ORDER BY number")
        assert [tuple(one) for one in made] == [("webhook", "refused"), ("smtp", "accepted")]

    async def test_both_over_is_for_a_person(self, notify: Runtime) -> None:
        await handle(notify, concern(), subject=uuid4())
        assert await record(notify, await claim(notify), Result.REFUSED) == State.DUE
        assert await record(notify, await claim(notify), Result.REFUSED) == State.UNDELIVERABLE

    async def test_a_sender_that_vanishes_too_often_leaves_the_notice_to_the_next_way(self, notify: Runtime) -> None:
        await handle(notify, concern(), subject=uuid4())
        for way in BOTH:
            for number in range(MOST_UNRECORDED):
                claimed = await claim(notify)
                assert (claimed.way, claimed.repeated) == (way, number > 0)
                await make_due_again(notify)
            async with notify.database.transaction(Actor.service("notify")) as session:
                given_up = await operations.set_aside_interrupted(session, now=NOW, machine_now=datetime.now(UTC))
            assert given_up == (1 if way == BOTH[-1] else 0)
        assert await states(notify) == ["undeliverable"]

    async def test_what_comes_back_later_begins_the_next_way_once(self, notify: Runtime) -> None:
        await handle(notify, concern(), subject=uuid4())
        claimed = await claim(notify)
        await record(notify, claimed, Result.ACCEPTED)
        for _ in range(2):
            async with notify.database.transaction(Actor.service("notify")) as session:
                assert await operations.begin_next_way(session, claimed.id, Result.REFUSED, now=NOW) == State.DUE
        await record(notify, await claim(notify), Result.ACCEPTED)
        async with notify.database.transaction(Actor.service("notify")) as session:
            state = await operations.begin_next_way(session, claimed.id, Result.REFUSED, now=NOW)
        assert state == State.UNDELIVERABLE

    async def test_an_acceptance_that_comes_late_is_of_its_own_way(self, notify: Runtime) -> None:
        await handle(notify, concern(), subject=uuid4())
        late = await claim(notify)
        await make_due_again(notify)
        assert await record(notify, await claim(notify), Result.REFUSED) == State.DUE
        assert await record(notify, late, Result.ACCEPTED) == State.SENT
        [row] = await rows(notify, "SELECT way FROM notice")
        assert row.way == "webhook"

    async def test_sent_again_by_a_person_it_begins_with_the_first_way(self, notify: Runtime) -> None:
        await handle(notify, concern(), subject=uuid4())
        await record(notify, await claim(notify), Result.REFUSED)
        claimed = await claim(notify)
        await record(notify, claimed, Result.REFUSED)
        async with notify.database.transaction(Actor.service("notify")) as session:
            await operations.send_again(session, claimed.id, "new-address", now=NOW)
        assert (await claim(notify)).way == Way.WEBHOOK


class TestSecureDomains:
    async def test_a_line_in_clear_carries_no_mail_to_them(self, mail_server: MailServer) -> None:
        listed = frozenset({"council.example"})
        server = SmtpServer("127.0.0.1", mail_server.port, "never", patience=5, secure_domains=listed)
        client = SmtpClient(server)
        for recipient, result in (("door@COUNCIL.example", Result.NOT_SECURE), ("door@other.example", Result.ACCEPTED)):
            mail = Mail("<1@notify.test>", "us@notify.test", recipient, "KM-TEST-TEST", "Reference\n", START)
            assert (await client.send(mail)).result == result
        assert [envelope.rcpt_tos for envelope in mail_server.taken] == [["door@other.example"]]

    def test_it_is_tried_again_and_gives_way_in_time(self) -> None:
        assert after_attempt(Result.NOT_SECURE, tried(), START).state == State.FAILED
        late = START + timedelta(hours=4)
        assert after_attempt(Result.NOT_SECURE, tried(), late).way == Way.SMTP


def test_the_page_of_the_desk_says_how_long_a_notice_may_wait_once_a_server_is_back() -> None:
    desk = (Path(__file__).parents[2] / "docs" / "delivery-desk.md").read_text("utf-8")
    longest = {which: pace.longest // timedelta(minutes=1) for which, pace in PACES.items()}
    assert longest[Way.SMTP, False] == longest[Way.GOVUK_NOTIFY, False]
    assert longest[Way.SMTP, True] == longest[Way.GOVUK_NOTIFY, True]
    for way, words in ((Way.SMTP, "by mail or GOV.UK Notify"), (Way.WEBHOOK, "by webhook")):
        routine, urgent = longest[way, False], longest[way, True]
        assert re.search(rf"{words} up to {routine}(?: minutes)?, urgent ones up to {urgent}\b", desk), words
    assert timedelta(days=1) == LONGEST_WAIT
    assert "a day at most" in desk
