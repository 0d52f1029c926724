"""The relay under attack: two of them, statistics facts that must mix, a restored database, an erasure register."""

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import MetaData, text

from chassis import outbox, relay
from chassis.actor import Actor
from chassis.app import Runtime, Service, erase_again
from chassis.broker import Handlers
from chassis.lane import Lane
from chassis.ops.erasure import erase_stored
from chassis.outbox import About, send_receipts
from chassis.purging import purge
from chassis.relay import Relay
from chassis.sending import Pace, shuffled
from chassis.transports import Delivery, Outgoing
from chassis.wire import decode
from contracts.envelope import ReceiptBatch
from tests.chassis.journey import AREA, NOW, VERSION, Consumer, announce, count, fact, made, publisher
from tests.conftest import RuntimeOf, eventually


async def add_facts(runtime: Runtime, number: int) -> None:
    async with runtime.database.transaction(Actor.service("intake")) as session:
        for _ in range(number):
            key = uuid4()
            await outbox.add_all(session, [(fact(1), About(key, AREA, VERSION)), (fact(2), About(key, AREA, VERSION))])


async def order_of_publishing(runtime: Runtime) -> list[tuple[str, int]]:
    async with runtime.database.transaction(Actor.service("intake")) as session:
        rows = await session.rows(text("SELECT subject, topic, id, sequence FROM outbox ORDER BY id"))
    return [(str(row.subject), row.sequence) for row in shuffled(rows)]


class TestRelay:
    async def test_two_relays_number_without_gaps(self, runtime_of: RuntimeOf) -> None:
        intake = await runtime_of(publisher())
        other = await runtime_of(publisher())
        tasks = [asyncio.create_task(runtime.relay.run()) for runtime in (intake, other)]
        try:
            subject = uuid4()
            for version in range(1, 21):
                await announce(intake if version % 2 else other, subject, version)
            await eventually(lambda: _all_published(intake, 20))
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        assert await count(intake, "SELECT max(sequence) FROM outbox") == 20
        assert await count(intake, "SELECT count(DISTINCT sequence) FROM outbox") == 20
        assert [intake.relay.leading, other.relay.leading] == [False, False]

    async def test_statistics_facts_are_mixed_but_one_key_keeps_its_order(self, runtime_of: RuntimeOf) -> None:
        intake = await runtime_of(publisher(), statistics_linger=0.3)
        await add_facts(intake, 30)
        await _run_until(intake.relay, eventually(lambda: _all_published(intake, 60)))
        first, second = await order_of_publishing(intake), await order_of_publishing(intake)
        assert first != second
        assert all(first.index((key, 1)) < first.index((key, 2)) for key, _ in first)

    async def test_statistics_facts_wait_for_company(self, runtime_of: RuntimeOf) -> None:
        intake = await runtime_of(publisher(), statistics_linger=3.0)
        task = asyncio.create_task(intake.relay.run())
        try:
            await eventually(lambda: _leads(intake.relay))
            await add_facts(intake, 1)
            await asyncio.sleep(0.1)
            assert not await _all_published(intake, 2)
            await eventually(lambda: _all_published(intake, 2))
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def test_gives_way_to_a_crowd_at_the_door_but_not_for_long(
        self, runtime_of: RuntimeOf, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(relay, "LONGEST_WAIT_SECONDS", 3.0)
        intake = await runtime_of(publisher())
        rest, rests = intake.relay._rest, asyncio.Event()

        async def rest_and_say_so(*due: Any) -> None:
            rests.set()
            await rest(*due)

        async def crowd() -> None:
            await rests.wait()  # before its first rest it has looked without waiting for anybody
            intake.relay.give_way(60)
            await announce(intake, uuid4(), 1)
            await asyncio.sleep(0.1)
            assert not await _all_published(intake, 1)
            await eventually(lambda: _all_published(intake, 1))

        monkeypatch.setattr(intake.relay, "_rest", rest_and_say_so)
        await _run_until(intake.relay, crowd())

    async def test_an_erasure_waits_for_what_is_being_sent(
        self, runtime_of: RuntimeOf, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        intake = await runtime_of(publisher())
        publish, asked, let = intake.bus.publish, asyncio.Event(), asyncio.Event()

        async def slowly(messages: Sequence[Outgoing]) -> None:
            asked.set()
            await let.wait()
            await publish(messages)

        monkeypatch.setattr(intake.bus, "publish", slowly)
        subject = uuid4()
        await announce(intake, subject, 1)
        task = asyncio.create_task(intake.relay.run())
        try:
            await asked.wait()
            erasing = asyncio.create_task(erase(intake, subject))
            await asyncio.sleep(0.3)
            assert not erasing.done(), "The event is on its way with everything that it says."
            let.set()
            await erasing
            assert await intake.bus.forget(["intake.awareness.v1"], subject) >= 1
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def test_a_refusal_of_the_bus_does_not_end_it(
        self, runtime_of: RuntimeOf, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        intake = await runtime_of(publisher())
        publish, refusals = intake.bus.publish, iter(range(2))

        async def refuse_twice(messages: Sequence[Outgoing]) -> None:
            if next(refusals, None) is not None:
                raise ValueError("The bus does not know this topic.")
            await publish(messages)

        monkeypatch.setattr(intake.bus, "publish", refuse_twice)
        await announce(intake, uuid4(), 1)
        task = asyncio.create_task(intake.relay.run())
        try:
            await eventually(lambda: _all_published(intake, 1))
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        assert next(refusals, None) is None

    async def test_receipts_arrive_in_the_order_of_their_writing(self, runtime_of: RuntimeOf) -> None:
        intake, channel = await runtime_of(publisher()), await runtime_of(Consumer().service())
        batches = [ReceiptBatch(recipient=f"channel {number}") for number in range(20)]
        async with channel.database.transaction(Actor.service("channel")) as session:
            for batch in batches:
                await send_receipts(session, "intake", batch)
        arrived: list[ReceiptBatch] = []

        async def take(deliveries: Sequence[Delivery]) -> None:
            arrived.extend(ReceiptBatch.model_validate_json(item.body) for item in deliveries)

        consuming = intake.bus.consume("intake", ["receipts.intake.v1"], take)
        tasks = [asyncio.create_task(channel.relay.run()), asyncio.create_task(consuming)]
        try:
            await eventually(lambda: _arrived(arrived, 20))
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        assert arrived == batches

    async def test_an_ordinary_start_keeps_the_epoch(self, runtime_of: RuntimeOf) -> None:
        intake = await runtime_of(publisher())
        await announce(intake, uuid4(), 1)
        assert await intake.relay.recognise_restore() == 1


class TestNumbers:
    """What may have been published under a number keeps it, whoever publishes it again."""

    async def test_a_leader_killed_before_its_mark_leaves_its_numbers(
        self, runtime_of: RuntimeOf, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        intake, later = await runtime_of(publisher()), await runtime_of(publisher())
        first, second = uuid4(), uuid4()
        heard = _heard(intake, monkeypatch, die_after=1)
        await announce(intake, first, 1, 2, 3)
        await _run_until(intake.relay, heard.died.wait())
        assert await count(intake, "SELECT count(*) FROM outbox WHERE sequence IS NOT NULL") == 0
        # Without what the first leader wrote down, the second one would count anew, from the row behind this one.
        await _cut_first(intake, first)
        await announce(intake, first, 4)
        await announce(intake, second, 1)
        again = _heard(later, monkeypatch)
        await _run_until(later.relay, eventually(lambda: _all_published(intake, 4)))
        assert heard.numbers[1:] == again.numbers[:2]
        assert sorted(number for _, subject, number in again.numbers if subject == first) == [2, 3, 4]
        assert await count(intake, "SELECT count(*) FROM outbox_intent") == 0

    async def test_a_leader_that_lost_its_lock_while_publishing_gives_no_number_twice(
        self, runtime_of: RuntimeOf, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        intake, other = await runtime_of(publisher()), await runtime_of(publisher())
        subject, asked, let = uuid4(), asyncio.Event(), asyncio.Event()
        one, two = _heard(intake, monkeypatch), _heard(other, monkeypatch)
        listening = intake.bus.publish

        async def slowly(messages: Sequence[Outgoing]) -> None:
            asked.set()
            await let.wait()
            await listening(messages)

        monkeypatch.setattr(intake.bus, "publish", slowly)
        await announce(intake, subject, 1, 2)
        tasks = [asyncio.create_task(intake.relay.run())]
        try:
            await asked.wait()
            await _end_leader(intake)
            tasks.append(asyncio.create_task(other.relay.run()))
            await announce(other, subject, 3, 4)
            await asyncio.sleep(0.3)
            assert not two.numbers, "Nobody knows yet which numbers the other one has given."
            let.set()
            await eventually(lambda: _all_published(intake, 4))
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        given = {*one.numbers, *two.numbers}
        assert sorted(number for _, _, number in given) == [1, 2, 3, 4]

    async def test_a_backlog_of_many_batches_is_in_order_and_without_gaps(
        self, runtime_of: RuntimeOf, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        intake = await runtime_of(publisher())
        monkeypatch.setattr("chassis.sending.LEAST", 20)
        monkeypatch.setattr("chassis.sending.MOST", 20)
        monkeypatch.setattr(intake.relay, "_pace", Pace(20))
        mark = Lane._mark  # only a slow mark leaves two batches whose numbers no table says yet

        async def slowly(lane: Lane, *what: Any) -> None:
            await asyncio.sleep(0.2)
            await mark(lane, *what)

        monkeypatch.setattr(Lane, "_mark", slowly)
        subjects = [uuid4() for _ in range(30)]
        for version in range(1, 11):
            for subject in subjects:
                await announce(intake, subject, version)
        heard = _heard(intake, monkeypatch)
        await _run_until(intake.relay, eventually(lambda: _all_published(intake, 300)))
        for subject in subjects:
            assert [number for _, about, number in heard.numbers if about == subject] == list(range(1, 11))

    async def test_numbers_go_on_where_purged_rows_ended(self, runtime_of: RuntimeOf) -> None:
        intake, subject = await runtime_of(publisher()), uuid4()
        await announce(intake, subject, 1, 2, 3)
        await _run_until(intake.relay, eventually(lambda: _all_published(intake, 3)))
        async with intake.database.transaction(Actor.service("intake")) as session:
            await session.execute(text("UPDATE outbox SET recorded_at = recorded_at - interval '1 year'"))
            await session.execute(text("UPDATE dispatch SET stored_at = recorded_at"))
        await purge(intake, NOW)
        assert await count(intake, "SELECT count(*) FROM outbox") == 0
        await announce(intake, subject, 4, 5)
        await _run_until(intake.relay, eventually(lambda: _all_published(intake, 2)))
        assert await count(intake, "SELECT min(sequence) FROM outbox") == 4
        assert await count(intake, "SELECT max(sequence) FROM outbox") == 5

    async def test_numbers_go_on_where_an_older_row_outlives_the_last_one(self, runtime_of: RuntimeOf) -> None:
        intake, subject = await runtime_of(publisher()), uuid4()
        await announce(intake, subject, 1, 2, 3)
        await _run_until(intake.relay, eventually(lambda: _all_published(intake, 3)))
        async with intake.database.transaction(Actor.service("intake")) as session:
            # All is old and stored, but a replay has just asked for the first one again.
            again = "published_at = CASE WHEN sequence > 1 THEN published_at END"
            await session.execute(text(f"UPDATE outbox SET recorded_at = recorded_at - interval '1 year', {again}"))
            await session.execute(text("UPDATE dispatch SET stored_at = recorded_at"))
        await purge(intake, NOW)
        await announce(intake, subject, 4)
        await _run_until(intake.relay, eventually(lambda: _all_published(intake, 2)))
        assert await count(intake, "SELECT max(sequence) FROM outbox") == 4

    async def test_what_waited_longest_for_its_commit_is_sent_too(self, runtime_of: RuntimeOf) -> None:
        intake = await runtime_of(publisher())
        task = asyncio.create_task(intake.relay.run())
        try:
            async with intake.database.transaction(Actor.service("intake")) as session:
                about = About(uuid4(), AREA, VERSION)
                await outbox.add_all(session, [(made(1), about)])
                await session.rows(text("SELECT 1"))
                await announce(intake, uuid4(), 1)
                await eventually(lambda: _all_published(intake, 1))
            await eventually(lambda: _all_published(intake, 2))
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def test_facts_that_wait_for_hours_stop_nothing_else(
        self, runtime_of: RuntimeOf, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("chassis.sending.LEAST", 10)
        monkeypatch.setattr("chassis.sending.MOST", 10)
        intake = await runtime_of(publisher(), statistics_linger=3600)
        await add_facts(intake, 20)
        await announce(intake, uuid4(), 1)
        await _run_until(intake.relay, eventually(lambda: _all_published(intake, 1)))


class TestErasureRegister:
    async def test_is_applied_again_to_a_restored_database(self, runtime_of: RuntimeOf) -> None:
        erased = []

        async def erase_own(session: object, subject: object) -> None:
            erased.append(subject)

        service = Service("intake", "Intake", MetaData(), Handlers(), (), {}, erase_subject=erase_own)
        intake = await runtime_of(service)
        subject = uuid4()
        await announce(intake, subject, 1)
        await intake.keys.ensure([subject])
        await intake.keys.erase(subject)
        await erase_again(service, intake)
        await erase_again(service, intake)
        assert erased == [subject]
        assert await count(intake, "SELECT count(*) FROM outbox WHERE tombstone AND sealed = ''") == 1


async def erase(runtime: Runtime, subject: UUID) -> None:
    async with runtime.database.transaction(Actor.operator("tester")) as session:
        await erase_stored(session, subject, None, reason="a test", now=NOW)


@dataclass
class Heard:
    """What a relay has published: event id, subject and number, in the order of publishing."""

    numbers: list[tuple[UUID, UUID, int]] = field(default_factory=list)
    died: asyncio.Event = field(default_factory=asyncio.Event)


def _heard(runtime: Runtime, monkeypatch: pytest.MonkeyPatch, die_after: int = 0) -> Heard:
    """Listen to what a relay publishes; with `die_after`, that many batches are its last and it never marks them."""
    heard, publish, batches = Heard(), runtime.bus.publish, 0

    async def listening(messages: Sequence[Outgoing]) -> None:
        nonlocal batches
        await publish(messages)
        for envelope in (decode(message.body) for message in messages):
            heard.numbers.append((envelope.event_id, envelope.subject, envelope.sequence))
        batches += 1
        if batches == die_after:
            heard.died.set()
            await asyncio.Event().wait()

    monkeypatch.setattr(runtime.bus, "publish", listening)
    return heard


async def _run_until(relay: Relay, happened: Awaitable[object]) -> None:
    task = asyncio.create_task(relay.run())
    try:
        await happened
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _cut_first(runtime: Runtime, subject: UUID) -> None:
    """Delete the subject's first row, as the cutting of statistics does."""
    async with runtime.database.transaction(Actor.service("intake")) as session:
        first = "SELECT event_id FROM outbox WHERE subject = :subject ORDER BY id LIMIT 1"
        for table in ("dispatch", "outbox"):
            await session.execute(text(f"DELETE FROM {table} WHERE event_id = ({first})"), {"subject": subject})


async def _end_leader(runtime: Runtime) -> None:
    """End the connection that holds the leader's lock."""
    async with runtime.database.transaction(Actor.service("intake")) as session:
        await session.rows(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = 7301 "
                "AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            )
        )


async def _arrived(found: Sequence[ReceiptBatch], number: int) -> bool:
    return len(found) == number


async def _all_published(runtime: Runtime, number: int) -> bool:
    return await count(runtime, "SELECT count(*) FROM outbox WHERE published_at IS NOT NULL") == number


async def _leads(relay: Relay) -> bool:
    return relay.leading
