"""The ledger at the desk and on the operations plane: who is late, how far each has got, what was sent."""

from dataclasses import fields
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from fastapi.responses import JSONResponse

from chassis import audit
from chassis.database import Session
from chassis.proof import VERDICT_WORDS, Sent
from chassis.web import FormData, FormErrors, PageRequest, Response
from contracts.vocabulary import LineState, Team, is_reference, tidy_reference
from services.intake.domain import NO_REFERENCE, ReferralUnknown
from services.intake.queries import (
    LateLine,
    LatePlace,
    Ledger,
    Line,
    LineList,
    LinePlace,
    PlacedLine,
    count_late_lines,
    count_unreached,
    late_lines,
    ledger,
    newest_ledgers,
    proof,
    unreached,
)
from services.intake.queries import ledger_lines as lines_of_all
from services.intake.web.naming import MESSAGES, SERVICES, TEAMS, TOPICS
from services.intake.web.places import SHOWN, age, mark, moment_of, place_of, reference_of
from services.intake.web.unreached import unreached_line

OPS_LIMIT = 200
LATE, ALL = "late", "all"
STATES = {
    LineState.WAITING: "Waiting to be sent",
    LineState.SENT: "Sent, not stored",
    LineState.STORED: "Stored",
    LineState.DELIVERED: "Delivered to a server",
    LineState.UNDELIVERED: "Could not be delivered",
    LineState.SEEN: "Seen by people",
    LineState.ACKNOWLEDGED: "Acknowledged",
    LineState.PARKED: "Parked",
    LineState.WAIVED: "Waived",
    LineState.ERASED: "Erased",
}
WHICH = ((LATE, "Late"), (ALL, "All"), *((str(state), words) for state, words in STATES.items()))


async def late(request: PageRequest) -> Response:
    """List the required teams that are late, or the lines of one team or in one state, and find a ledger."""
    given = request.query.get("reference", "").strip()
    wanted = tidy_reference(given)
    if is_reference(wanted):
        return request.redirect("ledger_lines", reference=wanted)
    if given:
        return await _late_page(request, (("reference", NO_REFERENCE),), status=404)
    return await _late_page(request)


async def _late_page(request: PageRequest, errors: tuple[tuple[str, str], ...] = (), *, status: int = 200) -> Response:
    team, which = _team(request.query.get("team", "")), request.query.get("which", LATE)
    which = which if which in dict(WHICH) else LATE
    async with request.transaction() as session:
        count = await count_late_lines(session, now=request.now)
        not_told = await count_unreached(session)
        rows, more = await (_late_rows if which == LATE else _line_rows)(session, request, team, which)
    filters = {"team": str(team or ""), "which": which}
    given = {"reference": request.query.get("reference", ""), **filters}
    form = FormErrors(FormData({name: (value,) for name, value in given.items()}), errors)
    choices = {"teams": list(TEAMS.items()), "which": WHICH, "filters": urlencode(filters), "late": which == LATE}
    choices["begun"] = bool(request.query.get("after"))
    counts = {"count": count, "not_told": not_told}
    return request.render("late", status=status, rows=rows, more=more, form=form, **counts, **choices)


Rows = tuple[list[dict[str, object]], str]


async def _late_rows(session: Session, request: PageRequest, team: Team | None, _: str) -> Rows:
    after = _late_place(request.query.get("after", ""))
    found = await late_lines(session, now=request.now, limit=SHOWN + 1, after=after, team=team)
    rows: list[dict[str, object]] = [
        {
            "reference": line.reference,
            "team": TEAMS[line.team],
            "late_by": age(line.due_at, request.now),
            "due_at": line.due_at,
            "stored": line.stored,
            "parked": line.parked,
        }
        for line in found[:SHOWN]
    ]
    return rows, mark(found[SHOWN - 1].place) if len(found) > SHOWN else ""


async def _line_rows(session: Session, request: PageRequest, team: Team | None, which: str) -> Rows:
    listed = await _listed(session, team, which, request.query.get("after", ""), SHOWN)
    return [_row(each, request.now) for each in listed.lines], mark(listed.after) if listed.after else ""


async def _listed(session: Session, team: Team | None, which: str, after: str, limit: int) -> LineList:
    state = None if which == ALL else LineState(which)
    return await lines_of_all(session, team=team, state=state, limit=limit, after=_line_place(after))


def _row(placed: PlacedLine, now: datetime) -> dict[str, object]:
    line = placed.line
    return {
        "reference": placed.reference,
        "team": TEAMS[line.team],
        "state": STATES[line.state],
        "colour": COLOURS[line.state],
        "overdue": line.overdue(now),
        "age": age(placed.received_at, now),
        "received_at": placed.received_at,
        "required": line.required,
    }


COLOURS = {
    LineState.WAITING: "orange",
    LineState.SENT: "orange",
    LineState.STORED: "green",
    LineState.DELIVERED: "green",
    LineState.UNDELIVERED: "red",
    LineState.SEEN: "green",
    LineState.ACKNOWLEDGED: "green",
    LineState.PARKED: "red",
    LineState.WAIVED: "grey",
    LineState.ERASED: "grey",
}


async def ledger_lines(request: PageRequest) -> Response:
    """Show how far every team has got with one referral, who could not be told, and what was sent to whom."""
    reference = tidy_reference(request.path["reference"])
    try:
        async with request.transaction() as session:
            found = await ledger(session, reference)
            _, sent = await proof(session, reference)
            not_told = await unreached(session, found.referral_id)
            await audit.record_read(session, subject=found.referral_id, now=request.now, reason="intake-desk-ledger")
    except ReferralUnknown as error:
        return await _late_page(request, (("reference", str(error)),), status=404)
    lines = [
        {
            "team": TEAMS[line.team],
            "required": line.required,
            "state": STATES[line.state],
            "colour": COLOURS[line.state],
            "overdue": line.overdue(request.now),
            "due_at": line.due_at,
            "acknowledge_by": line.acknowledge_by,
            **_moments(line),
        }
        for line in found.lines
    ]
    return request.render(
        "ledger_lines",
        reference=found.reference,
        received_at=found.received_at,
        age=age(found.received_at, request.now),
        lines=lines,
        not_told=[unreached_line(each, request.now) for each in not_told],
        sent=[_shown(each) for each in sent],
    )


def _shown(each: Sent) -> dict[str, object]:
    return {
        "each": each,
        "message": MESSAGES.get(each.type) or TOPICS.get(each.topic, each.topic),
        "name": each.type or each.topic,
        "recipient": SERVICES.get(each.recipient, each.recipient),
        "verdict": VERDICT_WORDS[each.verdict],
    }


async def ledger_as_json(request: PageRequest) -> Response:
    """Answer one ledger to the operations plane."""
    async with request.transaction() as session:
        found = await ledger(session, tidy_reference(request.path["reference"]))
        await audit.record_read(session, subject=found.referral_id, now=request.now, reason="operations-ledger")
    return JSONResponse(ledger_content(found))


async def proof_as_json(request: PageRequest) -> Response:
    """Answer what was sent to whom of one referral, with digests and times, to the operations plane."""
    reference = tidy_reference(request.path["reference"])
    async with request.transaction() as session:
        subject, sent = await proof(session, reference)
        await audit.record_read(session, subject=subject, now=request.now, reason="operations-proof")
    return JSONResponse({"reference": reference, "sent": [_sent(each) for each in sent]})


async def newest_ledgers_as_json(request: PageRequest) -> Response:
    """Answer the newest ledgers to the operations plane."""
    async with request.transaction() as session:
        found = await newest_ledgers(session, limit=_limit(request, 10))
    return JSONResponse({"ledgers": [ledger_content(each) for each in found]})


async def lines_as_json(request: PageRequest) -> Response:
    """Answer lines to the operations plane: `which` is late, all or a state; `team` one team; `after` goes on."""
    team, which = _team(request.query.get("team", "")), request.query.get("which", ALL)
    which, after, limit = which if which in dict(WHICH) else ALL, request.query.get("after", ""), _limit(request, SHOWN)
    async with request.transaction() as session:
        if which == LATE:
            place = _late_place(after)
            found = await late_lines(session, now=request.now, limit=limit + 1, after=place, team=team)
            lines = [_late_content(line, request.now) for line in found[:limit]]
            more = mark(found[limit - 1].place) if len(found) > limit else ""
        else:
            listed = await _listed(session, team, which, after, limit)
            lines = [_placed_content(each, request.now) for each in listed.lines]
            more = mark(listed.after) if listed.after else ""
    return JSONResponse({"which": which, "lines": lines, "after": more})


def _late_content(line: LateLine, now: datetime) -> dict[str, Any]:
    return {
        "reference": line.reference,
        "team": str(line.team),
        "late_for": "acknowledging" if line.stored else "storing",
        "due_at": line.due_at.isoformat(),
        "parked": line.parked,
        "age": age(line.due_at, now),
    }


def _placed_content(placed: PlacedLine, now: datetime) -> dict[str, Any]:
    return {
        "reference": placed.reference,
        "received_at": placed.received_at.isoformat(),
        "age": age(placed.received_at, now),
        "overdue": placed.line.overdue(now),
        **_line_content(placed.line),
    }


def ledger_content(found: Ledger) -> dict[str, Any]:
    """Return a ledger as the operations plane sends it."""
    return {
        "reference": found.reference,
        "subject": str(found.referral_id),
        "correlation_id": str(found.correlation_id),
        "received_at": found.received_at.isoformat(),
        "lines": [_line_content(line) for line in found.lines],
    }


def _line_content(line: Line) -> dict[str, Any]:
    return {
        "team": str(line.team),
        "service": line.service,
        "required": line.required,
        "state": str(line.state),
        "due_at": line.due_at.isoformat(),
        "acknowledge_by": line.acknowledge_by.isoformat() if line.acknowledge_by else None,
        **{name: moment.isoformat() if moment else None for name, moment in _moments(line).items()},
    }


def _sent(each: Sent) -> dict[str, Any]:
    times = ("recorded_at", "sent_at", "stored_at", "erased_at", "waived_at")
    return {
        "event_id": str(each.event_id),
        "type": each.type,
        "topic": each.topic,
        "recipient": each.recipient,
        "digest": each.digest,
        "documents": list(each.documents),
        "verdict": str(each.verdict),
        **{name: moment.isoformat() if (moment := getattr(each, name)) else None for name in times},
    }


def _moments(line: Line) -> dict[str, datetime | None]:
    return {each.name: getattr(line.times, each.name) for each in fields(line.times)}


def _limit(request: PageRequest, ordinary: int) -> int:
    given = request.query.get("limit", "")
    return max(1, min(int(given), OPS_LIMIT)) if given.isdecimal() and given.isascii() else ordinary


def _team(given: str) -> Team | None:
    return Team(given) if given in set(Team) else None


def _late_place(given: str) -> LatePlace | None:
    found: LatePlace | None = place_of(given, "True".__eq__, moment_of, reference_of, Team)
    return found


def _line_place(given: str) -> LinePlace | None:
    found: LinePlace | None = place_of(given, moment_of, reference_of, lambda team: team and str(Team(team)))
    return found
