"""The list of cases, one case with everything that its page shows, and what changed meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, tuple_

from chassis.database import Session
from contracts.vocabulary import ReferralForm
from services.channel import models
from services.channel.domain import State
from services.channel.queries.holding import Held
from services.channel.queries.packs import NEWEST_PACK, PackView, pack_view
from services.channel.queries.paging import PAGE
from services.channel.queries.reading import text_of

OPEN_STATES = tuple(
    state
    for state in State
    if state not in (State.RETURNED, State.TAKEN_BACK, State.ENDED, State.TRANSFERRED, State.STOPPED)
)


@dataclass(frozen=True)
class ClockView:
    """A clock of a case; `due_at` is UTC."""

    name: str
    due_at: datetime
    stopped_at: datetime | None


@dataclass(frozen=True)
class CaseLine:
    """One case in the list, without identity."""

    subject: UUID
    reference: str
    opened_at: datetime
    immediate_danger: bool
    state: State
    risk_owner: str
    clock: ClockView | None
    halted: bool = False


@dataclass(frozen=True)
class TimelineEntry:
    """One thing that happened, with what was written down about it; `by` is empty where no person did it here."""

    at: datetime
    by: str
    command: str
    from_state: str
    to_state: str
    risk_owner: str
    row_version: int
    note: str = ""


@dataclass(frozen=True)
class CaseView:
    """Everything that the case page shows."""

    held: Held
    form: ReferralForm | None
    packs: tuple[PackView, ...]
    clocks: tuple[ClockView, ...]
    timeline: tuple[TimelineEntry, ...]


async def cases(
    session: Session, states: Sequence[State], after: tuple[bool, datetime, UUID] | None = None
) -> tuple[CaseLine, ...]:
    """Return one page of cases and one more, if any, after the last seen: immediate danger first, then longest open."""
    table = models.case_file
    place = tuple_(~table.c.immediate_danger, table.c.opened_at, table.c.subject)
    statement = select(table).where(table.c.state.in_([state.value for state in states])).order_by(*place.clauses)
    if after is not None:
        danger, opened_at, subject = after
        statement = statement.where(place > tuple_(not danger, opened_at, subject))
    rows = await session.rows(statement.limit(PAGE + 1))
    clocks = models.clock
    running = await session.rows(
        select(clocks)
        .where(clocks.c.subject.in_([row.subject for row in rows]), clocks.c.stopped_at.is_(None))
        .order_by(clocks.c.due_at.desc())
    )
    next_clock = {row.subject: ClockView(row.name, row.due_at, None) for row in running}
    return tuple(
        CaseLine(
            subject=row.subject,
            reference=row.reference,
            opened_at=row.opened_at,
            immediate_danger=row.immediate_danger,
            state=State(row.state),
            risk_owner=row.risk_owner,
            clock=next_clock.get(row.subject),
            halted=row.halted_at is not None,
        )
        for row in rows
    )


async def case_view(session: Session, found: Held) -> CaseView:
    """Return everything about one case; the caller records the read."""
    table = models.pack
    rows = await session.rows(select(table).where(table.c.subject == found.subject).order_by(*NEWEST_PACK))
    newest = rows[0].sealed_form if rows else b""
    return CaseView(
        held=found,
        form=await session.unseal_model(found.subject, newest, ReferralForm) if newest else None,
        packs=tuple([await pack_view(session, row) for row in rows]),
        clocks=await _clocks(session, found.subject),
        timeline=await timeline(session, found.subject),
    )


async def changes_since(session: Session, subject: UUID, row_version: int) -> tuple[TimelineEntry, ...]:
    """Return what happened to a case after somebody saw it at `row_version`, oldest first."""
    return tuple(entry for entry in await timeline(session, subject) if entry.row_version > row_version)


async def timeline(session: Session, subject: UUID) -> tuple[TimelineEntry, ...]:
    """Return the history of a case, oldest first."""
    table = models.history
    rows = await session.rows(select(table).where(table.c.subject == subject).order_by(table.c.id))
    return tuple(
        [
            TimelineEntry(
                at=row.at,
                by="" if row.by_id == session.service else row.by_name,
                command=row.command,
                from_state=row.from_state or "",
                to_state=row.to_state,
                risk_owner=row.risk_owner,
                row_version=row.row_version,
                note=await text_of(session, subject, row.sealed_note),
            )
            for row in rows
        ]
    )


async def _clocks(session: Session, subject: UUID) -> tuple[ClockView, ...]:
    table = models.clock
    rows = await session.rows(select(table).where(table.c.subject == subject).order_by(table.c.due_at))
    return tuple(ClockView(row.name, row.due_at, row.stopped_at) for row in rows)
