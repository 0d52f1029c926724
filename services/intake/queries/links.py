"""Which referrals may be about the same person, and what was said of that."""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select, text, tuple_

from chassis.database import Session
from services.intake import models
from services.intake.domain import Answer

PairPlace = tuple[datetime, UUID, UUID]
"""When a pair was found, and the ids of the later and the earlier referral."""

_SHARED = text(
    """SELECT other.reference, theirs.mark FROM referral_pair AS pair
    JOIN referral AS other ON other.id IN (pair.earlier_id, pair.later_id) AND other.id <> :id
    JOIN likeness_mark AS theirs ON theirs.referral_id = other.id
    JOIN likeness_mark AS mine ON mine.mark = theirs.mark AND mine.referral_id = :id
    WHERE :id IN (pair.earlier_id, pair.later_id)"""
)


@dataclass(frozen=True)
class WaitingPair:
    """Two referrals about perhaps the same person, of which nobody has said anything yet; no identity.

    Earlier and later is when they came; their ids, by which the pair is kept, do not rise.
    """

    earlier_reference: str
    later_reference: str
    found_at: datetime
    place: PairPlace


@dataclass(frozen=True)
class PairView:
    """What is known of one referral and another: the last answer with its reason, or that it waits for one.

    `marks` are those of likeness that both have now.
    """

    other_reference: str
    answer: Answer
    reason: str = ""
    by: str = ""
    answered_at: datetime | None = None
    answered_in: str = ""
    marks: frozenset[bytes] = frozenset()


async def waiting_pairs(session: Session, *, limit: int, after: PairPlace | None = None) -> tuple[WaitingPair, ...]:
    """Return the pairs that wait for an answer, longest first, of which the actor may see both referrals."""
    pair, earlier, later = models.referral_pair, models.referral.alias(), models.referral.alias()
    place = tuple_(pair.c.found_at, pair.c.later_id, pair.c.earlier_id)
    statement = (
        select(
            pair,
            earlier.c.reference.label("one"),
            earlier.c.received_at.label("one_came"),
            later.c.reference.label("other"),
            later.c.received_at.label("other_came"),
        )
        .join(earlier, earlier.c.id == pair.c.earlier_id)
        .join(later, later.c.id == pair.c.later_id)
        .where(pair.c.answer == Answer.WAITING)
        .order_by(*place.clauses)
        .limit(limit)
    )
    if after is not None:
        statement = statement.where(place > tuple_(*after))
    return tuple(_waiting(row) for row in await session.rows(statement))


def _waiting(row: Any) -> WaitingPair:
    references = (row.one, row.other) if row.one_came <= row.other_came else (row.other, row.one)
    return WaitingPair(*references, row.found_at, (row.found_at, row.later_id, row.earlier_id))


async def count_waiting_pairs(session: Session) -> int:
    """Return how many pairs wait for an answer."""
    pair = models.referral_pair
    return int(await session.scalar(select(func.count()).select_from(pair).where(pair.c.answer == Answer.WAITING)))


async def pairs_of(session: Session, referral_id: UUID) -> tuple[PairView, ...]:
    """Return every pair that a referral is part of, those without an answer first, then the newest answer."""
    pair, other = models.referral_pair, models.referral
    statement = (
        select(pair, other.c.reference)
        .join(other, or_(other.c.id == pair.c.earlier_id, other.c.id == pair.c.later_id))
        .where(or_(pair.c.earlier_id == referral_id, pair.c.later_id == referral_id), other.c.id != referral_id)
        .order_by(pair.c.answered_at.desc().nulls_first(), pair.c.found_at.desc())
    )
    shared = defaultdict(set)
    for row in await session.rows(_SHARED, {"id": referral_id}):
        shared[row.reference].add(row.mark)
    views = [await _view(session, row) for row in await session.rows(statement)]
    return tuple(replace(view, marks=frozenset(shared[view.other_reference])) for view in views)


async def _view(session: Session, row: Any) -> PairView:
    if row.answer == Answer.WAITING:
        return PairView(row.reference, Answer.WAITING)
    given = models.pair_answer
    last = await session.first(
        select(given)
        .where(given.c.later_id == row.later_id, given.c.earlier_id == row.earlier_id)
        .order_by(given.c.answered_at.desc(), given.c.answered_in.desc())
        .limit(1)
    )
    if last is None:
        return PairView(row.reference, Answer(row.answer), answered_at=row.answered_at)
    reason = await session.unseal_text(row.later_id, last.sealed_reason) if last.sealed_reason else ""
    return PairView(row.reference, Answer(row.answer), reason, last.by_name, last.answered_at, last.answered_in)
