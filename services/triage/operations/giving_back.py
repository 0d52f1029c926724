"""What Channel gives back is kept, and answered: taken by an officer, or returned, so that it is never nobody's."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, update

from chassis import outbox
from chassis.database import Session
from contracts.triage.dovetail import CaseReturned, CaseTakenBack
from services.triage import models, queries
from services.triage.domain import Command, State
from services.triage.operations.announcing import about
from services.triage.operations.saving import Saved
from services.triage.queries import GivenCase

GIVE_BACK_ANSWERS = (Command.TAKE_BACK, Command.DECLINE_BACK)


@dataclass(frozen=True)
class GivenBack:
    """That Channel gave a case back: `offered_for` says whether it asks for a police-led partnership."""

    id: UUID
    subject: UUID
    area: str
    at: datetime
    offered_for: str


async def keep_given_back(session: Session, given: GivenBack, case: GivenCase) -> None:
    """Keep what Channel hands over with a case that it gives back; nothing where its pack was withdrawn before."""
    if (await queries.held(session, given.subject)).situation.state is not State.GIVEN_BACK:
        return
    row = {
        "id": given.id,
        "subject": given.subject,
        "area": given.area,
        "given_back_at": given.at,
        "offered_for": given.offered_for,
        "sealed_case": await session.seal_model(given.subject, case),
    }
    await session.execute(insert(models.given_back).values(row))


async def answer_given_back(session: Session, saved: Saved, now: datetime) -> None:
    """Note how a giving back ended, and tell Channel who owns the risk now, or why it is returned and its own still."""
    table, held, by = models.given_back, saved.before, session.actor.name or session.actor.id
    command = saved.step.transition.command
    waiting = (table.c.subject == held.subject) & table.c.answer.is_(None)
    await session.execute(update(table).where(waiting).values(answer=command, answered_at=now, answered_by=by))
    if command is Command.TAKE_BACK:
        taken = CaseTakenBack(reference=held.reference, taken_at=now, risk_owner=saved.step.risk_owner)
        await outbox.add(session, taken, about=about(held))
    if command is Command.DECLINE_BACK:
        reason = saved.step.record.rationale.strip()
        returned = CaseReturned(reference=held.reference, returned_at=now, returned_by=by, reason=reason)
        await outbox.add(session, returned, about=about(held))
