"""What a referrer may be told of a referral: the stages that were told, and nothing else."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, select

from chassis.database import Session
from contracts.vocabulary import ProgressStage
from services.intake import models
from services.intake.domain.saved import token_digest

access = models.progress_access


@dataclass(frozen=True)
class ToldStage:
    """A stage that the referrer has been told of, and when it was reached."""

    stage: ProgressStage
    reached_at: datetime


@dataclass(frozen=True)
class ToldReferral:
    """A referral as its referrer may see it."""

    id: UUID
    reference: str
    area: str
    area_version: str
    district: str
    stages: tuple[ToldStage, ...]


async def progress_link_opens(session: Session, token: str, *, now: datetime) -> bool:
    """Say whether a link still opens something: it is known, its time is not over, and nobody has used it."""
    return await session.first(select(access.c.referral_id).where(still_open(token, now))) is not None


def still_open(token: str, now: datetime) -> ColumnElement[bool]:
    """Return what holds of a link that still opens something."""
    return (access.c.token_digest == token_digest(token)) & access.c.used_at.is_(None) & (access.c.expires_at > now)


async def told_referral(session: Session, referral_id: UUID) -> ToldReferral | None:
    """Return what the referrer has been told, oldest first; None where the referral is not there any more."""
    referral, progress = models.referral, models.progress
    row = await session.first(select(referral).where(referral.c.id == referral_id))
    if row is None or row.referrer_email is None:
        return None
    told = (
        select(progress).where(progress.c.referral_id == referral_id, progress.c.told).order_by(progress.c.reached_at)
    )
    stages = [ToldStage(ProgressStage(each.stage), each.reached_at) for each in await session.rows(told)]
    if ProgressStage.RECEIVED in row.tells:
        stages = [ToldStage(ProgressStage.RECEIVED, row.received_at), *stages]
    return ToldReferral(row.id, row.reference, row.area, row.area_version, row.district, tuple(stages))
