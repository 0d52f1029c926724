"""What a running service holds for an outage: its spool, and whether the database is thought to be away."""

import hmac
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

from chassis import telemetry
from chassis.runtime import Runtime
from services.intake.spool.folder import Folder
from services.intake.spool.store import Spool, Waiting

STUCK_TRIES = 3
"""An entry that could not be taken in so often, though the database answered, is for a person."""


class SpoolSettings(Protocol):
    """The settings that the spool needs: no folder, no spool."""

    spool_directory: Path | None
    spool_size_limit: int
    spool_references: int


@dataclass
class Shelter:
    """The spool beside the doors; while `away`, nobody waits for the database, and only the spool's job asks for it."""

    spool: Spool
    references: int
    away: bool = False
    refused: int = 0


class Seen:
    """What the figures tell of this process's spool, as last looked at."""

    shelter: Shelter | None = None
    seconds: float = 0.0


def shelter_of(runtime: Runtime) -> Shelter | None:
    """Return the shelter of a running service, made at first use; None where no folder is set."""
    if "shelter" not in runtime.state:
        runtime.state["shelter"] = Seen.shelter = _made(runtime)
    return cast("Shelter | None", runtime.state["shelter"])


def _made(runtime: Runtime) -> Shelter | None:
    settings = cast("SpoolSettings", runtime.clients)
    if settings.spool_directory is None:
        return None
    # Derived, so that a sealed file says nothing of the key that wraps the subjects' keys.
    key = hmac.digest(runtime.secrets.key_encryption_key, b"intake spool", "sha256")
    spool = Spool(Folder(settings.spool_directory, key), settings.spool_size_limit)
    return Shelter(spool, settings.spool_references)


def _waiting() -> int:
    return len(Seen.shelter.spool.waiting) if Seen.shelter else 0


def _stuck() -> int:
    return sum(map(is_stuck, Seen.shelter.spool.waiting.values())) if Seen.shelter else 0


def is_stuck(waiting: Waiting) -> bool:
    """Say whether an entry is for a person: it does not open, or the database answers and still does not take it."""
    return waiting.receipt is None or waiting.tries >= STUCK_TRIES


def waiting_of(runtime: Runtime) -> tuple[Waiting, ...]:
    """Return what waits in the spool of a running service, oldest first."""
    shelter = shelter_of(runtime)
    return tuple(shelter.spool.waiting.values()) if shelter else ()


def waits(runtime: Runtime, reference: str) -> bool:
    """Say whether the referral with this reference still waits in the spool, so that no team has been told of it."""
    return any(each.receipt is not None and each.receipt.reference == reference for each in waiting_of(runtime))


def _refused() -> int:
    return Seen.shelter.refused if Seen.shelter else 0


def _away() -> int:
    return int(bool(Seen.shelter and Seen.shelter.away))


def _seconds() -> float:
    return Seen.seconds if _waiting() else 0.0


telemetry.gauge("intake.spool.entries", _waiting, "1", "Originals that wait in the spool for the database")
telemetry.gauge("intake.spool.oldest", _seconds, "s", "For how long the oldest original in the spool waits")
telemetry.gauge("intake.spool.stuck", _stuck, "1", "Originals in the spool that the database does not take")
telemetry.gauge("intake.spool.refused", _refused, "1", "Originals refused since the start: the spool took no more")
telemetry.gauge("intake.spool.away", _away, "1", "1 while intake does without its database")
