"""How a step is saved: the row, its history, its clocks and the audit, in the caller's transaction."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select, update

from chassis import audit
from chassis.database import Session
from services.channel import models, queries
from services.channel.domain import (
    ENDS_HALT,
    HALTS,
    PANEL_DECISIONS,
    TAKES,
    ChangedMeanwhile,
    Command,
    Consent,
    InPanel,
    Practice,
    Record,
    Step,
    decide,
)
from services.channel.domain.consenting import BECOMES
from services.channel.operations.clocks import run_clocks
from services.channel.queries import Held

NOTHING = Record()
_REFERS = frozenset({Command.RECEIVE_SECTION_36, Command.REFER, Command.OFFER_AGAIN})
_LEAVES = frozenset({Command.GIVE_BACK, Command.TRANSFER})
_DECIDES = frozenset({*PANEL_DECISIONS, Command.CONSENT_REFUSED, Command.CONSENT_WITHDRAWN, Command.REOPEN})
_FACTS: Mapping[Command, Mapping[str, Any]] = {
    **{command: {"consent": consent} for command, consent in BECOMES.items()},
    Command.REOPEN: {"consent": Consent.NOT_ASKED, "closed_at": None},
    Command.OFFER_AGAIN: {"consent": Consent.NOT_ASKED, "closed_at": None},
}
"""What a command makes true of the case, beside its state."""


@dataclass(frozen=True)
class Act:
    """What somebody wants to do; `expected` is the row version that they saw, None for what comes as an event.

    `in_panel` is given where the panel decides in a meeting.
    """

    command: Command
    now: datetime
    record: Record = NOTHING
    expected: int | None = None
    in_panel: InPanel | None = None


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
    step = decide(act.command, replace(before.situation, in_panel=act.in_panel), act.record, practice)
    saved = Saved(before, step, before.row_version + 1)
    values = {
        "state": step.state,
        "risk_owner": step.risk_owner,
        "row_version": saved.row_version,
        **await _facts(session, before, act),
    }
    if step.transition.outcome is not None:
        values["answers"] = before.answers + 1
    await change(session, subject, values)
    await write_down(session, saved, act, practice.version)
    await run_clocks(session, before, step, practice, act.now)
    return saved


async def change(session: Session, subject: UUID, values: Mapping[str, Any]) -> None:
    """Change columns of the case's row."""
    await session.execute(update(models.case_file).where(models.case_file.c.subject == subject).values(values))


async def _facts(session: Session, before: Held, act: Act) -> dict[str, Any]:
    """Return what a command makes true of the case beside its state."""
    # A pack that is offered again begins anew: only the grounds that it brings itself count.
    in_force = before.situation.section_36_made and act.command is not Command.OFFER_AGAIN
    values: dict[str, Any] = {"section_36_made": in_force or _brings_section_36(act)}
    if act.command in HALTS:
        speak_to = await session.seal(before.subject, act.record.speak_to.strip())
        values |= {"halted_at": act.now, "sealed_speak_to": speak_to}
    if act.command in ENDS_HALT:
        values |= {"halted_at": None, "sealed_speak_to": None}
    if act.command in TAKES and act.in_panel is None:
        values |= {"coordinator_id": session.actor.id, "coordinator": session.actor.name or session.actor.id}
    if act.command in _LEAVES:
        values["came_from"] = before.situation.state
    if act.command in _DECIDES:
        values["decided_at"] = act.now
    return {**values, **_FACTS.get(act.command, {})}


def _brings_section_36(act: Act) -> bool:
    return act.command in _REFERS and bool(act.record.grounds.strip())


def _came(subject: UUID) -> Any:
    """Return when a case came into the state that it leaves, as a part of a statement."""
    table = models.history
    moved = (table.c.subject == subject) & table.c.from_state.is_distinct_from(table.c.to_state)
    return select(func.max(table.c.at)).where(moved).scalar_subquery()


async def write_down(session: Session, saved: Saved, act: Act, area_version: str, *, first: bool = False) -> None:
    """Add the line of history, with the version of the practice behind it, and the audit row; no line is changed."""
    held = saved.before
    note = act.record.written()
    await session.execute(
        insert(models.history).values(
            subject=held.subject,
            area=held.area,
            area_version=area_version,
            row_version=saved.row_version,
            command=act.command,
            from_state=None if first else held.situation.state,
            to_state=saved.step.state,
            risk_owner=saved.step.risk_owner,
            by_id=session.actor.id,
            by_name=session.actor.name or session.actor.id,
            sealed_note=await session.seal(held.subject, note) if note else None,
            at=act.now,
            since=None if first or saved.step.state is held.situation.state else _came(held.subject),
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
