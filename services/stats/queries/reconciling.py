"""How each of the last days stands, as intake has counted it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from chassis.database import Session
from services.stats.models import reconciliation


@dataclass(frozen=True)
class DayStands:
    """Whether all of a day is at a recipient; `state` is agrees, open or explained."""

    area: str
    day: date
    recipient: str
    state: str


async def days_reconciled(session: Session, areas: Collection[str], since: date) -> tuple[DayStands, ...]:
    """Return how the days from `since` on stand in some areas, by day and recipient, the newest day first."""
    table = reconciliation
    named = select(table.c.area, table.c.day, table.c.recipient, table.c.state)
    chosen = named.where(table.c.area.in_(areas), table.c.day >= since)
    rows = await session.rows(chosen.order_by(table.c.day.desc(), table.c.area, table.c.recipient))
    return tuple(DayStands(row.area, row.day, row.recipient, row.state) for row in rows)
