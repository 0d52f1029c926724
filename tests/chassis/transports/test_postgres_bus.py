"""What only the bus on PostgreSQL does: fences, the window by days, access in its functions, one key emptied."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from chassis.transports import BehindTheWindow, BusRefused, Delivery, Outgoing, Transport
from chassis.transports.postgres import Membership, PostgresTransport
from cli.provision import BUS
from contracts.catalogue import PARTITIONS
from tests.chassis.transports.suite import Bus, Seen, confirmed, until
from tests.conftest import Installation
from tests.emptying import empty_bus

TOPIC, GROUP = "intake.awareness.v1", "channel"


def url(installation: Installation, service: str) -> str:
    return installation.cluster.url(service, installation.vault.role_passwords[service], BUS)


def messages(key: UUID, count: int, first: int = 0) -> list[Outgoing]:
    return [Outgoing(TOPIC, key, f"{key}:{number}".encode()) for number in range(first, first + count)]


async def let_leases_lapse(installation: Installation) -> None:
    """Do as an hour would in which no member says that it is here."""
    connection = await asyncpg.connect(installation.superuser_url(BUS))
    try:
        await connection.execute("UPDATE bus.member SET seen_at = seen_at - interval '1 hour'")
        await connection.execute("UPDATE bus.cursor SET lease_until = lease_until - interval '1 hour'")
    finally:
        await connection.close()


async def leased_again(installation: Installation) -> None:
    """Wait until the consumer has said once more that it is here, and holds every partition of the topic."""
    connection = await asyncpg.connect(installation.superuser_url(BUS))
    held = "SELECT count(*) FROM bus.cursor WHERE consumer = $1 AND topic = $2 AND owner IS NOT NULL"
    try:
        async with asyncio.timeout(30):
            while await connection.fetchval(held, GROUP, TOPIC) < PARTITIONS:  # noqa: ASYNC110  nobody tells
                await asyncio.sleep(0.01)
    finally:
        await connection.close()


@pytest.fixture
async def writer(on_postgres: Bus) -> AsyncIterator[PostgresTransport]:
    transport = PostgresTransport(on_postgres.writer_url, PARTITIONS)
    yield transport
    await transport.stop()


@pytest.fixture
async def reader(on_postgres: Bus) -> AsyncIterator[PostgresTransport]:
    transport = PostgresTransport(on_postgres.reader_url, PARTITIONS)
    yield transport
    await transport.stop()


class TestPostgresTransport:
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
            await connection.fetch("SELECT * FROM bus.renew($1, 'old', pg_backend_pid(), $2, 60)", GROUP, [TOPIC])
            row = (await connection.fetch("SELECT * FROM bus.fetch($1, 'old', 10)", GROUP))[0]
            await let_leases_lapse(clean)
            await connection.fetch("SELECT * FROM bus.renew($1, 'new', pg_backend_pid(), $2, 60)", GROUP, [TOPIC])
            with pytest.raises(asyncpg.SerializationError):
                await connection.execute(
                    "SELECT bus.advance($1, 'old', $2, $3, $4, $5)",
                    GROUP, [TOPIC], [row["partition"]], [1], [row["fence"]],
                )  # fmt: skip
        finally:
            await connection.close()

    async def test_a_batch_of_a_wiped_bus_confirms_nothing_on_the_new_one(
        self, writer: Transport, on_postgres: Bus, clean: Installation, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A place on the new bus that the old one's numbers gave would pass over what nobody has read."""
        monkeypatch.setattr("chassis.transports.postgres.LEASE_SECONDS", 1.0)
        seen, key = Seen(), uuid4()
        in_hand, let_go = asyncio.Event(), asyncio.Event()

        async def handle(deliveries: Sequence[Delivery]) -> None:
            in_hand.set()
            await let_go.wait()
            await seen.handle(deliveries)

        await writer.publish(messages(key, 3))
        async with on_postgres.consuming(handle):
            await asyncio.wait_for(in_hand.wait(), 30)
            await empty_bus(clean.superuser_url(BUS))
            await leased_again(clean)
            await writer.publish(messages(key, 1, 3))
            let_go.set()
            await until(lambda: f"{key}:3" in seen.bodies)

    async def test_an_open_transaction_elsewhere_delays_nobody(
        self, writer: Transport, on_postgres: Bus, clean: Installation
    ) -> None:
        connection = await asyncpg.connect(clean.superuser_url(BUS))
        seen = Seen()
        try:
            async with connection.transaction():
                await connection.execute("SELECT txid_current()")
                async with on_postgres.consuming(seen.handle):
                    await writer.publish(messages(uuid4(), 1))
                    await until(lambda: len(seen.bodies) == 1)
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

    async def test_forgets_one_key_and_leaves_no_gap(
        self, on_postgres: Bus, writer: Transport, reader: Transport
    ) -> None:
        erased, kept = uuid4(), uuid4()
        await writer.publish([*messages(erased, 2), *messages(kept, 2), *messages(erased, 1, 2)])
        assert await writer.forget([TOPIC], erased) == 3
        seen = Seen()
        async with on_postgres.consuming(seen.handle):
            await until(lambda: len(seen.bodies) == 2)
            await confirmed(on_postgres, reader)
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
