"""One service's console on a database of its own, and how long its pages take through the application itself."""

import contextlib
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from pathlib import Path

import asyncpg
import httpx2

from bench.frame import percentile
from chassis.actor import Actor
from chassis.app import Runtime, Service, create_app
from chassis.crypto import plain_url
from chassis.migrate import upgrade_async
from chassis.session_store import DatabaseSessions
from chassis.sessions import Limits, Session, SessionKeeper, sign_in
from chassis.settings import ServiceSettings
from cli import vault
from cli.postgres import Cluster, user_prefix
from cli.provision import provision
from cli.state import StateFolder
from contracts.catalogue import SERVICES

SettingsOf = Callable[..., ServiceSettings]
WARM_VISITS = 3
OK = 200


async def p95(client: httpx2.AsyncClient, addresses: Sequence[str]) -> float:
    """Return the 95th percentile in milliseconds of visiting these addresses, after a few to warm up."""
    took = []
    for nth, address in enumerate([addresses[0]] * WARM_VISITS + list(addresses)):
        began = time.perf_counter()
        answer = await client.get(address)
        if nth >= WARM_VISITS:
            took.append((time.perf_counter() - began) * 1000)
        if answer.status_code != OK:
            raise RuntimeError(f"{address} answered {answer.status_code}: nothing of it can be measured.")
    return percentile(took, 0.95)


@contextlib.asynccontextmanager
async def running(
    name: str, service: Service, who: Actor, settings_of: SettingsOf = ServiceSettings, *, clock: bool = False
) -> AsyncIterator[tuple[httpx2.AsyncClient, asyncpg.Connection, Runtime]]:
    """Run a service with somebody signed in; yields a browser, the database as who sees all, and the rest.

    Its clock stands still unless it is asked for; `settings_of` makes its settings where it has some of its own.
    """
    with tempfile.TemporaryDirectory(prefix="throughline-bench-") as place:
        folder = StateFolder(Path(place))
        for made in (folder.secrets, folder.logs):
            made.mkdir(parents=True, exist_ok=True, mode=0o700)
        secrets = vault.load(folder)
        cluster = Cluster(folder.postgres, folder.sockets(), secrets.role_passwords[vault.SUPERUSER], user_prefix())
        addresses = vault.Addresses(cluster.url, {each: f"http://{each}.test" for each in SERVICES}, ("127.0.0.1", 0))
        vault.deal(folder, secrets, addresses)
        with cluster.running(folder.logs / "postgres.log"):
            await _without_durability(plain_url(cluster.url(vault.SUPERUSER, cluster.password, "postgres")))
            await provision(cluster, secrets)
            owner, password = vault.database_of(name), secrets.role_passwords[f"{name}_owner"]
            await upgrade_async(name, cluster.url(f"{name}_owner", password, owner), name)
            settings = settings_of(
                service=name,
                secrets_file=vault.secrets_file(folder, name),
                issuer_url="",
                public_url=f"http://{name}.test",
                mail_directory=folder.root / "mail",
            )
            app = create_app(service if clock else replace(service, jobs=()), settings)
            url = plain_url(cluster.url(vault.SUPERUSER, cluster.password, owner))
            async with app.router.lifespan_context(app), _connected(url) as connection:
                runtime: Runtime = app.state.runtime
                transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
                async with httpx2.AsyncClient(transport=transport, base_url=f"http://{name}.test") as client:
                    await _signed_in(name, runtime, client, who)
                    yield client, connection, runtime


async def _without_durability(url: str) -> None:
    """Nothing of this cluster outlives the run: without fsync it is filled sooner, and no page of ours waits for it."""
    async with _connected(url) as connection:
        for setting in ("fsync = off", "max_wal_size = '4GB'"):
            await connection.execute(f"ALTER SYSTEM SET {setting}")
        await connection.execute("SELECT pg_reload_conf()")


@contextlib.asynccontextmanager
async def _connected(url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


async def _signed_in(name: str, runtime: Runtime, client: httpx2.AsyncClient, who: Actor) -> None:
    session = Session()
    sign_in(session, who)
    store = DatabaseSessions(runtime.database)
    await SessionKeeper(store, runtime.secrets.session_secret, Limits()).keep(session)
    client.cookies.set(f"throughline_{name}", session.token)
