"""Joins the parts of monitor."""

from fastapi import FastAPI

from chassis.app import Service, create_app
from chassis.settings import Secrets, ServiceSettings
from services.monitor.clients import HttpOpsClient, OpsKeys
from services.monitor.domain import PERMISSIONS
from services.monitor.doors import ops_connections, otlp
from services.monitor.handlers import handlers
from services.monitor.jobs import JOBS
from services.monitor.models import metadata
from services.monitor.settings import MonitorSettings
from services.monitor.web.routes import NAVIGATION, OPS_ROUTES, PAGES


def clients(settings: ServiceSettings, secrets: Secrets) -> HttpOpsClient:
    """Return the client for the other services' operations plane."""
    return HttpOpsClient(settings.service_urls, OpsKeys(secrets.machine_credential, secrets.ops_token))


def service() -> Service:
    """Return monitor, ready to be served."""
    return Service(
        name="monitor",
        title="Monitor",
        metadata=metadata,
        handlers=handlers,
        pages=PAGES,
        navigation=NAVIGATION,
        permissions=PERMISSIONS,
        jobs=JOBS,
        doors=(ops_connections,),
        routers=(otlp,),
        ops_routes=OPS_ROUTES,
        clients=clients,
    )


def create() -> FastAPI:
    """Return the application with the settings of the environment."""
    return create_app(service(), MonitorSettings())
