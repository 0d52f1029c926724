"""What every bus promises: order per key, at least once, shared between replicas, confirmed once it is done."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from functools import partial
from uuid import uuid4

import pytest

from chassis.errors import Unavailable
from chassis.transports import MOST_BYTES, BusRefused, Delivery, MessageTooLarge, Outgoing, Transport, postgres
from chassis.transports import kafka_consumer as kafka
from tests.chassis.transports.suite import Bus, Seen, confirmed, expected, insist, keys, until


class TestDelivery:
    async def test_keeps_the_order_of_each_key(self, bus: Bus, writer: Transport) -> None:
        many = keys(30)
        for first in range(0, 60, 20):
            await asyncio.gather(*(writer.publish(bus.messages(key, 20, first)) for key in many))
        seen = Seen()
        async with bus.consuming(seen.handle):
            await until(lambda: len(seen.bodies) >= 30 * 60)
        assert {key: sorted(numbers) for key, numbers in seen.by_key().items()} == {
            str(key): list(range(60)) for key in many
        }
        assert seen.in_order()

    async def test_delivers_again_what_was_not_handled(self, bus: Bus, writer: Transport) -> None:
        await writer.publish(bus.messages(uuid4(), 5))
        seen, failures = Seen(), 0

        async def fails_twice(deliveries: Sequence[Delivery]) -> None:
            nonlocal failures
            if failures < 2:
                failures += 1
                raise Unavailable("The world is down.")
            await seen.handle(deliveries)

        async with bus.consuming(fails_twice):
            await until(lambda: len(seen.bodies) == 5)
        assert failures == 2

    async def test_starts_from_the_oldest_message(self, bus: Bus, writer: Transport) -> None:
        [key] = keys(1)
        await writer.publish(bus.messages(key, 3))
        seen = Seen()
        async with bus.consuming(seen.handle):
            await until(lambda: set(seen.bodies) == expected([key], 3))

    async def test_goes_on_where_another_member_stopped(self, bus: Bus, writer: Transport, reader: Transport) -> None:
        [key] = keys(1)
        seen = Seen()
        await writer.publish(bus.messages(key, 4))
        async with bus.consuming(seen.handle):
            await confirmed(bus, reader)
        await writer.publish(bus.messages(key, 4, 4))
        async with bus.consuming(seen.handle):
            await until(lambda: len(seen.bodies) >= 8)
            await confirmed(bus, reader)
        assert seen.by_key()[str(key)] == list(range(8))

    async def test_delivers_again_what_was_handled_but_not_confirmed(self, bus: Bus, writer: Transport) -> None:
        [key] = keys(1)
        await writer.publish(bus.messages(key, 3))
        seen, handled = Seen(), asyncio.Event()

        async def is_killed_before_it_confirms(deliveries: Sequence[Delivery]) -> None:
            await seen.handle(deliveries)
            handled.set()
            await asyncio.Event().wait()

        async with bus.consuming(is_killed_before_it_confirms):
            await asyncio.wait_for(handled.wait(), 30)
        again = Seen()
        async with bus.consuming(again.handle):
            await until(lambda: set(again.bodies) == expected([key], 3))

    async def test_lag_counts_what_is_not_confirmed(self, bus: Bus, writer: Transport, reader: Transport) -> None:
        seen = Seen()
        await writer.publish(bus.messages(uuid4(), 1))
        async with bus.consuming(seen.handle):
            await until(lambda: seen.bodies)
            await confirmed(bus, reader)
        await writer.publish(bus.messages(uuid4(), 7))
        assert await bus.behind(reader) == 7

    async def test_an_empty_body_is_passed_over_and_confirmed(
        self, bus: Bus, writer: Transport, reader: Transport
    ) -> None:
        [key] = keys(1)
        await writer.publish([*bus.messages(key, 1), Outgoing(bus.topic, key, b""), *bus.messages(key, 1, 1)])
        seen = Seen()
        async with bus.consuming(seen.handle):
            await until(lambda: len(seen.bodies) == 2)
            await confirmed(bus, reader)
        assert seen.by_key() == {str(key): [0, 1]}

    async def test_stops_within_seconds_in_mid_handler(self, bus: Bus, writer: Transport) -> None:
        await writer.publish(bus.messages(uuid4(), 1))
        begun = asyncio.Event()

        async def never_ends(_: Sequence[Delivery]) -> None:
            begun.set()
            await asyncio.Event().wait()

        async with bus.consuming(never_ends) as replica:
            await asyncio.wait_for(begun.wait(), 30)
            started = time.monotonic()
            replica.task.cancel()
            await asyncio.gather(replica.task, return_exceptions=True)
            await replica.transport.stop()
        assert time.monotonic() - started < 5

    async def test_an_error_that_is_a_bug_ends_the_consumer(self, bus: Bus, writer: Transport) -> None:
        await writer.publish(bus.messages(uuid4(), 1))

        async def has_a_bug(_: Sequence[Delivery]) -> None:
            raise KeyError("bug")

        async with bus.consuming(has_a_bug) as replica:
            with pytest.raises(KeyError):
                await asyncio.wait_for(replica.task, 30)


class TestFailedBatch:
    async def test_a_later_confirmation_does_not_skip_a_failed_event_faststream_2618(
        self, bus: Bus, writer: Transport, reader: Transport
    ) -> None:
        """Fail event 3 once while others of its partition come after it: it must still be done."""
        [key] = keys(1)
        seen, failed = Seen(), False

        async def fails_at_three_once(deliveries: Sequence[Delivery]) -> None:
            nonlocal failed
            if not failed and f"{key}:3".encode() in [item.body for item in deliveries]:
                failed = True
                raise Unavailable("The world is down.")
            await seen.handle(deliveries)

        async with bus.consuming(fails_at_three_once):
            for number in range(8):
                await writer.publish(bus.messages(key, 1, number))
                await asyncio.sleep(0.02)
            await until(lambda: set(seen.bodies) >= expected([key], 8))
            await confirmed(bus, reader)
        assert failed
        assert seen.by_key()[str(key)] == list(range(8))

    async def test_keeps_the_order_after_a_failure_faststream_1980(self, bus: Bus, writer: Transport) -> None:
        """Two events of one case, the first fails: the second is never done before it."""
        [key, other] = keys(2)
        seen, failures = Seen(), 0

        async def fails_three_times(deliveries: Sequence[Delivery]) -> None:
            nonlocal failures
            if failures < 3 and any(item.body == f"{key}:0".encode() for item in deliveries):
                failures += 1
                raise Unavailable("The world is down.")
            await seen.handle(deliveries)

        async with bus.consuming(fails_three_times):
            await writer.publish([*bus.messages(key, 1), *bus.messages(other, 1)])
            await writer.publish(bus.messages(key, 1, 1))
            await until(lambda: set(seen.bodies) == {*expected([key], 2), *expected([other], 1)})
        assert seen.by_key()[str(key)] == [0, 1]

    async def test_never_handles_two_batches_at_once_and_loses_none_faststream_2017(
        self, bus: Bus, writer: Transport, reader: Transport
    ) -> None:
        many = keys(24)
        seen, at_once, most = Seen(), 0, 0

        async def slowly(deliveries: Sequence[Delivery]) -> None:
            nonlocal at_once, most
            at_once += 1
            most = max(most, at_once)
            await asyncio.sleep(0.02)
            await seen.handle(deliveries)
            at_once -= 1

        async with bus.consuming(slowly):
            for number in range(20):
                await writer.publish([message for key in many for message in bus.messages(key, 1, number)])
            await until(lambda: set(seen.bodies) == expected(many, 20))
            await confirmed(bus, reader)
        assert most == 1
        assert seen.in_order()


class TestSlowConsumer:
    async def test_keeps_its_partitions_while_it_handles_longer_than_a_lease_or_a_poll(
        self, bus: Bus, writer: Transport, reader: Transport, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(postgres, "LEASE_SECONDS", 1.0)
        monkeypatch.setattr(kafka, "MOST_IDLE_SECONDS", 2.0)
        monkeypatch.setattr(kafka, "SESSION_SECONDS", 6.0)
        await writer.publish(bus.messages(uuid4(), 3))
        slow = Seen()

        async def takes_its_time(deliveries: Sequence[Delivery]) -> None:
            await slow.handle(deliveries)
            await asyncio.sleep(2.5)

        async with bus.consuming(takes_its_time):
            await confirmed(bus, reader)
            await writer.publish(bus.messages(uuid4(), 3))
            await until(lambda: len(set(slow.bodies)) == 6)
            await confirmed(bus, reader)


class TestOversize:
    async def test_takes_the_largest_message(self, bus: Bus, writer: Transport) -> None:
        sizes: list[int] = []

        async def measure(deliveries: Sequence[Delivery]) -> None:
            sizes.extend(len(item.body) for item in deliveries)

        await writer.publish([Outgoing(bus.topic, uuid4(), b"x" * MOST_BYTES)])
        async with bus.consuming(measure):
            await until(lambda: sizes)
        assert sizes == [MOST_BYTES]

    async def test_an_oversize_message_is_told_apart_and_holds_up_nobody(self, bus: Bus, writer: Transport) -> None:
        [key] = keys(1)
        with pytest.raises(MessageTooLarge):
            await writer.publish([*bus.messages(key, 1), Outgoing(bus.topic, uuid4(), b"x" * (MOST_BYTES + 1))])
        await writer.publish(bus.messages(key, 2))
        seen = Seen()
        async with bus.consuming(seen.handle):
            await until(lambda: set(seen.bodies) == expected([key], 2))
        assert seen.by_key()[str(key)] == [0, 1]  # nothing of the refused call was sent


class TestOutage:
    async def test_survives_the_loss_of_every_connection(
        self, bus: Bus, writer: Transport, reader: Transport, request: pytest.FixtureRequest
    ) -> None:
        lose = request.getfixturevalue("lose_connections")
        seen = Seen()
        async with bus.consuming(seen.handle):
            for _ in range(3):
                [key] = keys(1)
                await lose(bus)
                await insist(partial(writer.publish, bus.messages(key, 1)))
                await until(partial(seen.bodies.__contains__, f"{key}:0"))
            await confirmed(bus, reader)

    async def test_goes_on_after_an_outage_of_the_handlers_own_world(self, bus: Bus, writer: Transport) -> None:
        up, seen, tries = 0.0, Seen(), 0

        async def needs_its_database(deliveries: Sequence[Delivery]) -> None:
            nonlocal tries, up
            tries += 1
            up = up or time.monotonic() + 3  # a group begins when it begins
            if time.monotonic() < up:
                raise ConnectionRefusedError
            await seen.handle(deliveries)

        [key] = keys(1)
        async with bus.consuming(needs_its_database):
            await writer.publish(bus.messages(key, 3))
            await until(lambda: set(seen.bodies) == expected([key], 3))
        assert 2 < tries < 12  # it paused, longer each time


async def test_two_replicas_share_and_neither_repeats(bus: Bus, writer: Transport, reader: Transport) -> None:
    first, second = Seen(), Seen()
    many = keys(48)
    async with AsyncExitStack() as stack:
        for seen in (first, second):
            await stack.enter_async_context(bus.consuming(seen.handle))
        while not (first.bodies and second.bodies):  # until the second has its share, they divide the partitions anew
            await writer.publish([message for key in keys(12) for message in bus.messages(key, 1)])
            await asyncio.sleep(0.1)
        await confirmed(bus, reader)
        first.bodies.clear()
        second.bodies.clear()
        for key in many:
            await writer.publish(bus.messages(key, 2))
        await until(lambda: len(first.bodies) + len(second.bodies) >= 96)
        await confirmed(bus, reader)
    assert first.bodies
    assert second.bodies
    assert sorted(first.bodies + second.bodies) == sorted(expected(many, 2))


class TestAccess:
    @pytest.fixture
    def contracts(self, request: pytest.FixtureRequest, bus: Bus) -> Bus:
        """Return the topic of the contracts, for services that sign in as themselves."""
        if bus.kind == "postgres":
            return bus
        given = request.getfixturevalue("kafka")
        return Bus("kafka", "intake.awareness.v1", "channel", given.url("intake"), given.url("channel"))

    async def test_refuses_a_publisher_that_the_topic_does_not_name(self, contracts: Bus) -> None:
        async with contracts.transport(contracts.reader_url) as transport:
            with pytest.raises(BusRefused):
                await transport.publish(contracts.messages(uuid4(), 1))

    async def test_delivers_nothing_outside_the_audience(self, contracts: Bus, request: pytest.FixtureRequest) -> None:
        seen = Seen()
        [key] = keys(1)
        async with contracts.transport(contracts.writer_url) as transport:
            await transport.publish(contracts.messages(key, 1))
        stats = request.getfixturevalue("stats_url")(contracts)
        stranger = Bus(contracts.kind, contracts.topic, "stats", stats, stats)
        async with stranger.consuming(seen.handle) as replica:
            await asyncio.sleep(3)
            assert not replica.task.done()
        assert seen.bodies == []
