"""A meeting as a calendar file (RFC 5545): when and where, and the cases by their references only."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from icalendar import Calendar, Event

from services.channel.domain.ageing import LONDON
from services.channel.domain.meetings import MeetingState
from services.channel.queries import MeetingView, SlotView

AT_LEAST = timedelta(hours=1)


def calendar_file(found: MeetingView, agenda: Iterable[SlotView], now: datetime) -> bytes:
    """Return the file: calendars are copied to places that nobody here knows, so no person is named in it."""
    slots = tuple(agenda)
    entry = Event()
    entry.add("uid", f"{found.id}@throughline.invalid")
    entry.add("sequence", found.row_version)
    entry.add("dtstamp", now)
    entry.add("dtstart", found.starts_at)
    entry.add("dtend", max([found.starts_at + AT_LEAST, *(each.ends_at for each in slots)]))
    entry.add("summary", "Channel panel")
    entry.add("location", found.place)
    entry.add("class", "CONFIDENTIAL")
    entry.add("status", "CANCELLED" if found.state is MeetingState.CANCELLED else "CONFIRMED")
    lines = [f"{each.starts_at.astimezone(LONDON):%H:%M} {each.reference}" for each in slots]
    entry.add("description", "\n".join(["Write no names into this entry.", *lines]))
    whole = Calendar()
    whole.add("prodid", "-//Throughline//Channel panel//EN")
    whole.add("version", "2.0")
    whole.add("method", "PUBLISH")
    whole.add_component(entry)
    return bytes(whole.to_ical())
