"""What Kafka's libraries do by default, or when they fail, and this transport must not: each trap sprung once."""

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.conn import AIOKafkaConnection
from aiokafka.errors import CommitFailedError, KafkaError
from aiokafka.protocol.metadata import MetadataRequest
from faststream.kafka.subscriber.usecase import BatchSubscriber

from chassis.app import BusAddressUnknown, make_transport
from chassis.transports import BusRefused, Delivery, MessageTooLarge, Outgoing, Transport, kafka_consumer
from chassis.transports.kafka import KafkaTransport
from chassis.transports.kafka_consumer import STALL_SECONDS
from chassis.transports.kafka_links import BusAddressUnreadable, address_of
from chassis.transports.kafka_positions import Positions
from chassis.transports.postgres import PostgresTransport
from tests.chassis.transports.conftest import make_topic, open_connections
from tests.chassis.transports.suite import Bus, Seen, confirmed, expected, insist, keys, until


@pytest.fixture
def bus(on_kafka: Bus) -> Bus:
    """Return the bus on Kafka: `writer` and `reader` are its."""
    return on_kafka


def refuse(monkeypatch: pytest.MonkeyPatch, error: KafkaError, *, times: int) -> None:
    """Have the first confirmations fail."""
    commit, left = AIOKafkaConsumer.commit, times

    async def refused(self: AIOKafkaConsumer, offsets: Any = None) -> None:
        nonlocal left
        left -= 1
        if left >= 0:
            raise error
        await commit(self, offsets)

    monkeypatch.setattr(AIOKafkaConsumer, "commit", refused)


class TestConfirmation:
    async def test_a_batch_that_faststream_swallowed_is_delivered_again(
        self, bus: Bus, writer: Transport, reader: Transport, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """FastStream drops a batch whose parsing fails, and goes on; the next confirmation would skip it."""
        whole, swallowed = BatchSubscriber.consume, 0
        many = keys(3)

        async def swallows_the_second(self: Any, records: Any) -> Any:
            nonlocal swallowed
            if not swallowed and any(record.value.endswith(b":1") for record in records):
                swallowed += 1
                return None
            return await whole(self, records)

        monkeypatch.setattr(BatchSubscriber, "consume", swallows_the_second)
        seen = Seen()
        async with bus.consuming(seen.handle):
            for number in range(4):
                await writer.publish([message for key in many for message in bus.messages(key, 1, number)])
                await asyncio.sleep(0.3)
                await until(lambda: len(seen.bodies) >= len(many))  # from now on the group's place is known
            await until(lambda: set(seen.bodies) == expected(many, 4))
            await confirmed(bus, reader)
        assert swallowed
        assert seen.in_order()

    async def test_only_handled_offsets_are_confirmed_and_each_is_named(
        self, bus: Bus, writer: Transport, reader: Transport, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """`commit()` without offsets confirms whatever was fetched; nothing else may confirm either."""
        commit, named = AIOKafkaConsumer.commit, []

        async def watched(self: AIOKafkaConsumer, offsets: Any = None) -> None:
            named.append(offsets)
            await commit(self, offsets)

        monkeypatch.setattr(AIOKafkaConsumer, "commit", watched)
        handled: set[tuple[int, int]] = set()

        async def note(deliveries: Sequence[Delivery]) -> None:
            handled.update((item.partition, item.position + 1) for item in deliveries)

        async with bus.consuming(note):
            await writer.publish([message for key in keys(9) for message in bus.messages(key, 3)])
            await confirmed(bus, reader)
        confirmations = [(place.partition, at.offset) for offsets in named for place, at in offsets.items()]
        assert confirmations
        assert set(confirmations) <= handled

    async def test_a_refused_confirmation_neither_ends_nor_blocks_the_consumer(
        self,
        bus: Bus,
        writer: Transport,
        reader: Transport,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """A group that went on without its member refuses; a storm of rebalances must not crash anybody."""
        refuse(monkeypatch, CommitFailedError(), times=2)
        [key] = keys(1)
        seen = Seen()
        async with bus.consuming(seen.handle):
            for number in range(4):
                await writer.publish(bus.messages(key, 1, number))
                await until(partial(seen.bodies.__contains__, f"{key}:{number}"))
            await confirmed(bus, reader)
        assert seen.by_key()[str(key)] == [0, 1, 2, 3]
        assert "pauses" not in caplog.text

    async def test_the_next_batch_is_handled_while_one_is_confirmed(
        self, bus: Bus, writer: Transport, reader: Transport, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        commit, begun, may_end = AIOKafkaConsumer.commit, [], asyncio.Event()

        async def slowly(self: AIOKafkaConsumer, offsets: Any = None) -> None:
            begun.append(offsets)
            await may_end.wait()
            await commit(self, offsets)

        monkeypatch.setattr(AIOKafkaConsumer, "commit", slowly)
        [key] = keys(1)
        seen = Seen()
        async with bus.consuming(seen.handle):
            for number in range(2):
                await writer.publish(bus.messages(key, 1, number))
                await until(partial(seen.bodies.__contains__, f"{key}:{number}"))
            assert len(begun) == 1
            may_end.set()
            await confirmed(bus, reader)
        assert seen.by_key()[str(key)] == [0, 1]

    async def test_what_a_failed_confirmation_left_open_comes_again(
        self, bus: Bus, writer: Transport, reader: Transport, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        refuse(monkeypatch, KafkaError(), times=1)
        [key] = keys(1)
        seen = Seen()
        async with bus.consuming(seen.handle):
            await writer.publish(bus.messages(key, 1))
            await until(lambda: seen.by_key().get(str(key)) == [0, 0])
            await confirmed(bus, reader)

    async def test_loses_nothing_while_it_still_learns_where_the_group_stands(
        self, bus: Bus, writer: Transport, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Messages come before a slow bus has said what the group confirmed; they must come again, each time."""
        learn, learnt = Positions.confirmed, 0

        async def slowly(self: Positions, group: str) -> Any:
            nonlocal learnt
            await asyncio.sleep(1.5)
            try:
                return await learn(self, group)
            finally:
                learnt += 1

        monkeypatch.setattr(Positions, "confirmed", slowly)
        [key] = keys(1)
        await writer.publish(bus.messages(key, 3))
        seen = Seen()
        async with bus.consuming(seen.handle):
            for number in (3, 4):
                known = learnt
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(5):
                        while learnt == known:  # noqa: ASYNC110
                            await asyncio.sleep(0.05)
                await asyncio.sleep(0.3)
                await writer.publish(bus.messages(key, 1, number))
            await until(lambda: set(seen.bodies) == expected([key], 5))
        assert seen.in_order()

    async def test_joins_again_when_the_client_gives_up(
        self, bus: Bus, writer: Transport, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """FastStream would log the error every five seconds, and never do anything else."""
        broken: set[int] = set()
        getmany = AIOKafkaConsumer.getmany

        async def breaks_the_first(self: AIOKafkaConsumer, *args: Any, **named: Any) -> Any:
            if not broken or id(self) in broken:
                broken.add(id(self))
                raise KafkaError("Unexpected error during coordination")
            return await getmany(self, *args, **named)

        monkeypatch.setattr(AIOKafkaConsumer, "getmany", breaks_the_first)
        await writer.publish(bus.messages(uuid4(), 1))
        seen = Seen()
        async with bus.consuming(seen.handle):
            await until(lambda: seen.bodies, seconds=STALL_SECONDS)  # before the watch would find it silent
        assert len(broken) == 1

    async def test_joins_again_when_messages_lie_there_and_do_not_come(
        self, bus: Bus, writer: Transport, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A consumer that fell silent without any error, as after a rebalance (#1414) or a time-out (#1037)."""
        deaf: set[int] = set()
        getmany = AIOKafkaConsumer.getmany

        async def first_is_deaf(self: AIOKafkaConsumer, *args: Any, **named: Any) -> Any:
            if not deaf or id(self) in deaf:
                deaf.add(id(self))
                await asyncio.sleep(0.1)
                return {}
            return await getmany(self, *args, **named)

        monkeypatch.setattr(AIOKafkaConsumer, "getmany", first_is_deaf)
        monkeypatch.setattr(kafka_consumer, "WATCH_SECONDS", 0.5)
        monkeypatch.setattr(kafka_consumer, "STALL_SECONDS", 3.0)
        await writer.publish(bus.messages(uuid4(), 1))
        seen = Seen()
        async with bus.consuming(seen.handle):
            await until(lambda: seen.bodies)
        assert len(deaf) == 1


class TestRefusal:
    async def test_a_message_that_a_topic_refuses_does_not_spoil_the_next(self, kafka: Any) -> None:
        """After a refusal the idempotent producer would have every later batch answered with "out of order"."""
        topic = await make_topic(kafka.admin_url, limit=2000)
        narrow = Bus("kafka", topic, f"group-{topic}", kafka.admin_url, kafka.admin_url)
        [key] = keys(1)
        async with narrow.transport(narrow.writer_url) as writer:
            await insist(lambda: writer.publish(narrow.messages(key, 1)))
            for _ in range(2):
                with pytest.raises(MessageTooLarge, match=r"max\.message\.bytes"):
                    await writer.publish([Outgoing(topic, key, b"x" * 3000)])
                await writer.publish(narrow.messages(key, 1))

    async def test_a_refused_topic_does_not_spoil_the_others(self, kafka: Any) -> None:
        theirs = Bus("kafka", "triage.dovetail.v1", "channel", kafka.url("triage"), kafka.url("channel"))
        ours = Bus("kafka", "intake.awareness.v1", "channel", kafka.url("intake"), kafka.url("channel"))
        [key] = keys(1)
        async with ours.transport(ours.writer_url) as intake:
            await insist(lambda: intake.publish(ours.messages(key, 1)))
            with pytest.raises(BusRefused):
                await intake.publish([*theirs.messages(key, 1), *ours.messages(key, 1, 1)])
            await intake.publish(ours.messages(key, 1, 2))

    async def test_two_services_see_the_same_identity(self, kafka: Any) -> None:
        found = set()
        for service in ("intake", "stats", "monitor"):
            transport = KafkaTransport(kafka.url(service), 12)
            found.add(await transport.identity())
            await transport.stop()
        assert len(found) == 1
        assert len(found.pop()) > 36


class TestSecrecy:
    async def test_no_log_line_holds_a_key_or_a_body(
        self, bus: Bus, writer: Transport, caplog: pytest.LogCaptureFixture
    ) -> None:
        """At its lowest level the client prints keys and bodies; a failing handler would print its batch."""
        caplog.set_level(logging.DEBUG)
        [key] = keys(1)
        failed = asyncio.Event()

        async def fails(_: Sequence[Delivery]) -> None:
            failed.set()
            raise ConnectionRefusedError

        async with bus.consuming(fails):
            await writer.publish(bus.messages(key, 1))
            await asyncio.wait_for(failed.wait(), 30)
            await asyncio.sleep(0.5)
        assert caplog.records
        for canary in (str(key), str(key.bytes), key.hex):
            assert canary not in caplog.text

    def test_an_address_that_cannot_be_read_is_not_repeated(self) -> None:
        for url in ("kafka://intake:canary@", "kafka://intake:canary@host", "kafka://:canary@host:1/x", "kafka://h:1"):
            with pytest.raises(BusAddressUnreadable) as caught:
                address_of(url)
            assert "canary" not in str(caught.value)
        assert "canary" not in repr(address_of("kafka://intake:canary@host:1"))


class TestChoice:
    async def test_the_scheme_names_the_transport(self) -> None:
        assert isinstance(make_transport("postgresql+asyncpg://a:b@/bus?host=/tmp"), PostgresTransport)
        for scheme in ("kafka", "kafka+ssl"):
            assert isinstance(make_transport(f"{scheme}://a:b@host:9092,other:9092"), KafkaTransport)
        with pytest.raises(BusAddressUnknown):
            make_transport("amqp://host")


class TestStarts:
    @pytest.mark.parametrize("consumes", [False, True], ids=["asks", "consumes"])
    async def test_one_that_nobody_waits_for_any_more_leaves_no_connection(
        self, bus: Bus, monkeypatch: pytest.MonkeyPatch, *, consumes: bool
    ) -> None:
        """A client that is cancelled while it asks for the cluster's layout forgets the connection it asks through."""
        send, asked = AIOKafkaConnection.send, asyncio.Event()

        async def slowly(self: AIOKafkaConnection, request: Any, **given: Any) -> Any:
            if isinstance(request, MetadataRequest):
                asked.set()
                await asyncio.sleep(0.2)
            return await send(self, request, **given)

        transport = make_transport(bus.reader_url)
        if consumes:
            await transport.start()
        monkeypatch.setattr(AIOKafkaConnection, "send", slowly)
        seen = Seen()
        begun = transport.consume(bus.group, [bus.topic], seen.handle) if consumes else transport.start()
        task = asyncio.ensure_future(begun)
        await asyncio.wait_for(asked.wait(), 10)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await transport.stop()
        assert open_connections() == []
