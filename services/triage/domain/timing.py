"""How clocks are given more time, stand still, are escalated and foreseen: pure functions over the area's practice."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from chassis.transitions import NotOffered, NotRecorded
from services.triage.domain.standing import Practice, Told
from services.triage.domain.words import ClockName, Command, PauseReason

LONGEST = timedelta(days=366)
PAUSE_REASONS: Mapping[PauseReason, str] = {
    PauseReason.PARTNER: "Waiting for a partner or another authority",
    PauseReason.PERSON: "The person is away or cannot be reached",
    PauseReason.LEGAL: "An investigation or a court asked us to wait",
    PauseReason.OTHER: "Another reason, as written in the timeline",
}
CLOCK_CHANGES = (Command.EXTEND, Command.PAUSE, Command.RESUME)
_URGENT = "The time to answer immediate danger cannot be extended or paused: a Gateway officer takes the referral."


@dataclass(frozen=True)
class Running:
    """A clock that has not been stopped; `about` is the obligation that it is of (the nil id: the referral itself)."""

    name: ClockName
    about: UUID
    due_at: datetime
    paused_at: datetime | None = None
    paused_for: str = ""
    times_extended: int = 0
    escalations: int = 0


@dataclass(frozen=True)
class ClockCount:
    """How many clocks of one name and of one officer's referrals run out by a moment, and how many have already."""

    name: ClockName
    officer_id: str
    officer: str
    number: int
    overdue: int


@dataclass(frozen=True)
class Share:
    """A part of a forecast: those of one clock, or of one officer (`key` is the name or the id, empty for nobody)."""

    key: str
    label: str
    number: int
    overdue: int


@dataclass(frozen=True)
class Forecast:
    """What runs out by a moment if nothing moves, the largest parts first."""

    number: int
    overdue: int
    by_clock: tuple[Share, ...]
    by_officer: tuple[Share, ...]


def clock_words(name: str) -> str:
    """Return the name of a clock as people read it."""
    return name.replace("-", " ").capitalize()


def why_fixed(name: str) -> str:
    """Return why a clock can be neither extended nor paused, nothing where it can."""
    return _URGENT if name == ClockName.URGENT else ""


def clock_refusal(command: Command, clock: Running) -> str:
    """Return why a clock cannot be extended, paused or let run on as it stands, nothing where it can."""
    if command is Command.RESUME:
        return "" if clock.paused_at else "This clock is not paused."
    if fixed := why_fixed(clock.name):
        return fixed
    if clock.paused_at is None:
        return ""
    if command is Command.PAUSE:
        return "This clock is paused already."
    return "This clock is paused: let it run on first, then extend it."


def extended(clock: Running, practice: Practice, now: datetime, until: date | None) -> datetime:
    """Return when a clock runs out that is given more time: until the close of a day, or the area's time once more.

    The area's time is counted from when the clock would run out, from now where it has. Raises NotOffered for a clock
    that cannot be extended, NotRecorded for a day that is missing, does not give more time, or is a slip of the pen.
    """
    if refusal := clock_refusal(Command.EXTEND, clock):
        raise NotOffered(refusal)
    if until is None:
        if clock.name not in practice.due:
            raise NotRecorded("until", "Enter the day until which it is extended: the area gives this clock no time")
        return practice.later(clock.name, max(clock.due_at, now))
    due = practice.close_of(until)
    if due <= max(clock.due_at, now):
        raise NotRecorded("until", "The day must be later than when the clock runs out now, and in the future")
    if due > now + LONGEST:
        raise NotRecorded("until", "The day must be within a year from today: check the year")
    return due


def resumed(clock: Running, practice: Practice, now: datetime) -> datetime:
    """Return when a paused clock runs out that runs on now: later by the working time for which it stood still."""
    if refusal := clock_refusal(Command.RESUME, clock):
        raise NotOffered(refusal)
    return practice.resumed(clock.due_at, clock.paused_at or now, now)


def to_be_told(clock: Running, practice: Practice, now: datetime) -> tuple[tuple[int, Told], ...]:
    """Return who is told by now that a clock ran out and has not been yet, each with the number of the step."""
    steps = list(enumerate(practice.told, start=1))[clock.escalations :]
    waiting = [step for step, told in steps if told.since(clock.due_at) > now]
    # Nobody is told before those who stand above them in the list, even where days of the file are out of order.
    before = waiting[0] if waiting else len(practice.told) + 1
    return tuple((step, told) for step, told in steps if step < before)


def told_next(clock: Running, practice: Practice, steps: int) -> datetime | None:
    """Return when the next person is told once so many have been, None where nobody is left."""
    return practice.told[steps].since(clock.due_at) if steps < len(practice.told) else None


def forecast(counts: Iterable[ClockCount]) -> Forecast:
    """Return what runs out, added up by clock and by officer."""
    found = tuple(counts)
    return Forecast(
        number=sum(each.number for each in found),
        overdue=sum(each.overdue for each in found),
        by_clock=_shares((each.name, clock_words(each.name), each) for each in found),
        by_officer=_shares((each.officer_id, each.officer, each) for each in found),
    )


def _shares(parts: Iterable[tuple[str, str, ClockCount]]) -> tuple[Share, ...]:
    shares: dict[str, Share] = {}
    for key, label, each in parts:
        before = shares.get(key, Share(key, label, 0, 0))
        shares[key] = Share(key, before.label, before.number + each.number, before.overdue + each.overdue)
    return tuple(sorted(shares.values(), key=lambda share: (-share.number, share.label)))
