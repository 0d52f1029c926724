"""The case page and its documents."""

from collections.abc import Callable
from functools import partial
from itertools import groupby
from uuid import UUID

from chassis import documents
from chassis.errors import Missing
from chassis.web import PageRequest, Response
from chassis.web.filed import filed_of
from contracts.vocabulary.nrf import answered
from services.channel import queries
from services.channel.domain import HAPPENED, STATE_LABELS, Command, State, next_states, whose_turn
from services.channel.domain.grouping import ABOUT_ONE, group_of, next_steps
from services.channel.queries import CaseView
from services.channel.web.views.asked import Opened, has_page, opened, shown, way_to
from services.channel.web.views.discarding import left_by_others
from services.channel.web.views.information import owed_line

KINDS = {
    "information-gathering": "For information gathering",
    "section-36": "Section 36 referral",
    "transfer": "From another panel",
}


class DocumentElsewhere(Missing):
    """The document belongs to no case that this address names."""

    reason = "document-absent"


async def case(page: PageRequest) -> Response:
    """Show everything about one case."""
    async with page.transaction() as session:
        found = await opened(page, session, reason="case-page")
        view = await queries.case_view(session, found.held)
        listed = await filed_of(session, found.held.subject, found.held.reference)
        gaps = await queries.uncovered(session, found.held.subject)
        owed = await queries.open_obligations(session, found.held.subject)
        left = await left_by_others(page, session, found)
        # The clock of what is owed stands beside whoever owes it, and nowhere else.
        clock_of = {each.about: each for each in view.clocks if each.stopped_at is None}
        beside = {each.id for each in owed} & clock_of.keys()
        clocks = [each for each in view.clocks if each.about not in beside]
        whose = await queries.whose_clocks(session, {each.about for each in clocks})
    values = {
        "clocks": clocks,
        "obligations": [{"id": about, "owner": owner} for about, owner in whose.items()],
        "owed": [{**owed_line(each, page.now), "clock": clock_of.get(each.id)} for each in owed],
        "left_by_others": left,
        "gaps": [vars(each) for each in gaps],
        "plan_url": page.url("plan", reference=found.held.reference),
        "documents": listed,
        "document_url": lambda each: page.url("document", reference=found.held.reference, document_id=each),
    }
    return shown(page, "case", found, {**case_values(view, found, partial(way_to, page, found)), **values})


async def document(page: PageRequest) -> Response:
    """Hand out one document of the pack as a download; reading it is audited."""
    async with page.transaction() as session:
        found = await opened(page, session, reason="document-download")
        held = await documents.read(session, _id(page.path["document_id"]))
        if held.subject != found.held.subject:
            raise DocumentElsewhere("There is no such document with this case: open the case and choose again.")
        listed = await filed_of(session, held.subject, found.held.reference)
    name = next(each.file_name for each in listed if each.id == held.reference.id)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(held.body, media_type="application/octet-stream", headers=headers)


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise DocumentElsewhere("There is no such document: open the case and choose again.") from None


def case_values(view: CaseView, found: Opened, way: Callable[[Command], str]) -> dict[str, object]:
    """Return everything that the page of a case shows, as plain values."""
    held = view.held
    return {
        "title": f"Case {held.reference}",
        "state": STATE_LABELS[held.situation.state],
        "been": _been(view),
        "possible": [STATE_LABELS[state] for state in next_states(held.situation, found.practice)],
        "turn": whose_turn(held.situation, found.practice),
        "risk_owner": held.situation.risk_owner,
        "coordinator": held.coordinator,
        "opened_at": held.opened_at,
        "packs": [{**vars(each), "label": KINDS[each.kind]} for each in view.packs],
        "answers": answered(view.form) if view.form else (),
        "clocks": view.clocks,
        **_offered(found, way),
        "unread": held.situation.state is State.OFFERED,
        "entries": _entries(view),
    }


def _offered(found: Opened, way: Callable[[Command], str]) -> dict[str, object]:
    """Return what is offered: what usually comes next, what else is possible by groups, and what is not, with why."""
    every = [
        vars(each) | {"command": each.command.value, "url": way(each.command), "group": group_of(each.command)}
        for each in found.offers
        if has_page(each.command) and each.command not in ABOUT_ONE
    ]
    possible = {each["command"]: each for each in every if not each["refusal"]}
    following = [possible.pop(each) for each in next_steps(found.held.situation) if each in possible]
    return {"offers": every, "following": following, "further": list(possible.values())}


def _been(view: CaseView) -> list[str]:
    """Return the states that it has been in, the present one last."""
    return [STATE_LABELS[State(state)] for state, _ in groupby(entry.to_state for entry in view.timeline)]


def _entries(view: CaseView) -> list[dict[str, object]]:
    """Return the timeline, newest first, naming the state and the risk owner where they changed."""
    entries: list[dict[str, object]] = []
    owner = ""
    for entry in view.timeline:
        words = [entry.note] if entry.note else []
        if entry.from_state not in ("", entry.to_state):
            words.append(f"{STATE_LABELS[State(entry.from_state)]} before; now: {STATE_LABELS[State(entry.to_state)]}.")
        if entry.risk_owner != owner:
            words.append(f"Risk owner: {entry.risk_owner}.")
            owner = entry.risk_owner
        title = HAPPENED[Command(entry.command)]
        entries.append({"title": title, "by": entry.by, "at": entry.at, "text": "\n".join(words)})
    return entries[::-1]
