"""Says of two referrals whether they are about the same person: nothing is merged, and each answer can be changed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, text

from chassis import audit, outbox
from chassis.database import Session
from chassis.ids import rising_id
from contracts.intake.police import ReferralsLinked
from services.intake import models
from services.intake.domain import (
    Answer,
    AnsweredIn,
    AnsweredMeanwhile,
    PairAnswer,
    PairOfOne,
    PairUnknown,
    Reading,
    ReasonMissing,
)

_ANSWER = insert(models.pair_answer)
_CURRENT = text(
    """SELECT answer, answered_at, answered_in FROM referral_pair
    WHERE earlier_id = :earlier_id AND later_id = :later_id"""
)
_SET = text(
    """INSERT INTO referral_pair (earlier_id, later_id, area, found_at, answer, answered_at, answered_in)
    VALUES (:earlier_id, :later_id, :area, :at, :answer, :at, :answered_in)
    ON CONFLICT (earlier_id, later_id) DO UPDATE
    SET answer = excluded.answer, answered_at = excluded.answered_at, answered_in = excluded.answered_in"""
)


@dataclass(frozen=True)
class _Pair:
    """The rows of two referrals, in the order in which they came."""

    earlier: Any
    later: Any

    @property
    def ids(self) -> dict[str, UUID]:
        return {"earlier_id": self.earlier.id, "later_id": self.later.id}


async def answer_pair(
    session: Session, references: tuple[str, str], answer: Answer, reason: str, *, now: datetime
) -> None:
    """Record what an officer at the desk says of two referrals, and tell the police; the pair need not be suggested.

    The reason stays here, under the keys of both: erasing either destroys it.
    Raises PairUnknown, PairOfOne, ReasonMissing, or AnsweredMeanwhile when the pair has that answer already.
    """
    if not reason.strip():
        raise ReasonMissing("Enter a reason: others rely on what you say of the two referrals.")
    pair = await _pair(session, references)
    await session.lock(pair.later.id)
    current = await session.first(_CURRENT, pair.ids)
    if current is not None and current.answer == answer:
        raise AnsweredMeanwhile("Somebody has answered the same meanwhile: nothing has changed.")
    by = session.actor.name or session.actor.id
    given = PairAnswer(answer, AnsweredIn.DESK, by, now, reason.strip())
    await _keep(session, pair, given)
    await session.run(_SET, _values(pair, given))
    await _tell_police(session, pair, given)
    await _note(session, pair, given, now)


async def note_pair_answer(session: Session, references: tuple[str, str], given: PairAnswer, *, now: datetime) -> None:
    """Keep what a police officer answered; of two answers the later one counts, wherever it was given.

    Raises PairUnknown when one of the two is not here.
    """
    pair = await _pair(session, references)
    await session.lock(pair.later.id)
    current = await session.first(_CURRENT, pair.ids)
    await _keep(session, pair, given)
    if current is None or _is_later(given, current):
        await session.run(_SET, _values(pair, given))
    await _note(session, pair, given, now)


def _is_later(given: PairAnswer, current: Any) -> bool:
    if current.answered_at is None:
        return True
    return (given.answered_at, str(given.answered_in)) > (current.answered_at, current.answered_in)


async def _pair(session: Session, references: tuple[str, str]) -> _Pair:
    referral = models.referral
    if references[0] == references[1]:
        raise PairOfOne("That is the same referral: give the reference of the other one.")
    found = await session.rows(
        select(referral).where(referral.c.reference.in_(references), referral.c.reading != Reading.ERASED)
    )
    if len(found) != len(references):
        raise PairUnknown("There is no such referral in your areas: check each character of the reference.")
    earlier, later = sorted(found, key=lambda row: row.id)
    return _Pair(earlier, later)


def _values(pair: _Pair, given: PairAnswer) -> dict[str, Any]:
    answered = {"answer": str(given.answer), "at": given.answered_at, "answered_in": str(given.answered_in)}
    return {**pair.ids, "area": pair.later.area, **answered}


async def _keep(session: Session, pair: _Pair, given: PairAnswer) -> None:
    values = {
        "id": rising_id(),
        **pair.ids,
        "area": pair.later.area,
        "answer": str(given.answer),
        "answered_at": given.answered_at,
        "answered_in": str(given.answered_in),
        "by_name": given.by,
        "sealed_reason": await session.seal_together(pair.ids.values(), given.reason) if given.reason else None,
    }
    session.write(_ANSWER, values)


async def _tell_police(session: Session, pair: _Pair, given: PairAnswer) -> None:
    later = pair.later
    event = ReferralsLinked(
        reference=later.reference,
        other_reference=pair.earlier.reference,
        answer="linked" if given.answer is Answer.LINKED else "separate",
        answered_by=given.by,
        answered_at=given.answered_at,
    )
    about = outbox.About(later.id, later.area, later.area_version, later.correlation_id)
    await outbox.add(session, event, about=about)


async def _note(session: Session, pair: _Pair, given: PairAnswer, now: datetime) -> None:
    for row, other in ((pair.later, pair.earlier), (pair.earlier, pair.later)):
        facts = {"other": other.reference, "answered_in": str(given.answered_in)}
        action = f"referral.{'linked' if given.answer is Answer.LINKED else 'separated'}"
        await audit.record(session, action, subject=row.id, now=now, area=row.area, facts=facts)
