"""The queues of the two police teams: filtered, sorted, page by page, and what must be seen wherever it stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, func, literal_column, select, tuple_

from chassis.database import Session
from services.triage import models
from services.triage.domain import ClockName, Command, Hold, State
from services.triage.queries.holding import HELD_BACK, holds
from services.triage.queries.referral import ClockView, clock_view
from services.triage.queries.safeguards import listed_for, seen_by, sees_everything

QUEUE_PAGE = 50
NOBODY = "nobody"
IMU_STATES = (State.RECEIVED, State.DECONFLICTING, State.CONFLICT, State.PURSUE_OFFERED, State.PURSUE)
GATEWAY_STATES = (
    *IMU_STATES,
    State.ASSESSING,
    State.GATHERING,
    State.DECIDING,
    State.PASSED_ON,
    State.SECTION_36,
    State.GIVEN_BACK,
    State.TRANSFERRING,
    State.CLOSING,
)
LED_STATES = (State.SIGNPOSTED, State.PLP)
"""The states in which the Gateway goes on answering for a referral that it has decided about."""
WORKED_STATES = (*GATEWAY_STATES, *LED_STATES)
"""The states in which the police have something to do: neither ended nor handed over to Channel."""
PASSED_STATES = (State.HANDED_OVER,)
ENDED_STATES = (State.CLOSED, State.WITHDRAWN, State.TRANSFERRED)
_PROPOSER: ColumnElement[str] = (
    select(models.decision.c.by_id)
    .where(models.decision.c.subject == models.referral.c.subject, models.decision.c.command == Command.PROPOSE)
    .order_by(models.decision.c.decided_at.desc(), models.decision.c.id.desc())
    .limit(1)
    .correlate(models.referral)
    .scalar_subquery()
)
"""Who proposed the closure that waits; who proposed one before it does not count."""


class Order(StrEnum):
    """How a queue is sorted; a minus turns it round. First is immediate danger, then the longest waiting."""

    FIRST = "first"
    OLDEST = "received"
    NEWEST = "-received"
    DUE = "due"
    DUE_LAST = "-due"


Mark = tuple[bool, datetime, UUID]
"""The last line seen: whether danger was told of, the time that the order goes by, and the referral."""


@dataclass(frozen=True)
class Wanted:
    """Which lines of a queue are wanted: empty values ask for all; `officer` is an id, or NOBODY."""

    states: tuple[State, ...]
    order: Order = Order.FIRST
    officer: str = ""
    district: str = ""
    area: str = ""
    danger: bool = False
    restricted: bool = False
    overdue_at: datetime | None = None


@dataclass(frozen=True)
class QueueLine:
    """One referral in a queue, without identity."""

    subject: UUID
    reference: str
    received_at: datetime
    state: State
    immediate_danger: bool
    risk_owner: str
    officer: str
    officer_id: str
    area: str
    district: str
    restricted: bool
    next_due_at: datetime
    clock: ClockView | None
    hold: Hold | None

    @property
    def urgent(self) -> bool:
        """Say whether danger was told of and no Gateway officer has taken the referral or decided since."""
        return self.clock is not None and self.clock.name == ClockName.URGENT


@dataclass(frozen=True)
class QueueCount:
    """How many referrals stand in a state, in one district of one area, and how many of these are overdue."""

    state: State
    area: str
    district: str
    number: int
    overdue: int


async def queue(session: Session, wanted: Wanted, after: Mark | None = None) -> tuple[QueueLine, ...]:
    """Return a queue from `after` on, the last line seen.

    Where there are more than a page holds, one line more than that is returned.
    """
    place, backwards = _places(wanted.order)
    statement = _filtered(select(models.referral), wanted).where(listed_for(session.actor))
    statement = statement.order_by(*(each.desc() if backwards else each.asc() for each in place))
    if after is not None:
        danger, at, subject = after
        last = (not danger, at, subject) if wanted.order is Order.FIRST else (at, subject)
        beyond = tuple_(*place) < tuple_(*last) if backwards else tuple_(*place) > tuple_(*last)
        statement = statement.where(beyond)
    return await _lines(session, await session.rows(statement.limit(QUEUE_PAGE + 1)))


async def queue_number(session: Session, wanted: Wanted) -> int:
    """Return how many lines a queue has, whichever page of it is looked at."""
    counted = _filtered(select(func.count()).select_from(models.referral), wanted)
    return await session.scalar(counted.where(listed_for(session.actor))) or 0


async def queue_counts(session: Session, states: Sequence[State], now: datetime) -> tuple[QueueCount, ...]:
    """Return how many referrals stand in each of the states, by area and district, and how many are overdue."""
    table = models.referral
    cut = (table.c.state, table.c.area, table.c.district)
    overdue = func.count().filter(table.c.next_due_at < now)
    among = table.c.state.in_([state.value for state in states]) & table.c.erased_at.is_(None)
    counted = select(*cut, func.count().label("number"), overdue.label("overdue")).where(among).group_by(*cut)
    closed: dict[tuple[str, str, str], tuple[int, int]] = {}
    if not sees_everything(session.actor):
        # Taken away afterwards, because an index counts all of them and restricted ones are few.
        rows = await session.rows(counted.where(table.c.restricted, ~seen_by(session.actor)))
        closed = {(row.state, row.area, row.district): (row.number, row.overdue) for row in rows}
    left = []
    for row in await session.rows(counted):
        number, late = closed.get((row.state, row.area, row.district), (0, 0))
        left.append(QueueCount(State(row.state), row.area, row.district, row.number - number, row.overdue - late))
    return tuple(each for each in left if each.number)


async def urgent_elsewhere(session: Session, states: Sequence[State]) -> tuple[QueueLine, ...]:
    """Return where danger was told of and nobody has taken the referral since, in none of these states; 50 at most."""
    return await _elsewhere(session, ClockName.URGENT, states)


async def halted_elsewhere(session: Session, states: Sequence[State]) -> tuple[QueueLine, ...]:
    """Return where a conflict stands that the unit has not cleared, in none of these states; 50 at most."""
    return await _elsewhere(session, ClockName.CONFLICT, states)


async def held_by_officer(session: Session, officer_id: str) -> tuple[QueueLine, ...]:
    """Return what an officer has to work, what is due first in front; one line more than a page holds at most."""
    return await queue(session, Wanted(WORKED_STATES, Order.DUE, officer=officer_id))


async def proposed_by(session: Session, officer_id: str) -> tuple[QueueLine, ...]:
    """Return the closures that an officer has proposed and that wait for a second person, oldest first."""
    return await _proposed(session, _PROPOSER.is_not_distinct_from(officer_id))


async def to_sign_off(session: Session, officer_id: str) -> tuple[QueueLine, ...]:
    """Return the closures that others than this officer have proposed and that wait for sign-off, oldest first."""
    return await _proposed(session, _PROPOSER.is_distinct_from(officer_id))


async def last_happened(session: Session) -> int:
    """Return the number of the last line of history that somebody may know of, so that a page asks what is newer."""
    table, history = models.referral, models.history
    joined = select(history.c.id).join(table, history.c.subject == table.c.subject).where(listed_for(session.actor))
    return await session.scalar(joined.order_by(history.c.id.desc()).limit(1)) or 0


async def newer(session: Session, states: Sequence[State], since: int) -> tuple[int, int]:
    """Return how many referrals of a queue are new, and how many others somebody else changed, since a line."""
    table, history = models.referral, models.history
    fresh = func.count(func.distinct(table.c.subject)).filter(history.c.command == Command.RECEIVE)
    every = func.count(func.distinct(table.c.subject)).label("every")
    joined = select(fresh.label("fresh"), every).select_from(history.join(table, history.c.subject == table.c.subject))
    others = (history.c.id > since) & (history.c.by_id != session.actor.id) & listed_for(session.actor)
    row = await session.first(joined.where(others, table.c.state.in_([state.value for state in states])))
    return (row.fresh, row.every - row.fresh) if row else (0, 0)


async def _proposed(session: Session, by: ColumnElement[bool]) -> tuple[QueueLine, ...]:
    table = models.referral
    waiting = select(table).where(table.c.state == State.CLOSING, by, listed_for(session.actor))
    return await _lines(session, await session.rows(waiting.order_by(table.c.received_at).limit(QUEUE_PAGE)))


async def _elsewhere(session: Session, name: ClockName, states: Sequence[State]) -> tuple[QueueLine, ...]:
    table, clock = models.referral, models.clock
    # Written out, so that any plan may use the small index of such clocks instead of walking through all that run.
    running = (clock.c.name == literal_column(f"'{name}'")) & clock.c.stopped_at.is_(None)
    outside = table.c.state.not_in([state.value for state in states]) & listed_for(session.actor)
    joined = select(table).join(clock, clock.c.subject == table.c.subject).where(running, outside)
    return await _lines(session, await session.rows(joined.order_by(clock.c.due_at).limit(QUEUE_PAGE)))


def _places(order: Order) -> tuple[tuple[ColumnElement[Any], ...], bool]:
    table = models.referral
    if order is Order.FIRST:
        return (~table.c.immediate_danger, table.c.received_at, table.c.subject), False
    at = table.c.next_due_at if order in (Order.DUE, Order.DUE_LAST) else table.c.received_at
    return (at, table.c.subject), order in (Order.NEWEST, Order.DUE_LAST)


def _filtered(statement: Select[Any], wanted: Wanted) -> Select[Any]:
    table = models.referral
    statement = statement.where(table.c.state.in_([state.value for state in wanted.states]))
    asked: list[ColumnElement[bool]] = []
    if wanted.officer:
        asked.append(table.c.officer_id.is_(None) if wanted.officer == NOBODY else table.c.officer_id == wanted.officer)
    if wanted.district:
        asked.append(table.c.district == wanted.district)
    if wanted.area:
        asked.append(table.c.area == wanted.area)
    if wanted.danger:
        asked.append(table.c.immediate_danger)
    if wanted.restricted:
        asked.append(table.c.restricted)
    if wanted.overdue_at is not None:
        asked.append(table.c.next_due_at < wanted.overdue_at)
    return statement.where(*asked)


async def _lines(session: Session, rows: Sequence[Row[Any]]) -> tuple[QueueLine, ...]:
    running, halted = await _clocks(session, [row.subject for row in rows])
    stopped = [row.subject for row in rows if row.state in HELD_BACK or row.subject in halted]
    held_back = await holds(session, stopped)
    return tuple(
        QueueLine(
            subject=row.subject,
            reference=row.reference,
            received_at=row.received_at,
            state=State(row.state),
            immediate_danger=row.immediate_danger,
            risk_owner=row.risk_owner,
            officer=row.officer_name or "",
            officer_id=row.officer_id or "",
            area=row.area,
            district=row.district,
            restricted=row.restricted,
            next_due_at=row.next_due_at,
            clock=running.get(row.subject),
            hold=held_back.get(row.subject),
        )
        for row in rows
    )


async def _clocks(session: Session, subjects: list[UUID]) -> tuple[dict[UUID, ClockView], frozenset[UUID]]:
    """Return the next clock of each referral, and for which of them a conflict stands."""
    table = models.clock
    running = select(table).where(table.c.subject.in_(subjects), table.c.stopped_at.is_(None))
    # The last row of a referral counts: the urgent clock, or the one that runs out next; one that stands still last.
    statement = running.order_by(table.c.name == ClockName.URGENT, table.c.paused_at.is_(None), table.c.due_at.desc())
    rows = await session.rows(statement)
    halted = frozenset(row.subject for row in rows if row.name == ClockName.CONFLICT)
    return {row.subject: clock_view(row) for row in rows}, halted
