"""Sessions of the public that go on while the database is away: this process remembers the ones that it has seen."""

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from chassis.errors import Unavailable
from chassis.patience import in_time
from chassis.sessions import SessionStore, SessionUnknown, StoredSession

PATIENCE_SECONDS = 2.0
AWAY_SECONDS = 2.0
"""So long nobody asks a database that has just not answered; then one request tries it for all."""
MOST_BYTES = 64 * 1024 * 1024
ROW_BYTES = 300
"""What a remembered session costs beside its data."""
Answer = TypeVar("Answer")


class ShelteredSessions:
    """A session store above another; only sessions of people who have not signed in are remembered, sealed as they are.

    A signed-in person's session may have been revoked, which only the database knows. What was written meanwhile goes
    back to the database when its session is next used.
    """

    def __init__(self, store: SessionStore, clock: Callable[[], float] = time.monotonic) -> None:
        """Keep sessions in the store; `clock` gives seconds."""
        self._store = store
        self._clock = clock
        self._seen: OrderedDict[str, StoredSession | None] = OrderedDict()
        self._bytes = 0
        self._unwritten: set[str] = set()
        self._away_until = float("-inf")

    async def read(self, key: str, now: datetime) -> StoredSession | None:
        """Return the row unless it is missing or has ended; raises SessionUnknown while nobody can say."""
        if key in self._unwritten:
            await self._write_back(key)
            return self.remembered(key, now)
        try:
            row = await self._ask(lambda: self._store.read(key, now))
        except Unavailable:
            return self.remembered(key, now)
        self._remember(key, row)
        return row

    async def write(self, key: str, row: StoredSession) -> None:
        """Insert or replace the row."""
        try:
            await self._ask(lambda: self._store.write(key, row))
        except Unavailable:
            self._put_off(key, row)
        else:
            self._unwritten.discard(key)
            self._remember(key, row)

    async def rewrite(self, key: str, row: StoredSession) -> None:
        """Replace the row unless it is gone."""
        if key in self._unwritten:
            # The row may never have been in the database.
            await self.write(key, row)
            return
        try:
            await self._ask(lambda: self._store.rewrite(key, row))
        except Unavailable:
            self._put_off(key, row)
        else:
            self._remember(key, row)

    async def touch(self, key: str, expires_at: datetime) -> None:
        """Move the end of a session that is in use; while the database is away only this process notes it."""
        try:
            await self._ask(lambda: self._store.touch(key, expires_at))
        except Unavailable:
            if key not in self._seen:
                raise
        row = self._seen.get(key)
        if row is not None:
            self._remember(key, replace(row, expires_at=expires_at))

    async def remove(self, key: str) -> None:
        """Delete the row if it is there."""
        self._forget(key)
        await self._store.remove(key)

    async def revoke(self, subject: str) -> int:
        """Delete every session of a signed-in person, of which nothing is remembered here."""
        return await self._store.revoke(subject)

    def expect(self, key: str) -> None:
        """Note that a cookie goes out under which there is no row yet."""
        self._remember(key, None)

    def remembered(self, key: str, now: datetime) -> StoredSession | None:
        """Return the row as this process remembers it, without asking; raises SessionUnknown where it does not."""
        if key not in self._seen:
            raise SessionUnknown(
                "What you have typed before cannot be found at the moment: try again in a few minutes."
            )
        row = self._seen[key]
        return row if row is not None and row.expires_at > now else None

    async def _write_back(self, key: str) -> None:
        row = self._seen.get(key)
        try:
            if row is not None:
                await self._ask(lambda: self._store.write(key, row))
        except Unavailable:
            return
        self._unwritten.discard(key)

    async def _ask(self, work: Callable[[], Awaitable[Answer]]) -> Answer:
        if self._clock() < self._away_until:
            raise SessionUnknown("The database is away: try again in a moment.")
        try:
            return await in_time(work, PATIENCE_SECONDS)
        except Unavailable:
            self._away_until = self._clock() + AWAY_SECONDS
            raise

    def _put_off(self, key: str, row: StoredSession) -> None:
        """Keep what could not be written; only a session of the public, which this process knows."""
        if row.subject:
            raise SessionUnknown("The database is away: try again in a moment.")
        self._remember(key, row)
        self._unwritten.add(key)

    def _remember(self, key: str, row: StoredSession | None) -> None:
        self._forget(key, written=False)
        if row is not None and row.subject:
            return
        self._seen[key] = row
        self._bytes += _size(row)
        while self._bytes > MOST_BYTES:
            self._forget(self._spare(key))

    def _spare(self, newest: str) -> str:
        """Return what to forget: the oldest that nobody typed in or that the database has, then the oldest of all."""
        spare = (each for each in self._seen if each not in self._unwritten and each != newest)
        return next(spare, next(iter(self._seen)))

    def _forget(self, key: str, *, written: bool = True) -> None:
        if key in self._seen:
            self._bytes -= _size(self._seen.pop(key))
        if written:
            self._unwritten.discard(key)


def _size(row: StoredSession | None) -> int:
    return ROW_BYTES + (len(row.data) if row else 0)
