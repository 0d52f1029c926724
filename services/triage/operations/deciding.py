"""What people decide about a referral, and what Channel and other services answer."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import func, insert, select, update

from chassis import outbox
from chassis.database import Session
from contracts.vocabulary import Team
from services.triage import models
from services.triage.domain import ClockName, Command, Practice, Record, SignpostNotFound
from services.triage.operations.announcing import HANDING_OVER, announce, announce_signpost
from services.triage.operations.saving import Act, Saved, carry_out, change, start_clock
from services.triage.queries import Held


@dataclass(frozen=True)
class Acknowledgement:
    """What a service that was signposted to says back."""

    signpost_id: UUID
    at: datetime
    report: str


async def mark_seen(session: Session, held: Held, team: Team, now: datetime) -> None:
    """Note that a team opened the referral for the first time, and tell intake's ledger."""
    if team not in held.seen:
        await session.lock(held.subject)
        await change(session, held.subject, {f"{team}_seen_at": now})
        await _report(session, held, team, "seen", now)


async def record_deconfliction(session: Session, subject: UUID, act: Act, practice: Practice) -> None:
    """Record what the intelligence unit found: clear, conflict, or more time needed."""
    saved = await carry_out(session, subject, act, practice)
    note = act.record.rationale.strip()
    await session.execute(
        insert(models.deconfliction).values(
            id=uuid4(),
            subject=subject,
            area=saved.before.area,
            outcome=act.command,
            sealed_note=await session.seal(subject, note) if note else None,
            by_id=session.actor.id,
            by_name=session.actor.name,
            recorded_at=act.now,
        )
    )
    await _acknowledge(session, saved.before, Team.IMU, act.now)
    await announce(session, saved, act.now)


async def take(session: Session, subject: UUID, act: Act, practice: Practice) -> None:
    """Give the referral to the Gateway officer who asks for it."""
    saved = await carry_out(session, subject, act, practice)
    await change(session, subject, {"officer_id": session.actor.id, "officer_name": session.actor.name})
    await _acknowledge(session, saved.before, Team.GATEWAY, act.now)


async def decide_referral(session: Session, subject: UUID, act: Act, practice: Practice) -> None:
    """Record a Gateway decision with its rationale, and announce it; the deciding officer takes back in person.

    Whoever decides is the Gateway officer from then on; a referral that is opened again waits for somebody to take it.
    """
    if act.command is Command.TAKE_BACK:
        act = replace(act, record=replace(act.record, risk_owner=session.actor.name or session.actor.id))
    saved = await carry_out(session, subject, act, practice)
    record = act.record
    if act.command is not Command.REOPEN and saved.before.officer_id != session.actor.id:
        await change(session, subject, {"officer_id": session.actor.id, "officer_name": session.actor.name})
    await session.execute(
        insert(models.decision).values(
            id=uuid4(),
            subject=subject,
            area=saved.before.area,
            command=act.command,
            reason=record.reason,
            sealed_rationale=await session.seal(subject, record.written()),
            sealed_grounds=await session.seal(subject, record.grounds.strip()) if record.grounds.strip() else None,
            by_id=session.actor.id,
            by_name=session.actor.name,
            decided_at=act.now,
        )
    )
    await _acknowledge(session, saved.before, Team.GATEWAY, act.now)
    if act.command is Command.SIGNPOST:
        await _keep_signpost(session, saved, practice, act.now)
    if act.command in HANDING_OVER:
        await _keep_handover(session, saved, act.now)
    await announce(session, saved, act.now)


async def answer_pack(session: Session, subject: UUID, act: Act, practice: Practice) -> None:
    """Handle Channel's answer to a pack; from an acceptance on, and not before, the named coordinator owns the risk."""
    await carry_out(session, subject, act, practice)
    waiting = (models.handover.c.subject == subject) & models.handover.c.answered_at.is_(None)
    await session.execute(update(models.handover).where(waiting).values(answer=act.command, answered_at=act.now))


async def give_back(session: Session, subject: UUID, act: Act, practice: Practice) -> None:
    """Show that Channel gives the case back; Channel's risk owner stays until a police officer takes it."""
    await carry_out(session, subject, act, practice)


async def acknowledge_signpost(
    session: Session, subject: UUID, acknowledgement: Acknowledgement, practice: Practice, now: datetime
) -> None:
    """Close the obligation, the clock runs on for another one; SignpostNotFound where it was never made here."""
    table = models.signpost
    this = (table.c.id == acknowledgement.signpost_id) & (table.c.subject == subject)
    if await session.scalar(select(table.c.id).where(this)) is None:
        raise SignpostNotFound("An acknowledgement names a signpost that triage never made; compare both services.")
    report = acknowledgement.report.strip()
    act = Act(Command.ACKNOWLEDGED, now, Record(rationale=report))
    saved = await carry_out(session, subject, act, practice)
    sealed = await session.seal(subject, report) if report else None
    values = {"state": "acknowledged", "acknowledged_at": acknowledgement.at, "sealed_report": sealed}
    await session.execute(update(table).where(this).values(values))
    waiting = select(func.min(table.c.due_at)).where(table.c.subject == subject, table.c.acknowledged_at.is_(None))
    if due_at := await session.scalar(waiting):
        start_clock(session, saved.before, ClockName.SIGNPOST, due_at, now)


async def _keep_signpost(session: Session, saved: Saved, practice: Practice, now: datetime) -> None:
    record, signpost_id = saved.step.record, uuid4()
    await session.execute(
        insert(models.signpost).values(
            id=signpost_id,
            subject=saved.before.subject,
            area=saved.before.area,
            service=record.service,
            state="open",
            sealed_message=await session.seal(saved.before.subject, record.message.strip()),
            made_at=now,
            due_at=practice.services[record.service].due_at,
        )
    )
    await announce_signpost(session, saved, signpost_id, now)


async def _keep_handover(session: Session, saved: Saved, now: datetime) -> None:
    await session.execute(
        insert(models.handover).values(
            id=uuid4(),
            subject=saved.before.subject,
            area=saved.before.area,
            kind=saved.step.transition.command,
            offered_at=now,
            answer=None if saved.step.transition.target else Command.PACK_ACCEPTED.value,
            answered_at=None if saved.step.transition.target else now,
        )
    )


async def _acknowledge(session: Session, held: Held, team: Team, now: datetime) -> None:
    if team in held.acknowledged:
        return
    await change(session, held.subject, {f"{team}_acknowledged_at": now})
    await _report(session, held, team, "acknowledged", now)


async def _report(session: Session, held: Held, team: Team, state: str, now: datetime) -> None:
    await outbox.report(session, publisher="intake", event_id=held.received_event_id, team=team, state=state, now=now)
