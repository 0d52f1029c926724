"""Migrations are numbered, have one head, and lead to exactly the tables that the models describe."""

import re
from collections.abc import AsyncIterator, Mapping
from typing import Any
from uuid import UUID

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from chassis import tables
from chassis.migrate import LEDGERS, folder_of, metadata_of, upgrade_tables
from contracts.catalogue import SERVICES
from tests.conftest import Installation
from tests.rules.tree import ROOT

FOLDERS = {"chassis": ROOT / "chassis" / "migrations", **{name: folder_of(name) for name in SERVICES}}
NUMBERED = re.compile(r"^(\d{4})_[a-z0-9_]+\.py$")


def _described(service: str) -> MetaData:
    both = MetaData()
    for described in (tables.metadata, metadata_of(service)):
        for table in described.tables.values():
            table.to_metadata(both)
    return both


def _differences(connection: Connection, described: MetaData) -> list[Any]:
    def ours(_: object, name: str | None, kind: str, __: bool, ___: object) -> bool:
        return not (kind == "table" and name in LEDGERS.values())

    context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": ours})
    return list(compare_metadata(context, described))


@pytest.mark.parametrize("owner", FOLDERS)
class TestNumbers:
    def test_files_are_numbered_without_gaps(self, owner: str) -> None:
        names = sorted(path.name for path in FOLDERS[owner].glob("*.py") if path.name != "__init__.py")
        found = [match.group(1) if (match := NUMBERED.match(name)) else name for name in names]
        assert found == [f"{number:04}" for number in range(1, len(names) + 1)]

    def test_there_is_one_line_from_the_first_to_the_one_head(self, owner: str) -> None:
        script = ScriptDirectory(str(FOLDERS[owner]), version_locations=[str(FOLDERS[owner])])
        assert len(script.get_heads()) == 1
        revisions = [revision.revision for revision in script.walk_revisions()]
        assert revisions == sorted(revisions, reverse=True)


@pytest.mark.parametrize("service", SERVICES)
class TestDrift:
    async def test_the_migrated_database_is_what_the_models_describe(
        self, installation: Installation, service: str
    ) -> None:
        url = installation.owner_url(service)
        engine = create_async_engine(url)
        try:
            async with engine.connect() as connection:
                assert await connection.run_sync(_differences, _described(service)) == []
        finally:
            await engine.dispose()

    async def test_a_column_too_many_is_seen(self, installation: Installation, service: str) -> None:
        engine = create_async_engine(installation.owner_url(service))
        try:
            async with engine.connect() as connection:
                await connection.execute(text("ALTER TABLE outbox ADD COLUMN stray integer"))
                assert await connection.run_sync(_differences, _described(service)) != []
                await connection.rollback()
        finally:
            await engine.dispose()

    async def test_every_table_with_an_area_is_protected_by_rows(
        self, installation: Installation, service: str
    ) -> None:
        with_area = {name for name, table in metadata_of(service).tables.items() if "area" in table.columns}
        engine = create_async_engine(installation.owner_url(service))
        try:
            async with engine.connect() as connection:
                rows = await connection.execute(
                    text("SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity")
                )
                assert with_area - {row.relname for row in rows} == set()
        finally:
            await engine.dispose()


SOME: Mapping[str, str] = {
    "UUID": "gen_random_uuid()",
    "TEXT": "'x'",
    "TIMESTAMP": "now()",
    "BOOLEAN": "false",
    "BYTEA": "'0123456789abcdef'",
    "INTEGER": "1",
    "BIGINT": "1",
    "ARRAY": "'{}'",
    "JSONB": "'{}'",
    "DATE": "current_date",
}


def _fill(connection: Connection, table: str, given: Mapping[str, str]) -> None:
    """Add one row to a table as it is now: something of its type in each column that must not be empty."""
    wanted = {
        column["name"]: SOME[type(column["type"]).__name__]
        for column in inspect(connection).get_columns(table)
        if not column["nullable"] and column["default"] is None
    } | dict(given)
    names, values = ", ".join(f'"{name}"' for name in wanted), ", ".join(wanted.values())
    connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({values})"))


class TestFilledDatabases:
    """The policy of an area hides rows from the owner of the tables too: a migration has to see all of them."""

    @pytest.fixture
    async def owner(self, installation: Installation, service: str) -> AsyncIterator[AsyncConnection]:
        """A new database of the same owner, without tables; its transaction is never committed."""
        url = make_url(installation.owner_url(service))
        name = f"{url.database}_filled"
        superuser = create_async_engine(
            make_url(installation.superuser_url("postgres")).set(drivername="postgresql+asyncpg"),
            isolation_level="AUTOCOMMIT",
        )
        async with superuser.connect() as connection:
            await connection.execute(text(f'CREATE DATABASE "{name}" OWNER "{url.username}"'))
            engine = create_async_engine(url.set(database=name))
            async with engine.connect() as owner:
                yield owner
                await owner.rollback()
            await engine.dispose()
            await connection.execute(text(f'DROP DATABASE "{name}"'))
        await superuser.dispose()

    @pytest.mark.parametrize("service", ["intake"])
    async def test_forms_that_wait_get_their_time_and_likeness_stays(self, owner: AsyncConnection) -> None:
        await owner.run_sync(upgrade_tables, "intake", "0005")
        await owner.run_sync(_fill, "referral", {"reading": "'unread'", "likeness": "'0123456789abcdef'"})
        await owner.run_sync(upgrade_tables, "intake")
        assert await owner.scalar(text("SELECT complete_by - received_at = interval '1 day' FROM referral"))
        assert await owner.scalar(text("SELECT mark FROM likeness_mark")) == b"01234567"

    @pytest.mark.parametrize("service", ["triage"])
    async def test_what_was_suggested_leads_to_both_referrals(self, owner: AsyncConnection) -> None:
        subject = UUID(int=7)
        await owner.run_sync(upgrade_tables, "triage", "0002")
        given = {"subject": f"'{subject}'", "reference": "'KM-1'", "possibly_same_as": "'{KM-2}'", "door": "'email'"}
        await owner.run_sync(_fill, "referral", given)
        await owner.run_sync(_fill, "referral_version", {"subject": f"'{subject}'", "version": "1"})
        await owner.run_sync(upgrade_tables, "triage")
        pairs = await owner.execute(text("SELECT reference, other_reference FROM likeness"))
        assert [tuple(pair) for pair in pairs] == [("KM-1", "KM-2")]
        versions = await owner.execute(text("SELECT made_by, door FROM referral_version"))
        assert [tuple(version) for version in versions] == [("referrer", "email")]

    @pytest.mark.parametrize("service", ["triage"])
    async def test_every_line_of_history_gets_the_version_of_its_referral(self, owner: AsyncConnection) -> None:
        await owner.run_sync(upgrade_tables, "triage", "0009")
        for number, version in enumerate(("2026-01", "2026-07")):
            subject = f"'{UUID(int=number)}'"
            given = {"subject": subject, "reference": f"'KM-{number}'", "area_version": f"'{version}'"}
            await owner.run_sync(_fill, "referral", given)
            await owner.run_sync(_fill, "history", {"id": str(number), "subject": subject})
        await owner.run_sync(upgrade_tables, "triage")
        lines = await owner.execute(text("SELECT area_version FROM history ORDER BY id"))
        assert [line.area_version for line in lines] == ["2026-01", "2026-07"]

    @pytest.mark.parametrize("service", ["triage"])
    async def test_running_referrals_keep_their_state_and_signposts_get_a_clock_each(
        self, owner: AsyncConnection
    ) -> None:
        await owner.run_sync(upgrade_tables, "triage", "0003")
        states = ("assessing", "signposted", "handed-over", "deconflicting")
        for number, state in enumerate(states):
            given = {"subject": f"'{UUID(int=number)}'", "reference": f"'KM-{number}'", "state": f"'{state}'"}
            await owner.run_sync(_fill, "referral", given)
        signposted = f"'{UUID(int=1)}'"
        reported = {"acknowledged_at": "now()", "sealed_report": "'x'"}
        for number, answer in enumerate(({}, {"acknowledged_at": "now()"}, reported)):
            given = {"id": f"'{UUID(int=10 + number)}'", "subject": signposted, "service": "'early-help'"}
            await owner.run_sync(_fill, "signpost", given | answer)
        held = {"subject": f"'{UUID(int=3)}'"}
        for number, command in enumerate(("need-more-time", "record-conflict")):
            await owner.run_sync(_fill, "history", held | {"id": str(number), "command": f"'{command}'"})
        for clock in ({"subject": signposted, "name": "'signpost'"}, held | {"name": "'deconfliction'"}):
            await owner.run_sync(_fill, "clock", clock)
        await owner.run_sync(upgrade_tables, "triage")
        kept = await owner.execute(text("SELECT state, assessed, gathered FROM referral ORDER BY reference"))
        assert [tuple(row) for row in kept] == [
            ("assessing", False, False), ("signposted", True, False), ("handed-over", True, True),
            ("conflict", False, False),
        ]  # fmt: skip
        owed = await owner.execute(text("SELECT kind, owner, state, ended_at IS NULL FROM obligation ORDER BY id"))
        assert [tuple(row) for row in owed] == [
            ("signpost", "early-help", "open", True), ("signpost", "early-help", "acknowledged", True),
            ("signpost", "early-help", "done", False),
        ]  # fmt: skip
        clocks = await owner.execute(text("SELECT name, about, stopped_at IS NULL FROM clock ORDER BY about"))
        assert [tuple(row) for row in clocks] == [
            ("conflict-review", UUID(int=0), True), ("signpost", UUID(int=10), True),
            ("signpost", UUID(int=11), True), ("signpost", UUID(int=12), False),
        ]  # fmt: skip

    @pytest.mark.parametrize("service", ["stats"])
    async def test_releases_of_another_rule_are_dropped_and_their_facts_belong_to_the_first_one(
        self, owner: AsyncConnection
    ) -> None:
        await owner.run_sync(upgrade_tables, "stats", "0010")
        release, of_it = f"'{UUID(int=7)}'", {"release_id": f"'{UUID(int=7)}'"}
        await owner.run_sync(_fill, "release", {"id": release})
        for table in ("release_month", "release_ending", "release_check"):
            await owner.run_sync(_fill, table, of_it)
        for table in ("drafting", "pack"):
            await owner.run_sync(_fill, table, {})
        for table in ("fact_log", "institution_fact"):
            await owner.run_sync(_fill, table, {"generation": "3"})
        await owner.run_sync(upgrade_tables, "stats")
        for table in ("release", "release_month", "release_ending", "release_check", "drafting", "pack"):
            assert await owner.scalar(text(f"SELECT count(*) FROM {table}")) == 0, table
        for table in ("fact_log", "institution_fact"):
            assert (await owner.execute(text(f"SELECT generation FROM {table}"))).scalars().all() == [0], table
