"""What the police say afterwards: that they were mistaken, that work waits, which referrals are one person's."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, insert
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis import audit
from chassis.database import Session
from services.channel import models
from services.channel.domain import Command, Practice, Record
from services.channel.operations.saving import Act, carry_out

_SAID = upsert(models.same_person)
_SAY = _SAID.on_conflict_do_update(
    index_elements=["person", "reference"],
    set_={name: _SAID.excluded[name] for name in ("since", "separated_at", "shared")},
    where=func.coalesce(models.same_person.c.separated_at, models.same_person.c.since) <= _SAID.excluded.since,
)


@dataclass(frozen=True)
class Correction:
    """What was wrong in what the police passed on, in their words."""

    event_id: UUID
    subject: UUID
    area: str
    kind: str
    corrected_at: datetime
    corrected_by: str
    correction: str


@dataclass(frozen=True)
class People:
    """What the police said of a person's references at a moment; `shared` is what was shared on a wrong belief."""

    person: UUID
    area: str
    at: datetime
    same: tuple[str, ...]
    separated: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()


async def keep_correction(session: Session, told: Correction, now: datetime) -> None:
    """Keep a correction beside the case for good; nothing that was received is changed."""
    row = {
        "event_id": told.event_id,
        "subject": told.subject,
        "area": told.area,
        "kind": told.kind,
        "corrected_at": told.corrected_at,
        "corrected_by": told.corrected_by,
        "sealed_correction": await session.seal(told.subject, told.correction.strip()),
    }
    await session.execute(insert(models.correction).values(row))
    facts: dict[str, str | int] = {"kind": told.kind}
    await audit.record(session, "correction.keep", subject=told.subject, now=now, area=told.area, facts=facts)


async def follow_police(session: Session, subject: UUID, act: Act, practice: Practice) -> None:
    """Obey what the police say of a case: their pack is taken back, or the work waits, or goes on.

    Whatever the team has done meanwhile, a pack that was taken back is nobody's to act on here.
    """
    await carry_out(session, subject, act, practice)


def stop(command: Command, speak_to: str, now: datetime, risk_owner: str = "") -> Act:
    """Return the act by which the police stop a case: whom to speak to stands in it and nothing of why."""
    said = f"Speak to {speak_to.strip()}."
    return Act(command, now, Record(reason=said, speak_to=speak_to, risk_owner=risk_owner))


async def note_people(session: Session, said: People, now: datetime) -> None:
    """Keep which references are one person's and which no longer are; cases and awareness stay as they are.

    What was said later stays, whichever is heard first.
    """
    for reference in said.same:
        await session.execute(_SAY, _row(said, reference))
    for reference in said.separated:
        row = _row(said, reference) | {"separated_at": said.at, "shared": list(said.shared)}
        await session.execute(_SAY, row)
    table = models.same_person
    elsewhere = table.c.reference.in_(said.same) & (table.c.person != said.person) & table.c.separated_at.is_(None)
    await session.execute(delete(table).where(elsewhere, table.c.since < said.at))
    facts: dict[str, str | int] = {"same": len(said.same), "separated": len(said.separated)}
    await audit.record(session, "people.keep", subject=None, now=now, area=said.area, facts=facts)


def _row(said: People, reference: str) -> dict[str, object]:
    return {
        "person": said.person,
        "reference": reference,
        "area": said.area,
        "since": said.at,
        "separated_at": None,
        "shared": [],
    }
