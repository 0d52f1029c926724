"""What Channel asks of people outside is taken in: kept sealed, told by a mail, reminded of, and ended."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid5

from pydantic import TypeAdapter
from sqlalchemy import Row, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from chassis import audit
from chassis.database import Session
from chassis.errors import SubjectErased
from contracts.vocabulary import AskKind
from services.notify.domain import ANSWERABLE, AskAbsent, Kind, Origin, RecipientKind, State, Telling, ask_stage
from services.notify.models import ask, ask_answer, ask_code, notice
from services.notify.operations.answering import take_back
from services.notify.operations.receiving import write_notice
from services.notify.queries import AskContent, Asked

MOST_REMINDED = 100
_UNSENT = (State.DUE, State.FAILED)
_ASKED, _CONTENT = TypeAdapter(Asked), TypeAdapter(AskContent)


@dataclass(frozen=True)
class ReceivedAsk:
    """An ask as Channel made it: of whom (`recipient` an id of the area file, otherwise `asked.address`), and what.

    `due_on` is the day of `due_at` in London; `reminders` are when mails remind of it, before that day and after it.
    """

    origin: Origin
    id: UUID
    kind: AskKind
    recipient: str
    title: str
    asked: Asked
    content: AskContent
    opens_at: datetime | None
    due_at: datetime
    due_on: date
    expires_at: datetime
    reminders: tuple[datetime, datetime]


async def receive_ask(session: Session, received: ReceivedAsk, *, now: datetime) -> None:
    """Keep an ask and write the notice with its link; a repeat changes nothing, a later one takes its place.

    Raises SubjectErased.
    """
    origin = received.origin
    await session.lock(origin.subject)
    known = await session.first(select(ask).where(ask.c.id == received.id))
    if known is not None and (known.event_id == origin.event_id or known.made_at > origin.at):
        return
    values = await _values(session, received)
    if known is not None and await _is_for_whoever_writes(session, known, received):
        values["draft_sealed"] = known.draft_sealed
    fresh = insert(ask).values(values)
    kept = {name: value for name, value in values.items() if name != "id"}
    await session.execute(fresh.on_conflict_do_update(index_elements=["id"], set_=kept))
    if known is not None:
        await _forget_former(session, received.id)
    await _tell(
        session,
        _Due(origin, received.id, received.kind, received.recipient, received.due_on),
        Kind.ASK_MADE,
        received.asked,
        now,
    )
    facts: dict[str, str | int] = {"kind": str(received.kind), "ask": str(received.id)}
    await audit.record(session, "ask.receive", subject=origin.subject, now=now, area=origin.area, facts=facts)


async def _is_for_whoever_writes(session: Session, known: Row[Any], received: ReceivedAsk) -> bool:
    """Say whether the same is asked of the same mailbox as before: then what is half written there stays."""
    if known.asked_sealed is None or known.content_sealed is None:
        return False
    asked = _ASKED.validate_json(await session.unseal(known.subject, known.asked_sealed))
    content = _CONTENT.validate_json(await session.unseal(known.subject, known.content_sealed))
    before = (known.subject, known.kind, known.recipient, asked.address, content.questions)
    return before == (
        received.origin.subject,
        str(received.kind),
        received.recipient,
        received.asked.address,
        received.content.questions,
    )


async def _forget_former(session: Session, ask_id: UUID) -> None:
    """Let no code or mail of what was asked before lead to this: it may be for somebody else."""
    await session.execute(delete(ask_code).where(ask_code.c.ask_id == ask_id))
    open_still = [str(state) for state in (*_UNSENT, State.UNDELIVERABLE)]
    stale = update(notice).where(notice.c.about_id == ask_id, notice.c.state.in_(open_still))
    await session.execute(stale.values(state=str(State.SUPPRESSED), next_attempt_at=None, link_sealed=None))


async def _values(session: Session, received: ReceivedAsk) -> dict[str, Any]:
    origin = received.origin
    before, after = received.reminders if received.kind in ANSWERABLE else (None, None)
    return {
        "id": received.id,
        "subject": origin.subject,
        "reference": origin.reference,
        "area": origin.area,
        "area_version": origin.area_version,
        "kind": str(received.kind),
        "recipient": received.recipient,
        "title": received.title,
        "asked_sealed": await session.seal(origin.subject, _ASKED.dump_json(received.asked)),
        "content_sealed": await session.seal(origin.subject, _CONTENT.dump_json(received.content)),
        "draft_sealed": None,
        "event_id": origin.event_id,
        "correlation_id": origin.correlation_id,
        "made_at": origin.at,
        "opens_at": received.opens_at,
        "due_at": received.due_at,
        "due_on": received.due_on,
        "expires_at": received.expires_at,
        "remind_at": before if before is not None and before > origin.at else None,
        "chase_at": after,
        **dict.fromkeys(("undelivered_at", "seen_at", "acknowledged_at", "answered_at", "ended_at")),
    }


@dataclass(frozen=True)
class _Due:
    """What a notice about an ask is written from."""

    origin: Origin
    id: UUID
    kind: AskKind
    recipient: str
    due_on: date


async def _tell(session: Session, due: _Due, kind: Kind, asked: Asked, now: datetime, **more: object) -> None:
    address = asked.address.strip() if not due.recipient else ""
    subject = due.origin.subject
    personal = {
        "recipient_sealed": await session.seal(subject, address) if address else None,
        "stage": ask_stage(due.kind, due.due_on),
        "about_id": due.id,
    }
    write_notice(session, due.origin, Telling(kind, RecipientKind.ASKED, due.recipient), now=now, **personal, **more)


async def tell_about_ask(
    session: Session, row: Row[Any], kind: Kind, *, event_id: UUID, now: datetime, **more: object
) -> None:
    """Write another notice to whoever was asked; the same event id gives the same notice. Raises SubjectErased."""
    if row.asked_sealed is None:
        raise SubjectErased
    asked = _ASKED.validate_json(await session.unseal(row.subject, row.asked_sealed))
    origin = Origin(
        subject=row.subject,
        reference=row.reference,
        area=row.area,
        area_version=row.area_version,
        publisher="channel",
        event_id=event_id,
        correlation_id=row.correlation_id,
        at=now,
    )
    due = _Due(origin, row.id, AskKind(row.kind), row.recipient, row.due_on)
    await _tell(session, due, kind, asked, now, **more)


async def ask_held(session: Session, ask_id: UUID) -> Row[Any]:
    """Return an ask's row, held with its subject until the transaction ends; raises AskAbsent."""
    wanted = select(ask).where(ask.c.id == ask_id)
    row = await session.first(wanted)
    if row is None:
        raise AskAbsent
    await session.lock(row.subject)
    return await session.first(wanted.with_for_update()) or row


async def end_ask(session: Session, origin: Origin, ask_id: UUID, *, cancelled: bool, now: datetime) -> None:
    """Note that nothing is needed any more; whoever was asked, and had not answered, hears of a cancelled one once.

    So does whoever had accepted an invitation: they would come. Raises AskAbsent.
    """
    row = await ask_held(session, ask_id)
    if row.ended_at is not None:
        return
    ended = {"ended_at": origin.at, "remind_at": None, "chase_at": None, "draft_sealed": None}
    await session.execute(update(ask).where(ask.c.id == ask_id).values(ended))
    was_asked = await take_back(session, ask_id, Kind.ASK_MADE)
    for kind in (Kind.ASK_REMINDED, Kind.ASK_OVERDUE):
        await take_back(session, ask_id, kind)
    is_awaited = row.answered_at is None or await _would_come(session, row)
    if cancelled and was_asked and is_awaited and row.asked_sealed is not None:
        await tell_about_ask(session, row, Kind.ASK_ENDED, event_id=origin.event_id, now=now)
    await audit.record(session, "ask.end", subject=row.subject, now=now, area=row.area, facts={"ask": str(ask_id)})


async def _would_come(session: Session, row: Row[Any]) -> bool:
    if row.kind != AskKind.INVITATION:
        return False
    newest = select(ask_answer.c.accepted).where(ask_answer.c.ask_id == row.id).order_by(ask_answer.c.at.desc())
    return bool(await session.scalar(newest.limit(1)))


@dataclass(frozen=True)
class MovedAsk:
    """That the clock of an ask was given more time, stands still (`paused`) or runs on; days as in ReceivedAsk."""

    origin: Origin
    id: UUID
    due_at: datetime
    due_on: date
    expires_at: datetime
    reminders: tuple[datetime, datetime]
    paused: bool


async def move_ask(session: Session, moved: MovedAsk, *, now: datetime) -> None:
    """Let an ask be due on another day, its link and what is half written as they were; raises AskAbsent.

    Nobody is reminded while its clock stands still, and of a day that has passed only once. What was asked anew since,
    or has ended, stays as it is; a repeat changes nothing.
    """
    row = await ask_held(session, moved.id)
    if row.made_at > moved.origin.at or row.answered_at is not None or row.ended_at is not None:
        return
    before, after = moved.reminders if AskKind(row.kind) in ANSWERABLE and not moved.paused else (None, None)
    values = {
        "due_at": moved.due_at,
        "due_on": moved.due_on,
        "expires_at": max(row.expires_at, moved.expires_at),
        "remind_at": before if before is not None and before > now else None,
        "chase_at": after if after is not None and (after > now or row.chase_at is not None) else None,
    }
    await session.execute(update(ask).where(ask.c.id == row.id).values(values))
    for kind in (Kind.ASK_REMINDED, Kind.ASK_OVERDUE):
        await take_back(session, row.id, kind)
    # A mail that has not gone out yet names the new day.
    waits = (notice.c.about_id == row.id) & notice.c.state.in_([str(each) for each in _UNSENT])
    stage = ask_stage(AskKind(row.kind), moved.due_on)
    await session.execute(update(notice).where(waits).values(stage=stage))
    facts: dict[str, str | int] = {"ask": str(row.id), "paused": int(moved.paused)}
    await audit.record(session, "ask.move", subject=row.subject, now=now, area=row.area, facts=facts)


@dataclass(frozen=True)
class ToRemind:
    """An ask that is due a reminder."""

    id: UUID
    reference: str


async def asks_to_remind(session: Session, after: UUID, *, now: datetime) -> tuple[ToRemind, ...]:
    """Return at most 100 asks that are due a reminder, in the order of their ids, from the one behind `after`."""
    due = or_(ask.c.remind_at <= now, ask.c.chase_at <= now) & (ask.c.id > after)
    waiting = await session.rows(select(ask.c.id, ask.c.reference).where(due).order_by(ask.c.id).limit(MOST_REMINDED))
    return tuple(ToRemind(each.id, each.reference) for each in waiting)


async def remind_of_ask(session: Session, ask_id: UUID, *, now: datetime) -> None:
    """Write the mail that reminds of what is due soon, or was due yesterday, once; raises AskAbsent, SubjectErased.

    Nothing is written where another turn was first, or where somebody has answered meanwhile.
    """
    row = await ask_held(session, ask_id)
    if not (_has_come(row.remind_at, now) or _has_come(row.chase_at, now)):
        return
    kind = _reminder(row, now)
    chase_at = None if _has_come(row.chase_at, now) else row.chase_at
    await session.execute(update(ask).where(ask.c.id == row.id).values(remind_at=None, chase_at=chase_at))
    if kind is not None:
        # Once for each day by which it was due: more time is a reason to be reminded once more.
        event_id = uuid5(row.event_id, row.due_on.isoformat())
        await tell_about_ask(session, row, kind, event_id=event_id, now=now)


def _has_come(at: datetime | None, now: datetime) -> bool:
    return at is not None and at <= now


def _reminder(row: Row[Any], now: datetime) -> Kind | None:
    """Return which mail an ask is due, None where nothing waits; what could not be delivered is not mailed again."""
    closed = (row.answered_at, row.ended_at, row.undelivered_at)
    if any(closed) or now >= row.expires_at or row.asked_sealed is None:
        return None
    if _has_come(row.chase_at, now):
        return Kind.ASK_OVERDUE
    return Kind.ASK_REMINDED if _has_come(row.remind_at, now) and now < row.due_at else None
