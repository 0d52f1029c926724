"""The officers of the Dovetail team whom the console has seen, and how the cases lie between them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from chassis.database import Session
from chassis.officers import OfficerView, officers_seen
from services.channel import models
from services.channel.queries.caseload import OPEN_STATES


@dataclass(frozen=True)
class Load:
    """How many open cases an officer has, and in how many of them a clock has run out."""

    number: int
    overdue: int


async def officers(session: Session, area: str) -> tuple[OfficerView, ...]:
    """Return the officers of the team seen in an area, by name."""
    return await officers_seen(session, models.officer, area)


async def caseload(session: Session, now: datetime) -> Mapping[str, Load]:
    """Return how many open cases each coordinator has in the actor's areas, by id."""
    table = models.case_file
    counted = (
        select(
            table.c.coordinator_id,
            func.count().label("number"),
            func.count().filter(table.c.next_due_at < now).label("overdue"),
        )
        .where(table.c.coordinator_id.is_not(None), table.c.state.in_([each.value for each in OPEN_STATES]))
        .group_by(table.c.coordinator_id)
    )
    return {row.coordinator_id: Load(row.number, row.overdue) for row in await session.rows(counted)}
