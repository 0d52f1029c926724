"""What others owe: a signpost, a request for information, an action; open until reported done or cancelled."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row, select, update

from chassis.actor import ActorKind
from chassis.database import Session
from services.triage import models
from services.triage.domain import (
    ClockName,
    Command,
    Obligation,
    ObligationEnded,
    ObligationNotFound,
    Practice,
    Record,
)
from services.triage.operations.announcing import announce, announce_signpost_ended
from services.triage.operations.clocks import Deadline, Placed, start_clock, stop_clock
from services.triage.operations.saving import Act, Saved, carry_out

_CLOCKS = {
    Obligation.SIGNPOST: ClockName.SIGNPOST,
    Obligation.REQUEST: ClockName.REQUEST,
    Obligation.ACTION: ClockName.ACTION,
}


@dataclass(frozen=True)
class Owed:
    """What is asked for: of whom, in which words, by when.

    `service` is the id of a signpost service, `owner_id` that of an officer of the console; else they are empty.
    """

    kind: Obligation
    owner: str
    message: str
    due_at: datetime
    service: str = ""
    owner_id: str = ""


@dataclass(frozen=True)
class Answer:
    """What the other side says of an obligation, and who: empty words mean that it has only seen it."""

    obligation_id: UUID
    at: datetime
    report: str = ""
    by: str = ""


async def keep_obligation(session: Session, placed: Placed, owed: Owed, now: datetime) -> UUID:
    """Open an obligation and start its clock; returns its id."""
    obligation_id = uuid4()
    row = {
        "id": obligation_id,
        "subject": placed.subject,
        "area": placed.area,
        "kind": owed.kind,
        "service": owed.service,
        "owner": owed.owner,
        "owner_id": owed.owner_id or None,
        "state": "open",
        "sealed_message": await session.seal(placed.subject, owed.message.strip()),
        "made_at": now,
        "made_by": session.actor.name or session.actor.id,
        "due_at": owed.due_at,
    }
    await session.execute(models.obligation.insert().values(row))
    start_clock(session, placed, Deadline(_CLOCKS[owed.kind], owed.due_at, obligation_id), now)
    return obligation_id


async def ask_partner(session: Session, subject: UUID, act: Act, practice: Practice) -> UUID:
    """Ask a partner for information; returns the id of the request, whose clock is the area's.

    Raises whatever `carry_out` refuses.
    """
    saved = await _carry_out_naming(session, subject, act, practice)
    due_at = practice.due[ClockName.REQUEST]
    return await keep_obligation(session, saved.before, _owed(Obligation.REQUEST, saved, due_at), act.now)


async def add_action(session: Session, subject: UUID, act: Act, practice: Practice, owner_id: str = "") -> UUID:
    """Give a partnership action to somebody by a day; returns its id. Raises whatever `carry_out` refuses.

    `owner_id` is that of an officer of the console, in whose own work it stands; empty for anybody else.
    """
    saved = await _carry_out_naming(session, subject, act, practice)
    due_at = practice.deadline(ClockName.ACTION, saved.step.record.review_on)
    owed = replace(_owed(Obligation.ACTION, saved, due_at), owner_id=owner_id)
    return await keep_obligation(session, saved.before, owed, act.now)


async def review_partnership(session: Session, subject: UUID, act: Act, practice: Practice) -> None:
    """Record what a review of the partnership found; the clock of the next one starts."""
    saved = await carry_out(session, subject, act, practice)
    await announce(session, saved, act.now)


async def fulfil(session: Session, subject: UUID, answer: Answer, act: Act, practice: Practice) -> None:
    """Record that an obligation is met, in the words of `act`; it is the officer who vouches for them.

    Raises ObligationNotFound, ObligationEnded, and whatever `carry_out` refuses.
    """
    await _end_by_person(session, subject, answer, act, practice)


async def cancel(session: Session, subject: UUID, answer: Answer, act: Act, practice: Practice) -> None:
    """Cancel an obligation with the reason in `act`; raises as `fulfil`."""
    await _end_by_person(session, subject, answer, act, practice)


async def _end_by_person(session: Session, subject: UUID, answer: Answer, act: Act, practice: Practice) -> None:
    await session.lock(subject)
    found = await _obligation(session, subject, answer.obligation_id)
    if found.ended_at is not None:
        how = "cancelled" if found.state == "cancelled" else "reported done"
        raise ObligationEnded(f"This was {how} already: open the referral to see by whom and what was said.")
    saved = await end_obligation(session, subject, answer, act, practice)
    if found.kind == Obligation.SIGNPOST:
        await announce_signpost_ended(session, saved.before, answer.obligation_id, act.now)


async def _carry_out_naming(session: Session, subject: UUID, act: Act, practice: Practice) -> Saved:
    """Carry out what asks something of somebody; the line of history says of whom and what."""
    words = f"{act.record.officer.strip()}: {act.record.message.strip()}"
    return await carry_out(session, subject, replace(act, record=replace(act.record, rationale=words)), practice)


def _owed(kind: Obligation, saved: Saved, due_at: datetime) -> Owed:
    record = saved.step.record
    return Owed(kind, record.officer.strip(), record.message, due_at)


async def acknowledge_obligation(
    session: Session, subject: UUID, answer: Answer, practice: Practice, now: datetime
) -> None:
    """Note that the other side has seen it; it stays open until they report. ObligationNotFound where none is here."""
    found = await _obligation(session, subject, answer.obligation_id)
    act = Act(Command.ACKNOWLEDGED, now, Record(rationale=answer.by))
    await carry_out(session, subject, _named(act, found.owner), practice)
    values = {"acknowledged_at": answer.at, **({"state": "acknowledged"} if found.ended_at is None else {})}
    await _change(session, answer.obligation_id, values)


async def report_obligation(session: Session, subject: UUID, answer: Answer, practice: Practice, now: datetime) -> None:
    """Close a signpost with what the other service says that it did; ObligationNotFound where none is here.

    What comes after somebody ended it here is kept in the history, and changes nothing that was recorded.
    """
    await session.lock(subject)
    found = await _obligation(session, subject, answer.obligation_id)
    act = Act(Command.REPORTED, now, Record(rationale=answer.report))
    if found.ended_at is None:
        await end_obligation(session, subject, answer, act, practice)
    else:
        await carry_out(session, subject, _named(act, found.owner), practice)


async def end_obligation(session: Session, subject: UUID, answer: Answer, act: Act, practice: Practice) -> Saved:
    """End an obligation by a command (reported, fulfilled, cancelled) with its words, and stop its clock."""
    found = await _obligation(session, subject, answer.obligation_id)
    saved = await carry_out(session, subject, _named(act, found.owner), practice)
    report = act.record.rationale.strip()
    cancelled = act.command is Command.CANCEL
    values = {
        "state": "cancelled" if cancelled else "done",
        "acknowledged_at": found.acknowledged_at if cancelled else found.acknowledged_at or answer.at,
        "ended_at": answer.at,
        # What came by a message was said by the service itself, whom no officer vouches for.
        "ended_by": session.actor.name if session.actor.kind is ActorKind.PERSON else found.owner,
        "sealed_report": await session.seal(subject, report) if report else None,
    }
    await _change(session, answer.obligation_id, values)
    await stop_clock(session, saved.before, answer.obligation_id, act.now, dropped=cancelled)
    return saved


def _named(act: Act, owner: str) -> Act:
    """Return the act with words that say whose obligation they are about, as the timeline shows them."""
    words = act.record.rationale.strip()
    return replace(act, record=replace(act.record, rationale=f"{owner}: {words}")) if words else act


async def _obligation(session: Session, subject: UUID, obligation_id: UUID) -> Row[Any]:
    table = models.obligation
    found = await session.first(select(table).where(table.c.id == obligation_id, table.c.subject == subject))
    if found is None:
        raise ObligationNotFound("An answer names an obligation that triage never made; compare both services.")
    return found


async def _change(session: Session, obligation_id: UUID, values: dict[str, Any]) -> None:
    table = models.obligation
    await session.execute(update(table).where(table.c.id == obligation_id).values(values))
