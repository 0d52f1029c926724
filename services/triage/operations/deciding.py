"""What people decide about a referral, and what Channel and other services answer."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select, update

from chassis import outbox
from chassis.database import Session
from chassis.ids import rising_id
from contracts.vocabulary import Team
from services.triage import models, queries
from services.triage.domain import Command, Obligation, Practice, Record, starts_from
from services.triage.operations.announcing import HANDING_OVER, announce, announce_signpost, offer_pack
from services.triage.operations.giving_back import GIVE_BACK_ANSWERS, answer_given_back
from services.triage.operations.obligations import Owed, keep_obligation
from services.triage.operations.saving import Act, Saved, carry_out, change
from services.triage.operations.stopping import WITHDRAWN, tell_holders
from services.triage.operations.transferring import call_back, offer_transfer
from services.triage.queries import Held

_LATE = {
    Command.PACK_ACCEPTED: "Channel accepted the pack",
    Command.PACK_RETURNED: "Channel returned the pack",
    Command.CHANNEL_GATHERED: "Channel reported the information gathered",
    Command.CHANNEL_REFERRED: "The local authority referred to the panel under section 36",
    Command.GIVEN_BACK: "Channel gave the case back",
    Command.CHANNEL_OWNER: "Channel named who answers for the risk",
}
# A closure that is sent back goes on with the officer who proposed it.
_NOT_TAKEN_OVER = frozenset(
    {Command.REOPEN, Command.SIGN_OFF, Command.SEND_BACK, Command.TAKE_RISK, Command.DECLINE_BACK}
)


async def mark_seen(session: Session, held: Held, team: Team, now: datetime) -> None:
    """Note that a team opened the referral for the first time, and tell intake's ledger."""
    if team not in held.seen:
        await session.lock(held.subject)
        await change(session, held.subject, {f"{team}_seen_at": now})
        await _report(session, held, team, "seen", now)


async def record_deconfliction(session: Session, subject: UUID, act: Act, practice: Practice) -> None:
    """Record what the intelligence unit found: clear, conflict, more time needed, or that the investigation has it."""
    saved = await carry_out(session, subject, act, practice)
    note, contact = act.record.rationale.strip(), (act.record.contact or act.record.officer).strip()
    await session.execute(
        insert(models.deconfliction).values(
            id=rising_id(),
            subject=subject,
            area=saved.before.area,
            outcome=act.command,
            sealed_note=await session.seal(subject, note) if note else None,
            sealed_contact=await session.seal(subject, contact) if contact else None,
            by_id=session.actor.id,
            by_name=session.actor.name,
            recorded_at=act.now,
        )
    )
    await acknowledge(session, saved.before, Team.IMU, act.now)
    await tell_holders(session, saved, act.now)
    await announce(session, saved, act.now)


async def take(session: Session, subject: UUID, act: Act, practice: Practice) -> None:
    """Give the referral to the Gateway officer who asks for it."""
    saved = await carry_out(session, subject, act, practice)
    await change(session, subject, {"officer_id": session.actor.id, "officer_name": session.actor.name})
    await acknowledge(session, saved.before, Team.GATEWAY, act.now)


async def decide_referral(session: Session, subject: UUID, act: Act, practice: Practice) -> None:
    """Record a Gateway decision with its rationale, and announce it.

    Whoever decides is the Gateway officer from then on, except the second person of a closure, who looks at another's
    work, and whoever takes over the risk alone; a referral that is opened again waits for somebody to take it.
    """
    saved = await carry_out(session, subject, act, practice)
    record = saved.step.record
    if act.command not in _NOT_TAKEN_OVER and saved.before.officer_id != session.actor.id:
        await change(session, subject, {"officer_id": session.actor.id, "officer_name": session.actor.name})
    await session.execute(
        insert(models.decision).values(
            id=rising_id(),
            subject=subject,
            area=saved.before.area,
            command=act.command,
            reason=record.reason,
            sealed_rationale=await session.seal(subject, record.written()),
            sealed_grounds=await session.seal(subject, record.grounds.strip()) if record.grounds.strip() else None,
            sealed_concern=await session.seal(subject, record.concern) if record.concern else None,
            risk_owner=saved.step.risk_owner,
            review_on=record.review_on,
            by_id=session.actor.id,
            by_name=session.actor.name,
            decided_at=act.now,
        )
    )
    await acknowledge(session, saved.before, Team.GATEWAY, act.now)
    if act.command is Command.SIGNPOST:
        await _keep_signpost(session, saved, practice, act.now)
    if act.command is Command.TRANSFER:
        await offer_transfer(session, saved, act.now)
    if act.command is Command.CALL_BACK:
        await call_back(session, saved, act.now)
    if act.command in GIVE_BACK_ANSWERS:
        await answer_given_back(session, saved, act.now)
    if act.command in HANDING_OVER:
        offer_id = await _keep_handover(session, saved, act.now)
        await offer_pack(session, saved, practice, act.now, offer_id)
    await announce(session, saved, act.now)


async def answer_pack(
    session: Session, subject: UUID, act: Act, practice: Practice, offer_id: UUID | None = None
) -> None:
    """Handle Channel's answer to a pack; from an acceptance on, and not before, the named coordinator owns the risk.

    An answer to an offer that is at an end changes nothing: Channel has been told, and the timeline shows it.
    """
    await session.lock(subject)
    table = models.handover
    offers = select(table).where(table.c.subject == subject).order_by(table.c.answered_at.is_not(None))
    found = await session.rows(offers.order_by(table.c.offered_at.desc(), table.c.id.desc()))
    offer = next((each for each in found if offer_id in (None, each.id)), None)
    if offer is not None and offer.answer == act.command:
        return
    if offer is not None and offer.answer is not None:
        await _keep_late(session, subject, act, practice)
        return
    await carry_out(session, subject, act, practice)
    waiting = (table.c.subject == subject) & table.c.answered_at.is_(None)
    await session.execute(update(table).where(waiting).values(answer=act.command, answered_at=act.now))


async def hear_channel(session: Session, subject: UUID, act: Act, practice: Practice) -> None:
    """Keep what Channel tells of a case that it holds: gathered, referred, given back; it stays risk owner.

    A case that is given back is Channel's until a police officer takes it. What crosses the withdrawal of its pack is
    kept in the timeline and changes nothing.
    """
    await session.lock(subject)
    table = models.handover
    state = (await queries.held(session, subject)).situation.state
    withdrawn = select(table.c.id).where(table.c.subject == subject, table.c.answer == WITHDRAWN)
    if not starts_from(act.command, state) and await session.first(withdrawn.limit(1)) is not None:
        await _keep_late(session, subject, act, practice)
    else:
        await carry_out(session, subject, act, practice)


async def _keep_late(session: Session, subject: UUID, act: Act, practice: Practice) -> None:
    said = ". ".join(part for part in (_LATE[act.command], act.record.risk_owner or act.record.rationale) if part)
    words = f"{said}\n\nThe pack had been taken back before: nothing has changed, and Channel is told."
    await carry_out(session, subject, Act(Command.NOTE, act.now, Record(rationale=words)), practice)


async def _keep_signpost(session: Session, saved: Saved, practice: Practice, now: datetime) -> None:
    record = saved.step.record
    to = practice.services[record.service]
    owed = Owed(Obligation.SIGNPOST, to.name, record.message, to.due_at, record.service)
    obligation_id = await keep_obligation(session, saved.before, owed, now)
    await announce_signpost(session, saved, obligation_id, now)


async def _keep_handover(session: Session, saved: Saved, now: datetime) -> UUID:
    offer_id = rising_id()
    await session.execute(
        insert(models.handover).values(
            id=offer_id,
            subject=saved.before.subject,
            area=saved.before.area,
            kind=saved.step.transition.command,
            offered_at=now,
            answer=None if saved.step.transition.target else Command.PACK_ACCEPTED.value,
            answered_at=None if saved.step.transition.target else now,
        )
    )
    return offer_id


async def acknowledge(session: Session, held: Held, team: Team, now: datetime) -> None:
    """Note that a team has acted on the referral, and tell intake's ledger once."""
    if team in held.acknowledged:
        return
    await change(session, held.subject, {f"{team}_acknowledged_at": now})
    await _report(session, held, team, "acknowledged", now)


async def _report(session: Session, held: Held, team: Team, state: str, now: datetime) -> None:
    await outbox.report(session, publisher="intake", event_id=held.received_event_id, team=team, state=state, now=now)
