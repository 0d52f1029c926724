"""The ways out of notify: how a sending is tried again on each, and when the next way begins."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Way(StrEnum):
    """How somebody is reached: as the area file names it; the inbox page needs no sending."""

    SMTP = "smtp"
    GOVUK_NOTIFY = "govuk-notify"
    WEBHOOK = "webhook"
    INBOX = "inbox"


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


_URGENT = Pace(timedelta(seconds=15), timedelta(minutes=5), timedelta(minutes=10), timedelta(hours=48))
_ROUTINE = Pace(timedelta(seconds=60), timedelta(hours=1), timedelta(hours=4), timedelta(hours=48))
PACES: Mapping[tuple[Way, bool], Pace] = {
    (way, urgent): _URGENT if urgent else _ROUTINE
    for way in (Way.SMTP, Way.GOVUK_NOTIFY, Way.WEBHOOK)
    for urgent in (True, False)
}
"""How each way is tried again, by whether the notice is urgent."""
