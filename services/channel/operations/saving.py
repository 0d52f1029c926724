"""How a step is saved: the row, its history, its clocks and the audit, in the caller's transaction."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, update
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis import audit
from chassis.database import Session
from services.channel import models, queries
from services.channel.domain import (
    ENDS_HALT,
    HALTS,
    ChangedMeanwhile,
    Command,
    Practice,
    Record,
    Step,
    decide,
)
from services.channel.queries import Held

NOTHING = Record()


@dataclass(frozen=True)
class Act:
    """What somebody wants to do; `expected` is the row version that they saw, None for the police's events."""

    command: Command
    now: datetime
    record: Record = NOTHING
    expected: int | None = None


@dataclass(frozen=True)
class Saved:
    """A case as it was, the step that was taken and the new row version."""

    before: Held
    step: Step
    row_version: int


async def carry_out(session: Session, subject: UUID, act: Act, practice: Practice) -> Saved:
    """Hold the case, decide by the table and save.

    Raises CaseNotFound, ChangedMeanwhile, and whatever `domain.decide` refuses.
    """
    await session.lock(subject)
    before = await queries.held(session, subject)
    if act.expected is not None and act.expected != before.row_version:
        raise ChangedMeanwhile("Somebody changed this case after you opened it: look at the changes, then go on.")
    step = decide(act.command, before.situation, act.record, practice)
    saved = Saved(before, step, before.row_version + 1)
    # A pack that is offered again begins anew: only the grounds that it brings itself count.
    in_force = before.situation.section_36_made and act.command is not Command.OFFER_AGAIN
    values: dict[str, Any] = {
        "state": step.state,
        "risk_owner": step.risk_owner,
        "row_version": saved.row_version,
        "section_36_made": in_force or bool(act.record.grounds.strip()),
    }
    if act.command in HALTS:
        values |= {"halted_at": act.now, "sealed_speak_to": await session.seal(subject, act.record.speak_to.strip())}
    if act.command in ENDS_HALT:
        values |= {"halted_at": None, "sealed_speak_to": None}
    if step.transition.outcome is not None:
        values["answers"] = before.answers + 1
    await session.execute(update(models.case_file).where(models.case_file.c.subject == subject).values(values))
    await write_down(session, saved, act)
    await run_clocks(session, before, step, practice, act.now)
    return saved


async def write_down(session: Session, saved: Saved, act: Act, *, first: bool = False) -> None:
    """Add the line of history and the audit row; history rows are never changed."""
    held = saved.before
    note = act.record.written()
    await session.execute(
        insert(models.history).values(
            subject=held.subject,
            area=held.area,
            row_version=saved.row_version,
            command=act.command,
            from_state=None if first else held.situation.state,
            to_state=saved.step.state,
            risk_owner=saved.step.risk_owner,
            by_id=session.actor.id,
            by_name=session.actor.name or session.actor.id,
            sealed_note=await session.seal(held.subject, note) if note else None,
            at=act.now,
        )
    )
    await audit.record(
        session,
        f"case.{act.command}",
        subject=held.subject,
        now=act.now,
        area=held.area,
        facts={"from": "" if first else held.situation.state.value, "to": saved.step.state.value},
    )


async def run_clocks(session: Session, held: Held, step: Step, practice: Practice, now: datetime) -> None:
    """Stop and start the clocks that the transition names."""
    table = models.clock
    row = step.transition
    if row.stops:
        running = (table.c.subject == held.subject) & table.c.name.in_(row.stops) & table.c.stopped_at.is_(None)
        await session.execute(update(table).where(running).values(stopped_at=now))
    for name in row.starts:
        again = {"started_at": now, "due_at": practice.due[name], "stopped_at": None, "alarmed_at": None}
        statement = upsert(table).values(subject=held.subject, name=name, area=held.area, **again)
        await session.execute(statement.on_conflict_do_update(index_elements=["subject", "name"], set_=again))
