"""The ways out of notify: how each is tried again, when the next one begins, and when a person must look."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Way(StrEnum):
    """How somebody is reached: as the area file names it; the inbox page needs no sending."""

    SMTP = "smtp"
    GOVUK_NOTIFY = "govuk-notify"
    WEBHOOK = "webhook"
    INBOX = "inbox"


MAILS = frozenset({Way.SMTP, Way.GOVUK_NOTIFY})
"""The ways that end in somebody's mailbox: what is read by people at once, whatever system is at work."""


class State(StrEnum):
    """Where a notice stands; failed waits for its next attempt, undeliverable waits for a person."""

    DUE = "due"
    SENDING = "sending"
    FAILED = "failed"
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    UNDELIVERABLE = "undeliverable"
    SUPPRESSED = "suppressed"


FINAL = frozenset({State.SENT, State.ACKNOWLEDGED, State.SUPPRESSED})


class Result(StrEnum):
    """What became of one attempt; unknown when the line broke after the message had been handed over.

    Not-set-up is what this installation lacks: a webhook's secret, a key or a template of GOV.UK Notify. Not-secure is
    a mail server that offers no encryption, or shows no valid certificate, where both must be. Fault is a mistake of
    our own: nobody knows how far the sending had got, so it counts as one without an answer.
    """

    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    BOUNCED = "bounced"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    NO_ADDRESS = "no-address"
    NOT_SET_UP = "not-set-up"
    NOT_SECURE = "not-secure"
    NOT_TO_BE_TOLD = "not-to-be-told"
    TOO_MANY = "too-many"
    FAULT = "fault"


UNANSWERED = frozenset({Result.UNKNOWN, Result.FAULT})
"""The results after which the message may have arrived all the same."""


def may_have_gone(result: Result, way: Way, code: int | None) -> bool:
    """Return whether an attempt may have brought its words to somebody.

    A webhook that was answered at all was posted before: its receiver may have done it, whatever it said.
    """
    return result is Result.ACCEPTED or result in UNANSWERED or (way is Way.WEBHOOK and code is not None)


LONGEST_SENDING = timedelta(seconds=30)
"""How long one conversation with a server may be allowed to take; an attempt has two at most, with and without form."""
LONGEST_ATTEMPT = timedelta(seconds=70)
"""After so long an attempt is broken off, whatever it waits for: two sendings, and a little to open the form."""
LEASE = timedelta(seconds=90)
"""How long a sender may hold a notice before another may take it over: no attempt and its record take so long."""

MOST_UNRECORDED = 3
"""How many attempts on one way may end without an answer (a crash, a broken connection) before the next way begins.

This is the bound on repeats: a notice goes out by one way at most this often without our knowing, always with the same
id, by which the receiver can drop the repeat.
"""


@dataclass(frozen=True)
class Pace:
    """How a sending is tried again on one way: waits double from `first` to `longest`.

    Where another way follows, it begins `next_way_after` the first attempt on this one; the last way is given up
    `give_up_after` its own first attempt.
    """

    first: timedelta
    longest: timedelta
    next_way_after: timedelta
    give_up_after: timedelta


URGENT = Pace(timedelta(seconds=15), timedelta(minutes=5), timedelta(minutes=10), timedelta(hours=48))
ROUTINE = Pace(timedelta(seconds=60), timedelta(hours=1), timedelta(hours=4), timedelta(hours=48))
_BUSY = {
    True: Pace(timedelta(seconds=15), timedelta(minutes=2), timedelta(minutes=10), timedelta(hours=48)),
    False: Pace(timedelta(seconds=30), timedelta(minutes=30), timedelta(hours=4), timedelta(hours=48)),
}
PACES: Mapping[tuple[Way, bool], Pace] = {
    (way, urgent): _BUSY[urgent] if way is Way.WEBHOOK else (URGENT if urgent else ROUTINE)
    for way in Way
    for urgent in (True, False)
}
"""How each way is tried again, by whether the notice is urgent: a webhook answers a machine, so it is asked sooner."""


@dataclass(frozen=True)
class Next:
    """What follows an attempt: the notice's new state, when it is tried again where it is, and by which way."""

    state: State
    way: Way
    at: datetime | None = None


@dataclass(frozen=True)
class Tried:
    """How a notice has fared on the way it is on: attempts made, those without an answer, when the first one was.

    `ways` are all those of its recipient, in order; `not_before` is when a receiver asked to be tried again.
    """

    attempts: int
    unrecorded: int
    first_at: datetime
    urgent: bool
    way: Way = Way.SMTP
    ways: tuple[Way, ...] = (Way.SMTP,)
    not_before: datetime | None = None


def next_way(way: Way, ways: Sequence[Way]) -> Way | None:
    """Return the way after this one, None after the last, and for one that is no longer listed."""
    after = list(ways)[ways.index(way) + 1 :] if way in ways else []
    return after[0] if after else None


def on_next_way(tried: Tried) -> Next:
    """Return what follows a way that is over: the next one at once, or a person looks."""
    following = next_way(tried.way, tried.ways)
    return Next(State.UNDELIVERABLE, tried.way) if following is None else Next(State.DUE, following)


_OVER = frozenset({Result.REFUSED, Result.NO_ADDRESS, Result.NOT_SET_UP})


def after_attempt(result: Result, tried: Tried, machine_now: datetime) -> Next:
    """Return what follows an attempt that ended at `machine_now`; nothing is tried for ever, on any way.

    Where somebody is in immediate danger, a system that has taken the notice is followed by a mail to people.
    """
    mail = _mail_after(tried)
    if result == Result.ACCEPTED and tried.urgent and mail is not None:
        return Next(State.DUE, mail)
    if result in {Result.ACCEPTED, Result.NOT_TO_BE_TOLD, Result.TOO_MANY}:
        return Next(State.SENT if result == Result.ACCEPTED else State.SUPPRESSED, tried.way)
    pace = PACES[tried.way, tried.urgent]
    last = next_way(tried.way, tried.ways) is None
    ends = tried.first_at + (pace.give_up_after if last else pace.next_way_after)
    if result in _OVER or tried.unrecorded >= MOST_UNRECORDED or machine_now >= ends:
        return on_next_way(tried)
    wait = min(pace.first * 2 ** min(max(tried.attempts - 1, 0), 20), pace.longest)
    at = max(machine_now + wait, tried.not_before or machine_now)
    return Next(State.FAILED, tried.way, min(at, ends))


def _mail_after(tried: Tried) -> Way | None:
    """Return the mail that is still to come after a way that reaches no mailbox."""
    after = tried.ways[tried.ways.index(tried.way) + 1 :] if tried.way in tried.ways else ()
    return None if tried.way in MAILS else next((way for way in after if way in MAILS), None)


def ways_for(listed: Sequence[Way], *, by_mail: bool, urgent: bool) -> tuple[Way, ...]:
    """Return the ways that a notice takes of those that are listed for its recipient; a mail where none is left.

    Immediate danger never waits on a page for somebody to look, and is mailed whatever else is listed.
    """
    fit = MAILS if by_mail else frozenset(Way) - ({Way.INBOX} if urgent else frozenset())
    taken = tuple(way for way in listed if way in fit) or (Way.SMTP,)
    return (*taken, Way.SMTP) if urgent and not MAILS & set(taken) else taken
