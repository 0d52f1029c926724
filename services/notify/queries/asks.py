"""What people outside are asked by a link with a one-time code, as they, and the delivery desk, may see it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import Row, Select, func, select

from chassis.database import Session
from chassis.errors import SubjectErased
from contracts.vocabulary import AskKind
from contracts.vocabulary.asking import AskSection
from services.notify.domain import (
    A_DAY,
    CODES_WITHIN,
    AskAbsent,
    AskTimes,
    CodeKept,
    CodesCounted,
    code_is_live,
)
from services.notify.models import ask, ask_answer, ask_code
from services.notify.queries.inboxes import text_of

MOST_ASKS = 50
"""So many of those that wait are shown on the delivery desk."""


@dataclass(frozen=True)
class Asked:
    """Who is asked, under which typed address where the area file has none, and who asks."""

    name: str = ""
    address: str = ""
    made_by: str = ""


@dataclass(frozen=True)
class AskContent:
    """What is shown once an ask is open, and the questions; `stops` says of a change of consent that support ends."""

    shown: tuple[AskSection, ...] = ()
    questions: tuple[str, ...] = ()
    stops: bool | None = None


@dataclass(frozen=True)
class AskListed:
    """One ask without anything of its content; `event_id` is of its newest making."""

    id: UUID
    event_id: UUID
    reference: str
    area: str
    kind: AskKind
    recipient: str
    name: str
    made_at: datetime
    times: AskTimes
    seen_at: datetime | None
    undelivered_at: datetime | None


@dataclass(frozen=True)
class AskFound:
    """An ask as whoever has its link may know of it: nothing that is sealed; `is_erased` where its words are gone."""

    listed: AskListed
    title: str
    is_erased: bool
    is_acknowledged: bool = False
    accepted: bool | None = None
    code_waits: bool = False


@dataclass(frozen=True)
class AskOpened:
    """What somebody reads who has entered the code; `content` is None where it has been erased."""

    name: str
    made_by: str
    content: AskContent | None
    draft: Mapping[str, str] = field(default_factory=dict)


_ASKED, _CONTENT = TypeAdapter(Asked), TypeAdapter(AskContent)
_DRAFT: TypeAdapter[dict[str, str]] = TypeAdapter(dict[str, str])


async def ask_found(session: Session, ask_id: UUID, *, now: datetime) -> AskFound:
    """Return how one ask stands; nothing is unsealed before the code was entered. Raises AskAbsent."""
    row = await _row(session, ask_id)
    answer = await session.first(
        select(ask_answer.c.accepted).where(ask_answer.c.ask_id == ask_id).order_by(ask_answer.c.at.desc()).limit(1)
    )
    given = answer is not None and row.answered_at is not None
    return AskFound(
        _listed(row, Asked()),
        row.title,
        is_erased=row.content_sealed is None,
        is_acknowledged=row.acknowledged_at is not None,
        accepted=answer.accepted if answer is not None and given else None,
        code_waits=await _code_waits(session, ask_id, now),
    )


async def ask_opened(session: Session, ask_id: UUID) -> AskOpened:
    """Return what one ask says, unsealed, for whoever has entered the code; the caller records it. Raises AskAbsent."""
    row = await _row(session, ask_id)
    asked = await _asked(session, row)
    draft = await text_of(session, row.subject, row.draft_sealed)
    kept = _DRAFT.validate_json(draft) if draft else {}
    return AskOpened(asked.name, asked.made_by, await _content(session, row), kept)


async def _row(session: Session, ask_id: UUID) -> Row[Any]:
    row = await session.first(select(ask).where(ask.c.id == ask_id))
    if row is None:
        raise AskAbsent
    return row


async def asks_waiting(session: Session, *, now: datetime) -> tuple[AskListed, ...]:
    """Return the asks of the reader's areas that nobody has answered, the first due first, without their content."""
    waiting = ask.c.answered_at.is_(None) & ask.c.ended_at.is_(None) & (ask.c.expires_at > now)
    rows = await session.rows(select(ask).where(waiting).order_by(ask.c.due_at).limit(MOST_ASKS))
    return tuple([_listed(row, await _asked(session, row)) for row in rows])


def newest_code(ask_id: UUID) -> Select[Any]:
    """Return the question for the newest code that was mailed for an ask: no other opens it."""
    newest_first = (ask_code.c.made_at.desc(), ask_code.c.id.desc())
    return select(ask_code).where(ask_code.c.ask_id == ask_id).order_by(*newest_first).limit(1)


async def codes_counted(session: Session, ask_id: UUID, *, now: datetime) -> CodesCounted:
    """Return how many codes were mailed for an ask lately, and how often they were tried wrongly."""
    within_hour = func.count().filter(ask_code.c.made_at > now - CODES_WITHIN)
    counted = select(within_hour, func.count(), func.coalesce(func.sum(ask_code.c.tries), 0))
    row = await session.first(counted.where(ask_code.c.ask_id == ask_id, ask_code.c.made_at > now - A_DAY))
    return CodesCounted(*(int(each) for each in row)) if row is not None else CodesCounted()


async def _code_waits(session: Session, ask_id: UUID, now: datetime) -> bool:
    row = await session.first(newest_code(ask_id))
    return row is not None and code_is_live(CodeKept(row.digest, row.made_at, row.tries, row.used_at), now)


async def _asked(session: Session, row: Row[Any]) -> Asked:
    try:
        return (
            Asked()
            if row.asked_sealed is None
            else _ASKED.validate_json(await session.unseal(row.subject, row.asked_sealed))
        )
    except SubjectErased:
        return Asked()


async def _content(session: Session, row: Row[Any]) -> AskContent | None:
    try:
        return (
            None
            if row.content_sealed is None
            else _CONTENT.validate_json(await session.unseal(row.subject, row.content_sealed))
        )
    except SubjectErased:
        return None


def _listed(row: Row[Any], asked: Asked) -> AskListed:
    return AskListed(
        id=row.id,
        event_id=row.event_id,
        reference=row.reference,
        area=row.area,
        kind=AskKind(row.kind),
        recipient=row.recipient,
        name=asked.name,
        made_at=row.made_at,
        times=AskTimes(row.opens_at, row.due_at, row.expires_at, row.answered_at, row.ended_at),
        seen_at=row.seen_at,
        undelivered_at=row.undelivered_at,
    )
