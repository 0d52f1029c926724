"""The relay under attack: two of them, statistics facts that must mix, a restored database, an erasure register."""

import asyncio
from collections.abc import Sequence
from uuid import UUID, uuid4

import pytest
from sqlalchemy import MetaData, text

from chassis import outbox
from chassis.actor import Actor
from chassis.app import Runtime, Service, erase_again
from chassis.broker import Handlers
from chassis.ops.erasure import erase_stored
from chassis.outbox import About, send_receipts
from chassis.relay import Relay
from chassis.sending import shuffled
from chassis.transports import Delivery, Outgoing
from contracts.envelope import ReceiptBatch
from contracts.intake.statistics import ReferralCounted
from contracts.vocabulary import AgeBand, Door, Gender, Sector
from tests.chassis.journey import AREA, NOW, VERSION, Consumer, announce, count, publisher
from tests.conftest import RuntimeOf, eventually


def fact(version: int = 1) -> ReferralCounted:
    return ReferralCounted(
        month="2026-03",
        version=version,
        door=Door.API,
        sector=Sector.HEALTH,
        age_band=AgeBand.UNKNOWN,
        gender=Gender.NOT_KNOWN,
        district="",
    )


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
        task = asyncio.create_task(intake.relay.run())
        try:
            await eventually(lambda: _all_published(intake, 60))
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        first, second = await order_of_publishing(intake), await order_of_publishing(intake)
        assert first != second
        assert all(first.index((key, 1)) < first.index((key, 2)) for key, _ in first)

    async def test_statistics_facts_wait_for_company(self, runtime_of: RuntimeOf) -> None:
        intake = await runtime_of(publisher(), statistics_linger=0.5)
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


async def _arrived(found: Sequence[ReceiptBatch], number: int) -> bool:
    return len(found) == number


async def _all_published(runtime: Runtime, number: int) -> bool:
    return await count(runtime, "SELECT count(*) FROM outbox WHERE published_at IS NOT NULL") == number


async def _leads(relay: Relay) -> bool:
    return relay.leading
