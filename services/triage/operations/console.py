"""What the console writes beside the pathway: who works there, who is given a referral, and work begun."""

from datetime import date
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis.database import Session
from services.triage import models
from services.triage.domain import Command, NotRecorded, Practice
from services.triage.operations.safeguards import keep_access
from services.triage.operations.saving import Act, carry_out, change
from services.triage.queries.console import OfficerView

_SEEN = upsert(models.officer)
_NOTE_OFFICER = _SEEN.on_conflict_do_update(
    index_elements=["id", "area"],
    set_={"name": _SEEN.excluded.name, "seen_on": _SEEN.excluded.seen_on},
    # Once a day is enough: the page that notes it is looked at all day long.
    where=(models.officer.c.seen_on < _SEEN.excluded.seen_on) | (models.officer.c.name != _SEEN.excluded.name),
)


def note_officer(session: Session, today: date) -> None:
    """Note that a Gateway officer works in the console, in each of their areas."""
    name = session.actor.name or session.actor.id
    for area in sorted(session.actor.areas - {"*"}):
        session.write(_NOTE_OFFICER, {"id": session.actor.id, "area": area, "name": name, "seen_on": today})


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
