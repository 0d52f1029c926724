"""The support plan of a case: its versions, the draft, how its items stand, and which factors nothing answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Row, select

from chassis.database import Session
from services.channel import models
from services.channel.domain import State
from services.channel.domain.planning import (
    Gap,
    ItemState,
    Plan,
    PlanItem,
    PlanNotFound,
    Present,
    cited,
    gaps,
    lacking,
)
from services.channel.queries.assessments import assessed_factors
from services.channel.queries.reading import text_of

NO_PLAN = "No plan has been written yet."
PLANNING = (State.ADOPTED, State.PLANNED, State.SUPPORTED, State.NO_CONSENT)
"""The states in which it matters whether the plan is complete."""


class KeptPlan(BaseModel):
    """A plan as it is sealed in its row."""

    model_config = ConfigDict(frozen=True)

    plan: Plan


@dataclass(frozen=True)
class PlanVersion:
    """One version of the plan as it was completed."""

    number: int
    completed_at: datetime
    by: str
    plan: Plan


@dataclass(frozen=True)
class PlanDraft:
    """The draft of a case: what is written so far, and who saved it last."""

    begun_at: datetime
    saved_at: datetime
    by: str
    plan: Plan


@dataclass(frozen=True)
class Standing:
    """How an item of the plan stands: since when, who said so and in which words."""

    state: ItemState
    at: datetime
    by: str
    words: str


@dataclass(frozen=True)
class PlanView:
    """The plan that is in force: its newest version, and how its items stand."""

    version: PlanVersion
    standing: Mapping[UUID, Standing]

    def state(self, item: PlanItem) -> ItemState:
        """Return how an item stands; planned where nobody has said anything yet."""
        found = self.standing.get(item.id)
        return found.state if found else ItemState.PLANNED


async def plan_of(session: Session, subject: UUID) -> PlanView | None:
    """Return the plan that is in force with how its items stand, None where none was completed (or it was erased)."""
    table = models.plan
    newest = select(table).where(table.c.subject == subject, table.c.sealed_plan.is_not(None))
    row = await session.first(newest.order_by(table.c.number.desc()).limit(1))
    if row is None:
        return None
    return PlanView(await _version(session, row), await items_standing(session, subject))


async def plan_versions(session: Session, subject: UUID) -> tuple[PlanVersion, ...]:
    """Return every version of the plan, newest first; nothing of an erased one."""
    table = models.plan
    kept = select(table).where(table.c.subject == subject, table.c.sealed_plan.is_not(None))
    rows = await session.rows(kept.order_by(table.c.number.desc()))
    return tuple([await _version(session, row) for row in rows])


async def plan_draft(session: Session, subject: UUID) -> PlanDraft | None:
    """Return the draft of the plan, None where nobody has begun one."""
    table = models.plan_draft
    row = await session.first(select(table).where(table.c.subject == subject))
    if row is None:
        return None
    kept = await session.unseal_model(subject, row.sealed_plan, KeptPlan)
    return PlanDraft(row.begun_at, row.saved_at, row.by_name, kept.plan)


async def the_draft(session: Session, subject: UUID) -> PlanDraft:
    """Return the draft of the plan; PlanNotFound where there is none."""
    found = await plan_draft(session, subject)
    if found is None:
        raise PlanNotFound("There is no draft of the plan: it was completed or thrown away. Open the plan again.")
    return found


async def items_standing(session: Session, subject: UUID) -> Mapping[UUID, Standing]:
    """Return how each item stands of which anybody has said so."""
    table = models.plan_progress
    rows = await session.rows(select(table).where(table.c.subject == subject).order_by(table.c.id))
    return {
        row.item_id: Standing(
            ItemState(row.state), row.at, row.by_name, await text_of(session, subject, row.sealed_words)
        )
        for row in rows
    }


async def present_factors(session: Session, subject: UUID) -> tuple[Present, ...]:
    """Return the factors that the newest assessment found present, in reading order."""
    return tuple(Present(each.factor, each.label) for each in await assessed_factors(session, subject))


async def planned_factors(session: Session, subject: UUID) -> frozenset[str]:
    """Return the factors that the plan in force answers."""
    found = await plan_of(session, subject)
    return cited(found.version.plan) if found else frozenset()


async def uncovered(session: Session, subject: UUID) -> tuple[Gap, ...]:
    """Return the assessed factors that no item of the plan in force answers; the reason is empty where none is given.

    Nothing before there is a plan.
    """
    found = await plan_of(session, subject)
    if found is None:
        return ()
    return gaps(found.version.plan, await present_factors(session, subject), stopped_items(found.standing))


async def plan_lacks(session: Session, subject: UUID) -> tuple[str, ...]:
    """Return why the plan in force cannot be put to the person, in sentences."""
    found = await plan_of(session, subject)
    if found is None:
        return (NO_PLAN,)
    present = await present_factors(session, subject)
    return tuple(each.sentence for each in lacking(found.version.plan, present, stopped_items(found.standing)))


def stopped_items(standing_of: Mapping[UUID, Standing]) -> frozenset[UUID]:
    """Return the items that were stopped."""
    return frozenset(item for item, each in standing_of.items() if each.state is ItemState.STOPPED)


async def _version(session: Session, row: Row[Any]) -> PlanVersion:
    kept = await session.unseal_model(row.subject, row.sealed_plan, KeptPlan)
    return PlanVersion(row.number, row.completed_at, row.by_name, kept.plan)
