"""Erasing a person from triage: what deleting the subject's key does not reach."""

from uuid import UUID

from sqlalchemy import delete, or_, select, update

from chassis import outbox
from chassis.database import Session
from services.triage import models
from services.triage.domain import Obligation
from services.triage.operations.clocks import NEVER

SEALED = {
    models.referral: ("sealed_summary",),
    models.referral_version: ("sealed_form", "sealed_additions"),
    models.deconfliction: ("sealed_note", "sealed_contact"),
    models.decision: ("sealed_grounds",),
    models.obligation: ("sealed_report",),
    models.history: ("sealed_note",),
    models.correction: ("sealed_words",),
    models.transfer: ("sealed_message", "sealed_reason"),
    models.assessment: ("sealed_assessment",),
    models.assessment_draft: ("sealed_draft",),
}


async def erase_subject(session: Session, subject: UUID) -> None:
    """Empty the sealed columns (the key is deleted by the chassis) and cut the way to the statistics key."""
    await session.lock(subject)
    for table, names in SEALED.items():
        await session.execute(update(table).where(table.c.subject == subject).values(dict.fromkeys(names)))
    emptied = {models.decision: "sealed_rationale", models.obligation: "sealed_message"}
    for table, name in emptied.items():
        await session.execute(update(table).where(table.c.subject == subject).values({name: b""}))
    # The nil key leads nowhere: what statistics hold can no longer be joined to this referral.
    found = select(models.referral.c.statistics_key).where(models.referral.c.subject == subject)
    await outbox.cut_statistics(session, [row.statistics_key for row in await session.rows(found)])
    # A service is the area's own name; whom else an officer asked is in the officer's words, which may name anybody.
    table = models.obligation
    asked = update(table).where(table.c.subject == subject, table.c.kind != Obligation.SIGNPOST)
    await session.execute(asked.values(owner=""))
    await session.execute(delete(models.begun_work).where(models.begun_work.c.subject == subject))
    await _forget_pairs(session, subject)
    # Nobody is told any more that a clock of theirs ran out, and none counts as overdue.
    await session.execute(delete(models.clock).where(models.clock.c.subject == subject))
    values = {"statistics_key": UUID(int=0), "district": "", "next_due_at": NEVER}
    await session.execute(update(models.referral).where(models.referral.c.subject == subject).values(values))


async def _forget_pairs(session: Session, subject: UUID) -> None:
    """Delete every pair that names the referral: what it was likened to is nobody's business any more."""
    table, likeness = models.sameness, models.likeness
    reference = await session.scalar(select(models.referral.c.reference).where(models.referral.c.subject == subject))
    named = or_(table.c.earlier_reference == reference, table.c.later_reference == reference)
    await session.execute(delete(table).where(named))
    alike = or_(likeness.c.reference == reference, likeness.c.other_reference == reference)
    await session.execute(delete(likeness).where(alike))
    await _forget_person(session, subject)


async def _forget_person(session: Session, subject: UUID) -> None:
    """Take a referral out of the person index; whoever else the person's other referrals belong to stays."""
    elsewhere, merge = models.likeness_elsewhere, models.person_merge
    for table in (models.person_key, models.person_referral):
        await session.execute(delete(table).where(table.c.subject == subject))
    either = or_(elsewhere.c.subject == subject, elsewhere.c.other_subject == subject)
    await session.execute(delete(elsewhere).where(either))
    await session.execute(delete(merge).where(or_(merge.c.subject == subject, merge.c.other_subject == subject)))
