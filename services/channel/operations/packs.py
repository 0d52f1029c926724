"""Packs of the panel: what is shared with whom, from when until when; every opening and every refusal is kept."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import insert, update
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis import audit
from chassis.database import Session
from chassis.errors import SubjectErased
from contracts.vocabulary import AskKind, day_in_words
from contracts.vocabulary.asking import AskSection
from services.channel import models, queries
from services.channel.domain import Practice
from services.channel.domain.meetings import LIVE, SlotNotFound
from services.channel.domain.sharing import PART_LABELS, PackPart, PackRefusal, Reader, Window, parts_for, why_closed
from services.channel.operations.asking import Asking, Look, ask, end_ask
from services.channel.operations.convening import MeetingAct, change_meeting, hold_cases, hold_meeting
from services.channel.queries import Attendee, Held, MeetingView, SlotView
from services.channel.queries.sharing import (
    PackSection,
    ShareView,
    open_shares_of,
    pack_sections,
    parts_held_back,
    share,
    shares,
)

CONSOLE = "console"
LINK = "link"
_SHARE = models.pack_share


@dataclass(frozen=True)
class PackOpened:
    """A pack as somebody may read it: `refusal` says why not, and then there are no sections."""

    slot: SlotView
    attendee: Attendee
    refusal: PackRefusal | None
    sections: tuple[PackSection, ...] = ()


async def share_packs(session: Session, meeting_id: UUID, act: MeetingAct, practice: Practice) -> int:
    """Share the packs of a meeting with everybody who accepted and has none yet; return how many packs there were.

    Members with an account read theirs in the console, everybody else by a link for each case, which goes with that
    case when it is erased. Raises MeetingOver and ChangedMeanwhile.
    """
    found = await hold_meeting(session, meeting_id, act.expected, LIVE)
    await hold_cases(session, meeting_id)
    agenda = await queries.slots(session, meeting_id)
    given = 0
    for attendee in await queries.invitations(session, meeting_id):
        given += len(await _share(session, found, attendee, agenda, practice, act.now))
    if given:
        await change_meeting(session, found, "packs-shared", replace(act, words=await _held_back(session, agenda)))
    return given


async def _held_back(session: Session, agenda: tuple[SlotView, ...]) -> str:
    """Return one sentence that names what no pack shows, because its words mark intelligence material; or nothing."""
    named = []
    for each in agenda:
        try:
            parts = await parts_held_back(session, await queries.held(session, each.subject))
        except SubjectErased:
            continue
        named += [f"{each.reference}, {PART_LABELS[part].lower()}" for part in parts]
    return f"Held back, because of words that look like intelligence material: {'; '.join(named)}." if named else ""


async def share_late(
    session: Session, found: MeetingView, attendee: Attendee, practice: Practice, now: datetime
) -> None:
    """Share what others have already with somebody who has accepted since."""
    await hold_cases(session, found.id)
    given = {each.slot_id for each in await shares(session, found.id) if each.ended_at is None}
    agenda = tuple(each for each in await queries.slots(session, found.id) if each.id in given)
    await _share(session, found, attendee, agenda, practice, now)


async def open_pack(
    session: Session, slot_id: UUID, attendee: Attendee, practice: Practice, now: datetime
) -> PackOpened:
    """Return the pack of a case as somebody may read it in the console, and keep that they opened it or were refused.

    Raises SlotNotFound where the meeting has no such slot.
    """
    chosen = await queries.slot(session, slot_id)
    if chosen.meeting_id != attendee.meeting_id:
        raise SlotNotFound("There is no such case on the agenda: open your meeting and choose one there.")
    found = await queries.meeting(session, chosen.meeting_id)
    conflict = (slot_id, attendee.invitation_id) in await queries.conflicts(session, (slot_id,))
    window = window_of(found, practice)
    shared = await _is_shared(session, chosen, attendee)
    reader = Reader(attendee.state, queries.is_asked(attendee, chosen), shared, conflict)
    refusal = why_closed(reader, window, now)
    # A guest's name may lead to the person: whoever may know it finds it by the invitation.
    name = "" if attendee.guest else attendee.name
    place = _Place(chosen.meeting_id, chosen.id, chosen.subject, chosen.area)
    await _note(session, place, _Opening(attendee.invitation_id, name, CONSOLE, refusal), now)
    if refusal is not None:
        return PackOpened(chosen, attendee, refusal)
    held = await queries.held(session, chosen.subject)
    parts = parts_for(attendee.sector, guest=attendee.guest)
    return PackOpened(chosen, attendee, None, await pack_sections(session, held, parts))


async def note_not_asked(session: Session, slot: SlotView, attendee: Attendee, now: datetime) -> None:
    """Keep that somebody invited to a meeting tried to open a case of it to which they are not asked."""
    place = _Place(slot.meeting_id, slot.id, slot.subject, slot.area)
    name = "" if attendee.guest else attendee.name
    await _note(session, place, _Opening(attendee.invitation_id, name, CONSOLE, PackRefusal.NOT_INVITED), now)


async def pack_seen(session: Session, held: Held, look: Look, practice: Practice, now: datetime) -> None:
    """Keep that somebody opened a pack by a link, or tried to while it was closed and why it was.

    What was taken off the agenda since, or whom it was taken from, is kept all the same.
    """
    del practice, now
    given = await share(session, look.ask_id)
    if given is None or given.subject != held.subject:
        return
    everybody = await queries.invitations(session, given.meeting_id)
    attendee = next((each for each in everybody if each.invitation_id == given.invitation_id), None)
    refusal = await _why_refused(session, given, look) if look.refused else None
    place = _Place(given.meeting_id, given.slot_id, given.subject, held.area)
    name = "" if attendee is None or attendee.guest else attendee.name
    await _note(session, place, _Opening(given.invitation_id, name, LINK, refusal), look.at)


async def _why_refused(session: Session, given: ShareView, look: Look) -> PackRefusal:
    if look.at >= given.closes_at:
        return PackRefusal.EXPIRED
    stands = await queries.standing(session, (given.subject,))
    if any(each.invitation_id == given.invitation_id for each in stands):
        return PackRefusal.CONFLICT
    is_early = look.at < given.opens_at and (given.ended_at is None or look.at < given.ended_at)
    return PackRefusal.TOO_EARLY if is_early else PackRefusal.NOT_SHARED


async def declare_own_conflict(session: Session, slot_id: UUID, attendee: Attendee, words: str, now: datetime) -> None:
    """Keep that somebody invited has a conflict of interest in a case: its pack is closed to them while it stands.

    Where the case is heard already they leave the room, and whoever records it looks at the slot again. Raises
    SlotNotFound where the meeting has no such slot.
    """
    await session.lock(slot_id)
    chosen = await queries.slot(session, slot_id)
    if chosen.meeting_id != attendee.meeting_id:
        raise SlotNotFound("There is no such case on the agenda: open your meeting and choose one there.")
    await keep_conflict(session, chosen, attendee.invitation_id, words, now)
    raised = {"row_version": chosen.row_version + 1}
    await session.execute(update(models.slot).where(models.slot.c.id == chosen.id).values(raised))


async def keep_conflict(session: Session, chosen: SlotView, invitation_id: UUID, words: str, now: datetime) -> None:
    """Keep that somebody has a conflict of interest in a case: its pack is closed to them, and they leave the room."""
    await session.lock(chosen.subject)
    row = {
        "slot_id": chosen.id,
        "invitation_id": invitation_id,
        "subject": chosen.subject,
        "area": chosen.area,
        "sealed_words": await session.seal(chosen.subject, words.strip()) if words.strip() else None,
        "declared_at": now,
        "declared_by": session.actor.name or session.actor.id,
        "ended_at": None,
    }
    fresh = upsert(models.conflict).values(row)
    again = {name: fresh.excluded[name] for name in ("sealed_words", "declared_at", "declared_by", "ended_at")}
    keys = ["slot_id", "invitation_id"]
    await session.execute(fresh.on_conflict_do_update(index_elements=keys, set_=again))
    facts = {"slot": str(chosen.id), "invitation": str(invitation_id)}
    await audit.record(session, "conflict.declared", subject=chosen.subject, now=now, area=chosen.area, facts=facts)
    present = models.presence
    inside = (present.c.slot_id == chosen.id) & (present.c.attendee == invitation_id) & present.c.left_at.is_(None)
    await session.execute(update(present).where(inside).values(left_at=now))
    await close_packs_of(session, chosen.id, invitation_id, now)


async def close_packs_of(session: Session, slot_id: UUID, invitation_id: UUID, now: datetime) -> None:
    """Close the pack of a case to somebody invited: the link says so from then on."""
    for each in await open_shares_of(session, invitation_id):
        if each.slot_id == slot_id:
            await _close(session, each, now)


async def close_packs(session: Session, meeting_id: UUID, now: datetime, slot_id: UUID | None = None) -> int:
    """Close every pack of a meeting, or of one of its cases, and return how many there were."""
    given = [each for each in await shares(session, meeting_id) if each.ended_at is None]
    chosen = [each for each in given if slot_id is None or each.slot_id == slot_id]
    for each in chosen:
        await _close(session, each, now)
    return len(chosen)


def window_of(found: MeetingView, practice: Practice) -> Window:
    """Return from when until when the packs of a meeting can be read."""
    return Window(practice.panel.pack_opens(found.held_on), practice.panel.pack_closes(found.held_on))


async def _share(
    session: Session,
    found: MeetingView,
    attendee: Attendee,
    agenda: tuple[SlotView, ...],
    practice: Practice,
    now: datetime,
) -> list[UUID]:
    """Share the packs of these cases that somebody may read and does not have yet."""
    if not attendee.accepted:
        return []
    has = {each.slot_id for each in await open_shares_of(session, attendee.invitation_id)}
    stands = await queries.conflicts(session, [each.id for each in agenda])
    window, given = window_of(found, practice), []
    for each in agenda:
        if each.id in has or not queries.is_asked(attendee, each) or (each.id, attendee.invitation_id) in stands:
            continue
        given.append(await _give(session, each, attendee, window, now))
    return given


async def _give(session: Session, slot: SlotView, attendee: Attendee, window: Window, now: datetime) -> UUID:
    parts = parts_for(attendee.sector, guest=attendee.guest)
    share_id = uuid4()
    await session.lock(slot.subject)
    row = {
        "id": share_id,
        "meeting_id": slot.meeting_id,
        "slot_id": slot.id,
        "invitation_id": attendee.invitation_id,
        "subject": slot.subject,
        "area": slot.area,
        "how": CONSOLE if attendee.account else LINK,
        "parts": [part.value for part in parts],
        "opens_at": window.opens_at,
        "closes_at": window.closes_at,
        "made_at": now,
        "made_by": session.actor.name or session.actor.id,
        "ended_at": None,
    }
    await session.execute(insert(_SHARE).values(row))
    facts = {"slot": str(slot.id), "invitation": str(attendee.invitation_id), "how": str(row["how"])}
    await audit.record(session, "pack.shared", subject=slot.subject, now=now, area=slot.area, facts=facts)
    if not attendee.account:
        await _mail(session, slot, attendee, (share_id, parts, window), now)
    return share_id


async def _mail(
    session: Session,
    slot: SlotView,
    attendee: Attendee,
    given: tuple[UUID, tuple[PackPart, ...], Window],
    now: datetime,
) -> None:
    share_id, parts, window = given
    held = await queries.held(session, slot.subject)
    sections = await pack_sections(session, held, parts)
    found = await queries.meeting(session, slot.meeting_id)
    asking = Asking(
        ask_id=share_id,
        kind=AskKind.PACK,
        name=attendee.name,
        title=f"Pack for the Channel panel, {day_in_words(found.held_on, 'en')}",
        due_at=found.starts_at,
        recipient=attendee.member_id,
        address=attendee.address,
        shown=tuple(AskSection(heading=each.heading, words=each.words) for each in sections),
        opens_at=window.opens_at,
        expires_at=window.closes_at,
    )
    await ask(session, held, asking, now)


async def _close(session: Session, given: ShareView, now: datetime) -> None:
    await session.execute(update(_SHARE).where(_SHARE.c.id == given.id).values(ended_at=now))
    if given.how == LINK:
        await session.lock(given.subject)
        await end_ask(session, await queries.held(session, given.subject), given.id, now, cancelled=True)


async def _is_shared(session: Session, slot: SlotView, attendee: Attendee) -> bool:
    return any(each.slot_id == slot.id for each in await open_shares_of(session, attendee.invitation_id))


@dataclass(frozen=True)
class _Place:
    """Which pack of which meeting it is."""

    meeting_id: UUID
    slot_id: UUID
    subject: UUID
    area: str


@dataclass(frozen=True)
class _Opening:
    """Who opened a pack, how, and why they were refused if they were."""

    invitation_id: UUID
    name: str
    how: str
    refusal: PackRefusal | None


async def _note(session: Session, place: _Place, opening: _Opening, now: datetime) -> None:
    """Keep that a pack was opened, or refused and why; a reading of the record is audited as one."""
    row = {
        "meeting_id": place.meeting_id,
        "slot_id": place.slot_id,
        "invitation_id": opening.invitation_id,
        "subject": place.subject,
        "area": place.area,
        "how": opening.how,
        "is_refused": opening.refusal is not None,
        "why": opening.refusal or "",
        "by_name": opening.name,
        "at": now,
    }
    await session.execute(insert(models.pack_read).values(row))
    if opening.refusal is None:
        await audit.record_read(session, subject=place.subject, now=now, reason="panel-pack")
        return
    facts = {"why": opening.refusal.value, "invitation": str(opening.invitation_id)}
    await audit.record(session, "pack.refused", subject=place.subject, now=now, area=place.area, facts=facts)
