"""A machine at the receiving end answers that somebody there has taken on what a notice told of."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from chassis.database import Session
from services.notify.domain import (
    AlreadyAcknowledged,
    ConcernAbsent,
    Kind,
    NoticeAbsent,
    Reach,
    SignpostAbsent,
)
from services.notify.models import notice
from services.notify.operations.answering import Answer, acknowledge_concern
from services.notify.operations.signposts import acknowledge_signpost

_CONCERNS = frozenset({Kind.CONCERN_RECEIVED, Kind.CONCERN_UPDATED})


async def acknowledge_notice(session: Session, notice_id: UUID, by: str, *, now: datetime) -> bool:
    """Record that `by`, as a receiver's answer names them, has taken on what a notice told of.

    Returns whether nothing waits any more: not where somebody was first, or where a newer version of the concern has
    come, of which the receiver is told by a notice of its own. Concerns and signposts are acknowledged so. A transfer
    needs an officer who owns the risk, an ask its own answer: for them, and for whoever has it no more, nothing
    changes. Raises NoticeAbsent.
    """
    row = await session.first(select(notice).where(notice.c.id == notice_id))
    if row is None:
        raise NoticeAbsent
    try:
        return await _acknowledge(session, row, by, now)
    except (AlreadyAcknowledged, ConcernAbsent, SignpostAbsent):
        return False


async def _acknowledge(session: Session, row: Row[Any], by: str, now: datetime) -> bool:
    there = frozenset({(row.area, row.recipient_key)})
    if Kind(row.kind) in _CONCERNS:
        answer = Answer(Reach(doors=there), "", by=by, version=row.concern_version or 0)
        return await acknowledge_concern(session, row.subject, answer, now=now)
    if row.kind == Kind.SIGNPOST_MADE and row.about_id is not None:
        await acknowledge_signpost(session, row.about_id, Answer(Reach(services=there), "", by=by), now=now)
        return True
    return False
