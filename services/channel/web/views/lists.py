"""The two lists of the Dovetail team: referrals that it may know of, and cases that it has."""

from datetime import UTC, datetime
from uuid import UUID

from chassis.web import PageRequest, Response
from services.channel import operations, queries
from services.channel.domain import OUTCOME_LABELS, STATE_LABELS
from services.channel.queries import AwarenessLine, CaseLine, SamePerson


async def home(page: PageRequest) -> Response:
    """Lead to the cases."""
    return page.redirect("cases")


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
    """Show the cases that wait for the team or are with it."""
    async with page.transaction() as session:
        found = await queries.cases(session, queries.OPEN_STATES, _case_place(page.query.get("after", "")))
    lines, more = found[: queries.PAGE], ""
    if len(found) > queries.PAGE:
        last = lines[-1]
        more = f"{int(last.immediate_danger)}~{last.opened_at.isoformat()}~{last.subject}"
    return page.render("cases", title="Cases", lines=[_case(line, page.now) for line in lines], more=more)


async def find(page: PageRequest) -> Response:
    """Lead from a reference to its case."""
    async with page.transaction() as session:
        found = await queries.held_by_reference(session, page.query.get("reference", ""))
    return page.redirect("case", reference=found.reference)


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


def _case(line: CaseLine, now: datetime) -> dict[str, object]:
    clock = line.clock
    return {
        "reference": line.reference,
        "immediate_danger": line.immediate_danger,
        "state": STATE_LABELS[line.state],
        "opened_at": line.opened_at,
        "clock": clock.name if clock else "",
        "due_at": clock.due_at if clock else None,
        "overdue": clock is not None and clock.due_at < now,
        "risk_owner": line.risk_owner,
        "halted": line.halted,
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
        danger, opened_at, subject = mark.split("~")
        return danger == "1", _moment(opened_at), UUID(subject)
    except (ValueError, OverflowError):
        return None
