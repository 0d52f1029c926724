"""How a step is saved: the row, its history, its clocks and the audit, in the caller's transaction."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis import audit
from chassis.database import Session
from services.triage import models, queries
from services.triage.domain import (
    DECISIONS,
    DECONFLICTION,
    ChangedMeanwhile,
    ClockName,
    Command,
    Practice,
    Record,
    State,
    Step,
    decide,
)
from services.triage.queries import Held

NOTHING = Record()
_HISTORY = insert(models.history)
_FRESH = upsert(models.clock)
_START_CLOCK = _FRESH.on_conflict_do_update(
    index_elements=["subject", "name"],
    set_={
        name: _FRESH.excluded[name] for name in ("started_at", "due_at", "stopped_at", "times_extended", "alarmed_at")
    },
)


class Placed(Protocol):
    """A referral, as far as its history and its clocks are concerned."""

    @property
    def subject(self) -> UUID:
        """Return its id."""

    @property
    def area(self) -> str:
        """Return its area."""


@dataclass(frozen=True)
class Act:
    """What somebody wants to do; `expected` is the row version that they saw, None for other services' events."""

    command: Command
    now: datetime
    record: Record = NOTHING
    expected: int | None = None


@dataclass(frozen=True)
class Saved:
    """A referral as it was, the step that was taken and the new row version."""

    before: Held
    step: Step
    row_version: int


async def carry_out(session: Session, subject: UUID, act: Act, practice: Practice) -> Saved:
    """Hold the referral, decide by the table and save.

    Raises ReferralNotFound, ChangedMeanwhile, and whatever `domain.decide` refuses.
    """
    await session.lock(subject)
    before = await queries.held(session, subject)
    if act.expected is not None and act.expected != before.row_version:
        raise ChangedMeanwhile("Somebody changed this referral after you opened it: look at the changes, then go on.")
    step = decide(act.command, before.situation, act.record, practice)
    row_version = before.row_version + 1
    values: dict[str, Any] = {"state": step.state, "risk_owner": step.risk_owner, "row_version": row_version}
    if step.transition.outcome is not None:
        values["decisions"] = before.decisions + 1
    if act.command is Command.SECTION_36:
        values["section_36_made"] = True
    if act.command is Command.PACK_RETURNED:
        values["section_36_made"] = False
    if act.command is Command.REOPEN:
        values |= {"section_36_made": False, "officer_id": None, "officer_name": None}
    await change(session, subject, values)
    saved = Saved(before, step, row_version)
    await write_down(session, before, Line(before.situation.state, step, row_version), act)
    await run_clocks(session, before, step, practice, act.now)
    return saved


async def change(session: Session, subject: UUID, values: Mapping[str, Any]) -> None:
    """Change columns of the referral's row."""
    await session.execute(update(models.referral).where(models.referral.c.subject == subject).values(values))


@dataclass(frozen=True)
class Line:
    """What a line of history says of the state: from which (None at the first), by which step, as which row version."""

    from_state: State | None
    step: Step
    row_version: int


async def write_down(session: Session, placed: Placed, line: Line, act: Act) -> None:
    """Add the line of history and the audit row; history rows are never changed."""
    in_own_table = act.command in DECISIONS or act.command in DECONFLICTION
    note = "" if in_own_table else act.record.rationale.strip()
    row = {
        "subject": placed.subject,
        "area": placed.area,
        "row_version": line.row_version,
        "command": act.command,
        "from_state": line.from_state,
        "to_state": line.step.state,
        "risk_owner": line.step.risk_owner,
        "by_id": session.actor.id,
        "by_name": session.actor.name or session.actor.id,
        "sealed_note": await session.seal(placed.subject, note) if note else None,
        "at": act.now,
    }
    session.write(_HISTORY, row)
    facts = {"from": line.from_state.value if line.from_state else "", "to": line.step.state.value}
    action = f"referral.{act.command}"
    await audit.record(session, action, subject=placed.subject, now=act.now, area=placed.area, facts=facts)


async def run_clocks(session: Session, placed: Placed, step: Step, practice: Practice, now: datetime) -> None:
    """Stop and start the clocks that the transition names.

    More time is counted from when the clock would have run out; a conflict leaves a running clock as it is.
    """
    table = models.clock
    row = step.transition
    if row.stops:
        running = (table.c.subject == placed.subject) & table.c.name.in_(row.stops) & table.c.stopped_at.is_(None)
        await session.execute(update(table).where(running).values(stopped_at=now))
    for name in row.starts:
        due_at = practice.deadline(name, step.record.service)
        if row.command not in (Command.MORE_TIME, Command.CONFLICT):
            start_clock(session, placed, name, due_at, now)
            continue
        this = (table.c.subject == placed.subject) & (table.c.name == name) & table.c.stopped_at.is_(None)
        old = await session.scalar(select(table.c.due_at).where(this))
        if old is None:
            start_clock(session, placed, name, due_at, now)
        elif row.command is Command.MORE_TIME:
            longer = {"due_at": practice.later(name, old), "alarmed_at": None}
            counted = table.c.times_extended + 1
            await session.execute(update(table).where(this).values(**longer, times_extended=counted))


def start_clock(session: Session, placed: Placed, name: ClockName, due_at: datetime, now: datetime) -> None:
    """Start a clock afresh, whether it ran before or not."""
    fresh = {"started_at": now, "due_at": due_at, "stopped_at": None, "times_extended": 0, "alarmed_at": None}
    session.write(_START_CLOCK, {"subject": placed.subject, "name": name, "area": placed.area} | fresh)
