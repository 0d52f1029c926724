"""One membership of one consumer group: FastStream brings batches, and only what was handled is confirmed."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from aiokafka import ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from aiokafka.errors import CommitFailedError, IllegalStateError
from aiokafka.structs import OffsetAndMetadata
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.message import KafkaMessage
from faststream.security import SASLScram512

from chassis import telemetry
from chassis.database import is_world_down
from chassis.errors import ThroughlineError, Unavailable
from chassis.transports import BehindTheWindow, Delivery, Handle
from chassis.transports.kafka_holes import Holes
from chassis.transports.kafka_links import (
    METADATA_SECONDS,
    REQUEST_SECONDS,
    KafkaAddress,
    bounded,
    client_settings,
    close,
)
from chassis.transports.kafka_positions import Positions

BATCH = 500
POLL_SECONDS = 0.02
LISTEN_SECONDS = 0.2
"""So long one look for messages lasts while none comes; whoever looks much more often hears of them later."""
SESSION_SECONDS = 6.0
HEARTBEAT_SECONDS = 1.0
REBALANCE_SECONDS = 12.0
"""How long a group waits for a member to join again: less than a request may take, more than REVOKE_SECONDS."""
REVOKE_SECONDS = 8.0
MOST_IDLE_SECONDS = 300.0
START_SECONDS = 45.0
COMMIT_SECONDS = 20.0
WATCH_SECONDS = 5.0
STALL_SECONDS = 15.0
LEAVE_SECONDS = 1.5
BACKOFF_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)

log = telemetry.logger(__name__)


class Interrupted(Unavailable):
    """A membership ended by its own judgement: another begins where the group has confirmed."""

    reason = "consumer-interrupted"


class Membership(ConsumerRebalanceListener):  # type: ignore[misc]
    """Joins a group, has its batches handled and confirms them; ends with the first error."""

    def __init__(
        self,
        address: KafkaAddress,
        positions: Positions,
        group: str,
        topics: Sequence[str],
        handle: Handle,
        holes: Holes,
    ) -> None:
        self._address, self._positions = address, positions
        self._group, self._topics, self._handle = group, topics, handle
        self._holes = holes
        self._identity = ""
        self._ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._idle = asyncio.Event()
        self._idle.set()
        self._known = asyncio.Event()
        self._generation = 0
        self._learning: asyncio.Task[None] | None = None
        self._confirming: asyncio.Task[None] | None = None
        self._expected: dict[TopicPartition, int] = {}
        self._active_at = time.monotonic()
        self._failures = 0
        self._behind: Mapping[TopicPartition, int] = {}
        self.worked = False

    async def run(self) -> None:
        """Consume; ends only by an error or by being cancelled."""
        self._identity = await self._positions.identity()
        self._broker = self._make_broker()
        self._subscriber = self._make_subscriber()
        # Nobody cancels a start: aiokafka forgets the connection that it has just then.
        starting = asyncio.ensure_future(self._broker.start())
        try:
            async with asyncio.timeout(START_SECONDS):
                await asyncio.shield(starting)
            while True:
                await asyncio.wait({self._ended}, timeout=WATCH_SECONDS)
                if self._ended.done():
                    self._ended.result()
                await self._watch()
        finally:
            await bounded(lambda: starting)
            await self._leave()

    def _make_broker(self) -> KafkaBroker:
        address = self._address
        context = client_settings(address)["ssl_context"]
        return KafkaBroker(
            list(address.servers),
            client_id=f"throughline-{address.user}",
            request_timeout_ms=int(REQUEST_SECONDS * 1000),
            retry_backoff_ms=200,
            metadata_max_age_ms=int(METADATA_SECONDS * 1000),
            consumer_only=True,
            allow_auto_create_topics=False,
            graceful_timeout=None,
            ack_policy=AckPolicy.MANUAL,
            security=SASLScram512(address.user, address.password, ssl_context=context, use_ssl=address.tls),
            logger=_Listening(self._end),
            apply_types=False,
        )

    def _make_subscriber(self) -> Any:
        subscriber = self._broker.subscriber(
            *self._topics,
            batch=True,
            group_id=self._group,
            ack_policy=AckPolicy.MANUAL,
            auto_offset_reset="earliest",
            max_records=BATCH,
            batch_timeout_ms=int(LISTEN_SECONDS * 1000),
            fetch_min_bytes=1,
            fetch_max_wait_ms=500,
            check_crcs=True,
            partition_assignment_strategy=(RoundRobinPartitionAssignor,),
            session_timeout_ms=int(SESSION_SECONDS * 1000),
            heartbeat_interval_ms=int(HEARTBEAT_SECONDS * 1000),
            rebalance_timeout_ms=int(REBALANCE_SECONDS * 1000),
            max_poll_interval_ms=int(MOST_IDLE_SECONDS * 1000),
            isolation_level="read_uncommitted",
            listener=self,
            no_reply=True,
            parser=_as_it_came,
            decoder=_records_of,
        )
        subscriber(self._on_batch)
        return subscriber

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        """Let the batch in hand be confirmed, for a while, before the partitions may go to another member."""
        del revoked
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(REVOKE_SECONDS):
                await self._at_rest()
        self._forget_places()

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        """Learn where the group stands; nothing is handled before."""
        self._forget_places()
        self._learning = asyncio.create_task(self._learn(frozenset(assigned), self._generation))

    def _forget_places(self) -> None:
        # What is being learnt of the last generation is not cancelled: aiokafka loses a connection that is being made.
        self._generation += 1
        self._known.clear()
        self._expected = {}
        self._active_at = time.monotonic()

    async def _learn(self, assigned: frozenset[TopicPartition], generation: int) -> None:
        """Note what each partition must deliver next.

        What was confirmed on another bus says nothing here (the confirmation carries the identity), and what the bus
        no longer holds must not be skipped in silence.
        """
        try:
            confirmed, starts = await self._positions.confirmed(self._group), await self._positions.starts(assigned)
            if generation != self._generation:
                return
            for place in assigned:
                self._expected[place] = self._first(place, starts[place], confirmed.get(place))
        except (ThroughlineError, IllegalStateError) as error:
            if generation == self._generation:
                self._end(error)
        else:
            self._known.set()

    def _first(self, place: TopicPartition, start: int, confirmed: OffsetAndMetadata | None) -> int:
        if confirmed is None:
            return start
        if confirmed.metadata not in {"", self._identity}:
            self._consumer.seek(place, start)
            return start
        if confirmed.offset < start:
            message = (
                f"The consumer {self._group} stopped: {place.topic} no longer holds what it must read next. "
                "Replay the topic from its publisher, then move the cursor."
            )
            raise BehindTheWindow(message)
        return int(confirmed.offset)

    @property
    def _consumer(self) -> Any:
        return self._subscriber.consumer

    def _end(self, error: BaseException) -> None:
        if not self._ended.done():
            self._ended.set_exception(error)

    def _end_with(self, task: "asyncio.Task[None]") -> None:
        if not task.cancelled() and (error := task.exception()):
            self._end(error)

    async def _on_batch(self, records: Sequence[ConsumerRecord]) -> None:
        """Handle and confirm a batch, or leave it to be delivered again; never raises: FastStream would swallow it."""
        if not await self._may_take():
            self._rewind(records)
            return
        self._idle.clear()
        try:
            await self._take(records)
            self._failures = 0
        except Exception as error:  # noqa: BLE001  whatever it is, it ends the membership, and consume() judges it
            if not (isinstance(error, Unavailable) or is_world_down(error)) or isinstance(error, Interrupted):
                self._end(error)
                return
            self._rewind(records)
            self._idle.set()
            await self._pause(error)
        finally:
            self._active_at = time.monotonic()
            self._idle.set()

    async def _may_take(self) -> bool:
        """Return whether the group's place was known when the batch came; wait a moment where it is not."""
        if self._known.is_set() and not self._ended.done():
            return True
        waiting = {self._ended} if self._learning is None else {self._ended, self._learning}
        await asyncio.wait(waiting, timeout=1, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.sleep(POLL_SECONDS)
        return False

    async def _pause(self, error: Exception) -> None:
        pause = BACKOFF_SECONDS[min(self._failures, len(BACKOFF_SECONDS) - 1)]
        self._failures += 1
        log.warning("The consumer pauses.", extra={"facts": {"reason": type(error).__name__, "seconds": pause}})
        await asyncio.wait({self._ended}, timeout=pause)

    async def _take(self, records: Sequence[ConsumerRecord]) -> None:
        ours = self._in_order(records)
        # An empty body is a message that was emptied: its place counts, there is nothing to handle.
        await self._handle(
            [Delivery(record.topic, record.partition, record.offset, record.value) for record in ours if record.value]
        )
        ends = {TopicPartition(record.topic, record.partition): record.offset + 1 for record in ours}
        self._expected.update({place: end for place, end in ends.items() if place in self._expected})
        await self._confirmed()
        if not self._ended.done():
            # Meanwhile the next batch is handled: what a lost confirmation brings again, the inbox knows.
            self._confirming = asyncio.create_task(self._confirm(ends))
            self._confirming.add_done_callback(self._end_with)
        self.worked = True

    async def _confirmed(self) -> None:
        """Wait until the batch before is confirmed, or until that has failed: then the membership ends."""
        if self._confirming is not None:
            await asyncio.wait({self._confirming})

    async def _at_rest(self) -> None:
        """Wait until no batch is in hand, nor under way to be confirmed."""
        await self._idle.wait()
        await self._confirmed()

    def _in_order(self, records: Iterable[ConsumerRecord]) -> list[ConsumerRecord]:
        """Leave out partitions that are no longer ours; raise Interrupted where a number is missing.

        A batch that FastStream lost, or a position that the client moved, would else be confirmed with the next one.
        """
        expected = dict(self._expected)
        ours = []
        for record in records:
            place = TopicPartition(record.topic, record.partition)
            if place not in expected:
                continue
            lost = (record.topic, record.partition, expected[place], record.offset)
            if record.offset > expected[place] and not self._holes.is_real(*lost):
                # The next membership begins there, and gets what was lost on the way.
                message = f"The consumer {self._group} begins again: {record.topic} left something out."
                raise Interrupted(message)
            expected[place] = record.offset + 1
            ours.append(record)
        return ours

    async def _confirm(self, ends: Mapping[TopicPartition, int]) -> None:
        """Confirm what was handled, partition by partition; what has moved to another member is its to confirm."""
        still = {place: end for place, end in ends.items() if place in self._consumer.assignment()}
        if not still:
            return
        try:
            async with asyncio.timeout(COMMIT_SECONDS):
                await self._consumer.commit(
                    {place: OffsetAndMetadata(end, self._identity) for place, end in still.items()}
                )
        except (CommitFailedError, IllegalStateError):
            log.info("The group has moved on; what was handled may be delivered again.")
        except TimeoutError as error:
            message = f"The consumer {self._group} begins again: the bus did not take its confirmation."
            raise Interrupted(message) from error

    def _rewind(self, records: Iterable[ConsumerRecord]) -> None:
        """Have the batch delivered again: each partition from where it stands, or from here while nobody knows that."""
        firsts: dict[TopicPartition, int] = {}
        for record in records:
            firsts.setdefault(TopicPartition(record.topic, record.partition), record.offset)
        for place, first in firsts.items():
            with contextlib.suppress(IllegalStateError):
                self._consumer.seek(place, self._expected.get(place, first))

    async def _watch(self) -> None:
        """See that the bus is the same and that nothing lies there undelivered; raises Interrupted, Unavailable."""
        if not self._idle.is_set():
            return
        if await self._positions.identity() != self._identity:
            message = "The bus is another one than a moment ago; the consumer begins again there."
            raise Interrupted(message)
        if time.monotonic() - self._active_at < STALL_SECONDS:
            self._behind = {}
            return
        ends = await self._positions.ends(self._expected)
        behind = {place: at for place, at in self._expected.items() if ends.get(place, 0) > at}
        if not self._known.is_set() or (behind and behind == self._behind):
            message = f"The consumer {self._group} begins again: the bus holds messages that do not come."
            raise Interrupted(message)
        self._behind = behind

    async def _leave(self) -> None:
        """End the membership within seconds; a batch in hand may end first, a moment long."""
        if not self._ended.done():
            await bounded(self._at_rest, LEAVE_SECONDS)
        tasks, consumer = list(self._subscriber.tasks), self._consumer
        if self._confirming is not None:
            tasks.append(self._confirming)
        for task in tasks:
            task.cancel()
        await close(consumer, self._broker.stop)
        if self._learning is not None and not self._learning.done():
            self._generation += 1
            tasks.append(self._learning)
        if tasks:
            await asyncio.wait(tasks, timeout=LEAVE_SECONDS)
        if self._ended.done():
            self._ended.exception()


async def _as_it_came(records: tuple[ConsumerRecord, ...]) -> KafkaMessage:
    """Pass a batch on unread: what FastStream cannot parse it would swallow."""
    return KafkaMessage(raw_message=records, body=b"", consumer=_NOBODY)


async def _records_of(message: KafkaMessage) -> object:
    return message.raw_message


class _Nobody:
    """Confirms nothing: FastStream's own acknowledgement names no offsets."""

    async def commit(self) -> None:
        """Do nothing."""

    def seek(self, partition: object, offset: int) -> None:
        """Do nothing."""


_NOBODY = _Nobody()


class _Listening:
    """FastStream's logger: its lines would print what it handles, so only errors count, and they end the membership."""

    def __init__(self, end: Any) -> None:
        self._end = end

    def log(self, level: int, msg: object, /, *_: object, exc_info: object = None, **__: object) -> None:
        """Take notice of an error."""
        del msg
        if level >= logging.ERROR and isinstance(exc_info, BaseException):
            self._end(exc_info)
