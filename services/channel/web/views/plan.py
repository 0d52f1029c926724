"""The support plan of a case: the version in force with its gaps, earlier versions, and how each item stands."""

from collections.abc import Mapping
from uuid import UUID

from chassis.clock import LONDON
from chassis.database import Session
from chassis.web import PageRequest, Response
from services.channel import operations, queries
from services.channel.domain import Command, State
from services.channel.domain.consenting import ASKED_LABELS, to_be_asked, turned_18
from services.channel.domain.planning import ITEM_LABELS, ItemState, Plan, PlanItem, PlanNotFound, compared, day
from services.channel.operations import Act
from services.channel.queries import PlanVersion, PlanView, Standing
from services.channel.web.support_forms import ProgressForm
from services.channel.web.views.asked import Opened, opened, shown
from services.channel.web.views.sheets import Field, Recording, Sheet, record

WRITES = {State.ADOPTED: "Write the support plan"}
BADGES = {
    ItemState.PLANNED: "grey",
    ItemState.UNDER_WAY: "blue",
    ItemState.DONE: "green",
    ItemState.STOPPED: "orange",
}


async def plan(page: PageRequest) -> Response:
    """Show the plan in force, what nothing in it answers, the draft and the earlier versions."""
    async with page.transaction() as session:
        found = await opened(page, session, reason="support-plan")
        subject = found.held.subject
        view = await queries.plan_of(session, subject)
        draft = await queries.plan_draft(session, subject)
        versions = await queries.plan_versions(session, subject)
        gaps = await queries.uncovered(session, subject)
    values = {
        "title": "Support plan",
        "view": _in_force(page, found, view) if view else {},
        "gaps": [vars(each) for each in gaps],
        "draft": {"saved_at": draft.saved_at, "by": draft.by} if draft else {},
        "draft_url": page.url("plan_draft", reference=found.held.reference),
        "refusal": found.refusal(_writing(found, view)),
        "write": WRITES.get(found.held.situation.state, "Revise the plan"),
        "versions": [_line(page, found, each) for each in versions],
        "whom": whom(found, page),
    }
    return shown(page, "plan", found, values)


def _writing(found: Opened, view: PlanView | None) -> Command:
    # Without a plan the page says when the first is written, not when one is revised.
    return operations.completing(found.held.situation.state) if view else Command.MAKE_PLAN


async def plan_version(page: PageRequest) -> Response:
    """Show one version as it was completed, and what it changed."""
    async with page.transaction() as session:
        found = await opened(page, session, reason="support-plan-version")
        versions = await queries.plan_versions(session, found.held.subject)
    wanted = next((each for each in versions if str(each.number) == page.path["number"]), None)
    if wanted is None:
        raise PlanNotFound("The plan has no such version: open the plan and choose one there.")
    earlier = next((each for each in versions if each.number < wanted.number), None)
    values = {
        "title": f"Support plan, version {wanted.number}",
        "version": _line(page, found, wanted),
        "request": request_rows(wanted.plan),
        "items": [item_words(each, wanted.plan) for each in wanted.plan.items],
        "without": _without(wanted.plan),
        "earlier": earlier.number if earlier else 0,
        "changed": [vars(each) for each in compared(earlier.plan, wanted.plan)] if earlier else [],
    }
    return shown(page, "plan_version", found, values, tab="plan")


async def plan_progress(page: PageRequest) -> Response:
    """Ask how an item of the plan stands, and record it; one that is stopped needs words."""
    return await record(page, Recording(Command.PLAN_ITEM, ProgressForm, _asked, _recorded, "plan"))


def whom(found: Opened, page: PageRequest) -> dict[str, object]:
    """Return who is to be asked for consent today, and since when it has been the person, if not from the beginning."""
    born = found.held.summary.date_of_birth if found.held.summary else None
    today, opened_on = (at.astimezone(LONDON).date() for at in (page.now, found.held.opened_at))
    birthday = turned_18(born, today)
    since = birthday if birthday and birthday > opened_on else None
    return {"words": ASKED_LABELS[to_be_asked(born, today)], "turned_18": day(since)}


def request_rows(written: Plan) -> list[tuple[str, str]]:
    """Return how, when and by whom consent is asked for, in lines."""
    request = written.request
    return [("How", request.how), ("When", day(request.on)), ("By whom", request.by_whom)]


def item_words(item: PlanItem, written: Plan, labels: Mapping[str, str] | None = None) -> dict[str, object]:
    """Return an item as people read it; the labels of factors are the version's own unless given."""
    known = {each.id: each.label for each in written.present} | dict(labels or {})
    return {
        "id": str(item.id),
        "support": item.support,
        "factors": [known.get(each, each) for each in item.factors],
        "owner": item.owner.name,
        "provided": item.provided,
        "due_on": day(item.due_on),
        "measure": item.measure,
    }


def _in_force(page: PageRequest, found: Opened, view: PlanView) -> dict[str, object]:
    written, today = view.version.plan, page.now.astimezone(LONDON).date()
    return {
        **_line(page, found, view.version),
        "request": request_rows(written),
        "items": [_standing(page, found, view, each, today.isoformat()) for each in written.items],
        "without": _without(written),
    }


def _standing(page: PageRequest, found: Opened, view: PlanView, item: PlanItem, today: str) -> dict[str, object]:
    state, said = view.state(item), view.standing.get(item.id)
    late = bool(item.due_on) and str(item.due_on) < today and state in (ItemState.PLANNED, ItemState.UNDER_WAY)
    can = page.may(Command.PLAN_ITEM) and not found.refusal(Command.PLAN_ITEM)
    return {
        **item_words(item, view.version.plan),
        "state": ITEM_LABELS[state],
        "colour": BADGES[state],
        "late": late,
        "said": vars(said) if said else {},
        "href": page.url("plan_progress", reference=found.held.reference, item=item.id) if can else "",
    }


def _without(written: Plan) -> list[tuple[str, str]]:
    labels = {each.id: each.label for each in written.present}
    return [(labels.get(each.factor, each.factor), each.reason) for each in written.without]


def _line(page: PageRequest, found: Opened, version: PlanVersion) -> dict[str, object]:
    return {
        "number": version.number,
        "completed_at": version.completed_at,
        "by": version.by,
        "href": page.url("plan_version", reference=found.held.reference, number=version.number),
    }


def _item(page: PageRequest, view: PlanView | None) -> tuple[PlanItem, Standing | None]:
    item = (view.version.plan if view else Plan()).item(id_of(page.path["item"]))
    return item, view.standing.get(item.id) if view else None


def id_of(text: str) -> UUID:
    """Return the id in an address; PlanNotFound where it is none."""
    try:
        return UUID(text)
    except ValueError:
        raise PlanNotFound("The plan has no such item: open the plan and choose one there.") from None


async def _asked(page: PageRequest, session: Session, found: Opened) -> Sheet:
    item, stands = _item(page, await queries.plan_of(session, found.held.subject))
    where_stopped = "Where it was stopped, say why: what it answers is then not answered any more."
    return Sheet(
        title="How does this item of the plan stand?",
        button="Record",
        fields=(
            Field("state", "choice", "How does it stand?", items=tuple(ITEM_LABELS.items())),
            Field("words", "words", "What happened?", where_stopped),
        ),
        told=(("The item", item.support),),
        refusal=found.refusal(Command.PLAN_ITEM),
        filled={"state": stands.state if stands else ItemState.PLANNED},
    )


async def _recorded(page: PageRequest, session: Session, found: Opened, sent: tuple[ProgressForm, Act]) -> str:
    form, act = sent
    said = form.state, form.words
    await operations.record_progress(session, found.held, id_of(page.path["item"]), said, (act, found.practice))
    return f"Recorded: {ITEM_LABELS[form.state].lower()}."
