"""Sending by every way, against a real database, a real mail server and real receivers: failover, repeats, records."""

import ipaddress
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from areas.parts import Way
from chassis.actor import Actor
from chassis.app import Runtime
from services.notify import jobs, operations
from services.notify.clients import Outward
from services.notify.domain import MOST_UNRECORDED
from tests.notify.conftest import MailServer
from tests.notify.looking import make_due_again, rows, states
from tests.notify.made import CANARIES, NOW, REFERENCE, concern, handle, signpost
from tests.notify.receiver_made import ANSWERS, Receiver, answer, receiving
from tests.notify.ways_made import SECRET, reach_door, reach_service, with_webhooks

BOTH = (Way.WEBHOOK, Way.SMTP)
HERE = (ipaddress.ip_network("127.0.0.0/8"),)
OUTWARD = Outward(lambda who: (SECRET,) if who == "kent-and-medway/kent-cru" else (), HERE, 2.0)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """Return the receiver of the Kent front door."""
    async with receiving() as made:
        yield made


@pytest.fixture
def both(notify: Runtime, receiver: Receiver) -> Runtime:
    """Notify where the Kent front door is reached by a webhook first, and then by mail."""
    reach_door(notify, *BOTH, webhook=receiver.url)
    with_webhooks(notify, OUTWARD)
    return notify


async def tried(notify: Runtime) -> list[tuple[str, str, int | None]]:
    made = await rows(notify, "SELECT way, result, code FROM attempt ORDER BY number")
    return [(one.way, one.result, one.code) for one in made]


async def one_turn(notify: Runtime) -> None:
    async with notify.database.transaction(Actor.service("notify")) as session:
        sender = operations.Sender("notify.test", jobs.ways_of(notify, NOW))
        claimed = await operations.claim_due(session, sender, limit=1, machine_now=datetime.now(UTC))
    await jobs.send_all(notify, claimed, now=NOW)


class TestWebhookFirst:
    async def test_is_told_by_it_alone_and_what_was_sent_is_kept(
        self, both: Runtime, receiver: Receiver, mail_server: MailServer
    ) -> None:
        await handle(both, concern(), subject=uuid4())
        await jobs.send_due(both, NOW)
        assert (await states(both), mail_server.taken) == (["sent"], [])
        [posted] = receiver.posted
        [kept] = await rows(both, "SELECT way, body, delivered_at FROM notice JOIN concern USING (subject)")
        assert (kept.way, kept.body.encode(), kept.delivered_at) == ("webhook", posted.body, NOW)
        [made] = await rows(both, "SELECT address, digest FROM attempt")
        assert made.address == f"http://127.0.0.1:{receiver.port}"
        assert json.loads(posted.body)["data"]["reference"] == REFERENCE

    @pytest.mark.parametrize(("code", "result"), [(410, "refused"), (404, "refused"), (302, "refused")])
    async def test_a_refusal_begins_the_mail_at_once(
        self, both: Runtime, receiver: Receiver, mail_server: MailServer, code: int, result: str
    ) -> None:
        receiver.answers = [answer(code)]
        await handle(both, concern(), subject=uuid4())
        await jobs.send_due(both, NOW)
        assert await tried(both) == [("webhook", result, code), ("smtp", "accepted", 250)]
        assert (await states(both), len(mail_server.taken)) == (["sent"], 1)

    async def test_the_mail_and_the_webhook_have_one_id(
        self, both: Runtime, receiver: Receiver, mail_server: MailServer
    ) -> None:
        receiver.answers = [answer(410)]
        await handle(both, concern(), subject=uuid4())
        await jobs.send_due(both, NOW)
        assert receiver.posted[0].headers["webhook-id"] in str(mail_server.messages()[0]["Message-ID"])

    async def test_one_that_has_no_secret_here_is_mailed(
        self, notify: Runtime, receiver: Receiver, mail_server: MailServer
    ) -> None:
        reach_door(notify, *BOTH, webhook=receiver.url, door="medway-front-door")
        with_webhooks(notify, OUTWARD)
        await handle(notify, concern(front_door="medway-front-door"), subject=uuid4())
        await jobs.send_due(notify, NOW)
        assert await tried(notify) == [("webhook", "not-set-up", None), ("smtp", "accepted", 250)]

    async def test_done_and_answered_wrongly_each_time_is_told_again_and_then_mailed(
        self, both: Runtime, receiver: Receiver, mail_server: MailServer
    ) -> None:
        receiver.answers = [ANSWERS["broken"]]
        await handle(both, concern(), subject=uuid4())
        for _ in range(4):
            await jobs.send_due(both, NOW)
            await make_due_again(both)
        assert (len(receiver.posted), len(mail_server.taken)) == (4, 0)
        await rows(both, "UPDATE notice SET way_began_at = way_began_at - interval '5 hours' RETURNING 1")
        await jobs.send_due(both, NOW)
        assert (len(receiver.posted), len(mail_server.taken)) == (5, 1)
        assert len({posted.headers["webhook-id"] for posted in receiver.posted}) == 1

    async def test_a_receiver_that_takes_and_says_nothing_is_told_a_bounded_number_of_times(
        self, both: Runtime, receiver: Receiver, mail_server: MailServer
    ) -> None:
        receiver.answers = [b""]
        await handle(both, concern(), subject=uuid4())
        for _ in range(MOST_UNRECORDED + 3):
            await jobs.send_due(both, NOW)
            await make_due_again(both)
        assert (len(receiver.posted), len(mail_server.taken)) == (MOST_UNRECORDED, 1)

    async def test_a_crash_before_recording_repeats_within_the_bound_and_then_mails(
        self, both: Runtime, receiver: Receiver, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def crash(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        await handle(both, concern(), subject=uuid4())
        with monkeypatch.context() as patched:
            patched.setattr(operations, "record_attempts", crash)
            for _ in range(MOST_UNRECORDED):
                with pytest.raises(KeyboardInterrupt):
                    await one_turn(both)
                await make_due_again(both)
        await jobs.set_aside_interrupted(both, NOW)
        await jobs.send_due(both, NOW)
        assert (len(receiver.posted), len(mail_server.taken)) == (MOST_UNRECORDED, 1)
        assert await states(both) == ["sent"]

    async def test_immediate_danger_to_a_closed_front_door_mails_people(
        self, both: Runtime, receiver: Receiver, mail_server: MailServer
    ) -> None:
        await handle(both, concern(immediate_danger=True), subject=uuid4())
        await jobs.send_due(both, NOW.replace(hour=23))
        assert (receiver.posted, len(mail_server.taken)) == ([], 1)


class TestWhatIsKept:
    async def test_a_link_that_opens_something_by_itself_is_posted_and_kept_nowhere(
        self, notify: Runtime, receiver: Receiver
    ) -> None:
        reach_service(notify, Way.WEBHOOK, webhook=receiver.url)
        with_webhooks(notify, Outward(lambda _: (SECRET,), OUTWARD.networks, 2.0))
        await handle(notify, signpost(), subject=uuid4())
        await jobs.send_due(notify, NOW)
        link = json.loads(receiver.posted[0].body)["data"]["link"]
        assert "/signpost-links/" in link
        kept = str([tuple(row) for row in await rows(notify, "SELECT * FROM notice, attempt")])
        assert link not in kept
        assert "(the link, which is kept nowhere)" in kept

    async def test_no_webhook_holds_anything_personal(self, both: Runtime, receiver: Receiver) -> None:
        for event in (concern(), concern(2, immediate_danger=True)):
            await handle(both, event, subject=uuid4())
        await jobs.send_due(both, NOW)
        posted = str(receiver.posted).lower()
        assert len(receiver.posted) == 2
        assert not [canary for canary in CANARIES if canary.lower() in posted]

    async def test_both_ways_over_stands_where_a_person_sees_it(
        self, both: Runtime, receiver: Receiver, mail_server: MailServer
    ) -> None:
        receiver.answers = [answer(410)]
        mail_server.refuse_recipients = {"central-referral-unit@kent-council.example": "550 No such user"}
        await handle(both, concern(), subject=uuid4())
        await jobs.send_due(both, NOW)
        assert await tried(both) == [("webhook", "refused", 410), ("smtp", "refused", 550)]
        assert await states(both) == ["undeliverable"]


class TestInbox:
    async def test_alone_it_sends_nothing_and_is_there(self, notify: Runtime, mail_server: MailServer) -> None:
        reach_door(notify, Way.INBOX)
        await handle(notify, concern(), subject=uuid4())
        await jobs.send_due(notify, NOW)
        assert (mail_server.taken, await states(notify)) == ([], ["sent"])
        assert await tried(notify) == [("inbox", "accepted", None)]

    async def test_immediate_danger_is_mailed_all_the_same(self, notify: Runtime, mail_server: MailServer) -> None:
        reach_door(notify, Way.INBOX)
        await handle(notify, concern(immediate_danger=True), subject=uuid4())
        await jobs.send_due(notify, NOW)
        assert len(mail_server.taken) == 1
