"""The ledger at the desk: which teams are late, and how far each has got; the same for the operations plane."""

from dataclasses import fields
from datetime import datetime
from typing import Any

from fastapi.responses import JSONResponse

from chassis import audit
from chassis.web import FormData, FormErrors, PageRequest, Response
from contracts.vocabulary import Team, is_reference, tidy_reference
from services.intake.domain import NO_REFERENCE, ReferralUnknown
from services.intake.queries import LatePlace, Ledger, Line, count_late_lines, late_lines, ledger, newest_ledgers
from services.intake.web.places import SHOWN, age, mark, moment_of, reference_of

OPS_LIMIT = 200
TEAMS = {
    Team.IMU: "Intelligence unit",
    Team.GATEWAY: "Police Gateway",
    Team.FRONT_DOOR: "Social care front door",
    Team.DOVETAIL: "Dovetail team",
    Team.STATISTICS: "Statistics",
}


async def late(request: PageRequest) -> Response:
    """List the required teams that have not stored or acknowledged in time, and find a ledger by reference."""
    given = request.query.get("reference", "").strip()
    wanted = tidy_reference(given)
    if is_reference(wanted):
        return request.redirect("ledger_lines", reference=wanted)
    if given:
        form = FormErrors(FormData({"reference": (given,)}), (("reference", NO_REFERENCE),))
        return await _late_page(request, form, status=404)
    return await _late_page(request, FormErrors())


async def _late_page(request: PageRequest, form: FormErrors, *, status: int = 200) -> Response:
    async with request.transaction() as session:
        count = await count_late_lines(session, now=request.now)
        after = _late_place(request.query.get("after", ""))
        found = await late_lines(session, now=request.now, limit=SHOWN + 1, after=after)
    lines = found[:SHOWN]
    rows = [
        {
            "reference": line.reference,
            "team": TEAMS[line.team],
            "late_by": age(line.due_at, request.now),
            "due_at": line.due_at,
            "stored": line.stored,
            "parked": line.parked,
        }
        for line in lines
    ]
    more = mark(lines[-1].place) if len(found) > SHOWN else ""
    return request.render("late", status=status, rows=rows, count=count, more=more, form=form)


async def ledger_lines(request: PageRequest) -> Response:
    """Show how far every team has got with one referral."""
    reference = tidy_reference(request.path["reference"])
    try:
        async with request.transaction() as session:
            found = await ledger(session, reference)
            await audit.record_read(session, subject=found.referral_id, now=request.now, reason="intake-desk-ledger")
    except ReferralUnknown as error:
        form = FormErrors(FormData({"reference": (reference,)}), (("reference", str(error)),))
        return await _late_page(request, form, status=404)
    lines = [
        {
            "team": TEAMS[line.team],
            "required": line.required,
            "state": str(line.state),
            "overdue": line.overdue(request.now),
            **_moments(line),
        }
        for line in found.lines
    ]
    return request.render("ledger_lines", reference=found.reference, received_at=found.received_at, lines=lines)


async def ledger_as_json(request: PageRequest) -> Response:
    """Answer one ledger to the operations plane."""
    async with request.transaction() as session:
        found = await ledger(session, tidy_reference(request.path["reference"]))
        await audit.record_read(session, subject=found.referral_id, now=request.now, reason="operations-ledger")
    return JSONResponse(ledger_content(found))


async def newest_ledgers_as_json(request: PageRequest) -> Response:
    """Answer the newest ledgers to the operations plane."""
    given = request.query.get("limit", "10")
    limit = min(int(given), OPS_LIMIT) if given.isdecimal() and given.isascii() else 10
    async with request.transaction() as session:
        found = await newest_ledgers(session, limit=limit)
    return JSONResponse({"ledgers": [ledger_content(each) for each in found]})


def ledger_content(found: Ledger) -> dict[str, Any]:
    """Return a ledger as the operations plane sends it."""
    return {
        "reference": found.reference,
        "subject": str(found.referral_id),
        "correlation_id": str(found.correlation_id),
        "received_at": found.received_at.isoformat(),
        "lines": [
            {
                "team": str(line.team),
                "service": line.service,
                "required": line.required,
                "state": str(line.state),
                "acknowledge_by": line.acknowledge_by.isoformat() if line.acknowledge_by else None,
                **{name: moment.isoformat() if moment else None for name, moment in _moments(line).items()},
            }
            for line in found.lines
        ],
    }


def _moments(line: Line) -> dict[str, datetime | None]:
    return {each.name: getattr(line.times, each.name) for each in fields(line.times)}


# A mark that somebody has changed by hand begins at the top: it can show nothing that the list would not.
def _late_place(mark: str) -> LatePlace | None:
    try:
        stored, due_at, reference, team = mark.split("~")
        return stored == "True", moment_of(due_at), reference_of(reference), Team(team)
    except (ValueError, OverflowError):
        return None
