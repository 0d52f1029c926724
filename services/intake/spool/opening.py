"""Opens the spool with the service, so that its figures are true from the first minute, and leaves it at the end."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from chassis import telemetry
from chassis.runtime import Runtime
from services.intake.domain import SpoolUnwritable
from services.intake.spool.shelter import shelter_of

log = telemetry.logger("intake.spool")


@asynccontextmanager
async def sheltered(runtime: Runtime) -> AsyncIterator[None]:
    """Hold the spool's folder while the service runs; one that cannot be used is tried again with each use."""
    shelter = shelter_of(runtime)
    if shelter is None:
        log.warning("No folder is set for the spool: without its database intake takes nothing in.")
        yield
        return
    try:
        await shelter.spool.open()
    except SpoolUnwritable:
        log.error("The spool's folder cannot be used.")  # noqa: TRY400  the disk's own words hold a path
    try:
        yield
    finally:
        shelter.spool.close()
