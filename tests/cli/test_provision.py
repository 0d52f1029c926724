"""Provisioning: every service reaches its own data, the bus and the keys, and nothing else."""

import itertools
import json

import asyncpg
import pytest

from chassis.crypto import plain_url
from cli import vault
from cli.errors import PostgresFailed
from cli.provision import BUS, KEYS, RUNTIME_LIMITS, RemoteServer, databases, provision
from contracts.catalogue import SERVICES
from tests.conftest import Installation

FOREIGN = [pair for pair in itertools.product(SERVICES, SERVICES) if pair[0] != pair[1]]


async def connect(installation: Installation, role: str, database: str) -> "asyncpg.Connection[asyncpg.Record]":
    """Connect as a role to a database."""
    password = installation.vault.role_passwords[role]
    return await asyncpg.connect(plain_url(installation.cluster.url(role, password, database)))


class TestProvision:
    @pytest.mark.parametrize(("service", "other"), FOREIGN)
    async def test_no_service_reaches_the_database_of_another(
        self, installation: Installation, service: str, other: str
    ) -> None:
        for role in (service, f"{service}_owner"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connect(installation, role, vault.database_of(other))

    @pytest.mark.parametrize("service", SERVICES)
    async def test_a_service_reaches_its_own_data_the_bus_and_the_keys_only(
        self, installation: Installation, service: str
    ) -> None:
        for database in (vault.database_of(service), BUS, KEYS):
            await (await connect(installation, service, database)).close()
        for database in ("postgres", "template1"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connect(installation, service, database)

    @pytest.mark.parametrize("service", SERVICES)
    async def test_a_service_changes_rows_and_never_the_schema(self, installation: Installation, service: str) -> None:
        connection = await connect(installation, service, vault.database_of(service))
        try:
            for statement in ("CREATE TABLE sneaked (id int)", "DROP TABLE audit_entry", "DELETE FROM audit_entry"):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connection.execute(statement)
        finally:
            await connection.close()

    @pytest.mark.parametrize("service", SERVICES)
    async def test_a_stuck_service_lets_go(self, installation: Installation, service: str) -> None:
        connection = await connect(installation, service, vault.database_of(service))
        try:
            shown = {name: await connection.fetchval(f"SHOW {name}") for name in RUNTIME_LIMITS}
        finally:
            await connection.close()
        assert "0" not in shown.values()
        assert set(shown) >= {"statement_timeout", "transaction_timeout", "idle_in_transaction_session_timeout"}

    async def test_no_role_may_pass_row_security_or_make_roles(self, installation: Installation) -> None:
        connection = await asyncpg.connect(installation.superuser_url("postgres"))
        try:
            mighty = await connection.fetch(
                "SELECT rolname FROM pg_roles WHERE rolcanlogin AND rolname = ANY($1) AND "
                "(rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls OR rolreplication)",
                [role for role in vault.roles() if role != vault.SUPERUSER],
            )
        finally:
            await connection.close()
        assert mighty == []

    async def test_a_second_time_changes_nothing_and_closes_what_was_opened(self, installation: Installation) -> None:
        connection = await asyncpg.connect(installation.superuser_url("postgres"))
        try:
            # As after an interruption between creating a database and closing it.
            await connection.execute(f"GRANT CONNECT ON DATABASE {vault.database_of('stats')} TO PUBLIC")
            await provision(installation.cluster, installation.vault)
            names = {row["datname"] for row in await connection.fetch("SELECT datname FROM pg_database")}
        finally:
            await connection.close()
        assert names >= set(databases())
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connect(installation, "intake", vault.database_of("stats"))


class TestOtherServicesKeys:
    async def test_a_service_reads_only_its_own_keys(self, installation: Installation) -> None:
        connection = await connect(installation, "stats", KEYS)
        try:
            await connection.fetch("SELECT * FROM key_stats.subject_key")
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.fetch("SELECT * FROM key_intake.subject_key")
        finally:
            await connection.close()


class TestOwnerUrl:
    def test_is_that_of_the_role_that_owns_the_tables(self, installation: Installation) -> None:
        owners = json.loads((installation.folder.secrets / vault.OWNERS).read_text())
        assert owners["triage"].startswith("postgresql+asyncpg://triage_owner:")

    def test_is_not_among_what_the_running_service_may_read(self, installation: Installation) -> None:
        raw = vault.secrets_file(installation.folder, "triage").read_text()
        assert "triage_owner" not in raw
        assert json.loads(raw)["database_url"].startswith("postgresql+asyncpg://triage:")


class TestRemoteServer:
    def test_an_address_holds_any_password(self) -> None:
        url = RemoteServer("db.example", 5432, "p@ss/word").url("postgres", "p@ss/word", "postgres")
        assert url == "postgresql+asyncpg://postgres:p%40ss%2Fword@db.example:5432/postgres"

    def test_says_nothing_of_its_password(self) -> None:
        assert "word" not in repr(RemoteServer("db.example", 5432, "p@ss/word"))

    async def test_a_server_without_the_limit_of_transactions_is_refused(
        self, installation: Installation, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("cli.provision.OLDEST_POSTGRES", 99)
        with pytest.raises(PostgresFailed, match=r"PostgreSQL 18 is too old: give Throughline version 99 or later\."):
            await provision(installation.cluster, installation.vault)
