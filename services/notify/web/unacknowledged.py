"""The page of everything that nobody has acknowledged: whose it is, how old, and by when it was due."""

from collections.abc import Mapping
from datetime import datetime

from starlette.responses import Response

from chassis.clock import LONDON
from chassis.web import PageRequest, blank
from services.notify import queries
from services.notify.domain import READ_DESK, READ_INBOX, READ_SIGNPOST, Result, State
from services.notify.queries import Waiting, Waits
from services.notify.settings import answer_due, answer_times
from services.notify.web.naming import age_in_words, ask_name, door_name, force_name, service_name
from services.notify.web.views import reach_of_reader

SORTS = {
    Waits.CONCERN: "Safeguarding concern",
    Waits.SIGNPOST: "Signpost",
    Waits.TRANSFER: "Transfer",
    Waits.ASK: "Asked by Channel",
}

_ON_ITS_WAY = (State.DUE, State.SENDING, State.FAILED)
_UNDELIVERED: Mapping[Result | None, str] = {
    Result.REFUSED: "Refused by its server",
    Result.BOUNCED: "Came back from its server",
}


async def unacknowledged(page: PageRequest) -> Response:
    """Show what waits for an acknowledgement: all of it to the desk, to a front door its own."""
    everything = page.may(READ_DESK)
    async with page.transaction() as session:
        found = await queries.unacknowledged(session, now=page.now, reach=None if everything else reach_of_reader(page))
    team = page.query.get("team", "")
    teams = sorted({(one.owner, _owner(page, one)) for one in found}, key=lambda pair: pair[1])
    shown = [one for one in found if not team or one.owner == team]
    due = {one.id: _due(page, one) for one in shown}
    return page.render(
        "unacknowledged",
        form=blank({"team": team}),
        teams=teams,
        everything=everything,
        waiting=shown,
        late=sum(1 for one in shown if due[one.id] is not None and _is_late(due[one.id], page.now)),
        sorts=SORTS,
        owner=lambda one: _owner(page, one),
        due=lambda one: due[one.id],
        standing=lambda one: _standing(one, due[one.id], page.now),
        address=lambda one: _address(page, one),
        age=lambda at: age_in_words(at, page.now),
        most=queries.MOST_WAITING,
    )


def _owner(page: PageRequest, one: Waiting) -> str:
    named = {
        Waits.CONCERN: door_name,
        Waits.SIGNPOST: service_name,
        Waits.TRANSFER: force_name,
        Waits.ASK: ask_name,
    }
    return named[one.what](page, one.area, one.owner)


def _due(page: PageRequest, one: Waiting) -> datetime | None:
    """Return by when an answer is due; None where the area file no longer names whom it is with."""
    if one.due_at is not None:
        return one.due_at
    known = page.runtime.areas
    area = known.version(one.area, one.area_version) or known.current(one.area, page.now.astimezone(LONDON).date())
    try:
        if one.what is Waits.CONCERN:
            times = answer_times(area, one.owner, one.since, immediate_danger=one.immediate_danger)
            return times.due_at
        return answer_due(area, str(one.what), one.owner, one.since)
    except LookupError:
        return None


def _is_late(due: datetime | None, now: datetime) -> bool:
    return due is not None and due < now


def _standing(one: Waiting, due: datetime | None, now: datetime) -> tuple[str, str]:
    """Return how something stands, in words, and their colour."""
    unseen, colour = ("", "") if one.seen else _unseen(one)
    if one.is_over and one.what is not Waits.ASK:
        return "Nobody answers: ring them", "red"
    if one.is_over:
        return unseen or "Could not be delivered", "red"
    late = _late(one, due, now)
    if unseen:
        return (f"{unseen}; {late}" if late else unseen), ("orange" if late and colour == "blue" else colour)
    if late:
        return late.capitalize(), "orange"
    if one.what in (Waits.SIGNPOST, Waits.TRANSFER):
        return "Not answered yet", "blue"  # whether somebody opened it stands with what came back of its mail
    return ("Opened" if one.seen else "Not opened yet"), "blue"


def _late(one: Waiting, due: datetime | None, now: datetime) -> str:
    if one.told:
        return f"overdue, {one.told} told above"
    return "overdue" if _is_late(due, now) else ""


def _unseen(one: Waiting) -> tuple[str, str]:
    """Return why nobody there can have opened it yet, and the colour of that; "" where it went out."""
    if one.state is State.SUPPRESSED:
        return "Held back", "orange"
    if one.state is State.UNDELIVERABLE:
        return _UNDELIVERED.get(one.result, "Could not be delivered"), "red"
    return ("Not sent yet", "blue") if one.state in _ON_ITS_WAY else ("", "")


def _address(page: PageRequest, one: Waiting) -> str:
    """Return the page on which it can be answered or followed, "" where the reader has none."""
    if one.what is Waits.CONCERN and page.may(READ_INBOX):
        return page.url("concern", subject=one.id)
    if one.what is Waits.SIGNPOST and page.may(READ_SIGNPOST):
        return page.url("signpost", id=one.id)
    return page.url("delivery_desk") + f"?reference={one.reference}" if page.may(READ_DESK) else ""
