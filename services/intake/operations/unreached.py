"""Referrers and duty officers whom notify could not reach: kept until somebody at the desk has told them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.dialects.postgresql import insert

from chassis import audit
from chassis.database import Session
from contracts.vocabulary import ProgressStage, Unreached, WhomToReach
from services.intake import models
from services.intake.domain import ReferralUnknown, UnreachedUnknown


@dataclass(frozen=True)
class NotReached:
    """Who was not reached of a referral, why, and what they were to hear.

    `id` is that of the event that says so; `about_id` that of the notice, or of the referral for a silent front door.
    """

    id: UUID
    referral_id: UUID
    about_id: UUID
    whom: WhomToReach
    stage: ProgressStage | None
    why: Unreached
    noted_at: datetime


async def note_unreached(session: Session, told: NotReached, *, now: datetime) -> None:
    """Keep for the desk that somebody must be rung, once until they were told; a repeat changes nothing.

    Raises ReferralUnknown.
    """
    await session.lock(told.referral_id)
    referral = models.referral
    area = await session.scalar(select(referral.c.area).where(referral.c.id == told.referral_id))
    if area is None:
        raise ReferralUnknown("There is no referral with that subject here: compare the publisher's outbox.")
    if await session.scalar(select(models.unreached.c.id).where(_waits(told)).limit(1)) is not None:
        return
    values = {
        "id": told.id,
        "referral_id": told.referral_id,
        "about_id": told.about_id,
        "area": area,
        "whom": str(told.whom),
        "stage": str(told.stage) if told.stage else None,
        "why": str(told.why),
        "noted_at": told.noted_at,
    }
    made = await session.execute(insert(models.unreached).values(values).on_conflict_do_nothing())
    if made.rowcount:
        facts = {"whom": str(told.whom), "why": str(told.why)}
        await audit.record(session, "referral.unreached", subject=told.referral_id, now=now, area=area, facts=facts)


async def note_reached(session: Session, told: NotReached, *, now: datetime) -> None:
    """Take somebody off the list who need not be rung any more; whoever was told otherwise is off it already."""
    await session.lock(told.referral_id)
    table = models.unreached
    ended = update(table).where(_waits(told)).values(told_at=now).returning(table.c.area)
    area = await session.scalar(ended)
    if area is not None:
        facts = {"whom": str(told.whom)}
        await audit.record(session, "referral.reached", subject=told.referral_id, now=now, area=area, facts=facts)


def _waits(told: NotReached) -> ColumnElement[bool]:
    """Return which line of the list is of the same notice, or of the same silence."""
    table = models.unreached
    same = (table.c.referral_id == told.referral_id) & (table.c.about_id == told.about_id)
    return same & table.c.told_at.is_(None)


async def note_told(session: Session, unreached_id: UUID, how: str, *, now: datetime) -> None:
    """Record that somebody was told in another way, in an officer's words; raises UnreachedUnknown."""
    table = models.unreached
    row = await session.first(select(table).where(table.c.id == unreached_id, table.c.told_at.is_(None)))
    if row is None:
        raise UnreachedUnknown
    await session.lock(row.referral_id)
    await session.execute(update(table).where(table.c.id == unreached_id).values(told_at=now))
    facts = {"whom": row.whom}
    await audit.record(
        session, "referral.told", subject=row.referral_id, now=now, reason=how, area=row.area, facts=facts
    )
