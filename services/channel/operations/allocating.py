"""Who works in the console, to whom a supervisor gives a case, and what they discard that an officer left behind."""

from dataclasses import replace
from datetime import date
from uuid import UUID

from sqlalchemy import delete

from chassis import officers
from chassis.database import Session
from chassis.officers import OfficerView
from services.channel import models
from services.channel.domain import Command, NotRecorded, Practice
from services.channel.operations.announcing import announce
from services.channel.operations.saving import Act, carry_out, change


def note_officer(session: Session, today: date) -> None:
    """Note that an officer of the team works in the console, in each of their areas."""
    officers.note_officer(session, models.officer, today)


async def allocate(session: Session, subject: UUID, to: OfficerView, act: Act, practice: Practice) -> None:
    """Give a case to an officer, who owns its risk from then on; what others owe stays theirs.

    Raises NotRecorded where they have it already, and what `carry_out` refuses.
    """
    given = replace(act, command=Command.ALLOCATE, record=replace(act.record, officer=to.name))
    saved = await carry_out(session, subject, given, practice)
    if saved.before.situation.coordinator_id == to.id:
        raise NotRecorded("officer", f"{to.name} has this case already: choose somebody else")
    await change(session, subject, {"coordinator_id": to.id, "coordinator": to.name})
    await announce(session, saved, practice, act.now)


async def discard_of_another(session: Session, subject: UUID, draft_id: UUID, act: Act, practice: Practice) -> None:
    """Drop what somebody else had begun on a case, with the reason in `act`; raises whatever `carry_out` refuses."""
    await carry_out(session, subject, replace(act, command=Command.DISCARD), practice)
    for table in (models.begun_work, models.assessment_draft):
        await session.execute(delete(table).where(table.c.id == draft_id, table.c.subject == subject))
