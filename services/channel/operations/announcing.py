"""What Channel tells the others when a step has been taken: one event per audience, each with only its fields."""

from datetime import datetime
from uuid import UUID

from chassis import outbox
from chassis.database import Session
from chassis.outbox import About
from contracts.channel.notices import PackAnswered
from contracts.channel.police import (
    CaseGivenBack,
    InformationGathered,
    PackAccepted,
    PackReturned,
    RiskOwnerNamed,
    Section36Recorded,
)
from contracts.channel.referrer import CaseProgressed
from contracts.channel.statistics import CaseCounted
from contracts.envelope import Event
from contracts.vocabulary import Outcome
from contracts.vocabulary.days import LONDON
from services.channel import queries
from services.channel.domain import REVIEWS, Command, Practice
from services.channel.domain.transferring import asks_for_partnership
from services.channel.operations.saving import Saved
from services.channel.queries import Held

ANSWERS = (Outcome.PACK_ACCEPTED, Outcome.PACK_RETURNED)


async def announce(session: Session, saved: Saved, practice: Practice, now: datetime) -> None:
    """Tell every audience that the transition names; called in the transaction that saved it."""
    held, row = saved.before, saved.step.transition
    if row.outcome is not None:
        await _count(session, held, row.outcome, now)
    if held.situation.from_panel:
        # Another panel brought it: police, referrer and front door here have never heard of it.
        return
    about = About(held.subject, held.area, held.area_version, held.correlation_id)
    offer_id = await queries.offer_id(session, held.subject) if row.outcome in ANSWERS else None
    told = _for_police(saved, session.actor.name or session.actor.id, now, offer_id)
    if row.command is Command.GATHERED:
        told = await _gathered(session, saved, now)
    if row.command is Command.GIVE_BACK:
        told = await _given_back(session, saved, now)
    if told is not None:
        await outbox.add(session, told, about=about)
    if row.outcome in ANSWERS:
        answered = PackAnswered(
            reference=held.reference, answered_at=now, front_door=practice.front_door, outcome=row.outcome
        )
        await outbox.add(session, answered, about=about)
    if row.tells is not None:
        progressed = CaseProgressed(reference=held.reference, reached_at=now, stage=row.tells)
        await outbox.add(session, progressed, about=about)


def _for_police(saved: Saved, by: str, now: datetime, offer_id: UUID | None) -> Event | None:
    command, reference, record = saved.step.transition.command, saved.before.reference, saved.step.record
    match command:
        case Command.ACCEPT:
            owner = saved.step.risk_owner
            return PackAccepted(reference=reference, accepted_at=now, risk_owner=owner, offer_id=offer_id)
        case Command.RETURN:
            reason = record.reason.strip()
            return PackReturned(reference=reference, returned_at=now, reason=reason, offer_id=offer_id)
        case Command.REFER:
            grounds = record.grounds.strip()
            return Section36Recorded(reference=reference, recorded_at=now, decided_by=by, grounds=grounds)
        case Command.TAKE | Command.ALLOCATE | Command.REOPEN | Command.TRANSFER_ACCEPTED:
            return _owner(saved, now)
        case _:
            return None


def _owner(saved: Saved, now: datetime) -> RiskOwnerNamed | None:
    """Return what the police are told where somebody else answers for the risk from now on."""
    before, after = saved.before.situation, saved.step
    if after.risk_owner == before.risk_owner:
        return None
    panel = before.offered_to if after.transition.command is Command.TRANSFER_ACCEPTED else ""
    return RiskOwnerNamed(reference=saved.before.reference, named_at=now, risk_owner=after.risk_owner, panel=panel)


async def _given_back(session: Session, saved: Saved, now: datetime) -> CaseGivenBack:
    """Return what the police are given back: everything that is known here, and whether they are asked to lead on."""
    held = saved.before
    handed = await queries.handed_over(session, held)
    closing = await queries.closing_outcome(session, held.subject)
    return CaseGivenBack(
        reference=held.reference,
        given_back_at=now,
        reason=saved.step.record.reason.strip(),
        offered_for="plp" if asks_for_partnership(held.situation, closing) else "other",
        assessment=next(iter(handed.assessments), None),
        gathered=handed.gathered,
        chronology=handed.chronology,
        shared=handed.shared,
        consent=handed.consent,
    )


async def _gathered(session: Session, saved: Saved, now: datetime) -> InformationGathered:
    """Return what the police are told once the information is gathered: each body's answers, and what is missing."""
    held, record = saved.before, saved.step.record
    return InformationGathered(
        reference=held.reference,
        gathered_at=now,
        gathered_by=record.gathered_by.strip(),
        summary=record.summary.strip(),
        gathered=await queries.gathered(session, held.subject),
        gone_on_without=record.missing.strip(),
    )


async def _count(session: Session, held: Held, outcome: Outcome, now: datetime) -> None:
    received_at = await queries.awareness_received_at(session, held.subject) or held.opened_at
    ended = await queries.ended_clocks(session, held.subject)
    reviews = await queries.ended_clocks(session, held.subject, REVIEWS)
    counted = CaseCounted(
        month=now.astimezone(LONDON).strftime("%Y-%m"),
        version=held.answers + 1,
        outcome=outcome,
        days_since_receipt=max(0, (now.astimezone(LONDON).date() - received_at.astimezone(LONDON).date()).days),
        closing=await queries.closing_outcome(session, held.subject) if outcome is Outcome.CASE_CLOSED else "",
        met=ended.met,
        missed=ended.missed,
        on_time=reviews.met,
        late=reviews.missed,
    )
    # Under the random key and without correlation: nothing leads from the fact back to the case.
    await outbox.add(session, counted, about=About(held.statistics_key, held.area, held.area_version))
