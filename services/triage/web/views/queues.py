"""The queues of the two police teams: counts, filters and sorting that stay in the address, and what is newer."""

from collections import Counter
from collections.abc import Mapping, Sequence
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

FILTERS = ("state", "officer", "district", "area", "danger", "overdue", "restricted")
MINE = "mine"
QUEUES: Mapping[str, tuple[State, ...]] = {
    "imu_queue": queries.IMU_STATES,
    "gateway_queue": queries.GATEWAY_STATES,
}
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
    states = QUEUES.get(page.query.get("queue", ""), queries.GATEWAY_STATES)
    since = page.query.get("since", "")
    if not (since.isascii() and since.isdecimal() and len(since) < len(str(2**63))):
        return JSONResponse({"words": ""})
    async with page.transaction() as session:
        fresh, changed = await queries.newer(session, states, int(since))
    return JSONResponse({"words": _news(fresh, changed)})


@dataclass(frozen=True)
class _Asked:
    """What the address asks for, as it was typed and as the queries understand it."""

    typed: dict[str, str]
    wanted: Wanted


async def _queue(page: PageRequest, name: str, title: str) -> Response:
    asked = _asked(page, QUEUES[name])
    place = _place(page.query.get("after", ""))
    async with page.transaction() as session:
        if page.may(SEE_GATEWAY_QUEUE):
            operations.note_officer(session, page.now.astimezone(LONDON).date())
        since = await queries.last_happened(session)
        found = await queries.queue(session, asked.wanted, place)
        counts = await queries.queue_counts(session, QUEUES[name], page.now)
        elsewhere: tuple[QueueLine, ...] = ()
        if place is None and not asked.typed and name == "gateway_queue":
            elsewhere = await queries.urgent_elsewhere(session, QUEUES[name])
        officers = await _officers(page, session)
    lines = found[: queries.QUEUE_PAGE]
    more = _mark(lines[-1], asked.wanted.order) if len(found) > len(lines) else ""
    if asked.wanted.order is Order.FIRST:
        lines = tuple(sorted((*elsewhere, *lines), key=lambda line: not line.urgent))
    values = {
        "lines": [line_values(line, page.now) for line in lines],
        "more": page.url(name, **asked.typed, after=more) if more else "",
        "sorted_by": CAPTIONS[asked.wanted.order],
        "newer_url": page.url("newer", queue=name, since=since),
        "here": page.url(name, **asked.typed),
        **_choices(counts, officers),
        **_links(page, name, asked, counts),
    }
    return page.render(name, status=200, title=title, form=blank(asked.typed), **values)


async def _officers(page: PageRequest, session: Session) -> list[tuple[str, str]]:
    seen = {each.id: each.name for area in sorted(page.actor.areas) for each in await queries.officers(session, area)}
    return sorted(seen.items(), key=lambda each: each[1])


def _asked(page: PageRequest, states: tuple[State, ...]) -> _Asked:
    """Return what the address asks for; what somebody has changed by hand and nobody understands asks for nothing."""
    typed = {name: page.query.get(name, "").strip()[:100] for name in (*FILTERS, "sort")}
    if typed["state"] not in {state.value for state in states}:
        typed["state"] = ""
    order = Order(typed["sort"]) if typed["sort"] in set(Order) else Order.FIRST
    officer = page.actor.id if typed["officer"] == MINE else typed["officer"]
    wanted = Wanted(
        states=(State(typed["state"]),) if typed["state"] else states,
        order=order,
        officer=officer,
        district=typed["district"],
        area=typed["area"],
        danger=bool(typed["danger"]),
        restricted=bool(typed["restricted"]),
        overdue_at=page.now if typed["overdue"] else None,
    )
    return _Asked({name: value for name, value in typed.items() if value}, wanted)


def _choices(counts: Sequence[QueueCount], officers: list[tuple[str, str]]) -> dict[str, object]:
    areas = sorted({each.area for each in counts})
    return {
        "officers": [(MINE, "Me"), (queries.NOBODY, "Nobody yet"), *officers],
        "districts": [(name, name) for name in sorted({each.district for each in counts} - {""})],
        "areas": [(area, area.replace("-", " ").title()) for area in areas] if len(areas) > 1 else [],
    }


def _links(page: PageRequest, name: str, asked: _Asked, counts: Sequence[QueueCount]) -> dict[str, object]:
    numbers: Counter[State] = Counter()
    overdue: Counter[State] = Counter()
    for each in counts:
        numbers[each.state] += each.number
        overdue[each.state] += each.overdue
    others = {key: value for key, value in asked.typed.items() if key not in ("state", "after")}
    return {
        "total": sum(numbers.values()),
        "total_overdue": sum(overdue.values()),
        "filtered": [key for key in asked.typed if key != "sort"],
        "clear_url": page.url(name),
        "first_url": _first(page, name, asked),
        "states": [(state.value, STATE_LABELS[state]) for state in QUEUES[name]],
        "counts": [
            {
                "label": STATE_LABELS[state],
                "number": numbers[state],
                "overdue": overdue[state],
                "href": page.url(name, **others, state=state.value),
                "current": asked.typed.get("state") == state,
            }
            for state in QUEUES[name]
            if numbers[state]
        ],
        "columns": [_column(page, name, asked, each) for each in SORTED],
    }


def _first(page: PageRequest, name: str, asked: _Asked) -> str:
    """Return the way back to immediate danger first, where the list is sorted in another way."""
    kept = {key: value for key, value in asked.typed.items() if key != "sort"}
    return "" if asked.wanted.order is Order.FIRST else page.url(name, **kept)


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
    if line.hidden:
        return {"reference": line.reference, "hidden": True}
    clock = line.clock
    return {
        "hidden": False,
        "reference": line.reference,
        "immediate_danger": line.immediate_danger,
        "urgent": line.urgent,
        "state": STATE_LABELS[line.state],
        "hold": HOLD_LABELS[line.hold.outcome] if line.hold else "",
        "received_at": line.received_at,
        "age": age(line.received_at, now),
        "clock": clock.name if clock else "",
        "due_at": clock.due_at if clock else None,
        "paused": clock is not None and clock.paused_at is not None,
        "overdue": clock is not None and clock.paused_at is None and clock.due_at < now,
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
