"""The bus on PostgreSQL: the embedded default, and enough for one council."""

import asyncio
import contextlib
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from uuid import UUID

import asyncpg

from chassis import telemetry
from chassis.crypto import plain_url
from chassis.database import is_world_down
from chassis.errors import Unavailable
from chassis.transports import BehindTheWindow, BusRefused, BusUnavailable, Delivery, Handle, Outgoing, refuse_oversize
from chassis.transports.access import Access, access_of_contracts
from chassis.transports.partitions import partition_of

BATCH = 500
LEASE_SECONDS = 10.0
POLL_SECONDS = 1.0
BACKOFF_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)

_LOST = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""What asyncpg raises when a connection ends, the last of them when it ends in the middle of an answer."""

log = telemetry.logger(__name__)


class PostgresTransport:
    """A Transport whose topics are tables in a database of their own."""

    def __init__(self, url: str, partitions: int) -> None:
        self._url = plain_url(url)
        self._partitions = partitions
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None
        self._connecting = asyncio.Lock()

    async def start(self) -> None:
        """Open the connection pool, unless it is open; raises BusUnavailable."""
        await self._connected()

    async def _connected(self) -> "asyncpg.Pool[asyncpg.Record]":
        async with self._connecting:
            if self._pool is None:
                self._pool = await self._connect()
            return self._pool

    async def _connect(self) -> "asyncpg.Pool[asyncpg.Record]":
        try:
            return await asyncpg.create_pool(self._url, min_size=1, max_size=4, command_timeout=20)
        except _LOST as error:
            raise _down() from error

    async def stop(self) -> None:
        """Close the connection pool."""
        if self._pool is not None:
            await self._pool.close()
            self._pool = None

    async def identity(self) -> str:
        """Return the identity that the bus was given when its database was made."""
        with _answering():
            return str(await (await self._connected()).fetchval("SELECT bus.who()"))

    async def publish(self, messages: Sequence[Outgoing]) -> None:
        """Append the messages in one transaction of the bus; raises BusUnavailable, BusRefused, MessageTooLarge."""
        refuse_oversize(messages)
        with _answering():
            await (await self._connected()).execute(
                "SELECT bus.append($1, $2, $3, $4)",
                [message.topic for message in messages],
                [partition_of(message.key, self._partitions) for message in messages],
                [message.key for message in messages],
                [message.body for message in messages],
            )

    async def lag(self, group: str) -> Mapping[str, int]:
        """Return how far the group is behind, by topic."""
        with _answering():
            rows = await (await self._connected()).fetch("SELECT topic, behind FROM bus.lag($1)", group)
        return {row["topic"]: row["behind"] for row in rows}

    async def forget(self, topics: Sequence[str], key: UUID) -> int:
        """Empty the messages that this service has published under a key; return how many; raises BusUnavailable."""
        with _answering():
            emptied = await (await self._connected()).fetchval(
                "SELECT bus.forget($1, $2, $3)", list(topics), partition_of(key, self._partitions), key
            )
        return int(emptied)

    async def tidy(self, oldest: date) -> int:
        """Drop the daily tables before a day, which must be two weeks ago or more; return how many."""
        with _answering():
            return int(await (await self._connected()).fetchval("SELECT bus.drop_before($1)", oldest))

    async def consume(self, group: str, topics: Sequence[str], handle: Handle) -> None:
        """Lease partitions and deliver their batches until cancelled, through every outage of the bus."""
        failures = 0
        while True:
            consumer = Membership(self._url, group, topics, handle)
            try:
                await consumer.run()
            except (*_LOST, Unavailable) as error:
                failures = 0 if consumer.worked else failures + 1
                pause = BACKOFF_SECONDS[min(failures, len(BACKOFF_SECONDS) - 1)]
                log.warning("The consumer pauses.", extra={"facts": {"reason": type(error).__name__, "seconds": pause}})
                await asyncio.sleep(pause)


class Membership:
    """One membership of one group on one connection; ends with the first error."""

    def __init__(self, url: str, group: str, topics: Sequence[str], handle: Handle) -> None:
        self._url, self._group, self._topics, self._handle = url, group, list(topics), handle
        self._owner = secrets.token_hex(8)
        self._woken = asyncio.Event()
        self._backend = 0
        self.worked = False

    async def run(self) -> None:
        """Fetch, handle and confirm batches; ends only by an error or by being cancelled."""
        connection = await asyncpg.connect(self._url, command_timeout=20)
        beat: asyncio.Task[None] | None = None
        try:
            self._backend = connection.get_server_pid()
            await connection.add_listener("bus", self._heard)
            await self._renew(connection)
            beat = asyncio.create_task(self._heartbeat())
            while True:
                self._woken.clear()
                busy = await self._work(connection)
                if beat.done():
                    beat.result()
                if not busy:
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(POLL_SECONDS):
                            await self._woken.wait()
        finally:
            if beat is not None:
                beat.cancel()
                await asyncio.gather(beat, return_exceptions=True)
            with contextlib.suppress(Exception):
                await connection.execute("SELECT bus.leave($1, $2)", self._group, self._owner)
            with contextlib.suppress(Exception):
                await connection.close(timeout=2)

    def _heard(self, *_: object) -> None:
        self._woken.set()

    async def _renew(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        await connection.fetch(
            "SELECT * FROM bus.renew($1, $2, $3, $4, $5)",
            self._group,
            self._owner,
            self._backend,
            self._topics,
            LEASE_SECONDS,
        )

    async def _heartbeat(self) -> None:
        """Renew the leases on a connection of its own, so that a slow batch does not lose them."""
        connection = await asyncpg.connect(self._url, command_timeout=LEASE_SECONDS / 2)
        try:
            while True:
                await asyncio.sleep(LEASE_SECONDS / 4)
                await self._renew(connection)
        finally:
            with contextlib.suppress(Exception):
                await connection.close(timeout=1)

    async def _work(self, connection: "asyncpg.Connection[asyncpg.Record]") -> bool:
        """Fetch, handle and confirm one batch; return whether there was one."""
        rows = await connection.fetch("SELECT * FROM bus.fetch($1, $2, $3)", self._group, self._owner, BATCH)
        if not rows:
            return False
        rows = await self._in_order(connection, rows)
        # An empty body is what an erasure left of a message: its place counts, there is nothing to handle.
        await self._handle(
            [Delivery(row["topic"], row["partition"], row["position"], row["body"]) for row in rows if row["body"]]
        )
        ends = {(row["topic"], row["partition"]): (row["position"] + 1, row["fence"]) for row in rows}
        await connection.execute(
            "SELECT bus.advance($1, $2, $3, $4, $5, $6)",
            self._group,
            self._owner,
            [topic for topic, _ in ends],
            [partition for _, partition in ends],
            [position for position, _ in ends.values()],
            [fence for _, fence in ends.values()],
        )
        self.worked = True
        return True

    async def _in_order(
        self, connection: "asyncpg.Connection[asyncpg.Record]", rows: Sequence[asyncpg.Record]
    ) -> list[asyncpg.Record]:
        """Leave out partitions that were given up meanwhile; raise BehindTheWindow where another misses a number."""
        starts = await connection.fetch("SELECT * FROM bus.positions($1, $2)", self._group, self._owner)
        expected = {(row["topic"], row["partition"]): row["position"] for row in starts}
        ours = [row for row in rows if (row["topic"], row["partition"]) in expected]
        for row in ours:
            place = (row["topic"], row["partition"])
            if row["position"] != expected[place]:
                message = (
                    f"The consumer {self._group} stopped: {row['topic']} no longer holds what it must read next. "
                    "Replay the topic from its publisher, then move the cursor."
                )
                raise BehindTheWindow(message)
            expected[place] = row["position"] + 1
        return ours


@contextlib.contextmanager
def _answering() -> Iterator[None]:
    """Raise BusUnavailable where the bus is down, BusRefused where it says no; anything else stays as it is."""
    try:
        yield
    except asyncpg.InsufficientPrivilegeError as error:
        message = "The bus refused what this service may not do there: provision the bus again."
        raise BusRefused(message) from error
    except _LOST as error:
        if isinstance(error, asyncpg.PostgresError) and not is_world_down(error):
            raise
        raise _down() from error


def _down() -> BusUnavailable:
    return BusUnavailable("The bus does not answer; what was accepted stays in the outbox and is sent later.")


async def prepare(owner_url: str, services: Sequence[str]) -> None:
    """Prepare the bus for the topics of the contracts; every service named has a role of the same name."""
    known = set(services)
    await prepare_topics(
        owner_url, (topic for topic in access_of_contracts() if known.issuperset({*topic.writers, *topic.readers}))
    )


async def prepare_topics(owner_url: str, access: Iterable[Access]) -> None:
    """Create or update the bus's schema, its topics and who may write and read them; safe to repeat."""
    connection = await asyncpg.connect(plain_url(owner_url))
    try:
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock(7308)")
            await connection.execute((Path(__file__).parent / "postgres_schema.sql").read_text())
            await connection.execute("DELETE FROM bus.access")
            roles = set()
            for topic in access:
                roles |= {*topic.writers, *topic.readers}
                await _grant(connection, topic)
            for role in sorted(roles):
                await connection.execute(f'GRANT USAGE ON SCHEMA bus TO "{role}"')
                await connection.execute(f'GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA bus TO "{role}"')
    finally:
        await connection.close()


async def _grant(connection: "asyncpg.Connection[asyncpg.Record]", topic: Access) -> None:
    await connection.executemany(
        "INSERT INTO bus.access VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        [(topic.topic, role, "write") for role in topic.writers]
        + [(topic.topic, role, "read") for role in topic.readers],
    )
    await connection.executemany(
        "INSERT INTO bus.head VALUES ($1, $2, 0) ON CONFLICT DO NOTHING",
        [(topic.topic, partition) for partition in range(topic.partitions)],
    )
