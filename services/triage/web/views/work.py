"""What one officer has to do, and how the work lies between all of them."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from chassis.clock import LONDON
from chassis.web import PageRequest, Response
from chassis.web.assessing import draft_lines
from services.triage import operations, queries
from services.triage.domain import SEE_GATEWAY_QUEUE, STATE_LABELS, Command, Obligation, Practices
from services.triage.queries import BegunLine, Load, OwedLine
from services.triage.web.views.discarding import label_of
from services.triage.web.views.queues import age, line_values

KINDS = {
    Obligation.SIGNPOST: "Signpost",
    Obligation.REQUEST: "Request for information",
    Obligation.ACTION: "Action",
}


async def work(page: PageRequest) -> Response:
    """Show what the person who asks has to do, what is late first."""
    me = page.actor
    async with page.transaction() as session:
        if page.may(SEE_GATEWAY_QUEUE):
            operations.note_officer(session, page.now.astimezone(LONDON).date())
        held = await queries.held_by_officer(session, me.id)
        own = await queries.owed_by(session, me.id, me.name or me.id)
        owed = await queries.owed_to(session, me.id)
        begun = await queries.begun_by(session, me.id)
        drafts = await queries.drafts_by(session, me.id)
        proposed = await queries.proposed_by(session, me.id)
        waiting = await queries.to_sign_off(session, me.id) if page.may(Command.SIGN_OFF) else ()
    have = {line.reference for line in held}
    shown = held[: queries.QUEUE_PAGE]
    local: Practices = page.runtime.clients
    return page.render(
        "work",
        title="My work",
        lines=[line_values(line, page.now) for line in shown],
        overdue=sum(line.next_due_at < page.now for line in shown),
        takes=page.may(Command.TAKE),
        more=page.url("gateway_queue", view="open", officer="mine", sort="due") if len(held) > len(shown) else "",
        own=_owed(own, page.now),
        owed=_owed(owed, page.now),
        begun=[
            *_begun(begun),
            *draft_lines(page, drafts, lambda each: local.under(each.area, each.area_version, page.now)),
        ],
        # What I have stands above already, with its state.
        proposed=[line_values(line, page.now) for line in proposed if line.reference not in have],
        waiting=[line_values(line, page.now) for line in waiting],
    )


async def workload(page: PageRequest) -> Response:
    """Show how the work lies between the officers, for whoever allocates it."""
    async with page.transaction() as session:
        loads = await queries.workload(session, page.now)
    return page.render("workload", title="Workload", rows=_by_officer(page, loads))


def _begun(lines: Sequence[BegunLine]) -> list[dict[str, object]]:
    return [
        {
            "label": f"{label_of(each)}, {each.reference}",
            "href": each.address,
            "at": each.saved_at,
        }
        for each in lines
    ]


def _owed(lines: Sequence[OwedLine], now: datetime) -> list[dict[str, object]]:
    return [
        {
            "reference": each.reference,
            "kind": KINDS[each.kind],
            "owner": each.owner,
            "due_at": each.due_at,
            "overdue": each.due_at < now,
            # Only a service that is signposted to acknowledges; an action of one's own or a request has nobody to.
            "acknowledged": each.acknowledged or each.kind is not Obligation.SIGNPOST,
        }
        for each in lines
    ]


def _by_officer(page: PageRequest, loads: Sequence[Load]) -> list[dict[str, object]]:
    """Return a row for each officer: nobody's work first, then who has most that is overdue."""
    by_officer: dict[str, list[Load]] = defaultdict(list)
    for load in loads:
        by_officer[load.officer_id].append(load)
    rows = [_row(page, officer_id, each) for officer_id, each in by_officer.items()]
    return [row for _, row in sorted(rows, key=lambda pair: pair[0])]


def _row(page: PageRequest, officer_id: str, loads: list[Load]) -> tuple[tuple[object, ...], dict[str, object]]:
    number, overdue = sum(each.number for each in loads), sum(each.overdue for each in loads)
    name = max(each.officer for each in loads) if officer_id else "Nobody yet"
    order = {state: place for place, state in enumerate(STATE_LABELS)}
    return (bool(officer_id), -overdue, -number, name), {
        "officer": name,
        "number": number,
        "overdue": overdue,
        "oldest": age(min(each.oldest_at for each in loads), page.now),
        "href": page.url("gateway_queue", view="open", officer=officer_id or queries.NOBODY, sort="due"),
        "states": [
            {"label": STATE_LABELS[each.state], "number": each.number}
            for each in sorted(loads, key=lambda load: order[load.state])
        ],
    }
