"""What the police say of who is the same person: kept by reference, so that concerns can show it; nothing is merged."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from chassis import audit
from chassis.database import Session
from services.notify.models import same_person


@dataclass(frozen=True)
class Person:
    """A person as the police have them: their id, area, and when this was said."""

    id: UUID
    area: str
    at: datetime


async def note_merged(session: Session, person: Person, references: Sequence[str], *, now: datetime) -> None:
    """Keep that references are one person's; what was said later is not overwritten by what comes late."""
    await _keep(session, person, references, None, ())
    # Whoever was another person with these references before is this one now.
    before = same_person.c.reference.in_(references) & (same_person.c.person != person.id)
    stale = before & same_person.c.until.is_(None) & (same_person.c.changed_at < person.at)
    await session.execute(delete(same_person).where(stale))
    await audit.record(session, "people.merged", subject=person.id, now=now, area=person.area)


async def note_separated(
    session: Session, person: Person, separated: Sequence[str], shared: Sequence[str], *, now: datetime
) -> None:
    """Keep that references are the person's no longer, with what was shared on the wrong belief."""
    await _keep(session, person, separated, person.at, shared)
    await audit.record(session, "people.separated", subject=person.id, now=now, area=person.area)


async def _keep(
    session: Session, person: Person, references: Sequence[str], until: datetime | None, shared: Sequence[str]
) -> None:
    fresh = insert(same_person)
    names = ("changed_at", "until", "shared")
    kept = fresh.on_conflict_do_update(
        index_elements=["person", "reference"],
        set_={name: fresh.excluded[name] for name in names},
        where=same_person.c.changed_at <= fresh.excluded.changed_at,
    )
    values = {"person": person.id, "area": person.area, "changed_at": person.at, "until": until, "shared": [*shared]}
    for reference in references:
        await session.execute(kept, {**values, "reference": reference})
