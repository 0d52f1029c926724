"""What a service does with a signpost: reads it, acknowledges it, reports what it did; the police are told of each."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, update

from chassis import audit, outbox
from chassis.database import Session
from chassis.outbox import About
from contracts.notify.police import SignpostAcknowledged, SignpostReported
from services.notify.domain import (
    AlreadyAcknowledged,
    AlreadyReported,
    Kind,
    Origin,
    RecipientKind,
    SignpostAbsent,
    Telling,
    What,
)
from services.notify.models import notice, signpost
from services.notify.operations.answering import Answer, Answered, close_notices, keep_answer, take_back
from services.notify.operations.evidence import note_people
from services.notify.operations.receiving import write_notice
from services.notify.queries import within


async def open_signpost(session: Session, signpost_id: UUID, answer: Answer, *, now: datetime) -> None:
    """Record that a person reads a signpost that was made to their service; raises SignpostAbsent."""
    row = await _signpost(session, signpost_id, answer)
    reason = "Opened a signpost by its link" if session.actor.kind == "public" else "Opened a signpost"
    await audit.record_read(session, subject=row.subject, now=now, reason=reason)
    await note_people(session, notice.c.about_id == signpost_id, What.OPENED, now=now)


async def acknowledge_signpost(session: Session, signpost_id: UUID, answer: Answer, *, now: datetime) -> None:
    """Record that the receiving service has seen a signpost, with what it did where it says so, and tell the police.

    Raises SignpostAbsent and AlreadyAcknowledged.
    """
    row = await _signpost(session, signpost_id, answer)
    if row.acknowledged_at is not None:
        raise AlreadyAcknowledged("This signpost has been acknowledged already; its page shows by whom.")
    report = answer.report.strip()
    await _settle(session, row, answer, {"acknowledged_at": now, "reported_at": now if report else None}, now)
    event = SignpostAcknowledged(
        reference=row.reference,
        signpost_id=signpost_id,
        acknowledged_at=now,
        report=report,
        acknowledged_by=_who(session, answer),
    )
    await outbox.add(session, event, about=_about(row))
    await audit.record(session, "signpost.acknowledge", subject=row.subject, now=now, area=row.area)


async def report_signpost(session: Session, signpost_id: UUID, answer: Answer, *, now: datetime) -> None:
    """Record what the receiving service did, which ends the signpost, and tell the police.

    Raises SignpostAbsent and AlreadyReported.
    """
    row = await _signpost(session, signpost_id, answer)
    if row.reported_at is not None:
        raise AlreadyReported("What was done about this signpost has been reported already; its page shows by whom.")
    await _settle(session, row, answer, {"acknowledged_at": row.acknowledged_at or now, "reported_at": now}, now)
    event = SignpostReported(
        reference=row.reference,
        signpost_id=signpost_id,
        reported_at=now,
        reported_by=_who(session, answer),
        report=answer.report.strip(),
    )
    await outbox.add(session, event, about=_about(row))
    await audit.record(session, "signpost.report", subject=row.subject, now=now, area=row.area)


async def end_signpost(session: Session, origin: Origin, signpost_id: UUID, *, now: datetime) -> None:
    """Note that the police need no answer any more, and tell the service once; raises SignpostAbsent.

    A service that has not been asked yet is not asked, and one that has reported need not be told.
    """
    await session.lock(origin.subject)
    row = await session.first(select(signpost).where(signpost.c.id == signpost_id))
    if row is None:
        raise SignpostAbsent
    await session.execute(update(signpost).where(signpost.c.id == signpost_id).values(ended_at=origin.at))
    telling = Telling(Kind.SIGNPOST_ENDED, RecipientKind.SERVICE, row.service)
    if await take_back(session, signpost_id, Kind.SIGNPOST_MADE) and row.reported_at is None:
        write_notice(session, origin, telling, now=now, about_id=signpost_id)
    await audit.record(session, "signpost.end", subject=row.subject, now=now, area=row.area)


async def _settle(
    session: Session, row: Row[Any], answer: Answer, values: dict[str, datetime | None], now: datetime
) -> None:
    await session.execute(update(signpost).where(signpost.c.id == row.id).values(values))
    await keep_answer(session, row, Answered("signpost", row.id, answer.report.strip(), by=answer.by), now=now)
    await close_notices(session, notice.c.about_id == row.id, (Kind.SIGNPOST_MADE,))


def _who(session: Session, answer: Answer) -> str:
    """Return who answers: as they named themselves by a link, or whoever has signed in."""
    return answer.by or ", ".join(part for part in (session.actor.name, session.actor.organisation) if part)


def _about(row: Row[Any]) -> About:
    return About(row.subject, row.area, row.area_version, row.correlation_id, row.event_id)


async def _signpost(session: Session, signpost_id: UUID, answer: Answer) -> Row[Any]:
    wanted = select(signpost).where(signpost.c.id == signpost_id)
    if not answer.everywhere:
        wanted = wanted.where(within(signpost, signpost.c.service, answer.reach.services))
    row = await session.first(wanted)
    if row is None:
        raise SignpostAbsent
    await session.lock(row.subject)
    return await session.first(wanted.with_for_update()) or row
