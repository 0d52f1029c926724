"""The relay: the one active sender of a service, which numbers committed outbox rows and publishes them in batches."""

import asyncio
import contextlib
import random
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from sqlalchemy import Row, bindparam, delete, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis import clock, tables, telemetry
from chassis.crypto import SubjectKeys
from chassis.database import Database, is_world_down
from chassis.outbox import STATISTICS
from chassis.transports import Outgoing, Transport
from chassis.wire import encode
from contracts.catalogue import receipt_topic
from contracts.envelope import Envelope

BATCH = 500
POLL_SECONDS = 1.0
BACKOFF_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
PUBLISH_SECONDS = 30.0
"""A batch that takes longer is given up and tried again smaller; the limits of the relay's own session lie above it."""
LEADER_LOCK = 7301

log = telemetry.logger(__name__)

NUMBER = text(
    """
    WITH picked AS (
        SELECT id, topic, subject,
               row_number() OVER (PARTITION BY topic, subject ORDER BY id) AS nth,
               count(*) OVER (PARTITION BY topic, subject) AS many
        FROM (SELECT id, topic, subject FROM outbox WHERE sequence IS NULL ORDER BY id LIMIT :batch) AS waiting
    ),
    moved AS (
        INSERT INTO outbox_position AS p (topic, subject, epoch, sequence)
        SELECT topic, subject, :epoch, max(many) FROM picked GROUP BY topic, subject
        ON CONFLICT (topic, subject) DO UPDATE
            SET sequence = CASE WHEN p.epoch = :epoch THEN p.sequence ELSE 0 END + excluded.sequence, epoch = :epoch
        RETURNING topic, subject, sequence
    )
    UPDATE outbox o SET epoch = :epoch, sequence = m.sequence - p.many + p.nth
    FROM picked p JOIN moved m ON m.topic = p.topic AND m.subject = p.subject
    WHERE o.id = p.id
    """
)
_UNPUBLISHED = (
    select(tables.outbox)
    .where(
        tables.outbox.c.published_at.is_(None),
        tables.outbox.c.sequence.is_not(None),
        tables.outbox.c.topic.not_in(STATISTICS) | (tables.outbox.c.recorded_at <= bindparam("ripe")),
    )
    .order_by(tables.outbox.c.id)
    .limit(BATCH)
    .with_for_update(skip_locked=True)
)
_MARK_OUTBOX = (
    update(tables.outbox)
    .where(tables.outbox.c.id == text("ANY(CAST(:ids AS bigint[]))"))
    .values(published_at=bindparam("now"))
)
_MARK_DISPATCH = (
    update(tables.dispatch)
    .where(
        tables.dispatch.c.event_id == text("ANY(CAST(:event_ids AS uuid[]))"),
        tables.dispatch.c.published_at.is_(None),
    )
    .values(published_at=bindparam("moment"))
)
_RECEIPTS = (
    select(tables.receipt_out)
    .where(tables.receipt_out.c.published_at.is_(None))
    .order_by(tables.receipt_out.c.id)
    .limit(bindparam("most"))
)
_LIMITS = text(
    "SELECT set_config('statement_timeout', '20s', false), set_config('transaction_timeout', '150s', false), "
    "set_config('idle_in_transaction_session_timeout', '60s', false)"
)
_WINDOW_AGAIN = text(
    """UPDATE outbox o SET published_at = NULL
       WHERE o.published_at IS NOT NULL
         AND (o.recorded_at > :oldest
              OR EXISTS (SELECT 1 FROM dispatch d WHERE d.event_id = o.event_id
                         AND d.stored_at IS NULL AND d.erased_at IS NULL AND d.waived_at IS NULL))"""
)


class Relay:
    """Sends what the outbox holds; only the holder of the leader lock numbers, so numbers never have gaps."""

    def __init__(
        self, database: Database, transport: Transport, keys: SubjectKeys, *, window: timedelta, linger: float
    ) -> None:
        self._database = database
        self._transport = transport
        self._keys = keys
        self._window = window
        self._linger = linger
        self._woken = asyncio.Event()
        self._ripening = False
        self._failures = 0
        self._most = BATCH
        self._recognised = 0.0
        # One key for all receipts of a service keeps their order: "stored" never overtakes the "parked" before it.
        self._receipt_key = uuid5(NAMESPACE_OID, database.service)
        self.leading = False

    def wake(self) -> None:
        """Say that something has been committed; called by the database in this process."""
        self._woken.set()

    async def run(self) -> None:
        """Lead whenever leadership is free, through every outage, until cancelled."""
        while True:
            try:
                async with self._database.connect() as connection:
                    await self._lead(connection)
            except Exception as error:
                # It must never end: what was accepted waits in the outbox, and the doors stay open meanwhile.
                if is_world_down(error):
                    log.warning("The relay waits for the world.", extra={"facts": {"error": type(error).__name__}})
                else:
                    log.exception("The relay failed and starts again.")
            finally:
                self.leading = False
            await asyncio.sleep(BACKOFF_SECONDS[min(self._failures, len(BACKOFF_SECONDS) - 1)])
            self._failures += 1
            # A slow bus gets through a small batch in time where a large one would be begun again for ever.
            self._most = max(1, self._most // 4)

    async def _lead(self, connection: AsyncConnection) -> None:
        while not await self._elected(connection):  # noqa: ASYNC110  another process holds the lock: no event tells
            await asyncio.sleep(POLL_SECONDS)  # the leader may be in another process
        epoch = await self._begin(connection)
        self.leading = True
        await self._recognise_bus(connection)
        while True:
            self._woken.clear()
            sent = await self._send_events(connection, epoch) + await self._send_receipts(connection)
            self._failures = 0
            self._most = min(BATCH, self._most * 2)
            if not sent:
                await self._rest()
            # By the clock and not when idle: a bus that was wiped under load would else wait for the load to end.
            if time.monotonic() - self._recognised > POLL_SECONDS:
                await self._recognise_bus(connection)

    async def _rest(self) -> None:
        """Wait until something is committed, or until the statistics facts that were numbered last are ripe."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._linger if self._ripening else POLL_SECONDS):
                await self._woken.wait()
        self._ripening = False

    async def _elected(self, connection: AsyncConnection) -> bool:
        won = bool((await connection.execute(text("SELECT pg_try_advisory_lock(:k)"), {"k": LEADER_LOCK})).scalar())
        await connection.execute(_LIMITS)
        await connection.commit()
        return won

    async def recognise_restore(self) -> int:
        """Return the epoch in force, a new one after a restore; called before any door opens."""
        async with self._database.connect() as connection:
            return await self._begin(connection)

    async def _begin(self, connection: AsyncConnection) -> int:
        """Return the epoch to number in; a database that was restored to an earlier state begins a new one."""
        epoch = int((await connection.execute(text("SELECT epoch FROM service_state"))).scalar_one())
        last = int((await connection.execute(text("SELECT last_value FROM outbox_id_seq"))).scalar_one())
        marked_epoch, marked_last = await self._keys.marked()
        if marked_epoch > epoch or (marked_epoch == epoch and marked_last > last):
            epoch = marked_epoch + 1
            await connection.execute(text("UPDATE service_state SET epoch = :epoch"), {"epoch": epoch})
            log.warning(
                "The database was restored to an earlier state; a new epoch begins.", extra={"facts": {"epoch": epoch}}
            )
        await connection.commit()
        return epoch

    async def _recognise_bus(self, connection: AsyncConnection) -> None:
        """Publish the window, and what a recipient lacks however old, again when this is another bus than last time."""
        self._recognised = time.monotonic()
        identity = await self._transport.identity()
        known = (await connection.execute(text("SELECT bus_id FROM service_state"))).scalar()
        if known != identity:
            await connection.execute(_WINDOW_AGAIN, {"oldest": datetime.now(UTC) - self._window})
            await connection.execute(update(tables.receipt_out).values(published_at=None))
            await connection.execute(text("UPDATE service_state SET bus_id = :id"), {"id": identity})
            if known is not None:
                log.warning("A new bus; the outbox sends its window again.", extra={"facts": {"bus_id": identity}})
        await connection.commit()

    async def _send_events(self, connection: AsyncConnection, epoch: int) -> int:
        numbered = await connection.execute(NUMBER, {"batch": BATCH, "epoch": epoch})
        await connection.commit()
        self._ripening = self._ripening or bool(numbered.rowcount)
        # The rows stay locked until they are marked: an erasure waits, and then empties on the bus what was sent.
        ripe = datetime.now(UTC) - timedelta(seconds=self._linger)
        rows = (await connection.execute(_UNPUBLISHED, {"ripe": ripe})).all()
        if not rows:
            await connection.commit()
            return 0
        rows = shuffled(rows)[: self._most]  # a smaller batch is mixed with all that waits too
        await self._keys.mark(epoch, max(row.id for row in rows))
        await self._publish([Outgoing(row.topic, row.subject, encode(envelope_of(row))) for row in rows])
        await connection.execute(_MARK_OUTBOX, {"ids": [row.id for row in rows], "now": datetime.now(UTC)})
        await connection.execute(_MARK_DISPATCH, {"event_ids": [row.event_id for row in rows], "moment": clock.now()})
        await connection.commit()
        return len(rows)

    async def _send_receipts(self, connection: AsyncConnection) -> int:
        rows = (await connection.execute(_RECEIPTS, {"most": self._most})).all()
        await connection.commit()
        if not rows:
            return 0
        await self._publish([Outgoing(receipt_topic(row.publisher), self._receipt_key, row.body) for row in rows])
        sent = tables.receipt_out.c.id
        passing, lasting = ([row.id for row in rows if row.lasting is kept] for kept in (False, True))
        if passing:
            await connection.execute(delete(tables.receipt_out).where(sent.in_(passing)))
        if lasting:
            now = datetime.now(UTC)
            await connection.execute(update(tables.receipt_out).where(sent.in_(lasting)).values(published_at=now))
        await connection.commit()
        return len(rows)

    async def _publish(self, messages: Sequence[Outgoing]) -> None:
        async with asyncio.timeout(PUBLISH_SECONDS):
            await self._transport.publish(messages)


def shuffled(rows: Sequence[Row[Any]]) -> list[Row[Any]]:
    """Return the rows with statistics subjects in random order, so that their order links them to nobody.

    Rows of one subject keep their order; other topics keep theirs.
    """
    plain = [row for row in rows if row.topic not in STATISTICS]
    facts = [row for row in rows if row.topic in STATISTICS]
    place = {subject: random.random() for subject in {row.subject for row in facts}}  # noqa: S311  not a secret
    return plain + sorted(facts, key=lambda row: (place[row.subject], row.id))


def envelope_of(row: Row[Any]) -> Envelope:
    """Return an outbox row that has its number as it goes on the bus."""
    return Envelope(
        event_id=row.event_id,
        type=row.type,
        topic=row.topic,
        area=row.area,
        area_version=row.area_version,
        subject=row.subject,
        epoch=row.epoch,
        sequence=row.sequence,
        correlation_id=row.correlation_id,
        causation_id=row.causation_id,
        traceparent=row.traceparent,
        key_id=row.key_id,
        sealed=row.sealed,
    )
