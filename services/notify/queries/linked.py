"""What a front door may know of a concern by the link of a mail alone: nothing of the person."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from chassis.database import Session
from services.notify.domain import ConcernAbsent, Kind
from services.notify.models import acknowledgement, concern, notice


@dataclass(frozen=True)
class LinkedConcern:
    """A concern as the link in a notice of it shows it; `is_with_others` once it has moved to another front door.

    `acknowledged_at` is the first answer for what the notice told of: then the link is used up. `newer_waits` says that
    a newer version has come since, which that answer does not count for.
    """

    subject: UUID
    notice_id: UUID
    reference: str
    area: str
    front_door: str
    received_at: datetime
    told_at: datetime
    immediate_danger: bool
    acknowledged_at: datetime | None
    is_with_others: bool
    version: int
    newer_waits: bool


async def linked_concern(session: Session, notice_id: UUID) -> LinkedConcern:
    """Return what the link of a notice leads to; raises ConcernAbsent where there is none, or it is of another kind."""
    kinds = [str(Kind.CONCERN_RECEIVED), str(Kind.CONCERN_UPDATED)]
    told = await session.first(select(notice).where(notice.c.id == notice_id, notice.c.kind.in_(kinds)))
    row = None if told is None else await session.first(select(concern).where(concern.c.subject == told.subject))
    if told is None or row is None:
        raise ConcernAbsent
    version = told.concern_version or row.version
    since = (
        acknowledgement.c.about_id == row.subject,
        acknowledgement.c.at >= told.created_at,
        acknowledgement.c.version >= version,
    )
    answered = await session.scalar(select(func.min(acknowledgement.c.at)).where(*since))
    return LinkedConcern(
        row.subject,
        notice_id,
        row.reference,
        row.area,
        told.recipient_key,
        row.received_at,
        told.sent_at or told.created_at,
        row.immediate_danger,
        answered,
        row.front_door != told.recipient_key,
        version,
        version < row.version and (row.acknowledged_version or 0) < row.version,
    )
