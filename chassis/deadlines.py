"""How clocks are given more time, stand still, are escalated and foreseen: pure functions over local practice."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from chassis.transitions import NotOffered, NotRecorded
from contracts.vocabulary import day_in_words
from contracts.vocabulary.days import LONDON


class Change(StrEnum):
    """What people do to a clock that runs."""

    EXTEND = "extend-clock"
    PAUSE = "pause-clock"
    RESUME = "resume-clock"


class PauseReason(StrEnum):
    """Why a clock may stand still."""

    PARTNER = "waiting-for-a-partner"
    PERSON = "person-away"
    LEGAL = "investigation-or-court"
    OTHER = "other"


@dataclass(frozen=True)
class Told:
    """A person who is told when a clock ran out and nobody has acted; `since` says from when, given when it ran out."""

    name: str
    organisation: str
    since: Callable[[datetime], datetime]


class Timed(Protocol):
    """What local practice says about clocks."""

    @property
    def due(self) -> Mapping[Any, datetime]:
        """Return when each clock would run out if it started now."""

    @property
    def later(self) -> Callable[[Any, datetime], datetime]:
        """Return when a clock runs out that would have run out at a moment and is given its time once more."""

    @property
    def close_of(self) -> Callable[[date], datetime]:
        """Return when a day's work ends (UTC)."""

    @property
    def resumed(self) -> Callable[[datetime, datetime, datetime], datetime]:
        """Return when a clock runs out that was due at a moment and stood still from one moment to another."""

    @property
    def told(self) -> tuple[Told, ...]:
        """Return who is told that a clock ran out, one after the other."""


LONGEST = timedelta(days=366)
PAUSE_REASONS: Mapping[PauseReason, str] = {
    PauseReason.PARTNER: "Waiting for a partner or another authority",
    PauseReason.PERSON: "The person is away or cannot be reached",
    PauseReason.LEGAL: "An investigation or a court asked us to wait",
    PauseReason.OTHER: "Another reason, as written in the timeline",
}


@dataclass(frozen=True)
class Running:
    """A clock that has not been stopped; `about` is the obligation that it is of (the nil id: what the row is about).

    `fixed` says why it can be neither extended nor paused, nothing where it can.
    """

    name: str
    about: UUID
    due_at: datetime
    paused_at: datetime | None = None
    paused_for: str = ""
    times_extended: int = 0
    escalations: int = 0
    fixed: str = ""


@dataclass(frozen=True)
class ClockCount:
    """How many clocks of one name and of one officer's work run out by a moment, and how many have already."""

    name: str
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


def clock_refusal(command: str, clock: Running) -> str:
    """Return why a clock cannot be extended, paused or let run on as it stands, nothing where it can.

    `command` is a value of Change.
    """
    if command == Change.RESUME:
        return "" if clock.paused_at else "This clock is not paused."
    if clock.fixed:
        return clock.fixed
    if clock.paused_at is None:
        return ""
    if command == Change.PAUSE:
        return "This clock is paused already."
    return "This clock is paused: let it run on first, then extend it."


def extended(clock: Running, practice: Timed, now: datetime, until: date | None) -> datetime:
    """Return when a clock runs out that is given more time: until the close of a day, or the area's time once more.

    The area's time is counted from when the clock would run out, from now where it has. Raises NotOffered for a clock
    that cannot be extended, NotRecorded for a day that is missing, does not give more time, or is a slip of the pen.
    """
    if refusal := clock_refusal(Change.EXTEND, clock):
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


def resumed(clock: Running, practice: Timed, now: datetime) -> datetime:
    """Return when a paused clock runs out that runs on now: later by the working time for which it stood still."""
    if refusal := clock_refusal(Change.RESUME, clock):
        raise NotOffered(refusal)
    return practice.resumed(clock.due_at, clock.paused_at or now, now)


@dataclass(frozen=True)
class Wanted:
    """What somebody wants of a clock that runs: until which day (extending), why it stands still, and in words why."""

    command: str
    until: date | None = None
    pause: str = ""
    words: str = ""


@dataclass(frozen=True)
class Changed:
    """What becomes of a clock: the columns of its row that change, and the line for the timeline."""

    values: Mapping[str, Any]
    words: str
    due_at: datetime


_WHY = {Change.EXTEND: "Say why the clock is extended", Change.PAUSE: "Say why the clock stands still"}


def changed(wanted: Wanted, clock: Running, practice: Timed, now: datetime) -> Changed:
    """Return what becomes of a clock that is extended, paused or let run on.

    Raises NotOffered for one that cannot be, NotRecorded with the field (until, reason, rationale) that is missing.
    """
    if refusal := clock_refusal(wanted.command, clock):
        raise NotOffered(refusal)
    for field, sentence in lacking(wanted, clock, practice, now):
        raise NotRecorded(field, sentence)
    command = Change(wanted.command)
    values, due_at = _CHANGES[command](wanted, clock, practice, now)
    said = (
        f"{PAUSE_REASONS[PauseReason(wanted.pause)]}."
        if command is Change.PAUSE
        else f"until {moment_in_words(due_at)} instead of {moment_in_words(clock.due_at)}."
    )
    return Changed(values, f"{clock_words(clock.name)}: {said} {wanted.words.strip()}".strip(), due_at)


def lacking(wanted: Wanted, clock: Running, practice: Timed, now: datetime) -> tuple[tuple[str, str], ...]:
    """Return (field, sentence) for everything that is missing or wrong; raises NotOffered as above."""
    command, found = Change(wanted.command), []
    try:
        _CHANGES[command](wanted, clock, practice, now)
    except NotRecorded as wrong:
        found.append((wrong.field, str(wrong)))
    if command in _WHY and not wanted.words.strip():
        found.append(("rationale", _WHY[command]))
    return tuple(found)


def longer(times_extended: Any, due_at: datetime) -> Mapping[str, Any]:
    """Return what an extended clock's row holds, given how often it was before (a number, or the row's own column).

    Who was told that it ran out is told anew if it does so again.
    """
    told = {"alarmed_at": None, "escalations": 0, "escalate_at": due_at}
    return {"due_at": due_at, "times_extended": times_extended + 1, **told}


def _extend(wanted: Wanted, clock: Running, practice: Timed, now: datetime) -> tuple[Mapping[str, Any], datetime]:
    due_at = extended(clock, practice, now, wanted.until)
    return longer(clock.times_extended, due_at), due_at


def _pause(wanted: Wanted, clock: Running, _: Timed, now: datetime) -> tuple[Mapping[str, Any], datetime]:
    if wanted.pause not in set(PauseReason):
        raise NotRecorded("reason", "Choose why it stands still")
    return {"paused_at": now, "paused_for": wanted.pause}, clock.due_at


def _resume(_: Wanted, clock: Running, practice: Timed, now: datetime) -> tuple[Mapping[str, Any], datetime]:
    due_at = resumed(clock, practice, now)
    escalate_at = told_next(replace(clock, due_at=due_at), practice, clock.escalations)
    return {"due_at": due_at, "paused_at": None, "paused_for": None, "escalate_at": escalate_at}, due_at


_CHANGES = {Change.EXTEND: _extend, Change.PAUSE: _pause, Change.RESUME: _resume}


def moment_in_words(at: datetime) -> str:
    """Return a moment (aware) as a timeline says it, in London's time."""
    local = at.astimezone(LONDON)
    return f"{day_in_words(local.date(), 'en')} at {local:%H:%M}"


def to_be_told(clock: Running, practice: Timed, now: datetime) -> tuple[tuple[int, Told], ...]:
    """Return who is told by now that a clock ran out and has not been yet, each with the number of the step."""
    steps = list(enumerate(practice.told, start=1))[clock.escalations :]
    waiting = [step for step, told in steps if told.since(clock.due_at) > now]
    # Nobody is told before those who stand above them in the list, even where days of the file are out of order.
    before = waiting[0] if waiting else len(practice.told) + 1
    return tuple((step, told) for step, told in steps if step < before)


def told_next(clock: Running, practice: Timed, steps: int) -> datetime | None:
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
