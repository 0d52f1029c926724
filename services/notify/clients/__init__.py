"""The other systems that notify talks to: the mail server, and how much is sent through it."""

from dataclasses import dataclass, field

from services.notify.clients.carrier import Carrier, Delivery, Facts, Message
from services.notify.clients.mails import CALENDAR_NAME, Mail
from services.notify.clients.restraint import MOST_IN_AN_HOUR, Restraint
from services.notify.clients.smtp import (
    LEAVING_SECONDS,
    ConsoleSmtpClient,
    MailClient,
    SmtpClient,
    SmtpServer,
)
from services.notify.clients.webhook import ConsoleWebhookClient, Outward, WebhookClient

__all__ = [
    "CALENDAR_NAME",
    "LEAVING_SECONDS",
    "MOST_IN_AN_HOUR",
    "Carrier",
    "Clients",
    "ConsoleSmtpClient",
    "ConsoleWebhookClient",
    "Delivery",
    "Facts",
    "Mail",
    "MailClient",
    "Message",
    "Outward",
    "Restraint",
    "SmtpClient",
    "SmtpServer",
    "WebhookClient",
]


@dataclass(frozen=True)
class Clients:
    """The other systems that notify talks to, and the restraint in doing so."""

    mail: MailClient
    restraint: Restraint = field(default_factory=Restraint)
