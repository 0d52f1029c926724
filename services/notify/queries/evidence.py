"""What has come back of notices, beside the answers of their attempts; and what nobody can tell the meaning of."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, select

from chassis.database import Session
from services.notify.domain import State, What
from services.notify.models import evidence, notice
from services.notify.queries.inboxes import NoticeListed, listed_notice

MOST_UNREADABLE = 50
UNREADABLE_FOR = timedelta(days=14)
"""So long a mail that nobody can read stands at the desk: by then somebody has rung, or nobody misses it."""
_HEARD = [str(what) for what in (What.DELIVERED, What.OPENED, What.ACKNOWLEDGED)]


@dataclass(frozen=True)
class CameBack:
    """One thing that came back: what, by which way, with which enhanced status code, and the digest of its report."""

    id: UUID
    what: What
    way: str
    status: str
    digest: str
    at: datetime
    attempt: int = 0


async def came_back(session: Session, notice_id: UUID) -> tuple[CameBack, ...]:
    """Return what has come back of a notice, newest first; the reports themselves stay sealed."""
    names = ("id", "what", "way", "status", "digest", "at", "attempt")
    wanted = (
        select(*(evidence.c[name] for name in names))
        .where(evidence.c.notice_id == notice_id)
        .order_by(evidence.c.at.desc(), evidence.c.id)
    )
    return tuple(
        CameBack(row.id, What(row.what), row.way, row.status or "", row.digest or "", row.at, row.attempt or 0)
        for row in await session.rows(wanted)
    )


async def unreadable(session: Session, *, now: datetime) -> tuple[NoticeListed, ...]:
    """Return at most 50 notices of which something came back that no software can read, the oldest notice first.

    Each waits for a person until it is sent again, until somebody has opened or answered it, or a report says that it
    was delivered; for fourteen days at most.
    """
    wanted = select(notice).where(_waits(now)).order_by(notice.c.created_at, notice.c.id).limit(MOST_UNREADABLE)
    return tuple(listed_notice(row) for row in await session.rows(wanted))


async def count_unreadable(session: Session, *, now: datetime) -> int:
    """Return of how many notices something came back that nobody can read."""
    return int(await session.scalar(select(func.count()).select_from(notice).where(_waits(now))) or 0)


def _waits(now: datetime) -> ColumnElement[bool]:
    of_late = (evidence.c.what == str(What.UNREADABLE)) & (evidence.c.at > now - UNREADABLE_FOR)
    of_this = evidence.c.notice_id == notice.c.id
    return and_(
        notice.c.state == str(State.SENT),
        notice.c.id.in_(select(evidence.c.notice_id).where(of_late)),
        exists().where(of_this, of_late, evidence.c.at >= notice.c.sent_at),
        ~exists().where(of_this, evidence.c.what.in_(_HEARD)),
    )
