"""The intelligence unit records what it found."""

from collections.abc import Mapping

from chassis.policy import allow
from chassis.web import FormErrors, PageRequest, Response, blank, parse, refused
from services.triage import operations, queries
from services.triage.domain import (
    ChangedMeanwhile,
    Command,
    Record,
    State,
    lacks,
    permissions,
)
from services.triage.operations import Act
from services.triage.web.forms import DeconflictionForm
from services.triage.web.views.asked import Opened, changes_text, opened, page_of, shown

FOUND = {
    Command.CLEAR: "Clear to proceed",
    Command.CONFLICT: "Conflict",
    Command.MORE_TIME: "More time is needed",
}
STOPS = "The pathway stops. The Gateway is told whom to speak to, not what it is about."
HINTS = {
    Command.CLEAR: "The Gateway may decide.",
    Command.CONFLICT: STOPS,
    Command.MORE_TIME: "Counted from the present deadline. The Gateway is told that you need it, not why.",
}
_ON_OFFER = f"{STOPS} The pack that Channel has not accepted is taken back: Channel reads whom to speak to, too."
_WITH_CHANNEL = {
    Command.CONFLICT: "Channel, which owns the risk, is asked to wait: it is told whom to speak to, not why.",
    Command.CLEAR: "Channel is told that it may go on.",
}
PURSUIT = (Command.OFFER_PURSUIT, Command.PURSUE, Command.PURSUIT_REFUSED, Command.PURSUIT_CALLED_BACK)
HINTS_IN: Mapping[State, Mapping[Command, str]] = {
    State.PURSUE: {
        Command.CLEAR: "The Gateway may decide. The investigating officer owns the risk until a decision names another."
    },
    State.PASSED_ON: {Command.CONFLICT: _ON_OFFER},
    State.SECTION_36: {Command.CONFLICT: _ON_OFFER},
    State.TRANSFERRING: {Command.CONFLICT: f"{STOPS} The offer to the other force is called back."},
    State.HANDED_OVER: _WITH_CHANNEL,
    State.GIVEN_BACK: _WITH_CHANNEL,
}
"""What an outcome brings about where somebody else has the referral, or is offered it."""
NAMED = frozenset({Command.CONFLICT, Command.MORE_TIME})
"""The outcomes with which the unit says whom the Gateway may speak to."""


async def deconflict(page: PageRequest) -> Response:
    """Ask what was found."""
    async with page.transaction() as session:
        found = await opened(page, session, reason="deconfliction")
    return _asked(page, found, blank({"contact": page.actor.name}))


async def record_deconfliction(page: PageRequest) -> Response:
    """Record it, or show what is missing; typed words are kept when somebody else was first."""
    data = await page.form()
    form = parse(DeconflictionForm, data)
    async with page.transaction() as session:
        found = await opened(page, session, reason="deconfliction")
    if isinstance(form, FormErrors):
        return _asked(page, found, form, status=422)
    if form.outcome not in FOUND:
        return _asked(page, found, refused(data, ("outcome", "Choose what was found")), status=422)
    command = Command(form.outcome)
    allow(page.actor, command, permissions())
    if form.row_version != found.held.row_version:
        return await _changed(page, refused(data), form.row_version)
    contact = form.contact if command in NAMED else ""
    act = Act(command, page.now, Record(rationale=form.rationale, contact=contact), form.row_version)
    if missing := lacks(command, found.held.situation.state, act.record):
        return _asked(page, found, refused(data, *((name, "Enter a note") for name, _ in missing)), status=422)
    try:
        async with page.transaction() as session:
            await operations.record_deconfliction(session, found.held.subject, act, found.practice)
    except ChangedMeanwhile:
        return await _changed(page, refused(data), form.row_version)
    page.flash(f"Recorded: {FOUND[command].lower()}.")
    return page.redirect("referral", reference=found.held.reference)


async def _changed(page: PageRequest, form: FormErrors, seen: int) -> Response:
    async with page.transaction() as session:
        found = await opened(page, session, reason="deconfliction")
        changes = await queries.changes_since(session, found.held.subject, seen)
    return _asked(page, found, form, status=409, changes=changes_text(changes))


def _asked(
    page: PageRequest,
    found: Opened,
    form: FormErrors,
    *,
    status: int = 200,
    changes: list[dict[str, object]] | None = None,
) -> Response:
    offered = [offer for offer in found.offers if offer.command in FOUND]
    pursued = [
        (each.label, page_of(page, each.command, found.held.reference))
        for each in found.offers
        if each.command in PURSUIT and not each.refusal
    ]
    hints = {**HINTS, **HINTS_IN.get(found.held.situation.state, {})}
    return shown(
        page,
        "deconflict",
        found,
        {
            "title": "Record deconfliction",
            "form": form,
            "choices": [
                (each.command.value, FOUND[each.command], hints[each.command]) for each in offered if not each.refusal
            ],
            "refusals": [vars(each) for each in offered if each.refusal],
            "pursuit": pursued,
            "changes": changes or [],
        },
        status,
    )
