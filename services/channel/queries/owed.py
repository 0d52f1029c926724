"""What is owed in all cases of the area, and what one person is asked for themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, false, or_, select, text, tuple_

from chassis.database import Session
from services.channel import models
from services.channel.domain import CLOCK_OF, Obligation, ObligationNotFound
from services.channel.queries.obligations import RUNS_OUT, owner_of, with_clock
from services.channel.queries.paging import PAGE

_OF_ONE = text("clock.about <> '00000000-0000-0000-0000-000000000000'")
"""Of clocks: that of one obligation, session or review, in the words of the index: a parameter would not match it."""


@dataclass(frozen=True)
class OwedLine:
    """One open obligation as a list shows it, without its words and without identity: of which case, of whom, by when.

    `due_at` is that of its clock, which stands still while `paused`.
    """

    id: UUID
    subject: UUID
    reference: str
    kind: Obligation
    owner: str
    made_by: str
    made_at: datetime
    due_at: datetime
    paused: bool
    seen_at: datetime | None
    undelivered_at: datetime | None


@dataclass(frozen=True)
class Whose:
    """Whose obligations a list shows: of an officer, of a body of the area file, or typed ones."""

    officer_id: str = ""
    recipients: tuple[str, ...] = ()
    typed: bool = False


@dataclass(frozen=True)
class AskedAs:
    """Somebody who signs in, as one area knows them: the ids under which they are asked there."""

    area: str
    ids: tuple[str, ...]


async def owed(
    session: Session,
    kind: Obligation | None = None,
    whose: Whose | None = None,
    after: tuple[datetime, UUID] | None = None,
) -> tuple[OwedLine, ...]:
    """Return one page of what is waited for and one more, if any, the soonest due first, after the last seen.

    Of a case that has left the team nothing is waited for: its clocks are stopped.
    """
    table, clock = models.obligation, models.clock
    if whose is None:
        # The page is cut from the clocks, which are read in their own order, and only then filled from the obligations.
        names = [name.value for each, name in CLOCK_OF.items() if kind in (None, each)]
        wanted = _after(select(clock).where(clock.c.name.in_(names), _OF_ONE), after)
        page = wanted.limit(PAGE + 1).subquery()
        found = select(table, page.c.paused_at, page.c.due_at.label("runs_out"), models.case_file.c.reference)
        found = found.select_from(page).join(table, table.c.id == page.c.about)
        found = found.join(models.case_file, models.case_file.c.subject == table.c.subject)
        found = found.order_by(page.c.due_at, page.c.about)
    else:
        found = _after(_lines().where(_of(whose), table.c.ended_at.is_(None)), after).limit(PAGE + 1)
        if kind is not None:
            found = found.where(table.c.kind == kind)
    return tuple([await _line(session, row) for row in await session.rows(found)])


def _after(wanted: Select[Any], after: tuple[datetime, UUID] | None) -> Select[Any]:
    """Return rows whose clock runs, in its order, after the last that was seen."""
    clock = models.clock
    place = tuple_(clock.c.due_at, clock.c.about)
    wanted = wanted.where(clock.c.stopped_at.is_(None)).order_by(*place.clauses)
    return wanted if after is None else wanted.where(place > after)


async def asked_of_me(session: Session, members: Sequence[AskedAs]) -> tuple[OwedLine, ...]:
    """Return what whoever acts is asked for and has not answered, the soonest due first; 50 at most."""
    table = models.obligation
    wanted = _lines().where(_mine(session, members), table.c.ended_at.is_(None))
    rows = await session.rows(wanted.order_by(RUNS_OUT, table.c.id).limit(PAGE))
    return tuple([await _line(session, row) for row in rows])


async def owed_to(session: Session, officer_id: str) -> tuple[OwedLine, ...]:
    """Return what others owe on the cases of a coordinator and is waited for, the soonest due first; 50 at most."""
    mine = (models.case_file.c.coordinator_id == officer_id) & models.clock.c.stopped_at.is_(None)
    wanted = _lines().where(mine, models.obligation.c.ended_at.is_(None))
    rows = await session.rows(wanted.order_by(RUNS_OUT, models.obligation.c.id).limit(PAGE))
    return tuple([await _line(session, row) for row in rows])


async def my_obligation(session: Session, members: Sequence[AskedAs], obligation_id: UUID) -> OwedLine:
    """Return one thing that whoever acts was asked for, open or not; ObligationNotFound where it is another's."""
    found = await session.first(_lines().where(_mine(session, members), models.obligation.c.id == obligation_id))
    if found is None:
        raise ObligationNotFound("You were not asked for this: open “My requests” and choose one there.")
    return await _line(session, found)


def _mine(session: Session, members: Sequence[AskedAs]) -> ColumnElement[bool]:
    table = models.obligation
    sits = (
        (table.c.area == each.area) & table.c.recipient.in_(each.ids) & table.c.owner_id.is_(None)
        for each in members
        if each.ids
    )
    return or_(false(), table.c.owner_id == session.actor.id, *sits)


def _of(whose: Whose) -> ColumnElement[bool]:
    table = models.obligation
    if whose.officer_id:
        return table.c.owner_id == whose.officer_id
    if whose.recipients:
        return table.c.recipient.in_(whose.recipients)
    return (table.c.recipient == "") & table.c.owner_id.is_(None)


def _lines() -> Select[Any]:
    table, case_file, clock = models.obligation, models.case_file, models.clock
    lines = with_clock(select(table, RUNS_OUT.label("runs_out"), clock.c.paused_at, case_file.c.reference))
    return lines.join(case_file, case_file.c.subject == table.c.subject)


async def _line(session: Session, row: Row[Any]) -> OwedLine:
    return OwedLine(
        id=row.id,
        subject=row.subject,
        reference=row.reference,
        kind=Obligation(row.kind),
        owner=await owner_of(session, row),
        made_by=row.made_by,
        made_at=row.made_at,
        due_at=row.runs_out,
        paused=row.paused_at is not None,
        seen_at=row.seen_at,
        undelivered_at=row.undelivered_at,
    )
