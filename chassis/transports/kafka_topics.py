"""Prepares a Kafka cluster for the contracts: topics, a user per service, who may do what, and a marker."""

import asyncio
import contextlib
import hashlib
import inspect
import uuid
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic
from aiokafka.conn import create_conn
from aiokafka.errors import (
    BrokerResponseError,
    ClusterAuthorizationFailedError,
    KafkaConnectionError,
    KafkaError,
    SaslAuthenticationFailed,
    TopicAlreadyExistsError,
    TopicAuthorizationFailedError,
    for_code,
)

from chassis.errors import Unavailable
from chassis.transports import kafka_admin, kafka_rules
from chassis.transports.access import Access
from chassis.transports.kafka_admin import GROUP, READ, TOPIC, WRITE, Acl
from chassis.transports.kafka_links import KafkaAddress, address_of, client_settings
from contracts.catalogue import SERVICES

IDENTITY = "throughline.bus.v1"
"""One message in one partition: the uuid of this bus, a new one whenever a topic had to be made anew."""
IDENTITY_KEY = b"identity"
OWNER = "owner"

WINDOW = timedelta(days=14)
MOST_REPLICAS = 3
MAX_MESSAGE_BYTES = 4 * 1024 * 1024
CONNECT_SECONDS = 30.0
CONNECTION = frozenset(inspect.signature(create_conn).parameters)
SPREAD_SECONDS = 60.0
POLL_SECONDS = 0.05


@dataclass(frozen=True)
class _Found:
    """A topic as the cluster has it: how many partitions, and on how many brokers each."""

    partitions: int
    copies: int


@dataclass(frozen=True)
class _Marker:
    """What tells a bus from another: its uuid, and whose it is."""

    bus: str
    owner: str


class BusNotPrepared(Unavailable):
    """The cluster cannot be prepared: it does not answer, or its administrator is refused."""

    reason = "bus-not-prepared"


def service_url(admin_url: str, service: str, password: str) -> str:
    """Return the address of the administrator's cluster for a service; raises BusAddressUnreadable."""
    address = address_of(admin_url)
    scheme = "kafka+ssl" if address.tls else "kafka"
    return f"{scheme}://{service}:{quote(password, safe='')}@{','.join(address.servers)}"


async def prepare(
    admin_url: str, passwords: Mapping[str, str], access: Iterable[Access], *, take_over: bool = False
) -> None:
    """Make the cluster what the contracts say, and change nothing that already is; safe to repeat, also in an instant.

    `passwords` has one for each service; each becomes a user of its service's name. Without any, topics and rules are
    made, and whose the cluster is stays as it was: users come with the installation that has the passwords. A rule of
    access to our topics and groups that the contracts do not hold is withdrawn. A cluster serves one installation: the
    marker says whose, by their passwords, and another's is left alone unless `take_over`. Where rules of others reach
    our topics or groups by a wildcard or a prefix, nothing is changed. Raises BusNotPrepared and BusAddressUnreadable.
    """
    address, topics = address_of(admin_url), tuple(access)
    async with _administrator(address) as client:
        brokers = [broker["node_id"] for broker in (await client.describe_cluster())["brokers"]]
        present = await _present(client)
        marker = await _marker(address) if IDENTITY in present else None
        owner = _owner(passwords) if passwords else (marker.owner if marker else "")
        if marker and marker.owner not in {"", owner} and not take_over:
            raise BusNotPrepared(_of_another(address))
        rules = wanted_rules(topics, passwords or SERVICES)
        await _refuse_wide_rules(client, address, rules)
        copies = _copies(address, present, brokers, (IDENTITY, *(topic.topic for topic in topics)))
        missing = [topic for topic in topics if topic.topic not in present]
        if IDENTITY not in present:
            await _create(client, [NewTopic(IDENTITY, 1, copies, topic_configs={"cleanup.policy": "compact"})])
        # The marker comes before the topics: a start that ends in between makes another one next time.
        wanted = _Marker(str(uuid.uuid4()) if missing or marker is None else marker.bus, owner)
        if wanted != marker:
            await _mark(address, wanted)
        await _make_topics(client, topics, present, copies)
        await kafka_admin.set_topic_settings(client, _settings(topics, present, copies))
        if passwords:
            await kafka_admin.set_passwords(client, passwords)
        await _make_rules(client, brokers, rules)


@contextlib.asynccontextmanager
async def _administrator(address: KafkaAddress) -> AsyncIterator[AIOKafkaAdminClient]:
    client = AIOKafkaAdminClient(**client_settings(address) | {"request_timeout_ms": int(SPREAD_SECONDS * 1000)})
    where = ", ".join(address.servers)
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            await _start(client, address)
        yield client
    except SaslAuthenticationFailed as error:
        message = f"Kafka at {where} refused the name or password of its administrator: check --bus."
        raise BusNotPrepared(message) from error
    except (ClusterAuthorizationFailedError, TopicAuthorizationFailedError) as error:
        message = (
            f"Kafka at {where} does not let {address.user} make topics, users and rules of access: "
            "give --bus an administrator."
        )
        raise BusNotPrepared(message) from error
    except (KafkaError, OSError, TimeoutError) as error:
        if isinstance(error, BrokerResponseError) and not error.retriable:
            message = (
                f"Kafka at {where} answers, and refuses to be prepared ({error}): it must let users sign in with "
                "SCRAM-SHA-512 and keep rules of access (an authorizer)."
            )
            raise BusNotPrepared(message) from error
        message = (
            f"Kafka at {where} does not answer ({type(error).__name__}): see whether it runs, and whether it is TLS."
        )
        raise BusNotPrepared(message) from error
    finally:
        with contextlib.suppress(Exception):
            await client.close()


async def _start(client: AIOKafkaAdminClient, address: KafkaAddress) -> None:
    """Connect; raises SaslAuthenticationFailed where aiokafka would only say that it found no broker."""
    try:
        await client.start()
    except KafkaConnectionError:
        settings = {name: value for name, value in client_settings(address).items() if name in CONNECTION}
        for server in address.servers:
            host, _, port = server.rpartition(":")
            with contextlib.suppress(OSError, TimeoutError, KafkaConnectionError):
                (await create_conn(host.strip("[]"), int(port), **settings)).close()
        raise


async def _present(client: AIOKafkaAdminClient) -> dict[str, _Found]:
    found = {}
    for topic in await client.describe_topics():
        copies = [len(partition["replicas"]) for partition in topic["partitions"]]
        found[topic["topic"]] = _Found(len(copies), min(copies, default=0))
    return found


def _copies(address: KafkaAddress, present: Mapping[str, _Found], brokers: Sequence[int], names: Iterable[str]) -> int:
    """Return on how many brokers a new topic is to be; raises BusNotPrepared while some of them are away."""
    ours = [name in present for name in names]
    usual = present[IDENTITY].copies if IDENTITY in present else 0
    if not all(ours) and len(brokers) < usual:
        message = (
            f"Kafka at {', '.join(address.servers)} has {len(brokers)} brokers up, and topics are to be made on "
            f"{usual}: start the ones that are away."
        )
        raise BusNotPrepared(message)
    return min(MOST_REPLICAS, len(brokers))


async def _make_topics(
    client: AIOKafkaAdminClient, topics: Sequence[Access], present: Mapping[str, _Found], copies: int
) -> None:
    """Make the topics and the partitions that are missing."""
    missing = [topic for topic in topics if topic.topic not in present]
    if missing:
        await _create(client, [NewTopic(topic.topic, topic.partitions, copies) for topic in missing])
    small = {
        topic.topic: topic.partitions
        for topic in topics
        if topic.topic in present and present[topic.topic].partitions < topic.partitions
    }
    if small:
        await client.create_partitions({name: NewPartitions(wanted) for name, wanted in small.items()})


async def _create(client: AIOKafkaAdminClient, topics: list[NewTopic]) -> None:
    answer = await client.create_topics(topics, timeout_ms=int(SPREAD_SECONDS * 1000))
    for _, code, words, *_ in answer.topic_errors:
        # Two installations may prepare at the same moment: a topic that the other one has made is there.
        if code and code != TopicAlreadyExistsError.errno:
            kind: type[KafkaError] = for_code(code)
            raise kind(words)


def _owner(passwords: Mapping[str, str]) -> str:
    """Return what says whose a bus is; the passwords are random, so nobody gets from it back to them."""
    return hashlib.sha256("\n".join(f"{name} {word}" for name, word in sorted(passwords.items())).encode()).hexdigest()


def _of_another(address: KafkaAddress) -> str:
    return (
        f"Kafka at {', '.join(address.servers)} is the bus of another installation, whose services would be shut out: "
        "give each installation a cluster of its own, or, if the other one is gone, set THROUGHLINE_BUS_TAKE_OVER=yes."
    )


async def _marker(address: KafkaAddress) -> _Marker | None:
    consumer = AIOKafkaConsumer(**client_settings(address), group_id=None, enable_auto_commit=False)
    place = TopicPartition(IDENTITY, 0)
    try:
        await consumer.start()
        consumer.assign([place])
        end = int((await consumer.end_offsets([place]))[place])
        if not end:
            return None
        consumer.seek(place, end - 1)
        async with asyncio.timeout(CONNECT_SECONDS):
            record = await consumer.getone(place)
    finally:
        await consumer.stop()
    return _Marker(bytes(record.value or b"").decode(), bytes(dict(record.headers).get(OWNER, b"")).decode())


async def _mark(address: KafkaAddress, marker: _Marker) -> None:
    producer = AIOKafkaProducer(**client_settings(address), acks="all", enable_idempotence=True)
    headers = [(OWNER, marker.owner.encode("ascii"))]
    try:
        await producer.start()
        await producer.send_and_wait(
            IDENTITY, marker.bus.encode("ascii"), key=IDENTITY_KEY, partition=0, headers=headers
        )
    finally:
        await producer.stop()


def _settings(topics: Sequence[Access], present: Mapping[str, _Found], copies: int) -> dict[str, dict[str, str]]:
    """Return what every topic is told; what a broker's own defaults say does not matter."""
    data = {
        "cleanup.policy": "delete",
        "retention.ms": str(int(WINDOW.total_seconds() * 1000)),
        # Kafka removes whole segments: without this a quiet topic would keep its messages for weeks beyond the window.
        "segment.ms": str(int(timedelta(days=1).total_seconds() * 1000)),
        # Time on the bus is the broker's: a service whose clock jumps does not age what it sends.
        "message.timestamp.type": "LogAppendTime",
        "max.message.bytes": str(MAX_MESSAGE_BYTES),
    }
    told = {topic.topic: data for topic in topics} | {IDENTITY: {"cleanup.policy": "compact"}}

    def safe(name: str) -> dict[str, str]:
        # By the topic's own copies: a broker that is away at this start must not make its topics less safe for ever.
        confirmed = (present[name].copies if name in present else copies) - 1
        return {"min.insync.replicas": str(max(1, confirmed)), "unclean.leader.election.enable": "false"}

    return {name: settings | safe(name) for name, settings in told.items()}


def wanted_rules(topics: Iterable[Access], services: Iterable[str]) -> frozenset[Acl]:
    """Return every rule of access: writers write, readers read with a group of their own name, all read the marker.

    Kafka lets whoever may read or write a topic also ask for its partitions and positions (DESCRIBE).
    """
    rules = {Acl(TOPIC, IDENTITY, service, READ) for service in services}
    for topic in topics:
        rules |= {Acl(TOPIC, topic.topic, writer, WRITE) for writer in topic.writers}
        rules |= {Acl(TOPIC, topic.topic, reader, READ) for reader in topic.readers}
        rules |= {Acl(GROUP, reader, reader, READ) for reader in topic.readers}
    return frozenset(rules)


async def _refuse_wide_rules(client: AIOKafkaAdminClient, address: KafkaAddress, rules: frozenset[Acl]) -> None:
    """Raise BusNotPrepared where rules of others would let them past ours; our users' own are withdrawn anyway."""
    trusted = {f"User:{address.user}", *(rule.row()[3] for rule in rules)}
    wide = kafka_rules.too_wide(await kafka_admin.acls(client), {(rule.kind, rule.name) for rule in rules}, trusted)
    if wide:
        raise BusNotPrepared(kafka_rules.sentence(", ".join(address.servers), wide))


async def _make_rules(client: AIOKafkaAdminClient, brokers: Sequence[int], rules: frozenset[Acl]) -> None:
    wanted = {rule.row() for rule in rules}
    found = await kafka_admin.acls(client)
    users = {row[3] for row in wanted}
    ours = {(row[0], row[1]) for row in wanted}
    excess = {row for row in found - wanted if row[3] in users or ((row[0], row[1]) in ours)}
    missing = [rule for rule in sorted(rules, key=Acl.row) if rule.row() not in found]
    if excess:
        await kafka_admin.withdraw(client, excess)
    if missing:
        await kafka_admin.allow(client, missing)
    if excess or missing:
        async with asyncio.timeout(SPREAD_SECONDS):
            for broker in brokers:
                await _spread(client, broker, wanted, excess)


async def _spread(client: AIOKafkaAdminClient, broker: int, wanted: set[Any], excess: set[Any]) -> None:
    """Wait until a broker knows the rules, which are the last thing it is told: then it knows topics and users too."""
    while wanted - (known := await kafka_admin.acls(client, broker)) or excess & known:  # noqa: ASYNC110  a broker has no event for us
        await asyncio.sleep(POLL_SECONDS)
