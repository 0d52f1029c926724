"""Counts of what became of cases, by month and without identity: read from how cases moved."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import Date, cast, func, select

from chassis.database import Session
from contracts.vocabulary.days import LONDON
from services.channel import models
from services.channel.domain import Command
from services.channel.domain.outcomes import MEASURE_OF, STAGES, Measure, Stay

_DAY = 86_400


@dataclass(frozen=True)
class Outcomes:
    """What became of cases in a period: measures by month, why cases were not adopted, how they closed, how long."""

    counts: Mapping[tuple[Measure, date], int]
    why_not: Mapping[str, int]
    closed_as: Mapping[str, int]
    stays: tuple[Stay, ...]


@dataclass(frozen=True)
class Period:
    """Whole months: from the first day of one until before the first day of another (London)."""

    first: date
    after: date

    @property
    def begins(self) -> datetime:
        """Return its first moment."""
        return datetime.combine(self.first, time(), LONDON)

    @property
    def ends(self) -> datetime:
        """Return the first moment after it."""
        return datetime.combine(self.after, time(), LONDON)


async def outcomes(session: Session, period: Period) -> Outcomes:
    """Return what became of the cases of the reader's areas in a period."""
    return Outcomes(
        counts=await _counts(session, period),
        why_not=await _why_not(session, period),
        closed_as=await _closed_as(session, period),
        stays=await _stays(session, period),
    )


async def _counts(session: Session, period: Period) -> Mapping[tuple[Measure, date], int]:
    table = models.history
    month = cast(func.date_trunc("month", func.timezone(LONDON.key, table.c.at)), Date).label("month")
    moved = table.c.from_state.is_distinct_from(table.c.to_state)
    within = (table.c.at >= period.begins) & (table.c.at < period.ends)
    statement = select(table.c.command, month, func.count().label("number")).where(moved, within)
    found: Counter[tuple[Measure, date]] = Counter()
    for row in await session.rows(statement.group_by(table.c.command, month)):
        measure = MEASURE_OF.get(Command(row.command))
        if measure is not None:
            found[measure, row.month] += row.number
    return found


async def _why_not(session: Session, period: Period) -> Mapping[str, int]:
    table = models.panel_decision
    within = (table.c.decided_at >= period.begins) & (table.c.decided_at < period.ends)
    refused = table.c.command == Command.NOT_ADOPT
    statement = select(table.c.reason_kind, func.count().label("number")).where(refused, within)
    rows = await session.rows(statement.group_by(table.c.reason_kind))
    return {row.reason_kind: row.number for row in rows}


async def _closed_as(session: Session, period: Period) -> Mapping[str, int]:
    table = models.closing_report
    within = (table.c.completed_at >= period.begins) & (table.c.completed_at < period.ends)
    statement = select(table.c.outcome, func.count().label("number")).where(within).group_by(table.c.outcome)
    return {row.outcome: row.number for row in await session.rows(statement)}


async def _stays(session: Session, period: Period) -> tuple[Stay, ...]:
    """Return how long cases had stayed in the states that they left in the period."""
    table = models.history
    days = func.extract("epoch", table.c.at - table.c.since) / _DAY
    moved = table.c.from_state.is_distinct_from(table.c.to_state)
    within = (table.c.at >= period.begins) & (table.c.at < period.ends)
    statement = (
        select(
            table.c.from_state,
            func.count().label("number"),
            func.percentile_cont(0.5).within_group(days).label("median"),
            func.percentile_cont(0.9).within_group(days).label("most"),
        )
        .where(moved, within, table.c.since.is_not(None), table.c.from_state.in_(list(STAGES)))
        .group_by(table.c.from_state)
    )
    found = {row.from_state: row for row in await session.rows(statement)}
    return tuple(
        Stay(state, found[state].number, float(found[state].median), float(found[state].most))
        for state in STAGES
        if state in found
    )
