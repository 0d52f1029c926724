"""The lists of the console: cases by what is due first, and referrals that the authority may know of."""

from datetime import UTC, datetime
from uuid import UUID

from chassis.clock import LONDON
from chassis.web import PageRequest, Response, blank
from services.channel import operations, queries
from services.channel.domain import (
    CONSENT_LABELS,
    OUTCOME_LABELS,
    RUN_MEETINGS,
    STATE_LABELS,
    Command,
    Practices,
    State,
)
from services.channel.queries import AwarenessLine, CaseLine, SamePerson, StateCount, Wanted

VIEWS = {"": ("Open cases", queries.OPEN_STATES), "over": ("Cases that have ended", queries.OVER_STATES)}
MINE = "mine"
HINTS = {
    "mine": "What you yourself are asked, and the actions that you owe.",
    "owed": "Everything that is open in all cases, by kind and by who owes it.",
    "interventions_to_look_at": "Interventions whose sessions are missing.",
    "reviews_to_come": "The reviews after closure, in the order of their dates.",
    "outcomes": "Without identity: why cases were not adopted, how they were closed, how long each stage took.",
    "awareness": "Which referrals exist and what the police decided, without identity.",
}
"""What the places are for that stand beyond the menu."""
FILTERS = ("view", "state", "coordinator", "district", "overdue")


async def home(page: PageRequest) -> Response:
    """Lead the team to its cases, who prepares and chairs meetings to those, and a member to what is shared."""
    if page.may(Command.TAKE):
        # Whoever has signed in can be given a case, whichever page they go to next.
        async with page.transaction() as session:
            operations.note_officer(session, page.now.astimezone(LONDON).date())
        return page.redirect("cases")
    return page.redirect("meetings" if page.may(RUN_MEETINGS) else "my_meetings")


async def more(page: PageRequest) -> Response:
    """Lead to the places that the menu has no room for, each with a sentence on what it is for."""
    beyond = [each | {"hint": HINTS.get(str(each["name"]), "")} for each in page.beyond_menu()]
    return page.render("more", title="More", beyond=beyond)


async def awareness(page: PageRequest) -> Response:
    """Show which referrals exist and what the police decided, without identity; being shown counts as seen."""
    async with page.transaction() as session:
        found = await queries.awareness(session, _awareness_place(page.query.get("after", "")))
        lines = found[: queries.PAGE]
        same = await queries.same_person(session, [line.reference for line in lines])
        new = await operations.mark_awareness_seen(session, [line.subject for line in lines], page.now)
    more = f"{lines[-1].received_at.isoformat()}~{lines[-1].subject}" if len(found) > queries.PAGE else ""
    shown = [_referral(line, same.get(line.reference), is_new=line.subject in new) for line in lines]
    return page.render("awareness", title="Referrals in your area", lines=shown, more=more)


async def cases(page: PageRequest) -> Response:
    """Show the cases, cut as the address says: what is due first in front, immediate danger before everything."""
    wanted = _wanted(page)
    async with page.transaction() as session:
        found = await queries.case_list(session, wanted)
        counts = await queries.case_counts(session, Wanted(states=_view(page)[1]), page.now)
        people = await queries.coordinators(session)
    lines, more = found[: queries.PAGE], ""
    if len(found) > queries.PAGE:
        last = lines[-1]
        more = f"{int(last.immediate_danger)}~{last.next_due_at.isoformat()}~{last.subject}"
    return page.render(
        "cases",
        title=_view(page)[0],
        form=blank({name: page.query.get(name, "") for name in FILTERS}),
        lines=[case_values(line, page.now) for line in lines],
        counts=[_count(page, each) for each in counts],
        total=sum(each.number for each in counts),
        total_overdue=sum(each.overdue for each in counts),
        states=[(state.value, STATE_LABELS[state]) for state in _view(page)[1]],
        people=[(MINE, "Mine"), (queries.NOBODY, "Nobody yet"), *people],
        districts=_districts(page),
        filtered=any(page.query.get(name) for name in FILTERS if name != "view"),
        over=page.query.get("view") == "over",
        more=more,
    )


async def find(page: PageRequest) -> Response:
    """Lead from a reference to its case."""
    async with page.transaction() as session:
        found = await queries.held_by_reference(session, page.query.get("reference", ""))
    return page.redirect("case", reference=found.reference)


def case_values(line: CaseLine, now: datetime) -> dict[str, object]:
    """Return what a list shows of one case."""
    clock = line.clock
    return {
        "reference": line.reference,
        "immediate_danger": line.immediate_danger,
        "state": STATE_LABELS[line.state],
        "opened_at": line.opened_at,
        "clock": clock.name if clock else "",
        "clock_of": clock.owner if clock else "",
        "due_at": clock.due_at if clock else None,
        "overdue": clock is not None and clock.due_at < now,
        "risk_owner": line.risk_owner,
        "coordinator": line.coordinator,
        "consent": CONSENT_LABELS[line.consent],
        "halted": line.halted,
    }


def _view(page: PageRequest) -> tuple[str, tuple[State, ...]]:
    return VIEWS.get(page.query.get("view", ""), VIEWS[""])


def _wanted(page: PageRequest) -> Wanted:
    asked = page.query.get("state", "")
    states = tuple(state for state in _view(page)[1] if not asked or state.value == asked)
    coordinator = page.query.get("coordinator", "")
    return Wanted(
        states=states or _view(page)[1],
        coordinator=page.actor.id if coordinator == MINE else coordinator,
        district=page.query.get("district", ""),
        overdue=page.now if page.query.get("overdue") else None,
        after=_case_place(page.query.get("after", "")),
    )


def _districts(page: PageRequest) -> list[tuple[str, str]]:
    local: Practices = page.runtime.clients
    names = {name for area in sorted(page.actor.areas - {"*"}) for name in local.districts_of(area, page.now)}
    return [(name, name) for name in sorted(names)]


def _count(page: PageRequest, each: StateCount) -> dict[str, object]:
    view = {"view": page.query["view"]} if page.query.get("view") else {}
    return {
        "label": STATE_LABELS[each.state],
        "number": each.number,
        "overdue": each.overdue,
        "href": page.url("cases", **view, state=each.state.value),
        "current": page.query.get("state") == each.state,
    }


def _referral(line: AwarenessLine, same: SamePerson | None, *, is_new: bool) -> dict[str, object]:
    return {
        "reference": line.reference,
        "received_at": line.received_at,
        "age_band": line.age_band,
        "district": line.district,
        "outcome": OUTCOME_LABELS.get(line.outcome, line.outcome),
        "same": same,
        "decided_at": line.decided_at,
        "has_case": line.has_case,
        "is_new": is_new,
    }


def _moment(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        message = "a moment without its zone"
        raise ValueError(message)
    return at.astimezone(UTC)


# A mark that somebody has changed by hand begins at the top: it can show nothing that the list would not.
def _awareness_place(mark: str) -> tuple[datetime, UUID] | None:
    try:
        received_at, subject = mark.split("~")
        return _moment(received_at), UUID(subject)
    except (ValueError, OverflowError):
        return None


def _case_place(mark: str) -> tuple[bool, datetime, UUID] | None:
    try:
        danger, due_at, subject = mark.split("~")
        return danger == "1", _moment(due_at), UUID(subject)
    except (ValueError, OverflowError):
        return None
