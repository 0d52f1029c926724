"""The calendar file of a panel's meeting for whoever is invited by a link: it goes with the mail, and is a download."""

from datetime import datetime, timedelta
from uuid import UUID

from chassis.calendar_file import Entry, calendar_file
from services.notify.domain import Kind
from services.notify.operations.delivery import Claimed

TAKES = timedelta(hours=2)
"""How long a meeting stands in the calendar: how long it takes is known to those who plan it."""


def meeting_file(ask_id: UUID, starts_at: datetime, now: datetime, *, called_off: bool = False) -> bytes:
    """Return the file of a meeting to which an ask invites: it says neither where nor which cases."""
    entry = Entry(
        uid=str(ask_id),
        version=2 if called_off else 1,
        starts_at=starts_at,
        ends_at=starts_at + TAKES,
        summary="Channel panel",
        words="Write no names into this entry.",
        cancelled=called_off,
    )
    return calendar_file(entry, now)


def attached_file(claimed: Claimed, now: datetime) -> bytes:
    """Return the calendar file that goes with a mail: of an invitation, or of one that is called off; else nothing."""
    if claimed.meets_at is None or claimed.about_id is None:
        return b""
    return meeting_file(claimed.about_id, claimed.meets_at, now, called_off=claimed.kind is Kind.ASK_ENDED)
