"""Whose conflicts of interest stand in a case: in whatever meeting one was declared, it counts in every other too."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID, uuid5

from sqlalchemy import select

from chassis.database import Session
from services.channel import models


class Person(Protocol):
    """Somebody who is invited, or in the room: by the id of the area file, and by their sign-in id, as far as any."""

    @property
    def id(self) -> UUID:
        """Return the id under which this meeting knows them."""

    @property
    def member_id(self) -> str:
        """Return the id under which the area file knows them."""

    @property
    def account(self) -> str:
        """Return their sign-in id."""


@dataclass(frozen=True)
class Standing:
    """A conflict of interest that stands, and by which ids whoever declared it is known.

    `meeting_id` is empty where the case was taken off that agenda since.
    """

    subject: UUID
    slot_id: UUID
    invitation_id: UUID
    meeting_id: UUID | None
    members: frozenset[str]
    accounts: frozenset[str]

    def is_of(self, member_id: str, account: str) -> bool:
        """Say whether it is of this person; a member may declare it who was neither invited nor in the room."""
        uninvited = self.meeting_id is not None and self.invitation_id == uuid5(self.meeting_id, member_id)
        return (member_id != "" and (uninvited or member_id in self.members)) or account in self.accounts


async def standing(session: Session, subjects: Collection[UUID]) -> tuple[Standing, ...]:
    """Return the conflicts of interest that stand in these cases."""
    conflict, slot = models.conflict, models.slot
    joined = conflict.outerjoin(slot, slot.c.id == conflict.c.slot_id)
    wanted = conflict.c.subject.in_(list(subjects)) & conflict.c.ended_at.is_(None)
    found = await session.rows(select(conflict, slot.c.meeting_id).select_from(joined).where(wanted))
    if not found:
        return ()
    ids, slots = [row.invitation_id for row in found], [row.slot_id for row in found]
    invited, present = models.invitation, models.presence
    named = [
        *await session.rows(
            select(invited.c.id, invited.c.member_id, invited.c.account).where(invited.c.id.in_(ids)),
        ),
        *await session.rows(
            select(present.c.attendee.label("id"), present.c.member_id, present.c.account)
            .distinct()
            .where(present.c.slot_id.in_(slots), present.c.attendee.in_(ids))
        ),
    ]
    return tuple(
        Standing(
            subject=row.subject,
            slot_id=row.slot_id,
            invitation_id=row.invitation_id,
            meeting_id=row.meeting_id,
            members=frozenset(each.member_id for each in named if each.id == row.invitation_id and each.member_id),
            accounts=frozenset(each.account for each in named if each.id == row.invitation_id and each.account),
        )
        for row in found
    )


async def conflict_stands(session: Session, subject: UUID, account: str, own: Collection[str] = ()) -> bool:
    """Say whether somebody, by their sign-in id, has a conflict of interest in a case that stands.

    `own` are the ids under which the area file knows them: a member may declare it without having been invited.
    """
    found = await standing(session, (subject,))
    return any(each.is_of(member, account) for each in found for member in ("", *own))


async def kept_out(session: Session, subject: UUID, people: Iterable[Person]) -> frozenset[UUID]:
    """Return the ids of those people who have a conflict of interest in a case."""
    found = await standing(session, (subject,))
    return frozenset(
        person.id
        for person in people
        for each in found
        if each.invitation_id == person.id or each.is_of(person.member_id, person.account)
    )


async def conflicts(session: Session, slot_ids: Iterable[UUID]) -> frozenset[tuple[UUID, UUID]]:
    """Return who has a conflict of interest in these slots: (slot, invitation)."""
    slot, invited = models.slot, models.invitation
    slots = await session.rows(
        select(slot.c.id, slot.c.subject, slot.c.meeting_id).where(slot.c.id.in_(list(slot_ids)))
    )
    stands = await standing(session, {each.subject for each in slots})
    if not stands:
        return frozenset()
    here = {(each.slot_id, each.invitation_id) for each in stands if each.slot_id in {row.id for row in slots}}
    meetings = {each.meeting_id for each in slots}
    people = await session.rows(
        select(invited.c.id, invited.c.meeting_id, invited.c.member_id, invited.c.account).where(
            invited.c.meeting_id.in_(meetings)
        )
    )
    return frozenset(here) | {
        (row.id, person.id)
        for row in slots
        for person in people
        for each in stands
        if person.meeting_id == row.meeting_id
        and each.subject == row.subject
        and each.is_of(person.member_id, person.account)
    }
