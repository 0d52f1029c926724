"""A lane: one connection on which the relay holds a batch from reading it until it is marked as published."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

import asyncpg

from chassis.crypto import plain_url
from chassis.driver import ROW_BY_ROW
from contracts.catalogue import TOPICS

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

Key = tuple[str, UUID]
"""A topic and a subject: what numbers are counted by."""

SETTINGS = {
    "jit": "off",
    "statement_timeout": "20s",
    "transaction_timeout": "150s",
    # A lane that has read ahead waits for two batches to be published: the one before it and its own.
    "idle_in_transaction_session_timeout": "120s",
    **ROW_BY_ROW,
}
UNHURRIED = {"synchronous_commit": "off"}
"""For marks only: one that a crash takes back is made again, after a repeat that every inbox knows."""

LANES_LOCK = 7302
"""Each lane shares it for as long as it holds a batch."""

STATISTICS_TOPICS = sorted(topic.name for topic in TOPICS if topic.statistics)

# The purge may take a row and leave an older one, so the last number is the greater of what stands in both tables.
_WAITING = """
    SELECT o.id, o.event_id, o.type, o.topic, o.area, o.area_version, o.subject, o.epoch, o.sequence,
           o.correlation_id, o.causation_id, o.traceparent, o.key_id, o.sealed,
           CASE WHEN o.sequence IS NULL THEN greatest(
               (SELECT n.sequence FROM outbox n
                WHERE n.subject = o.subject AND n.topic = o.topic AND n.epoch = $3 AND n.sequence IS NOT NULL
                ORDER BY n.sequence DESC LIMIT 1),
               (SELECT p.sequence FROM outbox_position p
                WHERE p.topic = o.topic AND p.subject = o.subject AND p.epoch = $3)) END
    FROM outbox o
    WHERE o.published_at IS NULL AND o.id > $1 AND (o.topic <> ALL ($4::text[]) OR o.recorded_at <= $5)
    ORDER BY o.id LIMIT $2 FOR UPDATE OF o
"""
_RECEIPTS = """
    SELECT id, publisher, body, lasting FROM receipt_out
    WHERE published_at IS NULL AND id > $1 ORDER BY id LIMIT $2
"""
_INTEND = "INSERT INTO outbox_intent (epoch, ids, sequences) VALUES ($1, $2, $3) RETURNING id"
# The place of an id in the sorted array is the place of its number in the other one: no join whose order the planner
# could turn round.
_MARK = """
    WITH marked AS (
        UPDATE outbox SET epoch = coalesce(epoch, $3), published_at = $4,
            sequence = coalesce(sequence, ($2::bigint[])[width_bucket(id, $1::bigint[])])
        WHERE id = ANY ($1::bigint[])),
    done AS (DELETE FROM outbox_intent WHERE id = $5)
    UPDATE dispatch SET published_at = $6 WHERE event_id = ANY ($7::uuid[]) AND published_at IS NULL
"""
_PASSING = "DELETE FROM receipt_out WHERE id = ANY ($1::bigint[])"
_LASTING = "UPDATE receipt_out SET published_at = $2 WHERE id = ANY ($1::bigint[])"
_INTENDED = "SELECT id, epoch, ids, sequences FROM outbox_intent ORDER BY id"
_DONE = "DELETE FROM outbox_intent WHERE id = $1"
_RECOVER = """
    UPDATE outbox SET epoch = $3, sequence = ($2::bigint[])[width_bucket(id, $1::bigint[])]
    WHERE id = ANY ($1::bigint[]) AND sequence IS NULL
"""


class Waiting(NamedTuple):
    """An outbox row that waits for the bus; `last` is the number given last for its topic and subject, if any."""

    id: int
    event_id: UUID
    type: str
    topic: str
    area: str
    area_version: str
    subject: UUID
    epoch: int | None
    sequence: int | None
    correlation_id: UUID | None
    causation_id: UUID | None
    traceparent: str
    key_id: str
    sealed: bytes
    last: int | None


class WaitingReceipt(NamedTuple):
    """A message to a publisher that waits for the bus; a lasting one is kept once it is sent."""

    id: int
    publisher: str
    body: bytes
    lasting: bool


@dataclass(frozen=True)
class Batch:
    """Rows that are sent together, with their numbers in the same order.

    `fresh` are the outbox ids that had none until now, `lasts` is the highest number of each of their topics and
    subjects.
    """

    epoch: int
    rows: Sequence[Waiting] = ()
    numbers: Sequence[int] = ()
    fresh: Mapping[int, int] = field(default_factory=dict)
    lasts: Mapping[Key, int] = field(default_factory=dict)
    receipts: Sequence[WaitingReceipt] = ()


def numbered(
    rows: Sequence[Waiting], receipts: Sequence[WaitingReceipt], epoch: int, lasts: Mapping[Key, int]
) -> Batch:
    """Give the rows that have no number the next ones of their topic and subject, in the order of their ids.

    `lasts` are the numbers of the batch before, which may be on its way still, so that its rows do not say them yet.
    """
    numbers, fresh, new = [], {}, dict[Key, int]()
    for row in rows:
        number = row.sequence
        if number is None:
            key = (row.topic, row.subject)
            last = new.get(key)
            number = 1 + (last if last is not None else max(lasts.get(key, 0), row.last or 0))
            fresh[row.id] = new[key] = number
        numbers.append(number)
    return Batch(epoch, rows, numbers, fresh, new, receipts)


async def connect(url: str, service: str, *, marks_only: bool = False) -> "Connection":
    """Return a connection of its own to a service's database; the caller ends it."""
    settings = {"application_name": f"{service} relay", **SETTINGS, **(UNHURRIED if marks_only else {})}
    return await asyncpg.connect(plain_url(url), command_timeout=30, server_settings=settings)


async def recover(leader: "Connection") -> None:
    """Give the rows of every intention that an earlier leader left the numbers that it may have published them under.

    Waits for a lane of that leader that still holds them.
    """
    for intention, epoch, ids, sequences in await leader.fetch(_INTENDED):
        # The rows first and the intention last, as a lane does it: the two never wait for each other.
        await leader.execute(_RECOVER, ids, sequences, epoch)
        await leader.execute(_DONE, intention)


async def no_lane_left(leader: "Connection") -> None:
    """Wait until no lane of an earlier leader holds a batch: its mark may come however long that leader is gone."""
    await leader.execute("SELECT pg_advisory_xact_lock($1)", LANES_LOCK)


async def intend(leader: "Connection", batch: Batch) -> int:
    """Write down, durably, which numbers are about to be published; return the id of the intention.

    Goes over the connection that holds the leader's lock: whoever has lost that can give no numbers.
    """
    ids = sorted(batch.fresh)
    return int(await leader.fetchval(_INTEND, batch.epoch, ids, [batch.fresh[each] for each in ids]))


class Lane:
    """Reads a batch and locks its rows, and lets go of them with the mark: an erasure waits for both."""

    def __init__(self, connection: "Connection") -> None:
        self._connection = connection
        self._marking: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """Begin the transaction that holds the next batch."""
        await self._connection.execute(f"BEGIN; SELECT pg_advisory_xact_lock_shared({LANES_LOCK})")

    async def waiting(self, after: int, most: int, epoch: int, ripe: datetime) -> list[Waiting]:
        """Return the next rows that wait for the bus, in the order of their ids, and hold them.

        Statistics facts come only when they were recorded at `ripe` or before.
        """
        found = await self._connection.fetch(_WAITING, after, most, epoch, STATISTICS_TOPICS, ripe)
        return [Waiting(*record) for record in found]

    async def receipts(self, after: int, most: int) -> list[WaitingReceipt]:
        """Return the next receipts that wait for the bus, in the order of their writing."""
        return [WaitingReceipt(*record) for record in await self._connection.fetch(_RECEIPTS, after, most)]

    async def leave(self) -> None:
        """Let go of everything unchanged."""
        await self._connection.execute("ROLLBACK")

    def mark(self, batch: Batch, intention: int | None, machine_now: datetime, now: datetime) -> None:
        """Begin to note that the batch is on the bus and let go of it then; `settled` says when that is done.

        The outbox notes machine time, the dispatch rows business time.
        """
        self._marking = asyncio.create_task(self._mark(batch, intention, machine_now, now))

    async def settled(self) -> None:
        """Wait until the batch before is marked; raises what went wrong there."""
        if self._marking is not None:
            marking, self._marking = self._marking, None
            await marking

    async def _mark(self, batch: Batch, intention: int | None, machine_now: datetime, now: datetime) -> None:
        if batch.rows:
            numbers = dict(sorted(zip((row.id for row in batch.rows), batch.numbers, strict=True)))
            await self._connection.execute(
                _MARK,
                list(numbers),
                list(numbers.values()),
                batch.epoch,
                machine_now,
                intention,
                now,
                [row.event_id for row in batch.rows],
            )
        passing, lasting = ([item.id for item in batch.receipts if item.lasting is kept] for kept in (False, True))
        if passing:
            await self._connection.execute(_PASSING, passing)
        if lasting:
            await self._connection.execute(_LASTING, lasting, machine_now)
        await self._connection.execute("COMMIT")

    async def end(self) -> None:
        """Drop the connection: the server undoes what was not committed and lets go of the rows."""
        self._connection.terminate()
        if self._marking is not None:
            self._marking.cancel()
            await asyncio.gather(self._marking, return_exceptions=True)
