"""Joins the parts of statistics."""

from fastapi import FastAPI

from chassis.app import Service, create_app
from services.stats.domain import PERMISSIONS
from services.stats.handlers import handlers
from services.stats.jobs import JOBS
from services.stats.models import metadata
from services.stats.settings import StatsSettings
from services.stats.web.routes import NAVIGATION, PAGES


def service() -> Service:
    """Return what statistics is made of."""
    return Service(
        name="stats",
        title="Prevent statistics",
        metadata=metadata,
        handlers=handlers,
        pages=PAGES,
        permissions=PERMISSIONS,
        navigation=NAVIGATION,
        jobs=JOBS,
    )


def create() -> FastAPI:
    """Return the application that the supervisor serves."""
    return create_app(service(), StatsSettings(service="stats"))
