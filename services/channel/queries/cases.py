"""The list of cases, one case with everything that its page shows, and what changed meanwhile."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from chassis.database import Session
from contracts.vocabulary import ReferralForm
from services.channel import models
from services.channel.queries.holding import Held
from services.channel.queries.packs import NEWEST_PACK, PackView, pack_view
from services.channel.queries.reading import text_of


@dataclass(frozen=True)
class ClockView:
    """A clock of a case; `due_at` is UTC."""

    name: str
    about: UUID
    due_at: datetime
    stopped_at: datetime | None
    paused_at: datetime | None = None
    paused_for: str = ""
    times_extended: int = 0


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
    area_version: str = ""


@dataclass(frozen=True)
class CaseView:
    """Everything that the case page shows."""

    held: Held
    form: ReferralForm | None
    packs: tuple[PackView, ...]
    clocks: tuple[ClockView, ...]
    timeline: tuple[TimelineEntry, ...]


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
                by="" if row.by_id.partition("/")[0] == session.service else row.by_name,
                command=row.command,
                from_state=row.from_state or "",
                to_state=row.to_state,
                risk_owner=row.risk_owner,
                row_version=row.row_version,
                note=await text_of(session, subject, row.sealed_note),
                area_version=row.area_version,
            )
            for row in rows
        ]
    )


async def _clocks(session: Session, subject: UUID) -> tuple[ClockView, ...]:
    table = models.clock
    rows = await session.rows(select(table).where(table.c.subject == subject).order_by(table.c.due_at))
    return tuple(
        ClockView(
            name=row.name,
            about=row.about,
            due_at=row.due_at,
            stopped_at=row.stopped_at,
            paused_at=row.paused_at,
            paused_for=row.paused_for or "",
            times_extended=row.times_extended,
        )
        for row in rows
    )
