"""Deadlines that have passed: marked once and audited, then told to one person after the other until somebody acts."""

from datetime import datetime
from uuid import uuid4

from chassis import audit, outbox, ticking
from chassis.database import Session
from chassis.deadlines import moment_in_words
from chassis.outbox import About
from chassis.watching import Escalated, Overdue
from contracts.triage.notices import ClockEscalated
from services.triage import models, queries
from services.triage.domain import (
    ClockName,
    Command,
    Practice,
    Practices,
    Record,
    Running,
    Told,
    clock_words,
    to_be_told,
)
from services.triage.domain import told_next as next_told
from services.triage.operations.saving import Act, carry_out
from services.triage.queries import ClockKey, Held

_OUTSIDE = {ClockName.CONFLICT: ClockName.DECONFLICTION, ClockName.PURSUE: ClockName.DECONFLICTION}
"""What is said outside triage of clocks that would tell of a conflict or an investigation."""


async def alarm_overdue(session: Session, now: datetime) -> tuple[Overdue, ...]:
    """Mark at most 200 clocks that have run out since the last look, and return them."""
    late = await ticking.mark_late(session, models.clock, models.referral, now)
    for row in late:
        facts: dict[str, str | int] = {"clock": row.name}
        await audit.record(session, "clock.ran-out", subject=row.subject, now=now, area=row.area, facts=facts)
    return tuple(Overdue(row.reference, _outside(row.name)) for row in late)


async def escalate(session: Session, key: ClockKey, practices: Practices, now: datetime) -> tuple[Escalated, ...]:
    """Tell everybody whose turn has come that a clock ran out, in order and once each; returns the steps taken.

    Nothing is done for a clock that was stopped, paused, extended or escalated meanwhile, and for one that another
    job holds. AreaVersionUnknown where the area's file is not here yet.
    """
    await session.lock(key.subject)
    clock = await _due_clock(session, key, now)
    if clock is None:
        return ()
    held = await queries.held(session, key.subject)
    practice = practices.under(held.area, held.area_version, now)
    steps = to_be_told(clock, practice, now)
    for step, told in steps:
        await _tell(session, held, clock, (step, told), practice, now)
    number = clock.escalations + len(steps)
    await ticking.change_clock(
        session, models.clock, key, {"escalations": number, "escalate_at": next_told(clock, practice, number)}
    )
    return tuple(Escalated(held.reference, _outside(clock.name), step) for step, _ in steps)


async def _due_clock(session: Session, key: ClockKey, now: datetime) -> Running | None:
    row = await ticking.row_to_escalate(session, models.clock, key, now)
    return None if row is None else queries.running(row)


async def _tell(
    session: Session, held: Held, clock: Running, step: tuple[int, Told], practice: Practice, now: datetime
) -> None:
    number, told = step
    when = moment_in_words(clock.due_at)
    words = f"{clock_words(clock.name)} ran out on {when}: {told.name}, {told.organisation}, is told."
    record = Record(clock=clock.name, officer=told.name, rationale=words)
    await carry_out(session, held.subject, Act(Command.ESCALATED, now, record), practice)
    event = ClockEscalated(
        reference=held.reference, escalation_id=uuid4(), escalated_at=now, clock=_outside(clock.name), step=number
    )
    await outbox.add(session, event, about=About(held.subject, held.area, held.area_version, held.correlation_id))


def _outside(name: str) -> str:
    return _OUTSIDE.get(ClockName(name), ClockName(name)).value
