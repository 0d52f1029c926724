"""How a step is saved: the row, its history, its clocks and the audit, in the caller's transaction."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, update

from chassis import audit
from chassis.database import Session
from chassis.errors import SubjectErased
from services.triage import models, queries
from services.triage.domain import (
    DECISIONS,
    DECONFLICTION,
    ChangedMeanwhile,
    Command,
    Practice,
    Record,
    State,
    Step,
    decide,
)
from services.triage.operations.clocks import Placed, run_clocks
from services.triage.queries import Held

NOTHING = Record()
_HISTORY = insert(models.history)
_FACTS: Mapping[Command, Mapping[str, Any]] = {
    Command.ASSESS: {"assessed": True},
    Command.GATHERED: {"gathered": True},
    Command.CHANNEL_GATHERED: {"gathered": True},
    Command.SECTION_36: {"section_36_made": True},
    Command.CHANNEL_REFERRED: {"section_36_made": True},
    Command.PACK_RETURNED: {"section_36_made": False},
    Command.TAKE_BACK: {"section_36_made": False},
    Command.RESTRICT: {"restricted": True},
    Command.UNRESTRICT: {"restricted": False},
    Command.REOPEN: {
        "section_36_made": False,
        "assessed": False,
        "gathered": False,
        "officer_id": None,
        "officer_name": None,
    },
}
"""What a command makes true of the referral, beside its state."""


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
    if before.erased:
        raise SubjectErased("The person was erased: nothing can be recorded of this referral any more.")
    if act.expected is not None and act.expected != before.row_version:
        raise ChangedMeanwhile("Somebody changed this referral after you opened it: look at the changes, then go on.")
    step = decide(act.command, before.situation, act.record, practice)
    row_version = before.row_version + 1
    values: dict[str, Any] = {"state": step.state, "risk_owner": step.risk_owner, "row_version": row_version}
    if step.transition.outcome is not None:
        values["decisions"] = before.decisions + 1
    values |= _FACTS.get(act.command, {})
    if step.record.concern:
        values["sealed_concern"] = await session.seal(subject, step.record.concern)
    await change(session, subject, values)
    saved = Saved(before, step, row_version)
    await write_down(session, before, Line(before.situation.state, step, row_version, practice.version), act)
    await run_clocks(session, before, step, practice, act.now)
    return saved


async def change(session: Session, subject: UUID, values: Mapping[str, Any]) -> None:
    """Change columns of the referral's row."""
    await session.execute(update(models.referral).where(models.referral.c.subject == subject).values(values))


@dataclass(frozen=True)
class Line:
    """What a line of history says of the state: from which (None at the first), by which step, as which row version.

    `area_version` is the version of the area's practice under which the referral stands from this line on.
    """

    from_state: State | None
    step: Step
    row_version: int
    area_version: str


async def write_down(session: Session, placed: Placed, line: Line, act: Act) -> None:
    """Add the line of history and the audit row; history rows are never changed."""
    in_own_table = act.command in DECISIONS or act.command in DECONFLICTION
    note = "" if in_own_table else act.record.rationale.strip()
    row = {
        "subject": placed.subject,
        "area": placed.area,
        "area_version": line.area_version,
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
