"""Assessments are written: a draft begun, saved, carried to another edition, thrown away, and completed once."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import delete, func, insert, select, update

from chassis import audit
from chassis.database import Session
from contracts.vocabulary import Team
from contracts.vocabulary.assessment import Assessment, Dimension, Draft, Instrument, Written
from services.triage import models, queries
from services.triage.domain import Command, EditionReplaced, NotRecorded, Practice, Record
from services.triage.domain.assessing import Author, completed, lacking, replaced
from services.triage.operations.clocks import Placed
from services.triage.operations.deciding import acknowledge
from services.triage.operations.saving import Act, carry_out
from services.triage.queries.assessments import HeldDraft, assessments, own_draft


async def begin_draft(session: Session, placed: Placed, instrument: Instrument, now: datetime) -> UUID:
    """Begin an assessment with an instrument, or return the draft that this officer has with it already."""
    await session.lock(placed.subject)
    for line in await queries.drafts(session, placed.subject):
        if line.by_id == session.actor.id and line.instrument == instrument.id:
            return line.id
    draft_id = uuid4()
    row = {
        "id": draft_id,
        "subject": placed.subject,
        "area": placed.area,
        "instrument": instrument.id,
        "edition": instrument.edition,
        "by_id": session.actor.id,
        "by_name": session.actor.name or session.actor.id,
        "begun_at": now,
        "saved_at": now,
        "sealed_draft": await session.seal_model(placed.subject, Draft()),
    }
    await session.execute(insert(models.assessment_draft).values(row))
    await _audited(session, placed, "assessment.begun", instrument, now)
    return draft_id


async def hold_draft(session: Session, placed: Placed, draft_id: UUID) -> HeldDraft:
    """Hold the referral and return this officer's draft: two windows save one after the other. DraftNotFound."""
    await session.lock(placed.subject)
    return await own_draft(session, placed.subject, draft_id)


async def save_dimension(
    session: Session, placed: Placed, draft_id: UUID, dimension: Dimension, written: tuple[Written, ...], now: datetime
) -> None:
    """Keep what was written of one dimension, finished or not; the others stay. DraftNotFound as queries says."""
    held = await hold_draft(session, placed, draft_id)
    await _keep(session, placed, held, replaced(held.draft, dimension, written), now)


async def save_conclusion(session: Session, placed: Placed, draft_id: UUID, said: Draft, now: datetime) -> None:
    """Keep the finding, summary, plan and changes as they are in `said`, finished or not; its factors do not count."""
    held = await hold_draft(session, placed, draft_id)
    await _keep(session, placed, held, said.model_copy(update={"written": held.draft.written}), now)


async def move_draft(session: Session, placed: Placed, draft_id: UUID, instrument: Instrument, now: datetime) -> None:
    """Carry a draft to the edition that the area uses now; answers without a place there stay in it and are shown."""
    held = await hold_draft(session, placed, draft_id)
    await _keep(session, placed, held, held.draft, now)
    this = models.assessment_draft.c.id == draft_id
    await session.execute(update(models.assessment_draft).where(this).values(edition=instrument.edition))
    await _audited(session, placed, "assessment.draft-moved", instrument, now)


async def discard_draft(session: Session, placed: Placed, draft_id: UUID, now: datetime) -> None:
    """Throw a draft away for good, with an audit row."""
    held = await hold_draft(session, placed, draft_id)
    await session.execute(delete(models.assessment_draft).where(models.assessment_draft.c.id == draft_id))
    facts = {"instrument": held.line.instrument, "edition": held.line.edition}
    await audit.record(
        session, "assessment.draft-discarded", subject=placed.subject, now=now, area=placed.area, facts=facts
    )


async def complete_assessment(
    session: Session, placed: Placed, draft_id: UUID, act: Act, practice: Practice
) -> Assessment:
    """Complete a draft: it becomes the next assessment of the referral and is never changed again.

    Raises DraftNotFound, EditionReplaced where the area uses another edition by now, NotRecorded for the first thing
    that it lacks, and what `carry_out` raises.
    """
    held = await hold_draft(session, placed, draft_id)
    instrument = practice.instruments.get(held.line.instrument)
    if instrument is None or instrument.edition != held.line.edition:
        raise EditionReplaced("The area no longer uses this edition: carry the draft over to the one that it uses.")
    earlier = await assessments(session, placed.subject)
    for lack in lacking(instrument, held.draft, again=bool(earlier)):
        raise NotRecorded(lack.field, lack.sentence)
    record = Record(reason=held.draft.finding)
    saved = await carry_out(session, placed.subject, replace(act, command=Command.ASSESS, record=record), practice)
    await acknowledge(session, saved.before, Team.GATEWAY, act.now)
    table = models.assessment
    last = await session.scalar(select(func.max(table.c.number)).where(table.c.subject == placed.subject))
    author = Author(session.actor.name or session.actor.id, act.now, 1 + (last or 0))
    before = next((each for each in earlier if each.instrument == instrument.id), None)
    assessment = completed(instrument, held.draft, before, author)
    row = {
        "subject": placed.subject,
        "number": assessment.number,
        "area": placed.area,
        "instrument": instrument.id,
        "edition": instrument.edition,
        "sealed_assessment": await session.seal_model(placed.subject, assessment),
        "completed_at": act.now,
        "by_id": session.actor.id,
        "by_name": author.name,
    }
    await session.execute(insert(table).values(row))
    await session.execute(delete(models.assessment_draft).where(models.assessment_draft.c.id == draft_id))
    return assessment


async def _keep(session: Session, placed: Placed, held: HeldDraft, draft: Draft, now: datetime) -> None:
    values = {"sealed_draft": await session.seal_model(placed.subject, draft), "saved_at": now}
    this = models.assessment_draft.c.id == held.line.id
    await session.execute(update(models.assessment_draft).where(this).values(values))


async def _audited(session: Session, placed: Placed, action: str, instrument: Instrument, now: datetime) -> None:
    facts = {"instrument": instrument.id, "edition": instrument.edition}
    await audit.record(session, action, subject=placed.subject, now=now, area=placed.area, facts=facts)
