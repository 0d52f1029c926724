"""How a meeting is held and changed: its row, its version, what was done to it, and the times of its slots."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, union, update

from chassis import audit
from chassis.database import Session
from services.channel import models, queries
from services.channel.domain import ChangedMeanwhile
from services.channel.domain.meetings import MeetingOver, MeetingState, timed
from services.channel.queries import MeetingView


@dataclass(frozen=True)
class MeetingAct:
    """What somebody does to a meeting: `expected` is the row version that they saw, `words` why."""

    now: datetime
    expected: int
    words: str = ""


async def hold_meeting(
    session: Session, meeting_id: UUID, expected: int | None, states: tuple[MeetingState, ...] = (MeetingState.PLANNED,)
) -> MeetingView:
    """Lock a meeting and return it; MeetingOver in another state than these, ChangedMeanwhile where it changed."""
    await session.lock(meeting_id)
    found = await queries.meeting(session, meeting_id)
    if found.state not in states:
        raise MeetingOver(
            "This meeting is under way, was held or was cancelled: it cannot be changed that way any more."
        )
    if expected is not None and expected != found.row_version:
        raise ChangedMeanwhile("Somebody changed this meeting after you opened it: look at the changes, then go on.")
    return found


async def hold_cases(session: Session, meeting_id: UUID) -> None:
    """Hold every case that a meeting has to do with, at once and in one order; call it after `hold_meeting`.

    Held one by one as each is come to, two people could wait for each other's cases.
    """
    tables = (models.slot, models.pack_share, models.invitation)
    wanted = union(*(select(each.c.subject).where(each.c.meeting_id == meeting_id) for each in tables))
    await session.lock_all([row.subject for row in await session.rows(wanted) if row.subject is not None])


async def change_meeting(session: Session, found: MeetingView, what: str, act: MeetingAct, **values: Any) -> None:
    """Change a meeting's row, raise its version, and write down what was done."""
    table = models.meeting
    raised = values | {"row_version": found.row_version + 1}
    await session.execute(update(table).where(table.c.id == found.id).values(raised))
    await write_down_meeting(session, found, what, MeetingAct(act.now, found.row_version + 1, act.words))


async def write_down_meeting(session: Session, found: MeetingView, what: str, act: MeetingAct) -> None:
    """Add the line of what was done to a meeting, at the version `act.expected`, and the audit row."""
    words = act.words.strip()
    row = {
        "meeting_id": found.id,
        "area": found.area,
        "row_version": act.expected,
        "what": what,
        "sealed_words": await session.seal(found.id, words) if words else None,
        "by_id": session.actor.id,
        "by_name": session.actor.name or session.actor.id,
        "at": act.now,
    }
    await session.execute(insert(models.meeting_change).values(row))
    facts = {"state": found.state.value, "on": found.held_on.isoformat()}
    await audit.record(session, f"meeting.{what}", subject=found.id, now=act.now, area=found.area, facts=facts)


async def retime(session: Session, meeting_id: UUID) -> None:
    """Give the slots of a meeting their places and times, one after the other from its beginning."""
    found, agenda = await queries.meeting(session, meeting_id), await queries.slots(session, meeting_id)
    table = models.slot
    times = timed(found.starts_at, [each.minutes for each in agenda])
    for position, (each, starts_at) in enumerate(zip(agenda, times, strict=True), start=1):
        moved = {"position": position, "starts_at": starts_at}
        await session.execute(update(table).where(table.c.id == each.id).values(moved))
