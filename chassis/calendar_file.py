"""Calendar files (RFC 5545): one entry, marked confidential, for whoever saves it into a calendar of their own."""

from dataclasses import dataclass
from datetime import datetime

from icalendar import Calendar, Event

MEDIA_TYPE = "text/calendar; charset=utf-8"


@dataclass(frozen=True)
class Entry:
    """What is written into a calendar; `version` rises with each change, so that a later file replaces an earlier one.

    Calendars are copied to places that nobody here knows: `words` name no person.
    """

    uid: str
    version: int
    starts_at: datetime
    ends_at: datetime
    summary: str
    place: str = ""
    words: str = ""
    cancelled: bool = False


def calendar_file(entry: Entry, now: datetime) -> bytes:
    """Return the file with one entry, made at a moment (aware)."""
    event = Event()
    event.add("uid", f"{entry.uid}@throughline.invalid")
    event.add("sequence", entry.version)
    event.add("dtstamp", now)
    event.add("dtstart", entry.starts_at)
    event.add("dtend", entry.ends_at)
    event.add("summary", entry.summary)
    event.add("class", "CONFIDENTIAL")
    event.add("status", "CANCELLED" if entry.cancelled else "CONFIRMED")
    if entry.place:
        event.add("location", entry.place)
    if entry.words:
        event.add("description", entry.words)
    whole = Calendar()
    whole.add("prodid", "-//Throughline//EN")
    whole.add("version", "2.0")
    whole.add("method", "PUBLISH")
    whole.add_component(event)
    return bytes(whole.to_ical())
