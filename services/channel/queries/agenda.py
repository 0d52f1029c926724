"""What is due before the panel, which of it stands on an agenda, and which clocks run in the cases of a meeting."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from chassis.database import Session
from services.channel import models
from services.channel.domain import ClockName, Command, State
from services.channel.domain.meetings import AGENDA_CLOCKS, LIVE, Due
from services.channel.domain.panel import ENDED_SLOTS

MOST_DUE = 200
"""So many cases are named at most: what a panel can hear in a year of meetings."""
_CASE, _CLOCK, _SLOT, _MEETING, _LINE = (
    models.case_file,
    models.clock,
    models.slot,
    models.meeting,
    models.history,
)


@dataclass(frozen=True)
class DueCase:
    """A case that is due before the panel; `meeting_id` is the meeting to come on whose agenda it stands, if any."""

    subject: UUID
    due: Due
    home_force: str
    meeting_id: UUID | None


async def due_cases(session: Session, area: str, following: datetime, today: date) -> tuple[DueCase, ...]:
    """Return the cases of an area that are due before the panel meets at `following`, the most urgent first.

    One in which sessions of an intervention are missing is due whatever its clock says, until the panel has heard it.
    A meeting whose day is past before `today` (London) hears nobody any more, whether it was ended or not.
    """
    waits = and_(_CASE.c.state == State.REFERRED, ~_deferred())
    soon = or_(waits, _CLOCK.c.due_at < following, _sessions_missing())
    rows = await session.rows(
        _due(today)
        .where(_CASE.c.area == area, soon)
        .order_by(func.min(_CLOCK.c.due_at), _CASE.c.subject)
        .limit(MOST_DUE)
    )
    return tuple(
        DueCase(
            row.subject,
            Due(row.reference, State(row.state), row.due_at, row.deferred, row.short),
            row.home_force,
            row.on_it,
        )
        for row in rows
    )


async def was_deferred(session: Session, subject: UUID) -> bool:
    """Say whether the panel wanted more information when it last heard the case."""
    return bool(await session.scalar(select(_deferred()).select_from(_CASE).where(_CASE.c.subject == subject)))


async def agenda_clocks(session: Session, meeting_id: UUID) -> tuple[tuple[str, ClockName, datetime], ...]:
    """Return the clocks of a meeting's cases that run and that the panel can answer: reference, name, when due."""
    of_it = _SLOT.c.meeting_id == meeting_id
    joined = _SLOT.join(_CASE, _CASE.c.subject == _SLOT.c.subject).join(_CLOCK, _CLOCK.c.subject == _SLOT.c.subject)
    wanted = select(_CASE.c.reference, _CLOCK.c.name, _CLOCK.c.due_at).select_from(joined).where(of_it, _answered())
    return tuple((row.reference, ClockName(row.name), row.due_at) for row in await session.rows(wanted))


async def areas_with_cases(session: Session) -> tuple[str, ...]:
    """Return the areas that have cases here."""
    rows = await session.rows(select(_CASE.c.area).distinct().order_by(_CASE.c.area))
    return tuple(row.area for row in rows)


def _due(today: date) -> Select[Any]:
    """Return the statement that finds cases with the clock by which they come before the panel."""
    to_be_heard = (_MEETING.c.state.in_(LIVE), _MEETING.c.held_on >= today, _SLOT.c.state.not_in(ENDED_SLOTS))
    stands = (
        select(_SLOT.c.meeting_id)
        .join(_MEETING, _MEETING.c.id == _SLOT.c.meeting_id)
        .where(_SLOT.c.subject == _CASE.c.subject, *to_be_heard)
        .order_by(_MEETING.c.starts_at)
        .limit(1)
        .scalar_subquery()
    )
    shown = (_CASE.c.subject, _CASE.c.reference, _CASE.c.state, _CASE.c.home_force)
    due_at = func.min(_CLOCK.c.due_at).label("due_at")
    joined = _CASE.join(_CLOCK, _CLOCK.c.subject == _CASE.c.subject)
    columns = (
        *shown,
        due_at,
        stands.label("on_it"),
        _deferred().label("deferred"),
        _sessions_missing().label("short"),
    )
    return select(*columns).select_from(joined).where(_answered()).group_by(_CASE.c.subject)


def _sessions_missing() -> ColumnElement[bool]:
    """Return whether an alarm about missing sessions stands that the panel has not heard of since it was raised."""
    table, slot, meeting = models.intervention, _SLOT.alias("heard"), _MEETING.alias("heard_in")
    since = and_(
        slot.c.subject == table.c.subject, slot.c.state.in_(ENDED_SLOTS), meeting.c.starts_at > table.c.raised_at
    )
    heard = select(slot.c.id).join(meeting, meeting.c.id == slot.c.meeting_id).where(since).correlate(table)
    stands = and_(table.c.ended_at.is_(None), table.c.short > table.c.explained)
    return _CASE.c.subject.in_(select(table.c.subject).where(stands, ~heard.exists()))


def _answered() -> ColumnElement[bool]:
    """Return that a running clock is the one that the panel answers in a case of its state."""
    pairs = [and_(_CASE.c.state == state, _CLOCK.c.name == name) for state, name in AGENDA_CLOCKS.items()]
    return and_(_CLOCK.c.stopped_at.is_(None), or_(*pairs))


def _deferred() -> ColumnElement[bool]:
    """Return whether the panel deferred a case after it was last referred."""
    line, since = _LINE.alias("deferred"), _LINE.alias("referred")
    began = and_(since.c.to_state == State.REFERRED, since.c.from_state.is_distinct_from(since.c.to_state))
    referred = select(func.max(since.c.id)).where(since.c.subject == line.c.subject, began).scalar_subquery()
    of_it = and_(line.c.subject == _CASE.c.subject, line.c.command == Command.DEFER)
    # Said outright: by itself a statement within a statement within another is of every case, and not of this one.
    later = line.c.id > func.coalesce(referred.correlate(line), 0)
    return and_(_CASE.c.state == State.REFERRED, select(line.c.id).where(of_it, later).correlate(_CASE).exists())
