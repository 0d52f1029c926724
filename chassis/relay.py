"""The relay: the one active sender of a service, which numbers committed outbox rows and publishes them in batches."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from chassis import telemetry
from chassis.crypto import SubjectKeys
from chassis.database import Database, is_world_down
from chassis.lane import connect, no_lane_left, recover
from chassis.sending import Pace, Sending, Ways
from chassis.transports import Transport

if TYPE_CHECKING:
    from chassis.lane import Connection

POLL_SECONDS = 1.0
BACKOFF_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
LEADER_LOCK = 7301
LONGEST_WAIT_SECONDS = 2.0
"""So long at most what was committed waits for a crowd at the door."""
CHUNK = 5000
"""So many rows are taken back in one transaction when there is a new bus."""

log = telemetry.logger(__name__)

_WINDOW_AGAIN = """
    WITH chunk AS (
        SELECT o.id, o.published_at IS NOT NULL AND (o.recorded_at > $2 OR EXISTS (
                   SELECT 1 FROM dispatch d WHERE d.event_id = o.event_id
                   AND d.stored_at IS NULL AND d.erased_at IS NULL AND d.waived_at IS NULL)) AS wanted
        FROM outbox o WHERE o.id > $1 ORDER BY o.id LIMIT $3),
    again AS (UPDATE outbox o SET published_at = NULL FROM chunk c WHERE o.id = c.id AND c.wanted)
    SELECT max(id) FROM chunk
"""


class Relay:
    """Sends what the outbox holds; only the holder of the leader lock numbers, so numbers never have gaps."""

    def __init__(
        self, database: Database, transport: Transport, keys: SubjectKeys, *, window: timedelta, linger: float
    ) -> None:
        self._database = database
        self._transport = transport
        self._keys = keys
        self._window = window
        self._linger = timedelta(seconds=linger)
        self._woken = asyncio.Event()
        self._failures = 0
        self._pace = Pace()
        self._recognised = 0.0
        self.leading = False
        self.crowded_until = 0.0
        """Until when, by the monotonic clock, work behind the doors of this process gives way."""

    def wake(self) -> None:
        """Say that something has been committed; called by the database in this process."""
        self._woken.set()

    def give_way(self, seconds: float) -> None:
        """Wait before the next sweep: who still stands at a door goes first, and what is sent later goes together."""
        self.crowded_until = max(self.crowded_until, time.monotonic() + seconds)

    async def run(self) -> None:
        """Lead whenever leadership is free, through every outage, until cancelled."""
        while True:
            try:
                async with self._connected() as connection:
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
            self._pace.failed()

    @contextlib.asynccontextmanager
    async def _connected(self) -> AsyncIterator["Connection"]:
        """Yield a connection that is never pooled: its end is the end of the leader's lock."""
        connection = await connect(self._database.url, self._database.service)
        try:
            yield connection
        finally:
            connection.terminate()

    async def _lead(self, connection: "Connection") -> None:
        while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", LEADER_LOCK):  # noqa: ASYNC110
            await asyncio.sleep(POLL_SECONDS)  # the leader may be in another process: no event tells
        epoch = await self._begin(connection)
        await recover(connection)
        self.leading = True
        ways = Ways(self._database.service, self._database.url, self._transport.publish, self._keys.mark)
        sending = Sending(ways, connection, epoch, self._pace, self._linger)
        await self._recognise_bus(connection)
        try:
            while True:
                self._woken.clear()
                more = await sending.sweep()
                self._failures = 0
                if not more:
                    await self._rest(sending.due)
                await self._lull()
                # By the clock and not when idle: a bus that was wiped under load would else wait for the load to end.
                if time.monotonic() - self._recognised > POLL_SECONDS:
                    await self._recognise_bus(connection)
        finally:
            await sending.end()

    async def _rest(self, due: datetime | None) -> None:
        """Wait until something is committed, or until the statistics facts that wait are due."""
        seconds = POLL_SECONDS
        if due is not None:
            seconds = max(0.0, min(seconds, (due - datetime.now(UTC)).total_seconds()))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()

    async def _lull(self) -> None:
        """Wait until the crowd at the door has gone, but never long."""
        until = time.monotonic() + LONGEST_WAIT_SECONDS
        while (left := min(until, self.crowded_until) - time.monotonic()) > 0:  # noqa: ASYNC110  each mail moves it
            await asyncio.sleep(left)

    async def recognise_restore(self) -> int:
        """Return the epoch in force, a new one after a restore; called before any door opens."""
        async with self._connected() as connection:
            return await self._begin(connection)

    async def _begin(self, connection: "Connection") -> int:
        """Return the epoch to number in; a database that was restored to an earlier state begins a new one."""
        epoch = int(await connection.fetchval("SELECT epoch FROM service_state"))
        last = int(await connection.fetchval("SELECT last_value FROM outbox_id_seq"))
        marked_epoch, marked_last = await self._keys.marked()
        if marked_epoch > epoch or (marked_epoch == epoch and marked_last > last):
            epoch = marked_epoch + 1
            await connection.execute("UPDATE service_state SET epoch = $1", epoch)
            log.warning(
                "The database was restored to an earlier state; a new epoch begins.", extra={"facts": {"epoch": epoch}}
            )
        return epoch

    async def _recognise_bus(self, connection: "Connection") -> None:
        """Publish the window, and what a recipient lacks however old, again when this is another bus than last time."""
        self._recognised = time.monotonic()
        identity = await self._transport.identity()
        known = await connection.fetchval("SELECT bus_id FROM service_state")
        if known == identity:
            return
        # Marked after the window is taken back, what is not on this bus would pass for sent.
        await no_lane_left(connection)
        # The bus is known last: whatever ends this in between, it is begun again.
        oldest, after = datetime.now(UTC) - self._window, 0
        while after is not None:
            after = await connection.fetchval(_WINDOW_AGAIN, after, oldest, CHUNK)
        await connection.execute("UPDATE receipt_out SET published_at = NULL WHERE published_at IS NOT NULL")
        await connection.execute("UPDATE service_state SET bus_id = $1", identity)
        if known is not None:
            log.warning("A new bus; the outbox sends its window again.", extra={"facts": {"bus_id": identity}})
