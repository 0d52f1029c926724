"""Fixtures: one real PostgreSQL for each worker, emptied for each test that uses it, and services upon it."""

import asyncio
import contextlib
import json
import os
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import asyncpg
import httpx2
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck
from hypothesis import settings as walks
from hypothesis.configuration import set_hypothesis_home_dir

from chassis.app import Runtime, Service, create_app, make_runtime
from chassis.crypto import plain_url
from chassis.migrate import upgrade_async
from chassis.settings import ServiceSettings
from cli import vault
from cli.postgres import Cluster, user_prefix
from cli.provision import provision
from cli.state import StateFolder
from contracts.catalogue import SERVICES
from tests.emptying import emptier

pytest_plugins = ("tests.kafka", "tests.once", "tests.sharing")

# The same walks for everybody in CI, new ones elsewhere; no slow machine and no leftover of another run decides.
walks.register_profile(
    "throughline",
    deadline=None,
    database=None,
    derandomize=os.environ.get("CI") == "true",
    suppress_health_check=[HealthCheck.too_slow],
)
walks.load_profile("throughline")
os.environ.setdefault("THROUGHLINE_ANSWER_SECONDS", "60")
set_hypothesis_home_dir(Path(tempfile.gettempdir()) / "throughline-hypothesis")  # what it notes stays out of the tree


@dataclass(frozen=True)
class Installation:
    """A provisioned and migrated cluster, as `throughline up` makes it."""

    folder: StateFolder
    cluster: Cluster
    vault: vault.Vault

    def settings(self, service: str, **given: Any) -> ServiceSettings:
        """Return the settings of a service on this installation."""
        values = {"service": service, "secrets_file": vault.secrets_file(self.folder, service), "issuer_url": ""}
        return ServiceSettings(**{**values, **given})

    def superuser_url(self, database: str) -> str:
        """Return the address of a database for the superuser."""
        return plain_url(self.cluster.url(vault.SUPERUSER, self.cluster.password, database))

    def owner_url(self, service: str) -> str:
        """Return the address of a service's database for the role that owns its tables."""
        return str(json.loads((self.folder.secrets / vault.OWNERS).read_text())[service])


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One embedded PostgreSQL with every role, database, key and table, for the worker's whole run."""
    made_here = installed(tmp_path_factory.mktemp("state"))
    with made_here.cluster.running(made_here.folder.logs / "postgres.log"):
        asyncio.run(prepared(made_here))
        yield made_here


def installed(root: Path) -> Installation:
    """Return an installation in a new folder, with its secrets dealt; nothing runs yet."""
    folder = StateFolder(root)
    for made in (folder.secrets, folder.logs):
        made.mkdir(parents=True, exist_ok=True, mode=0o700)
    secrets = vault.load(folder)
    cluster = Cluster(folder.postgres, folder.sockets(), secrets.role_passwords[vault.SUPERUSER], user_prefix())
    addresses = vault.Addresses(cluster.url, {name: f"http://{name}.test" for name in SERVICES}, ("127.0.0.1", 0))
    vault.deal(folder, secrets, addresses)
    return Installation(folder, cluster, secrets)


async def prepared(installation: Installation, services: tuple[str, ...] = SERVICES) -> None:
    """Make roles, databases and keys, and the tables of some services, in a cluster that runs."""
    await _do_without_durability(installation)
    await provision(installation.cluster, installation.vault)
    for service in services:
        await upgrade_async(service, installation.owner_url(service), service)


async def _do_without_durability(installation: Installation) -> None:
    """Nothing of this cluster outlives the run: without fsync its checkpoints take no time."""
    connection = await asyncpg.connect(installation.superuser_url("postgres"))
    try:
        await connection.execute("ALTER SYSTEM SET fsync = off")
        await connection.execute("SELECT pg_reload_conf()")
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def emptied(installation: Installation) -> Iterator[Callable[[], None]]:
    """What empties the installation."""
    with emptier(installation.superuser_url) as empty:
        yield empty


@pytest.fixture
def clean(installation: Installation, emptied: Callable[[], None]) -> Installation:
    """The installation with every table, the bus and the keys emptied."""
    emptied()
    return installation


RuntimeOf = Callable[..., Awaitable[Runtime]]


@pytest.fixture
async def runtime_of(clean: Installation) -> AsyncIterator[RuntimeOf]:
    """Return a factory `await runtime_of(service, **settings)` of connected runtimes without background work."""
    async with contextlib.AsyncExitStack() as stack:

        async def make(service: Service, **given: Any) -> Runtime:
            runtime = make_runtime(service, clean.settings(service.name, **given))
            await runtime.keys.start()
            stack.push_async_callback(runtime.keys.stop)
            stack.push_async_callback(runtime.database.stop)
            stack.push_async_callback(runtime.bus.stop)
            stack.push_async_callback(runtime.fetcher.close)
            return runtime

        yield make


@dataclass(frozen=True)
class Running:
    """A service's application with its background work running, and a client that speaks to it in-process."""

    app: FastAPI
    runtime: Runtime
    client: httpx2.AsyncClient


RunningOf = Callable[..., Awaitable[Running]]


@pytest.fixture
async def running_of(clean: Installation, tmp_path: Path) -> AsyncIterator[RunningOf]:
    """Return a factory `await running_of(service, **settings)` of applications that really run, doors and jobs too."""
    async with contextlib.AsyncExitStack() as stack:

        async def make(service: Service, *, doors: bool = True, **given: Any) -> Running:
            given.setdefault("mail_directory", tmp_path / "mail")
            chosen = service if doors else replace(service, doors=())
            app = create_app(chosen, clean.settings(service.name, **given))
            await stack.enter_async_context(app.router.lifespan_context(app))
            transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
            client = httpx2.AsyncClient(transport=transport, base_url=f"http://{service.name}.test")
            await stack.enter_async_context(client)
            return Running(app, app.state.runtime, client)

        yield make


async def eventually(condition: Callable[[], Awaitable[Any]], seconds: float = 30.0) -> Any:
    """Return the condition's first true answer, asked again and again; fails the test when time runs out."""
    end = asyncio.get_running_loop().time() + seconds
    while True:
        answer = await condition()
        if answer:
            return answer
        if asyncio.get_running_loop().time() > end:
            pytest.fail(f"It did not come true within {seconds} seconds.")
        await asyncio.sleep(0.02)
