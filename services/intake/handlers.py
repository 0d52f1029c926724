"""Events in: how far a referral has got with the police and in Channel, which ones they linked, who was not told."""

from chassis.broker import Handlers, Message
from chassis.database import Session
from contracts.channel.referrer import CaseProgressed
from contracts.notify.intake import MessageUnreached
from contracts.triage.desk import ReferralsLinked
from contracts.triage.referrer import ReferralProgressed
from services.intake.domain import Answer, AnsweredIn, PairAnswer
from services.intake.operations import (
    NotReached,
    Progress,
    note_pair_answer,
    note_reached,
    note_unreached,
    record_progress,
)

handlers = Handlers()


@handlers.on(ReferralProgressed)
async def on_referral_progressed(session: Session, event: ReferralProgressed, message: Message) -> None:
    """Record the stage that the police pathway has reached, and have the referrer told if the area allows."""
    reached = Progress(message.subject, "triage", event.stage, event.reached_at, message.event_id)
    await record_progress(session, reached, now=message.now)


@handlers.on(CaseProgressed)
async def on_case_progressed(session: Session, event: CaseProgressed, message: Message) -> None:
    """Record the stage that the Channel pathway has reached, and have the referrer told if the area allows."""
    reached = Progress(message.subject, "channel", event.stage, event.reached_at, message.event_id)
    await record_progress(session, reached, now=message.now)


@handlers.on(ReferralsLinked)
async def on_referrals_linked(session: Session, event: ReferralsLinked, message: Message) -> None:
    """Keep what a police officer said of two referrals, so that the desk sees it and does not ask again."""
    given = PairAnswer(Answer(event.answer), AnsweredIn.TRIAGE, event.answered_by, event.answered_at)
    await note_pair_answer(session, (event.reference, event.other_reference), given, now=message.now)


@handlers.on(MessageUnreached)
async def on_message_unreached(session: Session, event: MessageUnreached, message: Message) -> None:
    """Keep for the desk that a referrer or a duty officer was not told, until nobody need ring them any more."""
    told = NotReached(
        message.event_id, message.subject, event.about_id, event.whom, event.stage, event.why, event.noted_at
    )
    note = note_reached if event.reached else note_unreached
    await note(session, told, now=message.now)
