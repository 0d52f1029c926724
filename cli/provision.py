"""Roles and databases: a database and two roles per service, the bus and the keys apart, nothing open to everybody."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import quote

import asyncpg

from chassis import crypto
from chassis.transports import postgres as bus
from cli.errors import PostgresFailed
from cli.vault import BUS_OWNER, KEYS_OWNER, SUPERUSER, Vault, database_of, roles
from contracts.catalogue import SERVICES

BUS = "throughline_bus"
KEYS = "throughline_keys"
# A request or a batch takes milliseconds; whatever takes this long is stuck and must let go of its locks.
RUNTIME_LIMITS = {
    "statement_timeout": "20s",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "20s",
    "transaction_timeout": "60s",
}

OLDEST_POSTGRES = 17
"""The first version with transaction_timeout, which a stuck service is stopped by."""


class Server(Protocol):
    """A PostgreSQL that we may provision, wherever it runs."""

    @property
    def password(self) -> str:
        """The superuser's password."""

    def url(self, role: str, password: str, database: str) -> str:
        """Return the SQLAlchemy address of a database for a role."""


@dataclass(frozen=True)
class RemoteServer:
    """A PostgreSQL that somebody else runs, reached by TCP."""

    host: str
    port: int
    password: str = field(repr=False)

    def url(self, role: str, password: str, database: str) -> str:
        """Return the SQLAlchemy address of a database for a role."""
        return f"postgresql+asyncpg://{role}:{quote(password, safe='')}@{self.host}:{self.port}/{database}"


def databases() -> dict[str, tuple[str, tuple[str, ...]]]:
    """Return each database with its owner and the other roles that may connect to it."""
    own = {database_of(service): (f"{service}_owner", (service,)) for service in SERVICES}
    return own | {BUS: (BUS_OWNER, SERVICES), KEYS: (KEYS_OWNER, SERVICES)}


async def provision(server: Server, vault: Vault) -> None:
    """Create what is missing of the roles, databases, bus and key store; changes nothing that exists and is right.

    Raises PostgresFailed when the server is too old.
    """
    async with _superuser(server) as connection:
        _refuse_old(connection)
        await _create_roles(connection, vault)
        await _create_databases(connection)
    await asyncio.gather(*(_close_schema(server, vault, database) for database in databases()))
    await bus.prepare(server.url(BUS_OWNER, vault.role_passwords[BUS_OWNER], BUS), SERVICES)
    await _let_everybody_ask(server, vault)
    await crypto.prepare(server.url(KEYS_OWNER, vault.role_passwords[KEYS_OWNER], KEYS), SERVICES)


@asynccontextmanager
async def _superuser(server: Server) -> AsyncIterator[asyncpg.Connection]:
    connection = await _connect(server, SUPERUSER, server.password, "postgres")
    try:
        yield connection
    finally:
        await connection.close()


async def _connect(server: Server, role: str, password: str, database: str) -> asyncpg.Connection:
    return await asyncpg.connect(crypto.plain_url(server.url(role, password, database)))


def _refuse_old(connection: asyncpg.Connection) -> None:
    version = connection.get_server_version()
    if version.major < OLDEST_POSTGRES:
        message = f"PostgreSQL {version.major} is too old: give Throughline version {OLDEST_POSTGRES} or later."
        raise PostgresFailed(message)


async def _create_roles(connection: asyncpg.Connection, vault: Vault) -> None:
    """Create the roles that are missing; none of them may create anything outside its database or pass row security."""
    present = {row["rolname"] for row in await connection.fetch("SELECT rolname FROM pg_roles")}
    for role in (name for name in roles() if name not in present):
        password = vault.role_passwords[role]
        limits = "NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"
        await connection.execute(f"CREATE ROLE \"{role}\" LOGIN {limits} PASSWORD '{password}'")
    for role in SERVICES:
        for setting, limit in RUNTIME_LIMITS.items():
            await connection.execute(f"ALTER ROLE \"{role}\" SET {setting} = '{limit}'")


async def _create_databases(connection: asyncpg.Connection) -> None:
    """Create the databases that are missing, and close all to everybody but those named.

    They are closed at every start: the last one may have been interrupted between creating and closing.
    """
    present = {row["datname"] for row in await connection.fetch("SELECT datname FROM pg_database")}
    await connection.execute("REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC")
    for name, (owner, others) in databases().items():
        if name not in present:
            await connection.execute(f'CREATE DATABASE "{name}" OWNER "{owner}"')
        await connection.execute(f'REVOKE ALL ON DATABASE "{name}" FROM PUBLIC')
        for role in others:
            await connection.execute(f'GRANT CONNECT ON DATABASE "{name}" TO "{role}"')


async def _let_everybody_ask(server: Server, vault: Vault) -> None:
    """Let the services without a topic of their own see whether the bus is there, which is all they can do with it."""
    connection = await _connect(server, BUS_OWNER, vault.role_passwords[BUS_OWNER], BUS)
    try:
        for role in SERVICES:
            await connection.execute(
                f'GRANT USAGE ON SCHEMA bus TO "{role}"; GRANT EXECUTE ON FUNCTION bus.who TO "{role}"'
            )
    finally:
        await connection.close()


async def leave_bus(server: Server, vault: Vault) -> None:
    """Empty the embedded bus because the system moves to another: nobody would tidy it, and no erasure would reach it.

    The outboxes send their window, and whatever somebody still lacks, to the new bus, and to this one on the way back,
    where they meet another identity.
    """
    connection = await _connect(server, BUS_OWNER, vault.role_passwords[BUS_OWNER], BUS)
    try:
        if await connection.fetchval("SELECT EXISTS (SELECT FROM bus.message) OR EXISTS (SELECT FROM bus.cursor)"):
            async with connection.transaction():
                await connection.execute("TRUNCATE bus.message, bus.cursor, bus.member")
                await connection.execute("UPDATE bus.head SET next = 0")
                await connection.execute("UPDATE bus.identity SET id = gen_random_uuid()")
    finally:
        await connection.close()


async def _close_schema(server: Server, vault: Vault, database: str) -> None:
    """Leave the public schema to the owner; the others may use what the owner grants them there."""
    owner, others = databases()[database]
    connection = await _connect(server, owner, vault.role_passwords[owner], database)
    try:
        await connection.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
        for role in others:
            await connection.execute(f'GRANT USAGE ON SCHEMA public TO "{role}"')
    finally:
        await connection.close()
