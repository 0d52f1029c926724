"""Kafka itself keeps the audiences apart: what the contracts do not name is refused by the broker."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import GroupAuthorizationFailedError, KafkaError, TopicAuthorizationFailedError
from aiokafka.protocol.fetch import FetchRequest_v4

from chassis.transports import kafka_admin
from chassis.transports.access import Access, access_of_contracts
from chassis.transports.kafka_admin import GROUP, READ, TOPIC, Acl, _Written
from chassis.transports.kafka_links import address_of, client_settings
from chassis.transports.kafka_topics import IDENTITY, BusNotPrepared, prepare, service_url, wanted_rules
from contracts.catalogue import PARTITIONS, SERVICES
from tests.kafka import Kafka, administrator

POLICE = "intake.police.v1"
SECONDS = 10.0


def settings(kafka: Kafka, service: str) -> dict[str, Any]:
    return client_settings(address_of(kafka.url(service)))


@asynccontextmanager
async def consumer(kafka: Kafka, service: str, **given: Any) -> AsyncIterator[AIOKafkaConsumer]:
    made = AIOKafkaConsumer(**settings(kafka, service), auto_offset_reset="earliest", **given)
    try:
        await made.start()
        yield made
    finally:
        await made.stop()


async def read(kafka: Kafka, service: str, topic: str) -> bytes:
    """Read the first message of a topic's first partition, without a group."""
    async with consumer(kafka, service) as one, asyncio.timeout(SECONDS):
        one.assign([TopicPartition(topic, 0)])
        return bytes((await one.getone()).value)


async def write(kafka: Kafka, service: str, topic: str) -> None:
    producer = AIOKafkaProducer(**settings(kafka, service), acks="all", enable_idempotence=True)
    try:
        await producer.start()
        async with asyncio.timeout(SECONDS):
            await producer.send_and_wait(topic, b"sealed", partition=0)
    finally:
        await producer.stop()


async def marker(kafka: Kafka) -> str:
    async with consumer(kafka, "monitor") as one, asyncio.timeout(SECONDS):
        place = TopicPartition(IDENTITY, 0)
        one.assign([place])
        end = (await one.end_offsets([place]))[place]
        found = b""
        while await one.position(place) < end:
            found = (await one.getone()).value
        return str(UUID(found.decode()))


async def rules(client: AIOKafkaAdminClient) -> set[tuple[Any, ...]]:
    return set(await kafka_admin.acls(client))


class TestAccess:
    async def test_the_audience_reads_what_the_publisher_writes(self, clean_kafka: Kafka) -> None:
        await write(clean_kafka, "intake", POLICE)
        assert await read(clean_kafka, "triage", POLICE) == b"sealed"

    async def test_who_only_writes_a_topic_cannot_read_it(self, clean_kafka: Kafka) -> None:
        await write(clean_kafka, "intake", POLICE)
        with pytest.raises(TopicAuthorizationFailedError):
            await read(clean_kafka, "intake", POLICE)

    @pytest.mark.parametrize("service", ["channel", "notify", "stats", "monitor"])
    async def test_nobody_outside_the_audience_learns_where_a_topic_is(self, kafka: Kafka, service: str) -> None:
        async with administrator(kafka.url(service)) as client:
            [topic] = await client.describe_topics([POLICE])
        assert (topic["error_code"], topic["partitions"]) == (TopicAuthorizationFailedError.errno, [])

    async def test_who_knows_where_a_topic_is_still_reads_nothing(self, clean_kafka: Kafka) -> None:
        await write(clean_kafka, "intake", POLICE)
        fetch = FetchRequest_v4(-1, 100, 1, 1024, 0, [(POLICE, [(0, 0, 1024)])])
        async with administrator(clean_kafka.url("stats")) as client:
            answer = await client._send_request(_Written(fetch))
        [(_, [(_, error, *_, records)])] = answer.topics
        assert (error, records or b"") == (TopicAuthorizationFailedError.errno, b"")

    @pytest.mark.parametrize("service", ["triage", "channel", "notify"])
    async def test_nobody_but_the_publisher_writes(self, kafka: Kafka, service: str) -> None:
        with pytest.raises(TopicAuthorizationFailedError):
            await write(kafka, service, POLICE)

    @pytest.mark.parametrize("service", ["stats", "monitor"])
    async def test_who_writes_nothing_is_no_producer(self, kafka: Kafka, service: str) -> None:
        with pytest.raises(KafkaError):
            await write(kafka, service, POLICE)

    async def test_a_group_is_its_services_own(self, kafka: Kafka) -> None:
        async with consumer(kafka, "triage", group_id="channel") as one, asyncio.timeout(SECONDS):
            one.subscribe([POLICE])
            with pytest.raises(GroupAuthorizationFailedError):
                await one.getone()

    async def test_nobody_looks_into_anothers_group(self, kafka: Kafka) -> None:
        async with administrator(kafka.url("channel")) as client:
            with pytest.raises(GroupAuthorizationFailedError):
                await client.list_consumer_group_offsets("triage")

    async def test_a_publisher_cannot_read_its_own_topic_back(self, clean_kafka: Kafka) -> None:
        await write(clean_kafka, "triage", "receipts.intake.v1")
        with pytest.raises(TopicAuthorizationFailedError):
            await read(clean_kafka, "triage", "receipts.intake.v1")

    async def test_monitor_sees_the_marker_and_no_other_topic(self, kafka: Kafka) -> None:
        assert await marker(kafka)
        async with administrator(kafka.url("monitor")) as client:
            assert await client.list_topics() == [IDENTITY]

    async def test_nobody_writes_the_marker(self, kafka: Kafka) -> None:
        with pytest.raises(TopicAuthorizationFailedError):
            await write(kafka, "intake", IDENTITY)

    async def test_a_service_makes_neither_topics_nor_rules(self, kafka: Kafka) -> None:
        async with administrator(kafka.url("intake")) as client:
            with pytest.raises(KafkaError):
                await kafka_admin.allow(client, [Acl(TOPIC, POLICE, "intake", READ)])
            with pytest.raises(KafkaError):
                await kafka_admin.set_passwords(client, {"triage": "mine-now"})
            with pytest.raises(KafkaError):
                await kafka_admin.set_topic_settings(client, {POLICE: {"retention.ms": "1"}})

    async def test_a_name_without_its_password_is_nobody(self, kafka: Kafka) -> None:
        wrong = Kafka(kafka.admin_url, {**kafka.passwords, "intake": "guessed"}, None)
        with pytest.raises(KafkaError):
            await read(wrong, "intake", IDENTITY)


class TestPrepare:
    async def test_repeating_it_changes_nothing_and_is_fast(self, kafka: Kafka) -> None:
        async with administrator(kafka.admin_url) as client:
            before = await marker(kafka), await rules(client), await client.describe_topics()
            took = list[float]()
            while len(took) < 3 and min(took, default=2) >= 2:  # what is slow is slow each time
                began = time.monotonic()
                await prepare(kafka.admin_url, kafka.passwords, access_of_contracts())
                took.append(time.monotonic() - began)
            assert (await marker(kafka), await rules(client)) == before[:2]
            assert len(await client.list_topics()) == len(before[2])
            assert min(took) < 2, took

    async def test_the_rules_are_those_of_the_contracts(self, kafka: Kafka) -> None:
        async with administrator(kafka.admin_url) as client:
            assert await rules(client) == {rule.row() for rule in wanted_rules(access_of_contracts(), SERVICES)}

    async def test_withdraws_what_the_contracts_no_longer_name(self, kafka: Kafka) -> None:
        stale = [
            Acl(TOPIC, POLICE, "stats", READ),
            Acl(TOPIC, POLICE, "somebody", READ),
            Acl(GROUP, "x", "stats", READ),
        ]
        foreign = Acl(TOPIC, "another.system", "somebody", READ)
        async with administrator(kafka.admin_url) as client:
            await kafka_admin.allow(client, [*stale, foreign])
            await prepare(kafka.admin_url, kafka.passwords, access_of_contracts())
            left = await rules(client)
            assert not {rule.row() for rule in stale} & left
            assert foreign.row() in left, "what belongs to others is not ours to remove"
            await kafka_admin.withdraw(client, [foreign.row()])

    async def test_a_topic_made_anew_gives_the_bus_another_identity(self, kafka: Kafka) -> None:
        before = await marker(kafka)
        async with administrator(kafka.admin_url) as client:
            await client.delete_topics(["triage.notices.v1"])
            await prepare(kafka.admin_url, kafka.passwords, access_of_contracts())
        assert await marker(kafka) != before

    async def test_a_marker_that_was_lost_is_written_anew(self, kafka: Kafka) -> None:
        async with administrator(kafka.admin_url) as client:
            await client.delete_topics([IDENTITY])
            await client.create_topics([NewTopic(IDENTITY, 1, 1)])
        await prepare(kafka.admin_url, kafka.passwords, access_of_contracts())
        assert await marker(kafka)

    async def test_more_partitions_are_added_to_a_topic_that_has_fewer(self, kafka: Kafka) -> None:
        extra = Access("intake.trial.v1", 2, ("intake",), ("triage",))
        async with administrator(kafka.admin_url) as client:
            await prepare(kafka.admin_url, kafka.passwords, (*access_of_contracts(), extra))
            more = Access(extra.topic, PARTITIONS, extra.writers, extra.readers)
            await prepare(kafka.admin_url, kafka.passwords, (*access_of_contracts(), more))
            [topic] = await client.describe_topics([extra.topic])
            assert len(topic["partitions"]) == PARTITIONS
            await client.delete_topics([extra.topic])
        await prepare(kafka.admin_url, kafka.passwords, access_of_contracts())


class TestRefusals:
    async def test_wrong_password(self, kafka: Kafka) -> None:
        address = address_of(kafka.admin_url)
        wrong = kafka.admin_url.replace(address.password, "wrong")
        with pytest.raises(BusNotPrepared, match="refused the name or password") as refused:
            await prepare(wrong, kafka.passwords, access_of_contracts())
        assert "wrong" not in str(refused.value).replace("wrong name", "")

    async def test_another_installations_bus_unless_it_is_taken_over(self, kafka: Kafka) -> None:
        before, others = await marker(kafka), {service: f"another-{service}" for service in SERVICES}
        await prepare(kafka.admin_url, kafka.passwords, access_of_contracts())
        with pytest.raises(BusNotPrepared, match="the bus of another installation"):
            await prepare(kafka.admin_url, others, access_of_contracts())
        assert await marker(kafka) == before, "the owner's services sign in as before"
        await prepare(kafka.admin_url, others, access_of_contracts(), take_over=True)
        with pytest.raises(BusNotPrepared, match="the bus of another installation"):
            await prepare(kafka.admin_url, kafka.passwords, access_of_contracts())
        await prepare(kafka.admin_url, kafka.passwords, access_of_contracts(), take_over=True)
        assert await marker(kafka) == before

    async def test_not_an_administrator(self, kafka: Kafka) -> None:
        with pytest.raises(BusNotPrepared, match="does not let intake make topics"):
            await prepare(kafka.url("intake"), kafka.passwords, access_of_contracts())

    async def test_what_the_cluster_cannot_do(self, kafka: Kafka) -> None:
        impossible = Access("intake.trial.v2", 0, ("intake",), ("triage",))
        with pytest.raises(BusNotPrepared, match="answers, and refuses to be prepared"):
            await prepare(kafka.admin_url, kafka.passwords, (impossible,))

    async def test_nobody_there(self) -> None:
        with pytest.raises(BusNotPrepared, match="does not answer"):
            await prepare("kafka://admin:x@127.0.0.1:9", {}, ())


def test_a_services_address_carries_its_own_name_and_never_the_administrators() -> None:
    url = service_url("kafka+ssl://admin:secret@a:1,b:2", "intake", "p/w@:")
    assert url == "kafka+ssl://intake:p%2Fw%40%3A@a:1,b:2"
    assert address_of(url).password == "p/w@:"
