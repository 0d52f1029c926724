"""Fixtures of the conformance suite: each test runs once on each bus, with a topic and a group of its own."""

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import uuid4

import asyncpg
import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.conn import AIOKafkaConnection

from chassis.transports import Transport
from chassis.transports.kafka_links import address_of, client_settings
from chassis.transports.kafka_topics import MAX_MESSAGE_BYTES
from cli import vault
from cli.provision import BUS
from contracts.catalogue import PARTITIONS
from tests.chassis.transports.suite import Bus
from tests.conftest import Installation
from tests.kafka import Kafka

TOPIC, GROUP = "intake.awareness.v1", "channel"
BUSES = ("postgres", "kafka")


async def make_topic(admin_url: str, partitions: int = PARTITIONS, limit: int = MAX_MESSAGE_BYTES) -> str:
    """Make a topic for one test and return its name."""
    client = AIOKafkaAdminClient(**client_settings(address_of(admin_url)))
    name = f"test.{uuid4().hex}.v1"
    try:
        await client.start()
        settings = {"max.message.bytes": str(limit)}
        await client.create_topics([NewTopic(name, partitions, 1, topic_configs=settings)])
    finally:
        await client.close()
    return name


def kafka_bus(admin_url: str) -> Bus:
    """Return a bus on Kafka with a new topic; whoever uses it is the administrator, who may use every topic."""
    topic = asyncio.run(make_topic(admin_url))
    return Bus("kafka", topic, f"group-{topic}", admin_url, admin_url)


def postgres_bus(installation: Installation) -> Bus:
    """Return the emptied bus on PostgreSQL; its topics and groups are those of the contracts."""
    urls = (
        installation.cluster.url(name, installation.vault.role_passwords[name], BUS) for name in ("intake", "channel")
    )
    return Bus("postgres", TOPIC, GROUP, *urls)


@pytest.fixture(params=BUSES)
def bus(request: pytest.FixtureRequest) -> Bus:
    """Return a bus of either kind."""
    if request.param == "postgres":
        return postgres_bus(request.getfixturevalue("clean"))
    kafka: Kafka = request.getfixturevalue("kafka")
    return kafka_bus(kafka.admin_url)


@pytest.fixture
def on_kafka(kafka: Kafka) -> Bus:
    """Return a bus on Kafka, for what only Kafka does."""
    return kafka_bus(kafka.admin_url)


@pytest.fixture
def on_postgres(clean: Installation) -> Bus:
    """Return the bus on PostgreSQL, for what only PostgreSQL does."""
    return postgres_bus(clean)


@pytest.fixture
async def writer(bus: Bus) -> AsyncIterator[Transport]:
    """Return a transport that may write the test's topic."""
    async with bus.transport(bus.writer_url) as transport:
        yield transport


@pytest.fixture
async def reader(bus: Bus) -> AsyncIterator[Transport]:
    """Return a transport that may read the test's topic."""
    async with bus.transport(bus.reader_url) as transport:
        yield transport


@pytest.fixture
def lose_connections(request: pytest.FixtureRequest) -> Callable[[Bus], Awaitable[None]]:
    """Return what cuts every connection to a bus at once."""

    async def cut(bus: Bus) -> None:
        if bus.kind == "postgres":
            await terminate_backends(request.getfixturevalue("clean"))
        else:
            cut_sockets()

    return cut


async def terminate_backends(installation: Installation) -> None:
    """End every connection to the bus's database."""
    connection = await asyncpg.connect(installation.superuser_url("postgres"))
    try:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND usename <> $2",
            BUS, vault.SUPERUSER,
        )  # fmt: skip
    finally:
        await connection.close()


def cut_sockets() -> None:
    """Abort every connection that aiokafka has open in this process, as a switch that loses power does."""
    for found in open_connections():
        found._writer.transport.abort()


def open_connections() -> list[AIOKafkaConnection]:
    """Return the connections to Kafka that the running loop has, by whatever client."""
    loop = asyncio.get_running_loop()
    known = (found for found in gc.get_objects() if isinstance(found, AIOKafkaConnection))
    return [found for found in known if found._loop is loop and found.connected()]


@pytest.fixture(autouse=True)
async def forgotten() -> AsyncIterator[None]:
    """Close what aiokafka forgets when it is cancelled while it connects; in a service the collector does so later."""
    yield
    if forgotten := open_connections():
        await asyncio.gather(*(found.close() for found in forgotten), return_exceptions=True)
        await asyncio.sleep(0)


@pytest.fixture
def stats_url(request: pytest.FixtureRequest) -> Callable[[Bus], str]:
    """Return the address of a service outside the audience."""

    def of(bus: Bus) -> str:
        if bus.kind == "kafka":
            return str(request.getfixturevalue("kafka").url("stats"))
        installation: Installation = request.getfixturevalue("clean")
        return installation.cluster.url("stats", installation.vault.role_passwords["stats"], BUS)

    return of
