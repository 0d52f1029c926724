"""Says of two referrals whether they are about the same person; both stay as they are, and the desk is told."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import insert

from chassis import audit, outbox
from chassis.database import Session
from chassis.ids import rising_id
from contracts.triage.desk import ReferralsLinked
from services.triage import models
from services.triage.domain import NotRecorded
from services.triage.queries import Held

_KEEP = insert(models.sameness)


@dataclass(frozen=True)
class SameAnswer:
    """What somebody said of two referrals, the subject of the later one first; `answered_in` is desk or triage."""

    subject: UUID
    later_reference: str
    earlier_reference: str
    answer: Literal["linked", "separate"]
    reason: str
    by: str
    answered_at: datetime
    answered_in: str


async def link_referrals(
    session: Session,
    pair: tuple[Held, Held],
    answer: Literal["linked", "separate"],
    reason: str,
    now: datetime,
) -> None:
    """Record an officer's answer and tell the intake desk; raises NotRecorded without a reason, or for one referral."""
    earlier, later = sorted(pair, key=lambda held: held.subject)
    if earlier.subject == later.subject:
        raise NotRecorded("other", "That is the same referral: give the reference of the other one.")
    if not reason.strip():
        raise NotRecorded("reason", "Enter a reason: others rely on what you say of the two referrals.")
    by = session.actor.name or session.actor.id
    given = SameAnswer(
        later.subject, later.reference, earlier.reference, answer, reason.strip(), by, now, answered_in="triage"
    )
    await session.lock(later.subject)
    await note_linked(session, later, given, now)
    event = ReferralsLinked(
        reference=later.reference,
        other_reference=earlier.reference,
        answer=answer,
        reason=given.reason,
        answered_by=by,
        answered_at=now,
    )
    about = outbox.About(later.subject, later.area, later.area_version, later.correlation_id)
    await outbox.add(session, event, about=about)


async def note_linked(session: Session, later: Held, given: SameAnswer, now: datetime) -> None:
    """Keep an answer, given here or at the intake desk; the latest of a pair counts, the others are its history."""
    row = {
        "id": rising_id(),
        "subject": later.subject,
        "area": later.area,
        "earlier_reference": given.earlier_reference,
        "later_reference": given.later_reference,
        "answer": given.answer,
        "answered_at": given.answered_at,
        "answered_in": given.answered_in,
        "by_name": given.by,
        "sealed_reason": await session.seal(later.subject, given.reason),
    }
    session.write(_KEEP, row)
    action = "referral.linked" if given.answer == "linked" else "referral.separated"
    facts = {"other": given.earlier_reference, "answered_in": given.answered_in}
    await audit.record(session, action, subject=later.subject, now=now, area=later.area, facts=facts)
