"""Clocks as rows of a service's own table: started, stopped, changed, and found when somebody is to be told."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, Row, Table, case, func, literal_column, select, true, update
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis.database import Session

WHOLE = UUID(int=0)
"""What a clock is about that is of the row itself and of no single obligation, session or review."""
AT_ONCE = 200
# Written out, not sent beside: what `Session.write` sends beside a statement is a row's own values.
_NO, _ONE = literal_column("0", Integer), literal_column("1", Integer)
_KEYS = ("subject", "name", "about")
_KEPT = (
    *("started_at", "due_at", "stopped_at", "dropped", "paused_at", "paused_for"),
    *("times_extended", "alarmed_at", "escalations", "escalate_at"),
)


class Placed(Protocol):
    """What has clocks: a referral, a case."""

    @property
    def subject(self) -> UUID:
        """Return its id."""

    @property
    def area(self) -> str:
        """Return its area."""


@dataclass(frozen=True)
class ClockKey:
    """Which clock: whose, by its name, and what it is about."""

    subject: UUID
    name: str
    about: UUID = WHOLE


@dataclass(frozen=True)
class Deadline:
    """When a clock runs out, and what it is about."""

    name: str
    due_at: datetime
    about: UUID = WHOLE


def start_clock(session: Session, table: Table, placed: Placed, deadline: Deadline, now: datetime) -> None:
    """Start a clock afresh, whether it ran before or not; how it ended before is counted in its row.

    One that still ran has not ended: what it was about is due anew, so it was neither met nor missed.
    """
    fresh = {
        "started_at": now,
        "due_at": deadline.due_at,
        "stopped_at": None,
        "dropped": None,
        "paused_at": None,
        "paused_for": None,
        "times_extended": 0,
        "alarmed_at": None,
        "escalations": 0,
        "escalate_at": deadline.due_at,
    }
    this = {"subject": placed.subject, "name": deadline.name, "about": deadline.about, "area": placed.area}
    new = upsert(table)
    so_far = {
        "met": func.coalesce(table.c.met, _NO) + case((_done(table) & _in_time(table), _ONE), else_=_NO),
        "missed": func.coalesce(table.c.missed, _NO) + case((_done(table) & ~_in_time(table), _ONE), else_=_NO),
    }
    again = new.on_conflict_do_update(index_elements=_KEYS, set_={name: new.excluded[name] for name in _KEPT} | so_far)
    session.write(again, this | fresh)


async def stop_named(
    session: Session, table: Table, subject: UUID, names: Collection[str], now: datetime, *, dropped: bool = False
) -> None:
    """Stop the clocks of these names that run, whatever they are about; dropped ones have nothing done by them."""
    running = (table.c.subject == subject) & table.c.name.in_(names) & table.c.stopped_at.is_(None)
    await session.execute(update(table).where(running).values(stopped_at=now, dropped=dropped))


async def stop_about(
    session: Session, table: Table, subject: UUID, about: UUID, now: datetime, *, dropped: bool = False
) -> None:
    """Stop the clock of an obligation, a session or a review; a dropped one was called off."""
    running = (table.c.subject == subject) & (table.c.about == about) & table.c.stopped_at.is_(None)
    await session.execute(update(table).where(running).values(stopped_at=now, dropped=dropped))


@dataclass(frozen=True)
class Ended:
    """How many clocks have ended with what they were about done, in time and late."""

    met: int
    missed: int


async def ended(session: Session, table: Table, subject: UUID, names: Collection[str] | None = None) -> Ended:
    """Count how often the clocks of a row have ended, those of these names where some are given.

    One that stood still when it ended was in time if it stood still in time. One that was dropped counts as neither,
    and so does one that was started afresh while it ran: nobody did what it was about.
    """
    done, in_time = _done(table), _in_time(table)
    chosen = table.c.subject == subject
    if names is not None:
        chosen &= table.c.name.in_(names)
    counts = select(
        (func.coalesce(func.sum(table.c.met), 0) + func.count().filter(done & in_time)).label("met"),
        (func.coalesce(func.sum(table.c.missed), 0) + func.count().filter(done & ~in_time)).label("missed"),
    )
    row = (await session.rows(counts.where(chosen)))[0]
    return Ended(int(row.met), int(row.missed))


def this_clock(table: Table, key: ClockKey) -> ColumnElement[bool]:
    """Return the condition that finds one clock."""
    return (table.c.subject == key.subject) & (table.c.name == key.name) & (table.c.about == key.about)


async def running_row(session: Session, table: Table, key: ClockKey) -> Row[Any] | None:
    """Return the row of a clock that has not been stopped, None where there is none."""
    return await session.first(select(table).where(this_clock(table, key), table.c.stopped_at.is_(None)))


async def ever_ran(session: Session, table: Table, key: ClockKey) -> bool:
    """Say whether there is or was such a clock: an address that names another one was typed by hand."""
    return await session.scalar(select(table.c.name).where(this_clock(table, key))) is not None


async def to_escalate(session: Session, table: Table, now: datetime) -> tuple[ClockKey, ...]:
    """Return at most 200 clocks of which somebody is to be told by now, the longest waiting first."""
    columns = [table.c[name] for name in _KEYS]
    rows = await session.rows(select(*columns).where(_waits(table, now)).order_by(table.c.escalate_at).limit(AT_ONCE))
    return tuple(ClockKey(row.subject, row.name, row.about) for row in rows)


async def row_to_escalate(session: Session, table: Table, key: ClockKey, now: datetime) -> Row[Any] | None:
    """Hold and return a clock of which somebody is to be told; None where it changed or another job holds it."""
    this = this_clock(table, key) & _waits(table, now)
    return await session.first(select(table).where(this).with_for_update(skip_locked=True))


async def change_clock(session: Session, table: Table, key: ClockKey, values: Mapping[str, Any]) -> None:
    """Change columns of a clock's row."""
    await session.execute(update(table).where(this_clock(table, key)).values(values))


async def mark_late(session: Session, clock: Table, owner: Table, now: datetime) -> tuple[Row[Any], ...]:
    """Mark at most 200 clocks that have run out since the last look; rows with the owner's reference, in due order."""
    late = (
        clock.c.stopped_at.is_(None)
        & clock.c.paused_at.is_(None)
        & clock.c.alarmed_at.is_(None)
        & (clock.c.due_at < now)
    )
    columns = (*(clock.c[name] for name in _KEYS), clock.c.area, owner.c.reference)
    rows = await session.rows(
        select(*columns)
        .join(owner, owner.c.subject == clock.c.subject)
        .where(late)
        .order_by(clock.c.due_at)
        .limit(AT_ONCE)
        .with_for_update(of=clock, skip_locked=True)
    )
    for row in rows:
        await change_clock(session, clock, ClockKey(row.subject, row.name, row.about), {"alarmed_at": now})
    return tuple(rows)


def _done(table: Table) -> ColumnElement[bool]:
    return table.c.stopped_at.is_not(None) & table.c.dropped.is_not(true())


def _in_time(table: Table) -> ColumnElement[bool]:
    return func.coalesce(table.c.paused_at, table.c.stopped_at) <= table.c.due_at


def _waits(table: Table, now: datetime) -> ColumnElement[bool]:
    return table.c.stopped_at.is_(None) & table.c.paused_at.is_(None) & (table.c.escalate_at <= now)
