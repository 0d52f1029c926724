"""Emptying a provisioned installation between two tests."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator

import asyncpg

from cli import vault
from cli.provision import BUS, KEYS
from contracts.catalogue import SERVICES

KEPT = ("alembic_version", "alembic_version_chassis", "service_state", "publisher_mark")
EMPTYING = """DO $$
DECLARE
    every text[];
    place text;
    filled text[] := '{}';
    found boolean;
BEGIN
    SET LOCAL session_replication_role = replica;
    every := ARRAY(SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
        WHERE schemaname = ANY (SCHEMAS) AND NOT tablename = ANY (KEPT));
    EXECUTE 'LOCK TABLE ' || array_to_string(every, ', ');
    FOREACH place IN ARRAY every LOOP
        EXECUTE 'SELECT EXISTS (SELECT FROM ' || place || ')' INTO found;
        IF found THEN
            filled := filled || place;
        END IF;
    END LOOP;
    IF filled <> '{}' THEN
        EXECUTE 'TRUNCATE ' || array_to_string(filled, ', ') || ' CASCADE';
    END IF;
    PERFORM setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false) FROM pg_sequences
        WHERE schemaname = ANY (SCHEMAS) AND last_value IS NOT NULL;
END $$"""
"""Only tables with rows are truncated, for that makes their files anew; the lock waits for whoever still writes."""
OF_BUS = (
    "TRUNCATE bus.message, bus.cursor, bus.member; UPDATE bus.head SET next = 0;"
    "UPDATE bus.identity SET id = gen_random_uuid()"
)

CUT = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
)
"""What asyncpg raises when the server has ended a connection, depending on how much of that it has read."""


class Emptier:
    """Empties an installation by connections that stay: making them anew costs five times what emptying does."""

    def __init__(self, url_of: Callable[[str], str]) -> None:
        """Ask for the address of a database when it is first needed."""
        self._url_of = url_of
        self._open: dict[str, asyncpg.Connection[asyncpg.Record]] = {}

    async def everything(self) -> None:
        """Empty every table, the bus and the keys."""
        services = {vault.database_of(service): _of_service(("public",)) for service in SERVICES}
        databases = {**services, BUS: OF_BUS, KEYS: _of_keys()}
        await asyncio.gather(*(self._execute(name, statements) for name, statements in databases.items()))

    async def close(self) -> None:
        """Close the connections."""
        for connection in self._open.values():
            with contextlib.suppress(*CUT):
                await connection.close(timeout=5)

    async def _execute(self, name: str, statements: str) -> None:
        held = self._open.get(name)
        if held is not None and not held.is_closed():
            with contextlib.suppress(*CUT):
                await held.execute(statements)
                return
            held.terminate()
        self._open[name] = await asyncpg.connect(self._url_of(name))
        await self._open[name].execute(statements)


@contextlib.contextmanager
def emptier(url_of: Callable[[str], str]) -> Iterator[Callable[[], None]]:
    """Yield what empties an installation between two tests, in an event loop of its own."""
    loop, kept = asyncio.new_event_loop(), Emptier(url_of)
    try:
        yield lambda: loop.run_until_complete(kept.everything())
    finally:
        loop.run_until_complete(kept.close())
        loop.close()


async def empty(url: str, schemas: tuple[str, ...]) -> None:
    """Empty the tables of a service's database, and forget the bus it has seen."""
    await _execute(url, _of_service(schemas))


async def empty_bus(url: str) -> None:
    """Empty the bus and give it a new identity, under whatever works there; begins again where that is in the way."""
    while True:
        with contextlib.suppress(asyncpg.DeadlockDetectedError):
            return await _execute(url, OF_BUS)


def _of_service(schemas: tuple[str, ...]) -> str:
    return f"{_emptying(schemas)}; UPDATE service_state SET epoch = 1, bus_id = NULL"


def _of_keys() -> str:
    """Return what forgets every subject's key and every publisher's mark."""
    schemas = tuple(f"key_{service}" for service in SERVICES)
    marks = (f"UPDATE {schema}.publisher_mark SET epoch = 1, last_outbox_id = 0" for schema in schemas)
    return "; ".join([_emptying(schemas), *marks])


def _emptying(schemas: tuple[str, ...]) -> str:
    """Return what empties every table of these schemas but the ones that are kept."""
    return EMPTYING.replace("SCHEMAS", f"ARRAY{list(schemas)}").replace("KEPT", f"ARRAY{list(KEPT)}")


async def _execute(url: str, statements: str) -> None:
    """Execute all of it in one transaction."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statements)
    finally:
        await connection.close()
