"""The lists of cases: cut by state, coordinator and district, what is due first in front, counted and page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, func, select, tuple_

from chassis.database import Session
from services.channel import models
from services.channel.domain import Consent, State
from services.channel.queries.clocks import whose_clocks
from services.channel.queries.paging import PAGE

_OVER = (State.RETURNED, State.TAKEN_BACK, State.ENDED, State.TRANSFERRED, State.STOPPED)
OPEN_STATES = tuple(state for state in State if state not in _OVER)
OVER_STATES = tuple(state for state in State if state in _OVER)
NOBODY = "nobody"
"""What stands for the coordinator of a case that nobody has taken."""


@dataclass(frozen=True)
class NextClock:
    """The clock of a case that runs out next, and whom it waits for where that is one body."""

    name: str
    due_at: datetime
    owner: str = ""


@dataclass(frozen=True)
class CaseLine:
    """One case in a list, without identity; `next_due_at` is when its next clock runs out, whatever it is about."""

    subject: UUID
    reference: str
    opened_at: datetime
    immediate_danger: bool
    state: State
    risk_owner: str
    coordinator: str
    district: str
    consent: Consent
    next_due_at: datetime
    clock: NextClock | None
    halted: bool = False


@dataclass(frozen=True)
class Wanted:
    """Which cases: in these states, of one coordinator (an id or NOBODY), of one district, overdue at `overdue`.

    `after` is the place of the last line of the page before: danger, next date, subject.
    """

    states: tuple[State, ...] = OPEN_STATES
    coordinator: str = ""
    district: str = ""
    overdue: datetime | None = None
    after: tuple[bool, datetime, UUID] | None = None


@dataclass(frozen=True)
class StateCount:
    """How many cases stand in a state, and of how many a clock has run out."""

    state: State
    number: int
    overdue: int


async def case_list(session: Session, wanted: Wanted) -> tuple[CaseLine, ...]:
    """Return one page of cases and one more, if any: immediate danger first, then what is due first."""
    table = models.case_file
    place = (~table.c.immediate_danger, table.c.next_due_at, table.c.subject)
    conditions = _conditions(wanted)
    if wanted.after is not None:
        danger, due_at, subject = wanted.after
        conditions.append(tuple_(*place) > tuple_(not danger, due_at, subject))
    rows = await session.rows(select(table).where(*conditions).order_by(*place).limit(PAGE + 1))
    clocks = await _next_clocks(session, [row.subject for row in rows])
    return tuple(_line(row, clocks.get(row.subject)) for row in rows)


async def case_counts(session: Session, wanted: Wanted, now: datetime) -> tuple[StateCount, ...]:
    """Return how many of the cases wanted stand in each state, in the order of the pathway."""
    table = models.case_file
    late = func.count().filter(table.c.next_due_at < now).label("overdue")
    counted = select(table.c.state, func.count().label("number"), late).where(*_conditions(wanted))
    rows = {row.state: row for row in await session.rows(counted.group_by(table.c.state))}
    found = ((state, rows.get(state.value)) for state in State)
    return tuple(StateCount(state, row.number, row.overdue) for state, row in found if row is not None)


async def coordinators(session: Session) -> tuple[tuple[str, str], ...]:
    """Return the ids and names of those who have open cases, by name."""
    table = models.case_file
    open_now = table.c.state.in_([state.value for state in OPEN_STATES]) & table.c.coordinator_id.is_not(None)
    named = select(table.c.coordinator_id, func.max(table.c.coordinator).label("name")).where(open_now)
    rows = await session.rows(named.group_by(table.c.coordinator_id).order_by("name"))
    return tuple((row.coordinator_id, row.name) for row in rows)


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    table = models.case_file
    conditions: list[ColumnElement[bool]] = [table.c.state.in_([state.value for state in wanted.states])]
    if wanted.coordinator == NOBODY:
        conditions.append(table.c.coordinator_id.is_(None))
    elif wanted.coordinator:
        conditions.append(table.c.coordinator_id == wanted.coordinator)
    if wanted.district:
        conditions.append(table.c.district == wanted.district)
    if wanted.overdue is not None:
        conditions.append(table.c.next_due_at < wanted.overdue)
    return conditions


async def _next_clocks(session: Session, subjects: Sequence[UUID]) -> dict[UUID, NextClock]:
    clock = models.clock
    running = clock.c.subject.in_(subjects) & clock.c.stopped_at.is_(None) & clock.c.paused_at.is_(None)
    chosen = select(clock.c.subject, clock.c.name, clock.c.about, clock.c.due_at).where(running)
    first = {row.subject: row for row in await session.rows(chosen.order_by(clock.c.due_at.desc()))}
    whose = await whose_clocks(session, {row.about for row in first.values()})
    return {subject: NextClock(row.name, row.due_at, whose.get(row.about, "")) for subject, row in first.items()}


def _line(row: Row[Any], clock: NextClock | None) -> CaseLine:
    return CaseLine(
        subject=row.subject,
        reference=row.reference,
        opened_at=row.opened_at,
        immediate_danger=row.immediate_danger,
        state=State(row.state),
        risk_owner=row.risk_owner,
        coordinator=row.coordinator or "",
        district=row.district,
        consent=Consent(row.consent),
        next_due_at=row.next_due_at,
        clock=clock,
        halted=row.halted_at is not None,
    )
