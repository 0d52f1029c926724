"""The bus on Apache Kafka: several machines, several organisations, and scale."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from aiokafka import AIOKafkaProducer

from chassis import telemetry
from chassis.errors import Unavailable
from chassis.transports import Handle, Outgoing, refuse_oversize
from chassis.transports.kafka_consumer import Membership
from chassis.transports.kafka_holes import Holes
from chassis.transports.kafka_links import LOST, Links, address_of, answering
from chassis.transports.kafka_positions import Positions
from chassis.transports.partitions import partition_of

PUBLISH_SECONDS = 15.0
BACKOFF_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)

log = telemetry.logger(__name__)


class KafkaTransport:
    """A Transport whose topics are Kafka's; the group of a consumer is the name of its service."""

    def __init__(self, url: str, partitions: int) -> None:
        """Take kafka://user:password@host:port[,…]; nothing connects yet. Raises BusAddressUnreadable."""
        self._address = address_of(url)
        self._partitions = partitions
        self._links = Links(self._address)
        self._positions = Positions(self._links)
        self._consumed: dict[str, set[str]] = defaultdict(set)

    async def start(self) -> None:
        """See that the bus answers; raises BusUnavailable."""
        await self._positions.identity()

    async def stop(self) -> None:
        """Close every connection, within seconds even in an outage."""
        await self._links.close()

    async def identity(self) -> str:
        """Return the cluster's id and the marker of its topics, which is another one once they were made anew."""
        return await self._positions.identity()

    async def publish(self, messages: Sequence[Outgoing]) -> None:
        """Return when every replica that is in step holds every message; raises BusUnavailable within 15 seconds.

        Raises BusRefused for a topic that is not this service's, MessageTooLarge before anything is sent. After an
        error the producer is thrown away: it never gives up by itself, and would send again what is sent anew.
        """
        refuse_oversize(messages)
        grouped = self._grouped(messages)
        producer: AIOKafkaProducer | None = None
        try:
            with answering():
                async with asyncio.timeout(PUBLISH_SECONDS):
                    producer = await self._links.producer()
                    confirmations = [
                        confirmation
                        for (topic, partition), those in grouped.items()
                        for confirmation in await _hand_over(producer, topic, partition, those)
                    ]
                    await _all(confirmations)
        except BaseException:
            if producer is not None:
                self._links.discard(producer)
            raise

    def _grouped(self, messages: Sequence[Outgoing]) -> Mapping[tuple[str, int], list[Outgoing]]:
        grouped: dict[tuple[str, int], list[Outgoing]] = defaultdict(list)
        for message in messages:
            grouped[message.topic, partition_of(message.key, self._partitions)].append(message)
        return grouped

    async def lag(self, group: str) -> Mapping[str, int]:
        """Return how far the group is behind, by topic: of those that it consumes here or has confirmed before."""
        confirmed = await self._positions.confirmed(group)
        places = await self._positions.places({place.topic for place in confirmed} | self._consumed[group])
        starts, ends = await self._positions.starts(places), await self._positions.ends(places)
        behind: dict[str, int] = defaultdict(int)
        for place in places:
            done = confirmed[place].offset if place in confirmed else starts[place]
            behind[place.topic] += max(0, ends[place] - done)
        return behind

    async def forget(self, topics: Sequence[str], key: UUID) -> int:
        """Change nothing and return 0: Kafka keeps what it holds, sealed, until its retention ends."""
        del topics, key
        return 0

    async def tidy(self, oldest: date) -> int:
        """Change nothing and return 0: the topics' retention removes what is older than the window."""
        del oldest
        return 0

    async def consume(self, group: str, topics: Sequence[str], handle: Handle) -> None:
        """Deliver what the group's partitions hold until cancelled, through every outage of the bus."""
        self._consumed[group].update(topics)
        failures, holes = 0, Holes(group)
        while True:
            membership = Membership(self._address, self._positions, group, topics, handle, holes)
            try:
                await membership.run()
            except (*LOST, Unavailable) as error:
                failures = 0 if membership.worked else failures + 1
                pause = BACKOFF_SECONDS[min(failures, len(BACKOFF_SECONDS) - 1)]
                log.warning("The consumer pauses.", extra={"facts": {"reason": type(error).__name__, "seconds": pause}})
                await asyncio.sleep(pause)


async def _hand_over(
    producer: AIOKafkaProducer, topic: str, partition: int, messages: Sequence[Outgoing]
) -> list["asyncio.Future[object]"]:
    """Give one partition's messages to the producer, in order and in as few batches as hold them."""
    confirmations = []
    batch = producer.create_batch()
    for message in messages:
        if batch.append(timestamp=None, key=message.key.bytes, value=message.body) is None:
            confirmations.append(await producer.send_batch(batch, topic, partition=partition))
            batch = producer.create_batch()
            batch.append(timestamp=None, key=message.key.bytes, value=message.body)
    confirmations.append(await producer.send_batch(batch, topic, partition=partition))
    return confirmations


async def _all(confirmations: Sequence["asyncio.Future[object]"]) -> None:
    """Wait for every confirmation, then raise the first error."""
    answers = await asyncio.gather(*confirmations, return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
