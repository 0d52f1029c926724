"""Synthetic events for notify, with canary values in every personal field."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

from chassis.actor import Actor, ActorKind
from chassis.app import Runtime
from chassis.broker import Message
from chassis.database import Session
from contracts.channel.notices import CaseClockEscalated, PackAnswered
from contracts.envelope import Event
from contracts.intake.duty import DutyOfficerPaged
from contracts.intake.referrer import ReferrerMessageDue
from contracts.intake.social_care import SafeguardingConcernReceived, SafeguardingConcernUpdated
from contracts.triage.notices import ClockEscalated, ConcernsMerged, ConcernsSeparated, SignpostMade, TransferOffered
from contracts.vocabulary import Address, Outcome, ProgressStage, Role
from services.notify import operations
from services.notify.domain import Kind
from services.notify.handlers import handlers
from services.notify.settings import letterhead

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
"""A Monday at ten in London: every front door is open."""
AREA, VERSION, REFERENCE = "kent-and-medway", "2026-01", "KM-7F3K-92QM"
CANARIES = (
    "Canaryforename", "Canarysurname", "Canarystreet", "CN4 1RY", "canaryconcern", "canaryneeds", "Canarycarer",
    "Canaryschool", "canarymessage", "1999-09-09", "9 September 1999",
)  # fmt: skip
REFERRER_ADDRESS = "canary.referrer@school.example"
FACTS: dict[str, Any] = {
    "forenames": "Canaryforename",
    "surname": "Canarysurname",
    "date_of_birth": date(1999, 9, 9),
    "addresses": (Address(lines="1 Canarystreet", postcode="CN4 1RY"),),
    "safeguarding_concern": "A canaryconcern, made up.",
    "complex_needs": "Made-up canaryneeds.",
    "parent_or_carer": "Canarycarer",
    "referrer_organisation": "Canaryschool",
}

KENT_WORKER = Actor(
    ActorKind.PERSON, "frances", "Frances Frontdoor (synthetic)", frozenset({Role.FRONT_DOOR_WORKER}),
    frozenset({AREA}), "Kent County Council",
)  # fmt: skip
MEDWAY_WORKER = replace(KENT_WORKER, id="meera", name="Meera Medway (synthetic)", organisation="Medway Council")
DESK = Actor(
    ActorKind.PERSON, "dana", "Dana Desk (synthetic)", frozenset({Role.INTAKE_DESK_OFFICER}), frozenset({AREA}),
    "Counter Terrorism Policing South East",
)  # fmt: skip
ENGINEER = replace(DESK, id="oscar", name="Oscar Ops (synthetic)", roles=frozenset({Role.OPS_ENGINEER}))


def concern(version: int = 1, **given: Any) -> SafeguardingConcernReceived:
    """Return a concern for the Kent front door; a later version is an update."""
    kind = SafeguardingConcernReceived if version == 1 else SafeguardingConcernUpdated
    values: dict[str, Any] = {
        "reference": REFERENCE, "received_at": NOW, "front_door": "kent-cru", "immediate_danger": False,
        "version": version, "read": True,
    } | FACTS  # fmt: skip
    return kind(**(values | given))


def referrer_message(stage: ProgressStage = ProgressStage.RECEIVED, **given: Any) -> ReferrerMessageDue:
    """Return a message that a referrer is due."""
    values: dict[str, Any] = {"reference": REFERENCE, "due_at": NOW, "email": REFERRER_ADDRESS, "stage": stage}
    return ReferrerMessageDue(**(values | given))


def duty_page() -> DutyOfficerPaged:
    """Return the call to the duty officer."""
    return DutyOfficerPaged(reference=REFERENCE, raised_at=NOW, version=1)


def signpost(service: str = "kent-early-help", *, made_at: datetime = NOW) -> SignpostMade:
    """Return a signpost."""
    return SignpostMade(
        reference=REFERENCE, signpost_id=uuid4(), made_at=made_at, service=service, message="A canarymessage, made up."
    )


def transfer(force: str = "northmere-constabulary", *, offered_at: datetime = NOW) -> TransferOffered:
    """Return the offer of a transfer to another force."""
    return TransferOffered(
        reference=REFERENCE,
        transfer_id=uuid4(),
        offered_at=offered_at,
        force=force,
        message="A canarymessage, made up.",
    )


def escalation(clock: str = "assessment", step: int = 1) -> ClockEscalated:
    """Return that a clock ran out and nobody has acted."""
    return ClockEscalated(reference=REFERENCE, escalation_id=uuid4(), escalated_at=NOW, clock=clock, step=step)


def escalation_of_case(clock: str, step: int = 1) -> CaseClockEscalated:
    """Return that a clock of a case of Channel ran out and nobody has acted."""
    return CaseClockEscalated(reference=REFERENCE, escalation_id=uuid4(), escalated_at=NOW, clock=clock, step=step)


def merged(*references: str, at: datetime = NOW) -> ConcernsMerged:
    """Return that references are one person's."""
    return ConcernsMerged(references=references, merged_at=at)


def separated(remaining: tuple[str, ...], gone: tuple[str, ...], *, at: datetime) -> ConcernsSeparated:
    """Return that references are one person's no longer."""
    shared = ("Pack to the Prevent and Channel team, 23 November 2026",)
    return ConcernsSeparated(remaining=remaining, separated=gone, separated_at=at, shared=shared)


def pack_answered(outcome: Outcome = Outcome.PACK_ACCEPTED) -> PackAnswered:
    """Return the Dovetail team's answer."""
    return PackAnswered(reference=REFERENCE, answered_at=NOW, front_door="kent-cru", outcome=outcome)


def link_of(runtime: Runtime, kind: Kind, subject: UUID, about_id: UUID | None) -> str:
    """Return the link of a mail of this installation."""
    return operations.link_of(letterhead(runtime.settings, runtime.secrets), kind, subject, about_id)


async def handle(runtime: Runtime, event: Event, *, subject: UUID, event_id: UUID | None = None) -> UUID:
    """Give an event to its handler as the inbox does, in one transaction; return the event's id."""
    async with runtime.database.transaction(Actor.service("notify")) as session:
        await session.lock(subject)
        return await take_in(session, event, subject=subject, event_id=event_id)


async def take_in(session: Session, event: Event, *, subject: UUID, event_id: UUID | None = None) -> UUID:
    """Give an event to its handler within a transaction that holds its subject; return the event's id."""
    message = Message(
        event_id or uuid4(), event.wire_type, event.topic, subject, AREA, VERSION, subject, None, NOW
    )  # fmt: skip
    found = handlers.find(event.wire_type)
    assert found is not None
    await found[1](session, event, message)
    return message.event_id
