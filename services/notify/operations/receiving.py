"""What other services said is taken in: concerns, signposts, messages to referrers, answers to packs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import Row, Table, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from chassis import audit, outbox
from chassis.database import Session
from contracts.envelope import MARKS_ANEW, ReceiptBatch, ReceiptItem
from contracts.vocabulary import LineState, NoLongerRung, Outcome, ProgressStage, Team
from services.notify.domain import (
    Kind,
    Origin,
    RecipientKind,
    SafeguardingFacts,
    Standing,
    State,
    Telling,
    notice_id,
    tellings,
)
from services.notify.models import concern, notice, signpost
from services.notify.operations.moving import AT_A_NEW_DOOR, leave_door, told_of, unsent_of
from services.notify.operations.ringing import end_ringing_door

FIRST_VERSION = 1
_FACTS = TypeAdapter(SafeguardingFacts)
_NOTICE = insert(notice).on_conflict_do_nothing()
_CLOCK_ANEW = {"escalated": 0, "escalate_at": None, "escalation_ended_at": None}
_NEW_CONCERN = insert(concern).on_conflict_do_nothing()
_EVENTS_OF = text("SELECT event_ids FROM concern WHERE subject = ANY(CAST(:subjects AS uuid[]))")
_AT_ITS_DOOR = text(
    """SELECT DISTINCT concern.subject FROM concern JOIN notice
        ON notice.subject = concern.subject AND notice.recipient_key = concern.front_door
       WHERE notice.id = ANY(CAST(:notices AS uuid[]))"""
)
_DELIVERED = text(
    """UPDATE concern SET delivered_at = :now
       WHERE subject = ANY(CAST(:subjects AS uuid[])) AND delivered_at IS NULL"""
)


@dataclass(frozen=True)
class ReceivedConcern:
    """One version of a concern as intake announced it."""

    origin: Origin
    front_door: str
    immediate_danger: bool
    version: int
    read: bool
    facts: SafeguardingFacts


@dataclass(frozen=True)
class ReceivedSignpost:
    """A signpost as triage made it: to which service, with which words."""

    origin: Origin
    id: UUID
    service: str
    message: str


@dataclass(frozen=True)
class ReferrerMessage:
    """A message that a referrer is due: the stage reached, and the mail address to tell it to.

    `addition` says that it is the receipt of something that was sent later.
    """

    origin: Origin
    email: str
    stage: ProgressStage
    language: str
    in_reply_to: str
    addition: bool = False


async def receive_concern(session: Session, received: ReceivedConcern, *, now: datetime) -> None:
    """Keep a version of a concern and write the notices that it calls for; an older version changes nothing.

    Raises SubjectErased.
    """
    origin = received.origin
    await session.lock(origin.subject)
    values = await _values(session, received)
    row = None
    if received.version > FIRST_VERSION:
        row = await session.first(select(concern).where(concern.c.subject == origin.subject))
    if row is None:
        # Of a first version nothing is asked before: its rows go with those of the whole batch, a repeat's to nothing.
        session.write(_NEW_CONCERN, values)
    elif received.version <= row.version:
        return
    else:
        await _keep_newer(session, row, values, origin, now=now)
    known = None if row is None else await _standing(session, row)
    told = tellings(
        known,
        received.version,
        received.front_door,
        immediate_danger=received.immediate_danger,
    )
    for telling in told:
        write_notice(session, origin, telling, now=now, concern_version=received.version)
    if not told and row is not None and row.delivered_at is not None:
        # The link in the mail that they already have leads to this version.
        await _report(session, origin, LineState.DELIVERED, now=now)
    await audit.record(
        session,
        "concern.receive",
        subject=origin.subject,
        now=now,
        area=origin.area,
        facts={"version": received.version, "front_door": received.front_door},
    )


async def _standing(session: Session, row: Row[Any]) -> Standing:
    told = await session.first(select(notice.c.id).where(told_of(row)).limit(1)) is not None
    return Standing(row.version, row.front_door, row.immediate_danger, row.seen_at is not None, told)


async def _values(session: Session, received: ReceivedConcern) -> dict[str, object]:
    origin = received.origin
    return {
        "subject": origin.subject,
        "reference": origin.reference,
        "area": origin.area,
        "area_version": origin.area_version,
        "front_door": received.front_door,
        "received_at": origin.at,
        "immediate_danger": received.immediate_danger,
        "version": received.version,
        "read": received.read,
        "facts_sealed": await session.seal(origin.subject, _FACTS.dump_json(received.facts)),
        "event_ids": [origin.event_id],
        "clock_began_at": origin.at,
        **_CLOCK_ANEW,
    }


async def _keep_newer(
    session: Session, row: Row[Any], values: Mapping[str, object], origin: Origin, *, now: datetime
) -> None:
    """Keep a newer version. Its clock begins anew where nobody's runs for it: it was answered, or went elsewhere."""
    kept = {name: value for name, value in values.items() if name not in {"subject", "received_at", "clock_began_at"}}
    door = str(kept["front_door"])
    answered = row.acknowledged_version is not None and row.acknowledged_version >= row.version
    newly_urgent = kept["immediate_danger"] and not row.immediate_danger
    if answered or newly_urgent or door != row.front_door:
        kept["clock_began_at"] = now
    else:
        kept = {name: value for name, value in kept.items() if name not in _CLOCK_ANEW}
    if door != row.front_door:
        kept |= AT_A_NEW_DOOR
        await end_ringing_door(session, row, NoLongerRung.MOVED, now=now)
        await leave_door(session, row, door, now=now)
        await report_concerns(session, [row.subject], MARKS_ANEW, now=now)
    else:
        await session.execute(update(notice).where(unsent_of(row)).values(concern_version=kept["version"]))
    kept["event_ids"] = func.array_append(concern.c.event_ids, origin.event_id)
    await session.execute(update(concern).where(concern.c.subject == origin.subject).values(kept))


async def receive_signpost(session: Session, received: ReceivedSignpost, *, now: datetime) -> None:
    """Keep a signpost as an open obligation and write the notice to its receiver; a repeat changes nothing."""
    asked = Asked(signpost, received.id, {"service": received.service, "made_at": received.origin.at}, received.message)
    telling = Telling(Kind.SIGNPOST_MADE, RecipientKind.SERVICE, received.service)
    if await keep_asked(session, received.origin, asked, telling, now=now):
        await audit.record(
            session, "signpost.receive", subject=received.origin.subject, now=now, area=received.origin.area
        )


@dataclass(frozen=True)
class Asked:
    """What the police ask of somebody outside: where it is kept, under which id, with which columns and words."""

    table: Table
    id: UUID
    columns: Mapping[str, object]
    message: str


async def keep_asked(session: Session, origin: Origin, asked: Asked, telling: Telling, *, now: datetime) -> bool:
    """Keep what is asked and write the notice that tells of it; say whether it was new: a repeat changes nothing."""
    await session.lock(origin.subject)
    values = {
        "id": asked.id,
        "subject": origin.subject,
        "reference": origin.reference,
        "area": origin.area,
        "area_version": origin.area_version,
        "message_sealed": await session.seal(origin.subject, asked.message),
        "event_id": origin.event_id,
        "correlation_id": origin.correlation_id,
        **asked.columns,
    }
    made = await session.execute(insert(asked.table).values(values).on_conflict_do_nothing())
    if made.rowcount:
        write_notice(session, origin, telling, now=now, about_id=asked.id)
    return bool(made.rowcount)


@dataclass(frozen=True)
class LinkMessage:
    """A link that somebody asked for: what it opens (`saved-form`, `progress`), where to, until which day it works."""

    origin: Origin
    purpose: str
    email: str
    link: str
    works_until: date
    language: str


async def receive_link(session: Session, message: LinkMessage, *, now: datetime) -> None:
    """Write the notice that brings a link; address and link are kept sealed, the link only until it has been sent."""
    subject = message.origin.subject
    await session.lock(subject)
    personal = {
        "recipient_sealed": await session.seal(subject, message.email),
        "link_sealed": await session.seal(subject, f"{message.link} {message.works_until.isoformat()}"),
        "language": message.language,
    }
    telling = Telling(Kind(f"link-{message.purpose}"), RecipientKind.REFERRER)
    write_notice(session, message.origin, telling, now=now, **personal)
    await audit.record(session, "link.receive", subject=subject, now=now, area=message.origin.area)


async def receive_referrer_message(session: Session, message: ReferrerMessage, *, now: datetime) -> None:
    """Write the notice that tells a referrer of a stage; the mail address is kept sealed."""
    subject = message.origin.subject
    await session.lock(subject)
    personal = {
        "recipient_sealed": await session.seal(subject, message.email),
        "in_reply_to_sealed": await session.seal(subject, message.in_reply_to) if message.in_reply_to else None,
        "stage": str(message.stage),
        "language": message.language,
    }
    kind = Kind.ADDITION_RECEIVED if message.addition else Kind.REFERRER_TOLD
    telling = Telling(kind, RecipientKind.REFERRER, str(message.stage))
    write_notice(session, message.origin, telling, now=now, **personal)
    await audit.record(session, "referrer-message.receive", subject=subject, now=now, area=message.origin.area)


async def page_duty_officer(session: Session, origin: Origin, *, now: datetime) -> None:
    """Write the urgent notice that calls the duty officer of the area to a referral that tells of immediate danger."""
    await session.lock(origin.subject)
    telling = Telling(Kind.DUTY_PAGED, RecipientKind.DUTY_OFFICER, urgent=True)
    write_notice(session, origin, telling, now=now)
    await audit.record(session, "duty-page.receive", subject=origin.subject, now=now, area=origin.area)


async def tell_escalation(session: Session, origin: Origin, clock: str, step: int, *, now: datetime) -> None:
    """Write the notice to the person whom the area names for this step, of a clock that ran out."""
    await session.lock(origin.subject)
    key = f"channel-{step}" if origin.publisher == "channel" else str(step)
    telling = Telling(Kind.CLOCK_ESCALATED, RecipientKind.ESCALATION, key)
    write_notice(session, origin, telling, now=now, stage=clock)
    facts: dict[str, str | int] = {"clock": clock, "step": step}
    await audit.record(session, "escalation.receive", subject=origin.subject, now=now, area=origin.area, facts=facts)


async def tell_pack_answered(
    session: Session,
    origin: Origin,
    front_door: str,
    outcome: Outcome,
    *,
    now: datetime,
) -> None:
    """Keep what the Dovetail team answered to a pack, and write the notice that tells the front door."""
    await session.lock(origin.subject)
    answer = {"channel_answer": str(outcome), "channel_answered_at": origin.at}
    kept = update(concern).where(concern.c.subject == origin.subject).values(answer).returning(concern.c.front_door)
    # The door that has the concern is told: Channel knows the district, not for which age a door answers.
    front_door = await session.scalar(kept) or front_door
    write_notice(
        session,
        origin,
        Telling(Kind.PACK_ANSWERED, RecipientKind.FRONT_DOOR, front_door),
        now=now,
    )
    await audit.record(session, "pack-answer.receive", subject=origin.subject, now=now, area=origin.area)


def write_notice(session: Session, origin: Origin, telling: Telling, *, now: datetime, **more: object) -> None:
    """Insert a notice that is due at once; the same event and telling give the same notice, once."""
    values = {
        "id": notice_id(origin.event_id, telling),
        "subject": origin.subject,
        "reference": origin.reference,
        "area": origin.area,
        "area_version": origin.area_version,
        "kind": str(telling.kind),
        "recipient_kind": str(telling.recipient_kind),
        "recipient_key": telling.recipient_key,
        "urgent": telling.urgent,
        "language": "en",
        "publisher": origin.publisher,
        "event_id": origin.event_id,
        "correlation_id": origin.correlation_id,
        "state": str(State.DUE),
        "created_at": now,
        "attempts": 0,
        "unrecorded": 0,
    } | more
    session.write(_NOTICE, values)


async def _report(session: Session, origin: Origin, state: LineState, *, now: datetime) -> None:
    await outbox.report(
        session,
        publisher=origin.publisher,
        event_id=origin.event_id,
        team=str(Team.FRONT_DOOR),
        state=str(state),
        now=now,
    )


async def report_concerns(session: Session, subjects: Sequence[UUID], state: str, *, now: datetime) -> None:
    """Tell intake, in one message, how far the front door has got with every version of concerns that it was sent."""
    items = [
        ReceiptItem(
            event_id=event_id,
            topic="",
            subject=event_id,
            recipient=session.service,
            state=str(state),
            team=str(Team.FRONT_DOOR),
            at=now.isoformat(),
        )
        for row in await session.rows(_EVENTS_OF, {"subjects": list(subjects)})
        for event_id in row.event_ids
    ]
    if items:
        await outbox.send_receipts(session, "intake", ReceiptBatch(recipient=session.service, items=tuple(items)))


async def mark_delivered(session: Session, notices: Sequence[UUID], *, now: datetime) -> None:
    """Record that notices with the links to concerns have been accepted, and tell intake.

    One that went to a front door that has the concern no more says nothing of the door that has it.
    """
    subjects = [row.subject for row in await session.rows(_AT_ITS_DOOR, {"notices": list(notices)})]
    if subjects:
        await session.run(_DELIVERED, {"subjects": subjects, "now": now})
        await report_concerns(session, subjects, LineState.DELIVERED, now=now)
