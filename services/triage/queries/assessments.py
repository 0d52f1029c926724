"""The assessments of a referral, complete ones and the drafts of those who write them."""

from uuid import UUID

from sqlalchemy import select

from chassis.assessing import Assessments
from chassis.database import Session
from contracts.vocabulary.assessment import Assessment
from services.triage import models
from services.triage.domain.assessing import ASKS

ASSESSMENTS = Assessments(models.assessment, models.assessment_draft, ASKS)
"""What is kept of assessments; docs/decisions/0035 says why the console of Channel has the same."""


async def assessments(session: Session, subject: UUID) -> tuple[Assessment, ...]:
    """Return every complete assessment of a referral in words, newest first; nothing of an erased one."""
    return await ASSESSMENTS.all(session, subject)


async def latest_assessment(session: Session, subject: UUID) -> Assessment | None:
    """Return the newest complete assessment of a referral, None where none is complete (or it was erased)."""
    return await ASSESSMENTS.latest(session, subject)


async def any_assessment(session: Session, subject: UUID) -> bool:
    """Say whether a complete assessment is kept: what was decided before any were counts as assessed in its row."""
    table = models.assessment
    return await session.scalar(select(table.c.number).where(table.c.subject == subject).limit(1)) is not None
