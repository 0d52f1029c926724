"""What one person of the team has to do, and which clocks are overdue or run out soon."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from chassis.clock import LONDON, add_working_days
from chassis.web import PageRequest, Response
from chassis.web.assessing import draft_lines
from services.channel import operations, queries
from services.channel.domain import (
    ANSWER_MINE,
    CHAIR_MEETINGS,
    OBLIGATION_LABELS,
    RECORD_MEETINGS,
    RUN_MEETINGS,
    SEE_MEETINGS,
    Command,
    Practices,
)
from services.channel.queries import BegunLine, OwedLine, Wanted
from services.channel.web.views.asked import LABELS
from services.channel.web.views.lists import case_values

AHEAD = (("", "Overdue", 0), ("3", "By the end of the third working day", 3), ("10", "By the end of the tenth", 10))

PAGES = {
    RUN_MEETINGS: "The preparation of a panel meeting",
    RECORD_MEETINGS: "What is recorded of a panel meeting",
    CHAIR_MEETINGS: "What the panel decides",
    SEE_MEETINGS: "Your answer to a panel meeting",
    ANSWER_MINE: "Your answer to a request",
}
"""What somebody has begun on a page that is of no single command."""


async def work(page: PageRequest) -> Response:
    """Show what the person who asks has to do, what is due first in front."""
    me = page.actor.id
    async with page.transaction() as session:
        # Chairs have this page too, and cannot be given a case: they could not work it.
        if page.may(Command.TAKE):
            operations.note_officer(session, page.now.astimezone(LONDON).date())
        held = await queries.case_list(session, Wanted(coordinator=me))
        own = await queries.asked_of_me(session, ())
        owed = await queries.owed_to(session, me)
        begun = await queries.begun_by(session, me)
        drafts = await queries.drafts_by(session, me)
    local: Practices = page.runtime.clients
    return page.render(
        "work",
        title="My work",
        lines=[case_values(line, page.now) for line in held[: queries.PAGE]],
        more=page.url("cases", coordinator="mine") if len(held) > queries.PAGE else "",
        own=[each | {"href": page.url("my_request", obligation=each["id"])} for each in _owed(own, page.now)],
        owed=_owed(owed, page.now),
        begun=[
            *_begun(begun),
            *draft_lines(page, drafts, lambda each: local.under(each.area, each.area_version, "", page.now)),
        ],
    )


async def due(page: PageRequest) -> Response:
    """Show the clocks of all cases that are overdue, or run out within some working days."""
    asked = page.query.get("within", "")
    days = next((number for key, _, number in AHEAD if key == asked), 0)
    until = page.now
    if days:
        day = add_working_days(page.now.astimezone(LONDON).date(), days) + timedelta(days=1)
        until = datetime.combine(day, time(), LONDON).astimezone(UTC)
    async with page.transaction() as session:
        found = await queries.clocks_until(session, until, _place(page.query.get("after", "")))
    lines, more = found[: queries.PAGE], ""
    if len(found) > queries.PAGE:
        last = lines[-1]
        more = f"{last.due_at.isoformat()}~{last.subject}~{last.name}~{last.about}"
    items = [
        {"text": text, "href": page.url("due", **({"within": key} if key else {})), "current": number == days}
        for key, text, number in AHEAD
    ]
    return page.render(
        "due", title="What is due", items=items, lines=list(lines), more=more, soon=bool(days), now=page.now
    )


def _begun(lines: Sequence[BegunLine]) -> list[dict[str, object]]:
    """Return what somebody has begun, called after what it records, or after whose page it is."""
    return [
        {
            "label": f"{LABELS.get(each.command) or PAGES.get(each.command, 'A page')}, {each.reference}",
            "href": each.address,
            "at": each.saved_at,
        }
        for each in lines
    ]


def _owed(lines: Sequence[OwedLine], now: datetime) -> list[dict[str, object]]:
    return [
        {
            "id": each.id,
            "href": "",
            "reference": each.reference,
            "kind": OBLIGATION_LABELS[each.kind],
            "owner": each.owner,
            "due_at": each.due_at,
            "overdue": not each.paused and each.due_at < now,
            "seen": each.seen_at is not None,
            "undelivered": each.undelivered_at is not None,
        }
        for each in lines
    ]


# A mark that somebody has changed by hand begins at the top: it can show nothing that the list would not.
def _place(mark: str) -> tuple[datetime, UUID, str, UUID] | None:
    try:
        due_at, subject, name, about = mark.split("~")
        at = datetime.fromisoformat(due_at)
        return (at, UUID(subject), name, UUID(about)) if at.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None
