"""The page of one person: every referral that is confirmed to be about them, and what was shared with whom."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from chassis.database import Session
from contracts.vocabulary import day_in_words
from contracts.vocabulary.days import LONDON
from services.triage import models
from services.triage.domain import TABLE, Command, Obligation, PersonNotFound
from services.triage.queries.holding import held
from services.triage.queries.pairs import Member, words_of_pair
from services.triage.queries.people import identified
from services.triage.queries.referral import ReferralView, referral_view
from services.triage.queries.safeguards import hidden, hidden_references

OUTCOMES = {row.command: row.outcome for row in TABLE if row.outcome is not None}
_ASKED = {
    Obligation.SIGNPOST: "signpost",
    Obligation.REQUEST: "request for information",
    Obligation.ACTION: "action",
}
_OUTSIDE = {Obligation.REQUEST: "a partner", Obligation.ACTION: "whoever was to do it"}
"""Who was asked, where others than the police read it: the words for it are the officer's and may name anybody."""


@dataclass(frozen=True)
class Shared:
    """Something that went out about a referral: when, what, and to whom.

    `whom` may be what an officer typed, so that only the police read it; `outside` then stands for it elsewhere.
    """

    at: datetime
    reference: str
    what: str
    whom: str
    outside: str = ""

    def in_words(self) -> str:
        """Return it as one sentence for others than the police, with the London day and without identity."""
        day = day_in_words(self.at.astimezone(LONDON).date(), "en")
        return f"{day}: {self.reference}, {self.what}, to {self.outside or self.whom}"


@dataclass(frozen=True)
class MergeView:
    """One time that two people were found to be one, and whether that was undone; notes in the officers' words."""

    merged_at: datetime
    by: str
    note: str
    reference: str
    other_reference: str
    undone_at: datetime | None
    undone_by: str
    undone_note: str


@dataclass(frozen=True)
class PersonView:
    """A person: names as they were written, each referral with everything on it, merges, and what was shared.

    `closed_off` are the references of restricted referrals of which the person who asks may see nothing more.
    """

    person: UUID
    names: tuple[str, ...]
    referrals: tuple[ReferralView, ...]
    closed_off: tuple[str, ...]
    merges: tuple[MergeView, ...]
    shared: tuple[Shared, ...]


async def person_of(session: Session, subject: UUID) -> UUID | None:
    """Return the person whom a referral is about; None before the index has it."""
    table = models.person_referral
    found: UUID | None = await session.scalar(select(table.c.person).where(table.c.subject == subject))
    return found


async def referrals_of(session: Session, person: UUID) -> tuple[Member, ...]:
    """Return a person's referrals in the actor's areas, the earliest first; PersonNotFound where there are none."""
    index, referral = models.person_referral, models.referral
    wanted = select(referral.c.reference, index.c.subject, referral.c.area)
    both = wanted.join(referral, referral.c.subject == index.c.subject)
    rows = await session.rows(both.where(index.c.person == person).order_by(referral.c.received_at, referral.c.subject))
    if not rows:
        raise PersonNotFound("There is no such person in your areas: open one of the referrals and go on from there.")
    return tuple(Member(row.reference, row.subject, person, row.area) for row in rows)


async def person_view(session: Session, person: UUID) -> PersonView:
    """Return everything about one person; the caller records the read of each referral. PersonNotFound."""
    members = await referrals_of(session, person)
    closed = await hidden(session, [each.subject for each in members])
    seen = [each for each in members if each.subject not in closed]
    known = await identified(session, [each.subject for each in seen])
    names = [name for each in seen if each.subject in known for name in known[each.subject].identity.names]
    return PersonView(
        person=person,
        names=tuple(dict.fromkeys(names)),
        referrals=tuple([await referral_view(session, await held(session, each.subject)) for each in seen]),
        closed_off=tuple(each.reference for each in members if each.subject in closed),
        merges=await _merges(session, [each.subject for each in seen]),
        shared=await shared(session, [each.subject for each in seen]),
    )


async def merged_since(session: Session, subjects: Collection[UUID]) -> datetime | None:
    """Return when the first merge among some referrals was made that still holds."""
    table = models.person_merge
    among = table.c.subject.in_(subjects) & table.c.other_subject.in_(subjects) & table.c.undone_at.is_(None)
    found: datetime | None = await session.scalar(select(table.c.merged_at).where(among).order_by(table.c.merged_at))
    return found


async def shared(session: Session, subjects: Collection[UUID], since: datetime | None = None) -> tuple[Shared, ...]:
    """Return what went out about some referrals, to whom and when, the earliest first; all, or from a moment on."""
    referral = models.referral
    rows = await session.rows(select(referral.c.subject, referral.c.reference).where(referral.c.subject.in_(subjects)))
    references = {row.subject: row.reference for row in rows}
    sent = [*await _packs(session, references), *await _asked(session, references), *await _told(session, references)]
    sent += [*await _offered(session, references), *await _corrected(session, references)]
    return tuple(sorted((each for each in sent if since is None or each.at >= since), key=lambda each: each.at))


async def _packs(session: Session, references: dict[UUID, str]) -> list[Shared]:
    table = models.handover
    rows = await session.rows(select(table).where(table.c.subject.in_(references)))
    what = {
        Command.SECTION_36: "pack with the section 36 referral",
        Command.PASS_ON: "pack for information gathering",
    }
    return [
        Shared(row.offered_at, references[row.subject], what.get(Command(row.kind), "pack"), "Channel") for row in rows
    ]


async def _asked(session: Session, references: dict[UUID, str]) -> list[Shared]:
    table = models.obligation
    rows = await session.rows(select(table).where(table.c.subject.in_(references)))
    kinds = [(Obligation(row.kind), row) for row in rows]
    return [
        Shared(row.made_at, references[row.subject], _ASKED[kind], row.owner, _OUTSIDE.get(kind, ""))
        for kind, row in kinds
    ]


async def _offered(session: Session, references: dict[UUID, str]) -> list[Shared]:
    """Return the offers to other forces, each with a message about the person, whatever became of it."""
    table = models.transfer
    rows = await session.rows(select(table).where(table.c.subject.in_(references)))
    what = "message with the offer to take the referral"
    return [Shared(row.offered_at, references[row.subject], what, row.force.replace("-", " ").title()) for row in rows]


async def _corrected(session: Session, references: dict[UUID, str]) -> list[Shared]:
    """Return the corrections that Channel was told, each in the officer's words about the person."""
    table = models.correction
    rows = await session.rows(select(table).where(table.c.subject.in_(references), table.c.told_channel))
    return [Shared(row.corrected_at, references[row.subject], "correction", "Channel") for row in rows]


async def _told(session: Session, references: dict[UUID, str]) -> list[Shared]:
    table = models.decision
    announced = table.c.command.in_([command.value for command in OUTCOMES])
    rows = await session.rows(select(table).where(table.c.subject.in_(references), announced))
    return [
        Shared(
            row.decided_at,
            references[row.subject],
            f"decision announced: {OUTCOMES[Command(row.command)].value.replace('-', ' ')}",
            "the local authority, without identity",
        )
        for row in rows
    ]


async def _merges(session: Session, subjects: Collection[UUID]) -> tuple[MergeView, ...]:
    """Return the merges of these referrals, with both references; those with somebody else's since undone too."""
    table, one, other = models.person_merge, models.referral.alias("one"), models.referral.alias("other")
    both = (
        select(table, one.c.reference, other.c.reference.label("other_reference"))
        .join(one, one.c.subject == table.c.subject)
        .join(other, other.c.subject == table.c.other_subject)
    )
    among = table.c.subject.in_(subjects) | table.c.other_subject.in_(subjects)
    rows = await session.rows(both.where(among).order_by(table.c.merged_at))
    closed = await hidden_references(session, {each for row in rows for each in (row.reference, row.other_reference)})
    return tuple([await _merge_view(session, row, closed) for row in rows])


async def _merge_view(session: Session, row: Row[Any], closed: frozenset[str]) -> MergeView:
    """Return a merge; its words are about both referrals, so they are only for those who may see both."""
    seen = closed.isdisjoint((row.reference, row.other_reference))
    sealed = (row.sealed_note, row.sealed_undone_note) if seen else (None, None)
    note, undone = [await words_of_pair(session, row.subject, each) for each in sealed]
    return MergeView(
        row.merged_at,
        row.by_name,
        note,
        row.reference,
        row.other_reference,
        row.undone_at,
        row.undone_by or "",
        undone,
    )
