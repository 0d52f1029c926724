"""The support plan is written: part by part in a draft of the case, checked, and completed as a version."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID, uuid4

from chassis.database import Session
from chassis.web import FormData, FormErrors, PageRequest, Response, blank, parse, refused
from services.channel import operations, queries
from services.channel.domain import ChangedMeanwhile, Command, NotInThisState, NotOffered, NotRecorded, Record
from services.channel.domain.planning import (
    NoItem,
    Plan,
    PlanChanged,
    PlanIncomplete,
    PlanItem,
    PlanNotFound,
    Present,
    Request,
    gaps,
    lacking,
    mark,
)
from services.channel.operations import Act, Edit
from services.channel.queries import Held, PlanDraft
from services.channel.web.forms import PlanCompleteForm, PlanItemForm, PlanRequestForm, too_long
from services.channel.web.views.asked import Opened, changes_text, opened, shown
from services.channel.web.views.plan import id_of, item_words, request_rows, whom
from services.channel.web.views.plan_owner import owner_fields, owner_of, owners

REQUEST, GAPS = "request", "gaps"
COMPLETED = "Version {number} of the support plan is complete."
Saves = Callable[[Session, Held, Edit], Awaitable[None]]


@dataclass(frozen=True)
class Desk:
    """The draft of a case as a page has it: the case, what is written, and the factors that were found present."""

    found: Opened
    draft: PlanDraft
    present: tuple[Present, ...]
    stopped: frozenset[UUID]

    @property
    def plan(self) -> Plan:
        """Return what is written so far."""
        return self.draft.plan

    @property
    def reference(self) -> str:
        """Return the case's reference."""
        return self.found.held.reference


async def plan_draft(page: PageRequest) -> Response:
    """Show the whole draft, what it still lacks, and the way to each part."""
    async with page.transaction() as session:
        desk = await _desk(page, session)
    return _overview(page, desk, blank())


async def change_plan(page: PageRequest) -> Response:
    """Begin a draft, complete it, or throw it away after asking once more."""
    data = await page.form()
    step = data.get("step")
    if step == "complete":
        return await _complete(page, data)
    async with page.transaction() as session:
        found = await opened(page, session, reason="support-plan-draft")
        command = operations.completing(found.held.situation.state)
        if step == "begin" and not found.refusal(command):
            await operations.begin_plan(session, found.held, page.now)
            return page.redirect("plan_draft", reference=found.held.reference)
        if step == "discard-now":
            await operations.discard_plan(session, found.held, page.now)
            page.flash("The draft was thrown away. The version in force stays as it is.")
            return page.redirect("plan", reference=found.held.reference)
        desk = await _desk(page, session)
    return _overview(page, desk, blank(), asks=step == "discard")


async def plan_request(page: PageRequest) -> Response:
    """Ask how, when and by whom consent is to be requested."""
    async with page.transaction() as session:
        desk = await _desk(page, session)
    request = desk.plan.request
    return _ask_request(page, desk, blank({"how": request.how, "by_whom": request.by_whom, **_date("on", request.on)}))


async def save_request(page: PageRequest) -> Response:
    """Keep how, when and by whom consent is to be requested."""
    data = await page.form()
    form = parse(PlanRequestForm, data)
    if isinstance(form, FormErrors):
        return await _again(page, form, _ask_request)
    request = Request(form.how, form.on, form.by_whom)
    return await _save(
        page,
        (REQUEST, form.seen, data),
        lambda session, held, edit: operations.save_request(session, held, request, edit),
        _ask_request,
    )


async def plan_item(page: PageRequest) -> Response:
    """Ask about one item; an address of no item yet is a new one."""
    async with page.transaction() as session:
        desk = await _desk(page, session)
        choices = await owners(session, desk.found)
    item = _item(desk, id_of(page.path["item"]))
    values: dict[str, str | tuple[str, ...]] = {}
    if item:
        named = {"support": item.support, "provided": item.provided, "measure": item.measure}
        values = {**named, "factors": item.factors, **owner_fields(item.owner, choices), **_date("due_on", item.due_on)}
    return await _ask_item(page, desk, blank(values))


async def save_item(page: PageRequest) -> Response:
    """Keep an item, or take it out of the draft."""
    data = await page.form()
    item_id = id_of(page.path["item"])
    if data.get("step") == "remove":
        return await _save(
            page,
            (str(item_id), data.get("seen"), data),
            lambda session, held, edit: operations.remove_item(session, held, item_id, edit),
            _ask_item,
        )
    form = parse(PlanItemForm, data)
    if isinstance(form, FormErrors):
        return await _again(page, form, _ask_item)
    async with page.transaction() as session:
        desk = await _desk(page, session)
        owner = owner_of(form, await owners(session, desk.found))
    if isinstance(owner, str):
        field = "owner_name" if form.owner else "owner"
        return await _ask_item(page, desk, refused(data, (field, owner)), 422)
    known = {each.id for each in desk.present}
    item = PlanItem(
        id=item_id,
        support=form.support,
        factors=tuple(each for each in form.factors if each in known),
        owner=owner,
        provided=form.provided,
        due_on=form.due_on,
        measure=form.measure,
    )
    return await _save(
        page,
        (str(item_id), form.seen, data),
        lambda session, held, edit: operations.save_item(session, held, item, edit),
        _ask_item,
    )


async def plan_reasons(page: PageRequest) -> Response:
    """Ask why no item answers a factor, for each that none does."""
    async with page.transaction() as session:
        desk = await _desk(page, session)
    reasons = {_field(each.factor): each.reason for each in desk.plan.without}
    return _ask_reasons(page, desk, blank(dict(reasons)))


async def save_reasons(page: PageRequest) -> Response:
    """Keep why no item answers a factor."""
    data = await page.form()
    async with page.transaction() as session:
        desk = await _desk(page, session)
    asked = [gap.factor for gap in gaps(desk.plan, desk.present, desk.stopped)]
    others = tuple(each for each in desk.plan.without if each.factor not in asked)
    if wrong := too_long(data, {_field(each): "The reason" for each in asked}):
        return _ask_reasons(page, desk, refused(data, *wrong), 422)
    reasons = tuple(NoItem(each, data.get(_field(each))) for each in asked)
    return await _save(
        page,
        (GAPS, data.get("seen"), data),
        lambda session, held, edit: operations.save_reasons(session, held, (*others, *reasons), edit),
        _ask_reasons,
    )


async def _desk(page: PageRequest, session: Session) -> Desk:
    found = await opened(page, session, reason="support-plan-draft")
    subject = found.held.subject
    stopped = queries.stopped_items(await queries.items_standing(session, subject))
    present = await queries.present_factors(session, subject)
    return Desk(found, await queries.the_draft(session, subject), present, stopped)


async def _complete(page: PageRequest, data: FormData) -> Response:
    form = parse(PlanCompleteForm, data)
    async with page.transaction() as session:
        desk = await _desk(page, session)
    if isinstance(form, FormErrors):
        return _overview(page, desk, form, status=422)
    command = operations.completing(desk.found.held.situation.state)
    act = Act(command, page.now, Record(reason=form.reason), form.row_version)
    try:
        async with page.transaction() as session:
            number = await operations.complete_plan(session, desk.found.held, act, form.seen, desk.found.practice)
    except (NotRecorded, NotOffered, NotInThisState, PlanIncomplete, PlanNotFound) as wrong:
        field = wrong.field if isinstance(wrong, NotRecorded) and wrong.field == "reason" else "complete"
        return _overview(page, desk, refused(data, (field, str(wrong))), status=422)
    except PlanChanged as wrong:
        return _overview(page, desk, refused(data, ("complete", str(wrong))), status=409)
    except ChangedMeanwhile:
        async with page.transaction() as session:
            desk = await _desk(page, session)
            changes = await queries.changes_since(session, desk.found.held.subject, form.row_version)
        return _overview(page, desk, refused(data), status=409, changes=changes_text(changes))
    page.flash(COMPLETED.format(number=number))
    return page.redirect("plan", reference=desk.reference)


Shows = Callable[[PageRequest, Desk, FormErrors, int], Response | Awaitable[Response]]


async def _save(page: PageRequest, sent: tuple[str, str, FormData], saves: Saves, shows: Shows) -> Response:
    """Save one part as it was seen; where somebody else saved it meanwhile, show both."""
    part, seen, data = sent
    try:
        async with page.transaction() as session:
            held = await queries.held_by_reference(session, page.path["reference"])
            await saves(session, held, Edit(part, seen, page.now))
    except PlanChanged as wrong:
        field = {REQUEST: "how", GAPS: "gaps"}.get(part, "support")
        return await _again(page, refused(data, (field, str(wrong))), shows, 409)
    page.flash("Saved in the draft.")
    return page.redirect("plan_draft", reference=held.reference)


async def _again(page: PageRequest, form: FormErrors, shows: Shows, status: int = 422) -> Response:
    async with page.transaction() as session:
        desk = await _desk(page, session)
    answer = shows(page, desk, form, status)
    return answer if isinstance(answer, Response) else await answer


def _item(desk: Desk, item_id: UUID) -> PlanItem | None:
    return next((each for each in desk.plan.items if each.id == item_id), None)


def _field(factor: str) -> str:
    return f"why-{factor}"


def _date(name: str, on: object) -> dict[str, str]:
    year, month, number = str(on).split("-") if on else ("", "", "")
    parts = {"year": year, "month": month.lstrip("0"), "day": number.lstrip("0")}
    return {f"{name}-{part}": text for part, text in parts.items()}


def _overview(
    page: PageRequest,
    desk: Desk,
    form: FormErrors,
    status: int = 200,
    *,
    asks: bool = False,
    changes: list[dict[str, object]] | None = None,
) -> Response:
    address = {name: page.url(name, reference=desk.reference) for name in ("plan_request", "plan_reasons")}
    labels = {each.id: each.label for each in desk.present}
    places = {REQUEST: address["plan_request"], GAPS: address["plan_reasons"], "items": _item_url(page, desk, uuid4())}
    lacks = lacking(desk.plan, desk.present, desk.stopped)
    command = operations.completing(desk.found.held.situation.state)
    values = {
        "title": "Draft of the support plan",
        "form": form,
        "saved": {"at": desk.draft.saved_at, "by": desk.draft.by},
        "request": request_rows(desk.plan),
        "items": [
            {**item_words(each, desk.plan, labels), "href": _item_url(page, desk, each.id)} for each in desk.plan.items
        ],
        "gaps": [vars(each) for each in gaps(desk.plan, desk.present, desk.stopped)],
        "lacks": [
            {"text": each.sentence, "href": places.get(each.part) or page.url(
                "plan_item", reference=desk.reference, item=each.part)}
            for each in lacks
        ],
        "urls": {**address, "new": places["items"]},
        "seen": mark(desk.plan, "all"),
        "revises": command is Command.REVISE_PLAN,
        "refusal": desk.found.refusal(command),
        "asks": asks,
        "changes": changes or [],
        "whom": whom(desk.found, page),
    }  # fmt: skip
    return shown(page, "plan_draft", desk.found, values, status, tab="plan")


def _item_url(page: PageRequest, desk: Desk, item_id: UUID) -> str:
    return page.url("plan_item", reference=desk.reference, item=item_id)


def _ask_request(page: PageRequest, desk: Desk, form: FormErrors, status: int = 200) -> Response:
    stored = request_rows(desk.plan)
    values: dict[str, object] = {"title": "How is consent to be asked for?", "whom": whom(desk.found, page)}
    return _part(page, desk, "plan_request", (REQUEST, form, stored, values), status)


async def _ask_item(page: PageRequest, desk: Desk, form: FormErrors, status: int = 200) -> Response:
    async with page.transaction() as session:
        choices = await owners(session, desk.found)
    item_id = id_of(page.path["item"])
    item = _item(desk, item_id)
    labels = {each.id: each.label for each in desk.present}
    words = item_words(item, desk.plan, labels) if item else {}
    named = (("support", "Support"), ("owner", "Responsible"), ("provided", "How and when"), ("measure", "Measure"))
    stored = [("Answers", "; ".join((item and [labels.get(each, each) for each in item.factors]) or []))]
    stored = [(label, str(words.get(name, ""))) for name, label in named] + stored
    values = {
        "title": "An item of the support plan",
        "factors": [(each.id, each.label) for each in desk.present],
        "owners": [(each.value, each.label) for each in choices if each.listed or each.value == form.value("owner")],
        "there": item is not None,
    }
    return _part(page, desk, "plan_item", (str(item_id), form, stored, values), status)


def _ask_reasons(page: PageRequest, desk: Desk, form: FormErrors, status: int = 200) -> Response:
    open_gaps = gaps(desk.plan, desk.present, desk.stopped)
    stored = [(each.label, each.reason) for each in open_gaps]
    values: dict[str, object] = {
        "title": "Factors that nothing answers",
        "asked": [{"name": _field(each.factor), "label": each.label} for each in open_gaps],
    }
    return _part(page, desk, "plan_reasons", (GAPS, form, stored, values), status)


def _part(
    page: PageRequest,
    desk: Desk,
    template: str,
    asked: tuple[str, FormErrors, list[tuple[str, str]], dict[str, object]],
    status: int,
) -> Response:
    part, form, stored, values = asked
    meanwhile = status == 409  # noqa: PLR2004
    values |= {
        "form": form,
        "seen": mark(desk.plan, part),
        "meanwhile": meanwhile,
        "stored": [pair for pair in stored if pair[1]] if meanwhile else [],
        "draft_url": page.url("plan_draft", reference=desk.reference),
    }
    return shown(page, template, desk.found, values, status, tab="plan")
