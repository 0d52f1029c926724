"""What the tests of clocks share: the clock of one referral, moving it, and telling people of it."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

import areas
from chassis.actor import Actor
from services.triage import jobs
from services.triage.domain import (
    ClockName,
    Command,
    Practice,
    Record,
    Told,
)
from services.triage.operations import Act, extend_clock, pause_clock, resume_clock
from services.triage.operations.clocks import WHOLE
from services.triage.queries import ClockKey
from services.triage.settings import practice as practice_of
from tests.triage.builders import (
    AREA,
    GATEWAY,
    NOW,
    VERSION,
    GivenPractices,
    practice,
    rows,
)
from tests.triage.conftest import Desk

WHY = "The school answers after half term."


def kent(now: datetime = NOW) -> Practice:
    """Return the practice that ships for Kent and Medway."""
    area = areas.load(None).version(AREA, VERSION)
    assert area
    return practice_of(area, now)


def key(subject: UUID, name: ClockName = ClockName.ASSESSMENT) -> ClockKey:
    return ClockKey(subject, name, WHOLE)


async def clock(desk: Desk, name: ClockName = ClockName.ASSESSMENT) -> Any:
    found = await rows(desk.runtime, "SELECT * FROM clock WHERE name = :name", name=name)
    return found[0]


async def extend(
    desk: Desk, subject: UUID, now: datetime = NOW, *, until: date | None = None, local: Practice | None = None
) -> None:
    async with desk.runtime.database.transaction(GATEWAY) as session:
        act = Act(Command.EXTEND, now, Record(rationale=WHY))
        await extend_clock(session, key(subject), act, local or practice(), until)


async def pause(desk: Desk, subject: UUID, now: datetime = NOW, name: ClockName = ClockName.ASSESSMENT) -> None:
    async with desk.runtime.database.transaction(GATEWAY) as session:
        act = Act(Command.PAUSE, now, Record(reason="person-away", rationale=WHY))
        await pause_clock(session, key(subject, name), act, practice())


async def resume(desk: Desk, subject: UUID, now: datetime, local: Practice | None = None) -> datetime:
    async with desk.runtime.database.transaction(GATEWAY) as session:
        return await resume_clock(session, key(subject), Act(Command.RESUME, now), local or practice())


def told(first: int = 0, second: int = 2, **given: Any) -> Practice:
    """Return practice in which two people are told, so many days after a clock ran out."""
    people = (
        Told("Sita Synthetic", "Sample Police", lambda ran_out: ran_out + timedelta(days=first)),
        Told("Hedda Synthetic", "Sample Police", lambda ran_out: ran_out + timedelta(days=second)),
    )
    return practice(told=people, **given)


async def escalate(desk: Desk, now: datetime, local: Practice) -> None:
    """Run the job with this practice."""
    await jobs.escalations(replace(desk.runtime, clients=GivenPractices(local)), now)


async def escalations(desk: Desk, name: str = "assessment") -> list[str]:
    async with desk.runtime.database.transaction(Actor.service("triage")) as session:
        found = await session.rows(text("SELECT subject, sealed_note FROM history ORDER BY id"))
        notes = [await session.unseal_text(row.subject, row.sealed_note) for row in found if row.sealed_note]
    return [note for note in notes if "is told" in note and note.lower().startswith(name)]
