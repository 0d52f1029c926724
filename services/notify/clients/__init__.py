"""The other systems that notify talks to: the ways out, and how much is sent by them."""

from dataclasses import dataclass, field

from services.notify.clients.carrier import Carrier, Delivery, Facts, Message
from services.notify.clients.govuk_notify import (
    Arrival,
    ConsoleGovukNotifyClient,
    GovukNotifyClient,
    NotifyAccount,
    NotifyCarrier,
)
from services.notify.clients.mails import CALENDAR_NAME, FORM_NAME, Mail
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
    "FORM_NAME",
    "LEAVING_SECONDS",
    "MOST_IN_AN_HOUR",
    "Arrival",
    "Carrier",
    "Clients",
    "ConsoleGovukNotifyClient",
    "ConsoleSmtpClient",
    "ConsoleWebhookClient",
    "Delivery",
    "Facts",
    "GovukNotifyClient",
    "Mail",
    "MailClient",
    "Message",
    "NotifyAccount",
    "NotifyCarrier",
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
    webhooks: Carrier = field(default_factory=lambda: WebhookClient(Outward(lambda _: ())))
    govuk_notify: NotifyCarrier = field(default_factory=lambda: GovukNotifyClient(NotifyAccount("")))
    restraint: Restraint = field(default_factory=Restraint)

    async def hang_up(self) -> None:
        """End what the ways keep open from one notice to the next."""
        for carrier in (self.mail, self.webhooks, self.govuk_notify):
            await carrier.hang_up()
