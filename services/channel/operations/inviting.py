"""Who is invited to a meeting, and what they answer: accepting is agreeing to the confidentiality statement."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert, update

from chassis import audit
from chassis.database import Session
from contracts.vocabulary import AskKind, day_in_words
from contracts.vocabulary.asking import AskSection
from contracts.vocabulary.days import LONDON
from services.channel import models, queries
from services.channel.domain import Member, NotRecorded, Practice
from services.channel.domain.meetings import CONFIDENTIALITY, LIVE, STATEMENT_VERSION, InvitationState, MeetingOver
from services.channel.operations.asking import AskedAbout, Asking, Reply, Undelivered, ask, end_ask
from services.channel.operations.convening import MeetingAct, change_meeting, hold_meeting
from services.channel.operations.packs import share_late
from services.channel.queries import Attendee, Guest, MeetingView, SlotView

_A_DAY = timedelta(days=1)
_INVITATION = models.invitation


@dataclass(frozen=True)
class NewGuest:
    """Somebody who is to be asked to one case: who they are, for which sector, and how they are reached."""

    name: str
    organisation: str
    sector: str
    address: str
    force: str = ""


@dataclass(frozen=True)
class Said:
    """What somebody answers to an invitation: who says it, and why where it is declined."""

    accepted: bool
    by: str
    at: datetime
    reason: str = ""


async def invite_members(session: Session, meeting_id: UUID, act: MeetingAct, practice: Practice) -> int:
    """Invite every standing member who is not invited yet, by a mail each; return how many there were.

    Raises MeetingOver and ChangedMeanwhile.
    """
    found = await hold_meeting(session, meeting_id, act.expected)
    known = {each.member_id for each in await queries.invitations(session, meeting_id)}
    missing = [member for member in practice.panel.members if member.id not in known]
    for member in missing:
        await session.execute(insert(_INVITATION).values(_row(found, act.now) | _standing(member)))
    for each in await queries.invitations(session, meeting_id):
        if each.ask_id is None and not each.guest:
            await _send(session, found, each, act.now)
    if missing:
        await change_meeting(session, found, "invited", act)
    return len(missing)


async def invite_guest(session: Session, meeting_id: UUID, slot_id: UUID, guest: NewGuest, act: MeetingAct) -> UUID:
    """Invite somebody to one case, by a mail; return the invitation's id.

    Raises MeetingOver, ChangedMeanwhile, SlotNotFound, and NotRecorded with the field that is empty.
    """
    for name, sentence in _ASKED_OF_GUESTS.items():
        if not getattr(guest, name).strip():
            raise NotRecorded(name, sentence)
    found = await hold_meeting(session, meeting_id, act.expected, LIVE)
    chosen = await queries.slot(session, slot_id)
    details = Guest(name=guest.name.strip(), organisation=guest.organisation.strip(), address=guest.address.strip())
    await session.lock(chosen.subject)
    row = _row(found, act.now) | {
        "slot_id": slot_id,
        "subject": chosen.subject,
        "sector": guest.sector,
        "force": guest.force.strip(),
        "sealed_details": await session.seal_model(chosen.subject, details),
    }
    await session.execute(insert(_INVITATION).values(row))
    await _send(session, found, await queries.invitation(session, row["id"]), act.now)
    await change_meeting(session, found, "guest-invited", act)
    return UUID(str(row["id"]))


async def invite_again(session: Session, found: MeetingView, now: datetime) -> None:
    """Ask everybody who was invited again, because the meeting has moved: what they answered was about another day."""
    for each in await _standing_ones(session, found):
        await _end(session, found, each, now)
        asked_anew = {"state": InvitationState.INVITED, "answered_at": None, "answered_by": None, "statement": ""}
        await _change(session, each.invitation_id, asked_anew | {"sealed_reason": None})
        await _send(session, found, each, now)


async def uninvite_all(session: Session, found: MeetingView, now: datetime) -> None:
    """Let every link of a meeting say that no answer is needed any more."""
    for each in await _standing_ones(session, found):
        await _end(session, found, each, now)


async def uninvite_guests(session: Session, found: MeetingView, slot: SlotView, now: datetime) -> None:
    """Call off the invitations of a slot's guests, because its case is not heard; who was given what stays known."""
    for each in await _standing_ones(session, found):
        if each.slot_id == slot.id:
            await _end(session, found, each, now)
            await _change(session, each.invitation_id, {"state": InvitationState.CALLED_OFF})


async def answer_invitation(session: Session, found: Attendee, said: Said, practice: Practice, now: datetime) -> None:
    """Keep an answer: an acceptance with the version of the statement that was agreed to, or why not.

    Whoever accepts after the packs were shared is given theirs at once. Raises MeetingOver where the meeting was over,
    NotRecorded where it is declined without a reason.
    """
    await session.lock(found.meeting_id)
    meeting = await queries.meeting(session, found.meeting_id)
    if meeting.state not in LIVE:
        raise MeetingOver("This meeting was held or cancelled, so no answer is needed any more.")
    if not said.accepted and not said.reason.strip():
        raise NotRecorded("reason", "Say why, so that somebody else can be asked")
    subject = found.subject or found.meeting_id
    reason = said.reason.strip()
    values = {
        "state": InvitationState.ACCEPTED if said.accepted else InvitationState.DECLINED,
        "statement": STATEMENT_VERSION if said.accepted else "",
        "answered_at": said.at,
        "sealed_reason": await session.seal(subject, reason) if reason else None,
    }
    await _change(session, found.invitation_id, values | await _answered_by(session, found, said.by))
    what = "invitation.accepted" if said.accepted else "invitation.declined"
    facts = {"statement": STATEMENT_VERSION, "meeting": str(meeting.id)}
    await audit.record(session, what, subject=subject, now=said.at, area=meeting.area, facts=facts)
    if said.accepted:
        await share_late(session, meeting, await queries.invitation(session, found.invitation_id), practice, now)


async def _answered_by(session: Session, found: Attendee, by: str) -> dict[str, Any]:
    """Return where it is written who answered: in the clear for members, sealed for guests, as their names are."""
    if found.subject is None:
        return {"answered_by": by}
    details = Guest(name=found.name, organisation=found.organisation, address=found.address, answered_by=by)
    return {"answered_by": None, "sealed_details": await session.seal_model(found.subject, details)}


async def answer_in_console(session: Session, invitation_id: UUID, said: Said, practice: Practice) -> None:
    """Keep what somebody with an account answers; their link says from then on that it was answered.

    Raises InvitationNotFound where it is somebody else's, and what `answer_invitation` raises.
    """
    found = await queries.my_invitation(session, invitation_id, session.actor.id)
    await answer_invitation(session, found, said, practice, said.at)
    meeting = await queries.meeting(session, found.meeting_id)
    await _end(session, meeting, found, said.at, cancelled=False)


async def invitation_answered(session: Session, reply: Reply, practice: Practice, now: datetime) -> None:
    """Keep an answer that came by a link; one to a mail that was replaced, or after the meeting, changes nothing."""
    found = await queries.invitation_of_link(session, reply.ask_id)
    if found is None or found.state is InvitationState.CALLED_OFF:
        return
    said = Said(accepted=bool(reply.accepted), by=reply.by, at=reply.at, reason=reply.words() or "No reason was given.")
    try:
        await answer_invitation(session, found, said, practice, now)
    except MeetingOver:
        return


async def invitation_undelivered(session: Session, told: Undelivered) -> None:
    """Say beside an invitation that its mail did not arrive, so that somebody rings; or has gone out after all."""
    found = await queries.invitation_of_link(session, told.ask_id)
    was, becomes = InvitationState.INVITED, InvitationState.UNDELIVERED
    if told.reached:
        was, becomes = becomes, was
    if found is not None and found.state is was:
        await _change(session, found.invitation_id, {"state": becomes})


_ASKED_OF_GUESTS = {
    "name": "Enter the name of whom you invite",
    "organisation": "Enter the organisation that they come from",
    "sector": "Choose the sector that they come for",
    "address": "Enter the mail address that the invitation goes to",
}


def _row(found: MeetingView, now: datetime) -> dict[str, Any]:
    return {
        "id": uuid4(),
        "meeting_id": found.id,
        "slot_id": None,
        "subject": None,
        "area": found.area,
        "member_id": "",
        "name": "",
        "organisation": "",
        "sector": "",
        "force": "",
        "account": "",
        "sealed_details": None,
        "state": InvitationState.INVITED,
        "ask_id": None,
        "statement": "",
        "invited_at": now,
        "answered_at": None,
        "answered_by": None,
        "sealed_reason": None,
    }


def _standing(member: Member) -> dict[str, str]:
    return {
        "member_id": member.id,
        "name": member.name,
        "organisation": member.organisation,
        "sector": member.sector,
        "force": member.force,
        "account": member.account,
    }


async def _send(session: Session, found: MeetingView, attendee: Attendee, now: datetime) -> None:
    """Mail an invitation with a link of its own: a member's is about the meeting, a guest's about the one case."""
    ask_id = uuid4()
    await _change(session, attendee.invitation_id, {"ask_id": ask_id, "invited_at": now})
    agenda = [each for each in await queries.slots(session, found.id) if queries.is_asked(attendee, each)]
    asking = Asking(
        ask_id=ask_id,
        kind=AskKind.INVITATION,
        name=attendee.name,
        title=f"Channel panel, {day_in_words(found.held_on, 'en')}",
        due_at=found.starts_at,
        recipient=attendee.member_id,
        address=attendee.address,
        shown=_shown(found, agenda),
        expires_at=found.starts_at + _A_DAY,
    )
    about = await _about(session, found, attendee)
    await session.lock(about.subject)
    await ask(session, about, asking, now)


def _shown(found: MeetingView, agenda: Iterable[SlotView]) -> tuple[AskSection, ...]:
    """Return what an invitation says: when, where, and the cases by their references only."""
    at = f"{found.starts_at.astimezone(LONDON):%H:%M}"
    cases = [f"{each.starts_at.astimezone(LONDON):%H:%M} {each.reference}" for each in agenda]
    return (
        AskSection(heading="When and where", words=f"{day_in_words(found.held_on, 'en')}, {at}, {found.place}"),
        AskSection(heading="Your cases", words="\n".join(cases) or "The agenda is still being made."),
        AskSection(heading=f"Confidentiality statement ({STATEMENT_VERSION})", words=CONFIDENTIALITY),
    )


async def _about(session: Session, found: MeetingView, attendee: Attendee) -> AskedAbout:
    return found if attendee.subject is None else await queries.held(session, attendee.subject)


async def _standing_ones(session: Session, found: MeetingView) -> tuple[Attendee, ...]:
    """Return the invitations of a meeting that were not called off."""
    everybody = await queries.invitations(session, found.id)
    return tuple(each for each in everybody if each.state is not InvitationState.CALLED_OFF)


async def _end(
    session: Session, found: MeetingView, attendee: Attendee, now: datetime, *, cancelled: bool = True
) -> None:
    if attendee.ask_id is not None:
        about = await _about(session, found, attendee)
        await session.lock(about.subject)
        await end_ask(session, about, attendee.ask_id, now, cancelled=cancelled)


async def _change(session: Session, invitation_id: UUID, values: dict[str, Any]) -> None:
    await session.execute(update(_INVITATION).where(_INVITATION.c.id == invitation_id).values(values))
