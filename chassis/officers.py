"""Whom a console has seen at work, each in their areas: who can be given work there."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Table, select
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis.database import Session


@dataclass(frozen=True)
class OfficerView:
    """An officer whom the console has seen in an area."""

    id: str
    name: str


def note_officer(session: Session, table: Table, today: date) -> None:
    """Note in a service's table that the actor works in its console, in each of their areas."""
    seen = upsert(table)
    keep = seen.on_conflict_do_update(
        index_elements=["id", "area"],
        set_={"name": seen.excluded.name, "seen_on": seen.excluded.seen_on},
        # Once a day is enough: the list that notes it is looked at all day long.
        where=(table.c.seen_on < seen.excluded.seen_on) | (table.c.name != seen.excluded.name),
    )
    name = session.actor.name or session.actor.id
    for area in sorted(session.actor.areas - {"*"}):
        session.write(keep, {"id": session.actor.id, "area": area, "name": name, "seen_on": today})


async def officers_seen(session: Session, table: Table, area: str) -> tuple[OfficerView, ...]:
    """Return the officers seen in an area, by name."""
    rows = await session.rows(select(table).where(table.c.area == area).order_by(table.c.name, table.c.id))
    return tuple(OfficerView(row.id, row.name) for row in rows)
