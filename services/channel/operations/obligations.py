"""What others owe: a request for information, an action, a signpost; open until reported done or cancelled."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import update

from chassis.database import Session
from services.channel import models, queries
from services.channel.domain import ClockName, Command, Obligation, ObligationEnded, Practice, Record
from services.channel.operations.asking import Look, Reply, end_ask
from services.channel.operations.clocks import Deadline, Placed, start_clock, stop_clock
from services.channel.operations.saving import Act, carry_out
from services.channel.queries import Held, ObligationView, Questions

_CLOCKS = {
    Obligation.REQUEST: ClockName.REQUEST,
    Obligation.ACTION: ClockName.ACTION,
    Obligation.SIGNPOST: ClockName.SIGNPOST,
    Obligation.CHANGE: ClockName.CHANGE,
}


@dataclass(frozen=True)
class Owing:
    """What is asked for: of whom, in which words, by when.

    `recipient` is the id of a partner, member, provider or service in the area file, `owner_id` that of an officer of
    the console, `address` the mail address of somebody who is neither; else they are empty. `about` is the meeting or
    consent that it comes from.
    """

    kind: Obligation
    owner: str
    message: str
    due_at: datetime
    recipient: str = ""
    owner_id: str = ""
    address: str = ""
    questions: tuple[str, ...] = ()
    about: UUID | None = None


async def keep_obligation(session: Session, placed: Placed, owing: Owing, now: datetime) -> UUID:
    """Open an obligation and start its clock; returns its id."""
    obligation_id = uuid4()
    subject, address = placed.subject, owing.address.strip()
    questions = Questions(asked=owing.questions)
    row = {
        "id": obligation_id,
        "subject": subject,
        "area": placed.area,
        "kind": owing.kind,
        "recipient": owing.recipient,
        "owner": owing.owner,
        "owner_id": owing.owner_id or None,
        "sealed_address": await session.seal(subject, address) if address else None,
        "state": "open",
        "sealed_message": await session.seal(subject, owing.message.strip()),
        "sealed_questions": await session.seal_model(subject, questions) if owing.questions else None,
        "about": owing.about,
        "made_at": now,
        "made_by": session.actor.name or session.actor.id,
        "due_at": owing.due_at,
    }
    await session.execute(models.obligation.insert().values(row))
    start_clock(session, placed, Deadline(_CLOCKS[owing.kind], owing.due_at, obligation_id), now)
    return obligation_id


async def obligation_seen(session: Session, held: Held, look: Look, practice: Practice, now: datetime) -> None:
    """Note that the other side has opened it, once; a look after it expired changes nothing."""
    found = await queries.obligation(session, held.subject, look.ask_id)
    if look.refused or found.seen_at is not None:
        return
    await carry_out(session, held.subject, Act(Command.SEEN, now, Record(reason=f"{found.owner}.")), practice)
    await _change(session, found.id, {"seen_at": look.at})


async def obligation_answered(session: Session, held: Held, reply: Reply, practice: Practice, now: datetime) -> None:
    """End what was owed with what the other side says; what comes after its end is kept in the history only."""
    found = await queries.obligation(session, held.subject, reply.ask_id)
    said = Record(reason=f"{found.owner} ({reply.by}): {reply.words()}")
    await carry_out(session, held.subject, Act(Command.ANSWERED, now, said), practice)
    if found.ended_at is None:
        await _end(session, held, found, ("done", reply.words(), reply.by or found.owner, reply.at))


async def end_obligation(session: Session, held: Held, obligation_id: UUID, act: Act, practice: Practice) -> None:
    """Record that something owed is done (FULFIL), or cancel it (CANCEL), in the officer's words.

    Raises ObligationNotFound, ObligationEnded, and whatever `carry_out` refuses. A link says so from then on.
    """
    await session.lock(held.subject)
    found = await queries.obligation(session, held.subject, obligation_id)
    if found.ended_at is not None:
        how = "cancelled" if found.state == "cancelled" else "reported done"
        raise ObligationEnded(f"This was {how} already: open the case to see by whom and what was said.")
    words = act.record.reason.strip()
    named = Record(reason=f"{found.owner}: {words}" if words else "")
    await carry_out(session, held.subject, Act(act.command, act.now, named, act.expected), practice)
    cancelled = act.command is Command.CANCEL
    by = session.actor.name or session.actor.id
    await _end(session, held, found, ("cancelled" if cancelled else "done", words, by, act.now))
    if not found.owner_id:
        await end_ask(session, held, found.id, act.now, cancelled=cancelled)


async def _end(session: Session, held: Held, found: ObligationView, ending: tuple[str, str, str, datetime]) -> None:
    state, words, by, at = ending
    report = await session.seal(held.subject, words) if words else None
    await _change(session, found.id, {"state": state, "sealed_report": report, "ended_by": by, "ended_at": at})
    await stop_clock(session, held, found.id, at)


async def _change(session: Session, obligation_id: UUID, values: dict[str, Any]) -> None:
    table = models.obligation
    await session.execute(update(table).where(table.c.id == obligation_id).values(values))
