"""What the console answers about one person's work: what they have begun to write and not recorded."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from chassis.assessing import DraftOf
from chassis.database import Session
from services.channel import models
from services.channel.domain import Command
from services.channel.queries.assessments import ASSESSMENTS
from services.channel.queries.meetings import meeting_reference

BEGUN = models.begun_work
"""Where the pages keep what is begun on them."""
SHOWN = 50


@dataclass(frozen=True)
class BegunLine:
    """Work that somebody has begun and not recorded: on which page of which case or meeting."""

    id: UUID
    reference: str
    command: str
    address: str
    saved_at: datetime


async def begun_by(session: Session, officer_id: str) -> tuple[BegunLine, ...]:
    """Return what somebody has begun to write and not recorded, the latest first; 50 at most."""
    table, case, meeting = models.begun_work, models.case_file, models.meeting
    joined = select(table, case.c.reference, meeting.c.held_on).select_from(table)
    joined = joined.outerjoin(case, case.c.subject == table.c.subject)
    joined = joined.outerjoin(meeting, meeting.c.id == table.c.subject)
    rows = await session.rows(
        joined.where(table.c.officer_id == officer_id).order_by(table.c.saved_at.desc()).limit(SHOWN)
    )
    return tuple(
        BegunLine(row.id, row.reference or meeting_reference(row.held_on), row.command, row.address, row.saved_at)
        for row in rows
        if row.reference or row.held_on
    )


async def drafts_by(session: Session, officer_id: str) -> tuple[DraftOf, ...]:
    """Return the assessments that somebody is writing, the latest first; 50 at most."""
    return await ASSESSMENTS.of_officer(session, officer_id, models.case_file, SHOWN)


@dataclass(frozen=True)
class LeftLine:
    """What somebody else has begun on a case and not recorded, without its words; `instrument` is an assessment's."""

    id: UUID
    command: str
    instrument: str
    by: str
    saved_at: datetime


async def begun_by_others(session: Session, subject: UUID) -> tuple[LeftLine, ...]:
    """Return what others than the actor have begun on a case and not recorded, the longest untouched first."""
    table, draft, me = models.begun_work, models.assessment_draft, session.actor.id
    begun = await session.rows(select(table).where(table.c.subject == subject, table.c.officer_id != me))
    written = await session.rows(select(draft).where(draft.c.subject == subject, draft.c.by_id != me))
    lines = [LeftLine(row.id, row.command, "", row.officer_name, row.saved_at) for row in begun]
    lines += [LeftLine(row.id, Command.ASSESS, row.instrument, row.by_name, row.saved_at) for row in written]
    return tuple(sorted(lines, key=lambda each: (each.saved_at, each.id)))
