"""How the delivery desk is asked for notices: a search in the address of a page, and the place where it begins."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode
from uuid import UUID

from areas import Area
from chassis.clock import LONDON
from chassis.web import FormData, FormErrors, PageRequest, parse
from services.notify.domain import RecipientKind
from services.notify.queries import UNNAMED, NoticeListed, Place, Sought
from services.notify.web.forms import SearchForm
from services.notify.web.naming import KIND_NAMES, STATE_NAMES, WAY_NAMES

DATE_PARTS = ("day", "month", "year")
FIELDS = ("reference", "kind", "state", "way", "recipient")
_DAYS = tuple(f"{name}-{part}" for name in ("since", "until") for part in DATE_PARTS)


@dataclass(frozen=True)
class Search:
    """What somebody looks for, and the form with what they typed; nothing is sought where it cannot be read."""

    sought: Sought
    form: FormErrors
    is_sought: bool


def searched(page: PageRequest) -> Search:
    """Return the search in the address of a page."""
    sent = FormData({name: (value,) for name, value in page.query.items() if name in {*FIELDS, *_DAYS}})
    found = parse(SearchForm, sent)
    if isinstance(found, FormErrors):
        return Search(Sought(), found, is_sought=True)
    sought = Sought(
        reference=found.reference.strip().upper(),
        kind=found.kind,
        state=found.state,
        way=found.way or "",
        recipient=found.recipient,
        since=_midnight(found.since),
        until=_midnight(found.until, 1),
    )
    return Search(sought, FormErrors(sent), is_sought=any(page.query.get(name) for name in (*FIELDS, *_DAYS)))


def _midnight(day: date | None, later: int = 0) -> datetime | None:
    return None if day is None else datetime.combine(day + timedelta(days=later), time(), LONDON)


def place_of(page: PageRequest) -> Place | None:
    """Return where a page begins; None, so the beginning, where the address does not say it."""
    at, _, notice_id = page.query.get("after", "").partition("~")
    try:
        place = Place(datetime.fromisoformat(at), UUID(notice_id))
    except ValueError:
        return None
    return place if place.created_at.tzinfo is not None else None


def address_behind(page: PageRequest, name: str, place: Place | None, **path: str) -> str:
    """Return the address of the next page of the same search, "" where there is none."""
    if place is None:
        return ""
    kept = {each: value for each, value in page.query.items() if each in {*FIELDS, *_DAYS} and value}
    kept["after"] = f"{place.created_at.isoformat()}~{place.id}"
    return f"{page.url(name, **path)}?{urlencode(kept)}"


def has_history(listed: NoticeListed) -> bool:
    """Say whether the recipient of a notice has an id under which their history is kept."""
    return bool(listed.recipient_key) and RecipientKind(listed.recipient_kind) not in UNNAMED


def choices(page: PageRequest) -> dict[str, list[tuple[str, str]]]:
    """Return what the lists of the search offer."""
    return {
        "kind": [(str(kind), name) for kind, name in KIND_NAMES.items()],
        "state": [(str(state), name) for state, name in STATE_NAMES.items()],
        "way": [(str(way), name[:1].upper() + name[1:]) for way, name in WAY_NAMES.items()],
        "recipient": sorted({pair for area in _areas(page) for pair in named_in(area)}, key=lambda pair: pair[1]),
    }


def named_in(area: Area) -> list[tuple[str, str]]:
    """Return everybody whom an area file names, by id."""
    channel = area.channel
    lists = (
        area.front_doors,
        area.signpost_services,
        area.gateway.forces,
        area.panel.members,
        channel.partners,
        channel.intervention_providers,
        channel.panels_elsewhere,
    )
    return [(str(one.id), str(one.name)) for named in lists for one in named]


def _areas(page: PageRequest) -> list[Area]:
    today = page.now.astimezone(LONDON).date()
    known = page.runtime.areas
    return [known.current(name, today) for name in known.names() if "*" in page.actor.areas or name in page.actor.areas]
