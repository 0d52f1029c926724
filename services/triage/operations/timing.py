"""What people do to a clock that runs: extend it with a reason, let it stand still with a reason, let it run on."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import update

from chassis import ticking
from chassis.database import Session
from contracts.vocabulary import day_in_words
from services.triage import models, queries
from services.triage.domain import (
    PAUSE_REASONS,
    Command,
    NotOffered,
    NotRecorded,
    PauseReason,
    Practice,
    Running,
    clock_refusal,
    clock_words,
    extended,
    resumed,
    told_next,
)
from services.triage.operations.clocks import WHOLE
from services.triage.operations.saving import Act, carry_out
from services.triage.queries import ClockKey

LONDON = ZoneInfo("Europe/London")
_WHY = {Command.EXTEND: "Say why the clock is extended", Command.PAUSE: "Say why the clock stands still"}


async def extend_clock(
    session: Session, key: ClockKey, act: Act, practice: Practice, until: date | None = None
) -> datetime:
    """Give a clock more time, with the officer's reason; returns when it runs out now.

    Raises ClockNotRunning, NotOffered, NotRecorded (`until`, and whatever the table wants recorded), ChangedMeanwhile.
    """
    clock = await _held_clock(session, key)
    due_at = extended(clock, practice, act.now, until)
    words = f"{clock_words(clock.name)}: until {moment(due_at)} instead of {moment(clock.due_at)}."
    await _carry_out(session, key, act, words, practice)
    await _change(session, key, ticking.longer(models.clock, due_at))
    return due_at


async def pause_clock(session: Session, key: ClockKey, act: Act, practice: Practice) -> None:
    """Let a clock stand still, with the officer's reason: it neither alarms nor escalates until it runs on."""
    clock = await _held_clock(session, key)
    if refusal := clock_refusal(Command.PAUSE, clock):
        raise NotOffered(refusal)
    reason = act.record.reason
    if reason not in set(PauseReason):
        raise NotRecorded("reason", "Choose why it stands still")
    words = f"{clock_words(clock.name)}: {PAUSE_REASONS[PauseReason(reason)]}."
    await _carry_out(session, key, act, words, practice)
    await _change(session, key, {"paused_at": act.now, "paused_for": reason})


async def resume_clock(session: Session, key: ClockKey, act: Act, practice: Practice) -> datetime:
    """Let a paused clock run on; it runs out later by the working time for which it stood still, which is returned."""
    clock = await _held_clock(session, key)
    due_at = resumed(clock, practice, act.now)
    words = f"{clock_words(clock.name)}: until {moment(due_at)} instead of {moment(clock.due_at)}."
    await _carry_out(session, key, act, words, practice)
    escalate_at = told_next(replace(clock, due_at=due_at), practice, clock.escalations)
    running = {"due_at": due_at, "paused_at": None, "paused_for": None, "escalate_at": escalate_at}
    await _change(session, key, running)
    return due_at


async def _held_clock(session: Session, key: ClockKey) -> Running:
    await session.lock(key.subject)
    return await queries.running_clock(session, key)


async def _carry_out(session: Session, key: ClockKey, act: Act, words: str, practice: Practice) -> None:
    """Save the step with a line in the timeline that says which clock, what became of it, and the officer's reason."""
    reason = act.record.rationale.strip()
    if not reason and act.command in _WHY:
        raise NotRecorded("rationale", _WHY[act.command])
    record = replace(act.record, clock=key.name, rationale=f"{words} {reason}".strip())
    await carry_out(session, key.subject, replace(act, record=record), practice)


async def _change(session: Session, key: ClockKey, values: dict[str, Any]) -> None:
    await ticking.change_clock(session, models.clock, key, values)
    if key.about != WHOLE and "due_at" in values:
        # Who owes it reads the day beside the obligation: it moves with its clock.
        owed = (models.obligation.c.id == key.about) & (models.obligation.c.subject == key.subject)
        await session.execute(update(models.obligation).where(owed).values(due_at=values["due_at"]))


def moment(at: datetime) -> str:
    """Return a moment (aware) as the timeline says it, in London's time."""
    local = at.astimezone(LONDON)
    return f"{day_in_words(local.date(), 'en')} at {local:%H:%M}"
