"""What the console answers about one person's work: what they have begun to write and not recorded."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from chassis.database import Session
from services.channel import models

BEGUN = models.begun_work
"""Where the pages keep what is begun on them."""
SHOWN = 50


@dataclass(frozen=True)
class BegunLine:
    """Work that somebody has begun and not recorded: on which page of which case."""

    id: UUID
    reference: str
    command: str
    address: str
    saved_at: datetime


@dataclass(frozen=True)
class DraftOf:
    """An assessment that somebody is writing: its id, and of which case."""

    id: UUID
    reference: str
    instrument: str
    saved_at: datetime
    area: str
    area_version: str


async def begun_by(session: Session, officer_id: str) -> tuple[BegunLine, ...]:
    """Return what somebody has begun to write and not recorded, the latest first; 50 at most."""
    table, case = models.begun_work, models.case_file
    joined = select(table, case.c.reference).join(case, case.c.subject == table.c.subject)
    rows = await session.rows(
        joined.where(table.c.officer_id == officer_id).order_by(table.c.saved_at.desc()).limit(SHOWN)
    )
    return tuple(BegunLine(row.id, row.reference, row.command, row.address, row.saved_at) for row in rows)


async def drafts_by(session: Session, officer_id: str) -> tuple[DraftOf, ...]:
    """Return the assessments that somebody is writing, the latest first; 50 at most."""
    table, case = models.assessment_draft, models.case_file
    joined = select(
        table.c.id, table.c.instrument, table.c.saved_at, case.c.reference, case.c.area, case.c.area_version
    ).join(case, case.c.subject == table.c.subject)
    rows = await session.rows(joined.where(table.c.by_id == officer_id).order_by(table.c.saved_at.desc()).limit(SHOWN))
    return tuple(
        DraftOf(row.id, row.reference, row.instrument, row.saved_at, row.area, row.area_version) for row in rows
    )
