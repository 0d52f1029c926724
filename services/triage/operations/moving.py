"""Moves a running referral to the practice that is in force, its clocks from their own start, and says so."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import update

from chassis.database import Session
from chassis.deadlines import moment_in_words
from services.triage import models, queries
from services.triage.domain import NotOffered, NotRecorded, Practice, Practices, Running, clock_words, told_next
from services.triage.domain.moving import ClockMove, Move, planned
from services.triage.operations.saving import Act, carry_out, change
from services.triage.queries import Held, underway


async def move(session: Session, subject: UUID, act: Act, practices: Practices) -> Move:
    """Move a referral to the practice in force; returns what that changed.

    Clocks that run get their new time from their own start, paused ones stay paused. Raises NotOffered where the state
    has no place in the newer practice or the referral is under it already, NotRecorded without a reason, and whatever
    `carry_out` refuses.
    """
    await session.lock(subject)
    held = await queries.held(session, subject)
    own = practices.under(held.area, held.area_version, act.now)
    to = partial(practices.under, held.area, own.in_force or held.area_version)
    found = (await underway(session, (subject,)))[subject]
    plan = planned(found, partial(practices.under, held.area, held.area_version), to, act.now)
    if plan.refusal:
        raise NotOffered(plan.refusal)
    reason = act.record.rationale.strip()
    if not reason:
        raise NotRecorded("rationale", "Say why it moves")
    practice = to(act.now)
    words = f"{_said(held, practice, plan.clocks, act.now)}\n\n{reason}"
    await carry_out(session, subject, replace(act, record=replace(act.record, rationale=words)), practice)
    await change(session, subject, {"area_version": practice.version})
    for each in plan.clocks:
        if each.changes:
            await _give(session, subject, each, practice, act.now)
    return plan


def _said(held: Held, practice: Practice, clocks: Iterable[ClockMove], now: datetime) -> str:
    """Return what the timeline says of a move: from which version to which, and which clocks changed."""
    sentences = [f"From version {held.area_version} to version {practice.version} of the area’s practice."]
    for each in clocks:
        if each.changes:
            until = f"until {moment_in_words(each.due_at)} instead of {moment_in_words(each.clock.due_at)}"
            at_once = ", so that it runs out at once" if each.at_once and each.clock.due_at > now else ""
            sentences.append(f"{clock_words(each.clock.name)}: {until}{at_once}.")
    return "\n".join(sentences)


async def _give(session: Session, subject: UUID, moved: ClockMove, practice: Practice, now: datetime) -> None:
    table, clock = models.clock, moved.clock
    this = (table.c.subject == subject) & (table.c.name == clock.name) & (table.c.about == clock.about)
    values = _fresh(moved.due_at) if moved.due_at > now else _late(clock, moved.due_at, practice)
    await session.execute(update(table).where(this).values(values))


def _fresh(due_at: datetime) -> dict[str, Any]:
    """Return what a clock's row holds that has time left: whoever was told that it ran out is told anew if it does."""
    return {"due_at": due_at, "alarmed_at": None, "escalations": 0, "escalate_at": due_at}


def _late(clock: Running, due_at: datetime, practice: Practice) -> dict[str, Any]:
    """Return what a clock's row holds that has run out: nobody is told a second time, and the next person is."""
    return {"due_at": due_at, "escalate_at": told_next(replace(clock, due_at=due_at), practice, clock.escalations)}
