"""Records how far a referral has got elsewhere, and has the referrer told where the area allows it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from chassis import audit, outbox
from chassis.database import Session
from contracts.intake.referrer import ReferrerMessageDue
from contracts.vocabulary import ProgressStage
from services.intake import models
from services.intake.domain import ReferralUnknown


@dataclass(frozen=True)
class Progress:
    """A stage that a referral has reached, as its publisher tells it; `caused_by` is the event that said so."""

    referral_id: UUID
    publisher: str
    stage: ProgressStage
    reached_at: datetime
    caused_by: UUID


async def record_progress(session: Session, progress: Progress, *, now: datetime) -> None:
    """Record a stage once; ask notify to tell the referrer if the area tells this stage and an address is known.

    Raises ReferralUnknown when there is no such referral here.
    """
    await session.lock(progress.referral_id)
    referral = models.referral
    row = await session.first(select(referral).where(referral.c.id == progress.referral_id))
    if row is None:
        raise ReferralUnknown("There is no referral with that subject here: compare the publisher's outbox.")
    allowed = row.referrer_email is not None and progress.stage in row.tells
    told = allowed and not await _is_told(session, progress)
    values = {
        "referral_id": row.id,
        "publisher": progress.publisher,
        "stage": str(progress.stage),
        "area": row.area,
        "reached_at": progress.reached_at,
        "told": told,
    }
    statement = insert(models.progress).values(values).on_conflict_do_nothing().returning(models.progress.c.stage)
    if await session.first(statement) is None:
        return
    if told:
        message = ReferrerMessageDue(
            reference=row.reference,
            due_at=now,
            email=await session.unseal_text(row.id, row.referrer_email),
            stage=progress.stage,
            language=row.language,
        )
        about = outbox.About(row.id, row.area, row.area_version, row.correlation_id, progress.caused_by)
        await outbox.add(session, message, about=about)
    facts = {"stage": str(progress.stage), "told": str(told)}
    await audit.record(session, "referral.progressed", subject=row.id, now=now, area=row.area, facts=facts)


async def _is_told(session: Session, progress: Progress) -> bool:
    """Say whether the referrer has been told of this stage before, whoever it was that reached it."""
    table = models.progress
    told = select(table.c.told).where(
        table.c.referral_id == progress.referral_id, table.c.stage == str(progress.stage), table.c.told
    )
    return bool(await session.scalar(told))
