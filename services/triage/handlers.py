"""What triage does when another service announces something: one function per event."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Any

from chassis.broker import Handlers, Message
from chassis.database import Session
from chassis.errors import NotYet
from contracts.channel.police import (
    CaseGivenBack,
    InformationGathered,
    PackAccepted,
    PackReturned,
    RiskOwnerNamed,
    Section36Recorded,
)
from contracts.envelope import Event
from contracts.intake.police import ReferralReceived, ReferralsLinked, ReferralVersionAdded
from contracts.notify.police import (
    ConcernReported,
    NoticeUnreached,
    SignpostAcknowledged,
    SignpostReported,
    TransferAnswered,
)
from contracts.vocabulary import VersionMaker, WhomToReach
from services.triage import operations
from services.triage.domain import Command, Practice, Practices, Record, ReferralNotFound
from services.triage.operations import (
    Act,
    Answer,
    Arrival,
    AtFrontDoor,
    GivenBack,
    NewVersion,
    NotReached,
    Reported,
    SameAnswer,
    SocialCareSaid,
    TransferAnswer,
)
from services.triage.queries import GivenCase, held

PracticalHandler = Callable[[Practices, Session, Any, Message], Awaitable[None]]


async def on_referral_received(
    practices: Practices, session: Session, event: ReferralReceived, message: Message
) -> None:
    """Open the referral under the version of the area's practice that it was received under."""
    arrival = Arrival(
        subject=message.subject,
        correlation_id=message.correlation_id,
        event_id=message.event_id,
        reference=event.reference,
        received_at=event.received_at,
        door=event.door,
        statistics_key=event.statistics_key,
        first=_version(event, event.received_at),
    )
    practice = practices.under(message.area, message.area_version, message.now)
    await operations.open_referral(session, arrival, practice, message.now)


async def on_referral_version_added(
    practices: Practices, session: Session, event: ReferralVersionAdded, message: Message
) -> None:
    """Add the later version to the referral."""
    practice = await _practice(practices, session, message)
    version = _version(event, event.added_at)
    await operations.add_version(session, message.subject, version, practice, message.now)


async def on_referrals_linked(_: Practices, session: Session, event: ReferralsLinked, message: Message) -> None:
    """Keep what the intake desk said of two referrals."""
    later = await held(session, message.subject)
    given = SameAnswer(
        message.subject,
        event.reference,
        event.other_reference,
        event.answer,
        event.answered_by,
        event.answered_at,
        answered_in="desk",
    )
    await operations.note_linked(session, later, given, message.now)


async def on_pack_accepted(practices: Practices, session: Session, event: PackAccepted, message: Message) -> None:
    """Hand the referral over: from here on the named coordinator owns the risk."""
    practice = await _practice(practices, session, message)
    act = Act(Command.PACK_ACCEPTED, message.now, Record(risk_owner=event.risk_owner))
    await operations.answer_pack(session, message.subject, act, practice, event.offer_id)


async def on_pack_returned(practices: Practices, session: Session, event: PackReturned, message: Message) -> None:
    """Bring the referral back to the Gateway with Channel's reason."""
    practice = await _practice(practices, session, message)
    act = Act(Command.PACK_RETURNED, message.now, Record(rationale=event.reason))
    await operations.answer_pack(session, message.subject, act, practice, event.offer_id)


async def on_case_given_back(practices: Practices, session: Session, event: CaseGivenBack, message: Message) -> None:
    """Show that the case waits to be taken back, with everything that Channel knows of it."""
    practice = await _practice(practices, session, message)
    act = Act(Command.GIVEN_BACK, message.now, Record(rationale=event.reason))
    await operations.hear_channel(session, message.subject, act, practice)
    case = GivenCase(
        assessment=event.assessment,
        gathered=event.gathered,
        chronology=event.chronology,
        shared=event.shared,
        consent=event.consent,
    )
    given = GivenBack(message.event_id, message.subject, message.area, event.given_back_at, event.offered_for)
    await operations.keep_given_back(session, given, case)


async def on_risk_owner_named(practices: Practices, session: Session, event: RiskOwnerNamed, message: Message) -> None:
    """Show who answers for the risk of the case that Channel has."""
    practice = await _practice(practices, session, message)
    where = f"With {event.panel}." if event.panel else ""
    act = Act(Command.CHANNEL_OWNER, message.now, Record(risk_owner=event.risk_owner, rationale=where))
    await operations.hear_channel(session, message.subject, act, practice)


async def on_information_gathered(
    practices: Practices, session: Session, event: InformationGathered, message: Message
) -> None:
    """Keep that Channel has gathered the information that a section 36(3) decision rests on."""
    practice = await _practice(practices, session, message)
    without = f"\n\nGone on without: {event.gone_on_without}" if event.gone_on_without else ""
    record = Record(rationale=f"{event.gathered_by}: {event.summary}{without}")
    act = Act(Command.CHANNEL_GATHERED, message.now, record)
    await operations.hear_channel(session, message.subject, act, practice)
    told = Reported(message.event_id, message.subject, message.area, event.gathered_at)
    await operations.keep_gathered(session, told, event.gathered)


async def on_section_36_recorded(
    practices: Practices, session: Session, event: Section36Recorded, message: Message
) -> None:
    """Show the section 36 referral that the local authority has made."""
    practice = await _practice(practices, session, message)
    record = Record(grounds=event.grounds, rationale=f"{event.decided_by}: {event.grounds}")
    await operations.hear_channel(
        session, message.subject, Act(Command.CHANNEL_REFERRED, message.now, record), practice
    )


async def on_signpost_reported(
    practices: Practices, session: Session, event: SignpostReported, message: Message
) -> None:
    """Close the signpost with what the other service says that it did."""
    practice = await _practice(practices, session, message)
    answer = Answer(event.signpost_id, event.reported_at, f"{event.reported_by}: {event.report}")
    await operations.report_obligation(session, message.subject, answer, practice, message.now)


async def on_transfer_answered(
    practices: Practices, session: Session, event: TransferAnswered, message: Message
) -> None:
    """Hand the risk to the officer of the other force who accepted, or bring the referral back."""
    practice = await _practice(practices, session, message)
    answer = TransferAnswer(
        event.transfer_id, event.answered_at, event.accepted, event.answered_by.strip(), event.reason
    )
    await operations.hear_transfer(session, message.subject, answer, practice, message.now)


async def on_signpost_acknowledged(
    practices: Practices, session: Session, event: SignpostAcknowledged, message: Message
) -> None:
    """Note that the other service has seen the signpost, or close it with what it reports."""
    practice = await _practice(practices, session, message)
    report, by = event.report.strip(), event.acknowledged_by
    answer = Answer(event.signpost_id, event.acknowledged_at, f"{by}: {report}" if by and report else report, by)
    tell = operations.report_obligation if answer.report else operations.acknowledge_obligation
    await tell(session, message.subject, answer, practice, message.now)


async def on_notice_unreached(practices: Practices, session: Session, event: NoticeUnreached, message: Message) -> None:
    """Say that somebody who had to be told was not reached, so that an officer rings them; or was after all."""
    practice = await _practice_once_here(practices, session, message)
    if event.whom == WhomToReach.FRONT_DOOR:
        await operations.note_front_door(session, message.subject, _at_front_door(event), practice, message.now)
        return
    told = NotReached(event.whom, event.about_id, event.why, event.noted_at)
    note = operations.note_reached if event.reached else operations.note_unreached
    await note(session, message.subject, told, practice, message.now)


async def on_concern_reported(practices: Practices, session: Session, event: ConcernReported, message: Message) -> None:
    """Write in the history what social care did about the concern of this referral."""
    practice = await _practice_once_here(practices, session, message)
    said = SocialCareSaid(event.done, event.report, event.reported_by)
    await operations.note_social_care(session, message.subject, said, practice, message.now)


ANSWERS: tuple[tuple[type[Event], PracticalHandler], ...] = (
    (ReferralReceived, on_referral_received),
    (ReferralVersionAdded, on_referral_version_added),
    (ReferralsLinked, on_referrals_linked),
    (PackAccepted, on_pack_accepted),
    (PackReturned, on_pack_returned),
    (CaseGivenBack, on_case_given_back),
    (RiskOwnerNamed, on_risk_owner_named),
    (InformationGathered, on_information_gathered),
    (Section36Recorded, on_section_36_recorded),
    (SignpostAcknowledged, on_signpost_acknowledged),
    (SignpostReported, on_signpost_reported),
    (TransferAnswered, on_transfer_answered),
    (NoticeUnreached, on_notice_unreached),
    (ConcernReported, on_concern_reported),
)


def _at_front_door(event: NoticeUnreached) -> AtFrontDoor:
    return AtFrontDoor(
        front_door=event.front_door,
        why=event.why,
        at=event.noted_at,
        reached=event.reached,
        no_longer=event.no_longer,
        version=event.version,
        since=event.since,
    )


def answers(practices: Practices) -> Handlers:
    """Return the handlers, working by this local practice."""
    handlers = Handlers()
    for event, handler in ANSWERS:
        handlers.on(event)(partial(handler, practices))
    return handlers


def _version(event: ReferralReceived | ReferralVersionAdded, added_at: datetime) -> NewVersion:
    return NewVersion(
        version=event.version,
        added_at=added_at,
        immediate_danger=event.immediate_danger,
        form=event.form,
        unread_reason=event.unread_reason,
        document_ids=tuple(document.id for document in event.documents),
        possibly_same_as=event.possibly_same_as,
        additions=event.additions if isinstance(event, ReferralVersionAdded) else (),
        made_by=(event.made_by or "") if isinstance(event, ReferralVersionAdded) else VersionMaker.REFERRER,
        door=(event.came_by or "") if isinstance(event, ReferralVersionAdded) else event.door,
    )


async def _practice(practices: Practices, session: Session, message: Message) -> Practice:
    known = await held(session, message.subject)
    return practices.under(known.area, known.area_version, message.now)


async def _practice_once_here(practices: Practices, session: Session, message: Message) -> Practice:
    """Return the same of what comes of intake's own events: notify may be ahead of us, and then its event waits."""
    try:
        return await _practice(practices, session, message)
    except ReferralNotFound as error:
        raise NotYet("Notify tells of a referral that has not arrived from intake yet.") from error
