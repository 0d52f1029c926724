"""Local practice and the key of likeness, as a running service holds them."""

import hmac
from typing import cast

from chassis.runtime import Runtime
from services.intake.domain import (
    Localities,
)


def localities_of(runtime: Runtime) -> Localities:
    """Return local practice as intake's own settings hold it."""
    return cast("Localities", runtime.clients.localities)


def likeness_key(runtime: Runtime) -> bytes:
    """Return the key of the likeness hashes, which only this service can compute."""
    return hmac.digest(runtime.secrets.key_encryption_key, b"intake likeness", "sha256")
