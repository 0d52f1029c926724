"""Joins the parts of Channel."""

from fastapi import FastAPI

from chassis.app import Service, create_app
from services.channel import handlers, jobs, models, operations
from services.channel.domain import Practices, permissions
from services.channel.settings import ChannelSettings
from services.channel.web import routes


def service(practices: Practices | None = None) -> Service:
    """Return what Channel is made of; `practices` is the area files' unless given."""
    local = practices or ChannelSettings().practices
    return Service(
        name="channel",
        title="Channel",
        metadata=models.metadata,
        handlers=handlers.answers(local),
        pages=routes.PAGES,
        permissions=permissions(),
        navigation=routes.NAVIGATION,
        jobs=jobs.JOBS,
        erase_subject=operations.erase_subject,
        clients=lambda settings, secrets: local,  # noqa: ARG005 - Channel calls no other system; the pages ask for practice
    )


def create() -> FastAPI:
    """Return the application that the supervisor serves."""
    return create_app(service(), ChannelSettings())
