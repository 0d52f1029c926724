"""Merges and separates people by what was said of their referrals: reversible, recorded, and announced."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from typing import Any
from uuid import UUID

from sqlalchemy import Row, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis import audit, outbox
from chassis.crypto import together
from chassis.database import Session
from chassis.ids import rising_id
from chassis.outbox import About
from contracts.triage.awareness import PeopleMerged, PeopleSeparated
from contracts.triage.notices import ConcernsMerged, ConcernsSeparated
from services.triage import models, queries
from services.triage.queries import Member

_ASK = upsert(models.likeness).on_conflict_do_nothing(index_elements=["reference", "other_reference"])
Group = tuple[Member, ...]


@dataclass(frozen=True)
class By:
    """Who merges or separates, and why, in their words; `about` are all referrals that these may be about."""

    id: str
    name: str
    note: str = ""
    about: frozenset[UUID] = frozenset()


async def regroup(session: Session, references: Collection[str], by: By, now: datetime) -> None:
    """Give each person the referrals that people have linked, directly or through others, and no more.

    The referrals of everybody concerned are held while that is worked out. Those that were one person's and are not any
    more are asked about afresh, unless somebody has said that they are not the same.
    """
    before = await _held_together(session, references)
    if not before:
        return
    groups = _groups(before, await _links(session, before), await _apart(session, before))
    now_of = _named(groups)
    if all(now_of[each.subject] == each.person for each in before):
        return
    for own in _by_person(before):
        if len({now_of[each.subject] for each in own}) > 1:
            await _separate(session, own, now_of, by, now)
    await _move(session, before, now_of, now)
    for group in groups:
        if len({each.person for each in group}) > 1:
            await _merge(session, group, now_of[group[0].subject], by, now)


def _by_person(members: Group) -> list[list[Member]]:
    persons: dict[UUID, list[Member]] = defaultdict(list)
    for each in members:
        persons[each.person].append(each)
    return list(persons.values())


async def _move(session: Session, members: Group, now_of: dict[UUID, UUID], now: datetime) -> None:
    """Give each referral the person whose it is from now on."""
    table = models.person_referral
    for each in members:
        if now_of[each.subject] != each.person:
            moved = update(table).where(table.c.subject == each.subject)
            await session.execute(moved.values(person=now_of[each.subject], since=now))


async def join_waiting(session: Session, reference: str, now: datetime) -> None:
    """Follow what was said of a referral before it was here, or before there was an index of people."""
    said = await queries.last_answers(session, (reference,))
    linked = [row for row in said if row.answer == "linked"]
    if linked:
        last = max(linked, key=lambda row: (row.answered_at, row.id))
        references = {each for row in linked for each in (row.earlier_reference, row.later_reference)}
        note = await queries.words_of_pair(session, last.subject, last.sealed_reason)
        about = together(last.sealed_reason)[0] if note else ()
        await regroup(session, references, By("", last.by_name, note, frozenset(about)), now)


async def _held_together(session: Session, references: Collection[str]) -> Group:
    """Return everybody's referrals, holding the people until the transaction ends; nobody joins them meanwhile."""
    found = await queries.members(session, references)
    while True:
        await session.lock_all({each.person for each in found})
        again = await queries.members(session, references)
        if {each.person for each in again} <= {each.person for each in found}:
            return again
        found = again


async def _links(session: Session, members: Group) -> list[frozenset[str]]:
    """Return the pairs of these referrals that were last said to be about the same person, the first said first.

    Nobody is one person across areas, whatever was said: what is announced of a person stays in one area.
    """
    area_of = {each.reference: each.area for each in members}
    said = await queries.last_answers(session, [each.reference for each in members])
    linked = [_pair(row) for row in sorted(said, key=lambda row: (row.answered_at, row.id)) if row.answer == "linked"]
    return [pair for pair in linked if len({area_of.get(reference, "") for reference in pair}) == 1]


async def _apart(session: Session, members: Group) -> frozenset[frozenset[str]]:
    """Return the pairs of these referrals that were last said not to be about the same person."""
    said = await queries.last_answers(session, [each.reference for each in members])
    return frozenset(_pair(row) for row in said if row.answer == "separate")


def _pair(row: Row[Any]) -> frozenset[str]:
    return frozenset((row.earlier_reference, row.later_reference))


def _groups(
    members: Group, links: Sequence[frozenset[str]], apart: frozenset[frozenset[str]] = frozenset()
) -> list[Group]:
    """Return the referrals by the person whom they are about, the earliest first in each and among them.

    A link that would make one person of two referrals that somebody said are not the same joins nobody.
    """
    group_of = {each.reference: {each.reference} for each in members}
    for link in links:
        joined = set().union(*(group_of.get(reference, set()) for reference in link))
        if any(pair <= joined for pair in apart):
            continue
        for reference in joined:
            group_of[reference] = joined
    seen: list[set[str]] = []
    for each in members:
        if group_of[each.reference] not in seen:
            seen.append(group_of[each.reference])
    return [tuple(each for each in members if each.reference in group) for group in seen]


def _named(groups: Sequence[Group]) -> dict[UUID, UUID]:
    """Return the person of each referral: that of the group's earliest one, a new one where another group has it."""
    taken: set[UUID] = set()
    named: dict[UUID, UUID] = {}
    for group in groups:
        person = next((each.person for each in group if each.person not in taken), None) or rising_id()
        taken.add(person)
        named |= {each.subject: person for each in group}
    return named


async def _merge(session: Session, group: Group, person: UUID, by: By, now: datetime) -> None:
    """Record that people were found to be one, and announce whose referrals belong together."""
    first = group[0]
    area, about = await _about(session, person, first)
    kept = next(each for each in group if each.person == person)
    for joined in dict.fromkeys(each.person for each in group if each.person != person):
        come = next(each for each in group if each.person == joined)
        row = {
            "id": rising_id(),
            "area": area,
            "person": person,
            "subject": kept.subject,
            "other_subject": come.subject,
            "merged_at": now,
            "by_id": by.id or session.actor.id,
            "by_name": by.name,
            "sealed_note": await _sealed(session, by, kept.subject, come.subject),
        }
        await session.execute(models.person_merge.insert().values(row))
        facts = {"count": len(group)}
        await audit.record(session, "person.merged", subject=come.subject, now=now, area=area, facts=facts)
    references = tuple(each.reference for each in group)
    await outbox.add(session, PeopleMerged(references=references, merged_at=now), about=about)
    await outbox.add(session, ConcernsMerged(references=references, merged_at=now), about=about)


async def _separate(session: Session, own: Sequence[Member], now_of: dict[UUID, UUID], by: By, now: datetime) -> None:
    """Record that a merge was wrong, and announce who leaves and what was shared on the wrong belief."""
    person = own[0].person
    area, about = await _about(session, person, own[0])
    since = await _undo(session, own, now_of, by, now)
    shared = await queries.shared(session, [each.subject for each in own], since)
    remaining = tuple(each.reference for each in own if now_of[each.subject] == person)
    gone = tuple(each.reference for each in own if now_of[each.subject] != person)
    words = tuple(each.in_words() for each in shared)
    separated = PeopleSeparated(remaining=remaining, separated=gone, separated_at=now, shared=words)
    await outbox.add(session, separated, about=about)
    told = ConcernsSeparated(remaining=remaining, separated=gone, separated_at=now, shared=words)
    await outbox.add(session, told, about=about)
    for one, other in combinations(own, 2):
        if now_of[one.subject] != now_of[other.subject]:
            session.write(_ASK, {"reference": one.reference, "other_reference": other.reference, "area": area})
    facts = {"count": len(gone)}
    await audit.record(session, "person.separated", subject=own[0].subject, now=now, area=area, facts=facts)


async def _undo(
    session: Session, own: Sequence[Member], now_of: dict[UUID, UUID], by: By, now: datetime
) -> datetime | None:
    """Mark the merges that no longer hold as undone; return when the first of them was made."""
    since = None
    for row in await _merges(session, own):
        if now_of.get(row.subject) == now_of.get(row.other_subject):
            continue
        since = min(since or row.merged_at, row.merged_at)
        table = models.person_merge
        note = await _sealed(session, by, row.subject, row.other_subject)
        values = {"undone_at": now, "undone_by": by.name, "sealed_undone_note": note}
        await session.execute(update(table).where(table.c.id == row.id).values(values))
    return since


async def _sealed(session: Session, by: By, *subjects: UUID) -> bytes | None:
    """Return the note sealed so that erasing any of those whom it may be about destroys it."""
    return await session.seal_together({*by.about, *subjects}, by.note) if by.note else None


async def _merges(session: Session, own: Sequence[Member]) -> Sequence[Row[Any]]:
    table = models.person_merge
    subjects = [each.subject for each in own]
    named = or_(table.c.subject.in_(subjects), table.c.other_subject.in_(subjects))
    return await session.rows(select(table).where(named, table.c.undone_at.is_(None)).order_by(table.c.merged_at))


async def _about(session: Session, person: UUID, first: Member) -> tuple[str, About]:
    """Return the area of a person's earliest referral, and what is announced of the person."""
    table = models.referral
    row = await session.first(select(table.c.area, table.c.area_version).where(table.c.subject == first.subject))
    area, version = (row.area, row.area_version) if row is not None else ("", "")
    return area, About(person, area, version)
