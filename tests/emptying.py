"""Emptying a provisioned installation between two tests."""

import asyncpg

from contracts.catalogue import SERVICES

KEPT = ("alembic_version", "alembic_version_chassis", "service_state")


async def empty(url: str, schemas: tuple[str, ...]) -> None:
    """Empty the tables of a service's database, and forget the bus it has seen."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SET session_replication_role = replica")
        names = await connection.fetch(
            "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables "
            "WHERE schemaname = ANY($1) AND NOT tablename = ANY($2)",
            list(schemas),
            list(KEPT),
        )
        if names:
            await connection.execute(f"TRUNCATE {', '.join(row['name'] for row in names)} RESTART IDENTITY CASCADE")
        if schemas == ("public",):
            await connection.execute("UPDATE service_state SET epoch = 1, bus_id = NULL")
    finally:
        await connection.close()


async def empty_bus(url: str) -> None:
    """Empty the bus and give it a new identity."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(
            "TRUNCATE bus.message, bus.cursor, bus.member; UPDATE bus.head SET next = 0; "
            "UPDATE bus.identity SET id = gen_random_uuid()"
        )
    finally:
        await connection.close()


async def empty_keys(url: str) -> None:
    """Forget every subject's key and every publisher's mark."""
    connection = await asyncpg.connect(url)
    try:
        for service in SERVICES:
            await connection.execute(
                f"TRUNCATE key_{service}.subject_key, key_{service}.erased_subject; "
                f"UPDATE key_{service}.publisher_mark SET epoch = 1, last_outbox_id = 0"
            )
    finally:
        await connection.close()
