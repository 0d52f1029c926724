"""As whom the jobs of notify run, and with which settings."""

import hashlib
import hmac

from chassis.actor import Actor
from chassis.runtime import Runtime
from services.notify.operations import Claimed
from services.notify.settings import NotifySettings, digest_key


def job_actor(runtime: Runtime) -> Actor:
    """Return whoever sends, for what is recorded."""
    return Actor.job(runtime.settings.service, "send")


def notify_settings(runtime: Runtime) -> NotifySettings:
    """Return the settings of notify; TypeError where it was started with others."""
    if not isinstance(runtime.settings, NotifySettings):
        message = "Notify runs with its own settings; start it through services.notify.app."
        raise TypeError(message)
    return runtime.settings


def digest_of(runtime: Runtime, claimed: Claimed, said: bytes) -> str:
    """Return the SHA-256 (hex) of what was sent; under a key of this installation where the address is kept sealed.

    Of a mail to one person all but the address is known: whoever guesses it must not be able to tell.
    """
    if claimed.recipient:
        return hmac.digest(digest_key(runtime.secrets), said, "sha256").hex()
    return hashlib.sha256(said).hexdigest()
