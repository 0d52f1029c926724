"""The interventions of a case: what was commissioned, planned and delivered, and who has sessions missing."""

from datetime import UTC, date, datetime
from uuid import UUID

from chassis.clock import LONDON
from chassis.web import PageRequest, Response
from contracts.vocabulary import day_in_words
from services.channel import queries
from services.channel.domain import (
    LAPSES_WITHIN,
    SESSION_LABELS,
    Approval,
    Command,
    Consent,
    Practice,
    Practices,
    SessionState,
    approval,
    counted,
    shortfall_words,
    shortfalls,
)
from services.channel.queries import Commissioned, InterventionView, SessionView, ShortIntervention
from services.channel.web.views.asked import Opened, opened, shown

_COLOURS = {
    SessionState.DELIVERED: "green",
    SessionState.MISSED: "orange",
    SessionState.PLANNED: "blue",
    SessionState.CALLED_OFF: "grey",
}


async def interventions(page: PageRequest) -> Response:
    """Show the interventions of a case, each with its sessions counted and what is missing."""
    async with page.transaction() as session:
        found = await opened(page, session, reason="interventions")
        every = await queries.interventions(session, found.held.subject)
    today = page.now.astimezone(LONDON).date()
    values = {
        "title": "Interventions",
        "interventions": [_intervention(each, found, today) for each in every],
        "commission": not found.refusal(Command.COMMISSION),
        "refusal": found.refusal(Command.COMMISSION),
        "works": not found.refusal(Command.NOTE),
        "stop": found.held.situation.consent is not Consent.GIVEN and any(each.ended_at is None for each in every),
    }
    return shown(page, "interventions", found, values)


async def interventions_to_look_at(page: PageRequest) -> Response:
    """List interventions with sessions missing in the person's areas, and approvals that end before the work does."""
    async with page.transaction() as session:
        short = await queries.interventions_to_look_at(session, _place(page.query.get("after", "")))
        running = await queries.commissioned_by_provider(session)
    lines = short[: queries.PAGE]
    more = f"{lines[-1].raised_at.isoformat()}~{lines[-1].id}" if len(short) > queries.PAGE else ""
    lapsing = [words for each in running if (words := _lapsing(page, each))]
    title, shown_lines = "Interventions to look at", [_line(each) for each in lines]
    return page.render("interventions_to_look_at", title=title, lines=shown_lines, more=more, lapsing=lapsing)


def _intervention(each: InterventionView, found: Opened, today: date) -> dict[str, object]:
    delivery = counted(each.commission, each.sittings, today)
    ended = each.ended_at is not None
    missing = () if ended else tuple(shortfall_words(delivery, short) for short in shortfalls(delivery))
    return {
        **vars(each),
        "ended": ended,
        "delivery": vars(delivery) | {"to_be_planned": delivery.to_be_planned},
        "missing": missing,
        "is_short": each.is_short,
        "explained": bool(each.explanation) and not each.is_short,
        "approval": "" if ended else _approval_words(each, found.practice, today),
        "brief": each.briefs[0] if each.briefs else None,
        "older": each.briefs[1:],
        "rows": [_session(one, today) for one in each.held],
    }


def _session(one: SessionView, today: date) -> dict[str, object]:
    label, colour = SESSION_LABELS[one.state], _COLOURS[one.state]
    if one.state is SessionState.PLANNED and one.sitting.report_by < today:
        label, colour = "Nobody has reported", "red"
    elif one.state is SessionState.PLANNED and one.held_on < today:
        label = "Report awaited"
    return {**vars(one), "label": label, "colour": colour, "open": one.state is SessionState.PLANNED}


def _approval_words(each: InterventionView, practice: Practice, today: date) -> str:
    provider = practice.providers.get(each.provider_id)
    return _until(approval(provider, today, today), provider.approved_until if provider else None)


def _until(standing: Approval, until: date | None) -> str:
    if until is None:
        return "The area’s list does not have this provider any more."
    day = day_in_words(until, "en")
    ends = {
        Approval.APPROVED: "",
        Approval.LAPSES_SOON: f"The provider’s approval ends on {day}.",
        Approval.LAPSED: f"The provider’s approval ended on {day}: no session takes place any more.",
    }
    return ends[standing]


def _lapsing(page: PageRequest, each: Commissioned) -> dict[str, object] | None:
    """Return a provider whose approval ends soon, or before the work that is commissioned does."""
    local: Practices = page.runtime.clients
    today = page.now.astimezone(LONDON).date()
    provider = local.current(each.area, page.now).providers.get(each.provider_id)
    standing = approval(provider, max(today, min(each.finish_on, today + LAPSES_WITHIN)), today)
    if standing is Approval.APPROVED:
        return None
    until = provider.approved_until if provider else None
    words = _until(approval(provider, today, today), until)
    return {"provider": each.provider, "words": words, "count": each.count, "last": each.finish_on}


def _line(each: ShortIntervention) -> dict[str, object]:
    return vars(each)


# A mark that somebody has changed by hand begins at the top: it can show nothing that the list would not.
def _place(mark: str) -> tuple[datetime, UUID] | None:
    try:
        raised_at, intervention = mark.split("~")
        at = datetime.fromisoformat(raised_at)
        return (at.astimezone(UTC), UUID(intervention)) if at.tzinfo else None
    except (ValueError, OverflowError):
        return None
