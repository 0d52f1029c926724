"""What notify reads from its environment beyond what every service reads."""

import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, IPvAnyNetwork

from areas import Area
from chassis.clock import LONDON, add_working_days, due_at
from chassis.settings import Secrets, ServiceSettings
from contracts.vocabulary import Team
from services.notify.clients import NotifyAccount, Outward
from services.notify.domain import AnswerTimes
from services.notify.operations import Letterhead

_BOUNCE_ADDRESS = r"^$|^[A-Za-z0-9_-]{1,10}@[A-Za-z0-9.-]+$"
"""What stands before the @ of a mail address has at most 64 letters, and the token behind the + takes 53 of them."""

_DOMAIN = r"^[a-z0-9-]+(\.[a-z0-9-]+)+$"
_SECURE_URL = r"^https://[^\s]+$|^http://127\.0\.0\.1(:\d+)?(/[^\s]*)?$"


class NotifySettings(ServiceSettings):
    """Where mail goes out, under which name, where it comes back to, and where the demonstration's mail server listens.

    What comes back is addressed to `bounce_address` with a + and a token before its @. With a `bounce_port` it is taken
    by SMTP there, from the installation's own mail server.

    Mails to `smtp_secure_domains` go only over an encrypted line to a mail server with a valid certificate.

    Webhooks go to public addresses and to `webhook_networks`, signed with the secrets of `webhook_secrets_file`
    (docs/webhooks.md). GOV.UK Notify is used where `govuk_notify_key` is set (docs/govuk-notify.md).

    `throughline up` leads a demonstration's mails to the local mail folder, and asks for `smtp_host` in real use.
    """

    smtp_host: str = ""
    smtp_port: int = 25
    smtp_starttls: Literal["never", "if-offered", "always"] = "if-offered"
    smtp_secure_domains: frozenset[Annotated[str, Field(pattern=_DOMAIN)]] = frozenset()
    smtp_username: str = ""
    smtp_password: str = ""
    smtp_patience: Annotated[float, Field(gt=0, le=30)] = 30.0
    mail_sender: str = "Throughline <no-reply@throughline.example>"
    mail_domain: str = "notify.throughline.example"
    mail_sink_port: int = 2526
    bounce_address: Annotated[str, Field(pattern=_BOUNCE_ADDRESS)] = ""
    bounce_host: str = "127.0.0.1"
    bounce_port: Annotated[int, Field(ge=0, le=65535)] = 0
    webhook_secrets_file: Path | None = None
    webhook_networks: tuple[IPvAnyNetwork, ...] = ()
    webhook_patience: Annotated[float, Field(gt=0, le=30)] = 15.0
    govuk_notify_key: Annotated[str, Field(repr=False)] = ""
    govuk_notify_url: Annotated[str, Field(pattern=_SECURE_URL)] = "https://api.notifications.service.gov.uk"
    govuk_notify_templates: Mapping[str, str] = Field(default_factory=dict)

    @property
    def bounces_to(self) -> str:
        """The mailbox to which mails come back, "" where this installation has none: a demonstration has its own."""
        return self.bounce_address or (f"bounces@{self.mail_domain}" if self.mode == "demo" else "")


REMINDED_BEFORE = 2
"""So many working days before something is due a mail reminds of it."""
MORNING = time(8)
URGENT_MINUTES = 60
"""So many minutes a front door has in immediate danger where its area says nothing else."""


def due_on(due_at: datetime) -> date:
    """Return the day in London on which something is due."""
    return due_at.astimezone(LONDON).date()


def reminders(due_at: datetime) -> tuple[datetime, datetime]:
    """Return when mails remind of what is due: the morning two working days before it, and that of the day after."""
    day = due_on(due_at)
    days = (add_working_days(day, -REMINDED_BEFORE), day + timedelta(days=1))
    before, after = (datetime.combine(each, MORNING, LONDON) for each in days)
    return before, after


def answer_times(area: Area, door_id: str, began_at: datetime, *, immediate_danger: bool) -> AnswerTimes:
    """Return by when a front door acknowledges a concern, and when those whom it names are told that it has not.

    The time ends at the close of a working day of the door. Where somebody is in immediate danger it is minutes at any
    hour, and each further person is told after as many again.
    """
    recipient, door = area.recipient(Team.FRONT_DOOR), area.front_door(door_id)
    if immediate_danger:
        minutes = timedelta(minutes=(recipient.urgent_within_minutes if recipient else None) or URGENT_MINUTES)
        told = tuple(began_at + minutes * step for step, _ in enumerate(door.escalations, 1))
        return AnswerTimes(began_at + minutes, told)
    days = (recipient.acknowledged_within_working_days if recipient else None) or 0
    closes = f"{door.opening_hours.working_days.closes:%H:%M}"
    due = due_at(began_at, days, closes)
    after = (each.after_working_days for each in door.escalations)
    return AnswerTimes(due, tuple(due_at(due, each, closes) if each else due for each in after))


def answer_due(area: Area, what: str, key: str, since: datetime) -> datetime:
    """Return by when a service acknowledges a signpost, or a force answers a transfer; LookupError for neither."""
    closes = f"{area.clocks.closes_at:%H:%M}"
    if what == "transfer":
        return due_at(since, area.gateway.transfer_answer, closes)
    return due_at(since, area.signpost_service(key).acknowledged_within_working_days, closes)


def code_key(secrets: Secrets) -> bytes:
    """Return the key under which one-time codes are kept."""
    return hmac.digest(secrets.session_secret.encode(), b"codes:without-account", "sha256")


def bounce_key(secrets: Secrets) -> bytes:
    """Return the key under which the addresses are made to which mails come back."""
    return hmac.digest(secrets.session_secret.encode(), b"bounces:of-notices", "sha256")


def digest_key(secrets: Secrets) -> bytes:
    """Return the key of the digests of what went to addresses that are kept sealed."""
    return hmac.digest(secrets.session_secret.encode(), b"digests:of-mails", "sha256")


def link_key(secrets: Secrets) -> bytes:
    """Return the key under which the links are made that open something without signing in."""
    return hmac.digest(secrets.session_secret.encode(), b"links:without-account", "sha256")


def letterhead(settings: ServiceSettings, secrets: Secrets) -> Letterhead:
    """Return what the links in the mails of this installation are made from."""
    return Letterhead(settings.public_url, link_key(secrets))


def webhook_secrets(settings: NotifySettings) -> Callable[[str], Sequence[str]]:
    """Return the question which secrets a recipient of webhooks (area/id) has, the newest first.

    The file is read at each sending, so that a secret can be changed while notify runs; one that cannot be read holds
    none, and what should have gone by webhook goes the second way.
    """

    def secrets_of(recipient: str) -> Sequence[str]:
        if settings.webhook_secrets_file is None:
            return ()
        try:
            found = json.loads(settings.webhook_secrets_file.read_text("utf-8"))[recipient]
        except (OSError, ValueError, KeyError, TypeError):
            return ()
        return tuple(found) if isinstance(found, list) and all(isinstance(each, str) for each in found) else ()

    return secrets_of


def outward(settings: NotifySettings) -> Outward:
    """Return where webhooks may go: a demonstration may post to receivers on its own machine."""
    networks = [ip_network(str(network)) for network in settings.webhook_networks]
    here = [ip_network("127.0.0.0/8")] if settings.mode == "demo" else []
    return Outward(webhook_secrets(settings), (*networks, *here), settings.webhook_patience)


def notify_account(settings: NotifySettings) -> NotifyAccount:
    """Return the account with GOV.UK Notify that this installation has; one without a key sends nothing."""
    return NotifyAccount(settings.govuk_notify_key, settings.govuk_notify_url, settings.govuk_notify_templates)
