"""What the police say afterwards: that they were mistaken, that work waits, which referrals are one person's."""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis import audit
from chassis.database import Session
from services.channel import models, queries
from services.channel.domain import Command, Practice, Record
from services.channel.operations.saving import Act, carry_out
from services.channel.queries import Held

_SAID = upsert(models.same_person)
_SAY = _SAID.on_conflict_do_update(
    index_elements=["person", "reference", "area"],
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

    What was said later stays, whichever is heard first. A panel of this installation that a case was transferred to is
    told the same, under the references that its own cases have.
    """
    for told in (said, *await _told_elsewhere(session, said)):
        await _note(session, told, now)


async def bring_people(session: Session, given: Held, area: str, now: datetime) -> None:
    """Tell the area that a case was offered to whose the police hold the case for, and whose they held it for."""
    table = models.same_person
    concerned = select(table.c.person).where(table.c.reference == given.reference, table.c.area == given.area)
    wanted = select(table).where(table.c.person.in_(concerned), table.c.area == given.area)
    rows = await session.rows(wanted.order_by(table.c.person, table.c.reference))
    found = await queries.copies(session, [row.reference for row in rows])
    names = {each.given: each.reference for each in found if each.area == area}
    for row in rows:
        here = (names.get(row.reference, row.reference),)
        await _note(session, People(row.person, area, row.since, here), now)
        if row.separated_at is not None:
            await _note(session, People(row.person, area, row.separated_at, (), here, tuple(row.shared)), now)
    # It may have been named there by its reference here, as long as it had none of its own.
    stale = (table.c.reference == given.reference) & (table.c.area == area)
    await session.execute(delete(table).where(stale))


async def _told_elsewhere(session: Session, said: People) -> tuple[People, ...]:
    """Return what is said once for each area that a case went on to, under the references that it has there."""
    names: defaultdict[str, dict[str, str]] = defaultdict(dict)
    first = {each: each for each in (*said.same, *said.separated)}
    waiting = tuple(first)
    while waiting:
        found = await queries.copies(session, waiting)
        for each in found:
            first[each.reference] = first[each.given]
            names[each.area][first[each.given]] = each.reference
        waiting = tuple(each.reference for each in found)
    return tuple(
        replace(
            said,
            area=area,
            same=tuple(there.get(each, each) for each in said.same),
            separated=tuple(there.get(each, each) for each in said.separated),
        )
        for area, there in names.items()
    )


async def _note(session: Session, said: People, now: datetime) -> None:
    for reference in said.same:
        await session.execute(_SAY, _row(said, reference))
    for reference in said.separated:
        row = _row(said, reference) | {"separated_at": said.at, "shared": list(said.shared)}
        await session.execute(_SAY, row)
    table = models.same_person
    elsewhere = table.c.reference.in_(said.same) & (table.c.person != said.person) & table.c.separated_at.is_(None)
    await session.execute(delete(table).where(elsewhere, table.c.area == said.area, table.c.since < said.at))
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
