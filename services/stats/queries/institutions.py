"""How many referrals institutions made: read when a release is computed, and shown to nobody as they are."""

from collections.abc import Mapping

from sqlalchemy import func, select

from chassis.database import Session
from services.stats.domain.institutions import Institutions
from services.stats.models import institution_fact


async def institutions_counted(session: Session, area: str, as_of: Mapping[str, int]) -> Institutions:
    """Return the counts of some months, each from what had come before its release was begun; see `counted`."""
    statement = (
        select(
            institution_fact.c.institution,
            institution_fact.c.month,
            institution_fact.c.generation,
            func.count().label("number"),
        )
        .where(institution_fact.c.area == area, institution_fact.c.month.in_(as_of))
        .group_by(institution_fact.c.institution, institution_fact.c.month, institution_fact.c.generation)
    )
    found: dict[tuple[str, str], int] = {}
    for row in await session.rows(statement):
        if row.generation < as_of[row.month]:
            found[row.institution, row.month] = found.get((row.institution, row.month), 0) + row.number
    return found
