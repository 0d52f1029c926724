"""Running referrals as a move to the practice in force concerns them, and how many are under an older version."""

from collections import defaultdict
from collections.abc import Callable, Collection
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Row, Select, Table, func, select, tuple_

from chassis.database import Session
from services.triage import models
from services.triage.domain import Obligation, State
from services.triage.domain.moving import Owing, Ticking, Underway, Writing
from services.triage.queries.clocks import running
from services.triage.queries.safeguards import seen_by

MOVED_AT_ONCE = 100
"""How many referrals move in one go at most."""

MOST_OLDER_COUNTED = 10_000
_PART = TypeVar("_PART")


async def older_count(session: Session, area: str, version: str) -> int:
    """Return how many running referrals are under one version of an area's practice, counted up to 10,000."""
    found = _under(session, area, version).limit(MOST_OLDER_COUNTED).subquery()
    return await session.scalar(select(func.count()).select_from(found)) or 0


async def older_referrals(
    session: Session, area: str, version: str, after: UUID | None = None
) -> tuple[tuple[UUID, ...], bool]:
    """Return at most 100 running referrals under one version, the longest here first, and whether there are more.

    `after` is the last one of the page before.
    """
    table = models.referral
    place = (table.c.received_at, table.c.subject)
    ordered = _under(session, area, version).order_by(*place)
    seen_last = await session.scalar(select(table.c.received_at).where(table.c.subject == after)) if after else None
    if seen_last is not None:
        ordered = ordered.where(tuple_(*place) > tuple_(seen_last, after))
    rows = await session.rows(ordered.limit(MOVED_AT_ONCE + 1))
    return tuple(row.subject for row in rows[:MOVED_AT_ONCE]), len(rows) > MOVED_AT_ONCE


async def underway(session: Session, subjects: Collection[UUID]) -> dict[UUID, Underway]:
    """Return what a move needs to know of some referrals, without identity; none that the actor may not see."""
    table = models.referral
    clocks = await _of_each(session, models.clock, subjects, _ticking)
    owing = await _of_each(session, models.obligation, subjects, _owing)
    writing = await _of_each(session, models.assessment_draft, subjects, _writing)
    forces = await _of_each(session, models.transfer, subjects, _force)
    rows = await session.rows(select(table).where(table.c.subject.in_(subjects), seen_by(session.actor)))
    return {
        row.subject: Underway(
            reference=row.reference,
            state=State(row.state),
            row_version=row.row_version,
            risk_owner=row.risk_owner,
            clocks=tuple(sorted(clocks[row.subject], key=lambda each: (each.clock.due_at, each.clock.name))),
            owing=tuple(owing[row.subject]),
            writing=tuple(writing[row.subject]),
            force=next(iter(forces[row.subject]), ""),
        )
        for row in rows
    }


def _under(session: Session, area: str, version: str) -> Select[Any]:
    table = models.referral
    under = (table.c.area == area) & (table.c.area_version == version)
    # Nothing can be recorded any more of a referral whose person was erased.
    kept = table.c.erased_at.is_(None)
    return select(table.c.subject).where(under, kept, models.RUNNING, seen_by(session.actor))


async def _of_each(
    session: Session, table: Table, subjects: Collection[UUID], read: Callable[[Row[Any]], _PART | None]
) -> defaultdict[UUID, list[_PART]]:
    """Return what is read from the rows about each referral; rows of which nothing is read are left out."""
    found: defaultdict[UUID, list[_PART]] = defaultdict(list)
    for row in await session.rows(select(table).where(table.c.subject.in_(subjects))):
        part = read(row)
        if part is not None:
            found[row.subject].append(part)
    return found


def _ticking(row: Row[Any]) -> Ticking | None:
    return None if row.stopped_at is not None else Ticking(running(row), row.started_at)


def _owing(row: Row[Any]) -> Owing | None:
    owes = row.ended_at is None and row.kind == Obligation.SIGNPOST
    return Owing(row.service, row.owner) if owes else None


def _writing(row: Row[Any]) -> Writing | None:
    return Writing(row.instrument, row.edition, row.by_name)


def _force(row: Row[Any]) -> str | None:
    return row.force if row.answer is None else None
