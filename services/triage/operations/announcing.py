"""What triage tells the others when a step has been taken: one event per audience, each with only its fields."""

from datetime import datetime
from uuid import UUID

from chassis import outbox
from chassis.database import Session
from chassis.outbox import About
from contracts.triage.awareness import PoliceDecisionMade
from contracts.triage.dovetail import (
    PassedForInformationGathering,
    Section36ReferralMade,
)
from contracts.triage.notices import SignpostEnded, SignpostMade
from contracts.triage.referrer import ReferralProgressed
from contracts.triage.statistics import DecisionCounted
from contracts.vocabulary import ConcernType, Outcome, ProgressStage
from contracts.vocabulary.days import LONDON
from services.triage import queries
from services.triage.domain import Command, NotOffered, Practice
from services.triage.operations.saving import Saved
from services.triage.queries import Held

HANDING_OVER = (Command.PASS_ON, Command.SECTION_36)


async def announce(session: Session, saved: Saved, now: datetime) -> None:
    """Tell every audience that the transition names; called in the transaction that saved it."""
    row = saved.step.transition
    if row.outcome is not None:
        await _announce_decision(session, saved, row.outcome, now)
    if row.tells is not None:
        await _tell_referrer(session, saved.before, row.tells, now)


async def announce_signpost(session: Session, saved: Saved, signpost_id: UUID, now: datetime) -> None:
    """Ask notify to tell the other service."""
    held, record = saved.before, saved.step.record
    event = SignpostMade(
        reference=held.reference,
        signpost_id=signpost_id,
        made_at=now,
        service=record.service,
        message=record.message.strip(),
    )
    await outbox.add(session, event, about=about(held))


async def announce_signpost_ended(session: Session, held: Held, signpost_id: UUID, now: datetime) -> None:
    """Tell the other service by notify that no answer is needed any more."""
    event = SignpostEnded(reference=held.reference, signpost_id=signpost_id, ended_at=now)
    await outbox.add(session, event, about=about(held))


def about(held: Held) -> About:
    """Return what an event about a referral says of it."""
    return About(held.subject, held.area, held.area_version, held.correlation_id)


async def _announce_decision(session: Session, saved: Saved, outcome: Outcome, now: datetime) -> None:
    held = saved.before
    if outcome is not Outcome.REVIEWED:
        decided = PoliceDecisionMade(reference=held.reference, decided_at=now, outcome=outcome)
        await outbox.add(session, decided, about=about(held))
    ended = await queries.ended_clocks(session, held.subject)
    counted = DecisionCounted(
        month=now.astimezone(LONDON).strftime("%Y-%m"),
        version=held.decisions + 1,
        outcome=outcome,
        days_since_receipt=max(0, (now.astimezone(LONDON).date() - held.received_at.astimezone(LONDON).date()).days),
        concern=ConcernType(saved.step.record.concern or held.concern or ConcernType.UNKNOWN),
        met=ended.met,
        missed=ended.missed,
    )
    # Under the random key and without correlation: nothing leads from the fact back to the referral.
    await outbox.add(session, counted, about=About(held.statistics_key, held.area, held.area_version))


async def _tell_referrer(session: Session, held: Held, stage: ProgressStage, now: datetime) -> None:
    event = ReferralProgressed(reference=held.reference, reached_at=now, stage=stage)
    await outbox.add(session, event, about=about(held))


async def offer_pack(session: Session, saved: Saved, practice: Practice, now: datetime, offer_id: UUID) -> None:
    """Hand the pack to Channel with all its parts; NotOffered where the form or the assessment is missing."""
    held, record = saved.before, saved.step.record
    parts = await queries.pack_of(session, held, practice, now)
    if parts.form is None:
        raise NotOffered("The form has not been read yet: the intake desk completes it first.")
    if parts.assessment is None:
        raise NotOffered("No complete Gateway assessment is kept here to hand over: complete one first.")
    pack = PassedForInformationGathering(
        reference=held.reference,
        offered_at=now,
        form=parts.form,
        rationale=record.rationale.strip(),
        decided_by=session.actor.name or session.actor.id,
        risk_owner=saved.step.risk_owner,
        immediate_danger=held.immediate_danger,
        documents=parts.documents,
        statistics_key=held.statistics_key,
        assessment=parts.assessment,
        gathered=parts.gathered,
        chronology=parts.chronology,
        shared=parts.shared,
        offer_id=offer_id,
    )
    if saved.step.transition.command is Command.SECTION_36:
        grounds = record.grounds.strip()
        await outbox.add(session, Section36ReferralMade(**dict(pack), grounds=grounds), about=about(held))
    else:
        await outbox.add(session, pack, about=about(held))
