"""Bring a service's database to the newest schema: the chassis's own tables first, then the service's."""

import importlib
from pathlib import Path

from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.ext.asyncio import create_async_engine

from chassis import tables
from chassis.audit.protection import audit_grants_sql

LEDGERS = {"chassis": "alembic_version_chassis", "service": "alembic_version"}


def _script(folder: Path) -> ScriptDirectory:
    return ScriptDirectory(str(folder), version_locations=[str(folder)])


def folder_of(service: str) -> Path:
    """Return the folder that holds a service's migrations."""
    module = importlib.import_module(f"services.{service}")
    return Path(next(iter(module.__path__))) / "migrations"


def metadata_of(service: str) -> MetaData:
    """Return the tables that a service's models describe."""
    found = importlib.import_module(f"services.{service}.models").metadata
    if not isinstance(found, MetaData):
        message = f"services.{service}.models.metadata is not a MetaData."
        raise TypeError(message)
    return found


def _run(connection: Connection, folder: Path, version_table: str, to: str = "head") -> None:
    script = _script(folder)
    head = script.as_revision_number(to)
    context = MigrationContext.configure(connection, opts={"version_table": version_table})
    if head is None or context.get_current_heads() == (head,):
        return
    config = Config()
    config.set_main_option("script_location", str(folder))
    with EnvironmentContext(
        config,
        script,
        fn=lambda revision, _: script._upgrade_revs(to, revision),  # noqa: SLF001  alembic's own commands do so
    ) as environment:
        environment.configure(connection=connection, version_table=version_table)
        environment.run_migrations()


def upgrade_tables(connection: Connection, service: str, to: str = "head") -> None:
    """Migrate within the transaction of the owning role, the service's own tables as far as one revision."""
    connection.execute(text("SELECT pg_advisory_xact_lock(7305)"))
    # The policies hide every row from the owner too, until its transaction says for which areas it acts.
    connection.execute(text("SELECT set_config('throughline.areas', '*', true)"))
    _run(connection, Path(tables.__file__).parent / "migrations", LEDGERS["chassis"])
    _run(connection, folder_of(service), LEDGERS["service"], to)


def _upgrade(connection: Connection, service: str, runtime_role: str) -> None:
    upgrade_tables(connection, service)
    for statement in grants(runtime_role):
        connection.execute(text(statement))


def grants(runtime_role: str) -> tuple[str, ...]:
    """Return what the runtime role may do: rows, never the schema; audit rows are never deleted."""
    return (
        f'GRANT USAGE ON SCHEMA public TO "{runtime_role}"',
        f'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO "{runtime_role}"',
        f'GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO "{runtime_role}"',
        *audit_grants_sql(runtime_role),
    )


async def upgrade_async(service: str, owner_url: str, runtime_role: str) -> None:
    """Migrate one service's database in one transaction; `owner_url` is an asyncpg URL of the owning role."""
    engine = create_async_engine(owner_url, hide_parameters=True)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_upgrade, service, runtime_role)
    finally:
        await engine.dispose()


def upgrade(service: str, owner_url: str, runtime_role: str) -> None:
    """Migrate one service's database; the synchronous twin of `upgrade_async`."""
    import asyncio  # noqa: PLC0415  only the command line calls this without a loop

    asyncio.run(upgrade_async(service, owner_url, runtime_role))
