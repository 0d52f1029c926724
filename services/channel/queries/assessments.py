"""The assessments of a case: those that were completed here, those that the packs brought, and the drafts."""

from uuid import UUID

from sqlalchemy import select

from chassis.assessing import Assessments
from chassis.database import Session
from contracts.vocabulary.assessment import Assessment, FactorAnswer, Presence
from services.channel import models
from services.channel.domain.assessing import ASKS
from services.channel.queries.packs import NEWEST_PACK, PackParts

ASSESSMENTS = Assessments(models.assessment, models.assessment_draft, ASKS)
"""What is kept of assessments; docs/decisions/0035 says why the console of triage has the same."""


async def assessments(session: Session, subject: UUID) -> tuple[Assessment, ...]:
    """Return every assessment that was completed here in words, newest first; nothing of an erased case."""
    return await ASSESSMENTS.all(session, subject)


async def newest_assessment(session: Session, subject: UUID) -> Assessment | None:
    """Return the newest assessment that was completed here, None where none was (or it was erased)."""
    return await ASSESSMENTS.latest(session, subject)


async def brought_assessments(session: Session, subject: UUID) -> tuple[Assessment, ...]:
    """Return the assessments that the packs brought, newest first, each once however often its pack was offered."""
    table = models.pack
    rows = await session.rows(select(table).where(table.c.subject == subject).order_by(*NEWEST_PACK))
    parts = [await session.unseal_model(subject, row.sealed_parts, PackParts) for row in rows if row.sealed_parts]
    return tuple(dict.fromkeys(each.assessment for each in parts if each.assessment))


async def assessed_factors(session: Session, subject: UUID) -> tuple[FactorAnswer, ...]:
    """Return the factors that are present, in reading order: as the newest assessment made here has them.

    Where none was made here, as the assessment has them that the newest pack brought.
    """
    newest = await newest_assessment(session, subject)
    if newest is None:
        newest = next(iter(await brought_assessments(session, subject)), None)
    factors = newest.factors if newest else ()
    return tuple(each for each in factors if each.check is None and each.presence is Presence.PRESENT)
