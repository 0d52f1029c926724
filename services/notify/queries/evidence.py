"""What has come back of one notice, beside the answers of its attempts."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from chassis.database import Session
from services.notify.domain import What
from services.notify.models import evidence


@dataclass(frozen=True)
class CameBack:
    """One thing that came back: what, by which way, with which enhanced status code, and the digest of its report."""

    id: UUID
    what: What
    way: str
    status: str
    digest: str
    at: datetime


async def came_back(session: Session, notice_id: UUID) -> tuple[CameBack, ...]:
    """Return what has come back of a notice, newest first; the reports themselves stay sealed."""
    columns = (evidence.c.id, evidence.c.what, evidence.c.way, evidence.c.status, evidence.c.digest, evidence.c.at)
    wanted = select(*columns).where(evidence.c.notice_id == notice_id).order_by(evidence.c.at.desc(), evidence.c.id)
    return tuple(
        CameBack(row.id, What(row.what), row.way, row.status or "", row.digest or "", row.at)
        for row in await session.rows(wanted)
    )
