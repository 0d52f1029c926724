"""What the console answers about work: who does what, what somebody owes, and what they have begun to write."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, func, select

from chassis.assessing import DraftOf
from chassis.database import Session
from chassis.officers import OfficerView, officers_seen
from services.triage import models
from services.triage.domain import DECONFLICT, DECONFLICTION, Command, Obligation, State
from services.triage.queries.assessments import ASSESSMENTS
from services.triage.queries.queues import WORKED_STATES
from services.triage.queries.safeguards import in_the_unit, listed_for, seen_by

BEGUN = models.begun_work
"""Where the pages keep what is begun on them."""
SHOWN = 50
"""How many lines a list of the console shows at most."""


@dataclass(frozen=True)
class Load:
    """What one officer (nobody where `officer_id` is empty) has in one state, how much is overdue, and since when."""

    officer_id: str
    officer: str
    state: State
    number: int
    overdue: int
    oldest_at: datetime


@dataclass(frozen=True)
class OwedLine:
    """An open obligation as a list shows it, without its words: of which referral, of whom, by when."""

    reference: str
    kind: Obligation
    owner: str
    made_by: str
    due_at: datetime
    acknowledged: bool


@dataclass(frozen=True)
class BegunLine:
    """Work that an officer has begun and not recorded: on which page of which referral.

    `command` is what the page records, or the permission of a page on which one of several things is chosen.
    """

    id: UUID
    reference: str
    command: str
    address: str
    by: str
    saved_at: datetime


async def officers(session: Session, area: str) -> tuple[OfficerView, ...]:
    """Return the Gateway officers seen in an area, by name."""
    return await officers_seen(session, models.officer, area)


async def workload(session: Session, now: datetime) -> tuple[Load, ...]:
    """Return what each officer has to work in the actor's areas, state by state."""
    table = models.referral
    cut = (table.c.officer_id, table.c.state)
    counted = select(
        *cut,
        func.max(table.c.officer_name).label("officer"),
        func.count().label("number"),
        func.count().filter(table.c.next_due_at < now).label("overdue"),
        func.min(table.c.received_at).label("oldest_at"),
    ).where(table.c.state.in_([state.value for state in WORKED_STATES]), listed_for(session.actor))
    rows = await session.rows(counted.group_by(*cut))
    return tuple(
        Load(row.officer_id or "", row.officer or "", State(row.state), row.number, row.overdue, row.oldest_at)
        for row in rows
    )


async def owed_by(session: Session, officer_id: str, name: str) -> tuple[OwedLine, ...]:
    """Return what an officer owes, by id or by name where nobody chose one; what is due first in front; 50 at most.

    A name alone may be somebody else's: it leads to nothing that whoever asks may not see.
    """
    table, referral = models.obligation, models.referral
    joined = select(table, referral.c.reference).join(referral, referral.c.subject == table.c.subject)
    named = (table.c.owner_id == officer_id) | (
        table.c.owner_id.is_(None) & (table.c.owner == name) & seen_by(session.actor)
    )
    still = joined.where(named, table.c.ended_at.is_(None))
    rows = await session.rows(still.order_by(table.c.due_at).limit(SHOWN))
    return tuple(
        OwedLine(row.reference, Obligation(row.kind), row.owner, row.made_by, row.due_at, bool(row.acknowledged_at))
        for row in rows
    )


async def owed_to(session: Session, officer_id: str) -> tuple[OwedLine, ...]:
    """Return what others owe on the referrals that an officer has, what is due first in front; 50 at most."""
    table, referral = models.obligation, models.referral
    mine = select(referral.c.subject, referral.c.reference).where(
        referral.c.officer_id == officer_id,
        referral.c.state.in_([state.value for state in WORKED_STATES]),
        seen_by(session.actor),
    )
    held = mine.subquery()
    joined = select(table, held.c.reference).join(held, held.c.subject == table.c.subject)
    rows = await session.rows(joined.where(table.c.ended_at.is_(None)).order_by(table.c.due_at).limit(SHOWN))
    return tuple(
        OwedLine(row.reference, Obligation(row.kind), row.owner, row.made_by, row.due_at, bool(row.acknowledged_at))
        for row in rows
    )


async def begun_by(session: Session, officer_id: str) -> tuple[BegunLine, ...]:
    """Return what an officer has begun to write and not recorded, the latest first; 50 at most."""
    mine = _begun().where(models.begun_work.c.officer_id == officer_id)
    rows = await session.rows(mine.order_by(models.begun_work.c.saved_at.desc()).limit(SHOWN))
    return tuple(_begun_line(row) for row in rows)


async def begun_by_others(session: Session, subject: UUID) -> tuple[BegunLine, ...]:
    """Return what others have begun on a referral, without its words; what the unit writes, to its officers alone."""
    table, draft, referral = models.begun_work, models.assessment_draft, models.referral
    unit = table.c.command.in_([DECONFLICT, *DECONFLICTION])
    theirs = (table.c.subject == subject) & (table.c.officer_id != session.actor.id)
    found = await session.rows(_begun().where(theirs, unit if in_the_unit(session.actor) else ~unit))
    if in_the_unit(session.actor):
        return tuple(_begun_line(row) for row in found)
    joined = select(draft, referral.c.reference).join(referral, referral.c.subject == draft.c.subject)
    written = await session.rows(joined.where(draft.c.subject == subject, draft.c.by_id != session.actor.id))
    return (
        *(_begun_line(row) for row in found),
        *(BegunLine(row.id, row.reference, Command.ASSESS, "", row.by_name, row.saved_at) for row in written),
    )


def _begun() -> Select[Any]:
    table, referral = models.begun_work, models.referral
    return select(table, referral.c.reference).join(referral, referral.c.subject == table.c.subject)


def _begun_line(row: Row[Any]) -> BegunLine:
    return BegunLine(row.id, row.reference, row.command, row.address, row.officer_name, row.saved_at)


async def drafts_by(session: Session, officer_id: str) -> tuple[DraftOf, ...]:
    """Return the assessments that an officer is writing, the latest first; 50 at most."""
    return await ASSESSMENTS.of_officer(session, officer_id, models.referral, SHOWN)
