"""What Kafka has lost is told: the consumer goes on behind a hole in the numbering, and somebody hears of it."""

from collections.abc import Sequence

import pytest
from aiokafka import AIOKafkaProducer

from chassis import telemetry
from chassis.telemetry.allowed import KEYS
from chassis.transports import Delivery
from chassis.transports.kafka_holes import Holes
from chassis.transports.kafka_links import address_of, client_settings
from tests.chassis.transports.suite import Bus, Seen, confirmed, keys, until

PARTITION = 3


async def write_with_holes(bus: Bus, numbers: Sequence[int]) -> None:
    """Write one message a transaction: the mark at its end takes a number, which nobody is given."""
    producer = AIOKafkaProducer(**client_settings(address_of(bus.writer_url)), transactional_id=bus.topic)
    await producer.start()
    try:
        for number in numbers:
            async with producer.transaction():
                await producer.send_and_wait(bus.topic, f"hole:{number}".encode(), partition=PARTITION)
    finally:
        await producer.stop()


def told(caplog: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    facts = [getattr(record, "facts", {}) for record in caplog.records if record.levelname == "WARNING"]
    return [one for one in facts if one.get("reason") == Holes.reason]


def counted(topic: str) -> list[str]:
    lines = telemetry.metrics_text().splitlines()
    return [line for line in lines if line.startswith("throughline_bus_hole_total") and topic in line]


async def test_a_hole_is_passed_told_and_counted_once(on_kafka: Bus, caplog: pytest.LogCaptureFixture) -> None:
    await write_with_holes(on_kafka, range(3))
    seen, fails = Seen(), 2

    async def handle(deliveries: Sequence[Delivery]) -> None:
        nonlocal fails
        if fails and deliveries[-1].position > 0:  # the world is down behind the hole: it is met again, not told again
            fails -= 1
            raise ConnectionRefusedError
        await seen.handle(deliveries)

    async with on_kafka.consuming(handle):
        await until(lambda: seen.by_key().get("hole") == [0, 1, 2])
    assert fails == 0
    common = {"reason": "hole-on-the-bus", "consumer": on_kafka.group, "topic": on_kafka.topic, "count": 1}
    assert told(caplog) == [common | {"partition": PARTITION, "offset": number} for number in (1, 3)]
    assert set(told(caplog)[0]) <= KEYS
    [line] = counted(on_kafka.topic)
    assert f'partition="{PARTITION}"' in line
    assert line.endswith(" 2")


async def test_a_whole_partition_tells_nothing(on_kafka: Bus, caplog: pytest.LogCaptureFixture) -> None:
    seen, [key] = Seen(), keys(1)
    async with on_kafka.transport(on_kafka.writer_url) as writer, on_kafka.consuming(seen.handle):
        await writer.publish(on_kafka.messages(key, 5))
        await until(lambda: seen.by_key().get(str(key)) == [0, 1, 2, 3, 4])
        await confirmed(on_kafka, writer)
    assert (told(caplog), counted(on_kafka.topic)) == ([], [])
