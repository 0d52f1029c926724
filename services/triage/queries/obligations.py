"""What others owe of a referral, open ones first, and how long everything that is open has been owed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, case, func, literal_column, select, tuple_

from chassis.database import Session
from contracts.vocabulary import Unreached
from services.triage import models
from services.triage.domain import Obligation
from services.triage.queries.safeguards import listed_for

AGEING_PAGE = 50
MOST_IN_A_FILE = 10_000
"""So many lines the file of the ageing report has at most: the oldest."""


@dataclass(frozen=True)
class ObligationView:
    """One obligation: who owes what by when, and what they said; `state` is open, acknowledged, done or cancelled."""

    id: UUID
    kind: Obligation
    service: str
    owner: str
    state: str
    message: str
    report: str
    made_at: datetime
    made_by: str
    due_at: datetime
    acknowledged_at: datetime | None
    ended_at: datetime | None
    ended_by: str
    unreached: Unreached | None = None


@dataclass(frozen=True)
class OpenObligation:
    """An obligation that nobody has ended yet."""

    kind: Obligation
    owner: str


async def obligations(session: Session, subject: UUID) -> tuple[ObligationView, ...]:
    """Return all obligations of a referral in words, those that are open first, then by when they were made."""
    table = models.obligation
    rows = await session.rows(
        select(table).where(table.c.subject == subject).order_by(table.c.ended_at.is_not(None), table.c.made_at)
    )
    return tuple(
        [
            ObligationView(
                id=row.id,
                kind=Obligation(row.kind),
                service=row.service,
                owner=row.owner,
                state=row.state,
                message=await session.unseal_text(subject, row.sealed_message) if row.sealed_message else "",
                report=await session.unseal_text(subject, row.sealed_report) if row.sealed_report else "",
                made_at=row.made_at,
                made_by=row.made_by,
                due_at=row.due_at,
                acknowledged_at=row.acknowledged_at,
                ended_at=row.ended_at,
                ended_by=row.ended_by or "",
                unreached=_unreached(row),
            )
            for row in rows
        ]
    )


async def open_obligations(session: Session, subject: UUID) -> tuple[OpenObligation, ...]:
    """Return what is still owed of a referral, oldest first."""
    table = models.obligation
    still = select(table.c.kind, table.c.owner).where(table.c.subject == subject, table.c.ended_at.is_(None))
    rows = await session.rows(still.order_by(table.c.made_at))
    return tuple(OpenObligation(Obligation(row.kind), row.owner) for row in rows)


@dataclass(frozen=True)
class AgeingLine:
    """One open obligation in the ageing report, without identity; `owner` is empty where the referral is restricted.

    `due_at` is that of its clock, which may have been given more time, and stands still while `paused`.
    """

    id: UUID
    reference: str
    kind: Obligation
    service: str
    owner: str
    restricted: bool
    made_at: datetime
    due_at: datetime
    paused: bool
    acknowledged: bool
    unreached: Unreached | None = None


@dataclass(frozen=True)
class AgeingCount:
    """How many obligations of a kind and an age are open; `age` is a place in AGE_LABELS."""

    kind: Obligation
    age: int
    number: int
    unacknowledged: int
    overdue: int


async def ageing_lines(
    session: Session,
    kind: Obligation | None = None,
    after: tuple[datetime, UUID] | None = None,
    limit: int = AGEING_PAGE + 1,
) -> tuple[AgeingLine, ...]:
    """Return open obligations, the oldest first, of one kind or of all, from `after` on, the last line seen."""
    table, referral, clock = models.obligation, models.referral, models.clock
    place = tuple_(table.c.made_at, table.c.id)
    wanted = select(
        table,
        referral.c.reference,
        referral.c.restricted,
        clock.c.due_at.label("runs_out"),
        clock.c.paused_at,
    )
    wanted = wanted.join(referral, referral.c.subject == table.c.subject).where(listed_for(session.actor))
    wanted = _of(wanted.outerjoin(clock, _its_clock()), kind).order_by(*place.clauses)
    if after is not None:
        wanted = wanted.where(place > after)
    return tuple(_ageing_line(row) for row in await session.rows(wanted.limit(limit)))


async def ageing_counts(
    session: Session, first_days: Sequence[datetime], kind: Obligation | None, now: datetime
) -> tuple[AgeingCount, ...]:
    """Return how many are open by kind and age; `first_days` are the earliest moments of each age but the oldest."""
    table, referral, clock = models.obligation, models.referral, models.clock
    ages = [(table.c.made_at >= first, place) for place, first in enumerate(first_days)]
    age = case(*ages, else_=len(first_days)).label("age")
    late = and_(func.coalesce(clock.c.due_at, table.c.due_at) < now, clock.c.paused_at.is_(None))
    counted = select(
        table.c.kind,
        age,
        func.count().label("number"),
        func.count().filter(table.c.acknowledged_at.is_(None)).label("unacknowledged"),
        func.count().filter(late).label("overdue"),
    )
    mine = counted.join(referral, referral.c.subject == table.c.subject).where(listed_for(session.actor))
    counted = mine.outerjoin(clock, _its_clock())
    rows = await session.rows(_of(counted, kind).group_by(table.c.kind, age).order_by(table.c.kind, age))
    return tuple(
        AgeingCount(Obligation(row.kind), row.age, row.number, row.unacknowledged, row.overdue) for row in rows
    )


def _of(wanted: Select[Any], kind: Obligation | None) -> Select[Any]:
    table = models.obligation
    still = wanted.where(table.c.ended_at.is_(None))
    return still if kind is None else still.where(table.c.kind == kind)


def _its_clock() -> ColumnElement[bool]:
    table, clock = models.obligation, models.clock
    # Said as the index of such clocks says it, so that the others are not read.
    owed = clock.c.about != literal_column("'00000000-0000-0000-0000-000000000000'")
    return and_(clock.c.subject == table.c.subject, clock.c.about == table.c.id, owed)


def _ageing_line(row: Row[Any]) -> AgeingLine:
    return AgeingLine(
        id=row.id,
        reference=row.reference,
        kind=Obligation(row.kind),
        service=row.service,
        owner="" if row.restricted else row.owner,
        restricted=row.restricted,
        made_at=row.made_at,
        due_at=row.runs_out or row.due_at,
        paused=row.paused_at is not None,
        acknowledged=row.acknowledged_at is not None,
        unreached=_unreached(row),
    )


def _unreached(row: Row[Any]) -> Unreached | None:
    """Return why those who owe it were not told, None where they have answered since."""
    waits = row.unreached and row.acknowledged_at is None and row.ended_at is None
    return Unreached(row.unreached) if waits else None
