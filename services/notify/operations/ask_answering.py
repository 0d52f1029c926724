"""What people outside answer by a link with a one-time code: kept once, sealed, and told to Channel; drafts besides."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from pydantic import TypeAdapter
from sqlalchemy import insert, update

from chassis import audit, outbox
from chassis.database import Session
from contracts.notify.channel import AskAnswered, AskUndelivered
from contracts.vocabulary import AskKind, ChangeTaken
from contracts.vocabulary.asking import AskAnswer
from services.notify.domain import AskAbsent, AskClosed, AskState, Kind, What, ask_state
from services.notify.models import ask, ask_answer, notice
from services.notify.operations.answering import close_notices
from services.notify.operations.ask_opening import about_ask, times_of
from services.notify.operations.asks import ask_held
from services.notify.operations.evidence import note_people

_DRAFT: TypeAdapter[Mapping[str, str]] = TypeAdapter(Mapping[str, str])
TOLD_BY = (Kind.ASK_MADE, Kind.ASK_REMINDED, Kind.ASK_OVERDUE)
"""The notices that bring an ask's link."""


@dataclass(frozen=True)
class AskReply:
    """What somebody answers, `by` with their role; `taker` owns the risk once accepted, `taken` is of a change."""

    by: str
    report: str = ""
    answers: tuple[AskAnswer, ...] = ()
    accepted: bool | None = None
    taker: str = ""
    taken: ChangeTaken | None = None


_REPLY = TypeAdapter(AskReply)


async def keep_draft(session: Session, ask_id: UUID, typed: Mapping[str, str], *, now: datetime) -> None:
    """Keep what somebody has written so far, in the place of what they wrote before; raises AskAbsent, SubjectErased.

    A closed ask keeps none.
    """
    row = await ask_held(session, ask_id)
    if ask_state(times_of(row), now) is not AskState.OPEN:
        return
    draft = await session.seal(row.subject, _DRAFT.dump_json(typed))
    await session.execute(update(ask).where(ask.c.id == ask_id).values(draft_sealed=draft))
    await audit.record(session, "ask.draft", subject=row.subject, now=now, area=row.area, facts={"ask": str(ask_id)})


async def answer_ask(session: Session, ask_id: UUID, reply: AskReply, *, now: datetime) -> None:
    """Record what was answered and tell Channel; raises AskAbsent, AskClosed and SubjectErased."""
    row = await ask_held(session, ask_id)
    if ask_state(times_of(row), now) is not AskState.OPEN:
        raise AskClosed("This takes no answer any more; open the link again: the page says why.")
    values = {
        "id": uuid4(),
        "ask_id": ask_id,
        "subject": row.subject,
        "area": row.area,
        "at": now,
        "accepted": reply.accepted,
        "by_sealed": await session.seal(row.subject, reply.by),
        "words_sealed": await session.seal(row.subject, _REPLY.dump_json(reply)),
    }
    await session.execute(insert(ask_answer).values(values))
    done = {"answered_at": now, "remind_at": None, "chase_at": None, "draft_sealed": None}
    await session.execute(update(ask).where(ask.c.id == ask_id).values(done))
    await note_people(session, notice.c.about_id == ask_id, What.ACKNOWLEDGED, now=now)
    await close_notices(session, notice.c.about_id == ask_id, TOLD_BY)
    event = AskAnswered(
        reference=row.reference,
        ask_id=ask_id,
        kind=AskKind(row.kind),
        answered_at=now,
        answered_by=reply.by,
        report=reply.report,
        answers=reply.answers,
        accepted=reply.accepted,
        taker=reply.taker,
        taken=reply.taken,
    )
    await outbox.add(session, event, about=about_ask(row))
    facts: dict[str, str | int] = {"ask": str(ask_id), "kind": row.kind}
    await audit.record(session, "ask.answer", subject=row.subject, now=now, area=row.area, facts=facts)


async def give_up_ask(session: Session, ask_id: UUID, *, now: datetime, reached: bool = False) -> None:
    """Tell Channel that a mail with an ask's link is not tried any more, or has `reached` its recipient after all.

    Whoever has answered, or is not asked any more, is left. The subject is held by the caller.
    """
    try:
        row = await ask_held(session, ask_id)
    except AskAbsent:
        return
    if row.answered_at is not None or row.ended_at is not None:
        return
    await session.execute(update(ask).where(ask.c.id == ask_id).values(undelivered_at=None if reached else now))
    kind = AskKind(row.kind)
    event = AskUndelivered(reference=row.reference, ask_id=ask_id, kind=kind, failed_at=now, reached=reached)
    await outbox.add(session, event, about=about_ask(row))


async def note_ask_mailed(session: Session, ask_id: UUID) -> None:
    """Note that a mail with an ask's link has gone out after all."""
    await session.execute(update(ask).where(ask.c.id == ask_id).values(undelivered_at=None))
