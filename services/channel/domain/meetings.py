"""Panel meetings: their days, what is due on an agenda and when, and what moves if the panel moves."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import ClassVar

from chassis.errors import Conflict, Missing, Rejected
from contracts.vocabulary.days import LONDON
from services.channel.domain.standing import PanelPractice, force_key
from services.channel.domain.words import ClockName, State

AHEAD = 2
"""So many meetings are always fixed: at the next one it is known when the panel meets again."""
STATEMENT_VERSION = "2026-11"
CONFIDENTIALITY = (
    "What is said, shown and handed out about people in this meeting is confidential. I use it for the purpose of the "
    "Channel panel only, pass it on only as the panel has agreed, keep no copy of a pack after the meeting, and write "
    "nothing about people into chats or calendars. I say so before a case is heard if I have an interest of my own in "
    "it, and then leave while it is discussed."
)
"""What somebody agrees to by accepting an invitation; a new wording has a new version."""


class MeetingState(StrEnum):
    """Where a meeting stands."""

    PLANNED = "planned"
    UNDER_WAY = "under-way"
    HELD = "held"
    CANCELLED = "cancelled"


class SlotKind(StrEnum):
    """Why a case is on an agenda."""

    NEW = "new"
    DEFERRED = "deferred"
    REASSESSMENT = "reassessment"
    REVIEW = "review"
    AFTER_CLOSURE = "after-closure"


class SlotState(StrEnum):
    """Where a slot stands in its meeting."""

    WAITING = "waiting"
    OPEN = "open"
    DECIDED = "decided"
    NOT_DECIDED = "not-decided"


class InvitationState(StrEnum):
    """What became of an invitation; accepting is agreeing to the confidentiality statement."""

    INVITED = "invited"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    UNDELIVERED = "undelivered"
    CALLED_OFF = "called-off"


class Shift(StrEnum):
    """What is done to a slot on the agenda."""

    UP = "up"
    DOWN = "down"
    REMOVE = "remove"


class MeetingNotFound(Missing):
    """No such meeting is here, or none in this person's areas."""

    reason: ClassVar[str] = "meeting-not-found"


class SlotNotFound(Missing):
    """The meeting has no such slot."""

    reason: ClassVar[str] = "slot-not-found"


class InvitationNotFound(Missing):
    """There is no such invitation, or it is somebody else's."""

    reason: ClassVar[str] = "invitation-not-found"


class MeetingOver(Conflict):
    """A meeting that was held or cancelled is not planned any more."""

    reason: ClassVar[str] = "meeting-over"


class DayRefused(Rejected):
    """The panel cannot meet on that day: it is past, or another meeting is planned on it."""

    reason: ClassVar[str] = "meeting-day-refused"


class NotForThePanel(Conflict):
    """A case cannot be put on this agenda: the panel has nothing to decide in it now, or it stands there already."""

    reason: ClassVar[str] = "not-for-the-panel"


KIND_LABELS: Mapping[SlotKind, str] = {
    SlotKind.NEW: "New case",
    SlotKind.DEFERRED: "Deferred case",
    SlotKind.REASSESSMENT: "Re-assessment",
    SlotKind.REVIEW: "Review",
    SlotKind.AFTER_CLOSURE: "Review after closure",
}
MEETING_LABELS: Mapping[MeetingState, str] = {
    MeetingState.PLANNED: "Planned",
    MeetingState.UNDER_WAY: "Under way",
    MeetingState.HELD: "Held",
    MeetingState.CANCELLED: "Cancelled",
}
SLOT_LABELS: Mapping[SlotState, str] = {
    SlotState.WAITING: "Waiting",
    SlotState.OPEN: "Being discussed",
    SlotState.DECIDED: "Decided",
    SlotState.NOT_DECIDED: "Not decided",
}
INVITATION_LABELS: Mapping[InvitationState, str] = {
    InvitationState.INVITED: "Invited, no answer yet",
    InvitationState.ACCEPTED: "Accepted",
    InvitationState.DECLINED: "Declined",
    InvitationState.UNDELIVERED: "The mail did not arrive",
    InvitationState.CALLED_OFF: "Called off, because the case is not heard",
}
LIVE = (MeetingState.PLANNED, MeetingState.UNDER_WAY)
"""A meeting in one of these is still to come, or going on."""
AGENDA_CLOCKS: Mapping[State, ClockName] = {
    State.REFERRED: ClockName.PANEL,
    State.SUPPORTED: ClockName.PLAN_REVIEW,
    State.NO_CONSENT: ClockName.REASSESSMENT,
    State.CLOSED: ClockName.AFTER_CLOSURE,
}
"""By which clock a case in a state comes before the panel."""
_KINDS: Mapping[State, SlotKind] = {
    State.REFERRED: SlotKind.NEW,
    State.ADOPTED: SlotKind.REVIEW,
    State.PLANNED: SlotKind.REVIEW,
    State.SUPPORTED: SlotKind.REVIEW,
    State.NO_CONSENT: SlotKind.REASSESSMENT,
    State.CLOSED: SlotKind.AFTER_CLOSURE,
}
FOR_THE_PANEL = tuple(_KINDS)
_ORDER = tuple(SlotKind)


@dataclass(frozen=True)
class Due:
    """A case that is to come before the panel: by which clock, and until when; `short` where sessions are missing."""

    reference: str
    state: State
    due_at: datetime
    deferred: bool = False
    short: bool = False

    @property
    def kind(self) -> SlotKind:
        """Return why it is on the agenda."""
        return SlotKind.DEFERRED if self.deferred else _KINDS[self.state]


@dataclass(frozen=True)
class Late:
    """A clock that runs out before a meeting; `before_that` says that it would have run out before the old day too."""

    reference: str
    name: ClockName
    due_at: datetime
    before_that: bool


def kind_of(state: State, *, deferred: bool) -> SlotKind:
    """Return why a case in a state comes before the panel; NotForThePanel where it has nothing to decide."""
    if state not in _KINDS:
        raise NotForThePanel("The panel has nothing to decide in this case now: open the case to see where it stands.")
    return SlotKind.DEFERRED if deferred and state is State.REFERRED else _KINDS[state]


def is_due(due: Due, following: datetime) -> bool:
    """Say whether a case belongs on the agenda of a meeting after which the panel meets next at `following`.

    A new case always does, and one with sessions of an intervention missing; every other one where its clock would run
    out before the panel meets again.
    """
    return due.kind is SlotKind.NEW or due.short or due.due_at < following


def in_order(kind: SlotKind) -> int:
    """Return where a kind of slot stands on an agenda that nobody has put in order yet."""
    return _ORDER.index(kind)


def minutes_for(kind: SlotKind, panel: PanelPractice) -> int:
    """Return how long the area gives a slot."""
    if kind in (SlotKind.NEW, SlotKind.DEFERRED):
        return panel.minutes_new
    return panel.minutes_after_closure if kind is SlotKind.AFTER_CLOSURE else panel.minutes_review


def timed(starts_at: datetime, minutes: Iterable[int]) -> tuple[datetime, ...]:
    """Return when each slot begins: one after the other, from the beginning of the meeting."""
    times, at = [], starts_at
    for each in minutes:
        times.append(at)
        at += timedelta(minutes=each)
    return tuple(times)


def shifted(order: Sequence[str], which: str, shift: Shift) -> tuple[str, ...]:
    """Return an order in which one has changed places with its neighbour, or has gone; its ends stay where they are."""
    at = order.index(which)
    if shift is Shift.REMOVE:
        return (*order[:at], *order[at + 1 :])
    other = max(0, at - 1) if shift is Shift.UP else min(len(order) - 1, at + 1)
    swapped = list(order)
    swapped[at], swapped[other] = swapped[other], swapped[at]
    return tuple(swapped)


def begins(day: date, at: time) -> datetime:
    """Return when a meeting on a day (London) begins, in UTC."""
    return datetime.combine(day, at, LONDON).astimezone(UTC)


def is_ahead(day: date, now: datetime) -> bool:
    """Return whether a meeting's day (London) has not come yet."""
    return day > now.astimezone(LONDON).date()


def days_ahead(meets_on: Callable[[date], date], after: date) -> Iterator[date]:
    """Yield the days of the area's monthly rule after a day, soonest first."""
    month = after.replace(day=1)
    while True:
        day = meets_on(month)
        if day > after:
            yield day
        month = (month + timedelta(days=32)).replace(day=1)


def check_day(day: date, now: datetime, taken: Iterable[date]) -> None:
    """Refuse a day that is past, or on which the panel meets already; raises DayRefused."""
    if day < now.astimezone(LONDON).date():
        raise DayRefused("That day is past: choose one from today on.")
    if day in taken:
        raise DayRefused("The panel meets on that day already: choose another day.")


def runs_out(clocks: Iterable[tuple[str, ClockName, datetime]], old: datetime, new: datetime) -> tuple[Late, ...]:
    """Return the clocks, each with its case's reference, that run out before the panel meets on the new day."""
    late = (Late(reference, name, due, due < old) for reference, name, due in clocks if due < new)
    return tuple(sorted(late, key=lambda each: (each.before_that, each.due_at, each.reference)))


def force_missing(force: str, present: Iterable[str]) -> str:
    """Return the police force of the person's home where nobody comes from it (CTSA 2015 s.37), else nothing."""
    return "" if not force or force_key(force) in map(force_key, present) else force
