"""Joins the parts of intake."""

from fastapi import FastAPI

from chassis.app import Service, create_app
from services.intake import handlers, jobs, models, operations
from services.intake.domain import PERMISSIONS
from services.intake.doors import mailbox
from services.intake.operations.erasing import may_erase_original
from services.intake.settings import IntakeSettings
from services.intake.spool import sheltered
from services.intake.web import api, routes
from services.intake.web.form.refusals import refusal_values


def service(settings: IntakeSettings | None = None) -> Service:
    """Return what intake is made of; its own settings are those of the environment unless given."""
    own = settings or IntakeSettings(service="intake")
    return Service(
        name="intake",
        title="Prevent referrals",
        metadata=models.metadata,
        handlers=handlers.handlers,
        pages=routes.PAGES,
        permissions=PERMISSIONS,
        navigation=routes.NAVIGATION,
        jobs=jobs.JOBS,
        doors=(sheltered, mailbox),
        routers=(api.router,),
        ops_routes=routes.OPS_ROUTES,
        on_receipt=operations.note_receipts,
        erase_subject=operations.erase_subject,
        may_erase=may_erase_original,
        clients=lambda _settings, _secrets: own,
        refusal_values=refusal_values,
        shelters=own.spool_directory is not None,
    )


def create() -> FastAPI:
    """Return the application that the supervisor serves."""
    settings = IntakeSettings(service="intake")
    settings.localities.check_withholding(operations.MAY_WITHHOLD)
    return create_app(service(settings), settings)
