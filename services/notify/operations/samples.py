"""Samples: notices to nobody, made of values that stand in no case, for looking at what a template says."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from uuid import UUID

from areas import Area
from chassis.working_days import is_working_day
from contracts.vocabulary import AskKind
from contracts.vocabulary.days import LONDON
from services.notify.domain import LINKS, Kind, RecipientKind, ask_stage
from services.notify.operations.delivery import Claimed

NOBODY = UUID(int=0)
"""The id of what a sample is about: no case, no link and no notice has it."""
SAMPLE_ADDRESS = "sample@sample.example"
SAMPLE_CODE = "000000"
_LOOKED_AHEAD = 30

_TO: Mapping[Kind, RecipientKind] = {
    **dict.fromkeys(
        (Kind.CONCERN_RECEIVED, Kind.CONCERN_UPDATED, Kind.CONCERN_MOVED, Kind.PACK_ANSWERED), RecipientKind.FRONT_DOOR
    ),
    **dict.fromkeys((Kind.SIGNPOST_MADE, Kind.SIGNPOST_ENDED), RecipientKind.SERVICE),
    **dict.fromkeys((Kind.TRANSFER_OFFERED, Kind.TRANSFER_CALLED_BACK), RecipientKind.FORCE),
    **dict.fromkeys((Kind.REFERRER_TOLD, Kind.ADDITION_RECEIVED, *LINKS), RecipientKind.REFERRER),
    Kind.DUTY_PAGED: RecipientKind.DUTY_OFFICER,
    Kind.CLOCK_ESCALATED: RecipientKind.ESCALATION,
}


def recipient_of(kind: Kind) -> RecipientKind:
    """Return what sort of recipient a kind of notice goes to."""
    return _TO.get(kind, RecipientKind.ASKED)


def _door(area: Area) -> str:
    return area.front_doors[0].id


def _service(area: Area) -> str:
    return area.signpost_services[0].id


def _force(area: Area) -> str:
    return area.gateway.forces[0].id if area.gateway.forces else ""


def _step(area: Area) -> str:
    if area.gateway.escalations:
        return "1"
    return "channel-1" if area.channel.escalations else ""


def _asked(area: Area) -> str:
    return area.channel.partners[0].id if area.channel.partners else area.panel.members[0].id


_FIRST: Mapping[RecipientKind, Callable[[Area], str]] = {
    RecipientKind.FRONT_DOOR: _door,
    RecipientKind.SERVICE: _service,
    RecipientKind.FORCE: _force,
    RecipientKind.ESCALATION: _step,
    RecipientKind.ASKED: _asked,
}


def to_door(area: Area, door_id: str, kind: Kind, *, urgent: bool) -> Claimed:
    """Return a sample to one front door of an area."""
    return _blank(area, kind, (RecipientKind.FRONT_DOOR, door_id), "en", urgent=urgent)


def sample(area: Area, kind: Kind, language: str, now: datetime, *, urgent: bool = False) -> Claimed | None:
    """Return a notice as the area would have it sent to the first whom it names for its kind; None where it names none.

    Nothing in it is of a case: the reference is one that is never given, and its link opens nothing.
    """
    to = recipient_of(kind)
    key = _FIRST[to](area) if to in _FIRST else ""
    if to in _FIRST and not key:
        return None
    claimed = _blank(area, kind, (to, key), language, urgent=urgent)
    return _with_its_own(claimed, area, now)


def _blank(area: Area, kind: Kind, to: tuple[RecipientKind, str], language: str, *, urgent: bool) -> Claimed:
    sort, key = to
    return Claimed(
        id=NOBODY,
        subject=NOBODY,
        reference=f"{area.reference_prefix}-0000-0000",
        area=area.area,
        area_version=area.version,
        kind=kind,
        recipient_kind=sort,
        recipient_key=key,
        recipient=SAMPLE_ADDRESS if sort is RecipientKind.REFERRER else "",
        urgent=urgent,
        stage="",
        language=language,
        in_reply_to="",
        link="",
        about_id=NOBODY,
        correlation_id=None,
        message_id=f"<{NOBODY}@sample.example>",
        token=NOBODY,
    )


def _with_its_own(claimed: Claimed, area: Area, now: datetime) -> Claimed | None:
    """Return the sample with what its kind alone has: a stage, a clock, an ask, a link or a code."""
    due = now.astimezone(LONDON).date() + timedelta(days=7)
    if claimed.kind in LINKS:
        return replace(claimed, link=f"https://sample.example/a-link-that-opens-nothing {due.isoformat()}")
    if claimed.recipient_kind is RecipientKind.ESCALATION:
        return replace(claimed, stage="assessment")
    if claimed.recipient_kind is RecipientKind.ASKED:
        code = f"{SAMPLE_CODE} {(now + timedelta(minutes=15)).isoformat()}" if claimed.kind is Kind.ASK_CODE else ""
        return replace(claimed, stage=ask_stage(AskKind.INFORMATION, due), link=code)
    if claimed.recipient_kind is RecipientKind.REFERRER:
        stage = next((each.stage for each in area.referrer_told if each.tell), None)
        return replace(claimed, stage=str(stage)) if stage else None
    return claimed


def when_closed(area: Area, door_id: str, now: datetime) -> datetime | None:
    """Return the next moment, on a full hour, at which a front door is closed; None where it never is."""
    hours = area.front_door(door_id).opening_hours
    hour = now.astimezone(LONDON).replace(minute=0, second=0, microsecond=0)
    for ahead in range(24 * _LOOKED_AHEAD):
        at = (hour.astimezone(now.tzinfo) + timedelta(hours=ahead)).astimezone(LONDON)
        if not hours.is_open(at.time(), working_day=is_working_day(at.date())):
            return at
    return None


def when_open(area: Area, door_id: str, now: datetime) -> datetime | None:
    """Return the next moment at which a front door is open: now where it is; None where it never is."""
    hours = area.front_door(door_id).opening_hours
    for ahead in range(_LOOKED_AHEAD):
        at = now.astimezone(LONDON) + timedelta(days=ahead)
        working_day = is_working_day(at.date())
        if hours.is_open(at.time(), working_day=working_day):
            return at
        opens = _opens(at.date(), hours.working_days.opens)
        if working_day and opens >= now:
            return opens
    return None


def _opens(day: date, at: time) -> datetime:
    return datetime.combine(day, at, LONDON)
