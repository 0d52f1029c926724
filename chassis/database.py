"""One service's database: transactions under an actor, sealed columns and row-level security."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
from pydantic import BaseModel
from sqlalchemy import CursorResult, Executable, Row, TextClause, UpdateBase, text
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_dbapi
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from chassis.actor import Actor
from chassis.crypto import SubjectKeys
from chassis.driver import ENDED, Driver
from chassis.errors import Conflict, Unavailable
from chassis.tables import area_policy, column

__all__ = ["Database", "Session", "area_policy", "column", "is_world_down", "locked_key"]

Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]]
SomeModel = TypeVar("SomeModel", bound=BaseModel)
_PREPARING: ContextVar[bool] = ContextVar("preparing", default=False)

_LOCK_ALL = text("SELECT pg_advisory_xact_lock(k) FROM (SELECT unnest(CAST(:keys AS bigint[])) AS k ORDER BY k) AS s")

_ASK = text("SELECT 1")
NONE: Mapping[str, str] = {}
UNDOING_SECONDS = 2.0
"""So long a transaction that failed waits for a server to undo it; one that says nothing undoes it by itself."""

_WORLD_ERRORS = (
    Unavailable,
    OSError,
    TimeoutError,
    OperationalError,
    InterfaceError,
    PoolExhausted,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.InvalidCachedStatementError,
)
_LIBRARY_ERRORS = (
    DBAPIError,
    OSError,
    TimeoutError,
    PoolExhausted,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.PostgresError,
)
_SCHEMA_CHANGED = AsyncAdapt_asyncpg_dbapi.InvalidCachedStatementError
"""A migration changed what a prepared statement answers: once prepared anew, the same statement works."""
_WORLD_DOWN = (
    "08",  # connection exception
    "40",  # transaction rollback: deadlock, serialization failure
    "53",  # insufficient resources: too many connections, disk full
    "55P03",  # lock not available
    "57",  # operator intervention: query cancelled, shutdown, cannot connect now
    "25P03",  # idle in transaction timeout
    "25P04",  # transaction timeout
    "58",  # system error
)


class DatabaseUnavailable(Unavailable):
    """The database did not answer, or ended the connection."""

    reason = "database-unavailable"


class SessionShared(RuntimeError):
    """Two tasks used one transaction at the same time: a mistake in the code, never mended by trying again."""


class WrittenMeanwhile(Conflict):
    """A unique row was written by somebody else between reading and writing."""

    reason = "written-meanwhile"


def is_world_down(error: BaseException) -> bool:
    """Say whether an error is of the world (lost database, deadlock, timeout), so that trying again can help."""
    if isinstance(error, _WORLD_ERRORS):
        return True
    if isinstance(error, DBAPIError):
        if isinstance(error.orig, _SCHEMA_CHANGED):
            return True
        state = getattr(error.orig, "sqlstate", None) or ""
        return error.connection_invalidated or not state or state.startswith(_WORLD_DOWN)
    state = getattr(error, "sqlstate", None)
    return isinstance(state, str) and state.startswith(_WORLD_DOWN)


def locked_key(subject: UUID, space: str = "") -> int:
    """Return a subject's advisory lock key (signed 64 bit); two that share one only wait for each other."""
    return int.from_bytes(hashlib.blake2b(subject.bytes + space.encode(), digest_size=8).digest(), "big", signed=True)


class Session:
    """One transaction under one actor; nothing in it is durable until the edge leaves the `with` block."""

    def __init__(self, connection: AsyncConnection, actor: Actor, service: str, keys: SubjectKeys) -> None:
        self._connection = connection
        self._driver = Driver.beneath(connection)
        self.keys = keys
        self._busy = False
        self._later: dict[tuple[UpdateBase, tuple[str, ...]], list[Mapping[str, Any]]] = {}
        self._held: frozenset[int] = frozenset()
        self.actor = actor
        self.service = service
        self.wakes_relay = False
        self.after_commit: list[Callable[[], None]] = []

    async def execute(self, statement: Executable, parameters: Parameters | None = None) -> CursorResult[Any]:
        """Run one statement; a sequence of parameters makes it a multi-row statement.

        Raises SessionShared while another task runs one in the same transaction.
        """
        await self.flush()
        with self._alone():
            return await self._connection.execute(statement, parameters)

    async def run(self, statement: TextClause, parameters: Mapping[str, Any]) -> int:
        """Run a statement that is made once, at the top of a module, on the driver; return how many rows it touched."""
        await self._flush_for(statement)
        with self._alone():
            return await self._driver.run(statement, parameters)

    def write(self, statement: UpdateBase, row: Mapping[str, Any]) -> None:
        """Run an insert with this row at the latest before anything else is run, together with its other rows.

        The statement is made once, at the top of a module; what it refuses is raised by whatever runs next, or by the
        end of the transaction.
        """
        self._later.setdefault((statement, tuple(row)), []).append(row)

    async def flush(self) -> None:
        """Run what `write` has put off, in the order of the first rows of each statement."""
        if not self._later:
            return
        with self._alone():
            later, self._later = self._later, {}
            try:
                await self._driver.run_all([(statement, rows) for (statement, _), rows in later.items()])
            except BaseException:
                # Whoever swallows this keeps nothing: the end of the transaction comes to the same rows again.
                self._later = later | self._later
                raise

    async def _flush_for(self, statement: TextClause) -> None:
        """Run what was put off, unless the statement names none of the tables that it goes to."""
        if any(_table_of(later) in statement.text for later, _ in self._later):
            await self.flush()

    async def scalar(self, statement: Executable, parameters: Parameters | None = None) -> Any:
        """Return the first column of the first row, or None."""
        row = await self.first(statement, parameters)
        return row[0] if row is not None else None

    async def rows(self, statement: Executable, parameters: Parameters | None = None) -> Sequence[Row[Any]]:
        """Return every row; a written-out statement is run on the driver, whose rows have the same names."""
        if isinstance(statement, TextClause) and not isinstance(parameters, Sequence):
            await self._flush_for(statement)
            with self._alone():
                return await self._driver.fetch(statement, parameters or {})
        return (await self.execute(statement, parameters)).all()

    async def first(self, statement: Executable, parameters: Parameters | None = None) -> Row[Any] | None:
        """Return the first row, or None."""
        rows = await self.rows(statement, parameters)
        return rows[0] if rows else None

    async def lock(self, subject: UUID) -> None:
        """Hold the subject until the transaction ends; call before writing its state or announcing anything of it."""
        await self.lock_all((subject,))

    async def lock_all(self, subjects: Iterable[UUID]) -> None:
        """Hold several subjects, taken in one fixed order so that two batches never deadlock."""
        keys = {locked_key(subject) for subject in subjects} - self._held
        if keys:
            await self.run(_LOCK_ALL, {"keys": sorted(keys)})
            self._held |= keys

    @asynccontextmanager
    async def attempt(self) -> AsyncIterator[None]:
        """Run a part of the transaction that may fail and be undone by itself (a savepoint)."""
        await self.flush()
        held = self._held
        try:
            async with self._driver.savepoint():
                yield
                await self.flush()
        except BaseException:
            # The locks taken since the savepoint went with it, and so does what was put off.
            self._held, self._later = held, {}
            raise

    @contextmanager
    def _alone(self) -> Iterator[None]:
        if self._busy:
            message = "A transaction belongs to one task: open one for each, or await one statement after the other."
            raise SessionShared(message)
        self._busy = True
        try:
            yield
        finally:
            self._busy = False

    async def new_subject(self) -> UUID:
        """Return the id of a new subject, whose key is made already."""
        return await self.keys.new_subject()

    async def knows(self, subject: UUID) -> bool:
        """Say whether anything may be sealed here for this subject."""
        return await self.keys.knows(subject)

    async def seal(self, subject: UUID, value: str | bytes) -> bytes:
        """Seal a value under the subject's key; raises SubjectErased."""
        return await self.keys.seal(subject, value.encode() if isinstance(value, str) else value)

    async def seal_together(self, subjects: Iterable[UUID], value: str) -> bytes:
        """Seal words that speak of several subjects, so that erasing any of them destroys them; SubjectErased."""
        return await self.keys.seal_together(subjects, value.encode())

    async def unseal(self, subject: UUID, sealed: bytes) -> bytes:
        """Open a sealed value; raises SubjectErased or SealBroken."""
        return await self.keys.unseal(subject, sealed)

    async def unseal_text(self, subject: UUID, sealed: bytes) -> str:
        """Open a sealed text."""
        return (await self.unseal(subject, sealed)).decode()

    async def seal_model(self, subject: UUID, model: BaseModel) -> bytes:
        """Seal a pydantic model as JSON."""
        return await self.seal(subject, model.model_dump_json())

    async def unseal_model(self, subject: UUID, sealed: bytes, model: type[SomeModel]) -> SomeModel:
        """Open a sealed pydantic model."""
        return model.model_validate_json(await self.unseal(subject, sealed))


class Database:
    """The connection pool of one service and the only place that commits."""

    def __init__(self, url: str, service: str, keys: SubjectKeys, *, pool_size: int = 12) -> None:
        self.url = url
        self.service = service
        self.keys = keys
        self.on_commit: list[Callable[[], None]] = []
        self._is_shut = False
        self._pool_size = pool_size
        server_settings = {"application_name": service, "jit": "off", "standard_conforming_strings": "on"}
        connect_args = {"server_settings": server_settings, "command_timeout": 30}
        self._engine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=8,
            pool_recycle=1800,
            hide_parameters=True,
            connect_args=connect_args,
            isolation_level="AUTOCOMMIT",  # the driver begins and commits: chassis/driver.py
        )

    @asynccontextmanager
    async def transaction(self, actor: Actor, settings: Mapping[str, str] = NONE) -> AsyncIterator[Session]:
        """Open one transaction under an actor, commit on leaving, roll back on any error.

        `settings` of PostgreSQL hold until its end.
        Raises DatabaseUnavailable when the database cannot be reached or ends the connection.
        """
        self._check_open()
        try:
            who = {"throughline.actor": actor.id, "throughline.areas": ",".join(sorted(actor.areas))}
            async with self._begun({**who, **settings}) as connection:
                session = Session(connection, actor, self.service, self.keys)
                yield session
                await session.flush()
        except _LIBRARY_ERRORS as error:
            raise _translated(error) from error
        if session.wakes_relay:
            for wake in self.on_commit:
                wake()
        for call in session.after_commit:
            call()

    async def rows(self, statement: TextClause, parameters: Mapping[str, Any]) -> Sequence[Row[Any]]:
        """Return what one written-out statement reads, without a transaction: nothing that has areas can be seen.

        Raises DatabaseUnavailable.
        """
        self._check_open()
        try:
            async with self._connected() as (_, driver):
                try:
                    return await driver.fetch(statement, parameters)
                except (asyncio.CancelledError, TimeoutError):
                    # Its answer may still come: the next one would have to wait for it.
                    driver.end()
                    raise
        except _LIBRARY_ERRORS as error:
            raise _translated(error) from error

    @asynccontextmanager
    async def _begun(self, settings: Mapping[str, str]) -> AsyncIterator[AsyncConnection]:
        """Lend a connection in a transaction; those of the pool that the server has ended are passed over."""
        for others in reversed(range(self._pool_size + 1)):
            async with self._connected() as (connection, driver):
                try:
                    await driver.begin(settings)
                except BaseException as error:
                    # Whether the server has begun is not known: the next one could be inside a transaction of ours.
                    driver.end()
                    if others and isinstance(error, ENDED):
                        continue
                    raise
                async with _committed(driver):
                    yield connection
                return

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[tuple[AsyncConnection, Driver]]:
        """Lend a connection of the pool; one that has ended, or did not end its transaction, is thrown away."""
        async with self._engine.connect() as connection:
            driver = Driver.beneath(connection)
            if not driver.is_idle():
                await connection.invalidate()
                await connection.get_raw_connection()
                driver = Driver.beneath(connection)
            try:
                yield connection, driver
            finally:
                if not driver.is_idle():
                    await connection.invalidate()

    def shut(self) -> None:
        """Refuse everybody, as if the database were away, until `reopen`: a service that starts late is not ready."""
        self._is_shut = True

    def reopen(self) -> None:
        """Let everybody in again."""
        self._is_shut = False

    @contextmanager
    def preparing(self) -> Iterator[None]:
        """Let this task in although it is shut."""
        token = _PREPARING.set(True)
        try:
            yield
        finally:
            _PREPARING.reset(token)

    def _check_open(self) -> None:
        if self._is_shut and not _PREPARING.get():
            raise DatabaseUnavailable("The database is not ready yet; try again in a moment.")

    async def check(self) -> None:
        """Ask the database for an answer; raises DatabaseUnavailable."""
        await self.rows(_ASK, {})

    async def stop(self) -> None:
        """Close the pool."""
        await self._engine.dispose()


@asynccontextmanager
async def _committed(driver: Driver) -> AsyncIterator[None]:
    """Commit on leaving, undo on any error; a connection for which neither was done is not idle, and is thrown away."""
    try:
        yield
        await driver.commit()
    except BaseException:
        # The error itself goes on, a cancellation above all, and not what the undoing says of a lost connection.
        try:
            async with asyncio.timeout(UNDOING_SECONDS):
                await driver.roll_back()
        except _LIBRARY_ERRORS:
            driver.end()
        raise


def _table_of(statement: UpdateBase) -> str:
    table: Any = statement.table
    return str(table.name)


def _translated(error: Exception) -> Exception:
    """Return what the rest of the code should see: our own errors never quote rows or parameters."""
    if is_world_down(error):
        return DatabaseUnavailable("The database did not answer; try again in a moment.")
    if getattr(getattr(error, "orig", error), "sqlstate", "") == "23505":
        return WrittenMeanwhile("Somebody else has just written the same thing; look again.")
    return error
