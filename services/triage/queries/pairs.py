"""What is said of two referrals that may be about the same person: suggested, linked or kept apart."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, union
from sqlalchemy.dialects.postgresql import distinct_on

from chassis.database import Session
from services.triage import models


@dataclass(frozen=True)
class SamenessView:
    """What was said last of this referral and another one: `answer` is linked or separate."""

    other_reference: str
    answer: str
    reason: str
    by: str
    answered_at: datetime
    answered_in: str


async def sameness(session: Session, reference: str) -> tuple[SamenessView, ...]:
    """Return what was said last of each pair that a referral is part of, newest first."""
    table = models.sameness
    one, other = table.c.earlier_reference, table.c.later_reference
    last = select(table).ext(distinct_on(one, other)).where((one == reference) | (other == reference))
    rows = await session.rows(last.order_by(one, other, table.c.answered_at.desc(), table.c.answered_in.desc()))
    views = [
        SamenessView(
            row.earlier_reference if row.later_reference == reference else row.later_reference,
            row.answer,
            await session.unseal_text(row.subject, row.sealed_reason) if row.sealed_reason else "",
            row.by_name,
            row.answered_at,
            row.answered_in,
        )
        for row in rows
    ]
    return tuple(sorted(views, key=lambda view: view.answered_at, reverse=True))


async def unanswered(session: Session, reference: str) -> tuple[str, ...]:
    """Return the references that a referral may be the same as and that nobody has answered."""
    answered = {each.other_reference for each in await sameness(session, reference)}
    return tuple(other for other in await suggested(session, reference) if other not in answered)


async def linked(session: Session, reference: str) -> tuple[str, ...]:
    """Return the references of the other referrals that are confirmed to be about the same person."""
    return tuple(each.other_reference for each in await sameness(session, reference) if each.answer == "linked")


async def suggested(session: Session, reference: str) -> tuple[str, ...]:
    """Return the references that a referral may be the same as, whichever of the two was announced as such."""
    table = models.likeness
    named = select(table.c.other_reference.label("other")).where(table.c.reference == reference)
    naming = select(table.c.reference.label("other")).where(table.c.other_reference == reference)
    return tuple(sorted(row.other for row in await session.rows(union(named, naming))))
