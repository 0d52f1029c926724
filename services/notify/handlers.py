"""What notify does when somebody must be told."""

from datetime import datetime

from chassis.broker import Handlers, Message
from chassis.database import Session
from contracts.channel.notices import AskEnded, AskMade, AskMoved, CaseClockEscalated, PackAnswered
from contracts.intake.duty import DutyOfficerPaged
from contracts.intake.referrer import LinkDue, ReferrerMessageDue
from contracts.intake.social_care import (
    SafeguardingConcernReceived,
    SafeguardingConcernUpdated,
)
from contracts.triage.notices import (
    ClockEscalated,
    ConcernsMerged,
    ConcernsSeparated,
    SignpostEnded,
    SignpostMade,
    TransferCalledBack,
    TransferOffered,
)
from services.notify import operations
from services.notify.domain import Origin, SafeguardingFacts
from services.notify.operations import (
    LinkMessage,
    MovedAsk,
    Person,
    ReceivedAsk,
    ReceivedConcern,
    ReceivedSignpost,
    ReceivedTransfer,
    ReferrerMessage,
)
from services.notify.queries import AskContent, Asked
from services.notify.settings import due_on, reminders

handlers = Handlers()

FromIntake = SafeguardingConcernReceived | DutyOfficerPaged | ReferrerMessageDue | LinkDue
FromTriage = SignpostMade | SignpostEnded | TransferOffered | TransferCalledBack | ClockEscalated
FromChannel = PackAnswered | AskMade | AskEnded | AskMoved | CaseClockEscalated
Told = FromIntake | FromTriage | FromChannel


@handlers.on(SafeguardingConcernReceived)
async def on_safeguarding_concern_received(
    session: Session, event: SafeguardingConcernReceived, message: Message
) -> None:
    """Keep the concern and tell the front door."""
    await operations.receive_concern(session, _concern(event, message), now=message.now)


@handlers.on(SafeguardingConcernUpdated)
async def on_safeguarding_concern_updated(
    session: Session, event: SafeguardingConcernUpdated, message: Message
) -> None:
    """Keep the newer version, and tell those who would otherwise miss it."""
    await operations.receive_concern(session, _concern(event, message), now=message.now)


@handlers.on(ReferrerMessageDue)
async def on_referrer_message_due(session: Session, event: ReferrerMessageDue, message: Message) -> None:
    """Write the notice that tells the referrer."""
    origin = _origin(event, message, publisher="intake")
    due = ReferrerMessage(origin, event.email, event.stage, event.language, event.in_reply_to, event.addition)
    await operations.receive_referrer_message(session, due, now=message.now)


@handlers.on(LinkDue)
async def on_link_due(session: Session, event: LinkDue, message: Message) -> None:
    """Write the notice that brings a link to whoever asked for it."""
    origin = _origin(event, message, publisher="intake")
    due = LinkMessage(origin, event.purpose, event.email, event.link, event.works_until, event.language)
    await operations.receive_link(session, due, now=message.now)


@handlers.on(DutyOfficerPaged)
async def on_duty_officer_paged(session: Session, event: DutyOfficerPaged, message: Message) -> None:
    """Write the notice that calls the duty officer."""
    await operations.page_duty_officer(session, _origin(event, message, publisher="intake"), now=message.now)


@handlers.on(SignpostMade)
async def on_signpost_made(session: Session, event: SignpostMade, message: Message) -> None:
    """Keep the signpost as an open obligation and tell its receiver."""
    origin = _origin(event, message, publisher="triage")
    made = ReceivedSignpost(origin, event.signpost_id, event.service, event.message)
    await operations.receive_signpost(session, made, now=message.now)


@handlers.on(TransferOffered)
async def on_transfer_offered(session: Session, event: TransferOffered, message: Message) -> None:
    """Keep the offer and tell the other force."""
    origin = _origin(event, message, publisher="triage")
    received = ReceivedTransfer(origin, event.transfer_id, event.force, event.message)
    await operations.receive_transfer(session, received, now=message.now)


@handlers.on(SignpostEnded)
async def on_signpost_ended(session: Session, event: SignpostEnded, message: Message) -> None:
    """Say that no answer is needed any more; one that comes all the same is kept."""
    origin = _origin(event, message, publisher="triage")
    await operations.end_signpost(session, origin, event.signpost_id, now=message.now)


@handlers.on(TransferCalledBack)
async def on_transfer_called_back(session: Session, event: TransferCalledBack, message: Message) -> None:
    """Say that the offer was called back; an answer that crosses it is told to the police."""
    origin = _origin(event, message, publisher="triage")
    await operations.call_transfer_back(session, origin, event.transfer_id, now=message.now)


@handlers.on(CaseClockEscalated)
async def on_case_clock_escalated(session: Session, event: CaseClockEscalated, message: Message) -> None:
    """Tell the person whom the area names for this step of a case."""
    origin = _origin(event, message, publisher="channel")
    await operations.tell_escalation(session, origin, event.clock, event.step, now=message.now)


@handlers.on(ClockEscalated)
async def on_clock_escalated(session: Session, event: ClockEscalated, message: Message) -> None:
    """Tell the person whom the area names for this step."""
    origin = _origin(event, message, publisher="triage")
    await operations.tell_escalation(session, origin, event.clock, event.step, now=message.now)


@handlers.on(ConcernsMerged)
async def on_concerns_merged(session: Session, event: ConcernsMerged, message: Message) -> None:
    """Keep that the concerns are about one person."""
    person = Person(message.subject, message.area, event.merged_at)
    await operations.note_merged(session, person, event.references, now=message.now)


@handlers.on(ConcernsSeparated)
async def on_concerns_separated(session: Session, event: ConcernsSeparated, message: Message) -> None:
    """Keep that concerns are about one person no longer, and what was shared on the wrong belief."""
    person = Person(message.subject, message.area, event.separated_at)
    await operations.note_merged(session, person, event.remaining, now=message.now)
    await operations.note_separated(session, person, event.separated, event.shared, now=message.now)


@handlers.on(PackAnswered)
async def on_pack_answered(session: Session, event: PackAnswered, message: Message) -> None:
    """Tell the front door that the Dovetail team has answered."""
    origin = _origin(event, message, publisher="channel")
    await operations.tell_pack_answered(session, origin, event.front_door, event.outcome, now=message.now)


@handlers.on(AskMade)
async def on_ask_made(session: Session, event: AskMade, message: Message) -> None:
    """Keep what somebody outside is asked, and mail them the link to it."""
    await operations.receive_ask(session, _ask(event, message), now=message.now)


@handlers.on(AskEnded)
async def on_ask_ended(session: Session, event: AskEnded, message: Message) -> None:
    """Let the link say that nothing is needed any more."""
    origin = _origin(event, message, publisher="channel")
    await operations.end_ask(session, origin, event.ask_id, cancelled=event.cancelled, now=message.now)


@handlers.on(AskMoved)
async def on_ask_moved(session: Session, event: AskMoved, message: Message) -> None:
    """Let what reminds of an ask follow the day by which it is due now."""
    moved = MovedAsk(
        origin=_origin(event, message, publisher="channel"),
        id=event.ask_id,
        due_at=event.due_at,
        due_on=due_on(event.due_at),
        expires_at=event.expires_at,
        reminders=reminders(event.due_at),
        paused=event.paused,
    )
    await operations.move_ask(session, moved, now=message.now)


def _ask(event: AskMade, message: Message) -> ReceivedAsk:
    return ReceivedAsk(
        origin=_origin(event, message, publisher="channel"),
        id=event.ask_id,
        kind=event.kind,
        recipient=event.recipient,
        title=event.title,
        asked=Asked(event.name, event.address, event.made_by),
        content=AskContent(event.shown, event.questions, event.stops),
        opens_at=event.opens_at,
        due_at=event.due_at,
        due_on=due_on(event.due_at),
        expires_at=event.expires_at,
        reminders=reminders(event.due_at),
    )


def _origin(
    event: Told,
    message: Message,
    *,
    publisher: str,
) -> Origin:
    return Origin(
        subject=message.subject,
        reference=event.reference,
        area=message.area,
        area_version=message.area_version,
        publisher=publisher,
        event_id=message.event_id,
        correlation_id=message.correlation_id,
        at=_moment_of(event),
    )


def _moment_of(
    event: Told,
) -> datetime:
    match event:
        case SafeguardingConcernReceived():
            return event.received_at
        case ReferrerMessageDue() | LinkDue():
            return event.due_at
        case DutyOfficerPaged():
            return event.raised_at
        case PackAnswered() | AskMade() | AskEnded() | AskMoved() | CaseClockEscalated():
            return _moment_at_channel(event)
        case _:
            return _moment_at_the_police(event)


def _moment_at_channel(event: FromChannel) -> datetime:
    match event:
        case PackAnswered():
            return event.answered_at
        case AskMade():
            return event.made_at
        case AskEnded():
            return event.ended_at
        case AskMoved():
            return event.moved_at
        case CaseClockEscalated():
            return event.escalated_at


def _moment_at_the_police(event: FromTriage) -> datetime:
    match event:
        case SignpostMade():
            return event.made_at
        case SignpostEnded():
            return event.ended_at
        case TransferCalledBack():
            return event.called_back_at
        case TransferOffered():
            return event.offered_at
        case ClockEscalated():
            return event.escalated_at


def _concern(event: SafeguardingConcernReceived, message: Message) -> ReceivedConcern:
    facts = SafeguardingFacts(
        forenames=event.forenames,
        surname=event.surname,
        date_of_birth=event.date_of_birth,
        approximate_age=event.approximate_age,
        addresses=event.addresses,
        safeguarding_concern=event.safeguarding_concern,
        complex_needs=event.complex_needs,
        parent_or_carer=event.parent_or_carer,
        additions=event.additions,
        referrer_organisation=event.referrer_organisation,
    )
    return ReceivedConcern(
        origin=_origin(event, message, publisher="intake"),
        front_door=event.front_door,
        immediate_danger=event.immediate_danger,
        version=event.version,
        read=event.read,
        facts=facts,
    )
