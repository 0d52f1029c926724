"""Who may see a restricted referral: its access list, with a reason for everybody who comes onto it or goes."""

from chassis.web import FormData, FormErrors, PageRequest, Response, blank, parse, refused
from services.triage import operations, queries
from services.triage.domain import ChangedMeanwhile, Command, NotOffered, NotRecorded, Record
from services.triage.operations import Act
from services.triage.queries import AccessView, OfficerView
from services.triage.web.forms import OPEN_HINT, AccessForm
from services.triage.web.views.asked import Opened, changes_text, opened, shown

SOMEBODY_ELSE = "somebody-else"


async def access(page: PageRequest) -> Response:
    """Show the access list, and put an officer on it."""
    found, listed, known = await _found(page)
    if page.request.method == "GET":
        return await _asked(page, blank())
    data = await page.form()
    form = parse(AccessForm, data)
    if isinstance(form, FormErrors):
        return await _asked(page, form, status=422)
    to = _officer(form, known)
    if errors := _missing(form, to, listed):
        return await _asked(page, refused(data, *errors), status=422)
    act = Act(Command.ADMIT, page.now, Record(officer=to.name, rationale=form.rationale), form.row_version)
    try:
        async with page.transaction() as session:
            await operations.admit(session, found.held.subject, to, act, found.practice)
    except (NotRecorded, NotOffered, ChangedMeanwhile) as wrong:
        return await _refused(page, data, form.row_version, wrong)
    page.flash(f"{to.name} may see this referral now.")
    return page.redirect("access", reference=found.held.reference)


async def end_access(page: PageRequest) -> Response:
    """Ask why an officer goes off the list, and take them off."""
    found, listed, _ = await _found(page)
    one = next((each for each in listed if str(each.id) == page.path["access_id"]), None)
    if one is None:
        page.flash("That officer is not on the access list any more.")
        return page.redirect("access", reference=found.held.reference)
    if page.request.method == "GET":
        return _asked_end(page, found, one, blank())
    data = await page.form()
    form = parse(AccessForm, data)
    if isinstance(form, FormErrors):
        return _asked_end(page, found, one, form, status=422)
    if not form.rationale:
        return _asked_end(page, found, one, refused(data, ("rationale", "Enter why")), status=422)
    act = Act(Command.EXCLUDE, page.now, Record(officer=one.officer, rationale=form.rationale), form.row_version)
    try:
        async with page.transaction() as session:
            await operations.exclude(session, found.held.subject, one, act, found.practice)
    except ChangedMeanwhile:
        async with page.transaction() as session:
            found = await opened(page, session, reason="access-list")
            changes = await queries.changes_since(session, found.held.subject, form.row_version)
        return _asked_end(page, found, one, refused(data), status=409, changes=changes_text(changes))
    page.flash(f"{one.officer} is off the access list.")
    return page.redirect("access", reference=found.held.reference)


async def _found(page: PageRequest) -> tuple[Opened, tuple[AccessView, ...], tuple[OfficerView, ...]]:
    async with page.transaction() as session:
        found = await opened(page, session, reason="access-list")
        listed = await queries.access_list(session, found.held.subject)
        known = await queries.officers(session, found.held.area)
    return found, listed, known


def _officer(form: AccessForm, known: tuple[OfficerView, ...]) -> OfficerView:
    """Return the officer chosen from those known here, or the one described by sign-in id and name."""
    chosen = next((each for each in known if each.id == form.officer), None)
    return chosen or OfficerView(form.officer_id.strip(), form.officer_name.strip())


def _missing(form: AccessForm, to: OfficerView, listed: tuple[AccessView, ...]) -> list[tuple[str, str]]:
    errors = []
    if not (to.id and to.name):
        asked = form.officer == SOMEBODY_ELSE or form.officer_id or form.officer_name
        lacking = "officer_name" if to.id else "officer_id"
        told = {"officer_id": "Enter the id with which the officer signs in", "officer_name": "Enter the name"}
        errors.append((lacking, told[lacking]) if asked else ("officer", "Choose an officer"))
    elif any(each.officer_id == to.id for each in listed):
        errors.append(("officer", f"{to.name} is on the access list already"))
    if not form.rationale:
        errors.append(("rationale", "Enter why this officer is to see it"))
    return errors


async def _refused(page: PageRequest, data: FormData, seen: int, wrong: Exception) -> Response:
    if isinstance(wrong, ChangedMeanwhile):
        return await _asked(page, refused(data), status=409, seen=seen)
    name = wrong.field if isinstance(wrong, NotRecorded) else "rationale"
    return await _asked(page, refused(data, (name, str(wrong))), status=422)


async def _asked(page: PageRequest, form: FormErrors, *, status: int = 200, seen: int | None = None) -> Response:
    found, listed, known = await _found(page)
    changes: list[dict[str, object]] = []
    if seen is not None:
        async with page.transaction() as session:
            changes = changes_text(await queries.changes_since(session, found.held.subject, seen))
    on_it = {each.officer_id for each in listed}
    choices = [(each.id, each.name) for each in known if each.id not in on_it]
    values = {
        "title": "Who may see this referral",
        "form": form,
        "listed": [vars(each) for each in listed],
        "choices": [*choices, (SOMEBODY_ELSE, "Somebody else: write their sign-in id and name below")],
        "refusal": found.refusal(Command.ADMIT),
        "hint": OPEN_HINT,
        "changes": changes,
    }
    return shown(page, "access", found, values, status)


def _asked_end(
    page: PageRequest,
    found: Opened,
    one: AccessView,
    form: FormErrors,
    *,
    status: int = 200,
    changes: list[dict[str, object]] | None = None,
) -> Response:
    values = {
        "title": f"Take {one.officer} off the access list",
        "form": form,
        "officer": one.officer,
        "hint": OPEN_HINT,
        "changes": changes or [],
    }
    return shown(page, "access_end", found, values, status)
