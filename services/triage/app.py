"""Joins the parts of triage."""

from fastapi import FastAPI

from chassis.app import Service, create_app
from services.triage import handlers, jobs, models, operations
from services.triage.domain import Practices, permissions
from services.triage.settings import TriageSettings
from services.triage.web import routes


def service(practices: Practices | None = None) -> Service:
    """Return what triage is made of; `practices` is the area files' unless given."""
    local = practices or TriageSettings().practices
    return Service(
        name="triage",
        title="Police triage",
        metadata=models.metadata,
        handlers=handlers.answers(local),
        pages=routes.PAGES,
        permissions=permissions(),
        navigation=routes.NAVIGATION,
        jobs=jobs.JOBS,
        erase_subject=operations.erase_subject,
        clients=lambda settings, secrets: local,  # noqa: ARG005 - triage calls no other system; the pages ask for practice
    )


def create() -> FastAPI:
    """Return the application that the supervisor serves."""
    return create_app(service(), TriageSettings())
