"""Makes a deployment's secrets once, and prepares its databases and bus: `python -m deploy.provision`."""

import argparse
import asyncio
import json
import sys
import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import asyncpg

from chassis.crypto import plain_url
from chassis.errors import ThroughlineError
from cli import bus, vault
from cli.errors import BadInput, PostgresFailed
from cli.prepare import prepare_databases
from cli.provision import RemoteServer
from cli.state import StateFolder, opened, write_private
from deploy.shares import INSTALLATION, KEYCLOAK_DATABASE, Installation, bus_admin_url, deal, passwords, split

PATIENCE = 90.0
POLL_SECONDS = 0.5
CATCHES_MAIL = "mailpit"


def make_secrets(state: Path, shares: Path, installation: Installation) -> None:
    """Make what is missing of the secrets and deal each container its own; safe to repeat.

    Raises a refusal (cli/errors.py) when the state folder is for another purpose, in use or damaged.
    """
    with opened(state, installation.purpose, now=datetime.now(UTC)) as folder:
        host, port = split(installation.postgres)
        made = vault.load(folder)
        server = RemoteServer(host, port, made.role_passwords[vault.SUPERUSER])
        bus_url = bus.service_urls(bus_admin_url(folder, installation))
        addresses = vault.Addresses(server.url, installation.services, split(installation.mail_in), bus_url)
        vault.deal(folder, made, addresses)
        write_private(folder.root / INSTALLATION, json.dumps(asdict(installation), indent=1) + "\n")
        deal(folder, shares, installation)


async def prepare(folder: StateFolder) -> None:
    """Create and migrate whatever is missing in the databases and on the bus; safe to repeat, the secrets are made.

    Raises PostgresFailed or BusNotReady when a server does not answer, or not to our password.
    """
    installation = installation_of(folder)
    made = vault.load(folder)
    server = RemoteServer(*split(installation.postgres), made.role_passwords[vault.SUPERUSER])
    await _answering(server)
    await prepare_databases(folder, server, made)
    await bus.prepare(bus_admin_url(folder, installation), made.bus_passwords)
    await _prepare_sign_in(server, passwords(folder, installation.purpose).keycloak_database)


def installation_of(folder: StateFolder) -> Installation:
    """Return what the secrets were made for; BadInput when none were made yet."""
    try:
        return Installation(**json.loads((folder.root / INSTALLATION).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        message = f"{folder.root} holds no secrets yet: run `python -m deploy.provision secrets` first."
        raise BadInput(message) from error


async def _answering(server: RemoteServer) -> None:
    """Return once the server lets us in."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            connection = await asyncpg.connect(plain_url(server.url(vault.SUPERUSER, server.password, "postgres")))
        except asyncpg.InvalidPasswordError:
            message = "PostgreSQL has another password than the state folder: restore both from the same backup."
            raise PostgresFailed(message) from None
        except (OSError, asyncpg.CannotConnectNowError):
            if time.monotonic() > until:
                message = f"PostgreSQL does not answer at {server.host}:{server.port}: see whether it runs."
                raise PostgresFailed(message) from None
            await asyncio.sleep(POLL_SECONDS)
        else:
            await connection.close()
            return


async def _prepare_sign_in(server: RemoteServer, password: str) -> None:
    """Give the sign-in provider a role and a database of its own."""
    connection = await asyncpg.connect(plain_url(server.url(vault.SUPERUSER, server.password, "postgres")))
    name = KEYCLOAK_DATABASE
    try:
        if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", name):
            limits = "NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"
            await connection.execute(f"CREATE ROLE \"{name}\" LOGIN {limits} PASSWORD '{password}'")
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
            await connection.execute(f'CREATE DATABASE "{name}" OWNER "{name}"')
        await connection.execute(f'REVOKE ALL ON DATABASE "{name}" FROM PUBLIC')
    finally:
        await connection.close()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m deploy.provision", description=__doc__)
    steps = parser.add_subparsers(dest="step", required=True)
    making = steps.add_parser("secrets", help="make the secrets once, and deal each container its own")
    making.add_argument("--purpose", choices=("demo", "real"), required=True)
    making.add_argument("--shares", type=Path, required=True, help="a folder with one folder for each container")
    making.add_argument("--postgres", required=True, metavar="HOST:PORT")
    making.add_argument("--kafka", required=True, metavar="HOST:PORT")
    making.add_argument("--services", type=json.loads, required=True, help="JSON: where services find each other")
    making.add_argument("--public", type=json.loads, required=True, help="JSON: where browsers find the services")
    making.add_argument("--mail-in", required=True, metavar="HOST:PORT", help="the mailbox that referrals come to")
    making.add_argument("--mail-server", required=True, help="the host that mail goes out through")
    making.add_argument("--sign-in", required=True, metavar="URL", help="where browsers find the sign-in provider")
    preparing = steps.add_parser("databases", help="prepare the databases and the bus")
    for each in (making, preparing):
        each.add_argument("--state", type=Path, required=True, help="the folder that keeps every secret")
    return parser.parse_args()


def _installation(asked: argparse.Namespace) -> Installation:
    """Return what was asked for; BadInput when real notices would go where nobody reads them."""
    if asked.purpose == "real" and asked.mail_server == CATCHES_MAIL:
        message = f"Real use needs a mail server: {CATCHES_MAIL} only catches mail; set THROUGHLINE_NOTIFY_SMTP_HOST."
        raise BadInput(message)
    return Installation(
        purpose=asked.purpose,
        postgres=asked.postgres,
        kafka=asked.kafka,
        services=asked.services,
        public=asked.public,
        mail_in=asked.mail_in,
        sign_in=asked.sign_in,
    )


def main() -> int:
    """Do the step that the command line names; 2 with one sentence when something must be mended first."""
    asked = _arguments()
    try:
        if asked.step == "secrets":
            make_secrets(asked.state, asked.shares, _installation(asked))
        else:
            asyncio.run(prepare(StateFolder(asked.state.absolute())))
    except ThroughlineError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
