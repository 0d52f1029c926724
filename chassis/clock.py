"""Business time: the machine's time plus one shared, movable offset, and the working days of England and Wales."""

import json
import re
import time
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from pathlib import Path
from typing import Protocol

from chassis.deadlines import Told
from chassis.working_days import add_working_days, is_working_day, working_days_between
from contracts.vocabulary.days import LONDON

__all__ = [
    "LONDON",
    "BusinessClock",
    "ClockSettings",
    "add_working_days",
    "configure",
    "due_at",
    "is_working_day",
    "now",
    "offset",
    "parse_shift",
    "resumed",
    "shift",
    "today",
    "told_after",
    "working_days_between",
]

LOOK_EVERY_SECONDS = 0.2
UNITS = {"minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}
SHIFT = re.compile(r"([+-])\s*(\d{1,6})\s*(minute|hour|day|week|month|year)s?", re.ASCII)


class ClockSettings(Protocol):
    """The two settings that business time depends on."""

    @property
    def clock_file(self) -> Path | None:
        """The shared offset file; None where time cannot be moved (a real system)."""

    @property
    def service(self) -> str:
        """The name of the service, for the offsets of one service alone."""


class BusinessClock:
    """One service's business time, following the shared offset file as it changes."""

    def __init__(self, file: Path | None = None, service: str = "") -> None:
        """Follow this offset file (none: machine time), with the extra offset of this service."""
        self._file = file
        self._service = service
        self._offset = timedelta(0)
        self._seen: tuple[int, int, int] | None = None
        self._looked_at = float("-inf")

    def now(self) -> datetime:
        """Return business time as an aware datetime in UTC."""
        return datetime.now(UTC) + self.offset()

    def offset(self) -> timedelta:
        """Return how far business time stands from machine time; at most one look at the file in 0.2 seconds."""
        if self._file is not None and time.monotonic() - self._looked_at >= LOOK_EVERY_SECONDS:
            self._looked_at = time.monotonic()
            self._look(self._file)
        return self._offset

    def _look(self, file: Path) -> None:
        # An unreadable file keeps the last offset: time must not jump back because somebody is writing it.
        try:
            stat = file.stat()
        except FileNotFoundError:
            self._seen, self._offset = None, timedelta(0)
            return
        except OSError:
            return
        seen = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
        if seen == self._seen:
            return
        offsets = _read(file)
        if offsets is not None:
            self._seen = seen
            self._offset = timedelta(seconds=offsets[0] + offsets[1].get(self._service, 0))


_clock = BusinessClock()


def configure(settings: ClockSettings) -> None:
    """Make now() and today() follow these settings for the rest of this process."""
    global _clock  # noqa: PLW0603 - one process has one business time
    _clock = BusinessClock(settings.clock_file, settings.service)


def now() -> datetime:
    """Return business time as an aware datetime in UTC."""
    return _clock.now()


def offset() -> timedelta:
    """Return how far business time stands from machine time in this process."""
    return _clock.offset()


def today() -> date:
    """Return the business date in London."""
    return now().astimezone(LONDON).date()


def due_at(start: datetime, working_days: int, closes: str = "17:00") -> datetime:
    """Return when something given so many working days at `start` falls due, in UTC.

    The day of `start` (aware, read in London) is day nought; the deadline is `closes` ("HH:MM" in London)
    on the last working day counted. With nought working days it is due at the close of that day, or at the close of the
    next working day when `start` is past the close or not on a working day.
    """
    local = start.astimezone(LONDON)
    close = time_of_day.fromisoformat(closes)
    day = local.date()
    if working_days == 0 and (not is_working_day(day) or local.time() >= close):
        working_days = 1
    return datetime.combine(add_working_days(day, working_days), close, LONDON).astimezone(UTC)


def due_in_months(start: datetime, months: int, closes: str = "17:00") -> datetime:
    """Return when something given so many months at `start` falls due, in UTC: at the close of a working day.

    The day of the month is kept where it exists; where it is no working day the next one counts.
    """
    day = start.astimezone(LONDON)
    return due_at(day + parse_shift(f"+{months}months", day) - timedelta(days=1), 1, closes)


def resumed(due: datetime, paused: datetime, until: datetime) -> datetime:
    """Return when a clock runs out that stood still: its working days later, or the hours of its one working day."""
    first, local = paused.astimezone(LONDON).date(), due.astimezone(LONDON)
    days = working_days_between(first, until.astimezone(LONDON).date())
    if days:
        return datetime.combine(add_working_days(local.date(), days), local.time(), LONDON).astimezone(UTC)
    midnight = datetime.combine(first + timedelta(days=1), time_of_day(), LONDON).astimezone(UTC)
    return due + (min(until, midnight) - paused) if is_working_day(first) else due


def told_after(working_days: int, closes: str, name: str, organisation: str) -> Told:
    """Return a person who is told of a clock so many working days after it ran out, at once where there are none."""
    return Told(name, organisation, lambda ran_out: due_at(ran_out, working_days, closes) if working_days else ran_out)


def parse_shift(text: str, at: datetime) -> timedelta:
    """Read "+6months", "-2 days" or "+1year" as the distance from `at`; ValueError says what is understood.

    Months and years keep the day of the month where it exists and take the last day otherwise.
    """
    match = SHIFT.fullmatch(text.strip().lower())
    if match is None:
        message = f"{text!r} is not a shift of the clock; write for example +6months, +3days or -2hours."
        raise ValueError(message)
    sign, amount, unit = (1 if match[1] == "+" else -1), int(match[2]), match[3]
    if unit in UNITS:
        return timedelta(seconds=sign * amount * UNITS[unit])
    months = at.year * 12 + at.month - 1 + sign * amount * (12 if unit == "year" else 1)
    year, month = divmod(months, 12)
    if not 1900 <= year <= 9000:  # noqa: PLR2004 - a plain fence against overflow
        message = f"{text!r} leads outside the years 1900 to 9000; choose a smaller shift."
        raise ValueError(message)
    return at.replace(year=year, month=month + 1, day=min(at.day, monthrange(year, month + 1)[1])) - at


def shift(file: Path, by: timedelta, service: str = "") -> timedelta:
    """Move the shared offset by `by` (or that of one service alone) and return the new total for that service.

    The file is replaced in one step, so that no reader ever sees half of it; ValueError if it exists but is damaged.
    """
    offsets = _read(file) if file.exists() else (0, {})
    if offsets is None:
        message = "The clock file is damaged; delete it to go back to the machine's time."
        raise ValueError(message)
    shared, services = offsets
    seconds = round(by.total_seconds())
    if service:
        services = {**services, service: services.get(service, 0) + seconds}
    else:
        shared += seconds
    _write(file, shared, services)
    return timedelta(seconds=shared + services.get(service, 0))


def _read(file: Path) -> tuple[int, dict[str, int]] | None:
    try:
        stored = json.loads(file.read_text("utf-8"))
        services = {str(name): int(seconds) for name, seconds in stored.get("services", {}).items()}
        return int(stored.get("offset_seconds", 0)), services
    except (OSError, ValueError, TypeError, AttributeError):
        return None


def _write(file: Path, shared: int, services: dict[str, int]) -> None:
    draft = file.with_name(f".{file.name}.{time.monotonic_ns()}")
    draft.write_text(json.dumps({"offset_seconds": shared, "services": services}, indent=1) + "\n", "utf-8")
    draft.replace(file)
