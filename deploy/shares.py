"""Who is given which file: the secrets of a deployment are made once, and each container gets its own only."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from chassis.internal import SCRAPER
from cli import vault
from cli.state import Purpose, StateFolder, write_private
from contracts.catalogue import SERVICES
from deploy import realm
from deploy.kafka.layout import ADMIN, Layout, laid_out, settings_of

INSTALLATION = "installation.json"
KEYCLOAK_DATABASE = "keycloak"
INFRASTRUCTURE = ("postgres", "kafka", "keycloak", "prometheus", "grafana")
RECEIVERS = (*SERVICES, *INFRASTRUCTURE, "operator")
"""Each has a folder of this name, which nobody else is given."""
BROKER_DATA = Path("/var/lib/kafka")
LISTENING = "0.0.0.0"  # noqa: S104  a container's network is its own


@dataclass(frozen=True)
class Installation:
    """What one deployment is: what for, and where its parts find each other ("host:port", or URLs by service)."""

    purpose: Purpose
    postgres: str
    kafka: str
    services: Mapping[str, str]
    public: Mapping[str, str]
    mail_in: str
    sign_in: str


@dataclass(frozen=True)
class Passwords:
    """Secrets at the parts that are not ours; the staff's is a demonstration's only, and empty otherwise."""

    keycloak_database: str
    keycloak_admin: str
    grafana_admin: str
    demonstration: str


def split(address: str) -> tuple[str, int]:
    """Return host and port of "host:port"; ValueError when it is something else."""
    host, _, port = address.rpartition(":")
    return host, int(port)


def passwords(folder: StateFolder, purpose: Purpose) -> Passwords:
    """Return the secrets at the parts that are not ours, made the first time."""
    path = folder.secrets / "platform.json"
    if not path.exists():
        made = Passwords(
            keycloak_database=secrets.token_urlsafe(24),
            keycloak_admin=secrets.token_urlsafe(24),
            grafana_admin=secrets.token_urlsafe(24),
            demonstration=secrets.token_urlsafe(9) if purpose == "demo" else "",
        )
        write_private(path, json.dumps(asdict(made), indent=1) + "\n")
    return Passwords(**json.loads(path.read_text(encoding="utf-8")))


def broker_layout(folder: StateFolder, kafka: str) -> Layout:
    """Return the one broker's identity and passwords, made the first time."""
    return laid_out(folder.root / "kafka", 1, [split(kafka)[1]])


def bus_admin_url(folder: StateFolder, installation: Installation) -> str:
    """Return the bus's address with its administrator, which no service is ever given."""
    return f"kafka://{ADMIN}:{broker_layout(folder, installation.kafka).admin_password}@{installation.kafka}"


def deal(folder: StateFolder, shares: Path, installation: Installation) -> None:
    """Write every container's files into its folder of `shares`; what was made before stays as it is."""
    made, given = vault.load(folder), passwords(folder, installation.purpose)
    for service in SERVICES:
        _hand(vault.secrets_file(folder, service).read_text(encoding="utf-8"), shares / service / "secrets.json")
    operator = shares / "operator" / "secrets"
    operator.mkdir(mode=0o700, exist_ok=True)
    _hand((folder.secrets / vault.OPERATOR).read_text(encoding="utf-8"), operator / vault.OPERATOR)
    for path, text in _infrastructure(folder, installation, made, given).items():
        _hand(text, shares / path, others=True)


def _infrastructure(
    folder: StateFolder, installation: Installation, made: vault.Vault, given: Passwords
) -> Mapping[str, str]:
    """Return the files of the containers that are not ours, by path below the shares."""
    layout = broker_layout(folder, installation.kafka)
    template = json.loads(realm.FILE.read_text(encoding="utf-8"))
    imported = realm.completed(template, made.oidc_client_secrets, installation.public, given.demonstration)
    return {
        "postgres/password": made.role_passwords[vault.SUPERUSER],
        "kafka/server.properties": _lines(broker_settings(layout, installation.kafka)),
        "kafka/cluster-id": layout.cluster_id,
        "kafka/admin-password": layout.admin_password,
        "keycloak/keycloak.conf": _lines(_keycloak(installation, given)),
        "keycloak/realm.json": json.dumps(imported, indent=1) + "\n",
        "prometheus/credential": made.machine_credentials[SCRAPER],
        "grafana/admin-password": given.grafana_admin,
    }


def broker_settings(layout: Layout, kafka: str) -> dict[str, object]:
    """Return the settings of the one broker in its container: those of `python -m deploy.kafka`, its address aside."""
    settings = settings_of(BROKER_DATA, layout, 0)
    own = layout.ports[0]
    return settings | {
        "listeners": str(settings["listeners"]).replace(
            f"CLIENT://127.0.0.1:{own.client}", f"CLIENT://{LISTENING}:{own.client}"
        ),
        "advertised.listeners": f"CLIENT://{kafka},BROKER://127.0.0.1:{own.broker}",
    }


def _keycloak(installation: Installation, given: Passwords) -> dict[str, object]:
    return {
        "db": "postgres",
        "db-url": f"jdbc:postgresql://{installation.postgres}/{KEYCLOAK_DATABASE}",
        "db-username": KEYCLOAK_DATABASE,
        "db-password": given.keycloak_database,
        "bootstrap-admin-username": ADMIN,
        "bootstrap-admin-password": given.keycloak_admin,
        # A browser and the services reach it under different names; what it says of itself is the browser's.
        "hostname": installation.sign_in,
        "hostname-backchannel-dynamic": "true",
        "http-enabled": "true",
        "health-enabled": "true",
        "cache": "local",
    }


def _lines(settings: Mapping[str, Any]) -> str:
    return "".join(f"{name}={value}\n" for name, value in settings.items())


def _hand(text: str, path: Path, *, others: bool = False) -> None:
    """Put a file into a container's folder; `others`: its program runs as a user whom we do not know."""
    write_private(path, text)
    if others:
        path.chmod(0o444)
