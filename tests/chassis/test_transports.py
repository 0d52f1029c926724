"""The conformance suite of the bus: every transport passes the same attacks."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from uuid import UUID, uuid4

import asyncpg
import pytest

from chassis.errors import Unavailable
from chassis.transports import BehindTheWindow, BusRefused, Delivery, Outgoing, Transport
from chassis.transports.postgres import Membership, PostgresTransport
from cli import vault
from cli.provision import BUS
from contracts.catalogue import PARTITIONS
from tests.conftest import Installation, eventually

TOPIC = "intake.awareness.v1"
GROUP = "channel"


@contextlib.asynccontextmanager
async def consuming(
    transport: Transport, handle: Callable[[Sequence[Delivery]], Awaitable[None]], group: str = GROUP
) -> AsyncIterator["asyncio.Task[None]"]:
    """Consume for the length of the block."""
    task = asyncio.create_task(transport.consume(group, [TOPIC], handle))
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def url(installation: Installation, service: str) -> str:
    return installation.cluster.url(service, installation.vault.role_passwords[service], BUS)


@pytest.fixture
async def writer(clean: Installation) -> AsyncIterator[PostgresTransport]:
    transport = PostgresTransport(url(clean, "intake"), PARTITIONS)
    yield transport
    await transport.stop()


@pytest.fixture
async def reader(clean: Installation) -> AsyncIterator[PostgresTransport]:
    transport = PostgresTransport(url(clean, "channel"), PARTITIONS)
    yield transport
    await transport.stop()


def messages(key: UUID, count: int, first: int = 0) -> list[Outgoing]:
    return [Outgoing(TOPIC, key, f"{key}:{number}".encode()) for number in range(first, first + count)]


class Seen:
    """What a consumer was given."""

    def __init__(self) -> None:
        self.bodies: list[str] = []

    async def handle(self, deliveries: Sequence[Delivery]) -> None:
        self.bodies.extend(item.body.decode() for item in deliveries)

    def by_key(self) -> dict[str, list[int]]:
        found = defaultdict(list)
        for body in self.bodies:
            key, number = body.rsplit(":", 1)
            found[key].append(int(number))
        return found


class TestTransport:
    async def test_keeps_the_order_of_each_key(self, writer: Transport, reader: Transport) -> None:
        keys = [uuid4() for _ in range(30)]
        for first in range(0, 60, 20):
            await asyncio.gather(*(writer.publish(messages(key, 20, first)) for key in keys))
        seen = Seen()
        async with consuming(reader, seen.handle):
            await eventually(lambda: _true(len(seen.bodies) == 30 * 60))
        assert seen.by_key() == {str(key): list(range(60)) for key in keys}

    async def test_delivers_again_what_was_not_handled(self, writer: Transport, reader: Transport) -> None:
        await writer.publish(messages(uuid4(), 5))
        seen, failures = Seen(), 0

        async def fails_twice(deliveries: Sequence[Delivery]) -> None:
            nonlocal failures
            if failures < 2:
                failures += 1
                raise Unavailable("The world is down.")
            await seen.handle(deliveries)

        async with consuming(reader, fails_twice):
            await eventually(lambda: _true(len(seen.bodies) == 5))
        assert failures == 2

    async def test_starts_from_the_oldest_message(self, writer: Transport, reader: Transport) -> None:
        await writer.publish(messages(uuid4(), 3))
        seen = Seen()
        async with consuming(reader, seen.handle):
            await eventually(lambda: _true(len(seen.bodies) == 3))

    async def test_goes_on_where_another_member_stopped(self, writer: Transport, reader: Transport) -> None:
        key = uuid4()
        seen = Seen()
        await writer.publish(messages(key, 4))
        async with consuming(reader, seen.handle):
            await eventually(lambda: _confirmed(reader, seen, 4))
        await writer.publish(messages(key, 4, 4))
        async with consuming(reader, seen.handle):
            await eventually(lambda: _true(len(seen.bodies) == 8))
        assert seen.by_key()[str(key)] == list(range(8))

    async def test_two_members_share_and_neither_repeats(self, writer: Transport, clean: Installation) -> None:
        first, second = (PostgresTransport(url(clean, "channel"), PARTITIONS) for _ in range(2))
        seen_by_first, seen_by_second = Seen(), Seen()
        keys = [uuid4() for _ in range(48)]
        async with consuming(first, seen_by_first.handle), consuming(second, seen_by_second.handle):
            await asyncio.sleep(3)
            for key in keys:
                await writer.publish(messages(key, 2))
            await eventually(lambda: _true(len(seen_by_first.bodies) + len(seen_by_second.bodies) >= 96))
        assert seen_by_first.bodies
        assert seen_by_second.bodies
        assert sorted(seen_by_first.bodies + seen_by_second.bodies) == sorted(
            f"{key}:{number}" for key in keys for number in range(2)
        )

    async def test_lag_counts_what_is_not_confirmed(self, writer: Transport, reader: Transport) -> None:
        seen = Seen()
        async with consuming(reader, seen.handle):
            await writer.publish(messages(uuid4(), 1))
            await eventually(lambda: _confirmed(reader, seen, 1))
        await writer.publish(messages(uuid4(), 7))
        assert (await reader.lag(GROUP))[TOPIC] == 7

    async def test_survives_the_loss_of_every_connection(self, writer: Transport, reader: Transport,
                                                         clean: Installation) -> None:  # fmt: skip
        seen = Seen()
        async with consuming(reader, seen.handle):
            for turn in range(5):
                await _terminate_backends(clean)
                await _insist(partial(writer.publish, messages(UUID(int=turn + 1), 1)))
                await eventually(partial(_contains, seen.bodies, f"{UUID(int=turn + 1)}:0"))


class TestPostgresTransport:
    async def test_refuses_a_publisher_that_the_topic_does_not_name(self, reader: PostgresTransport) -> None:
        with pytest.raises(BusRefused):
            await reader.publish(messages(uuid4(), 1))

    async def test_refuses_a_reader_outside_the_audience(self, writer: Transport, clean: Installation) -> None:
        await writer.publish(messages(uuid4(), 1))
        connection = await asyncpg.connect(url(clean, "stats").replace("postgresql+asyncpg", "postgresql"))
        try:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.fetch("SELECT * FROM bus.renew('stats', 'x', pg_backend_pid(), $1, 10)", [TOPIC])
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.fetch("SELECT * FROM bus.message")
        finally:
            await connection.close()

    async def test_a_member_whose_lease_has_lapsed_cannot_confirm(self, writer: Transport, clean: Installation) -> None:
        await writer.publish(messages(uuid4(), 1))
        connection = await asyncpg.connect(url(clean, "channel").replace("postgresql+asyncpg", "postgresql"))
        try:
            await connection.fetch("SELECT * FROM bus.renew($1, 'old', pg_backend_pid(), $2, 0.2)", GROUP, [TOPIC])
            row = (await connection.fetch("SELECT * FROM bus.fetch($1, 'old', 10)", GROUP))[0]
            await asyncio.sleep(0.3)
            await connection.fetch("SELECT * FROM bus.renew($1, 'new', pg_backend_pid(), $2, 0.2)", GROUP, [TOPIC])
            with pytest.raises(asyncpg.SerializationError):
                await connection.execute(
                    "SELECT bus.advance($1, 'old', $2, $3, $4, $5)",
                    GROUP, [TOPIC], [row["partition"]], [1], [row["fence"]],
                )  # fmt: skip
        finally:
            await connection.close()

    async def test_an_open_transaction_elsewhere_delays_nobody(
        self, writer: Transport, reader: Transport, clean: Installation
    ) -> None:
        connection = await asyncpg.connect(clean.superuser_url(BUS))
        seen = Seen()
        try:
            async with connection.transaction():
                await connection.execute("SELECT txid_current()")
                async with consuming(reader, seen.handle):
                    await writer.publish(messages(uuid4(), 1))
                    await eventually(lambda: _true(len(seen.bodies) == 1), seconds=3)
        finally:
            await connection.close()

    async def test_stops_rather_than_skips_what_was_dropped(
        self, writer: PostgresTransport, reader: PostgresTransport, clean: Installation
    ) -> None:
        key = uuid4()
        await writer.publish(messages(key, 2))
        connection = await asyncpg.connect(clean.superuser_url(BUS))
        try:
            await connection.execute("DELETE FROM bus.message WHERE position = 0")
        finally:
            await connection.close()
        seen = Seen()
        with pytest.raises(BehindTheWindow):
            await Membership(url(clean, "channel").replace("+asyncpg", ""), GROUP, [TOPIC], seen.handle).run()
        assert seen.bodies == []
        assert reader is not None

    async def test_drops_only_days_before_the_window(self, writer: PostgresTransport, clean: Installation) -> None:
        await writer.publish(messages(uuid4(), 1))
        assert await writer.tidy(date(2000, 1, 1)) == 0
        connection = await asyncpg.connect(clean.superuser_url(BUS))
        try:
            await connection.execute("SELECT bus.ensure_day('2000-01-01')")
        finally:
            await connection.close()
        assert await writer.tidy(date(2000, 1, 2)) == 1

    async def test_publishers_that_begin_a_day_together_all_publish(
        self, writer: PostgresTransport, clean: Installation
    ) -> None:
        await writer.publish(messages(uuid4(), 1))
        connection = await asyncpg.connect(clean.superuser_url(BUS))
        try:
            for part in await connection.fetch(
                "SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'bus.message'::regclass"
            ):
                await connection.execute(f"DROP TABLE {part['name']}")
        finally:
            await connection.close()
        await asyncio.gather(*(writer.publish(messages(uuid4(), 1)) for _ in range(12)))

    async def test_forgets_one_key_and_leaves_no_gap(self, writer: Transport, reader: Transport) -> None:
        erased, kept = uuid4(), uuid4()
        await writer.publish([*messages(erased, 2), *messages(kept, 2), *messages(erased, 1, 2)])
        assert await writer.forget([TOPIC], erased) == 3
        seen = Seen()
        async with consuming(reader, seen.handle):
            await eventually(lambda: _confirmed(reader, seen, 2))
        assert seen.by_key() == {str(kept): [0, 1]}

    async def test_lets_nobody_forget_what_another_published(self, reader: PostgresTransport) -> None:
        with pytest.raises(BusRefused):
            await reader.forget([TOPIC], uuid4())

    async def test_never_drops_the_window(self, writer: PostgresTransport) -> None:
        with pytest.raises(BusRefused):
            await writer.tidy(datetime.now(UTC).date() - timedelta(days=13))

    async def test_refuses_to_act_for_another_group(self, clean: Installation) -> None:
        connection = await asyncpg.connect(url(clean, "channel").replace("postgresql+asyncpg", "postgresql"))
        try:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.fetch("SELECT * FROM bus.renew('stats', 'x', pg_backend_pid(), $1, 10)", [TOPIC])
        finally:
            await connection.close()


async def _confirmed(reader: Transport, seen: Seen, count: int) -> bool:
    return len(seen.bodies) == count and (await reader.lag(GROUP)).get(TOPIC) == 0


async def _contains(bodies: list[str], wanted: str) -> bool:
    return wanted in bodies


async def _true(value: object) -> object:
    return value


async def _insist(action: Callable[[], Awaitable[None]]) -> None:
    for _ in range(50):
        try:
            return await action()
        except Unavailable:
            await asyncio.sleep(0.05)
    return await action()


async def _terminate_backends(installation: Installation) -> None:
    connection = await asyncpg.connect(installation.superuser_url("postgres"))
    try:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND usename <> $2",
            BUS, vault.SUPERUSER,
        )  # fmt: skip
    finally:
        await connection.close()
