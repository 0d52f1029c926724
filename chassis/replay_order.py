"""What an operator may order to be sent again: read from words, and refused in the same sentence at every door."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Self
from uuid import UUID

from chassis.errors import Missing, Rejected
from contracts.catalogue import TOPIC_BY_NAME

LONGEST_QUOTED = 60


class ReplayUnbounded(Rejected):
    """A replay names neither a topic nor a subject nor a time."""

    reason: ClassVar[str] = "replay-unbounded"


class ReplayUnreadable(Rejected):
    """A replay names what is no topic, no subject or no time."""

    reason: ClassVar[str] = "replay-unreadable"


class ReplayWouldLink(Rejected):
    """A replay would single out statistics facts, and so tell whose they are."""

    reason: ClassVar[str] = "replay-would-link"


class ReplayOutsideWindow(Rejected):
    """Everything that a replay names has left the outbox, or waits to."""

    reason: ClassVar[str] = "replay-outside-window"


class ReplaySubjectUnknown(Missing):
    """The service has announced nothing about the subject that a replay names."""

    reason: ClassVar[str] = "replay-subject-unknown"


@dataclass(frozen=True)
class Selection:
    """Which announced events to send again: all that is given must match; times are when the event was recorded."""

    topic: str | None = None
    subject: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None

    @classmethod
    def read(cls, *, topic: str = "", subject: str = "", since: str = "", until: str = "") -> Self:
        """Read an order's words, empty where nothing was said.

        Raises ReplayUnbounded when nothing was said at all, and ReplayUnreadable.
        """
        if not (topic or subject or since or until):
            raise ReplayUnbounded(
                "Say what to replay: a topic, a subject, or a time from which on, such as 2026-01-31T09:00:00Z."
            )
        if topic and topic not in TOPIC_BY_NAME:
            message = f"{quoted(topic)} is no topic: name one of {', '.join(TOPIC_BY_NAME)}."
            raise ReplayUnreadable(message)
        read = cls(topic or None, _subject(subject), _time(since), _time(until))
        if read.since and read.until and read.since >= read.until:
            message = f"Nothing lies between {since} and {until}: the first time must be before the second."
            raise ReplayUnreadable(message)
        return read

    def narrows(self, window_start: datetime) -> bool:
        """Say whether this takes a part of a topic's window, by a subject or by a time within it."""
        late = self.since is not None and self.since > window_start
        return self.subject is not None or self.until is not None or late


def _subject(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        message = f"{quoted(text)} is no subject's id: they look like 0193f7c2-0000-7000-8000-000000000000."
        raise ReplayUnreadable(message) from None


def _time(text: str) -> datetime | None:
    if not text:
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        read = datetime.min  # noqa: DTZ901  has no zone either, and gets the same sentence
    if read.tzinfo is None:
        message = f"{quoted(text)} is no time with its zone: they look like 2026-01-31T09:00:00Z."
        raise ReplayUnreadable(message)
    return read


def quoted(text: str) -> str:
    """Return what was said as a sentence may repeat it: in quotes, and not at any length."""
    return repr(text if len(text) <= LONGEST_QUOTED else f"{text[:LONGEST_QUOTED]}…")
