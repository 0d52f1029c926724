"""What statistics knows: counts by month, and releases as they were frozen."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from pydantic import TypeAdapter
from sqlalchemy import func, literal, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from chassis.database import Session
from contracts.vocabulary import Stage
from services.stats.domain import Definition, Grid, ReleaseAbsent, ReleaseContent
from services.stats.models import fact, release, release_month

_CONTENT = TypeAdapter(ReleaseContent)


@dataclass(frozen=True)
class ReleaseListed:
    """One line of the list of releases."""

    area: str
    number: int
    made_on: date
    months: tuple[str, ...]


@dataclass(frozen=True)
class ReleaseFound:
    """A release with the SHA-256 digest (hex) of its frozen text."""

    content: ReleaseContent
    digest: str


async def first_month(session: Session, area: str) -> str | None:
    """Return the earliest month that any fact of an area speaks of."""
    # Stage by stage, because the index then gives the first row at once however many facts there are.
    firsts = (select(func.min(fact.c.month)).where(fact.c.area == area, fact.c.stage == str(stage)) for stage in Stage)
    found = await session.scalar(select(func.least(*(first.scalar_subquery() for first in firsts))))
    return None if found is None else str(found)


async def released_months(session: Session, area: str) -> tuple[str, ...]:
    """Return the months that a release of the area holds, oldest first."""
    statement = select(release_month.c.month).where(release_month.c.area == area).order_by(release_month.c.month)
    return tuple(row.month for row in await session.rows(statement))


async def last_number(session: Session, area: str) -> int:
    """Return the number of the newest release of an area; 0 before the first."""
    return int(await session.scalar(select(func.max(release.c.number)).where(release.c.area == area)) or 0)


async def grid(session: Session, area: str, definition: Definition, months: Sequence[str]) -> Grid:
    """Return the counts of a table: its categories in order by the months given.

    A value that the vocabulary does not know counts as unknown where the table has that category.
    """
    attribute = fact.c[definition.attribute]
    detail = func.coalesce(fact.c[definition.detail], "") if definition.detail else literal("")
    statement = (
        select(attribute.label("category"), detail.label("detail"), fact.c.month, func.count().label("number"))
        .where(
            fact.c.area == area,
            fact.c.stage == str(definition.stage),
            fact.c.month.in_(months),
        )
        .group_by(attribute, detail, fact.c.month)
    )
    counts: dict[tuple[str, str], int] = {}
    for row in await session.rows(statement):
        named = (f"{row.category}-{row.detail}", row.category, definition.unknown)
        category = next((each for each in named if each in definition.rows), definition.unknown)
        counts[category, row.month] = counts.get((category, row.month), 0) + row.number
    values = tuple(tuple(counts.get((row, month), 0) for month in months) for row in definition.rows)
    return Grid(tuple(str(row) for row in definition.rows), tuple(months), values)


async def releases(session: Session, areas: Sequence[str]) -> tuple[ReleaseListed, ...]:
    """Return the releases of some areas, newest first."""
    months = func.array_agg(aggregate_order_by(release_month.c.month, release_month.c.month))
    statement = (
        select(release.c.area, release.c.number, release.c.made_on, months.label("months"))
        .join(release_month, release_month.c.release_id == release.c.id)
        .where(release.c.area.in_(areas))
        .group_by(release.c.id)
        .order_by(release.c.made_on.desc(), release.c.area, release.c.number.desc())
    )
    return tuple(
        ReleaseListed(row.area, row.number, row.made_on, tuple(row.months)) for row in await session.rows(statement)
    )


async def release_found(session: Session, area: str, number: int) -> ReleaseFound:
    """Return one release as it was frozen; raises ReleaseAbsent."""
    row = await session.first(
        select(release.c.content, release.c.digest).where(release.c.area == area, release.c.number == number)
    )
    if row is None:
        raise ReleaseAbsent("There is no such release; go back to the list and choose one.")
    return ReleaseFound(_CONTENT.validate_json(row.content), row.digest)
