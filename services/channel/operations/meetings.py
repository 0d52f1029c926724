"""The calendar of the panel: meetings are made, moved and cancelled, and there is always a next one."""

from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import NAMESPACE_OID, UUID, uuid5

from sqlalchemy import insert

from chassis.database import Session
from contracts.vocabulary.days import LONDON
from services.channel import models, queries
from services.channel.domain import NotRecorded, Practice, Practices
from services.channel.domain.meetings import AHEAD, MeetingState, begins, check_day, days_ahead
from services.channel.domain.panel import may_chair
from services.channel.operations.convening import (
    MeetingAct,
    change_meeting,
    hold_cases,
    hold_meeting,
    retime,
    write_down_meeting,
)
from services.channel.operations.inviting import invite_again, uninvite_all
from services.channel.operations.packs import close_packs
from services.channel.queries import MeetingView


@dataclass(frozen=True)
class NewMeeting:
    """A meeting as it is to be: when (London), where, and who presides (ids of members)."""

    day: date
    at: time
    place: str
    chair_id: str = ""
    cochair_id: str = ""


async def make_meeting(session: Session, wanted: NewMeeting, practice: Practice, now: datetime) -> UUID:
    """Put a meeting into the calendar of an area and return its id; DayRefused or NotRecorded where it cannot be."""
    await _lock_calendar(session, practice.area)
    check_day(wanted.day, now, await queries.days_taken(session, practice.area))
    chair_id, cochair_id = _chairs(wanted, practice)
    meeting_id = await session.new_subject()
    row = {
        "id": meeting_id,
        "area": practice.area,
        "area_version": practice.version,
        "held_on": wanted.day,
        "starts_at": begins(wanted.day, wanted.at),
        "place": wanted.place,
        "state": MeetingState.PLANNED,
        "chair_id": chair_id,
        "cochair_id": cochair_id or None,
        "row_version": 1,
        "made_at": now,
        "made_by": session.actor.name or session.actor.id,
    }
    await session.execute(insert(models.meeting).values(row))
    await write_down_meeting(session, await queries.meeting(session, meeting_id), "made", MeetingAct(now, 1))
    return meeting_id


async def keep_ahead(session: Session, area: str, practices: Practices, now: datetime) -> tuple[MeetingView, ...]:
    """Make the next meetings of an area by its monthly rule, so that the next date is always fixed.

    Returns those that were made.
    """
    made: list[MeetingView] = []
    today, practice = now.astimezone(LONDON).date(), practices.current(area, now)
    await _lock_calendar(session, area)
    to_come = [each for each in await queries.meetings_to_come(session, area) if each.held_on >= today]
    taken = set(await queries.days_taken(session, area))
    days = days_ahead(practice.panel.meets_on, max((each.held_on for each in to_come), default=today))
    while len(to_come) + len(made) < AHEAD:
        day = next(each for each in days if each not in taken)
        planned = NewMeeting(day, practice.panel.at, practice.panel.place)
        made.append(await queries.meeting(session, await make_meeting(session, planned, practice, now)))
    return tuple(made)


async def move_meeting(session: Session, meeting_id: UUID, day: date, at: time, act: MeetingAct) -> None:
    """Move a meeting to another day: its slots move with it, packs are closed, and whoever was invited is asked anew.

    Raises MeetingOver, ChangedMeanwhile, DayRefused, and NotRecorded without a reason.
    """
    found = await hold_meeting(session, meeting_id, act.expected)
    _say_why(act)
    await hold_cases(session, meeting_id)
    await _lock_calendar(session, found.area)
    others = set(await queries.days_taken(session, found.area)) - {found.held_on}
    check_day(day, act.now, others)
    starts_at = begins(day, at)
    await change_meeting(session, found, "moved", act, held_on=day, starts_at=starts_at)
    await retime(session, meeting_id)
    await close_packs(session, meeting_id, act.now)
    await invite_again(session, await queries.meeting(session, meeting_id), act.now)


async def cancel_meeting(session: Session, meeting_id: UUID, act: MeetingAct) -> None:
    """Cancel a meeting: packs and invitations end; what was on its agenda is due for another.

    Raises MeetingOver, ChangedMeanwhile, and NotRecorded without a reason.
    """
    found = await hold_meeting(session, meeting_id, act.expected)
    _say_why(act)
    await hold_cases(session, meeting_id)
    await change_meeting(session, found, "cancelled", act, state=MeetingState.CANCELLED)
    await close_packs(session, meeting_id, act.now)
    await uninvite_all(session, found, act.now)


def _chairs(wanted: NewMeeting, practice: Practice) -> tuple[str, str]:
    """Return who presides and who takes over: members who may, the first of them unless one is named."""
    may = [each.id for each in practice.panel.members if may_chair(each)]
    chair_id = wanted.chair_id or next(iter(may), "")
    if chair_id not in may:
        raise NotRecorded("chair_id", "Choose who chairs the meeting, from those of the panel who may")
    cochair_id = wanted.cochair_id or next((each for each in may if each != chair_id), "")
    if cochair_id and (cochair_id not in may or cochair_id == chair_id):
        raise NotRecorded("cochair_id", "Choose somebody else who may chair, or nobody, as co-chair")
    return chair_id, cochair_id


def _say_why(act: MeetingAct) -> None:
    if not act.words.strip():
        raise NotRecorded("reason", "Enter the reason, so that everybody who is invited can be told")


async def _lock_calendar(session: Session, area: str) -> None:
    """Hold the calendar of an area, so that two people do not plan for one day."""
    await session.lock(uuid5(NAMESPACE_OID, f"calendar of {area}"))
