"""What others owe: a request for information, an action, a signpost; open until reported done or cancelled."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import update

from chassis.database import Session
from contracts.vocabulary import AskKind
from contracts.vocabulary.asking import AskSection
from services.channel import models, queries
from services.channel.domain import CLOCK_OF, Command, NotRecorded, Obligation, ObligationEnded, Practice, Record
from services.channel.operations.asking import Asking, Look, Moved, Reply, ask, end_ask, in_words, move_ask
from services.channel.operations.clocks import Deadline, start_clock, stop_clock
from services.channel.operations.saving import Act, carry_out
from services.channel.queries import Answers, Held, ObligationView, Questions

WORKS_AFTER = timedelta(days=30)
"""How long a link still works after what it asks for was due."""
_ASKED: dict[Obligation, tuple[AskKind, str, str]] = {
    Obligation.REQUEST: (AskKind.INFORMATION, "A request for information", "What we ask"),
    Obligation.ACTION: (AskKind.ACTION, "An action for you", "What is to be done"),
    Obligation.SIGNPOST: (AskKind.SIGNPOST, "Somebody is signposted to you", "Why, and what would help"),
    Obligation.CHANGE: (AskKind.CONSENT_CHANGE, "Consent to support has changed", "What has changed"),
}
"""As what somebody outside is asked by a link: the kind, the title and the heading over the words."""
UNSAID = Answers()
SOMEBODY_TYPED = "Somebody named in the case"
ASKED_AS: dict[Obligation, AskKind] = {kind: asked[0] for kind, asked in _ASKED.items()}


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


@dataclass(frozen=True)
class Again:
    """Whom to mail once more about which obligation; `address` where the one that was typed is wrong."""

    obligation_id: UUID
    address: str = ""


@dataclass(frozen=True)
class Ending:
    """How an obligation ends: done or cancelled, in whose words, when, with which answers.

    `by` stands in the clear; `answers.by` is whoever answered, as they say it, and is sealed.
    """

    state: str
    words: str
    by: str
    at: datetime
    answers: Answers = UNSAID


async def keep_obligation(session: Session, held: Held, owing: Owing, now: datetime) -> UUID:
    """Open an obligation, start its clock and return its id.

    Whoever is in the area file or has a typed address is asked by a link in a mail, unless it is an officer's.
    """
    obligation_id = uuid4()
    subject, address = held.subject, owing.address.strip()
    in_clear = _in_clear(owing)
    questions = Questions(asked=owing.questions, owner="" if in_clear == owing.owner else owing.owner)
    row = {
        "id": obligation_id,
        "subject": subject,
        "area": held.area,
        "kind": owing.kind,
        "recipient": owing.recipient,
        "owner": in_clear,
        "owner_id": owing.owner_id or None,
        "sealed_address": await session.seal(subject, address) if address else None,
        "state": "open",
        "sealed_message": await session.seal(subject, owing.message.strip()),
        "sealed_questions": await session.seal_model(subject, questions) if questions != Questions() else None,
        "about": owing.about,
        "made_at": now,
        "made_by": session.actor.called,
        "due_at": owing.due_at,
    }
    await session.execute(models.obligation.insert().values(row))
    start_clock(session, held, Deadline(CLOCK_OF[owing.kind], owing.due_at, obligation_id), now)
    if _by_link(owing):
        stops = await queries.change_stops(session, obligation_id)
        await ask(session, held, _asking(held, obligation_id, owing, stops=stops), now)
    return obligation_id


def _in_clear(owed: Owing | ObligationView) -> str:
    """Return how whoever owes something is named in the clear: a typed name may lead to the person, as a school does.

    A holder of data who is told of a change is named by why they have it, which leads nowhere.
    """
    known = owed.recipient or owed.owner_id or owed.kind is Obligation.CHANGE
    return owed.owner if known else SOMEBODY_TYPED


def _by_link(owed: Owing | ObligationView) -> bool:
    """Say whether somebody is asked by a link: an officer of the console finds it there."""
    return bool(owed.recipient or owed.address.strip()) and not owed.owner_id


def _asking(held: Held, obligation_id: UUID, owing: Owing, *, stops: bool | None) -> Asking:
    kind, title, heading = _ASKED[owing.kind]
    who = AskSection(heading="Who this is about", words=held.summary.about_whom()) if held.summary else None
    what = AskSection(heading=heading, words=owing.message.strip())
    return Asking(
        ask_id=obligation_id,
        kind=kind,
        name=owing.owner,
        title=title,
        due_at=owing.due_at,
        recipient=owing.recipient,
        address="" if owing.recipient else owing.address.strip(),
        shown=(who, what) if who else (what,),
        questions=owing.questions,
        stops=stops,
        expires_at=owing.due_at + WORKS_AFTER,
    )


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
        answers = Answers(said=reply.answers, by=reply.by or found.owner, taken=reply.taken)
        done = Ending("done", reply.report, _in_clear(found), reply.at, answers)
        await _end(session, held, found, done)
        # A reminder that crossed with the answer has opened the link once more.
        if found.reminded_at is not None and found.reminded_at >= reply.at and _by_link(found):
            await end_ask(session, held, found.id, now, cancelled=False)


async def answer_here(session: Session, held: Held, reply: Reply, practice: Practice) -> None:
    """Keep what whoever owes it answers in the console; the link in the mail says so from then on.

    Raises ObligationNotFound and ObligationEnded.
    """
    await session.lock(held.subject)
    found = await _open(session, held, reply.ask_id)
    await obligation_answered(session, held, reply, practice, reply.at)
    if _by_link(found):
        await end_ask(session, held, found.id, reply.at, cancelled=False)


async def make_obligations(
    session: Session, subject: UUID, owings: Sequence[Owing], act: Act, practice: Practice
) -> tuple[UUID, ...]:
    """Open what `act` records (a request, an action, a signpost) for each of those who owe it, and return the ids.

    Raises whatever `carry_out` refuses.
    """
    saved = await carry_out(session, subject, act, practice)
    return tuple([await keep_obligation(session, saved.before, each, act.now) for each in owings])


async def remind(session: Session, held: Held, again: Again, act: Act, practice: Practice) -> None:
    """Send the mail with the link once more, to another address where one is given, and write it down.

    Raises ObligationNotFound, ObligationEnded, NotRecorded where no mail leads there, and whatever `carry_out` refuses.
    """
    await session.lock(held.subject)
    found = await _open(session, held, again.obligation_id)
    address = "" if found.recipient else again.address.strip() or found.address
    if found.owner_id or not (found.recipient or address):
        raise NotRecorded("address", f"Enter an email address of {found.owner}, or ring them")
    await carry_out(session, held.subject, replace(act, record=Record(reason=f"{found.owner}.")), practice)
    changed: dict[str, Any] = {"reminded_at": act.now, "undelivered_at": None}
    if address:
        changed["sealed_address"] = await session.seal(held.subject, address)
    await _change(session, found.id, changed)
    owing = Owing(found.kind, found.owner, found.message, found.due_at, found.recipient, "", address, found.questions)
    works_until = max(act.now, found.due_at) + WORKS_AFTER
    asking = _asking(held, found.id, owing, stops=await queries.change_stops(session, found.id))
    await ask(session, held, replace(asking, expires_at=works_until), act.now)
    if found.paused:
        await move_ask(session, held, found.id, Moved(found.due_at, works_until, paused=True), act.now)


async def end_obligation(
    session: Session,
    held: Held,
    obligation_id: UUID,
    act: Act,
    practice: Practice,
    answers: Answers = UNSAID,
) -> None:
    """Record that something owed is done (FULFIL), or cancel it (CANCEL), in the officer's words.

    `answers` are what somebody gave by telephone: to the questions, or what they made of a change. Raises
    ObligationNotFound, ObligationEnded, and whatever `carry_out` refuses. A link says so from then on.
    """
    await session.lock(held.subject)
    found = await _open(session, held, obligation_id)
    words = act.record.reason.strip()
    said = in_words(words, answers.said)
    named = Record(reason=f"{found.owner}: {said}" if said else "")
    await carry_out(session, held.subject, Act(act.command, act.now, named, act.expected), practice)
    cancelled = act.command is Command.CANCEL
    by = session.actor.name or session.actor.id
    await _end(session, held, found, Ending("cancelled" if cancelled else "done", words, by, act.now, answers))
    if _by_link(found):
        await end_ask(session, held, found.id, act.now, cancelled=cancelled)


async def _open(session: Session, held: Held, obligation_id: UUID) -> ObligationView:
    found = await queries.obligation(session, held.subject, obligation_id)
    if found.ended_at is not None:
        how = "cancelled" if found.state == "cancelled" else "reported done"
        raise ObligationEnded(f"This was {how} already: open the case to see by whom and what was said.")
    return found


async def _end(session: Session, held: Held, found: ObligationView, ending: Ending) -> None:
    values: dict[str, Any] = {
        "state": ending.state,
        "sealed_report": await session.seal(held.subject, ending.words) if ending.words else None,
        "sealed_answers": await session.seal_model(held.subject, ending.answers) if ending.answers != UNSAID else None,
        "ended_by": ending.by,
        "ended_at": ending.at,
    }
    await _change(session, found.id, values)
    await stop_clock(session, held, found.id, ending.at, dropped=ending.state == "cancelled")


async def _change(session: Session, obligation_id: UUID, values: dict[str, Any]) -> None:
    table = models.obligation
    await session.execute(update(table).where(table.c.id == obligation_id).values(values))
