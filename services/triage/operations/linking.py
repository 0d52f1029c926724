"""Says of two referrals whether they are about the same person; both stay as they are, and the others are told."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import insert, select, update

from chassis import audit, outbox
from chassis.database import Session
from chassis.ids import rising_id
from contracts.triage.desk import ReferralsLinked
from services.triage import models, queries
from services.triage.domain import Command, NotRecorded, Practices, Record, ReferralNotFound
from services.triage.operations.merging import By, regroup
from services.triage.operations.saving import Act, carry_out
from services.triage.queries import Held

_KEEP = insert(models.sameness)
SaidOf = Literal["linked", "separate", "cannot-tell"]
_HISTORY = {
    "linked": "The same person as {}.",
    "separate": "Not the same person as {}.",
    "cannot-tell": "Nobody can tell whether it is the same person as {}.",
}
"""What the history says; the words beside it are about both, so they stand in one place, under the keys of both."""


@dataclass(frozen=True)
class SameAnswer:
    """What somebody said of two referrals, the subject of the later one first; `answered_in` is desk or triage.

    `reason` is in their words, `about` the subjects of all referrals that these may be about.
    """

    subject: UUID
    later_reference: str
    earlier_reference: str
    answer: SaidOf
    by: str
    answered_at: datetime
    answered_in: str
    reason: str = ""
    about: frozenset[UUID] = frozenset()


@dataclass(frozen=True)
class Told:
    """An officer's answer with the note; `expected` is the row version of the first referral that the officer saw."""

    answer: SaidOf
    note: str
    expected: int | None = None


async def link_referrals(
    session: Session, pair: tuple[Held, Held], told: Told, practices: Practices, now: datetime
) -> None:
    """Record an officer's answer about two referrals, and tell whom it concerns; the same person means a merge.

    Raises NotRecorded without a note, for one referral twice, for those of two areas, or where two that are one
    person's by now are said to be two people's (that is done by separating them, on the person's page);
    ChangedMeanwhile.
    """
    here, other = pair
    if here.subject == other.subject:
        raise NotRecorded("other", "That is the same referral: give the reference of the other one.")
    if here.area != other.area:
        raise NotRecorded("other", "That referral is another area’s: each area keeps its own people")
    if other.erased:
        raise NotRecorded("other", "The person of that referral was erased: nothing can be recorded of it any more")
    if not told.note.strip():
        raise NotRecorded("reason", "Enter a reason: others rely on what you say of the two referrals.")
    await session.lock_all((here.subject, other.subject))
    for held, beside, expected in ((here, other, told.expected), (other, here, None)):
        words = _HISTORY[told.answer].format(beside.reference)
        act = Act(Command.ANSWER_EARLIER, now, Record(reason=told.answer, rationale=words), expected)
        await carry_out(session, held.subject, act, practices.under(held.area, held.area_version, now))
    if told.answer != "linked" and other.reference in await queries.linked(session, here.reference):
        raise NotRecorded(
            "answer",
            "Both are shown as one person's: separate them on the person's page, which lists what was shared",
        )
    about = frozenset((here.subject, other.subject))
    await keep_answer(session, pair, told, about, now)
    await _regroup(session, (here.reference, other.reference), told.note, about, now)


async def keep_answer(
    session: Session, pair: tuple[Held, Held], told: Told, about: frozenset[UUID], now: datetime
) -> None:
    """Keep what the acting officer says of two referrals, and tell the intake desk unless nobody can tell.

    `about` are the subjects of all referrals that the note may be about; the desk is told the answer and not the note.
    """
    earlier, later = sorted(pair, key=lambda held: held.subject)
    by = session.actor.name or session.actor.id
    facts = (later.subject, later.reference, earlier.reference, told.answer, by, now, "triage")
    given = SameAnswer(*facts, reason=told.note.strip(), about=about)
    await _keep(session, later, given, now)
    if told.answer == "cannot-tell":
        return
    event = ReferralsLinked(
        reference=later.reference,
        other_reference=earlier.reference,
        answer=told.answer,
        answered_by=by,
        answered_at=now,
    )
    of_later = outbox.About(later.subject, later.area, later.area_version, later.correlation_id)
    await outbox.add(session, event, about=of_later)


async def note_linked(session: Session, later: Held, given: SameAnswer, now: datetime) -> None:
    """Keep an answer of the intake desk; the latest of a pair counts, the others are its history.

    A person's word there merges and separates as one here does.
    """
    await _keep(session, later, given, now)
    references = (given.earlier_reference, given.later_reference)
    await regroup(session, references, By("", given.by), now)


async def answer_elsewhere(
    session: Session, pair: tuple[Held, UUID], told: Told, practices: Practices, now: datetime
) -> None:
    """Record what an officer found out about a referral of another area, by asking its duty officer.

    Nothing is merged across areas: each sees its own. Raises NotRecorded without a note, ReferralNotFound for one that
    was never found to be alike, ChangedMeanwhile.
    """
    held, other_subject = pair
    if not told.note.strip():
        raise NotRecorded("reason", "Enter a reason: others rely on what you say of the two referrals.")
    table = models.likeness_elsewhere
    this = (table.c.subject == held.subject) & (table.c.other_subject == other_subject)
    if await session.first(select(table.c.found_at).where(this)) is None:
        raise ReferralNotFound("There is no such referral: open yours again and choose from there.")
    words = _HISTORY[told.answer].format("a referral in another area")
    act = Act(Command.ANSWER_EARLIER, now, Record(reason=told.answer, rationale=words), told.expected)
    await carry_out(session, held.subject, act, practices.under(held.area, held.area_version, now))
    values = {
        "answer": told.answer,
        "answered_at": now,
        "by_name": session.actor.name or session.actor.id,
        "sealed_note": await session.seal_together((held.subject, other_subject), told.note.strip()),
    }
    await session.execute(update(table).where(this).values(values))


async def separate_person(
    session: Session, person: UUID, leaving: Collection[str], note: str, practices: Practices, now: datetime
) -> None:
    """Undo merges: some of a person's referrals are not theirs; both sides are asked about afresh where nobody said.

    Raises PersonNotFound, and NotRecorded without a note, where none or all would leave, or for somebody else's.
    """
    own = await queries.referrals_of(session, person)
    await session.lock_all(each.subject for each in own)
    own = await queries.referrals_of(session, person)
    gone = {each.reference for each in own if each.reference in leaving}
    if not gone or len(gone) == len(own) or len(gone) != len(set(leaving)):
        raise NotRecorded("leaving", "Choose which referrals are about somebody else, but not all of them")
    if not note.strip():
        raise NotRecorded("reason", "Enter how you know that they are about somebody else")
    told = Told("separate", note.strip())
    about = frozenset(each.subject for each in own)
    held = {each.reference: await queries.held(session, each.subject) for each in own}
    for each in held.values():
        words = f"Separated from one person's referrals: {', '.join(sorted(gone))}."
        act = Act(Command.ANSWER_EARLIER, now, Record(reason=told.answer, rationale=words))
        await carry_out(session, each.subject, act, practices.under(each.area, each.area_version, now))
    for row in await queries.last_answers(session, [each.reference for each in own]):
        pair = (row.earlier_reference, row.later_reference)
        if row.answer == "linked" and set(pair) <= set(held) and len(gone & set(pair)) == 1:
            await keep_answer(session, (held[pair[0]], held[pair[1]]), told, about, now)
    await _regroup(session, tuple(held), told.note, about, now)


async def _regroup(
    session: Session, references: Collection[str], note: str, about: frozenset[UUID], now: datetime
) -> None:
    by = By(session.actor.id, session.actor.name or session.actor.id, note.strip(), about)
    await regroup(session, references, by, now)


async def _keep(session: Session, later: Held, given: SameAnswer, now: datetime) -> None:
    row = {
        "id": rising_id(),
        "subject": later.subject,
        "area": later.area,
        "earlier_reference": given.earlier_reference,
        "later_reference": given.later_reference,
        "answer": given.answer,
        "answered_at": given.answered_at,
        "answered_in": given.answered_in,
        "by_name": given.by,
        "sealed_reason": await session.seal_together(given.about, given.reason) if given.reason else None,
    }
    session.write(_KEEP, row)
    action = {"linked": "referral.linked", "separate": "referral.separated"}.get(
        given.answer, "referral.not-told-apart"
    )
    facts = {"other": given.earlier_reference, "answered_in": given.answered_in}
    await audit.record(session, action, subject=later.subject, now=now, area=later.area, facts=facts)
