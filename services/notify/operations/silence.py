"""Notices that nobody has answered in the time for that: whoever had them written is told once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import or_, select, update

from chassis import audit
from chassis.database import Session
from contracts.vocabulary import Unreached
from services.notify.domain import Evidence, Kind, State, What
from services.notify.models import notice
from services.notify.operations.evidence import keep_evidence
from services.notify.operations.unreached import tell_undelivered

AWAITED: Mapping[Kind, str] = MappingProxyType({Kind.SIGNPOST_MADE: "signpost", Kind.TRANSFER_OFFERED: "transfer"})
"""The notices that ask for an answer by a day of the area file, and what each is about.

A concern has the clock of its front door, and an ask that of Channel.
"""
MOST_LOOKED_AT = 200
_KINDS = [str(kind) for kind in AWAITED]


@dataclass(frozen=True)
class Unanswered:
    """A notice that waits for an answer: what it is about, whose answer, since when, and until when where known."""

    id: UUID
    reference: str
    area: str
    area_version: str
    what: str
    recipient: str
    since: datetime
    answer_by: datetime | None


async def unanswered(session: Session, after: UUID, *, now: datetime) -> tuple[Unanswered, ...]:
    """Return at most 200 notices that nobody has answered, whose time is over or not known yet, by their ids."""
    waits = (notice.c.state == str(State.SENT)) & notice.c.silent_at.is_(None) & notice.c.kind.in_(_KINDS)
    over = or_(notice.c.answer_by.is_(None), notice.c.answer_by <= now)
    wanted = select(notice).where(waits, over, notice.c.id > after).order_by(notice.c.id).limit(MOST_LOOKED_AT)
    return tuple(
        Unanswered(
            id=row.id,
            reference=row.reference,
            area=row.area,
            area_version=row.area_version,
            what=AWAITED[Kind(row.kind)],
            recipient=row.recipient_key,
            since=row.created_at,
            answer_by=row.answer_by,
        )
        for row in await session.rows(wanted)
    )


async def note_silence(session: Session, found: Unanswered, answer_by: datetime, *, now: datetime) -> bool:
    """Keep by when a notice is to be answered; where that is over and nobody has, tell who had it written, once.

    Returns whether somebody was told. Raises SubjectErased.
    """
    subject = await session.scalar(select(notice.c.subject).where(notice.c.id == found.id))
    if subject is None:
        return False
    await session.lock(subject)
    row = await session.first(select(notice).where(notice.c.id == found.id).with_for_update())
    if row is None or row.state != State.SENT or row.silent_at is not None:
        return False
    is_over = answer_by <= now
    values = {"answer_by": answer_by, "silent_at": now if is_over else None}
    await session.execute(update(notice).where(notice.c.id == row.id).values(values))
    if not is_over:
        return False
    await keep_evidence(session, row, Evidence(What.SILENT, str(row.way or "smtp"), now))
    await tell_undelivered(session, row, Unreached.SILENT, now=now)
    facts = {"kind": row.kind}
    await audit.record(session, "notice.silent", subject=row.subject, now=now, area=row.area, facts=facts)
    return True
