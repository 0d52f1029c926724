"""Prepares the databases in a process of its own, so that the tools it loads do not stay in the supervisor's memory."""

import asyncio
import json
import sys
from pathlib import Path

from chassis.migrate import upgrade_async
from cli import schema, vault
from cli.postgres import START_SECONDS, Cluster
from cli.provision import Server, provision
from cli.state import StateFolder
from contracts.catalogue import SERVICES

POLL_SECONDS = 0.02


async def prepare(folder: StateFolder) -> None:
    """Wait for the server, create roles and databases, migrate each service; the supervisor has dealt the secrets."""
    before = schema.digest()
    secrets = vault.load(folder)
    cluster = Cluster(folder.postgres, folder.sockets(), secrets.role_passwords[vault.SUPERUSER])
    async with asyncio.timeout(START_SECONDS):
        while not cluster.ready():  # noqa: ASYNC110  another process makes it true
            await asyncio.sleep(POLL_SECONDS)
    await prepare_databases(folder, cluster, secrets)
    schema.mark(folder, before)


async def prepare_databases(folder: StateFolder, server: Server, secrets: vault.Vault) -> None:
    """Create the roles and databases of a server that answers, and migrate each service's; the secrets are dealt."""
    await provision(server, secrets)
    # One after the other: the migration tool keeps its state in one place per process.
    owners = json.loads((folder.secrets / vault.OWNERS).read_text(encoding="utf-8"))
    for service in SERVICES:
        await upgrade_async(service, owners[service], service)


def main() -> int:
    """Prepare the state folder named on the command line."""
    asyncio.run(prepare(StateFolder(Path(sys.argv[1]))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
