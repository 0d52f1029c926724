"""Sessions in the service's own database."""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from chassis.actor import Actor
from chassis.database import Database
from chassis.sessions import WHO_UNKNOWN, SessionUnknown, StoredSession
from chassis.tables import web_session

KEEPER = Actor.service("sessions")


class DatabaseSessions:
    """The session store of a running service; each call is a transaction of its own, apart from the page's."""

    def __init__(self, database: Database) -> None:
        """Keep the rows in web_session."""
        self._database = database

    async def read(self, key: str, now: datetime) -> StoredSession | None:
        """Return the row unless it is missing or has ended."""
        wanted = select(web_session).where(web_session.c.id == key, web_session.c.expires_at > now)
        async with self._database.transaction(KEEPER) as session:
            row = await session.first(wanted)
        return StoredSession(row.data, row.expires_at, row.subject) if row else None

    async def write(self, key: str, row: StoredSession) -> None:
        """Insert or replace the row."""
        kept = asdict(row)
        statement = insert(web_session).values(id=key, **kept).on_conflict_do_update(index_elements=["id"], set_=kept)
        async with self._database.transaction(KEEPER) as session:
            await session.execute(statement)

    async def rewrite(self, key: str, row: StoredSession) -> None:
        """Replace the row unless it is gone."""
        async with self._database.transaction(KEEPER) as session:
            await session.execute(update(web_session).where(web_session.c.id == key).values(asdict(row)))

    async def touch(self, key: str, expires_at: datetime) -> None:
        """Move the end of a session that is in use, leaving its data alone."""
        async with self._database.transaction(KEEPER) as session:
            await session.execute(update(web_session).where(web_session.c.id == key).values(expires_at=expires_at))

    async def remove(self, key: str) -> None:
        """Delete the row if it is there."""
        async with self._database.transaction(KEEPER) as session:
            await session.execute(delete(web_session).where(web_session.c.id == key))

    def expect(self, key: str) -> None:
        """Nothing to do: what has no row is not there."""

    def remembered(self, key: str, now: datetime) -> StoredSession | None:  # noqa: ARG002  it has no memory of its own
        """Nothing is known without asking."""
        raise SessionUnknown(WHO_UNKNOWN)

    async def revoke(self, subject: str) -> int:
        """Delete every session of a signed-in person; return how many there were."""
        async with self._database.transaction(KEEPER) as session:
            return (await session.execute(delete(web_session).where(web_session.c.subject == subject))).rowcount
