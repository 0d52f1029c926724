"""As whom the jobs of notify run, and with which settings."""

from chassis.actor import Actor
from chassis.runtime import Runtime
from services.notify.settings import NotifySettings


def job_actor(runtime: Runtime) -> Actor:
    """Return whoever sends, for what is recorded."""
    return Actor.job(runtime.settings.service, "send")


def notify_settings(runtime: Runtime) -> NotifySettings:
    """Return the settings of notify; TypeError where it was started with others."""
    if not isinstance(runtime.settings, NotifySettings):
        message = "Notify runs with its own settings; start it through services.notify.app."
        raise TypeError(message)
    return runtime.settings
