"""The queues of the two police teams, page by page, and what must be seen at once wherever it stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, literal_column, select, tuple_

from chassis.database import Session
from services.triage import models
from services.triage.domain import ClockName, Hold, State
from services.triage.queries.holding import HELD_BACK, holds
from services.triage.queries.referral import ClockView, clock_view

QUEUE_PAGE = 50
IMU_STATES = (State.RECEIVED, State.DECONFLICTING, State.CONFLICT)
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
    clock: ClockView | None
    hold: Hold | None

    @property
    def urgent(self) -> bool:
        """Say whether danger was told of and no Gateway officer has taken the referral or decided since."""
        return self.clock is not None and self.clock.name == ClockName.URGENT


async def queue(
    session: Session, states: Sequence[State], after: tuple[bool, datetime, UUID] | None = None
) -> tuple[QueueLine, ...]:
    """Return a queue from `after` on, the last line seen: immediate danger first, then the longest waiting.

    Where there are more than a page holds, one line more than that is returned.
    """
    table = models.referral
    place = tuple_(~table.c.immediate_danger, table.c.received_at, table.c.subject)
    statement = select(table).where(table.c.state.in_([state.value for state in states])).order_by(*place.clauses)
    if after is not None:
        danger, received_at, subject = after
        statement = statement.where(place > tuple_(not danger, received_at, subject))
    return await _lines(session, await session.rows(statement.limit(QUEUE_PAGE + 1)))


async def urgent_elsewhere(session: Session, states: Sequence[State]) -> tuple[QueueLine, ...]:
    """Return where danger was told of and nobody has taken the referral since, in none of these states; 50 at most."""
    table, clock = models.referral, models.clock
    # Written out, so that any plan may use the small index of urgent clocks instead of walking through all that run.
    running = (clock.c.name == literal_column(f"'{ClockName.URGENT}'")) & clock.c.stopped_at.is_(None)
    outside = table.c.state.not_in([state.value for state in states])
    joined = select(table).join(clock, clock.c.subject == table.c.subject).where(running, outside)
    return await _lines(session, await session.rows(joined.order_by(clock.c.due_at).limit(QUEUE_PAGE)))


async def _lines(session: Session, rows: Sequence[Row[Any]]) -> tuple[QueueLine, ...]:
    held_back = await holds(session, [row.subject for row in rows if row.state in HELD_BACK])
    running = await _next_clocks(session, [row.subject for row in rows])
    return tuple(
        QueueLine(
            subject=row.subject,
            reference=row.reference,
            received_at=row.received_at,
            state=State(row.state),
            immediate_danger=row.immediate_danger,
            risk_owner=row.risk_owner,
            officer=row.officer_name or "",
            clock=running.get(row.subject),
            hold=held_back.get(row.subject),
        )
        for row in rows
    )


async def _next_clocks(session: Session, subjects: list[UUID]) -> dict[UUID, ClockView]:
    table = models.clock
    running = select(table).where(table.c.subject.in_(subjects), table.c.stopped_at.is_(None))
    # The last row of a referral counts: the urgent clock, or the one that runs out next.
    statement = running.order_by(table.c.name == ClockName.URGENT, table.c.due_at.desc())
    return {row.subject: clock_view(row) for row in await session.rows(statement)}
