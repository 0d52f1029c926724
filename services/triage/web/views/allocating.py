"""A supervisor gives a referral to an officer."""

from chassis.policy import allow
from chassis.web import FormErrors, PageRequest, Response, blank, parse, refused
from services.triage import operations, queries
from services.triage.domain import ChangedMeanwhile, Command, NotRecorded, Record, permissions
from services.triage.operations import Act
from services.triage.queries import Load, OfficerView
from services.triage.web.forms import AllocateForm
from services.triage.web.views.asked import Opened, changes_text, opened, shown


async def allocate(page: PageRequest) -> Response:
    """Ask who is to have it, with what each has already."""
    async with page.transaction() as session:
        found = await opened(page, session, reason="allocate")
        officers = await queries.officers(session, found.held.area)
        loads = await queries.workload(session, page.now)
    return _asked(page, found, _choices(officers, loads), blank())


async def record_allocation(page: PageRequest) -> Response:
    """Allocate it, or say what is missing or who was first; the words are kept."""
    data = await page.form()
    form = parse(AllocateForm, data)
    allow(page.actor, Command.ALLOCATE, permissions())
    async with page.transaction() as session:
        found = await opened(page, session, reason="allocate")
        officers = await queries.officers(session, found.held.area)
        loads = await queries.workload(session, page.now)
        seen = 0 if isinstance(form, FormErrors) else form.row_version
        changes = await queries.changes_since(session, found.held.subject, seen)
    choices = _choices(officers, loads)
    if isinstance(form, FormErrors):
        return _asked(page, found, choices, form, status=422)
    to = next((each for each in officers if each.id == form.officer), None)
    if to is None:
        return _asked(page, found, choices, refused(data, ("officer", "Choose an officer")), status=422)
    try:
        await _commit(page, found, to, form)
    except NotRecorded as wrong:
        return _asked(page, found, choices, refused(data, (wrong.field, str(wrong))), status=422)
    except ChangedMeanwhile:
        return _asked(page, found, choices, refused(data), status=409, changes=changes_text(changes))
    page.flash(f"Allocated to {to.name}.")
    return page.redirect("referral", reference=found.held.reference)


async def _commit(page: PageRequest, found: Opened, to: OfficerView, form: AllocateForm) -> None:
    act = Act(Command.ALLOCATE, page.now, Record(officer=to.name, rationale=_words(to, form)), form.row_version)
    async with page.transaction() as session:
        await operations.allocate(session, found.held.subject, to, act, found.practice)


def _words(to: OfficerView, form: AllocateForm) -> str:
    why = form.rationale.strip()
    return f"To {to.name}. {why}" if why else f"To {to.name}."


def _choices(officers: tuple[OfficerView, ...], loads: tuple[Load, ...]) -> list[tuple[str, str, str]]:
    return [(each.id, each.name, _load(each, loads)) for each in officers]


def _load(officer: OfficerView, loads: tuple[Load, ...]) -> str:
    own = [each for each in loads if each.officer_id == officer.id]
    number, overdue = sum(each.number for each in own), sum(each.overdue for each in own)
    return f"Has {number}, {overdue} overdue" if number else "Has none at present"


def _asked(
    page: PageRequest,
    found: Opened,
    choices: list[tuple[str, str, str]],
    form: FormErrors,
    *,
    status: int = 200,
    changes: list[dict[str, object]] | None = None,
) -> Response:
    values = {
        "title": "Allocate to an officer",
        "form": form,
        "officers": choices,
        "officer": found.held.officer,
        "refusal": found.refusal(Command.ALLOCATE),
        "changes": changes or [],
    }
    return shown(page, "allocate", found, values, status)
