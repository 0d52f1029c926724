"""Joins the parts of notify."""

from fastapi import FastAPI

from chassis.app import Service, create_app
from chassis.settings import Secrets, ServiceSettings
from services.notify.clients import Clients, ConsoleSmtpClient, GovukNotifyClient, SmtpClient, SmtpServer, WebhookClient
from services.notify.domain import PERMISSIONS
from services.notify.doors import bounces, mail_folder
from services.notify.handlers import handlers
from services.notify.jobs import JOBS
from services.notify.models import metadata
from services.notify.operations import erase_subject
from services.notify.settings import NotifySettings, notify_account, outward
from services.notify.web.routes import NAVIGATION, PAGES


def service() -> Service:
    """Return what notify is made of."""
    return Service(
        name="notify",
        title="Notices",
        metadata=metadata,
        handlers=handlers,
        pages=PAGES,
        permissions=PERMISSIONS,
        navigation=NAVIGATION,
        jobs=JOBS,
        doors=(mail_folder, bounces),
        erase_subject=erase_subject,
        clients=clients,
    )


def clients(settings: ServiceSettings, _secrets: Secrets) -> Clients:
    """Return the ways out that the settings ask for: a mail server, or the console of a demonstration that names none.

    In real use nobody reads the console. `throughline up` asks for a server there; without one, mails wait and are not
    called sent.
    """
    if not isinstance(settings, NotifySettings):
        return Clients(ConsoleSmtpClient())
    others = (WebhookClient(outward(settings)), GovukNotifyClient(notify_account(settings)))
    if settings.mode == "demo" and not settings.smtp_host:
        return Clients(ConsoleSmtpClient(), *others)
    server = SmtpServer(
        settings.smtp_host,
        settings.smtp_port,
        settings.smtp_starttls,
        settings.smtp_username,
        settings.smtp_password,
        settings.smtp_patience,
        secure_domains=settings.smtp_secure_domains,
    )
    return Clients(SmtpClient(server), *others)


def create() -> FastAPI:
    """Return the application that the supervisor serves."""
    return create_app(service(), NotifySettings(service="notify"))
