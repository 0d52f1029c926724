"""What a Kafka bus says of itself: who it is, what its partitions hold, what a group has confirmed."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import TypeVar

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import OffsetAndMetadata

from chassis.transports.kafka_links import Links, answering, down

MARKER_TOPIC = "throughline.bus.v1"
ANSWER_SECONDS = 10.0
FRESH_SECONDS = 1.0

Answer = TypeVar("Answer")


class Positions:
    """Asks the bus; every answer comes within seconds, or BusUnavailable is raised."""

    def __init__(self, links: Links) -> None:
        self._links = links
        self._asking = asyncio.Lock()
        self._cluster = ""
        self._identity = ("", -FRESH_SECONDS)

    async def identity(self) -> str:
        """Return the cluster's id and the marker of its topics, which is another one once they were made anew."""
        async with self._asking:
            identity, asked_at = self._identity
            if time.monotonic() - asked_at >= FRESH_SECONDS:
                identity = await self._answered(self._ask_identity)
                self._identity = (identity, time.monotonic())
            return identity

    async def _ask_identity(self) -> str:
        if not self._cluster:
            self._cluster = str((await (await self._links.admin()).describe_cluster())["cluster_id"])
        return f"{self._cluster}:{await _marker(await self._links.reader())}"

    async def confirmed(self, group: str) -> Mapping[TopicPartition, OffsetAndMetadata]:
        """Return what the group has confirmed; partitions where it has not are left out."""

        async def ask() -> Mapping[TopicPartition, OffsetAndMetadata]:
            offsets = await (await self._links.admin()).list_consumer_group_offsets(group)
            return {place: at for place, at in offsets.items() if at.offset >= 0}

        return await self._answered(ask)

    async def starts(self, places: Collection[TopicPartition]) -> Mapping[TopicPartition, int]:
        """Return the oldest position that each partition holds."""

        async def ask() -> Mapping[TopicPartition, int]:
            return dict(await (await self._links.reader()).beginning_offsets(list(places)))

        return await self._answered(ask) if places else {}

    async def ends(self, places: Collection[TopicPartition]) -> Mapping[TopicPartition, int]:
        """Return the position after the newest message of each partition."""

        async def ask() -> Mapping[TopicPartition, int]:
            return dict(await (await self._links.reader()).end_offsets(list(places)))

        return await self._answered(ask) if places else {}

    async def places(self, topics: Collection[str]) -> set[TopicPartition]:
        """Return the partitions of topics, as they are now."""

        async def ask() -> set[TopicPartition]:
            described = await (await self._links.admin()).describe_topics(sorted(topics))
            return {
                TopicPartition(topic["topic"], partition["partition"])
                for topic in described
                for partition in topic["partitions"]
            }

        return await self._answered(ask) if topics else set()

    async def _answered(self, ask: Callable[[], Awaitable[Answer]]) -> Answer:
        """Ask, for so long at most; after a failure the connections are made anew."""
        try:
            with answering():
                async with asyncio.timeout(ANSWER_SECONDS):
                    return await ask()
        except BaseException:
            self._cluster = ""
            self._links.discard("reader", "admin")
            raise


async def _marker(reader: AIOKafkaConsumer) -> str:
    """Read the last record of the marker topic, from the bus each time: on another bus it may have the same place."""
    place = TopicPartition(MARKER_TOPIC, 0)
    if place not in reader.assignment():
        reader.assign([place])
    end = (await reader.end_offsets([place]))[place]
    if not end:
        raise down()  # not prepared, or wiped this moment
    reader.seek(place, end - 1)
    reader.resume(place)
    try:
        record = await reader.getone(place)
    finally:
        reader.pause(place)
    return bytes(record.value or b"").decode()
