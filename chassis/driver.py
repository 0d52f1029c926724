"""Transactions and statements on the PostgreSQL driver itself, without what SQLAlchemy does anew at each of them."""

import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import asyncpg
from sqlalchemy import ClauseElement
from sqlalchemy.dialects.postgresql import asyncpg as asyncpg_dialect
from sqlalchemy.ext.asyncio import AsyncConnection

FEW = 16
"""So many rows at most go in one statement; more are cheaper by statement."""

Values = Mapping[str, Any]
_PLACE = re.compile(r"\$(\d+)")
_DIALECT = asyncpg_dialect.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy types no dialect's constructor

ROW_BY_ROW = {
    "plan_cache_mode": "force_custom_plan",
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}
"""Settings for statements that touch few rows of tables that grow fast, by an index.

Statistics of a queue are always wrong: it was empty when they were taken, or full. Each such statement has one good
plan, row by row; the others are forbidden. Each execution is planned for its own number of rows: a plan kept from when
the tables were empty would walk through all of them.
"""

ENDED = (
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    ConnectionError,
)
"""What a connection says that the server has ended; one that is silent says nothing of the kind."""


class Record(asyncpg.Record):
    """A row whose columns are attributes too, as SQLAlchemy's rows have them."""

    def __getattr__(self, name: str) -> Any:
        """Return a column; raises AttributeError."""
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


@dataclass(frozen=True)
class Compiled:
    """A statement as the driver takes it: its text, and what becomes of each value in the order of its place."""

    sql: str
    places: tuple[tuple[str, Callable[[Any], Any] | None], ...]

    def arguments(self, values: Values) -> list[Any]:
        """Return the values in their places."""
        return [turn(values[name]) if turn else values[name] for name, turn in self.places]


@lru_cache(maxsize=500)
def compiled(statement: ClauseElement, names: tuple[str, ...]) -> Compiled:
    """Compile a statement that is made once (at the top of a module), for values of these names."""
    made: Any = statement.compile(dialect=_DIALECT, column_keys=list(names), for_executemany=True)
    turns = made._bind_processors  # noqa: SLF001  what SQLAlchemy itself does to each value
    return Compiled(str(made), tuple((name, turns.get(name)) for name in made.positiontup or ()))


Part = tuple[ClauseElement, tuple[str, ...], int]
"""An insert, the names of its values, and with how many rows it is to be run."""


@lru_cache(maxsize=200)
def joined(parts: tuple[Part, ...]) -> str | None:
    """Return several inserts as one statement, None where they do not fit into one.

    Each round trip costs more than the rows that it carries; but two updates of one row cannot be in one statement.
    """
    inserts, taken = [], 0
    for number, (statement, names, count) in enumerate(parts):
        this = compiled(statement, names)
        head, found, rest = this.sql.partition(" VALUES (")
        values, _, conflict = rest.partition(" ON CONFLICT ")
        if not found or "DO UPDATE" in conflict or "RETURNING" in rest:
            return None
        width = len(this.places)
        rows = ", ".join(_shifted(f"({values}", taken + row * width) for row in range(count))
        inserts.append(f"i{number} AS ({head} VALUES {rows}{f' ON CONFLICT {conflict}' if conflict else ''})")
        taken += width * count
    return f"WITH {', '.join(inserts)} SELECT"


def _shifted(values: str, by: int) -> str:
    return _PLACE.sub(lambda place: f"${int(place[1]) + by}", values)


class CommitRefused(RuntimeError):
    """A transaction went on after one of its statements had failed: a mistake in the code; nothing was kept."""


class Driver:
    """The driver's connection beneath one of SQLAlchemy's pool, which begins and ends nothing by itself."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self._connection = connection

    async def begin(self, settings: Mapping[str, str]) -> None:
        """Begin a transaction with these settings in force until its end."""
        chosen = ", ".join(f"set_config({_quoted(name)}, {_quoted(value)}, true)" for name, value in settings.items())
        await self._connection.execute(f"BEGIN; SELECT {chosen}")

    async def commit(self) -> None:
        """Commit; raises CommitRefused where the error of a statement was swallowed."""
        if await self._connection.execute("COMMIT") != "COMMIT":
            message = "A statement of this transaction had failed, so nothing of it was kept: let the error through."
            raise CommitRefused(message)

    async def roll_back(self) -> None:
        """Undo the transaction, if there is one and the connection lives."""
        if self._connection.is_in_transaction() and not self._connection.is_closed():
            await self._connection.execute("ROLLBACK")

    def end(self) -> None:
        """Drop the connection; the server undoes what was not committed."""
        self._connection.terminate()

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """Undo on any error what was done inside, and only that."""
        await self._connection.execute("SAVEPOINT attempt")
        try:
            yield
        except BaseException:
            await self._connection.execute("ROLLBACK TO SAVEPOINT attempt; RELEASE SAVEPOINT attempt")
            raise
        await self._connection.execute("RELEASE SAVEPOINT attempt")

    @classmethod
    def beneath(cls, connection: AsyncConnection) -> "Driver":
        """Return the driver beneath an open connection of SQLAlchemy's pool."""
        held: Any = connection.sync_connection
        return cls(held.connection.driver_connection)

    def is_idle(self) -> bool:
        """Say whether the connection is alive and between transactions, so that it may go back to the pool."""
        return not self._connection.is_closed() and not self._connection.is_in_transaction()

    async def fetch(self, statement: ClauseElement, values: Values) -> Sequence[Any]:
        """Run a statement and return its rows."""
        this = compiled(statement, tuple(values))
        return await self._connection.fetch(this.sql, *this.arguments(values), record_class=Record)

    async def run(self, statement: ClauseElement, values: Values) -> int:
        """Run a statement and return how many rows it touched."""
        this = compiled(statement, tuple(values))
        done = await self._connection.execute(this.sql, *this.arguments(values))
        return int(done.rpartition(" ")[2])

    async def run_all(self, parts: Sequence[tuple[ClauseElement, Sequence[Values]]]) -> None:
        """Run each statement with each of its rows, which have the same names; few inserts go in one round trip."""
        if len(parts) > 1 and sum(len(rows) for _, rows in parts) <= FEW:
            sql = joined(tuple((statement, tuple(rows[0]), len(rows)) for statement, rows in parts))
            if sql is not None:
                kept = [(compiled(statement, tuple(rows[0])), rows) for statement, rows in parts]
                await self._connection.execute(
                    sql, *(it for this, rows in kept for row in rows for it in this.arguments(row))
                )
                return
        for statement, rows in parts:
            await self._run_many(statement, rows)

    async def _run_many(self, statement: ClauseElement, rows: Sequence[Values]) -> None:
        this = compiled(statement, tuple(rows[0]))
        if len(rows) == 1:
            await self._connection.execute(this.sql, *this.arguments(rows[0]))
        else:
            await self._connection.executemany(this.sql, [this.arguments(row) for row in rows])


def _quoted(text: str) -> str:
    """Return a text as a literal of SQL, for the one statement that takes no parameters beside others."""
    return "'" + text.replace("'", "''").replace("\0", "") + "'"
