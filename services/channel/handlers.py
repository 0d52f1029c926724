"""What Channel does when another service announces something: one function per event."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from chassis.broker import Handlers, Message
from chassis.database import Session
from contracts.envelope import Event
from contracts.intake.awareness import ReferralMade
from contracts.notify.channel import AskAnswered, AskSeen, AskUndelivered, SocialCareReported
from contracts.triage.awareness import PeopleMerged, PeopleSeparated, PoliceDecisionMade
from contracts.triage.dovetail import (
    CaseReturned,
    CaseTakenBack,
    PackWithdrawn,
    PassedForInformationGathering,
    ReferralCorrected,
    Section36ReferralMade,
    WorkHalted,
    WorkResumed,
)
from services.channel import operations
from services.channel.domain import Command, Practice, Practices
from services.channel.domain.transferring import corrected_words, told_words
from services.channel.operations import Act, Awareness, Correction, DecisionHeard, PackArrival, People, ToTell
from services.channel.queries import PackParts

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
    await operations.hear_decision(session, heard, _practice(practices, message), message.now)


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


async def on_referral_corrected(
    practices: Practices, session: Session, event: ReferralCorrected, message: Message
) -> None:
    """Mark the case with what the police found to be wrong."""
    told = Correction(
        event_id=message.event_id,
        subject=message.subject,
        area=message.area,
        kind=event.kind,
        corrected_at=event.corrected_at,
        corrected_by=event.corrected_by,
        correction=event.correction,
    )
    await operations.keep_correction(session, told, message.now)
    await operations.correct_taker(session, told, message.now)
    words = corrected_words(event.correction)
    await operations.tell_elsewhere(session, message.subject, ToTell(words, message.now), practices)


async def on_pack_withdrawn(practices: Practices, session: Session, event: PackWithdrawn, message: Message) -> None:
    """Say that nobody acts on the pack any more, and whom to speak to; the police are risk owner."""
    act = operations.stop(Command.WITHDRAW, event.speak_to, message.now, event.risk_owner)
    await _follow(practices, session, act, message)


async def on_work_halted(practices: Practices, session: Session, event: WorkHalted, message: Message) -> None:
    """Say that the work waits, and whom to speak to."""
    await _follow(practices, session, operations.stop(Command.HALT, event.speak_to, message.now), message)


async def on_work_resumed(practices: Practices, session: Session, _: WorkResumed, message: Message) -> None:
    """Say that the work goes on."""
    await _follow(practices, session, Act(Command.GO_ON, message.now), message)


async def on_case_taken_back(practices: Practices, session: Session, event: CaseTakenBack, message: Message) -> None:
    """Name the officer who took a case that was given back."""
    practice = _practice(practices, message)
    await operations.hear_taken(session, message.subject, event.risk_owner, practice, message.now)


async def on_case_returned(practices: Practices, session: Session, event: CaseReturned, message: Message) -> None:
    """Let a case go on that was given back and that the police did not take."""
    reason = f"{event.returned_by}: {event.reason}"
    practice = _practice(practices, message)
    await operations.hear_returned(session, message.subject, reason, practice, message.now)


async def on_people_merged(_: Practices, session: Session, event: PeopleMerged, message: Message) -> None:
    """Show these references as one person's; every case and every line stays as it is."""
    said = People(message.subject, message.area, event.merged_at, event.references)
    await operations.note_people(session, said, message.now)


async def on_people_separated(practices: Practices, session: Session, event: PeopleSeparated, message: Message) -> None:
    """Show that these references are no longer one person's, and what was shared wrongly."""
    said = People(message.subject, message.area, event.separated_at, event.remaining, event.separated, event.shared)
    await operations.tell_apart(session, said, practices, message.now)
    await operations.note_people(session, said, message.now)


async def on_ask_seen(practices: Practices, session: Session, event: AskSeen, message: Message) -> None:
    """Note that somebody outside opened what they were shown."""
    look = operations.Look(event.ask_id, event.kind, event.seen_at, event.refused, event.acknowledged)
    ways = operations.SEEN, _practice(practices, message)
    await operations.hear_look(session, message.subject, look, ways, message.now)


async def on_ask_answered(practices: Practices, session: Session, event: AskAnswered, message: Message) -> None:
    """Keep what somebody outside answered with what it is about."""
    reply = operations.Reply(
        ask_id=event.ask_id,
        kind=event.kind,
        at=event.answered_at,
        by=event.answered_by,
        report=event.report,
        answers=event.answers,
        accepted=event.accepted,
        taker=event.taker,
        taken=event.taken,
    )
    await operations.hear_answer(session, message.subject, reply, _practice(practices, message), message.now)


async def on_ask_undelivered(practices: Practices, session: Session, event: AskUndelivered, message: Message) -> None:
    """Say in the case that a mail did not arrive, so that somebody rings; or that it has gone out after all."""
    told = operations.Undelivered(event.ask_id, event.kind, event.failed_at, event.reached)
    await operations.hear_undelivered(session, message.subject, told, _practice(practices, message), message.now)


async def on_social_care_reported(
    practices: Practices, session: Session, event: SocialCareReported, message: Message
) -> None:
    """Write in the case what social care did about its safeguarding concern."""
    said = operations.SocialCareWord(event.done, event.report.strip(), event.reported_by)
    await operations.hear_social_care(session, message.subject, said, _practice(practices, message), message.now)


ANSWERS: tuple[tuple[type[Event], PracticalHandler], ...] = (
    (ReferralMade, on_referral_made),
    (PoliceDecisionMade, on_police_decision_made),
    (PassedForInformationGathering, on_passed_for_information_gathering),
    (Section36ReferralMade, on_section_36_referral_made),
    (ReferralCorrected, on_referral_corrected),
    (PackWithdrawn, on_pack_withdrawn),
    (WorkHalted, on_work_halted),
    (WorkResumed, on_work_resumed),
    (CaseTakenBack, on_case_taken_back),
    (CaseReturned, on_case_returned),
    (PeopleMerged, on_people_merged),
    (PeopleSeparated, on_people_separated),
    (AskSeen, on_ask_seen),
    (AskAnswered, on_ask_answered),
    (AskUndelivered, on_ask_undelivered),
    (SocialCareReported, on_social_care_reported),
)


def answers(practices: Practices) -> Handlers:
    """Return the handlers, working by this local practice."""
    handlers = Handlers()
    for event, handler in ANSWERS:
        handlers.on(event)(partial(handler, practices))
    return handlers


def _practice(practices: Practices, message: Message) -> Practice:
    return practices.under(message.area, message.area_version, "", message.now)


async def _follow(practices: Practices, session: Session, act: Act, message: Message) -> None:
    """Obey what the police say of a case, here and wherever it has gone on to."""
    await operations.follow_police(session, message.subject, act, _practice(practices, message))
    await operations.follow_to_taker(session, message.subject, act, practices)
    words = told_words(act.command, act.record.reason)
    await operations.tell_elsewhere(session, message.subject, ToTell(words, message.now), practices)


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
        parts=PackParts(
            assessment=event.assessment, gathered=event.gathered, chronology=event.chronology, shared=event.shared
        ),
        offer_id=event.offer_id,
    )
    practice = practices.under(message.area, message.area_version, event.form.person.district, message.now)
    await operations.receive_pack(session, arrival, practice, message.now)
    await operations.bring_section_36(session, message.subject, practices, message.now)
    if grounds:
        await operations.tell_referred(session, message.subject, grounds, practices, message.now)
