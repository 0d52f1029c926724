"""What notify reads from its environment beyond what every service reads."""

import hmac
from typing import Annotated, Literal

from pydantic import Field

from chassis.settings import Secrets, ServiceSettings


class NotifySettings(ServiceSettings):
    """Where mail goes out, under which name, and where the demonstration's own mail server listens.

    `throughline up` leads a demonstration's mails to the local mail folder, and asks for `smtp_host` in real use.
    """

    smtp_host: str = ""
    smtp_port: int = 25
    smtp_starttls: Literal["never", "if-offered", "always"] = "if-offered"
    smtp_username: str = ""
    smtp_password: str = ""
    smtp_patience: Annotated[float, Field(gt=0, le=30)] = 30.0
    mail_sender: str = "Throughline <no-reply@throughline.example>"
    mail_domain: str = "notify.throughline.example"
    mail_sink_port: int = 2526


def link_key(secrets: Secrets) -> bytes:
    """Return the key under which the links are made that open something without signing in."""
    return hmac.digest(secrets.session_secret.encode(), b"links:without-account", "sha256")
