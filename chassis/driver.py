"""Statements on the PostgreSQL driver itself: compiled once, without what SQLAlchemy does anew at each execution."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import asyncpg
from sqlalchemy import ClauseElement
from sqlalchemy.dialects.postgresql import asyncpg as asyncpg_dialect
from sqlalchemy.ext.asyncio import AsyncConnection

Values = Mapping[str, Any]
_DIALECT = asyncpg_dialect.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy types no dialect's constructor


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


class Driver:
    """The driver's connection inside a transaction that SQLAlchemy has begun."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self._connection = connection

    @classmethod
    def beneath(cls, connection: AsyncConnection) -> "Driver":
        """Return the driver beneath an open connection of SQLAlchemy's pool."""
        held: Any = connection.sync_connection
        return cls(held.connection.driver_connection)

    def is_closed(self) -> bool:
        """Say whether the connection has ended, so that it must not go back to the pool."""
        return self._connection.is_closed()

    async def fetch(self, statement: ClauseElement, values: Values) -> Sequence[Any]:
        """Run a statement and return its rows."""
        this = compiled(statement, tuple(values))
        return await self._connection.fetch(this.sql, *this.arguments(values), record_class=Record)

    async def run(self, statement: ClauseElement, values: Values) -> int:
        """Run a statement and return how many rows it touched."""
        this = compiled(statement, tuple(values))
        done = await self._connection.execute(this.sql, *this.arguments(values))
        return int(done.rpartition(" ")[2])

    async def run_many(self, statement: ClauseElement, rows: Sequence[Values]) -> None:
        """Run a statement with each of several rows of values that have the same names."""
        this = compiled(statement, tuple(rows[0]))
        if len(rows) == 1:
            await self._connection.execute(this.sql, *this.arguments(rows[0]))
        else:
            await self._connection.executemany(this.sql, [this.arguments(row) for row in rows])
