"""Erasing a person from triage: what deleting the subject's key does not reach."""

import re
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, or_, select, update

from chassis import outbox
from chassis.database import Session
from chassis.erasing import REGISTER
from chassis.errors import SubjectErased
from services.triage import models
from services.triage.domain import Command, Obligation
from services.triage.operations.clocks import NEVER

SEALED = {
    models.referral: ("sealed_summary", "sealed_concern"),
    models.referral_version: ("sealed_form", "sealed_additions"),
    models.deconfliction: ("sealed_note", "sealed_contact"),
    models.decision: ("sealed_grounds", "sealed_concern"),
    models.obligation: ("sealed_report",),
    models.history: ("sealed_note",),
    models.correction: ("sealed_words",),
    models.channel_gathered: ("sealed_gathered",),
    models.given_back: ("sealed_case",),
    models.transfer: ("sealed_message", "sealed_reason"),
    models.assessment: ("sealed_assessment",),
}
UNFINISHED = (models.begun_work, models.assessment_draft)
_NAMES_NOTHING_ELSE = re.compile(r"[^:\n]*(?:: [A-Z0-9, -]+)?\.")
"""A line of history that says an answer and the references and no more: the officer's words stand elsewhere."""


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
    await session.execute(asked.values(owner="", owner_id=""))
    for unfinished in UNFINISHED:
        await session.execute(delete(unfinished).where(unfinished.c.subject == subject))
    await _forget_pairs(session, subject)
    # Nobody is told any more that a clock of theirs ran out, and none counts as overdue.
    await session.execute(delete(models.clock).where(models.clock.c.subject == subject))
    since = _erased_at(subject)
    still = update(table).where(table.c.subject == subject, table.c.ended_at.is_(None))
    await session.execute(still.values(state="cancelled", ended_at=since, ended_by="Erasure"))
    values = {"statistics_key": UUID(int=0), "district": "", "next_due_at": NEVER, "erased_at": since}
    await session.execute(update(models.referral).where(models.referral.c.subject == subject).values(values))


def _erased_at(subject: UUID) -> ColumnElement[Any]:
    """Return the moment that the register of erasures says; where it says none, when something happened last."""
    history = models.history
    when = select(REGISTER.c.erased_at).where(REGISTER.c.subject == subject).scalar_subquery()
    last = select(func.max(history.c.at)).where(history.c.subject == subject).scalar_subquery()
    return func.coalesce(when, last)


async def _forget_pairs(session: Session, subject: UUID) -> None:
    """Delete every pair that names the referral: what it was likened to is nobody's business any more."""
    table, likeness = models.sameness, models.likeness
    reference = await session.scalar(select(models.referral.c.reference).where(models.referral.c.subject == subject))
    named = or_(table.c.earlier_reference == reference, table.c.later_reference == reference)
    await _forget_lines(session, subject, str(reference))
    await _forget_begun(session, subject, str(reference))
    await session.execute(delete(table).where(named))
    alike = or_(likeness.c.reference == reference, likeness.c.other_reference == reference)
    await session.execute(delete(likeness).where(alike))
    await _forget_person(session, subject)


async def _forget_lines(session: Session, subject: UUID, reference: str) -> None:
    """Empty what the history of other referrals says of this one in an officer's words.

    Since the words stand under the keys of both, a line names the answer and the reference alone, and stays.
    """
    history, same = models.history, models.sameness
    mine = or_(same.c.earlier_reference == reference, same.c.later_reference == reference)
    pairs = await session.rows(select(same.c.earlier_reference, same.c.later_reference).where(mine))
    beside = {each for row in pairs for each in (row.earlier_reference, row.later_reference)}
    others = select(models.referral.c.subject).where(models.referral.c.reference.in_(beside))
    lines = select(history.c.id, history.c.subject, history.c.sealed_note).where(
        history.c.subject.in_(others),
        history.c.subject != subject,
        history.c.command == Command.ANSWER_EARLIER,
        history.c.sealed_note.is_not(None),
    )
    for row in await session.rows(lines):
        try:
            note = await session.unseal_text(row.subject, row.sealed_note)
        except SubjectErased:
            continue
        if reference in note and not _NAMES_NOTHING_ELSE.fullmatch(note):
            await session.execute(update(history).where(history.c.id == row.id).values(sealed_note=None))


async def _forget_begun(session: Session, subject: UUID, reference: str) -> None:
    """Drop what is begun on pages about this referral and another one, or about everything of its person."""
    begun, index = models.begun_work, models.person_referral
    person = await session.scalar(select(index.c.person).where(index.c.subject == subject))
    named = [begun.c.address.contains(str(each)) for each in (reference, subject, person) if each]
    await session.execute(delete(begun).where(or_(*named)))


async def _forget_person(session: Session, subject: UUID) -> None:
    """Take a referral out of the person index; whoever else the person's other referrals belong to stays."""
    elsewhere, merge = models.likeness_elsewhere, models.person_merge
    for table in (models.person_key, models.person_referral):
        await session.execute(delete(table).where(table.c.subject == subject))
    either = or_(elsewhere.c.subject == subject, elsewhere.c.other_subject == subject)
    await session.execute(delete(elsewhere).where(either))
    await session.execute(delete(merge).where(or_(merge.c.subject == subject, merge.c.other_subject == subject)))
