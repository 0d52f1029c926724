"""Interventions: who may be commissioned, what must come first, and sessions that are missing by date (pure)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import ClassVar

from chassis.errors import Conflict, Missing
from contracts.vocabulary import day_in_words
from services.channel.domain.standing import Provider

MOST_SESSIONS = 100
LAPSES_WITHIN = timedelta(days=60)
"""How long before its end an approval is said to lapse soon."""
ON_THE_WAY = 1
"""How many sessions may be behind the commissioned pace before somebody is told."""


class InterventionNotFound(Missing):
    """The case has no such intervention or session."""

    reason: ClassVar[str] = "intervention-not-found"


class InterventionOver(Conflict):
    """The intervention has been ended, or the session has been reported, before."""

    reason: ClassVar[str] = "intervention-over"


class SessionState(StrEnum):
    """What became of a session."""

    PLANNED = "planned"
    DELIVERED = "delivered"
    MISSED = "missed"
    CALLED_OFF = "called-off"


SESSION_LABELS: Mapping[SessionState, str] = {
    SessionState.PLANNED: "Planned",
    SessionState.DELIVERED: "Delivered",
    SessionState.MISSED: "Missed",
    SessionState.CALLED_OFF: "Called off",
}


class Shortfall(StrEnum):
    """In which way sessions are missing."""

    UNREPORTED = "unreported"
    MISSED = "missed"
    BEHIND = "behind"


class Approval(StrEnum):
    """How a provider's approval stands."""

    APPROVED = "approved"
    LAPSES_SOON = "lapses-soon"
    LAPSED = "lapsed"


@dataclass(frozen=True)
class Commission:
    """What was commissioned: how many sessions, from which day, and by which day the last one takes place."""

    sessions: int
    since: date
    finish_on: date


@dataclass(frozen=True)
class Sitting:
    """One session as far as counting is concerned: its day, the last day of its report, and what became of it."""

    held_on: date
    report_by: date
    state: SessionState


@dataclass(frozen=True)
class Delivery:
    """Sessions counted on a day; those that were called off are not counted at all.

    `planned` are to come, `waiting` took place and may still be reported in time, `unreported` are past that.
    `by_now` is how many should have been delivered at an even pace from the commission to its last day.
    """

    commissioned: int
    planned: int
    delivered: int
    missed: int
    waiting: int
    unreported: int
    by_now: int

    @property
    def to_be_planned(self) -> int:
        """Return how many of those commissioned have no day yet: a missed session is planned again."""
        return max(0, self.commissioned - self.planned - self.delivered - self.waiting - self.unreported)


@dataclass(frozen=True)
class Short:
    """Sessions that are missing in one way."""

    way: Shortfall
    count: int


def counted(commission: Commission, sittings: Iterable[Sitting], today: date) -> Delivery:
    """Count sessions on a day."""
    every = [each for each in sittings if each.state is not SessionState.CALLED_OFF]
    open_ones = [each for each in every if each.state is SessionState.PLANNED]
    past = [each for each in open_ones if each.held_on < today]
    late = [each for each in past if each.report_by < today]
    return Delivery(
        commissioned=commission.sessions,
        planned=len(open_ones) - len(past),
        delivered=sum(each.state is SessionState.DELIVERED for each in every),
        missed=sum(each.state is SessionState.MISSED for each in every),
        waiting=len(past) - len(late),
        unreported=len(late),
        by_now=_by_now(commission, today),
    )


def _by_now(commission: Commission, today: date) -> int:
    """Return how many sessions an even pace would have delivered before a day; all of them after the last day."""
    if today > commission.finish_on:
        return commission.sessions
    whole = (commission.finish_on - commission.since).days + 1
    gone = max(0, (today - commission.since).days)
    return commission.sessions * gone // max(1, whole)


def shortfalls(delivery: Delivery) -> tuple[Short, ...]:
    """Return in which ways sessions are missing: unreported, missed and not planned again, behind the pace.

    Those whose report is still in time are believed until then; after the last day nothing may be behind.
    """
    missed = min(delivery.missed, delivery.to_be_planned)
    behind = delivery.by_now - delivery.delivered - delivery.waiting
    allowed = 0 if delivery.by_now >= delivery.commissioned else ON_THE_WAY
    found = (
        Short(Shortfall.UNREPORTED, delivery.unreported),
        Short(Shortfall.MISSED, missed),
        Short(Shortfall.BEHIND, behind if behind > allowed else 0),
    )
    return tuple(each for each in found if each.count > 0)


def missing_count(found: Iterable[Short]) -> int:
    """Return how many sessions are missing.

    What nobody reported and what was missed are different sessions, so they are added; both may be why the pace is
    behind, so that of the two the larger counts.
    """
    by_way = {each.way: each.count for each in found}
    not_held = by_way.get(Shortfall.UNREPORTED, 0) + by_way.get(Shortfall.MISSED, 0)
    return max(not_held, by_way.get(Shortfall.BEHIND, 0))


def shortfall_words(delivery: Delivery, short: Short) -> str:
    """Return one sentence about sessions that are missing."""
    one = short.count == 1
    match short.way:
        case Shortfall.UNREPORTED:
            return (
                f"{short.count} planned {'session' if one else 'sessions'} should have taken place and nobody has "
                "reported: nobody knows whether the person was seen."
            )
        case Shortfall.MISSED:
            return f"{short.count} missed {'session has' if one else 'sessions have'} not been planned again."
        case Shortfall.BEHIND:
            return (
                f"{delivery.delivered} of {delivery.commissioned} sessions are reported as delivered; at the pace "
                f"commissioned it would be {delivery.by_now} by now."
            )


def approval(provider: Provider | None, on: date, today: date) -> Approval:
    """Say how a provider's approval stands for a day of work; one that the area no longer lists has lapsed."""
    if provider is None or provider.approved_until < on:
        return Approval.LAPSED
    return Approval.LAPSES_SOON if provider.approved_until < today + LAPSES_WITHIN else Approval.APPROVED


def why_not_commissioned(provider: Provider | None, finish_on: date, today: date) -> str:
    """Return why a provider cannot be commissioned until a day, nothing where they can."""
    if provider is None:
        return "Choose a provider from the area’s list of approved intervention providers"
    if provider.approved_until < today:
        until = day_in_words(provider.approved_until, "en")
        return f"The approval of {provider.name} ended on {until}: choose another provider"
    if provider.approved_until < finish_on:
        until = day_in_words(provider.approved_until, "en")
        return f"The approval of {provider.name} ends on {until}: the last session must be on or before that day"
    return ""


def why_not_planned(briefs: int, provider: Provider | None, name: str, day: date) -> str:
    """Return why no session can be planned for a day, nothing where it can: first the brief, then the approval."""
    if not briefs:
        return f"{name} has no written brief: write it first, then plan the sessions"
    if approval(provider, day, day) is Approval.LAPSED:
        return f"The approval of {name} does not reach {day_in_words(day, 'en')}: choose an earlier day"
    return ""
