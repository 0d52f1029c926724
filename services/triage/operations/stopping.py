"""A conflict stops what others hold: what is on offer is taken back, and Channel is asked to wait with what it has."""

from datetime import datetime

from sqlalchemy import update

from chassis import outbox
from chassis.database import Session
from contracts.envelope import Event
from contracts.triage.dovetail import PackWithdrawn, WorkHalted, WorkResumed
from services.triage import models
from services.triage.domain import Command, State
from services.triage.operations.announcing import about
from services.triage.operations.saving import Saved, change
from services.triage.operations.transferring import call_back

WITHDRAWN = "withdrawn"
"""How a pack ended that Channel's answer came too late for."""


async def tell_holders(session: Session, saved: Saved, now: datetime) -> None:
    """Tell whoever has something of this referral that a conflict was recorded or cleared; never what it is about."""
    state, command = saved.before.situation.state, saved.step.transition.command
    if command is Command.CONFLICT and state in (State.PASSED_ON, State.SECTION_36):
        await _withdraw_pack(session, saved, now)
    elif command is Command.CONFLICT and state is State.TRANSFERRING:
        await call_back(session, saved, now)
    elif command is Command.CONFLICT and state in (State.HANDED_OVER, State.GIVEN_BACK):
        reference, speak_to = saved.before.reference, _speak_to(session, saved)
        await _tell(session, saved, WorkHalted(reference=reference, halted_at=now, speak_to=speak_to))
    elif command is Command.CLEAR and state in (State.HANDED_OVER, State.GIVEN_BACK):
        await _tell(session, saved, WorkResumed(reference=saved.before.reference, resumed_at=now))


async def _withdraw_pack(session: Session, saved: Saved, now: datetime) -> None:
    """End the open offer: what Channel answers from now on moves nothing, and a section 36 referral in it is undone."""
    table, held = models.handover, saved.before
    waiting = (table.c.subject == held.subject) & table.c.answered_at.is_(None)
    ended = update(table).where(waiting).values(answer=WITHDRAWN, answered_at=now).returning(table.c.id)
    if held.situation.state is State.SECTION_36:
        await change(session, held.subject, {"section_36_made": False})
    for offer in await session.rows(ended):
        event = PackWithdrawn(
            reference=held.reference,
            offer_id=offer.id,
            withdrawn_at=now,
            speak_to=_speak_to(session, saved),
            risk_owner=saved.step.risk_owner,
        )
        await _tell(session, saved, event)


def _speak_to(session: Session, saved: Saved) -> str:
    return saved.step.record.contact.strip() or session.actor.name or session.actor.id


async def _tell(session: Session, saved: Saved, event: Event) -> None:
    await outbox.add(session, event, about=about(saved.before))
