"""What a search finds: the referral of a reference, and those of people who answer to the words."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from chassis.database import Session
from contracts.vocabulary import is_reference, tidy_reference
from services.triage.domain import ReferralNotFound, State
from services.triage.queries.holding import Held, held_by_reference

MOST_FOUND = 50


@dataclass(frozen=True)
class Found:
    """One referral that a search found, who it is about, and how it answers to the words."""

    subject: UUID
    reference: str
    name: str
    born: date | None
    district: str
    state: State
    received_at: datetime
    how: str


async def search(session: Session, words: str) -> tuple[Found, ...]:
    """Return the referrals that answer to a reference; 50 at most, and only those that the actor may see."""
    if is_reference(tidy_reference(words)):
        try:
            return (found_by(await held_by_reference(session, words), "The reference"),)
        except ReferralNotFound:
            return ()
    return ()


def found_by(held: Held, how: str) -> Found:
    """Return a referral as a search shows it."""
    summary = held.summary
    return Found(
        subject=held.subject,
        reference=held.reference,
        name=summary.name if summary else "",
        born=summary.date_of_birth if summary else None,
        district=summary.district if summary else "",
        state=held.situation.state,
        received_at=held.received_at,
        how=how,
    )
