"""Synthetic support plans and consent: what an officer writes, and cases that are brought so far."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

from chassis.actor import Actor
from services.channel import operations, queries
from services.channel.domain import Command, Record
from services.channel.domain.consenting import Capacity, Decider
from services.channel.domain.planning import ItemOwner, NoItem, Plan, PlanItem, Request, mark
from services.channel.operations import Act, Answer, Edit
from services.channel.queries import Said
from tests.channel.builders import CORA, NOW, form, parts, referred, rows
from tests.channel.conftest import Team

FACTOR = "grievance"
"""The factor that the pack of `tests.channel.builders.parts` found present."""
REQUEST = Request("In a visit to the home", date(2026, 11, 30), "Sample Mentor (synthetic)")
SCHOOL = ItemOwner("Sample School (synthetic)", address="head@school.example")


def item(*factors: str, **given: Any) -> PlanItem:
    """Return an item that lacks nothing."""
    values: dict[str, Any] = {
        "id": uuid4(),
        "support": "Mentoring at school",
        "factors": factors or (FACTOR,),
        "owner": SCHOOL,
        "provided": "Weekly, in the school",
        "due_on": date(2027, 2, 26),
        "measure": "Speaks of the school as fair",
    }
    return PlanItem(**{**values, **given})


def plan(*items: PlanItem, without: tuple[NoItem, ...] = ()) -> Plan:
    """Return a plan that lacks nothing unless its items do."""
    return Plan(REQUEST, items or (item(),), without)


def said(by: Decider | None = Decider.PARENT, **given: Any) -> Said:
    """Return what a synthetic parent says, or somebody else."""
    values: dict[str, Any] = {
        "by": by,
        "name": "Sample Parent (synthetic)",
        "relationship": "mother" if by is not Decider.SELF else "",
        "capacity": Capacity.HAS if by is Decider.SELF else None,
        "asked_by": "Sample Mentor (synthetic)",
        "how": "In a visit",
    }
    return Said(**{**values, **given})


async def adopted(team: Team, **person: Any) -> UUID:
    """Return a case that the panel has adopted, whose pack brought an assessment with one factor present."""
    subject = await team.open(referred(form=form(**person), **parts()))
    await stand(team, subject, "adopted")
    return subject


async def stand(team: Team, subject: UUID, state: str, consent: str = "not-asked") -> None:
    """Let a case stand where a test wants it."""
    statement = (
        "UPDATE case_file SET state = :state, consent = :consent, risk_owner = 'Cora Synthetic' "
        "WHERE subject = :subject RETURNING 1"
    )
    assert await rows(team.runtime, statement, state=state, consent=consent, subject=subject)


async def planned(team: Team, subject: UUID, written: Plan | None = None, actor: Actor = CORA) -> int:
    """Write a plan and complete it; returns the number of the version."""
    written = written or plan()
    async with team.runtime.database.transaction(actor) as session:
        held = await queries.held(session, subject)
        await operations.begin_plan(session, held, NOW)
        before = (await queries.the_draft(session, subject)).plan
        request = Edit("request", mark(before, "request"), NOW)
        await operations.save_request(session, held, written.request, request)
        for gone in before.items:
            await operations.remove_item(session, held, gone.id, Edit(str(gone.id), mark(before, str(gone.id)), NOW))
        for each in written.items:
            await operations.save_item(session, held, each, Edit(str(each.id), mark(Plan(), str(each.id)), NOW))
        await operations.save_reasons(session, held, written.without, Edit("gaps", mark(before, "gaps"), NOW))
        draft = (await queries.the_draft(session, subject)).plan
        command = operations.completing(held.situation.state)
        act = Act(command, NOW, _record(command))
        return await operations.complete_plan(session, held, act, mark(draft, "all"), team.practices.given)


def _record(command: Command) -> Record:
    """Return what is recorded with a plan: a revision needs a reason."""
    return Record(reason="A synthetic reason." if command is Command.REVISE_PLAN else "")


async def answered(team: Team, subject: UUID, command: Command, answer: Answer | None = None, **given: Any) -> None:
    """Record consent as the coordinator; a synthetic parent says it today unless something else is given."""
    now = given.pop("now", NOW)
    answer = answer or Answer(now.date(), said(**given))
    async with team.runtime.database.transaction(CORA) as session:
        held = await queries.held(session, subject)
        act = Act(command, now)
        await operations.record_consent(session, held, answer, act, team.practices.given)


async def supported(team: Team, **person: Any) -> UUID:
    """Return a case in which support is given, with the consent of a synthetic parent (or of the person at 18)."""
    subject = await adopted(team, **person)
    await planned(team, subject)
    await answered(team, subject, Command.CONSENT_GIVEN)
    return subject
