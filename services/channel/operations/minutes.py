"""The minutes: written case by case in versions, approved by the chair, checked and corrected in the next meeting."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert as upsert

from chassis import audit
from chassis.database import Session
from services.channel import models, queries
from services.channel.domain import ChangedMeanwhile, NotRecorded
from services.channel.domain.meetings import MeetingState
from services.channel.domain.panel import MeetingNotOpen, MinutesApproved


async def write_minute(session: Session, slot_id: UUID, words: str, seen: int, now: datetime) -> None:
    """Keep a version of what the minutes say of a case; `seen` is the number of the version that was open.

    Raises ChangedMeanwhile, MinutesApproved, and NotRecorded for no words.
    """
    slot = await queries.slot(session, slot_id)
    await session.lock(slot.meeting_id)
    if (await queries.minutes_of(session, slot.meeting_id)).approved_at is not None:
        raise MinutesApproved("The chair has approved these minutes: they are corrected in the next meeting.")
    versions = await queries.minute_versions(session, slot_id)
    newest = versions[-1].number if versions else 0
    if newest != seen:
        raise ChangedMeanwhile("Somebody saved these minutes after you opened them: read theirs, then go on.")
    if not words.strip():
        raise NotRecorded("words", "Enter what the minutes say of this case")
    row = {
        "slot_id": slot_id,
        "number": newest + 1,
        "meeting_id": slot.meeting_id,
        "subject": slot.subject,
        "area": slot.area,
        "sealed_summary": await session.seal(slot.subject, words.strip()),
        "by_id": session.actor.id,
        "by_name": session.actor.name or session.actor.id,
        "at": now,
    }
    await session.execute(models.minute.insert().values(row))
    await audit.record(session, "minutes.written", subject=slot.subject, now=now, area=slot.area)


async def approve_minutes(session: Session, meeting_id: UUID, now: datetime) -> None:
    """Approve the minutes as the chair; raises MeetingNotOpen before the meeting has ended, and MinutesApproved."""
    await session.lock(meeting_id)
    held = await queries.meeting(session, meeting_id)
    if held.state is not MeetingState.HELD:
        raise MeetingNotOpen("The meeting has not ended: its minutes are approved afterwards.")
    if (await queries.minutes_of(session, meeting_id)).approved_at is not None:
        raise MinutesApproved("These minutes have been approved already.")
    await _keep(session, (meeting_id, held.area), approved_at=now, approved_by=session.actor.name or session.actor.id)
    await audit.record(session, "minutes.approved", subject=None, now=now, area=held.area)


async def check_minutes(
    session: Session, meeting_id: UUID, made_in: UUID, corrections: Sequence[tuple[UUID, str]], now: datetime
) -> None:
    """Record that a later meeting checked the minutes, with what it found wrong in which slot; nothing is overwritten.

    Raises MeetingNotOpen where the chair has not approved them.
    """
    await session.lock(meeting_id)
    held = await queries.meeting(session, meeting_id)
    if (await queries.minutes_of(session, meeting_id)).approved_at is None:
        raise MeetingNotOpen("The chair has not approved these minutes: let the chair approve them first.")
    ours = {each.id: each for each in await queries.slots(session, meeting_id)}
    for slot_id, words in corrections:
        if not words.strip() or slot_id not in ours:
            continue
        slot = ours[slot_id]
        row = {
            "meeting_id": meeting_id,
            "slot_id": slot_id,
            "subject": slot.subject,
            "area": slot.area,
            "made_in": made_in,
            "sealed_words": await session.seal(slot.subject, words.strip()),
            "by_id": session.actor.id,
            "by_name": session.actor.name or session.actor.id,
            "at": now,
        }
        await session.execute(models.minute_correction.insert().values(row))
    by = session.actor.name or session.actor.id
    await _keep(session, (meeting_id, held.area), checked_in=made_in, checked_at=now, checked_by=by)
    await audit.record(session, "minutes.checked", subject=None, now=now, area=held.area)


async def _keep(session: Session, meeting: tuple[UUID, str], **values: Any) -> None:
    table = models.meeting_minutes
    row = {"meeting_id": meeting[0], "area": meeting[1], "row_version": 1, **values}
    kept = upsert(table).values(row)
    changed = {**values, "row_version": table.c.row_version + 1}
    await session.execute(kept.on_conflict_do_update(index_elements=["meeting_id"], set_=changed))
