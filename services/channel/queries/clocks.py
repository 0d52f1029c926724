"""Clocks across cases: one that runs, those to escalate, and what is overdue or runs out soon."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Text, cast, select, tuple_, union_all

from chassis import ticking
from chassis.database import Session
from chassis.deadlines import Running
from chassis.ticking import ClockKey, Ended
from services.channel import models
from services.channel.domain import ClockNotRunning
from services.channel.queries.paging import PAGE


@dataclass(frozen=True)
class ClockLine:
    """A clock in a list, without identity: of which case, whose, and what is owed where it is of an obligation."""

    subject: UUID
    reference: str
    coordinator: str
    name: str
    about: UUID
    owner: str
    due_at: datetime


async def running_clock(session: Session, key: ClockKey) -> Running:
    """Return a clock that has not been stopped; ClockNotRunning where there is none."""
    row = await ticking.running_row(session, models.clock, key)
    if row is None:
        raise ClockNotRunning("This clock does not run any more: open the case again to see which clocks run.")
    return running(row)


async def clock_ever_ran(session: Session, key: ClockKey) -> bool:
    """Say whether a case has or had such a clock: an address that names another one was typed by hand."""
    return await ticking.ever_ran(session, models.clock, key)


async def ended_clocks(session: Session, subject: UUID, names: Collection[str] | None = None) -> Ended:
    """Return how often clocks of a case have ended, in time and late: all of them, or those of these names."""
    return await ticking.ended(session, models.clock, subject, names)


def running(row: Row[Any]) -> Running:
    """Return a clock that runs as its row has it."""
    return Running(
        name=row.name,
        about=row.about,
        due_at=row.due_at,
        paused_at=row.paused_at,
        paused_for=row.paused_for or "",
        times_extended=row.times_extended,
        escalations=row.escalations,
    )


async def clocks_to_escalate(session: Session, now: datetime) -> tuple[ClockKey, ...]:
    """Return at most 200 clocks of which somebody is to be told by now, the longest waiting first."""
    return await ticking.to_escalate(session, models.clock, now)


async def whose_clocks(session: Session, abouts: Collection[UUID]) -> Mapping[UUID, str]:
    """Return who is waited for by what clocks are about: who owes something, which provider reports of a session.

    A name that was typed is sealed and stays so: lists show many cases at once, and the page of the case has it.
    """
    owed, held, provided = models.obligation, models.intervention_session, models.intervention
    reports = select(held.c.id, (provided.c.provider + ", session " + cast(held.c.number, Text)).label("owner"))
    joined = reports.join(provided, provided.c.id == held.c.intervention).where(held.c.id.in_(abouts))
    named = union_all(select(owed.c.id, owed.c.owner).where(owed.c.id.in_(abouts)), joined)
    return {row.id: row.owner for row in await session.rows(named)}


async def clocks_until(
    session: Session, until: datetime, after: tuple[datetime, UUID, str, UUID] | None = None, coordinator: str = ""
) -> tuple[ClockLine, ...]:
    """Return one page of the clocks that run out before a moment and one line more, the longest overdue first.

    `coordinator` is the id of one whose cases alone are wanted; paused clocks do not run out.
    """
    clock, case = models.clock, models.case_file
    wanted = [clock.c.stopped_at.is_(None), clock.c.paused_at.is_(None), clock.c.due_at < until]
    if coordinator:
        wanted.append(case.c.coordinator_id == coordinator)
    place = (clock.c.due_at, clock.c.subject, clock.c.name, clock.c.about)
    if after is not None:
        wanted.append(tuple_(*place) > tuple_(*after))
    rows = await session.rows(
        select(*place, case.c.reference, case.c.coordinator)
        .join(case, case.c.subject == clock.c.subject)
        .where(*wanted)
        .order_by(*place)
        .limit(PAGE + 1)
    )
    whose = await whose_clocks(session, {row.about for row in rows})
    return tuple(
        ClockLine(
            subject=row.subject,
            reference=row.reference,
            coordinator=row.coordinator or "",
            name=row.name,
            about=row.about,
            owner=whose.get(row.about, ""),
            due_at=row.due_at,
        )
        for row in rows
    )
