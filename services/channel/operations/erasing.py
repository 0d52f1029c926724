"""Erasing a person from Channel: what deleting the subject's key does not reach, and which copies others have."""

from uuid import UUID

from sqlalchemy import delete, select, union, update

from chassis import documents, outbox
from chassis.database import Session
from chassis.erasing import Copied, Duplicate
from services.channel import models


async def erase_subject(session: Session, erased: UUID) -> tuple[Copied | Duplicate, ...]:
    """Empty the sealed columns (the key is deleted by the chassis) and cut the way to the statistics key.

    Returns the cases that other panels of this installation were offered of this one, accepted or not. Of a document
    that is erased alone, and its case stands, returns the copies of it that went with the case.
    """
    case_of = await documents.owner(session, erased)
    return await (_erase_case(session, erased) if case_of is None else _duplicates(session, erased, case_of))


async def _erase_case(session: Session, subject: UUID) -> tuple[Copied, ...]:
    await session.lock(subject)
    case, pack, history, corrected = models.case_file, models.pack, models.history, models.correction
    # The nil key leads nowhere: what statistics hold can no longer be joined to this case.
    found = select(case.c.statistics_key).where(case.c.subject == subject)
    await outbox.cut_statistics(session, [row.statistics_key for row in await session.rows(found)])
    emptied = {"sealed_summary": None, "sealed_speak_to": None, "statistics_key": UUID(int=0), "turns_18_in": None}
    await session.execute(update(case).where(case.c.subject == subject).values(emptied))
    sealed = {"sealed_form": b"", "sealed_rationale": b"", "sealed_grounds": None, "sealed_parts": None}
    await session.execute(update(pack).where(pack.c.subject == subject).values(sealed))
    await session.execute(update(history).where(history.c.subject == subject).values(sealed_note=None))
    await session.execute(update(corrected).where(corrected.c.subject == subject).values(sealed_correction=None))
    for offer in (models.transfer, models.transfer_received):
        emptied = {name: None for name in ("sealed_reason", "sealed_answer") if name in offer.c}
        await session.execute(update(offer).where(offer.c.subject == subject).values(emptied))
    await _empty_work(session, subject)
    await _empty_support(session, subject)
    await _leave_person(session, subject)
    return await _copies(session, subject)


async def _duplicates(session: Session, document_id: UUID, subject: UUID) -> tuple[Duplicate, ...]:
    """Return the copies of a document that every panel has which was offered its case, and whoever got it from them."""
    found: list[Duplicate] = []
    for copy in await _copies(session, subject):
        # Held first: an offer that takes the copy on from there is seen then, or leaves out what is erased.
        await session.lock(copy.subject)
        same = await documents.same_as(session, document_id, copy.subject)
        found += [Duplicate(copy.subject, each) for each in same]
        found += await _duplicates(session, document_id, copy.subject)
    return tuple(found)


async def _copies(session: Session, subject: UUID) -> tuple[Copied, ...]:
    offer, received, case = models.transfer, models.transfer_received, models.case_file
    found = (
        select(received.c.subject, case.c.reference)
        .select_from(received.join(offer, offer.c.id == received.c.id))
        .join(case, case.c.subject == received.c.subject)
        .where(offer.c.subject == subject)
        .order_by(offer.c.offered_at, offer.c.id)
    )
    return tuple(Copied(row.subject, row.reference) for row in await session.rows(found))


async def _empty_work(session: Session, subject: UUID) -> None:
    owed, assessment = models.obligation, models.assessment
    emptied = {"sealed_message": b"", "sealed_report": None, "sealed_questions": None, "sealed_address": None}
    emptied["sealed_answers"] = None
    await session.execute(update(owed).where(owed.c.subject == subject).values(emptied))
    await session.execute(update(assessment).where(assessment.c.subject == subject).values(sealed_assessment=None))
    invited, conflict = models.invitation, models.conflict
    unnamed = {"sealed_details": None, "sealed_reason": None}
    await session.execute(update(invited).where(invited.c.subject == subject).values(unnamed))
    await session.execute(update(conflict).where(conflict.c.subject == subject).values(sealed_words=None))
    await _empty_minutes(session, subject)
    await _empty_plan(session, subject)
    for table in (models.plan_draft, models.assessment_draft, models.begun_work):
        await session.execute(delete(table).where(table.c.subject == subject))


async def _empty_minutes(session: Session, subject: UUID) -> None:
    said = (models.contribution, models.panel_decision, models.vote, models.minute, models.minute_correction)
    for table in said:
        name = "sealed_summary" if table is models.minute else "sealed_words"
        await session.execute(update(table).where(table.c.subject == subject).values({name: None}))
    room = models.presence
    await session.execute(update(room).where(room.c.subject == subject).values(sealed_details=None))


async def _empty_support(session: Session, subject: UUID) -> None:
    """Empty what was written of interventions, sessions, closure and reviews."""
    provided, brief, sat = models.intervention, models.brief, models.intervention_session
    report, review = models.closing_report, models.review
    emptied = {"sealed_purpose": b"", "sealed_explanation": None, "sealed_ending": None}
    await session.execute(update(provided).where(provided.c.subject == subject).values(emptied))
    await session.execute(update(brief).where(brief.c.subject == subject).values(sealed_brief=b""))
    await session.execute(update(sat).where(sat.c.subject == subject).values(sealed_report=None))
    await session.execute(update(report).where(report.c.subject == subject).values(sealed_report=None))
    await session.execute(update(review).where(review.c.subject == subject).values(sealed_findings=None))


async def _empty_plan(session: Session, subject: UUID) -> None:
    plan, progress, consent = models.plan, models.plan_progress, models.consent
    await session.execute(update(plan).where(plan.c.subject == subject).values(sealed_plan=None))
    await session.execute(update(progress).where(progress.c.subject == subject).values(sealed_words=None))
    await session.execute(update(consent).where(consent.c.subject == subject).values(sealed_said=None))


async def _leave_person(session: Session, subject: UUID) -> None:
    case, aware, same = models.case_file, models.awareness, models.same_person
    known = union(
        select(case.c.reference).where(case.c.subject == subject),
        select(aware.c.reference).where(aware.c.subject == subject),
    )
    await session.execute(delete(same).where(same.c.reference.in_(known)))
