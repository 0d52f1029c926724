"""What is said of two referrals that may be about the same person: suggested, confirmed, kept apart, not known."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, or_, select, text
from sqlalchemy.dialects.postgresql import distinct_on

from chassis.crypto import together
from chassis.database import Session
from chassis.errors import SubjectErased
from services.triage import models
from services.triage.domain.people import Evidence, Verdict
from services.triage.queries.safeguards import hidden, hidden_references

_OF_PERSON = text(
    "SELECT r.reference, r.subject, p.person, r.area FROM person_referral AS p JOIN referral AS r USING (subject)"
    " WHERE p.person IN (SELECT q.person FROM person_referral AS q JOIN referral AS s USING (subject)"
    " WHERE s.reference = ANY(CAST(:references AS text[])))"
    " ORDER BY r.received_at, r.subject"
)


@dataclass(frozen=True)
class Member:
    """A referral, the person whose it is, and its area."""

    reference: str
    subject: UUID
    person: UUID
    area: str


@dataclass(frozen=True)
class SamenessView:
    """What was said last of this referral and another one: `answer` is linked, separate or cannot-tell."""

    other_reference: str
    answer: str
    reason: str
    by: str
    answered_at: datetime
    answered_in: str


@dataclass(frozen=True)
class Suggestion:
    """A referral that may be about the same person and that nobody has answered, with what speaks for it.

    Of one that is `closed`, whoever asks may not see more than the reference.
    """

    reference: str
    other_reference: str
    evidence: tuple[Evidence, ...]
    closed: bool


@dataclass(frozen=True)
class Elsewhere:
    """That another area holds a referral that may be about the same person: which one stays there."""

    other_subject: UUID
    other_area: str
    other_area_version: str
    found_at: datetime
    answer: str
    by: str
    note: str


async def members(session: Session, references: Collection[str]) -> tuple[Member, ...]:
    """Return all referrals of the persons whom some referrals are about, the earliest first."""
    rows = await session.rows(_OF_PERSON, {"references": list(references)})
    return tuple(Member(row.reference, row.subject, row.person, row.area) for row in rows)


async def sameness(session: Session, reference: str) -> tuple[SamenessView, ...]:
    """Return what was said last of each pair that a referral is part of, newest first.

    The words about a restricted one, which are about both, are only for those who may see it.
    """
    rows = await last_answers(session, (reference,))
    closed = await hidden_references(session, {each for row in rows for each in _both(row)})
    views = [
        SamenessView(
            row.earlier_reference if row.later_reference == reference else row.later_reference,
            row.answer,
            await words_of_pair(session, row.subject, row.sealed_reason) if closed.isdisjoint(_both(row)) else "",
            row.by_name,
            row.answered_at,
            row.answered_in,
        )
        for row in rows
    ]
    return tuple(sorted(views, key=lambda view: view.answered_at, reverse=True))


def _both(row: Row[Any]) -> tuple[str, str]:
    return row.earlier_reference, row.later_reference


async def words_of_pair(session: Session, subject: UUID, sealed: bytes | None) -> str:
    """Return what was said of several referrals; nothing where one is closed to whoever asks, or was erased since."""
    if sealed is None or await hidden(session, together(sealed)[0]):
        return ""
    try:
        return await session.unseal_text(subject, sealed)
    except SubjectErased:
        return ""


async def words_said(session: Session, subject: UUID) -> Mapping[datetime, str]:
    """Return the words that stand beside the answers about a referral and others, by when these were given."""
    table, abroad = models.sameness, models.likeness_elsewhere
    own = select(models.referral.c.reference).where(models.referral.c.subject == subject).scalar_subquery()
    said = select(table).where(or_(table.c.earlier_reference == own, table.c.later_reference == own))
    rows = await session.rows(said.order_by(table.c.id))
    closed = await hidden_references(session, {each for row in rows for each in _both(row)})
    found = {
        row.answered_at: await words_of_pair(session, row.subject, row.sealed_reason)
        for row in rows
        if closed.isdisjoint(_both(row))
    }
    elsewhere_said = select(abroad).where(abroad.c.subject == subject, abroad.c.answered_at.is_not(None))
    for row in await session.rows(elsewhere_said):
        found[row.answered_at] = await words_of_pair(session, subject, row.sealed_note)
    return found


async def last_answers(session: Session, references: Collection[str]) -> list[Row[Any]]:
    """Return the answer given last to each pair that one of these referrals is part of."""
    table = models.sameness
    one, other = table.c.earlier_reference, table.c.later_reference
    last = select(table).ext(distinct_on(one, other)).where(or_(one.in_(references), other.in_(references)))
    order = (one, other, table.c.answered_at.desc(), table.c.answered_in.desc(), table.c.id.desc())
    return list(await session.rows(last.order_by(*order)))


async def unanswered(session: Session, reference: str) -> tuple[str, ...]:
    """Return the references that the person's referrals may be the same as and that nobody has answered."""
    return tuple(sorted({other for _, other in await _open_pairs(session, reference)}))


async def linked(session: Session, reference: str) -> tuple[str, ...]:
    """Return the references of the other referrals that are confirmed to be about the same person."""
    return tuple(each.reference for each in await members(session, (reference,)) if each.reference != reference)


async def once_linked(session: Session, reference: str, others: Collection[str]) -> bool:
    """Say whether anybody ever said that a referral is the same person's as one that is not among `others` now."""
    table = models.sameness
    one, other = table.c.earlier_reference, table.c.later_reference
    either = or_(one == reference, other == reference)
    rows = await session.rows(select(one, other).where(table.c.answer == "linked", either))
    return not {each for row in rows for each in _both(row)} <= {reference, *others}


async def suggested(session: Session, reference: str) -> tuple[str, ...]:
    """Return the references that a referral may be the same as, whichever of the two was announced as such."""
    return tuple(sorted({other for _, other in await _pairs(session, {reference})}))


async def suggestions(session: Session, reference: str) -> tuple[Suggestion, ...]:
    """Return what waits for an answer, with the reasons that were found, for this referral and the person's others."""
    table = models.likeness
    found = []
    pairs = sorted(await _open_pairs(session, reference))
    closed = await hidden_references(session, {other for _, other in pairs})
    for own, other in pairs:
        both = (table.c.reference.in_((own, other))) & (table.c.other_reference.in_((own, other)))
        of = models.referral.c.reference == table.c.reference
        rows = await session.rows(select(table, models.referral.c.subject).join(models.referral, of).where(both))
        sealed = next(((row.subject, row.sealed_evidence) for row in rows if row.sealed_evidence), None)
        # Of a restricted referral even what agrees would tell whose it is.
        told = json.loads(await session.unseal(*sealed)) if sealed and other not in closed else []
        evidence = tuple(Evidence(kind, Verdict(says), words) for kind, says, words in told)
        found.append(Suggestion(own, other, evidence, closed=other in closed))
    return tuple(found)


async def elsewhere(session: Session, subject: UUID) -> tuple[Elsewhere, ...]:
    """Return the referrals of other areas that may be about the same person, and what an officer said of each."""
    table = models.likeness_elsewhere
    rows = await session.rows(select(table).where(table.c.subject == subject).order_by(table.c.found_at))
    return tuple(
        [
            Elsewhere(
                row.other_subject,
                row.other_area,
                row.other_area_version,
                row.found_at,
                row.answer or "",
                row.by_name or "",
                await words_of_pair(session, subject, row.sealed_note),
            )
            for row in rows
        ]
    )


async def not_told_apart(session: Session, reference: str, others: Collection[str]) -> int:
    """Return of how many referrals it was last said that nobody can tell whether they are the person's too.

    `others` are the person's other referrals. What was said of one of them counts for all; that somebody is not the
    same person settles it for all referrals of both.
    """
    own = {reference, *others}
    said = [(row.answer, other) for row in await last_answers(session, own) for other in _both(row) if other not in own]
    if not any(answer == "cannot-tell" for answer, _ in said):
        return 0
    whose = {each.reference: each.person for each in await members(session, {other for _, other in said})}
    apart = {whose.get(other, other) for answer, other in said if answer == "separate"}
    return len({other for answer, other in said if answer == "cannot-tell" and whose.get(other, other) not in apart})


async def answers_elsewhere(session: Session, subject: UUID) -> tuple[str, ...]:
    """Return what officers were told of each possible referral of another area; empty where nobody has asked yet."""
    table = models.likeness_elsewhere
    rows = await session.rows(select(table.c.answer).where(table.c.subject == subject))
    return tuple(row.answer or "" for row in rows)


async def is_indexed(session: Session, subject: UUID) -> bool:
    """Say whether earlier referrals have been looked for since the newest form of a referral came."""
    index = models.person_referral
    waits = select(index.c.subject).where(index.c.subject == subject, index.c.waiting)
    return await session.scalar(waits) is None


async def _pairs(session: Session, own: set[str]) -> set[tuple[str, str]]:
    """Return the suggested pairs of some referrals with others, their own reference first."""
    table = models.likeness
    either = or_(table.c.reference.in_(own), table.c.other_reference.in_(own))
    rows = await session.rows(select(table).where(either))
    named = [(row.reference, row.other_reference) for row in rows]
    turned = {(one, other) if one in own else (other, one) for one, other in named}
    return {(mine, other) for mine, other in turned if other not in own}


async def _open_pairs(session: Session, reference: str) -> set[tuple[str, str]]:
    """Return the suggested pairs of a person's referrals with others that nobody has answered.

    That two people are not the same answers it for all their referrals; that nobody can tell, only for the two.
    """
    own = {reference, *await linked(session, reference)}
    pairs = await _pairs(session, own)
    if not pairs:
        return set()
    said = {
        (one, other): row.answer
        for row in await last_answers(session, own)
        for one, other in (
            (row.earlier_reference, row.later_reference),
            (row.later_reference, row.earlier_reference),
        )
    }
    whose = {each.reference: each.person for each in await members(session, {other for _, other in pairs})}
    apart = {whose.get(other) for (one, other), answer in said.items() if one in own and answer == "separate"}
    return {pair for pair in pairs if pair not in said and (whose.get(pair[1]) is None or whose[pair[1]] not in apart)}
