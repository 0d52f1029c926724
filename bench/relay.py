"""The relay against a bare producer of the same messages, and against faststream-outbox's relay, all to one Kafka."""

import asyncio
import gc
import os
import tempfile
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from bench.cluster import Place, place_of
from bench.frame import OURS, NotHere, Result, Settings, alternate, rate_result
from bench.relay_peer import FETCH, FLUSH, WORKERS, send_with_faststream_outbox
from chassis.crypto import SubjectKeys
from chassis.database import Database
from chassis.relay import Relay
from chassis.transports import Outgoing
from chassis.transports.access import Access
from chassis.transports.kafka import KafkaTransport
from chassis.transports.kafka_links import address_of, client_settings
from chassis.transports.kafka_topics import prepare, service_url
from chassis.transports.partitions import partition_of
from chassis.wire import encode
from contracts.catalogue import PARTITIONS
from contracts.envelope import Envelope
from contracts.intake.awareness import TOPIC, ReferralMade
from deploy.kafka.brokers import Brokers, KafkaNotHere

NAME = "relay"
BAR = 0.5
MESSAGES = 50_000
SLOW_MESSAGES = 4_000
PER_SUBJECT = 5
SEALED_BYTES = 450
"""So that a message has about a kilobyte on the bus."""
PASSWORD = "bench-only"  # noqa: S105  of a user on a throwaway broker
BARE, BARE_DEFAULT, PEER = "bare producer", "bare producer, default batches", "faststream-outbox"
TOPICS = {OURS: TOPIC, BARE: "bench.bare.v1", BARE_DEFAULT: "bench.default.v1", PEER: "bench.peer.v1"}
TUNED = {"max_batch_size": 1024 * 1024, "linger_ms": 5}
_ROWS = (
    "event_id", "topic", "subject", "type", "area", "area_version", "correlation_id", "causation_id", "traceparent",
    "key_id", "sealed", "recorded_at", "tombstone",
)  # fmt: skip

Message = tuple[int, bytes, bytes]
"""Partition, key and body."""


@dataclass(frozen=True)
class Stage:
    """What every side works with: the database, the broker's address for the service, and the events."""

    place: Place
    bus_url: str
    envelopes: Sequence[Envelope]

    @cached_property
    def messages(self) -> list[Message]:
        """What must stand on the bus afterwards, in order for each key."""
        return [(partition_of(item.subject, PARTITIONS), item.subject.bytes, encode(item)) for item in self.envelopes]

    def first(self, count: int) -> "Stage":
        """Return the same with the first events only."""
        return replace(self, envelopes=self.envelopes[:count])


def measure(settings: Settings) -> list[Result]:
    """Send the same events by each side in turns; every round ends with reading all of them back in order."""
    count = settings.count(MESSAGES, PER_SUBJECT)
    with tempfile.TemporaryDirectory(prefix="throughline-bench-") as name:
        try:
            with place_of("intake", Path(name) / "state") as place, Brokers(Path(name) / "kafka") as brokers:
                url = service_url(brokers.admin_url, "intake", PASSWORD)
                access = [Access(topic, PARTITIONS, ("intake",), ("intake",)) for topic in TOPICS.values()]
                asyncio.run(prepare(brokers.admin_url, {"intake": PASSWORD}, access))
                stage = Stage(place, url, events(count))
                slow = stage.first(settings.count(SLOW_MESSAGES, PER_SUBJECT))
                sides: Mapping[str, Callable[[], float]] = {
                    BARE: partial(rate, stage, BARE, partial(bare, TUNED)),
                    BARE_DEFAULT: partial(rate, stage, BARE_DEFAULT, partial(bare, {})),
                    PEER: partial(rate, slow, PEER, through_faststream_outbox),
                }
                medians = alternate(settings.rounds, partial(rate, stage, OURS, relayed), sides)
        except KafkaNotHere as reason:
            raise NotHere(str(reason)) from reason
    return results(medians, stage, len(slow.envelopes))


def results(medians: Mapping[str, float], stage: Stage, slow: int) -> list[Result]:
    """Return our rate beside each peer's, with what they were told."""
    size = sum(len(body) for _, _, body in stage.messages) // len(stage.messages)
    shape = f"{len(stage.messages)} events of {size} bytes on the bus, {PER_SUBJECT} for each subject, one broker"
    notes = {
        BARE: f"{shape}; peer: aiokafka, acks=all, idempotent, linger 5 ms, batches up to 1 MB as ours, same messages",
        BARE_DEFAULT: f"{shape}; peer: the same producer with aiokafka's own linger and batch size (0 ms, 16 KB)",
        PEER: f"{shape}, the peer {slow} of them; peer: one subscriber with {WORKERS} workers, fetches of "
        f"{FETCH}, deletes of {FLUSH}, acks=all, idempotent, linger 0; it gives no numbers and keeps no order",
    }
    found = [
        rate_result(name, medians, peer, "events/s", BAR if peer == BARE else None)
        for name, peer in (("relay", BARE), ("relay_default_batches", BARE_DEFAULT), ("relay_faststream_outbox", PEER))
    ]
    return [replace(result, note=note) for result, note in zip(found, notes.values(), strict=True)]


def events(count: int) -> list[Envelope]:
    """Return events as the relay numbers them: the subjects' first events, then their second ones, and so on."""
    subjects = [uuid4() for _ in range(max(1, count // PER_SUBJECT))]
    return [
        Envelope(
            event_id=uuid4(),
            type=ReferralMade.wire_type,
            topic=TOPIC,
            area="kent-and-medway",
            area_version="2026-01",
            subject=subject,
            epoch=1,
            sequence=place // len(subjects) + 1,
            correlation_id=subject,
            causation_id=None,
            traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            key_id="bench",
            sealed=os.urandom(SEALED_BYTES),
        )
        for place, subject in ((place, subjects[place % len(subjects)]) for place in range(count))
    ]


Side = Callable[[Stage, str], Awaitable[float]]
"""Sends the stage's events to a topic and returns the seconds from "all are there to be sent" to "all are done"."""


def rate(stage: Stage, name: str, side: Side) -> float:
    """Return events a second, once everything was found on the bus, in order for each key where order is promised."""

    async def once() -> float:
        starts = await ends(stage.bus_url, TOPICS[name])
        gc.collect()
        gc.freeze()  # what the benchmark itself holds is nobody's to look through while it measures
        seconds = await side(stage, TOPICS[name])
        await verify(stage, TOPICS[name], starts, in_order=name != PEER)
        return len(stage.envelopes) / seconds

    return asyncio.run(once())


async def relayed(stage: Stage, topic: str) -> float:
    """Let our relay number, publish and mark what one transaction has put into the outbox."""
    del topic  # the events name it
    secrets = stage.place.secrets
    keys = SubjectKeys(secrets.keys_database_url, "intake", secrets.key_encryption_key)
    database = Database(secrets.database_url, "intake", keys)
    transport, counted, all_sent = KafkaTransport(stage.bus_url, PARTITIONS), 0, asyncio.Event()
    publish = transport.publish

    async def count(messages: Sequence[Outgoing]) -> None:
        nonlocal counted
        await publish(messages)
        counted += len(messages)
        if counted >= len(stage.envelopes):
            all_sent.set()

    transport.publish = count  # type: ignore[method-assign]
    await keys.start()
    relay = Relay(database, transport, keys, window=timedelta(days=14), linger=0.02)
    relaying = asyncio.create_task(relay.run())
    connection = await asyncpg.connect(stage.place.superuser_url)
    try:
        await emptied(connection)
        while not relay.leading:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        await publish([])  # connected before the clock begins, as the peer's producer is
        async with connection.transaction():
            await fill(connection, stage.envelopes)
            await asyncio.sleep(0.2)
            begin = time.perf_counter()
        relay.wake()
        await all_sent.wait()
        while await connection.fetchval("SELECT EXISTS (SELECT 1 FROM outbox WHERE published_at IS NULL)"):  # noqa: ASYNC110
            await asyncio.sleep(0.002)
        return time.perf_counter() - begin
    finally:
        relaying.cancel()
        await asyncio.gather(relaying, return_exceptions=True)
        await connection.close()
        await transport.stop()
        await database.stop()
        await keys.stop()


async def emptied(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Empty the outbox; its ids go on, or the relay would take it for a restored one."""
    await connection.execute("TRUNCATE outbox, outbox_position, dispatch")
    await connection.execute("CHECKPOINT")
    await connection.execute("SET synchronous_commit = off")  # of the filling alone: its flush is not ours to time


async def fill(connection: "asyncpg.Connection[asyncpg.Record]", envelopes: Sequence[Envelope]) -> None:
    """Put the events into the outbox as services do, each with the dispatch row of its one recipient."""
    now = datetime.now(UTC)
    await connection.copy_records_to_table(
        "outbox",
        columns=_ROWS,
        records=[
            (
                item.event_id, item.topic, item.subject, item.type, item.area, item.area_version, item.correlation_id,
                item.causation_id, item.traceparent, item.key_id, item.sealed, now, False,
            )
            for item in envelopes
        ],
    )  # fmt: skip
    await connection.copy_records_to_table(
        "dispatch",
        columns=("event_id", "recipient", "topic", "subject", "recorded_at"),
        records=[(item.event_id, "channel", item.topic, item.subject, now) for item in envelopes],
    )


async def bare(settings: Mapping[str, int], stage: Stage, topic: str) -> float:
    """Send the finished messages with a producer alone: no database, no numbers, nothing marked."""
    producer = AIOKafkaProducer(
        **client_settings(address_of(stage.bus_url)),
        acks="all",
        enable_idempotence=True,
        max_request_size=8_000_000,
        **settings,
    )
    messages = stage.messages
    await producer.start()
    try:
        await producer.client.force_metadata_update()
        begin = time.perf_counter()
        sent = [
            await producer.send(topic, value=body, key=key, partition=partition) for partition, key, body in messages
        ]
        await asyncio.gather(*sent)
        return time.perf_counter() - begin
    finally:
        await producer.stop()


async def through_faststream_outbox(stage: Stage, topic: str) -> float:
    """Let faststream-outbox send the finished messages from its own table."""
    finished = [(key, body) for _, key, body in stage.messages]
    return await send_with_faststream_outbox(stage.place.superuser_url, address_of(stage.bus_url), topic, finished)


async def ends(bus_url: str, topic: str) -> Mapping[TopicPartition, int]:
    """Return where each partition of a topic ends now."""
    consumer = AIOKafkaConsumer(**client_settings(address_of(bus_url)), enable_auto_commit=False)
    await consumer.start()
    try:
        found: Mapping[TopicPartition, int] = await consumer.end_offsets(
            [TopicPartition(topic, partition) for partition in range(PARTITIONS)]
        )
        return found
    finally:
        await consumer.stop()


async def verify(stage: Stage, topic: str, starts: Mapping[TopicPartition, int], *, in_order: bool) -> None:
    """Read the topic from where it ended before; raise unless it holds each message once, in order for each key."""
    found: dict[bytes, list[bytes]] = defaultdict(list)
    left = len(stage.messages)
    consumer = AIOKafkaConsumer(**client_settings(address_of(stage.bus_url)), enable_auto_commit=False)
    await consumer.start()
    try:
        consumer.assign(list(starts))
        for partition, offset in starts.items():
            consumer.seek(partition, offset)
        async with asyncio.timeout(60):
            while left > 0:
                for records in (await consumer.getmany(timeout_ms=500)).values():
                    for record in records:
                        found[bytes(record.key or b"")].append(record.value or b"")
                        left -= 1
    finally:
        await consumer.stop()
    wanted: dict[bytes, list[bytes]] = defaultdict(list)
    for _, key, body in stage.messages:
        wanted[key].append(body)
    if not in_order:
        found = {key: sorted(bodies) for key, bodies in found.items()}
        wanted = {key: sorted(bodies) for key, bodies in wanted.items()}
    if found != wanted:
        wrong = sum(found.get(UUID(bytes=key).bytes) != bodies for key, bodies in wanted.items())
        raise RuntimeError(f"{topic} does not hold what was sent: {wrong} keys differ.")
