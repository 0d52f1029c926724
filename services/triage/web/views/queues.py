"""The queues of the two police teams: counts, filters and sorting that stay in the address, and what is newer."""

from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from starlette.responses import JSONResponse

from chassis.clock import LONDON
from chassis.database import Session
from chassis.web import PageRequest, Response, blank
from services.triage import operations, queries
from services.triage.domain import HOLD_LABELS, SEE_GATEWAY_QUEUE, STATE_LABELS, State
from services.triage.queries import Order, QueueCount, QueueLine, Wanted

FILTERS = ("view", "state", "officer", "district", "area", "danger", "overdue", "restricted")
MINE = "mine"
ENDED = "ended"
QUEUES: Mapping[str, Mapping[str, tuple[str, tuple[State, ...]]]] = {
    "imu_queue": {"": ("Waiting for deconfliction", queries.IMU_STATES)},
    "gateway_queue": {
        "": ("Waiting for the Gateway", queries.GATEWAY_STATES),
        "led": ("Signposted, or led by the police", queries.LED_STATES),
        "open": ("All that the police answer for", queries.WORKED_STATES),
        "channel": ("With Channel", queries.PASSED_STATES),
        ENDED: ("Ended", queries.ENDED_STATES),
    },
}
"""The views of each queue, by what stands in the address: what they are called, and which states they show."""
ELSEWHERE = {"gateway_queue": queries.urgent_elsewhere, "imu_queue": queries.halted_elsewhere}
"""What a team must see wherever it stands: danger that nobody answered, a conflict that is not cleared."""
SORTED = (
    ("reference", "Reference", ()),
    ("clock", "Next clock", (Order.DUE, Order.DUE_LAST)),
    ("state", "State", ()),
    ("age", "Age", (Order.OLDEST, Order.NEWEST)),
    ("owner", "Risk owner", ()),
    ("officer", "Officer", ()),
)
CAPTIONS = {
    Order.FIRST: "Immediate danger first, then the longest waiting",
    Order.OLDEST: "The longest waiting first",
    Order.NEWEST: "The newest first",
    Order.DUE: "What is due first in front",
    Order.DUE_LAST: "What is due last in front",
}


async def home(page: PageRequest) -> Response:
    """Lead a person to the queue of their team."""
    return page.redirect("gateway_queue" if page.may(SEE_GATEWAY_QUEUE) else "imu_queue")


async def imu_queue(page: PageRequest) -> Response:
    """Show what waits for the intelligence unit."""
    return await _queue(page, "imu_queue", "Referrals waiting for deconfliction")


async def gateway_queue(page: PageRequest) -> Response:
    """Show what the Gateway has or will have to decide, and what waits for somebody's acceptance."""
    return await _queue(page, "gateway_queue", "Referrals with the Gateway")


async def newer(page: PageRequest) -> Response:
    """Answer a page that is open whether its queue has changed since; looking by itself keeps nobody signed in."""
    page.session.unattended = True
    views = QUEUES.get(page.query.get("queue", ""), QUEUES["gateway_queue"])
    _, states = views.get(page.query.get("view", ""), views[""])
    since = page.query.get("since", "")
    if not (since.isascii() and since.isdecimal() and len(since) < len(str(2**63))):
        return JSONResponse({"words": ""})
    async with page.transaction() as session:
        fresh, changed = await queries.newer(session, states, int(since))
    return JSONResponse({"words": _news(fresh, changed)})


@dataclass(frozen=True)
class _Asked:
    """What the address asks for, as it was typed and as the queries understand it; `unknown` is what nobody does."""

    typed: dict[str, str]
    wanted: Wanted
    states: tuple[State, ...]
    unknown: tuple[str, ...] = ()

    @property
    def filtered(self) -> bool:
        """Say whether the list is cut in any way beside the view."""
        return bool(self.typed.keys() - {"view", "sort"})


async def _queue(page: PageRequest, name: str, title: str) -> Response:
    asked = _asked(page, QUEUES[name])
    place = _place(page.query.get("after", ""))
    async with page.transaction() as session:
        if page.may(SEE_GATEWAY_QUEUE):
            operations.note_officer(session, page.now.astimezone(LONDON).date())
        since = await queries.last_happened(session)
        found = await queries.queue(session, asked.wanted, place)
        number = await _number(session, asked, len(found), first=place is None)
        counts = await queries.queue_counts(session, _counted(name, asked), page.now)
        elsewhere: tuple[QueueLine, ...] = ()
        if place is None and not asked.typed:
            elsewhere = await ELSEWHERE[name](session, asked.states)
        officers = await _officers(page, session)
    lines = found[: queries.QUEUE_PAGE]
    more = _mark(lines[-1], asked.wanted.order) if len(found) > len(lines) else ""
    if asked.wanted.order is Order.FIRST:
        lines = tuple(sorted((*elsewhere, *lines), key=lambda line: not line.urgent))
    view = asked.typed.get("view", "")
    values = {
        "lines": [line_values(line, page.now) for line in lines],
        "more": page.url(name, **asked.typed, after=more) if more else "",
        "number": number,
        "unknown": asked.unknown,
        "sorted_by": CAPTIONS[asked.wanted.order],
        "newer_url": page.url("newer", queue=name, view=view, since=since),
        "here": page.url(name, **asked.typed),
        **_choices(asked, counts, officers),
        **_links(page, name, asked, counts),
    }
    return page.render(name, status=200, title=title, form=blank(asked.typed), **values)


async def _number(session: Session, asked: _Asked, shown: int, *, first: bool) -> int | None:
    """Return how many answer to the filters; None where nothing is asked, or where counting them would take long."""
    if not asked.filtered:
        return None
    if first and shown <= queries.QUEUE_PAGE:
        return shown
    return None if asked.states == queries.ENDED_STATES else await queries.queue_number(session, asked.wanted)


def _counted(name: str, asked: _Asked) -> tuple[State, ...]:
    """Return the states to count for a page: of what has ended, as most have, only where that is looked at."""
    open_ones = {state for view, (_, states) in QUEUES[name].items() if view != ENDED for state in states}
    return tuple(state for state in STATE_LABELS if state in open_ones or state in asked.states)


async def _officers(page: PageRequest, session: Session) -> list[tuple[str, str]]:
    seen = {each.id: each.name for area in sorted(page.actor.areas) for each in await queries.officers(session, area)}
    return sorted(seen.items(), key=lambda each: each[1])


def _asked(page: PageRequest, views: Mapping[str, tuple[str, tuple[State, ...]]]) -> _Asked:
    """Return what the address asks for; what nobody understands is left out, and the page says so."""
    typed = {name: page.query.get(name, "").strip()[:100] for name in (*FILTERS, "sort")}
    known: Mapping[str, AbstractSet[str]] = {
        "view": set(views),
        "state": {state.value for _, states in views.values() for state in states},
        "sort": set(Order),
    }
    strange = [name for name, ones in known.items() if typed[name] and typed[name] not in ones]
    unknown = tuple(f"{'order' if name == 'sort' else name} “{typed[name]}”" for name in strange)
    typed |= dict.fromkeys(strange, "")
    if typed["state"] and typed["state"] not in views[typed["view"]][1]:
        typed["view"] = next(view for view, (_, states) in views.items() if typed["state"] in states)
    states = views[typed["view"]][1]
    wanted = Wanted(
        states=(State(typed["state"]),) if typed["state"] else states,
        order=_order(typed),
        officer=page.actor.id if typed["officer"] == MINE else typed["officer"],
        district=typed["district"],
        area=typed["area"],
        danger=bool(typed["danger"]),
        restricted=bool(typed["restricted"]),
        overdue_at=page.now if typed["overdue"] else None,
    )
    return _Asked({name: value for name, value in typed.items() if value}, wanted, states, unknown)


def _order(typed: Mapping[str, str]) -> Order:
    """Return how the list is sorted: of what has ended, the newest stands first, and nobody waits for danger."""
    order = Order(typed["sort"] or Order.FIRST)
    return Order.NEWEST if typed["view"] == ENDED and order is Order.FIRST else order


def _choices(asked: _Asked, counts: Sequence[QueueCount], officers: list[tuple[str, str]]) -> dict[str, object]:
    areas = sorted({each.area for each in counts})
    districts = {each.district for each in counts if each.state in asked.states} | {asked.wanted.district}
    people = [(MINE, "Me"), (queries.NOBODY, "Nobody yet"), *officers]
    # Whoever is asked for by a link stands in the list, also when they have left.
    chosen = asked.typed.get("officer", "")
    left = [(chosen, f"Signs in as {chosen}")] if chosen and chosen not in dict(people) else []
    return {
        "officers": [*people, *left],
        "districts": [(name, name) for name in sorted(districts - {""})],
        "areas": [(area, area.replace("-", " ").title()) for area in areas] if len(areas) > 1 else [],
    }


def _links(page: PageRequest, name: str, asked: _Asked, counts: Sequence[QueueCount]) -> dict[str, object]:
    numbers: Counter[State] = Counter()
    overdue: Counter[State] = Counter()
    for each in counts:
        numbers[each.state] += each.number
        overdue[each.state] += each.overdue
    others = {key: value for key, value in asked.typed.items() if key != "state"}
    view = {key: value for key, value in asked.typed.items() if key == "view"}
    uncounted = set() if asked.states == queries.ENDED_STATES else {ENDED}
    return {
        "total": sum(numbers[state] for state in asked.states),
        "total_overdue": sum(overdue[state] for state in asked.states),
        "filtered": asked.filtered,
        "clear_url": page.url(name, **view),
        "views": [
            {
                "label": label,
                "number": None if key in uncounted else sum(numbers[state] for state in states),
                "href": page.url(name, **({"view": key} if key else {})),
                "current": key == view.get("view", ""),
            }
            for key, (label, states) in QUEUES[name].items()
        ],
        "first_url": _first(page, name, asked),
        "states": [(state.value, STATE_LABELS[state]) for state in asked.states],
        "counts": [
            {
                "label": STATE_LABELS[state],
                "number": numbers[state],
                "overdue": overdue[state],
                "href": page.url(name, **others, state=state.value),
                "current": asked.typed.get("state") == state,
            }
            for state in asked.states
            if numbers[state]
        ],
        "columns": [_column(page, name, asked, each) for each in SORTED],
    }


def _first(page: PageRequest, name: str, asked: _Asked) -> str:
    """Return the way back to immediate danger first, where the list is sorted in another way."""
    kept = {key: value for key, value in asked.typed.items() if key != "sort"}
    fixed = asked.wanted.order is Order.FIRST or asked.typed.get("view") == ENDED
    return "" if fixed else page.url(name, **kept)


def _column(
    page: PageRequest, name: str, asked: _Asked, column: tuple[str, str, tuple[Order, ...]]
) -> dict[str, object]:
    """Return a heading: the link that sorts by it, or turns the order round where it is sorted by it already."""
    _, label, orders = column
    now = asked.wanted.order
    following = orders[(orders.index(now) + 1) % len(orders)] if now in orders else orders[0] if orders else None
    kept = {key: value for key, value in asked.typed.items() if key != "sort"}
    turned = "descending" if now in (Order.NEWEST, Order.DUE_LAST) else "ascending"
    # Of age, the oldest comes first where the earliest received does.
    if now in (Order.OLDEST, Order.NEWEST):
        turned = "descending" if now is Order.OLDEST else "ascending"
    return {
        "label": label,
        "href": page.url(name, **kept, sort=following.value) if following and len(orders) > 1 else "",
        "sort": turned if now in orders and len(orders) > 1 else "",
    }


def line_values(line: QueueLine, now: datetime) -> dict[str, object]:
    """Return a line of a list as plain values."""
    clock = line.clock
    return {
        "reference": line.reference,
        "immediate_danger": line.immediate_danger,
        "urgent": line.urgent,
        "state": STATE_LABELS[line.state],
        # Of a conflict the state itself says that it was recorded.
        "hold": HOLD_LABELS[line.hold.outcome] if line.hold and line.state is not State.CONFLICT else "",
        "received_at": line.received_at,
        "age": age(line.received_at, now),
        "clock": clock.name if clock else "",
        "due_at": clock.due_at if clock else None,
        "paused": clock is not None and clock.paused_at is not None,
        "overdue": line.next_due_at < now,
        "another": clock is None or clock.paused_at is not None or clock.due_at >= now,
        "risk_owner": line.risk_owner,
        "officer": line.officer,
        "restricted": line.restricted,
        "district": line.district,
    }


def age(since: datetime, now: datetime) -> str:
    """Return how long something has waited, in hours and from two days on in days."""
    hours = int((now - since).total_seconds() // 3600)
    if hours < 1:
        return "under an hour"
    if hours < 48:  # noqa: PLR2004 - two days
        return f"{hours} hour{'' if hours == 1 else 's'}"
    return f"{hours // 24} days"


def _news(fresh: int, changed: int) -> str:
    parts = [f"{fresh} new referral{'' if fresh == 1 else 's'}"] if fresh else []
    if changed:
        parts.append(f"{changed} changed by others" if fresh else f"{_referrals(changed)} changed by others")
    return " and ".join(parts)


def _referrals(number: int) -> str:
    return "1 referral" if number == 1 else f"{number} referrals"


def _mark(line: QueueLine, order: Order) -> str:
    at = line.next_due_at if order in (Order.DUE, Order.DUE_LAST) else line.received_at
    return f"{int(line.immediate_danger)}~{at.isoformat()}~{line.subject}"


def _place(mark: str) -> tuple[bool, datetime, UUID] | None:
    # A mark that somebody has changed by hand begins at the top: it can show nothing that the queue would not.
    try:
        danger, received_at, subject = mark.split("~")
        at = datetime.fromisoformat(received_at)
        return (danger == "1", at.astimezone(UTC), UUID(subject)) if at.tzinfo else None
    except (ValueError, OverflowError):
        return None
