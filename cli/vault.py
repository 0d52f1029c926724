"""Keys and credentials: made once, kept by the supervisor, and dealt out so that each service gets only its own."""

import base64
import hashlib
import json
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chassis.internal import SCRAPER
from cli.errors import StateUnreadable
from cli.state import StateFolder, write_private
from contracts.catalogue import SERVICES, TOPICS
from services.intake.domain.partners import DEMO_CLIENT_ID, demo_secret

FILE = "supervisor.json"
OPERATOR = "operator.json"
OWNERS = "owners.json"
"""Addresses for migrations: no running service may read them."""
BUS_OWNER = "bus_owner"
KEYS_OWNER = "keys_owner"
SUPERUSER = "postgres"


@dataclass
class Vault:
    """Every secret of a state folder: passwords per database role, keys per service and per topic, credentials."""

    role_passwords: dict[str, str] = field(default_factory=dict)
    topic_keys: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    key_encryption_keys: dict[str, str] = field(default_factory=dict)
    machine_credentials: dict[str, str] = field(default_factory=dict)
    audit_signing_keys: dict[str, str] = field(default_factory=dict)
    session_secrets: dict[str, str] = field(default_factory=dict)
    oidc_client_secrets: dict[str, str] = field(default_factory=dict)
    bus_passwords: dict[str, str] = field(default_factory=dict)
    ops_token: str = ""


@dataclass(frozen=True)
class Addresses:
    """Where this start's databases (URL by role, password and name), services (URL by name) and mailbox are.

    `bus_url` (by service and password) is there for another bus than the embedded one.
    """

    database_url: Callable[[str, str, str], str]
    service_urls: Mapping[str, str]
    smtp: tuple[str, int]
    bus_url: Callable[[str, str], str] | None = None


def database_of(service: str) -> str:
    """Return the name of a service's own database."""
    return f"throughline_{service}"


def roles() -> tuple[str, ...]:
    """Return every database role that can sign in, the superuser first."""
    owners = tuple(f"{service}_owner" for service in SERVICES)
    return (SUPERUSER, BUS_OWNER, KEYS_OWNER, *owners, *SERVICES)


def load(folder: StateFolder) -> Vault:
    """Return the folder's secrets, completed with whatever a newer version needs.

    Raises StateUnreadable when there are data but the secrets that open them are gone.
    """
    path = folder.secrets / FILE
    try:
        vault = Vault(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        if folder.postgres.exists():
            message = (
                f"{path} is missing and nothing opens the data without it: restore the secrets folder from its backup."
            )
            raise StateUnreadable(message) from error
        vault = Vault()
    except (ValueError, TypeError) as error:
        message = f"{path} is damaged: restore the secrets folder from its backup."
        raise StateUnreadable(message) from error
    if _complete(vault):
        write_private(path, json.dumps(asdict(vault), indent=1) + "\n")
    return vault


def _complete(vault: Vault) -> bool:
    """Make what is absent; say whether anything was."""
    before = json.dumps(asdict(vault))
    for role in roles():
        vault.role_passwords.setdefault(role, secrets.token_urlsafe(24))
    for topic in TOPICS:
        if topic.sealed:
            vault.topic_keys.setdefault(topic.name, [{"id": secrets.token_hex(4), "key": _key()}])
    for machine in (*SERVICES, SCRAPER):
        vault.machine_credentials.setdefault(machine, f"{machine}.{secrets.token_urlsafe(32)}")
    for service in SERVICES:
        vault.key_encryption_keys.setdefault(service, _key())
        vault.audit_signing_keys.setdefault(service, _signing_key())
        vault.session_secrets.setdefault(service, secrets.token_urlsafe(32))
        vault.oidc_client_secrets.setdefault(service, secrets.token_urlsafe(24))
        vault.bus_passwords.setdefault(service, secrets.token_urlsafe(24))
    vault.ops_token = vault.ops_token or secrets.token_urlsafe(32)
    return json.dumps(asdict(vault)) != before


def _key() -> str:
    return base64.b64encode(os.urandom(32)).decode("ascii")


def _signing_key() -> str:
    return base64.b64encode(Ed25519PrivateKey.generate().private_bytes_raw()).decode("ascii")


def _public_key(signing_key: str) -> str:
    raw = Ed25519PrivateKey.from_private_bytes(base64.b64decode(signing_key)).public_key().public_bytes_raw()
    return base64.b64encode(raw).decode("ascii")


def _digest(credential: str) -> str:
    return hashlib.sha256(credential.encode("ascii")).hexdigest()


def deal(folder: StateFolder, vault: Vault, addresses: Addresses) -> None:
    """Write each service's secrets file and the operator's; the addresses are this start's, the secrets stay."""
    for service in SERVICES:
        write_private(
            secrets_file(folder, service),
            json.dumps(_share(vault, service, addresses), indent=1) + "\n",
        )
    owners = {
        service: addresses.database_url(owner, vault.role_passwords[owner], database_of(service))
        for service in SERVICES
        for owner in (f"{service}_owner",)
    }
    write_private(folder.secrets / OWNERS, json.dumps(owners, indent=1) + "\n")
    operator = {
        "ops_token": vault.ops_token,
        "service_urls": dict(addresses.service_urls),
        "smtp": list(addresses.smtp),
        "audit_public_keys": {name: _public_key(key) for name, key in vault.audit_signing_keys.items()},
        "partner": demo_partner(vault),
    }
    write_private(folder.secrets / OPERATOR, json.dumps(operator, indent=1) + "\n")


def demo_partner(vault: Vault) -> tuple[str, str]:
    """Return the client id and secret of the partner that demonstrations have and real installations refuse."""
    return DEMO_CLIENT_ID, demo_secret(base64.b64decode(vault.key_encryption_keys["intake"]))


def secrets_file(folder: StateFolder, service: str) -> Path:
    """Return the path of a service's secrets file."""
    return folder.secrets / f"{service}.json"


def _share(vault: Vault, service: str, addresses: Addresses) -> dict[str, object]:
    """Return what one service may know: its own keys, and the keys of the topics it publishes or is the audience of."""
    own = vault.role_passwords[service]
    audience = {topic.name for topic in TOPICS if service in (topic.publisher, *topic.consumers)}
    share: dict[str, object] = {
        "database_url": addresses.database_url(service, own, database_of(service)),
        "keys_database_url": addresses.database_url(service, own, "throughline_keys"),
        "bus_url": (
            addresses.bus_url(service, vault.bus_passwords[service])
            if addresses.bus_url
            else addresses.database_url(service, own, "throughline_bus")
        ),
        "key_encryption_key": vault.key_encryption_keys[service],
        "topic_keys": {name: keys for name, keys in vault.topic_keys.items() if name in audience},
        "machine_credential": vault.machine_credentials[service],
        "machine_digests": {name: _digest(credential) for name, credential in vault.machine_credentials.items()},
        "ops_digest": _digest(vault.ops_token),
        "audit_signing_key": vault.audit_signing_keys[service],
        "session_secret": vault.session_secrets[service],
        "oidc_client_id": os.environ.get("THROUGHLINE_OIDC_CLIENT_ID", f"throughline-{service}"),
        "oidc_client_secret": os.environ.get("THROUGHLINE_OIDC_CLIENT_SECRET", vault.oidc_client_secrets[service]),
    }
    if service == "monitor":
        share["ops_token"] = vault.ops_token
    return share
