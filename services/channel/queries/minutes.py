"""The minutes of a meeting: what was recorded of each case, its summary in versions, and what was corrected later."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select

from chassis.database import Session
from services.channel import models
from services.channel.queries.meetings import SlotView
from services.channel.queries.obligations import ObligationView, obligation
from services.channel.queries.panel import PanelDecision, Presence, decision_in, presences
from services.channel.queries.reading import text_of


@dataclass(frozen=True)
class MinutesView:
    """How the minutes of a meeting stand: approved by the chair, checked at the beginning of a later meeting.

    `checked_in` is the day of that meeting.
    """

    approved_at: datetime | None = None
    approved_by: str = ""
    checked_at: datetime | None = None
    checked_by: str = ""
    checked_in: date | None = None


@dataclass(frozen=True)
class MinuteVersion:
    """One version of what the minutes say of a case."""

    number: int
    words: str
    by: str
    at: datetime


@dataclass(frozen=True)
class MinuteCorrection:
    """What a later meeting, that of the day `made_in`, found wrong in the minutes of a case."""

    words: str
    by: str
    at: datetime
    made_in: date


@dataclass(frozen=True)
class SlotMinutes:
    """What was recorded of one case: who was in the room, the decision with its votes, and the actions it led to.

    `version` is the newest summary, None while nobody has written one.
    """

    slot: SlotView
    present: tuple[Presence, ...]
    decision: PanelDecision | None
    actions: tuple[ObligationView, ...]
    version: MinuteVersion | None
    corrections: tuple[MinuteCorrection, ...]

    @property
    def number(self) -> int:
        """Return the number of the newest version, 0 while there is none."""
        return self.version.number if self.version else 0


async def minutes_of(session: Session, meeting_id: UUID) -> MinutesView:
    """Return how the minutes of a meeting stand; nothing has been done to those that nobody has touched."""
    table, later = models.meeting_minutes, models.meeting
    joined = table.outerjoin(later, later.c.id == table.c.checked_in)
    found = select(table, later.c.held_on).select_from(joined).where(table.c.meeting_id == meeting_id)
    row = await session.first(found)
    if row is None:
        return MinutesView()
    return MinutesView(row.approved_at, row.approved_by or "", row.checked_at, row.checked_by or "", row.held_on)


async def slot_minutes(session: Session, slot: SlotView) -> SlotMinutes:
    """Return what was recorded of a case in its slot."""
    versions = await minute_versions(session, slot.id)
    return SlotMinutes(
        slot=slot,
        present=await presences(session, slot.id),
        decision=await decision_in(session, slot.id),
        actions=await actions_of(session, slot),
        version=versions[-1] if versions else None,
        corrections=await _corrections(session, slot.id),
    )


async def actions_of(session: Session, slot: SlotView) -> tuple[ObligationView, ...]:
    """Return the actions and signposts that a meeting gave in a case, the soonest due first."""
    table = models.obligation
    given = (table.c.subject == slot.subject) & (table.c.about == slot.meeting_id)
    rows = await session.rows(select(table.c.id).where(given).order_by(table.c.due_at, table.c.id))
    return tuple([await obligation(session, slot.subject, row.id) for row in rows])


async def minute_versions(session: Session, slot_id: UUID) -> tuple[MinuteVersion, ...]:
    """Return every version of what the minutes say of a case, the newest last."""
    table = models.minute
    rows = await session.rows(select(table).where(table.c.slot_id == slot_id).order_by(table.c.number))
    return tuple(
        [
            MinuteVersion(row.number, await text_of(session, row.subject, row.sealed_summary), row.by_name, row.at)
            for row in rows
        ]
    )


async def _corrections(session: Session, slot_id: UUID) -> tuple[MinuteCorrection, ...]:
    table, later = models.minute_correction, models.meeting
    found = select(table, later.c.held_on).join(later, later.c.id == table.c.made_in)
    rows = await session.rows(found.where(table.c.slot_id == slot_id).order_by(table.c.id))
    return tuple(
        [
            MinuteCorrection(
                await text_of(session, row.subject, row.sealed_words), row.by_name, row.at, made_in=row.held_on
            )
            for row in rows
        ]
    )
