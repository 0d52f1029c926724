"""What Channel does when another service announces something: one function per event."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from chassis.broker import Handlers, Message
from chassis.database import Session
from contracts.envelope import Event
from contracts.intake.awareness import ReferralMade
from contracts.triage.awareness import PoliceDecisionMade
from contracts.triage.dovetail import (
    PassedForInformationGathering,
    Section36ReferralMade,
)
from services.channel import operations
from services.channel.domain import Practices
from services.channel.operations import Awareness, DecisionHeard, PackArrival

PracticalHandler = Callable[[Practices, Session, Any, Message], Awaitable[None]]


async def on_referral_made(_: Practices, session: Session, event: ReferralMade, message: Message) -> None:
    """Keep that the referral exists, without identity."""
    heard = Awareness(
        subject=message.subject,
        area=message.area,
        event_id=message.event_id,
        reference=event.reference,
        received_at=event.received_at,
        version=event.version,
        age_band=event.age_band,
        district=event.district,
    )
    await operations.keep_awareness(session, heard, message.now)


async def on_police_decision_made(
    practices: Practices, session: Session, event: PoliceDecisionMade, message: Message
) -> None:
    """Show the local authority what the police decided."""
    heard = DecisionHeard(
        message.subject, message.area, message.event_id, event.reference, event.outcome, event.decided_at
    )
    practice = practices.under(message.area, message.area_version, "", message.now)
    await operations.hear_decision(session, heard, practice, message.now)


async def on_passed_for_information_gathering(
    practices: Practices, session: Session, event: PassedForInformationGathering, message: Message
) -> None:
    """Open a case that waits for an answer."""
    await _receive(practices, session, event, message, "")


async def on_section_36_referral_made(
    practices: Practices, session: Session, event: Section36ReferralMade, message: Message
) -> None:
    """Open a case with the grounds, or bring the grounds to the case that is already here."""
    await _receive(practices, session, event, message, event.grounds)


ANSWERS: tuple[tuple[type[Event], PracticalHandler], ...] = (
    (ReferralMade, on_referral_made),
    (PoliceDecisionMade, on_police_decision_made),
    (PassedForInformationGathering, on_passed_for_information_gathering),
    (Section36ReferralMade, on_section_36_referral_made),
)


def answers(practices: Practices) -> Handlers:
    """Return the handlers, working by this local practice."""
    handlers = Handlers()
    for event, handler in ANSWERS:
        handlers.on(event)(partial(handler, practices))
    return handlers


async def _receive(
    practices: Practices,
    session: Session,
    event: PassedForInformationGathering | Section36ReferralMade,
    message: Message,
    grounds: str,
) -> None:
    arrival = PackArrival(
        subject=message.subject,
        correlation_id=message.correlation_id,
        event_id=message.event_id,
        kind="section-36" if grounds else "information-gathering",
        reference=event.reference,
        offered_at=event.offered_at,
        form=event.form,
        rationale=event.rationale,
        grounds=grounds,
        decided_by=event.decided_by,
        risk_owner=event.risk_owner,
        immediate_danger=event.immediate_danger,
        document_ids=tuple(document.id for document in event.documents),
        statistics_key=event.statistics_key,
    )
    practice = practices.under(message.area, message.area_version, event.form.person.district, message.now)
    await operations.receive_pack(session, arrival, practice, message.now)
