"""Deletes what sealing does not cover when a subject is erased: signs of sameness, marks of likeness and pairs."""

from uuid import UUID, uuid4

from sqlalchemy import delete, select, update

from chassis import outbox
from chassis.database import Session
from services.intake import models
from services.intake.domain import Reading
from services.intake.operations.likening import forget_likeness
from services.intake.operations.setting_aside import forget_aside


async def erase_subject(session: Session, subject: UUID) -> None:
    """Remove the listed columns and rows of a subject; the chassis deletes its key, documents and outbox bodies.

    The statistics key goes as well: the facts that were counted under it then link to nobody. An original that still
    waited to be read waits no longer: there is nothing left to read.
    """
    keys, referral, version = models.arrival_key, models.referral, models.referral_version
    quarantined = models.quarantined
    emptied = {"referrer_email": None, "statistics_key": uuid4(), "unread_reason": ""}
    emptied |= {"reading": str(Reading.ERASED)}
    found = select(referral.c.statistics_key).where(referral.c.id == subject)
    await outbox.cut_statistics(session, [row.statistics_key for row in await session.rows(found)])
    await session.execute(delete(models.saved_form).where(models.saved_form.c.id == subject))
    await session.execute(delete(models.progress_access).where(models.progress_access.c.referral_id == subject))
    await session.execute(delete(keys).where(keys.c.referral_id == subject))
    await forget_likeness(session, subject)
    await forget_aside(session, subject)
    await session.execute(delete(quarantined).where(quarantined.c.referral_id == subject))
    evidence = models.sender_evidence
    await session.execute(delete(evidence).where(evidence.c.referral_id == subject))
    await session.execute(update(referral).where(referral.c.id == subject).values(emptied))
    await session.execute(
        update(version).where(version.c.referral_id == subject).values(form=None, found=None, addition=None)
    )
