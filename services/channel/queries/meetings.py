"""The calendar of the panel, one meeting, what was done to it, and the slots of its agenda."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, and_, func, select

from chassis.database import Session
from services.channel import models
from services.channel.domain import State
from services.channel.domain.meetings import (
    LIVE,
    InvitationState,
    MeetingNotFound,
    MeetingState,
    SlotKind,
    SlotNotFound,
    SlotState,
)
from services.channel.queries.paging import PAGE
from services.channel.queries.reading import text_of


def meeting_reference(held_on: date) -> str:
    """Return how mails and lists name a meeting of the panel: by its day."""
    return f"PANEL-{held_on.isoformat()}"


@dataclass(frozen=True)
class MeetingView:
    """One meeting as its row has it; `row_version` counts every change. `slots` and `accepted` are counted."""

    id: UUID
    area: str
    area_version: str
    held_on: date
    starts_at: datetime
    place: str
    state: MeetingState
    chair_id: str
    cochair_id: str
    row_version: int
    made_by: str
    slots: int = 0
    invited: int = 0
    accepted: int = 0

    @property
    def subject(self) -> UUID:
        """Return the id under which words about the meeting itself are sealed: its own."""
        return self.id

    @property
    def reference(self) -> str:
        """Return how mails name the meeting."""
        return meeting_reference(self.held_on)

    @property
    def correlation_id(self) -> UUID | None:
        """Return nothing: no single referral caused it."""
        return None


@dataclass(frozen=True)
class SlotView:
    """One case on an agenda; `not_asked` are the members (ids) whom it does not concern."""

    id: UUID
    meeting_id: UUID
    subject: UUID
    area: str
    reference: str
    kind: SlotKind
    position: int
    starts_at: datetime
    minutes: int
    state: SlotState
    not_asked: tuple[str, ...]
    opened_at: datetime | None
    ended_at: datetime | None
    row_version: int
    case_state: State
    home_force: str
    immediate_danger: bool

    @property
    def ends_at(self) -> datetime:
        """Return when the next slot begins."""
        return self.starts_at + timedelta(minutes=self.minutes)


@dataclass(frozen=True)
class MeetingChange:
    """One thing that was done to a meeting."""

    what: str
    words: str
    by: str
    at: datetime
    row_version: int


@dataclass(frozen=True)
class MeetingOfCase:
    """A meeting that a case was, or is to be, heard in."""

    meeting_id: UUID
    slot_id: UUID
    held_on: date
    starts_at: datetime
    meeting_state: MeetingState
    kind: SlotKind
    state: SlotState
    added_at: datetime
    added_by: str


async def meeting(session: Session, meeting_id: UUID) -> MeetingView:
    """Return a meeting; MeetingNotFound where it is not here or not in the actor's areas."""
    table = models.meeting
    row = await session.first(_meetings().where(table.c.id == meeting_id))
    if row is None:
        raise MeetingNotFound("There is no such meeting in your areas: open the panel calendar and choose one.")
    return _meeting(row)


async def meetings_by_id(session: Session, ids: Collection[UUID]) -> Mapping[UUID, MeetingView]:
    """Return several meetings by their ids; those that are not here, or not in the actor's areas, are left out."""
    rows = await session.rows(_meetings().where(models.meeting.c.id.in_(ids))) if ids else []
    return {row.id: _meeting(row) for row in rows}


async def meetings_to_come(session: Session, area: str | None = None) -> tuple[MeetingView, ...]:
    """Return the meetings that are planned or under way, soonest first."""
    table = models.meeting
    statement = _meetings().where(table.c.state.in_(LIVE)).order_by(table.c.starts_at, table.c.id)
    if area is not None:
        statement = statement.where(table.c.area == area)
    return tuple(_meeting(row) for row in await session.rows(statement))


async def meetings_past(session: Session, before: datetime | None = None) -> tuple[MeetingView, ...]:
    """Return one page, and one more if any, of the meetings that were held or cancelled, newest first."""
    table = models.meeting
    statement = _meetings().where(table.c.state.not_in(LIVE)).order_by(table.c.starts_at.desc(), table.c.id)
    if before is not None:
        statement = statement.where(table.c.starts_at < before)
    return tuple(_meeting(row) for row in await session.rows(statement.limit(PAGE + 1)))


async def meeting_after(session: Session, found: MeetingView) -> MeetingView | None:
    """Return the meeting that follows another in its area; None where no date is fixed."""
    table = models.meeting
    later = and_(table.c.area == found.area, table.c.starts_at > found.starts_at, table.c.state.in_(LIVE))
    row = await session.first(_meetings().where(later).order_by(table.c.starts_at).limit(1))
    return None if row is None else _meeting(row)


async def meeting_before(session: Session, found: MeetingView) -> MeetingView | None:
    """Return the newest meeting of the area that was held before another; None where there was none."""
    table = models.meeting
    earlier = (table.c.area == found.area) & (table.c.starts_at < found.starts_at)
    held = earlier & (table.c.state == MeetingState.HELD)
    row = await session.first(_meetings().where(held).order_by(table.c.starts_at.desc()).limit(1))
    return None if row is None else _meeting(row)


async def days_taken(session: Session, area: str) -> tuple[date, ...]:
    """Return the days on which a panel meets, or has met."""
    table = models.meeting
    wanted = (table.c.area == area) & (table.c.state != MeetingState.CANCELLED)
    return tuple(row.held_on for row in await session.rows(select(table.c.held_on).where(wanted)))


async def meeting_changes(session: Session, meeting_id: UUID, since: int = 0) -> tuple[MeetingChange, ...]:
    """Return what was done to a meeting after its `since`-th version, oldest first."""
    table = models.meeting_change
    wanted = (table.c.meeting_id == meeting_id) & (table.c.row_version > since)
    rows = await session.rows(select(table).where(wanted).order_by(table.c.id))
    return tuple(
        [
            MeetingChange(
                row.what, await text_of(session, meeting_id, row.sealed_words), row.by_name, row.at, row.row_version
            )
            for row in rows
        ]
    )


async def slots(session: Session, meeting_id: UUID) -> tuple[SlotView, ...]:
    """Return the agenda of a meeting, in its order."""
    table = models.slot
    statement = _slots().where(table.c.meeting_id == meeting_id).order_by(table.c.position, table.c.id)
    return tuple(_slot(row) for row in await session.rows(statement))


async def slot(session: Session, slot_id: UUID) -> SlotView:
    """Return one slot; SlotNotFound where it is not here."""
    row = await session.first(_slots().where(models.slot.c.id == slot_id))
    if row is None:
        raise SlotNotFound("There is no such case on the agenda: open the meeting and choose one there.")
    return _slot(row)


async def slot_of(session: Session, meeting_id: UUID, subject: UUID) -> SlotView | None:
    """Return the slot of a case in a meeting; None where it is not on the agenda."""
    table = models.slot
    row = await session.first(_slots().where(table.c.meeting_id == meeting_id, table.c.subject == subject))
    return None if row is None else _slot(row)


async def meetings_of(session: Session, subject: UUID) -> tuple[MeetingOfCase, ...]:
    """Return the meetings on whose agenda a case stands or stood, the latest first."""
    table, meeting_ = models.slot, models.meeting
    joined = table.join(meeting_, meeting_.c.id == table.c.meeting_id)
    columns = (
        table,
        meeting_.c.held_on,
        meeting_.c.starts_at.label("meets_at"),
        meeting_.c.state.label("meeting_state"),
    )
    wanted = select(*columns).select_from(joined).where(table.c.subject == subject)
    return tuple(
        MeetingOfCase(
            meeting_id=row.meeting_id,
            slot_id=row.id,
            held_on=row.held_on,
            starts_at=row.starts_at,
            meeting_state=MeetingState(row.meeting_state),
            kind=SlotKind(row.kind),
            state=SlotState(row.state),
            added_at=row.added_at,
            added_by=row.added_by,
        )
        for row in await session.rows(wanted.order_by(meeting_.c.starts_at.desc()))
    )


def _meetings() -> Select[Any]:
    table, asked, agenda = models.meeting, models.invitation, models.slot
    of_it = (asked.c.meeting_id == table.c.id) & (asked.c.state != InvitationState.CALLED_OFF)
    accepted = of_it & (asked.c.state == InvitationState.ACCEPTED)
    return select(
        table,
        select(func.count())
        .select_from(agenda)
        .where(agenda.c.meeting_id == table.c.id)
        .scalar_subquery()
        .label("slots"),
        select(func.count()).select_from(asked).where(of_it).scalar_subquery().label("invited"),
        select(func.count()).select_from(asked).where(accepted).scalar_subquery().label("accepted"),
    )


def _meeting(row: Row[Any]) -> MeetingView:
    return MeetingView(
        id=row.id,
        area=row.area,
        area_version=row.area_version,
        held_on=row.held_on,
        starts_at=row.starts_at,
        place=row.place,
        state=MeetingState(row.state),
        chair_id=row.chair_id,
        cochair_id=row.cochair_id or "",
        row_version=row.row_version,
        made_by=row.made_by,
        slots=row.slots,
        invited=row.invited,
        accepted=row.accepted,
    )


def _slots() -> Select[Any]:
    table, case = models.slot, models.case_file
    joined = table.join(case, case.c.subject == table.c.subject)
    columns = (case.c.reference, case.c.state.label("case_state"), case.c.home_force, case.c.immediate_danger)
    return select(table, *columns).select_from(joined)


def _slot(row: Row[Any]) -> SlotView:
    return SlotView(
        id=row.id,
        meeting_id=row.meeting_id,
        subject=row.subject,
        area=row.area,
        reference=row.reference,
        kind=SlotKind(row.kind),
        position=row.position,
        starts_at=row.starts_at,
        minutes=row.minutes,
        state=SlotState(row.state),
        not_asked=tuple(row.not_asked),
        opened_at=row.opened_at,
        ended_at=row.ended_at,
        row_version=row.row_version,
        case_state=State(row.case_state),
        home_force=row.home_force,
        immediate_danger=row.immediate_danger,
    )
