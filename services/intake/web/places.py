"""Where a list goes on after the last row shown, as its address carries it, and how long ago something was."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from contracts.vocabulary import is_reference

SHOWN = 50
"""How many rows of a list a page shows."""


def mark(place: Sequence[object]) -> str:
    """Return the place of a row as an address carries it."""
    return "~".join(each.isoformat() if isinstance(each, datetime) else str(each) for each in place)


def place_of(given: str, *parts: Callable[[str], Any]) -> Any:
    """Return the place that a mark names, each part as it is read; None for what is no mark of such a list.

    One that somebody has changed by hand begins at the top: it can show nothing that the list would not.
    """
    try:
        return tuple(read(text) for read, text in zip(parts, given.split("~"), strict=True))
    except (ValueError, OverflowError):
        return None


def moment_of(text: str) -> datetime:
    """Return the moment in a part of a mark; raises ValueError or OverflowError."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError
    return found.astimezone(UTC)


def reference_of(text: str) -> str:
    """Return the reference in a part of a mark; raises ValueError."""
    if not is_reference(text):
        raise ValueError
    return text


def age(since: datetime, now: datetime) -> str:
    """Return how long ago a moment was, in words: "3 minutes", "2 hours", "4 days"."""
    seconds = max(0, int((now - since).total_seconds()))
    for size, word in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            number = seconds // size
            return f"{number} {word}{'' if number == 1 else 's'}"
    return "less than a minute"
