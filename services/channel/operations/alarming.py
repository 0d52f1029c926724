"""Deadlines that have passed: marked once and audited, then told to one person after the other until somebody acts."""

from datetime import datetime
from uuid import uuid4

from chassis import audit, outbox, ticking
from chassis.database import Session
from chassis.deadlines import Running, Told, clock_words, moment_in_words, to_be_told, told_next
from chassis.outbox import About
from chassis.ticking import ClockKey
from chassis.watching import Escalated, Overdue
from contracts.channel.notices import CaseClockEscalated
from services.channel import models, queries
from services.channel.domain import Command, Practice, Practices, Record
from services.channel.operations.saving import Act, carry_out
from services.channel.queries import Held


async def alarm_overdue(session: Session, now: datetime) -> tuple[Overdue, ...]:
    """Mark at most 200 clocks that have run out since the last look, and return them."""
    late = await ticking.mark_late(session, models.clock, models.case_file, now)
    for row in late:
        facts: dict[str, str | int] = {"clock": row.name}
        await audit.record(session, "clock.ran-out", subject=row.subject, now=now, area=row.area, facts=facts)
    return tuple(Overdue(row.reference, row.name) for row in late)


async def escalate(session: Session, key: ClockKey, practices: Practices, now: datetime) -> tuple[Escalated, ...]:
    """Tell everybody whose turn has come that a clock ran out, in order and once each; returns the steps taken.

    Nothing is done for a clock that was stopped, paused, extended or escalated meanwhile, and for one that another
    job holds. AreaVersionUnknown where the area's file is not here yet.
    """
    await session.lock(key.subject)
    row = await ticking.row_to_escalate(session, models.clock, key, now)
    if row is None:
        return ()
    clock, held = queries.running(row), await queries.held(session, key.subject)
    practice = practices.under(held.area, held.area_version, held.district, now)
    steps = to_be_told(clock, practice, now)
    for step, told in steps:
        await _tell(session, held, clock, (step, told), practice, now)
    number = clock.escalations + len(steps)
    so_far = {"escalations": number, "escalate_at": told_next(clock, practice, number)}
    await ticking.change_clock(session, models.clock, key, so_far)
    return tuple(Escalated(held.reference, clock.name, step) for step, _ in steps)


async def _tell(
    session: Session, held: Held, clock: Running, step: tuple[int, Told], practice: Practice, now: datetime
) -> None:
    number, told = step
    when = moment_in_words(clock.due_at)
    # As lists name them: a name that was typed stays sealed where it is kept.
    owner = (await queries.whose_clocks(session, [clock.about])).get(clock.about, "")
    whose = f" ({owner})" if owner else ""
    words = f"{clock_words(clock.name)}{whose} ran out on {when}: {told.name}, {told.organisation}, is told."
    await carry_out(
        session, held.subject, Act(Command.ESCALATED, now, Record(clock=clock.name, reason=words)), practice
    )
    event = CaseClockEscalated(
        reference=held.reference, escalation_id=uuid4(), escalated_at=now, clock=clock.name, step=number
    )
    await outbox.add(session, event, about=About(held.subject, held.area, held.area_version, held.correlation_id))
