"""What follows from what comes back of a notice: the next way, or a person who looks."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Row, select

from chassis import audit
from chassis.database import Session
from chassis.errors import Unavailable
from services.notify.domain import Evidence, NoticeAbsent, Result, State, What, takes_back
from services.notify.models import attempt, evidence, notice
from services.notify.operations.evidence import keep_evidence
from services.notify.operations.moving import is_elsewhere
from services.notify.operations.recording import begin_next_way
from services.notify.operations.unreached import take_back_delivered


class StillBeingSent(Unavailable):
    """Something came back of a notice before its sending was recorded: it is to be told again in a moment."""

    reason: ClassVar[str] = "still-being-sent"


async def note_evidence(session: Session, notice_id: UUID, found: Evidence, *, now: datetime) -> State | None:
    """Keep what came back of a notice and do what follows; return its state, None where it was known already.

    A bounce of what was called sent begins the next way of its recipient; where there is none, a person looks, and
    whoever relied on it is told. A late one of an earlier attempt is kept, and changes nothing that went out since.
    Raises NoticeAbsent, StillBeingSent and SubjectErased.
    """
    subject = await session.scalar(select(notice.c.subject).where(notice.c.id == notice_id))
    if subject is None:
        raise NoticeAbsent
    await session.lock(subject)
    row = await session.first(select(notice).where(notice.c.id == notice_id).with_for_update())
    if row is None:
        raise NoticeAbsent
    if row.state == State.SENDING and found.what is What.BOUNCED and found.attempt in {0, row.attempts}:
        raise StillBeingSent("This notice is being sent at this moment; tell what came of it again in a minute.")
    known = await _known(session, notice_id)
    if not await keep_evidence(session, row, found):
        return None
    facts = {"kind": row.kind, "what": str(found.what), "way": found.way, "status": found.status}
    await audit.record(session, "notice.evidence", subject=row.subject, now=now, area=row.area, facts=facts)
    if await is_elsewhere(session, row):
        return State(row.state)  # the concern is with another front door by now: nobody is to be told of it there
    if found.way != row.way or not takes_back(found.what, State(row.state), known):
        return State(row.state)
    if await _went_again(session, row, found.attempt):
        return State(row.state)
    await take_back_delivered(session, row, now=now)
    return await begin_next_way(session, notice_id, Result.BOUNCED, now=now)


async def _went_again(session: Session, row: Row[Any], number: int) -> bool:
    """Say whether a later attempt than the one that came back was taken: its success stands."""
    later = (attempt.c.notice_id == row.id) & (attempt.c.result == str(Result.ACCEPTED)) & (attempt.c.number > number)
    return bool(number) and await session.scalar(select(attempt.c.id).where(later).limit(1)) is not None


async def _known(session: Session, notice_id: UUID) -> tuple[What, ...]:
    rows = await session.rows(select(evidence.c.what).where(evidence.c.notice_id == notice_id))
    return tuple(What(row.what) for row in rows)
