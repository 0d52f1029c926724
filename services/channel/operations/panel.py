"""What the chair and the minute-taker record while a meeting runs: who presides, who is in the room, what is said."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import update

from chassis import audit
from chassis.database import Session
from services.channel import models, queries
from services.channel.domain import ChangedMeanwhile, Member, NotRecorded, Practice
from services.channel.domain.meetings import MeetingState, SlotState, is_ahead
from services.channel.domain.panel import (
    ENDED_SLOTS,
    MeetingNotOpen,
    Needs,
    NotInTheRoom,
    Seat,
    may_chair,
    quorum_lacks,
)
from services.channel.operations.convening import MeetingAct, change_meeting, hold_meeting
from services.channel.operations.packs import keep_conflict
from services.channel.queries import Held, MeetingView, SlotView


@dataclass(frozen=True)
class AtTheDoor:
    """Somebody who is let into the room for one case without having been invited to it.

    `stands_in` says that they sit for a member of the panel, with that member's sector and force, so that they count.
    """

    name: str
    organisation: str
    sector: str
    force: str = ""
    stands_in: bool = False


async def begin_meeting(session: Session, meeting_id: UUID, act: MeetingAct, practice: Practice) -> None:
    """Begin a planned meeting: its chair presides. Raises ChangedMeanwhile, MeetingOver, and MeetingNotOpen too early.

    One that has begun cannot be moved any more, so that a press before its day would keep it there.
    """
    held = await hold_meeting(session, meeting_id, act.expected)
    if is_ahead(held.held_on, act.now):
        raise MeetingNotOpen(
            f"The meeting is on {held.held_on:%-d %B %Y}: begin it on that day, or move it if it takes place earlier."
        )
    await change_meeting(session, held, "begun", act, state=MeetingState.UNDER_WAY)
    chair = next((each for each in practice.panel.members if each.id == held.chair_id), None)
    if chair is not None:
        await _preside(session, held, chair, act.now)


async def take_over(session: Session, meeting_id: UUID, member_id: str, act: MeetingAct, practice: Practice) -> None:
    """Let a chair or co-chair preside from now on. Raises ChangedMeanwhile, MeetingNotOpen, NotInTheRoom."""
    held = await _running(session, meeting_id, act)
    member = next((each for each in practice.panel.members if each.id == member_id), None)
    if member is None or not may_chair(member):
        raise NotInTheRoom("Only a chair or co-chair of the local authority presides: choose one of them.")
    await change_meeting(session, held, "presides", replace(act, words=member.name))
    await _preside(session, held, member, act.now)


async def end_meeting(session: Session, meeting_id: UUID, act: MeetingAct) -> None:
    """End a meeting whose slots have all been dealt with, and whose next date is fixed. Raises as above.

    Nobody can record anything of a case that was erased meanwhile: the meeting does not wait for it.
    """
    held = await _running(session, meeting_id, act)
    left = [each for each in await queries.slots(session, meeting_id) if each.state not in ENDED_SLOTS]
    waiting = [each.reference for each in left if await session.knows(each.subject)]
    if waiting:
        raise MeetingNotOpen(f"Not dealt with yet: {', '.join(waiting)}. Decide, or record that nothing was decided.")
    if await queries.meeting_after(session, held) is None:
        raise MeetingNotOpen("No next meeting is fixed: plan one in the calendar before this one ends.")
    await change_meeting(session, held, "ended", act, state=MeetingState.HELD)


async def open_slot(session: Session, slot_id: UUID, expected: int, now: datetime) -> None:
    """Go on to a case: it is discussed from now on. Raises ChangedMeanwhile, MeetingNotOpen."""
    slot = await _slot(session, slot_id, expected)
    if not await _runs(session, slot):
        raise MeetingNotOpen("The meeting does not run: begin it first.")
    if slot.state in ENDED_SLOTS:
        raise MeetingNotOpen("This slot has been dealt with: put the case on the agenda of the next meeting.")
    await _check_last(session, slot)
    await _change_slot(session, slot, {"state": SlotState.OPEN, "opened_at": now})


async def _check_last(session: Session, slot: SlotView) -> None:
    """Refuse to go on to a case before the minutes of the last meeting have been checked."""
    if not await last_minutes_checked(session, await queries.meeting(session, slot.meeting_id)):
        raise MeetingNotOpen("Check the minutes of the last meeting first: the meeting’s page leads to them.")


async def last_minutes_checked(session: Session, meeting: MeetingView) -> bool:
    """Say whether the minutes of the meeting before this one have been checked, where there was one."""
    last = await queries.meeting_before(session, meeting)
    return last is None or (await queries.minutes_of(session, last.id)).checked_at is not None


async def let_in(
    session: Session, slot_id: UUID, chosen: Collection[UUID], practice: Practice, expected: int, now: datetime
) -> None:
    """Make the room of a case those who are chosen: the others leave. Whoever has a conflict of interest stays out.

    Raises ChangedMeanwhile, MeetingNotOpen and NotInTheRoom.
    """
    slot = await _open(session, slot_id, expected)
    inside = await queries.room(session, slot_id)
    known = {each.id: each for each in (*await queries.expected(session, slot, practice), *inside)}
    if await queries.kept_out(session, slot.subject, known.values()) & set(chosen):
        raise NotInTheRoom("Somebody whom you ticked has a conflict of interest in this case: they stay out.")
    present = {each.id for each in inside}
    for each in chosen:
        if each in known and each not in present:
            await _admit(session, slot, known[each], now)
    await _leave(session, slot, present - set(chosen), now)
    await _change_slot(session, slot, {})


async def let_guest_in(session: Session, slot_id: UUID, guest: AtTheDoor, expected: int, now: datetime) -> None:
    """Let somebody into the room of a case who was not invited; raises ChangedMeanwhile and MeetingNotOpen."""
    slot = await _open(session, slot_id, expected)
    seat = Seat(uuid4(), guest.name, guest.organisation, guest.sector, guest.force, is_member=guest.stands_in)
    await _admit(session, slot, seat, now)
    await _change_slot(session, slot, {})


async def step_out(session: Session, slot_id: UUID, attendee: UUID, words: str, expected: int, now: datetime) -> None:
    """Record a conflict of interest: whoever declares it leaves the room, and neither counts, votes nor reads the case.

    Raises ChangedMeanwhile, MeetingNotOpen, and NotRecorded where nobody says what it is.
    """
    slot = await _slot(session, slot_id, expected)
    if slot.state in ENDED_SLOTS:
        raise MeetingNotOpen("This slot has been dealt with: nobody needs to step out any more.")
    if not words.strip():
        raise NotRecorded("words", "Say in a few words what the conflict of interest is")
    await keep_conflict(session, slot, attendee, words, now)
    await _change_slot(session, slot, {})


async def come_back(session: Session, slot_id: UUID, attendee: UUID, expected: int, now: datetime) -> None:
    """Record that a conflict of interest does not stand any more in any meeting; raises ChangedMeanwhile."""
    slot, table = await _slot(session, slot_id, expected), models.conflict
    stands = await queries.standing(session, (slot.subject,))
    members = {member for each in stands if each.invitation_id == attendee for member in each.members}
    theirs = {each.invitation_id for each in stands if any(each.is_of(member, "") for member in members)} | {attendee}
    this = (table.c.subject == slot.subject) & table.c.invitation_id.in_(theirs) & table.c.ended_at.is_(None)
    await session.execute(update(table).where(this).values(ended_at=now))
    await _change_slot(session, slot, {})
    await audit.record(session, "conflict.ended", subject=slot.subject, now=now, area=slot.area)


async def note_kept_out(session: Session, subject: UUID, area: str, reason: str, now: datetime) -> None:
    """Audit that somebody with a conflict of interest tried to open a case; `reason` is what they wanted to read."""
    facts = {"why": "conflict-of-interest", "reason": reason}
    await audit.record(session, "case.refused", subject=subject, now=now, area=area, facts=facts)


async def contribute(session: Session, slot_id: UUID, said: Sequence[tuple[UUID, str]], now: datetime) -> None:
    """Keep what agencies say of a case, in a few words each: what is blank is left out.

    Raises MeetingNotOpen, and NotInTheRoom for somebody who is not in the room. Two people may write at the same time:
    nothing is overwritten.
    """
    slot = await _open(session, slot_id, None)
    inside = {each.seat.id: each.seat for each in await queries.presences(session, slot_id)}
    known = {(each.name, each.organisation, each.words) for each in await queries.contributions(session, slot_id)}
    for attendee, words in said:
        if not words.strip():
            continue
        if attendee not in inside:
            raise NotInTheRoom("Only those who are or were in the room contribute: let them in first.")
        if (inside[attendee].name, inside[attendee].organisation, words.strip()) in known:
            continue  # somebody pressed twice
        row = {
            "slot_id": slot_id,
            "subject": slot.subject,
            "area": slot.area,
            "attendee": attendee,
            "sealed_words": await session.seal(slot.subject, words.strip()),
            "at": now,
            "by_name": session.actor.name or session.actor.id,
        }
        await session.execute(models.contribution.insert().values(row))


async def why_not_quorate(session: Session, slot: SlotView, held: Held, practice: Practice) -> tuple[str, ...]:
    """Return why the panel cannot decide a case in this slot now, one sentence each; none where it can.

    Only who presides records a decision: another chair takes over first.
    """
    if not await _runs(session, slot):
        return ("The meeting does not run: begin it first.",)
    if slot.state is not SlotState.OPEN:
        return ("The slot of this case is not open: go on to it first.",)
    presiding = await _presiding(session, slot)
    inside = await queries.room(session, slot.id)
    lacking = await lacks_quorum(session, slot, held, practice)
    chair = next((each for each in inside if each.member_id == presiding), None)
    if chair is not None and chair.account and chair.account != session.actor.id:
        lacking += (f"{chair.name} presides: only who presides records what the panel decides.",)
    if chair is not None and chair.account and chair.account == held.situation.coordinator_id:
        lacking += (f"{chair.name} works this case: a co-chair takes over, so that fresh eyes decide.",)
    return lacking


async def lacks_quorum(session: Session, slot: SlotView, held: Held, practice: Practice) -> tuple[str, ...]:
    """Return who is missing in the room for a quorum, one sentence each; none where the room has one."""
    needs = Needs(practice.force, held.home_force, practice.panel.also_needed)
    return quorum_lacks(await queries.room(session, slot.id), await _presiding(session, slot), needs)


async def _presiding(session: Session, slot: SlotView) -> str:
    """Return the id of the member who presides now, empty where nobody does yet."""
    presides = await queries.presides(session, slot.meeting_id)
    return presides[-1].member_id if presides else ""


async def _running(session: Session, meeting_id: UUID, act: MeetingAct) -> MeetingView:
    held = await hold_meeting(session, meeting_id, act.expected, tuple(MeetingState))
    if held.state is not MeetingState.UNDER_WAY:
        raise MeetingNotOpen("The meeting does not run: begin it first.")
    return held


async def _runs(session: Session, slot: SlotView) -> bool:
    return (await queries.meeting(session, slot.meeting_id)).state is MeetingState.UNDER_WAY


async def _preside(session: Session, held: MeetingView, member: Member, now: datetime) -> None:
    row = {
        "meeting_id": held.id,
        "area": held.area,
        "member_id": member.id,
        "name": member.name,
        "by_id": session.actor.id,
        "by_name": session.actor.name or session.actor.id,
        "at": now,
    }
    await session.execute(models.presiding.insert().values(row))


async def _open(session: Session, slot_id: UUID, expected: int | None) -> SlotView:
    slot = await _slot(session, slot_id, expected)
    if not await _runs(session, slot) or slot.state is not SlotState.OPEN:
        raise MeetingNotOpen("The slot of this case is not open: go on to it on the meeting’s page first.")
    return slot


async def _slot(session: Session, slot_id: UUID, expected: int | None) -> SlotView:
    await session.lock(slot_id)
    slot = await queries.slot(session, slot_id)
    if expected is not None and expected != slot.row_version:
        raise ChangedMeanwhile("Somebody changed this slot after you opened it: look at the changes, then go on.")
    return slot


async def _change_slot(session: Session, slot: SlotView, values: dict[str, Any]) -> None:
    table = models.slot
    changed = {**values, "row_version": slot.row_version + 1}
    await session.execute(update(table).where(table.c.id == slot.id).values(changed))


async def _admit(session: Session, slot: SlotView, seat: Seat, now: datetime) -> None:
    details = queries.Guest(name=seat.name, organisation=seat.organisation)
    guest = not seat.member_id
    row = {
        **{name: getattr(seat, name) for name in ("member_id", "account", "sector", "force")},
        "name": "" if guest else seat.name,
        "organisation": "" if guest else seat.organisation,
        "sealed_details": await session.seal_model(slot.subject, details) if guest else None,
        "id": uuid4(),
        "slot_id": slot.id,
        "meeting_id": slot.meeting_id,
        "subject": slot.subject,
        "area": slot.area,
        "attendee": seat.id,
        "is_member": seat.is_member,
        "chairs": seat.chairs,
        "admitted_at": now,
        "left_at": None,
        "by_name": session.actor.name or session.actor.id,
    }
    await session.execute(models.presence.insert().values(row))


async def _leave(session: Session, slot: SlotView, attendees: Collection[UUID], now: datetime) -> None:
    table = models.presence
    these = (table.c.slot_id == slot.id) & table.c.attendee.in_(attendees) & table.c.left_at.is_(None)
    await session.execute(update(table).where(these).values(left_at=now))
