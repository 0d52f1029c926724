"""What the daily count is made of, and what it found."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select, text

from chassis.database import Session
from contracts.catalogue import published_by
from services.intake import models
from services.intake.domain.reconciliation import (
    Count,
    CountState,
    DifferenceUnknown,
    Measure,
    Passage,
)

_PASSAGES = text(
    """SELECT referral.id, referral.area, line.topic, line.service, line.excused, line.due_at,
        sent.events, sent.published, sent.answered
    FROM referral
    JOIN LATERAL (
        SELECT topic, service, max(due_at) AS due_at,
            referral.reading = 'erased' OR bool_and(waived_at IS NOT NULL OR erased_at IS NOT NULL) AS excused
        FROM ledger_line WHERE referral_id = referral.id AND announced GROUP BY topic, service
    ) AS line ON true
    CROSS JOIN LATERAL (
        SELECT count(*) AS events, count(published_at) AS published,
            count(coalesce(stored_at, erased_at, waived_at)) AS answered
        FROM dispatch WHERE dispatch.topic = line.topic AND dispatch.recipient = line.service
            AND dispatch.subject = CASE WHEN line.topic = :statistics THEN referral.statistics_key ELSE referral.id END
    ) AS sent
    WHERE referral.received_at >= :begins AND referral.received_at < :ends"""
)
_KEPT = text(
    """SELECT referral.id, referral.area, referral.version, referral.reading = 'erased' AS erased,
        EXISTS (SELECT FROM document WHERE document.id = referral.document_id) AS original,
        (SELECT count(*) FROM referral_version WHERE referral_id = referral.id) AS versions,
        EXISTS (SELECT FROM audit_entry WHERE subject = referral.id AND action = 'referral.received') AS audited
    FROM referral WHERE referral.received_at >= :begins AND referral.received_at < :ends"""
)
_SET_ASIDE = text(
    """SELECT id, area, EXISTS (SELECT FROM document WHERE document.id = set_aside.document_id) AS original
    FROM set_aside WHERE received_at >= :begins AND received_at < :ends"""
)
STATISTICS_TOPIC = next(topic.name for topic in published_by("intake") if topic.statistics)


@dataclass(frozen=True)
class Day:
    """What came in on one day, in London, as this service's own tables have it."""

    day: date
    inside: tuple[Count, ...]
    passages: Mapping[tuple[str, str, str], tuple[Passage, ...]]


@dataclass(frozen=True)
class CountLine:
    """One line of a count as it was kept, with what a person said of it."""

    id: UUID
    count: Count
    lacking: int
    state: CountState
    counted_at: datetime
    reason: str
    explained_by: str
    explained_at: datetime | None


async def came_in(session: Session, day: date, between: tuple[datetime, datetime], areas: Collection[str]) -> Day:
    """Return what came in on a day, `between` its first moment and the next day's, for every area."""
    asked = {"begins": between[0], "ends": between[1]}
    kept = await session.rows(_KEPT, asked)
    put_aside = await session.rows(_SET_ASIDE, asked)
    passages: dict[tuple[str, str, str], list[Passage]] = defaultdict(list)
    for row in await session.rows(_PASSAGES, {**asked, "statistics": STATISTICS_TOPIC}):
        passages[row.area, row.topic, row.service].append(_passage(row))
    inside = [count for area in sorted(areas) for count in _inside(day, area, kept, put_aside)]
    return Day(day, tuple(inside), {key: tuple(found) for key, found in sorted(passages.items())})


def _passage(row: Row[Any]) -> Passage:
    return Passage(
        referral_id=row.id,
        area=row.area,
        topic=row.topic,
        service=row.service,
        excused=row.excused,
        due_at=row.due_at,
        events=row.events,
        published=row.published,
        answered=row.answered,
    )


def _inside(day: date, area: str, kept: Sequence[Row[Any]], put_aside: Sequence[Row[Any]]) -> list[Count]:
    ours = [row for row in kept if row.area == area]
    aside = [row for row in put_aside if row.area == area]
    lacks = {
        Measure.ORIGINALS: [row.id for row in ours if not row.original],
        Measure.VERSIONS: [row.id for row in ours if row.versions != row.version],
        Measure.AUDIT: [row.id for row in ours if not row.audited],
    }
    counts = [
        Count(
            day=day,
            area=area,
            measure=str(measure),
            expected=len(ours),
            held=len(ours) - len(missing),
            missing=tuple(missing),
        )
        for measure, missing in lacks.items()
    ]
    if aside:
        lost = tuple(row.id for row in aside if not row.original)
        held = len(aside) - len(lost)
        counts.append(
            Count(day=day, area=area, measure=str(Measure.SET_ASIDE), expected=len(aside), held=held, missing=lost)
        )
    return counts


async def reconciliation(
    session: Session, *, day: date | None = None, state: CountState | None = None, limit: int = 200
) -> tuple[CountLine, ...]:
    """Return the lines of the newest counts, or of one day or one state; newest day first."""
    table = models.reconciliation
    order = (table.c.day.desc(), table.c.area, table.c.measure, table.c.recipient)
    statement = select(table).order_by(*order).limit(limit)
    if day is not None:
        statement = statement.where(table.c.day == day)
    if state is not None:
        statement = statement.where(table.c.state == state)
    return tuple(_line(row) for row in await session.rows(statement))


async def reconciliation_line(session: Session, line_id: UUID) -> tuple[CountLine, tuple[str, ...]]:
    """Return one line and the references of the referrals that it names; raises DifferenceUnknown."""
    table, referral = models.reconciliation, models.referral
    row = await session.first(select(table).where(table.c.id == line_id))
    if row is None:
        raise DifferenceUnknown("There is no such line in any day's count: open the list again.")
    named = select(referral.c.reference).where(referral.c.id.in_(row.missing)).order_by(referral.c.received_at)
    return _line(row), tuple(each.reference for each in await session.rows(named))


async def open_days(session: Session, *, since: date) -> tuple[date, ...]:
    """Return the days from `since` on with a line that is open, oldest first."""
    table = models.reconciliation
    statement = (select(table.c.day).distinct().where(table.c.state == CountState.OPEN, table.c.day >= since)).order_by(
        table.c.day
    )
    return tuple(row.day for row in await session.rows(statement))


async def count_open_differences(session: Session) -> int:
    """Return how many lines of all days are open."""
    table = models.reconciliation
    counted = select(func.count()).select_from(table).where(table.c.state == CountState.OPEN)
    return int(await session.scalar(counted))


def _line(row: Row[Any]) -> CountLine:
    count = Count(
        day=row.day,
        area=row.area,
        measure=row.measure,
        recipient=row.recipient,
        expected=row.expected,
        published=row.published,
        receipted=row.receipted,
        held=row.held,
        pending=row.pending,
        excused=row.excused,
        silent=row.silent,
        missing=tuple(row.missing),
    )
    return CountLine(
        row.id,
        count,
        row.lacking,
        CountState(row.state),
        row.counted_at,
        row.reason,
        row.explained_by,
        row.explained_at,
    )
