"""Emptying a provisioned installation between two tests."""

import asyncpg

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


async def empty(url: str, schemas: tuple[str, ...]) -> None:
    """Empty the tables of a service's database, and forget the bus it has seen."""
    forget = "UPDATE service_state SET epoch = 1, bus_id = NULL"
    await _execute(url, _emptying(schemas), *([forget] if schemas == ("public",) else []))


async def empty_bus(url: str) -> None:
    """Empty the bus and give it a new identity."""
    await _execute(
        url,
        "TRUNCATE bus.message, bus.cursor, bus.member",
        "UPDATE bus.head SET next = 0",
        "UPDATE bus.identity SET id = gen_random_uuid()",
    )


async def empty_keys(url: str) -> None:
    """Forget every subject's key and every publisher's mark."""
    schemas = tuple(f"key_{service}" for service in SERVICES)
    marks = (f"UPDATE {schema}.publisher_mark SET epoch = 1, last_outbox_id = 0" for schema in schemas)
    await _execute(url, _emptying(schemas), *marks)


def _emptying(schemas: tuple[str, ...]) -> str:
    """Return what empties every table of these schemas but the ones that are kept."""
    return EMPTYING.replace("SCHEMAS", f"ARRAY{list(schemas)}").replace("KEPT", f"ARRAY{list(KEPT)}")


async def _execute(url: str, *statements: str) -> None:
    """Execute all of it in one transaction."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("; ".join(statements))
    finally:
        await connection.close()
