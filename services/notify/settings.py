"""What notify reads from its environment beyond what every service reads."""

from typing import Annotated, Literal

from pydantic import Field

from chassis.settings import ServiceSettings


class NotifySettings(ServiceSettings):
    """Where mail goes out, under which name, and where the demonstration's own mail server listens.

    In a demonstration the defaults lead to the local mail folder, and an empty `smtp_host` to the console.
    """

    smtp_host: str = "127.0.0.1"
    smtp_port: int = 2526
    smtp_starttls: Literal["never", "if-offered", "always"] = "if-offered"
    smtp_username: str = ""
    smtp_password: str = ""
    smtp_patience: Annotated[float, Field(gt=0, le=60)] = 30.0
    mail_sender: str = "Throughline <no-reply@throughline.example>"
    mail_domain: str = "notify.throughline.example"
    mail_sink_port: int = 2526
