"""What the page about one clock says: how it stands, and what becomes of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chassis.deadlines import PAUSE_REASONS, Change, Running, Timed, clock_refusal, extended, resumed
from chassis.ticking import ClockKey
from chassis.transitions import NotRecorded

_REASONS: Mapping[str, str] = {reason.value: words for reason, words in PAUSE_REASONS.items()}


def clock_values(command: str, key: ClockKey, clock: Running | None, practice: Timed, now: datetime) -> dict[str, Any]:
    """Return what `_clock_form.html` shows of a clock; None for one that does not run any more."""
    return {
        "command": str(command),
        "clock_name": str(key.name),
        "clock_about": str(key.about),
        "facts_of_clock": _facts(clock),
        "reasons": list(_REASONS.items()),
        "becomes": _becomes(command, clock, practice, now),
    }


def _facts(clock: Running | None) -> list[tuple[str, object]]:
    if clock is None:
        return []
    return [
        ("Would have run out" if clock.paused_at else "Runs out", clock.due_at),
        ("Paused since", clock.paused_at),
        ("Why it is paused", _REASONS.get(clock.paused_for, "")),
        ("Extended so far", f"{clock.times_extended} times" if clock.times_extended > 1 else ""),
    ]


def _becomes(command: str, clock: Running | None, practice: Timed, now: datetime) -> datetime | None:
    """Return when the clock would run out after the change as the area has it, None where no time follows from it."""
    if clock is None or command == Change.PAUSE or clock_refusal(command, clock):
        return None
    if command == Change.RESUME:
        return resumed(clock, practice, now)
    try:
        return extended(clock, practice, now, None)
    except NotRecorded:
        return None
