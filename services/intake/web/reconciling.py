"""What the daily counts found, at the desk and on the operations plane, and what people say of a difference."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, ClassVar
from uuid import UUID

from fastapi.responses import JSONResponse
from pydantic import Field, ValidationError

from chassis.database import Session
from chassis.web import Form, FormData, FormErrors, PageRequest, Response, parse, parse_date
from services.intake.domain import LONDON
from services.intake.domain.reconciliation import CountState, ExplanationUnreadable, Measure
from services.intake.operations import explain
from services.intake.queries import count_open_differences, localities_of, reconciliation_line
from services.intake.queries import reconciliation as lines_of_counts
from services.intake.queries.reconciliation import CountLine
from services.intake.web.naming import SERVICES, TOPICS

MOST_LINES = 200
MEASURES: Mapping[str, str] = {
    Measure.ORIGINALS: "Originals kept",
    Measure.VERSIONS: "Versions kept",
    Measure.AUDIT: "Receipts in the audit",
    Measure.SET_ASIDE: "Mails set aside",
}
STATES = {
    CountState.OPEN: ("Open", "red"),
    CountState.EXPLAINED: ("Explained", "grey"),
    CountState.AGREES: ("Agrees", "green"),
}


class ExplainForm(Form):
    """Why a difference is none, or what was done about it."""

    messages: ClassVar[Mapping[str, str]] = {
        "reason": "Enter what the difference is and what was done about it",
        "reason.string_too_long": "What you write must be 400 characters or fewer",
    }
    reason: Annotated[str, Field(min_length=3, max_length=400, pattern=r"^[^\x00]*$")]


async def reconciliation(request: PageRequest) -> Response:
    """List the lines of the daily counts, those that are open first, or those of one day."""
    sent, wrong = FormData({name: (value,) for name, value in request.query.items()}), ""
    try:
        day = parse_date(sent, "day", "day") or _day(sent.get("day"))
    except ValueError as error:
        day, wrong = None, str(error)
    form = FormErrors(sent, (("day", wrong),) if wrong else (), frozenset({"day"}))
    async with request.transaction() as session:
        total = await count_open_differences(session)
        opened = await lines_of_counts(session, state=CountState.OPEN, limit=MOST_LINES) if day is None else ()
        lines = await lines_of_counts(session, day=day, limit=MOST_LINES)
    areas = _areas(request)
    others = [line for line in lines if day is not None or line.state != CountState.OPEN]
    return request.render(
        "reconciliation",
        status=422 if wrong else 200,
        form=form,
        day=day,
        total=total,
        opened=[_shown(each, areas) for each in opened],
        lines=[_shown(each, areas) for each in others],
    )


async def difference(request: PageRequest) -> Response:
    """Show one line with the referrals that it names, and take a person's explanation."""
    line_id = UUID(request.path["line_id"])
    async with request.transaction() as session:
        line, references = await reconciliation_line(session, line_id)
    form: FormErrors = FormErrors()
    if request.request.method == "POST":
        checked = parse(ExplainForm, await request.form())
        if isinstance(checked, ExplainForm):
            async with request.transaction() as session:
                await _explain(request, session, line_id, checked.reason)
            request.flash("The difference is explained.")
            return request.redirect("reconciliation")
        form = checked
    return request.render(
        "difference",
        status=422 if form.errors else 200,
        line=_shown(line, _areas(request)),
        references=references,
        form=form,
    )


async def reconciliation_as_json(request: PageRequest) -> Response:
    """Answer the lines of the daily counts to the operations plane: of one `day`, or in one `state`."""
    given = request.query.get("state", "")
    state = CountState(given) if given in set(CountState) else None
    async with request.transaction() as session:
        total = await count_open_differences(session)
        found = await lines_of_counts(session, day=_day(request.query.get("day", "")), state=state, limit=MOST_LINES)
    return JSONResponse({"open": total, "lines": [_content(each) for each in found]})


async def explain_as_json(request: PageRequest) -> Response:
    """Record an operator's explanation of a line."""
    try:
        order = ExplainForm.model_validate_json(await request.request.body())
    except ValidationError:
        raise ExplanationUnreadable('Send {"reason": "…"} with 3 to 400 characters.') from None
    line_id = UUID(request.path["line_id"])
    async with request.transaction() as session:
        await _explain(request, session, line_id, order.reason)
        line, _ = await reconciliation_line(session, line_id)
    return JSONResponse(_content(line))


async def _explain(request: PageRequest, session: Session, line_id: UUID, reason: str) -> None:
    versions = request.runtime.areas.versions_on
    await explain(session, line_id, reason, by=request.actor.name, versions=versions, now=request.now)


def _shown(line: CountLine, areas: Mapping[str, str]) -> dict[str, Any]:
    words, colour = STATES[line.state]
    count = line.count
    return {
        "id": line.id,
        "day": count.day,
        "area": areas.get(count.area, count.area),
        "what": MEASURES.get(count.measure) or TOPICS.get(count.measure, count.measure),
        "measure": count.measure if count.measure in TOPICS else "",
        "recipient": SERVICES.get(count.recipient, count.recipient),
        "numbers": count,
        "lacking": line.lacking,
        "state": words,
        "colour": colour,
        "open": line.state == CountState.OPEN,
        "counted_at": line.counted_at,
        "reason": line.reason,
        "explained_by": line.explained_by,
        "explained_at": line.explained_at,
    }


def _content(line: CountLine) -> dict[str, Any]:
    count = line.count
    return {
        "id": str(line.id),
        "day": count.day.isoformat(),
        "area": count.area,
        "measure": count.measure,
        "recipient": count.recipient,
        "expected": count.expected,
        "published": count.published,
        "receipted": count.receipted,
        "held": count.held,
        "pending": count.pending,
        "excused": count.excused,
        "silent": count.silent,
        "lacking": line.lacking,
        "missing": [str(each) for each in count.missing],
        "state": str(line.state),
        "counted_at": line.counted_at.isoformat(),
        "reason": line.reason,
        "explained_by": line.explained_by,
        "explained_at": line.explained_at.isoformat() if line.explained_at else None,
    }


def _areas(request: PageRequest) -> Mapping[str, str]:
    return dict(localities_of(request.runtime).areas(request.now.astimezone(LONDON).date()))


def _day(given: str) -> date | None:
    try:
        return date.fromisoformat(given)
    except ValueError:
        return None
