"""Replicas that come and go, partitions that are added, places that are lost: nothing is skipped, nobody is blocked."""

import asyncio
import signal
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from uuid import UUID, uuid4

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, RecordsToDelete
from aiokafka.protocol.admin import DeleteGroupsRequest

from chassis.transports import Delivery, Transport
from chassis.transports.kafka import KafkaTransport
from chassis.transports.kafka_links import address_of, client_settings
from chassis.transports.kafka_positions import MARKER_TOPIC
from chassis.transports.partitions import partition_of
from contracts.catalogue import PARTITIONS
from tests.chassis.transports.suite import Bus, Seen, confirmed, expected, insist, keys, until

TAKES_AND_NEVER_ENDS = """
import asyncio, sys
from chassis.app import make_transport

async def handle(_):
    print("taken", flush=True)
    await asyncio.Event().wait()

asyncio.run(make_transport(sys.argv[1]).consume(sys.argv[2], [sys.argv[3]], handle))
"""
"""A replica as a program of its own: it says that it was given a batch, and then does nothing more."""


@asynccontextmanager
async def administrator(bus: Bus) -> AsyncIterator[AIOKafkaAdminClient]:
    client = AIOKafkaAdminClient(**client_settings(address_of(bus.writer_url)))
    await client.start()
    try:
        yield client
    finally:
        await client.close()


@asynccontextmanager
async def load(bus: Bus, writer: Transport, many: Sequence[UUID]) -> AsyncIterator[list[str]]:
    """Publish one message of each key after another, without end, for the length of the block."""
    sent: list[str] = []

    async def publish() -> None:
        number = 0
        while True:
            batch = [message for key in many for message in bus.messages(key, 1, number)]
            await insist(partial(writer.publish, batch))
            sent.extend(message.body.decode() for message in batch)
            number += 1
            await asyncio.sleep(0.03)

    task = asyncio.create_task(publish())
    try:
        yield sent
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


class TestRebalance:
    @pytest.mark.timeout(180)
    async def test_is_not_blocked_for_ever_after_a_rebalance_faststream_1414(
        self, bus: Bus, writer: Transport, reader: Transport
    ) -> None:
        """A second replica comes while the first is in mid-handler, twenty times; the lag goes back to nothing."""
        many = keys(12)
        seen, inside = Seen(), asyncio.Event()

        async def in_no_hurry(deliveries: Sequence[Delivery]) -> None:
            inside.set()
            await asyncio.sleep(0.1)
            await seen.handle(deliveries)

        async with bus.consuming(in_no_hurry):
            for number in range(20):
                inside.clear()
                await writer.publish([message for key in many for message in bus.messages(key, 1, number)])
                await asyncio.wait_for(inside.wait(), 30)
                async with bus.consuming(in_no_hurry):
                    await writer.publish([message for key in many for message in bus.messages(key, 1, 100 + number)])
                    await until(partial(_has_all, seen, many, 100 + number))
            await until(lambda: _has_all(seen, many, 19))
            await confirmed(bus, reader)
        assert all(sorted(set(numbers)) == [*range(20), *range(100, 120)] for numbers in seen.by_key().values())

    @pytest.mark.timeout(180)
    async def test_rolling_restarts_1_2_1_2_under_load_lose_nothing_and_keep_the_order(
        self, bus: Bus, writer: Transport, reader: Transport
    ) -> None:
        many = keys(24)
        seen, joined = Seen(), asyncio.Event()

        async def as_the_second(deliveries: Sequence[Delivery]) -> None:
            joined.set()
            await seen.handle(deliveries)

        async with load(bus, writer, many) as sent, bus.consuming(seen.handle):
            for _ in range(2):
                await asyncio.sleep(1.5)
                joined.clear()
                async with bus.consuming(as_the_second):
                    await asyncio.wait_for(joined.wait(), 30)
                    await asyncio.sleep(2)
            await asyncio.sleep(1.5)
            wanted = set(sent)
            await until(lambda: wanted <= set(seen.bodies))
        async with bus.consuming(seen.handle):
            await until(lambda: set(sent) <= set(seen.bodies))
            await confirmed(bus, reader)
        assert seen.in_order()
        assert len(seen.bodies) < 1.5 * len(sent)  # what was delivered again is the exception

    async def test_a_confirmation_for_a_partition_that_moved_neither_crashes_nor_blocks(
        self, on_kafka: Bus, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The first replica is so slow that the group goes on without its batch; it must not confirm, nor end."""
        monkeypatch.setattr("chassis.transports.kafka_consumer.REVOKE_SECONDS", 0.2)
        many = keys(12)
        slow, quick, release = Seen(), Seen(), asyncio.Event()

        async def hangs_once(deliveries: Sequence[Delivery]) -> None:
            await slow.handle(deliveries)
            if not release.is_set():
                await release.wait()

        async with on_kafka.transport(on_kafka.writer_url) as writer:
            await writer.publish([message for key in many for message in on_kafka.messages(key, 1)])
            async with on_kafka.consuming(hangs_once) as first:
                await until(lambda: slow.bodies)
                async with on_kafka.consuming(quick.handle):
                    await until(lambda: quick.bodies)
                    release.set()
                    await writer.publish([message for key in many for message in on_kafka.messages(key, 1, 1)])
                    await until(lambda: set(slow.bodies + quick.bodies) == expected(many, 2))
                    await confirmed(on_kafka, writer)
                assert not first.task.done()

    async def test_a_dead_replica_hands_over_its_partitions(self, bus: Bus, writer: Transport) -> None:
        """The first replica is a process that SIGKILL ends in the middle of a batch: no farewell, no confirmation."""
        many = keys(12)
        await writer.publish([message for key in many for message in bus.messages(key, 1)])
        seen = Seen()
        first = await asyncio.create_subprocess_exec(
            sys.executable, "-c", TAKES_AND_NEVER_ENDS, bus.reader_url, bus.group, bus.topic,
            stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            assert first.stdout is not None
            assert await asyncio.wait_for(first.stdout.readline(), 60) == b"taken\n"
        finally:
            first.kill()
            await first.wait()
        assert first.returncode == -signal.SIGKILL
        started = time.monotonic()
        async with bus.consuming(seen.handle):
            await until(lambda: set(seen.bodies) == expected(many, 1))
        assert time.monotonic() - started < 20


class TestPlaces:
    async def test_partitions_added_while_producing_are_read_from_their_start(
        self, on_kafka: Bus, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("chassis.transports.kafka_links.METADATA_SECONDS", 1.0)
        monkeypatch.setattr("chassis.transports.kafka_consumer.METADATA_SECONDS", 1.0)
        seen, many = Seen(), keys(40)
        wider = KafkaTransport(on_kafka.writer_url, 24)
        try:
            async with on_kafka.consuming(seen.handle), on_kafka.transport(on_kafka.writer_url) as writer:
                async with load(on_kafka, writer, many[:10]) as sent:
                    await until(lambda: seen.bodies)
                    async with administrator(on_kafka) as client:
                        await client.create_partitions({on_kafka.topic: NewPartitions(24)})
                    # What is written to a new partition before any consumer has heard of it must not be skipped.
                    await insist(lambda: wider.publish([m for key in many for m in on_kafka.messages(key, 1, 1000)]))
                    await until(lambda: _has_all(seen, many, 1000))
                await until(lambda: set(sent) <= set(seen.bodies))
                await confirmed(on_kafka, writer)
        finally:
            await wider.stop()

    async def test_lost_group_offsets_skip_nothing(self, on_kafka: Bus) -> None:
        seen, many = Seen(), keys(12)
        async with on_kafka.transport(on_kafka.writer_url) as writer:
            await writer.publish([m for key in many for m in on_kafka.messages(key, 2)])
            async with on_kafka.consuming(seen.handle):
                await until(lambda: set(seen.bodies) == expected(many, 2))
                await confirmed(on_kafka, writer)
            async with administrator(on_kafka) as client:
                node = await client.find_coordinator(on_kafka.group)
                await client._send_request(DeleteGroupsRequest([on_kafka.group]), node)
            await writer.publish([m for key in many for m in on_kafka.messages(key, 1, 2)])
            again = Seen()
            async with on_kafka.consuming(again.handle):
                await until(lambda: set(again.bodies) == expected(many, 3))

    async def test_places_confirmed_on_another_bus_count_for_nothing(self, on_kafka: Bus) -> None:
        """A topic that is made anew under its old name holds other messages at the same positions."""
        seen, many = Seen(), keys(12)
        async with on_kafka.transport(on_kafka.writer_url) as writer:
            await writer.publish([m for key in many for m in on_kafka.messages(key, 2)])
            async with on_kafka.consuming(seen.handle):
                await until(lambda: set(seen.bodies) == expected(many, 2))
                await confirmed(on_kafka, writer)
            await _new_marker(on_kafka)
            again = Seen()
            async with on_kafka.consuming(again.handle):
                await until(lambda: set(again.bodies) == expected(many, 2))

    async def test_a_running_consumer_begins_anew_when_the_bus_becomes_another(
        self, on_kafka: Bus, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("chassis.transports.kafka_consumer.WATCH_SECONDS", 0.5)
        seen, many = Seen(), keys(12)
        async with on_kafka.transport(on_kafka.writer_url) as writer, on_kafka.consuming(seen.handle):
            await writer.publish([m for key in many for m in on_kafka.messages(key, 1)])
            await until(lambda: len(seen.bodies) == 12)
            await _new_marker(on_kafka)
            await until(lambda: len(seen.bodies) == 24)

    async def test_stops_rather_than_skips_what_retention_has_removed(
        self, on_kafka: Bus, caplog: pytest.LogCaptureFixture
    ) -> None:
        seen, [key] = Seen(), keys(1)
        async with on_kafka.transport(on_kafka.writer_url) as writer:
            await writer.publish(on_kafka.messages(key, 1))
            async with on_kafka.consuming(seen.handle):
                await until(lambda: seen.bodies)
                await confirmed(on_kafka, writer)
            await writer.publish(on_kafka.messages(key, 5, 1))
            async with administrator(on_kafka) as client:
                place = TopicPartition(on_kafka.topic, partition_of(key, PARTITIONS))
                await client.delete_records({place: RecordsToDelete(4)})
            async with on_kafka.consuming(seen.handle):
                await until(lambda: "BehindTheWindow" in _reasons(caplog))
        assert seen.by_key()[str(key)] == [0]


async def _new_marker(bus: Bus) -> None:
    """Make the bus say that it is another one, as provisioning does when it had to make a topic."""
    producer = AIOKafkaProducer(**client_settings(address_of(bus.writer_url)))
    await producer.start()
    try:
        await producer.send_and_wait(MARKER_TOPIC, str(uuid4()).encode(), key=b"identity", partition=0)
    finally:
        await producer.stop()


def _reasons(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [str(getattr(record, "facts", {}).get("reason")) for record in caplog.records]


def _has_all(seen: Seen, many: Sequence[UUID], number: int) -> bool:
    found = set(seen.bodies)
    return all(f"{key}:{number}" in found for key in many)
