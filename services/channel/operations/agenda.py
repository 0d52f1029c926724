"""The agenda of a meeting: cases are put on it, put in order, taken off, and each is given those whom it concerns."""

from collections.abc import Iterable
from uuid import UUID, uuid4

from sqlalchemy import delete, insert, update

from chassis import audit
from chassis.database import Session
from services.channel import models, queries
from services.channel.domain import Practice
from services.channel.domain.meetings import (
    NotForThePanel,
    Shift,
    SlotState,
    in_order,
    kind_of,
    minutes_for,
    shifted,
)
from services.channel.operations.convening import MeetingAct, change_meeting, hold_cases, hold_meeting, retime
from services.channel.operations.inviting import uninvite_guests
from services.channel.operations.packs import close_packs, close_packs_of
from services.channel.queries import MeetingView, SlotView
from services.channel.queries.agenda import was_deferred

_SLOT = models.slot


async def add_to_agenda(
    session: Session, meeting_id: UUID, references: Iterable[str], act: MeetingAct, practice: Practice
) -> int:
    """Put cases on an agenda, each with its time from the area's minutes; return how many there were.

    Raises MeetingOver, ChangedMeanwhile, CaseNotFound, and NotForThePanel where the panel has nothing to decide in one,
    or it stands on this agenda already.
    """
    found = await hold_meeting(session, meeting_id, act.expected)
    wanted = dict.fromkeys(references)
    await session.lock_all([(await queries.held_by_reference(session, each)).subject for each in wanted])
    added = [await _add(session, found, reference, practice, act) for reference in wanted]
    if added:
        await change_meeting(session, found, "agenda-added", act)
        await retime(session, meeting_id)
    return len(added)


async def shift_slot(session: Session, slot_id: UUID, shift: Shift, act: MeetingAct) -> None:
    """Move a case up or down the agenda, or take it off: then its packs are closed and its guests are not asked.

    Raises SlotNotFound, MeetingOver and ChangedMeanwhile.
    """
    chosen = await queries.slot(session, slot_id)
    found = await hold_meeting(session, chosen.meeting_id, act.expected)
    agenda = await queries.slots(session, found.id)
    if shift is Shift.REMOVE:
        await _remove(session, found, chosen, act)
    order = shifted([str(each.id) for each in agenda], str(slot_id), shift)
    for position, each in enumerate(order, start=1):
        await session.execute(update(_SLOT).where(_SLOT.c.id == UUID(each)).values(position=position))
    await change_meeting(session, found, "agenda-changed", act)
    await retime(session, found.id)


async def choose_members(
    session: Session, slot_id: UUID, asked: Iterable[str], act: MeetingAct, practice: Practice
) -> None:
    """Say which standing members a case concerns (their ids): the others get no pack of it, and lose one they have.

    Raises SlotNotFound, MeetingOver and ChangedMeanwhile.
    """
    chosen = await queries.slot(session, slot_id)
    found = await hold_meeting(session, chosen.meeting_id, act.expected)
    wanted = frozenset(asked)
    not_asked = [member.id for member in practice.panel.members if member.id not in wanted]
    await hold_cases(session, found.id)
    await session.execute(update(_SLOT).where(_SLOT.c.id == slot_id).values(not_asked=not_asked))
    for each in await queries.invitations(session, found.id):
        if each.member_id in not_asked:
            await close_packs_of(session, slot_id, each.invitation_id, act.now)
    await change_meeting(session, found, "members-chosen", act)


async def _add(session: Session, found: MeetingView, reference: str, practice: Practice, act: MeetingAct) -> UUID:
    held = await queries.held_by_reference(session, reference)
    if held.area != found.area:
        raise NotForThePanel(f"{held.reference} is a case of another area’s panel.")
    if await queries.slot_of(session, found.id, held.subject) is not None:
        raise NotForThePanel(f"{held.reference} stands on this agenda already.")
    kind = kind_of(held.situation.state, deferred=await was_deferred(session, held.subject))
    agenda = await queries.slots(session, found.id)
    position = _place([in_order(each.kind) for each in agenda], in_order(kind))
    later = (_SLOT.c.meeting_id == found.id) & (_SLOT.c.position > position)
    await session.execute(update(_SLOT).where(later).values(position=_SLOT.c.position + 1))
    row = {
        "id": uuid4(),
        "meeting_id": found.id,
        "subject": held.subject,
        "area": held.area,
        "kind": kind,
        "position": position + 1,
        "starts_at": found.starts_at,
        "minutes": minutes_for(kind, practice.panel),
        "state": SlotState.WAITING,
        "not_asked": [],
        "row_version": 1,
        "added_at": act.now,
        "added_by": session.actor.name or session.actor.id,
    }
    await session.execute(insert(_SLOT).values(row))
    facts = {"meeting": str(found.id), "kind": kind.value}
    await audit.record(session, "slot.added", subject=held.subject, now=act.now, area=held.area, facts=facts)
    return held.subject


def _place(ranks: list[int], rank: int) -> int:
    """Return after how many slots a new one stands: behind the last of its own kind, or of one that comes earlier."""
    return max((place for place, each in enumerate(ranks, start=1) if each <= rank), default=0)


async def _remove(session: Session, found: MeetingView, chosen: SlotView, act: MeetingAct) -> None:
    await session.lock(chosen.subject)
    await close_packs(session, found.id, act.now, chosen.id)
    await uninvite_guests(session, found, chosen, act.now)
    await session.execute(delete(_SLOT).where(_SLOT.c.id == chosen.id))
    facts = {"meeting": str(found.id)}
    await audit.record(session, "slot.removed", subject=chosen.subject, now=act.now, area=chosen.area, facts=facts)
