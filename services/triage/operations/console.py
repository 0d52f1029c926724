"""What the console writes beside the pathway: who works there, who is given a referral, and work begun."""

from datetime import date
from uuid import UUID

from sqlalchemy import delete

from chassis import officers
from chassis.database import Session
from chassis.officers import OfficerView
from services.triage import models
from services.triage.domain import Command, NotRecorded, Practice
from services.triage.operations.safeguards import keep_access
from services.triage.operations.saving import Act, carry_out, change


def note_officer(session: Session, today: date) -> None:
    """Note that a Gateway officer works in the console, in each of their areas."""
    officers.note_officer(session, models.officer, today)


async def allocate(session: Session, subject: UUID, to: OfficerView, act: Act, practice: Practice) -> None:
    """Give a referral to an officer; raises NotRecorded where they have it already, and what carry_out refuses."""
    if act.command is not Command.ALLOCATE:
        raise ValueError("Only an allocation can be carried out here.")
    saved = await carry_out(session, subject, act, practice)
    if saved.before.officer_id == to.id:
        raise NotRecorded("officer", f"{to.name} has this referral already: choose somebody else")
    await change(session, subject, {"officer_id": to.id, "officer_name": to.name})
    if saved.before.situation.restricted:
        await keep_access(session, saved.before, to, act.now)


async def discard_of_another(session: Session, subject: UUID, draft_id: UUID, act: Act, practice: Practice) -> None:
    """Drop what somebody else had begun, with the reason in `act`; raises whatever `carry_out` refuses."""
    if act.command is not Command.DISCARD:
        raise ValueError("Only a draft can be discarded here.")
    await carry_out(session, subject, act, practice)
    for table in (models.begun_work, models.assessment_draft):
        await session.execute(delete(table).where(table.c.id == draft_id, table.c.subject == subject))
