"""An assessment of a case is completed: once, from a draft that lacks nothing."""

from dataclasses import replace
from uuid import UUID

from chassis.database import Session
from contracts.vocabulary.assessment import Assessment
from services.channel.domain import Command, Practice, Record
from services.channel.operations.announcing import announce
from services.channel.operations.clocks import Placed
from services.channel.operations.saving import Act, carry_out
from services.channel.queries.assessments import ASSESSMENTS


async def complete_assessment(
    session: Session, placed: Placed, draft_id: UUID, act: Act, practice: Practice
) -> Assessment:
    """Complete a draft: it becomes the next assessment of the case and is never changed again.

    Raises what `Assessments.ready` and `carry_out` raise.
    """
    ready = await ASSESSMENTS.ready(session, placed, draft_id, practice.instruments)
    record = Record(reason=ready.instrument.name)
    saved = await carry_out(session, placed.subject, replace(act, command=Command.ASSESS, record=record), practice)
    await announce(session, saved, practice, act.now)
    return await ASSESSMENTS.keep(session, placed, ready, act.now)
