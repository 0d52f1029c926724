"""The support plan is written: a draft that the team shares, versions that stay, and how items stand."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis import audit
from chassis.database import Session
from services.channel import models, queries
from services.channel.domain import Command, NotRecorded, Practice, Record, State
from services.channel.domain.planning import (
    ITEM_LABELS,
    ItemState,
    NoItem,
    Plan,
    PlanChanged,
    PlanIncomplete,
    PlanItem,
    Request,
    lacking,
    mark,
    shortened,
)
from services.channel.operations.answering import act_on_case
from services.channel.operations.saving import Act
from services.channel.queries import Held, KeptPlan, PlanDraft

READ_AGAIN = "Somebody saved this part of the plan after you opened it: compare below, then save the words that count"


@dataclass(frozen=True)
class Edit:
    """A part of the draft as somebody saw it before they changed it: `seen` is the domain's mark of it."""

    part: str
    seen: str
    now: datetime


async def begin_plan(session: Session, held: Held, now: datetime) -> None:
    """Begin a draft from the plan in force, an empty one where there is none; one that is there stays as it is."""
    await session.lock(held.subject)
    found = await queries.plan_of(session, held.subject)
    plan = replace(found.version.plan, present=()) if found else Plan()
    values = {
        "subject": held.subject,
        "area": held.area,
        "sealed_plan": await session.seal_model(held.subject, KeptPlan(plan=plan)),
        "begun_at": now,
        "saved_at": now,
        **_by(session),
    }
    await session.execute(upsert(models.plan_draft).values(values).on_conflict_do_nothing())


async def save_request(session: Session, held: Held, request: Request, edit: Edit) -> None:
    """Keep how, when and by whom consent is requested; PlanChanged where somebody saved it meanwhile."""
    await _save(session, held, edit, lambda plan: replace(plan, request=request))


async def save_item(session: Session, held: Held, item: PlanItem, edit: Edit) -> None:
    """Keep an item, new or changed; PlanChanged as above."""

    def placed(plan: Plan) -> Plan:
        others = [each.id for each in plan.items]
        if item.id not in others:
            return replace(plan, items=(*plan.items, item))
        return replace(plan, items=tuple(item if each.id == item.id else each for each in plan.items))

    await _save(session, held, edit, placed)


async def remove_item(session: Session, held: Held, item_id: UUID, edit: Edit) -> None:
    """Take an item out of the draft; versions that have it keep it. PlanChanged as above."""
    await _save(
        session, held, edit, lambda plan: replace(plan, items=tuple(each for each in plan.items if each.id != item_id))
    )


async def save_reasons(session: Session, held: Held, reasons: tuple[NoItem, ...], edit: Edit) -> None:
    """Keep why no item answers a factor; PlanChanged as above."""
    kept = tuple(each for each in reasons if each.reason.strip())
    await _save(session, held, edit, lambda plan: replace(plan, without=kept))


async def discard_plan(session: Session, held: Held, now: datetime) -> None:
    """Throw the draft away; PlanNotFound where there is none."""
    await _draft(session, held)
    await session.execute(delete(models.plan_draft).where(models.plan_draft.c.subject == held.subject))
    await audit.record(session, "plan-draft.discarded", subject=held.subject, now=now, area=held.area)


async def complete_plan(session: Session, held: Held, act: Act, seen: str, practice: Practice) -> int:
    """Keep the draft as the next version of the plan, and return its number.

    Raises PlanChanged where the draft is not what was seen, PlanIncomplete where the statute wants more of it, and
    whatever the table refuses.
    """
    draft = await _draft(session, held)
    if mark(draft.plan, "all") != seen:
        raise PlanChanged("Somebody changed the draft after you opened this page: read it again, then complete it")
    present = await queries.present_factors(session, held.subject)
    stopped = queries.stopped_items(await queries.items_standing(session, held.subject))
    if lacks := lacking(draft.plan, present, stopped):
        raise PlanIncomplete(" ".join(each.sentence for each in lacks))
    number = await _next_number(session, held.subject)
    values = {
        "subject": held.subject,
        "number": number,
        "area": held.area,
        "sealed_plan": await session.seal_model(held.subject, KeptPlan(plan=replace(draft.plan, present=present))),
        "completed_at": act.now,
        **_by(session),
    }
    await session.execute(insert(models.plan).values(values))
    await session.execute(delete(models.plan_draft).where(models.plan_draft.c.subject == held.subject))
    recorded = replace(act.record, plan=f"Version {number} of the plan.")
    await act_on_case(session, held.subject, replace(act, record=recorded), practice)
    return number


def completing(state: State) -> Command:
    """Return by which command a draft is completed in a state."""
    return Command.MAKE_PLAN if state is State.ADOPTED else Command.REVISE_PLAN


async def record_progress(
    session: Session, held: Held, item_id: UUID, said: tuple[ItemState, str], asked: tuple[Act, Practice]
) -> None:
    """Record how an item of the plan in force stands; one that is stopped needs words.

    Raises PlanNotFound, NotRecorded, and whatever the table refuses.
    """
    (state, words), (act, practice) = said, asked
    found = await queries.plan_of(session, held.subject)
    item = (found.version.plan if found else Plan()).item(item_id)
    if state is ItemState.STOPPED and not words.strip():
        raise NotRecorded("words", "Say why it was stopped: what it answers is not answered any more")
    summary = f"“{shortened(item.support)}”: {ITEM_LABELS[state].lower()}. {words.strip()}".strip()
    await act_on_case(session, held.subject, replace(act, record=Record(summary=summary)), practice)
    values = {
        "subject": held.subject,
        "area": held.area,
        "item_id": item_id,
        "state": state,
        "sealed_words": await session.seal(held.subject, words.strip()) if words.strip() else None,
        "at": act.now,
        **_by(session),
    }
    await session.execute(insert(models.plan_progress).values(values))


async def _save(session: Session, held: Held, edit: Edit, changed: Callable[[Plan], Plan]) -> None:
    draft = await _draft(session, held)
    if mark(draft.plan, edit.part) != edit.seen:
        raise PlanChanged(READ_AGAIN)
    table = models.plan_draft
    sealed = await session.seal_model(held.subject, KeptPlan(plan=changed(draft.plan)))
    values = {"sealed_plan": sealed, "saved_at": edit.now, **_by(session)}
    await session.execute(update(table).where(table.c.subject == held.subject).values(values))


async def _draft(session: Session, held: Held) -> PlanDraft:
    await session.lock(held.subject)
    return await queries.the_draft(session, held.subject)


async def _next_number(session: Session, subject: UUID) -> int:
    table = models.plan
    newest = select(func.coalesce(func.max(table.c.number), 0)).where(table.c.subject == subject)
    found: int = await session.scalar(newest)
    return found + 1


def _by(session: Session) -> dict[str, str]:
    return {"by_id": session.actor.id, "by_name": session.actor.name or session.actor.id}
