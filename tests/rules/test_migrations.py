"""Migrations are numbered, have one head, and lead to exactly the tables that the models describe."""

import re
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.ext.asyncio import create_async_engine

from chassis import tables
from chassis.migrate import LEDGERS, folder_of, metadata_of
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
