"""How a leading relay sends: batch after batch, the next one read and the last one marked while one is published."""

import asyncio
import random
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from uuid import NAMESPACE_OID, UUID, uuid5

from chassis import clock
from chassis.lane import STATISTICS_TOPICS, Batch, Key, Lane, connect, intend, numbered
from chassis.outbox import STATISTICS
from chassis.transports import Outgoing
from chassis.wire import written
from contracts.catalogue import receipt_topic

if TYPE_CHECKING:
    from chassis.lane import Connection

LEAST = 500
MOST = 2000
MOST_BYTES = 8_000_000
"""A batch begins small, grows while all goes well, and holds about so many bytes at most."""
LANES = 3
"""One batch is read, one is published and one is marked at the same time."""
PIECE = 250
"""So many bodies are written at a time; in between what the next batch reads comes in."""
SWEEP_SECONDS = 1.0
PUBLISH_SECONDS = 30.0
"""A batch that takes longer is given up and tried again smaller; the limits of a lane's session lie above it."""

_OLDEST_FACT = "SELECT min(recorded_at) FROM outbox WHERE published_at IS NULL AND topic = ANY ($1::text[])"


class Row(Protocol):
    """An outbox row, as far as its place in a batch goes."""

    @property
    def id(self) -> int: ...  # noqa: D102
    @property
    def topic(self) -> str: ...  # noqa: D102
    @property
    def subject(self) -> UUID: ...  # noqa: D102


SomeRow = TypeVar("SomeRow", bound=Row)


@dataclass
class Pace:
    """How many rows a batch may hold now; outlives each leadership, so that a slow bus is remembered."""

    most: int = LEAST

    def went_well(self, batch: Batch) -> None:
        """Take more next time, as far as the size of these rows allows."""
        size = sum(len(row.sealed) for row in batch.rows) // max(1, len(batch.rows))
        self.most = max(1, min(self.most * 2, MOST, MOST_BYTES // max(1, size)))

    def failed(self) -> None:
        """Take less: a slow bus gets through a small batch in time where a large one would be begun again for ever."""
        self.most = max(1, self.most // 4)


@dataclass(frozen=True)
class Ways:
    """What sending goes through: the service and its database's address, the bus, and the mark beside the keys."""

    service: str
    database_url: str
    publish: Callable[[Sequence[Outgoing]], Coroutine[Any, Any, None]]
    mark: Callable[[int, int], Coroutine[Any, Any, None]]


@dataclass(frozen=True)
class Before:
    """What one sweep has taken so far: the last row and receipt, and the batches that may not be marked yet."""

    row: int = 0
    receipt: int = 0
    batches: tuple[Batch, ...] = ()

    def then(self, batch: Batch) -> "Before":
        """Return the same after one batch more."""
        row = max((each.id for each in batch.rows), default=self.row)
        receipt = max((each.id for each in batch.receipts), default=self.receipt)
        return Before(row, receipt, (*self.batches, batch)[-LANES:])

    def lasts(self) -> Mapping[Key, int]:
        """Return the last numbers that the tables may not say yet; later batches gave the higher ones."""
        return {key: number for batch in self.batches for key, number in batch.lasts.items()}


@dataclass(frozen=True)
class Taken:
    """A batch and its lane, and what was found out while it was read: whether more waits, whether all of it is in."""

    lane: Lane
    batch: Batch
    full: bool
    whole: bool

    def goes_on(self, until: float) -> bool:
        """Say whether this sweep takes another batch after this one."""
        return self.full and self.whole and time.monotonic() < until


class Sending:
    """The sending of one leadership; ends with the first error, and then nothing of it is held any longer."""

    def __init__(self, ways: Ways, leader: "Connection", epoch: int, pace: Pace, linger: timedelta) -> None:
        self._ways = ways
        self._leader = leader
        self._epoch = epoch
        self._pace = pace
        self._linger = linger
        self._lanes: list[Lane] = []
        # One key for all receipts of a service keeps their order: "stored" never overtakes the "parked" before it.
        self._receipt_key = uuid5(NAMESPACE_OID, ways.service)
        self._marked = 0
        self.due: datetime | None = None
        """When the statistics facts that wait have waited long enough; they go together then."""

    async def sweep(self) -> bool:
        """Send what waits, for about a second at most; return whether to look again at once.

        While a batch is written and published, the next one is read and numbered on another lane, and the one before
        is marked on a third. Batches are published one after the other, so that nothing overtakes.
        """
        until = time.monotonic() + SWEEP_SECONDS
        taken = await self._take(await self._free_lane(0), Before())
        turn, before = 0, Before()
        while taken.batch.rows or taken.batch.receipts:
            turn, before = turn + 1, before.then(taken.batch)
            reading = asyncio.create_task(self._ahead(turn, before)) if taken.goes_on(until) else None
            try:
                await self._send(taken.lane, taken.batch)
                if reading is None:
                    break
                taken = await reading
            finally:
                await _ended(reading)
        else:
            await taken.lane.leave()
        for lane in self._lanes:
            await lane.settled()
        if taken.full or not taken.whole:
            return True
        oldest = await self._leader.fetchval(_OLDEST_FACT, STATISTICS_TOPICS)
        self.due = None if oldest is None else oldest + self._linger
        return False

    async def _ahead(self, turn: int, before: "Before") -> "Taken":
        return await self._take(await self._free_lane(turn), before)

    async def _free_lane(self, turn: int) -> Lane:
        """Return the lane whose turn it is, once its last batch is marked; the others are for backlogs."""
        place = turn % LANES
        if place == len(self._lanes):
            self._lanes.append(Lane(await connect(self._ways.database_url, self._ways.service, marks_only=True)))
        await self._lanes[place].settled()
        return self._lanes[place]

    async def _take(self, lane: Lane, before: Before) -> Taken:
        # A smaller batch is mixed with all that waits too, so at least LEAST rows are read.
        most, now = self._pace.most, datetime.now(UTC)
        limit = max(LEAST, most)
        ripe = now if self.due is not None and self.due <= now else now - self._linger
        await lane.begin()
        rows = await lane.waiting(before.row, limit, self._epoch, ripe)
        receipts = await lane.receipts(before.receipt, min(LEAST, most))
        chosen = shuffled(rows)[:most]
        return Taken(
            lane,
            numbered(chosen, receipts, self._epoch, before.lasts()),
            full=len(rows) == limit or len(receipts) == min(LEAST, most),
            whole=len(chosen) == len(rows),
        )

    async def _send(self, lane: Lane, batch: Batch) -> None:
        """Note what is about to be published, publish it, and let the lane mark it while others go on."""
        noting = asyncio.gather(self._intend(batch), self._mark_beside_keys(batch))
        try:
            await asyncio.sleep(0)  # both notes are on their way while the bodies are written
            messages = await self._messages(batch)
            intention, _ = await noting
        finally:
            noting.cancel()
        async with asyncio.timeout(PUBLISH_SECONDS):
            await self._ways.publish(messages)
        self._pace.went_well(batch)
        lane.mark(batch, intention, datetime.now(UTC), clock.now())

    async def _intend(self, batch: Batch) -> int | None:
        return await intend(self._leader, batch) if batch.fresh else None

    async def _mark_beside_keys(self, batch: Batch) -> None:
        highest = max((row.id for row in batch.rows), default=0)
        if highest > self._marked:
            await self._ways.mark(self._epoch, highest)
            self._marked = highest

    async def _messages(self, batch: Batch) -> list[Outgoing]:
        messages = [Outgoing(receipt_topic(item.publisher), self._receipt_key, item.body) for item in batch.receipts]
        for begin in range(0, len(batch.rows), PIECE):
            piece = slice(begin, begin + PIECE)
            messages += [
                Outgoing(row.topic, row.subject, written(row, self._epoch if row.epoch is None else row.epoch, number))
                for row, number in zip(batch.rows[piece], batch.numbers[piece], strict=True)
            ]
            await asyncio.sleep(0)
        return messages

    async def end(self) -> None:
        """Drop every lane; what was not marked is sent again."""
        for lane in self._lanes:
            await lane.end()


async def _ended(reading: "asyncio.Task[Taken] | None") -> None:
    """End a reading ahead that is not wanted any more, and take its error, if it has one that nobody else took."""
    if reading is not None:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)


def shuffled(rows: Sequence[SomeRow]) -> list[SomeRow]:
    """Return the rows with statistics subjects in random order, so that their order links them to nobody.

    Rows of one subject keep their order; other topics keep theirs.
    """
    facts = [row for row in rows if row.topic in STATISTICS]
    if not facts:
        return list(rows)
    plain = [row for row in rows if row.topic not in STATISTICS]
    place = {subject: random.random() for subject in {row.subject for row in facts}}  # noqa: S311  not a secret
    return plain + sorted(facts, key=lambda row: (place[row.subject], row.id))
