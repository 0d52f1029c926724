"""What a service reads from its environment, and the secrets file that provisioning wrote for it alone."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic_settings import BaseSettings, SettingsConfigDict

from chassis.errors import ThroughlineError


class SecretsUnreadable(ThroughlineError):
    """The secrets file is absent, unreadable or lacks an entry."""

    reason = "secrets-unreadable"


class ServiceSettings(BaseSettings):
    """Environment of one service; every variable begins with THROUGHLINE_ and `.env` files are not read.

    A variable that is empty is one that is not set: docker-compose.yml hands on what an installation has and has not.

    `provider_keeps_session` says whether signing out must end a session at the provider too: that of `throughline up`
    keeps none, and without a word any other is thought to. Who only reads is answered within `answer_seconds`.
    """

    model_config = SettingsConfigDict(env_prefix="THROUGHLINE_", env_ignore_empty=True, frozen=True, extra="ignore")

    service: str = ""
    mode: Literal["demo", "real"] = "demo"
    host: str = "127.0.0.1"
    port: int = 0
    secrets_file: Path = Path("secrets.json")
    bus_url: str = ""
    telemetry_url: str = ""
    issuer_url: str = ""
    public_url: str = ""
    provider_keeps_session: bool | None = None
    clock_file: Path | None = None
    mail_directory: Path | None = None
    areas_directory: Path | None = None
    service_urls: Mapping[str, str] = field(default_factory=dict)
    log_level: str = "INFO"
    sample_ratio: float = 1.0
    pool_size: int = 12
    answer_seconds: float = 8.0
    statistics_linger: float = 0.02
    replay_window_days: int = 14
    gap_alarm_seconds: float = 30.0


@dataclass(frozen=True)
class TopicKey:
    """One AES-256 key of a topic; the first of a topic's keys seals, all of them open."""

    id: str
    key: bytes


@dataclass(frozen=True, repr=False)
class Secrets:
    """What only this service may know; its repr shows nothing."""

    database_url: str
    keys_database_url: str
    bus_url: str
    key_encryption_key: bytes
    topic_keys: Mapping[str, tuple[TopicKey, ...]]
    machine_credential: str
    machine_digests: Mapping[str, str]
    ops_digest: str
    ops_token: str
    audit_signing_key: bytes
    session_secret: str
    oidc_client_id: str
    oidc_client_secret: str


def load_secrets(path: Path) -> Secrets:
    """Read one service's secrets file.

    Raises SecretsUnreadable with the file's name, never its content.
    """
    try:
        raw: dict[str, Any] = json.loads(path.read_text())
        return Secrets(
            database_url=raw["database_url"],
            keys_database_url=raw["keys_database_url"],
            bus_url=raw.get("bus_url", ""),
            key_encryption_key=base64.b64decode(raw["key_encryption_key"]),
            topic_keys={
                topic: tuple(TopicKey(key["id"], base64.b64decode(key["key"])) for key in keys)
                for topic, keys in raw["topic_keys"].items()
            },
            machine_credential=raw["machine_credential"],
            machine_digests=raw["machine_digests"],
            ops_digest=raw["ops_digest"],
            ops_token=raw.get("ops_token", ""),
            audit_signing_key=base64.b64decode(raw["audit_signing_key"]),
            session_secret=raw["session_secret"],
            oidc_client_id=raw.get("oidc_client_id", ""),
            oidc_client_secret=raw.get("oidc_client_secret", ""),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        message = f"The secrets file {path.name} cannot be read ({type(error).__name__}); run `throughline doctor`."
        raise SecretsUnreadable(message) from None
