"""A Gateway assessment is completed: once, from a draft that lacks nothing."""

from dataclasses import replace
from uuid import UUID

from chassis.database import Session
from contracts.vocabulary import Team
from contracts.vocabulary.assessment import Assessment
from services.triage.domain import Command, Practice, Record
from services.triage.operations.clocks import Placed
from services.triage.operations.deciding import acknowledge
from services.triage.operations.saving import Act, carry_out
from services.triage.queries.assessments import ASSESSMENTS


async def complete_assessment(
    session: Session, placed: Placed, draft_id: UUID, act: Act, practice: Practice
) -> Assessment:
    """Complete a draft: it becomes the next assessment of the referral and is never changed again.

    Raises what `Assessments.ready` and `carry_out` raise.
    """
    ready = await ASSESSMENTS.ready(session, placed, draft_id, practice.instruments)
    record = Record(reason=ready.held.draft.finding)
    saved = await carry_out(session, placed.subject, replace(act, command=Command.ASSESS, record=record), practice)
    await acknowledge(session, saved.before, Team.GATEWAY, act.now)
    return await ASSESSMENTS.keep(session, placed, ready, act.now)
