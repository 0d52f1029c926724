"""A throwaway PostgreSQL, provisioned and migrated as `throughline up` does it, without any service running on it."""

import asyncio
import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from chassis.crypto import plain_url
from chassis.migrate import upgrade_async
from chassis.settings import Secrets, load_secrets
from cli import vault
from cli.postgres import Cluster, user_prefix
from cli.provision import provision
from cli.state import StateFolder
from contracts.catalogue import SERVICES


@dataclass(frozen=True)
class Place:
    """One service's database there: its secrets, and the superuser's address of the same database for preparing."""

    service: str
    secrets: Secrets
    superuser_url: str


@contextlib.contextmanager
def place_of(service: str, folder: Path) -> Iterator[Place]:
    """Run the cluster in a folder for the length of the block."""
    state = StateFolder(folder)
    for made in (state.secrets, state.logs):
        made.mkdir(parents=True, exist_ok=True, mode=0o700)
    held = vault.load(state)
    cluster = Cluster(state.postgres, state.sockets(), held.role_passwords[vault.SUPERUSER], user_prefix())
    urls = {name: f"http://{name}.test" for name in SERVICES}
    vault.deal(state, held, vault.Addresses(cluster.url, urls, ("127.0.0.1", 0)))
    owner_url = json.loads((state.secrets / vault.OWNERS).read_text())[service]
    superuser_url = plain_url(cluster.url(vault.SUPERUSER, cluster.password, vault.database_of(service)))

    async def prepare() -> None:
        await provision(cluster, held)
        await upgrade_async(service, owner_url, service)

    with cluster.running(state.logs / "postgres.log"):
        asyncio.run(prepare())
        yield Place(service, load_secrets(vault.secrets_file(state, service)), superuser_url)
