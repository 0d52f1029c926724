"""Who works in the console, to whom a supervisor gives a case, and what they discard that an officer left behind."""

from dataclasses import replace
from datetime import date
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis.database import Session
from services.channel import models
from services.channel.domain import Command, NotRecorded, Practice
from services.channel.operations.announcing import announce
from services.channel.operations.saving import Act, carry_out, change
from services.channel.queries import OfficerView

_SEEN = upsert(models.officer)
_NOTE_OFFICER = _SEEN.on_conflict_do_update(
    index_elements=["id", "area"],
    set_={"name": _SEEN.excluded.name, "seen_on": _SEEN.excluded.seen_on},
    # Once a day is enough: the list that notes it is looked at all day long.
    where=(models.officer.c.seen_on < _SEEN.excluded.seen_on) | (models.officer.c.name != _SEEN.excluded.name),
)


def note_officer(session: Session, today: date) -> None:
    """Note that an officer of the team works in the console, in each of their areas."""
    name = session.actor.name or session.actor.id
    for area in sorted(session.actor.areas - {"*"}):
        session.write(_NOTE_OFFICER, {"id": session.actor.id, "area": area, "name": name, "seen_on": today})


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
