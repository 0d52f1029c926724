"""Clocks across referrals: one that runs, those to escalate, and what runs out by a day, counted and page by page."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, case, func, select, tuple_

from chassis import ticking
from chassis.database import Session
from chassis.ticking import ClockKey, Ended
from services.triage import models
from services.triage.domain import ClockCount, ClockName, ClockNotRunning, Running, why_fixed
from services.triage.queries.safeguards import listed_for

FORECAST_PAGE = 100
PAUSED_SHOWN = 100
MOST_COUNTED = 10_000
"""So many are counted, the longest overdue first: beyond that a number tells nobody more, and takes seconds."""
RESTRICTED = "restricted"
"""What stands for the officer of every restricted referral."""


async def ended_clocks(session: Session, subject: UUID) -> Ended:
    """Return how many clocks of a referral have ended, in time and late."""
    return await ticking.ended(session, models.clock, subject)


@dataclass(frozen=True)
class ClockLine:
    """A clock in a list, without identity: whose referral it is of by reference and officer, and how it stands."""

    subject: UUID
    reference: str
    officer: str
    restricted: bool
    name: ClockName
    about: UUID
    due_at: datetime
    paused_at: datetime | None
    paused_for: str
    times_extended: int


@dataclass(frozen=True)
class Sought:
    """Which clocks of a forecast: those that run out before `until`, of one name or officer where given.

    `officer` is an id, "" for the referrals that nobody has taken, RESTRICTED for those whose officer is not shown, and
    None for all; `after` is the last line of the page before.
    """

    until: datetime
    name: ClockName | None = None
    officer: str | None = None
    after: tuple[datetime, UUID, str, UUID] | None = None


async def running_clock(session: Session, key: ClockKey) -> Running:
    """Return a clock that has not been stopped; ClockNotRunning where there is none."""
    row = await ticking.running_row(session, models.clock, key)
    if row is None:
        raise ClockNotRunning("This clock does not run any more: open the referral again to see which clocks run.")
    return running(row)


async def clock_ever_ran(session: Session, key: ClockKey) -> bool:
    """Say whether a referral has or had such a clock: an address that names another one was typed by hand."""
    return await ticking.ever_ran(session, models.clock, key)


async def owner_of(session: Session, key: ClockKey) -> str:
    """Return who owes what a clock is about, nothing where it is of the referral itself."""
    table = models.obligation
    owner = select(table.c.owner).where(table.c.id == key.about, table.c.subject == key.subject)
    return await session.scalar(owner) or ""


def running(row: Row[Any]) -> Running:
    """Return a clock that runs as its row has it."""
    return Running(
        name=ClockName(row.name),
        about=row.about,
        due_at=row.due_at,
        paused_at=row.paused_at,
        paused_for=row.paused_for or "",
        times_extended=row.times_extended,
        escalations=row.escalations,
        fixed=why_fixed(row.name),
    )


async def clocks_to_escalate(session: Session, now: datetime) -> tuple[ClockKey, ...]:
    """Return at most 200 clocks of which somebody is to be told by now, the longest waiting first."""
    return await ticking.to_escalate(session, models.clock, now)


async def clock_counts(session: Session, until: datetime, now: datetime) -> tuple[ClockCount, ...]:
    """Return how many clocks run out before a moment, by name and officer, at most 10,000; paused ones do not."""
    table, referral = models.clock, models.referral
    first = select(table.c.subject, table.c.name, table.c.due_at).where(_runs_out(until))
    first = first.join(referral, referral.c.subject == table.c.subject).where(listed_for(session.actor))
    clock = first.order_by(table.c.due_at).limit(MOST_COUNTED).subquery()
    officer = _officer_shown.label("officer_id")
    statement = (
        select(
            clock.c.name,
            officer,
            func.coalesce(func.max(referral.c.officer_name).filter(~referral.c.restricted), "").label("officer"),
            func.count().label("number"),
            func.count().filter(clock.c.due_at < now).label("overdue"),
        )
        .join(referral, referral.c.subject == clock.c.subject)
        .group_by(clock.c.name, officer)
    )
    return tuple(
        ClockCount(ClockName(row.name), row.officer_id, row.officer, row.number, row.overdue)
        for row in await session.rows(statement)
    )


async def clocks_until(session: Session, sought: Sought) -> tuple[ClockLine, ...]:
    """Return one page of the clocks that run out before a moment and one line more, the longest overdue first."""
    clock, referral = models.clock, models.referral
    wanted = [_runs_out(sought.until), listed_for(session.actor)]
    if sought.name is not None:
        wanted.append(clock.c.name == sought.name)
    if sought.officer is not None:
        wanted.append(_officer_shown == sought.officer)
    place = (clock.c.due_at, clock.c.subject, clock.c.name, clock.c.about)
    if sought.after is not None:
        wanted.append(tuple_(*place) > tuple_(*sought.after))
    joined = _listed().join(referral, referral.c.subject == clock.c.subject).where(*wanted)
    rows = await session.rows(joined.order_by(*place).limit(FORECAST_PAGE + 1))
    return tuple(_line(row) for row in rows)


async def paused_clocks(session: Session) -> tuple[ClockLine, ...]:
    """Return at most 100 clocks that stand still and one more, the longest paused first."""
    clock, referral = models.clock, models.referral
    still = clock.c.stopped_at.is_(None) & clock.c.paused_at.is_not(None)
    wanted = still & listed_for(session.actor)
    joined = _listed().join(referral, referral.c.subject == clock.c.subject).where(wanted)
    rows = await session.rows(joined.order_by(clock.c.paused_at).limit(PAUSED_SHOWN + 1))
    return tuple(_line(row) for row in rows)


def _listed() -> Select[Any]:
    table = models.referral
    return select(models.clock, table.c.reference, table.c.officer_name, table.c.restricted)


# Whose a restricted referral is stays with those who may see it, so lists count all of them together.
_officer_shown = case((models.referral.c.restricted, RESTRICTED), else_=func.coalesce(models.referral.c.officer_id, ""))


def _runs_out(until: datetime) -> ColumnElement[bool]:
    clock = models.clock
    return clock.c.stopped_at.is_(None) & clock.c.paused_at.is_(None) & (clock.c.due_at < until)


def _line(row: Row[Any]) -> ClockLine:
    return ClockLine(
        subject=row.subject,
        reference=row.reference,
        officer="" if row.restricted else row.officer_name or "",
        restricted=row.restricted,
        name=ClockName(row.name),
        about=row.about,
        due_at=row.due_at,
        paused_at=row.paused_at,
        paused_for=row.paused_for or "",
        times_extended=row.times_extended,
    )
