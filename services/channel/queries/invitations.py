"""Who is invited to a meeting or to one of its cases, what they answered, and who has a conflict of interest."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Row, Select, select

from chassis.database import Session
from services.channel import models
from services.channel.domain.meetings import InvitationNotFound, InvitationState, MeetingState
from services.channel.queries.conflicts import conflicts
from services.channel.queries.meetings import MeetingView, SlotView, meetings_by_id, slot
from services.channel.queries.paging import PAGE
from services.channel.queries.reading import text_of

ERASED = "Erased"


class Guest(BaseModel):
    """Somebody who is invited to one case only; sealed under the case, because the name may lead to the person.

    `answered_by` is who answered the invitation, as they say it.
    """

    model_config = ConfigDict(frozen=True)

    name: str = ERASED
    organisation: str = ""
    address: str = ""
    answered_by: str = ""


@dataclass(frozen=True)
class Attendee:
    """Somebody who is invited: a standing member to the meeting, or a guest to one case.

    `accepted` is having agreed to the confidentiality statement; `conflict` stands for the slot that was asked about.
    `address` is a guest's; a member's is in the area file. `subject` is the case that a guest is asked to.
    """

    invitation_id: UUID
    meeting_id: UUID
    slot_id: UUID | None
    member_id: str
    name: str
    organisation: str
    sector: str
    force: str
    account: str
    address: str
    state: InvitationState
    statement: str
    ask_id: UUID | None
    invited_at: datetime
    answered_at: datetime | None
    answered_by: str
    reason: str = ""
    conflict: bool = False
    subject: UUID | None = None

    @property
    def accepted(self) -> bool:
        """Say whether the invitation was accepted."""
        return self.state is InvitationState.ACCEPTED

    @property
    def guest(self) -> bool:
        """Say whether somebody is asked to one case only."""
        return self.slot_id is not None


async def invitations(session: Session, meeting_id: UUID) -> tuple[Attendee, ...]:
    """Return everybody who is invited to a meeting or to one of its cases: the members first, each by organisation."""
    table = models.invitation
    order = (table.c.slot_id.is_not(None), table.c.organisation, table.c.name, table.c.id)
    rows = await session.rows(select(table).where(table.c.meeting_id == meeting_id).order_by(*order))
    return tuple([await _attendee(session, row) for row in rows])


async def invited(session: Session, slot_id: UUID) -> tuple[Attendee, ...]:
    """Return who is asked to a case: the members whom it concerns, and its own guests; who has a conflict is marked."""
    found = await slot(session, slot_id)
    stands = await conflicts(session, (slot_id,))
    everybody = await invitations(session, found.meeting_id)
    return tuple(
        replace(each, conflict=(slot_id, each.invitation_id) in stands) for each in everybody if is_asked(each, found)
    )


def is_asked(attendee: Attendee, found: SlotView) -> bool:
    """Say whether somebody invited is asked to a case."""
    if attendee.slot_id is not None:
        return attendee.slot_id == found.id
    return attendee.meeting_id == found.meeting_id and attendee.member_id not in found.not_asked


async def invitation(session: Session, invitation_id: UUID) -> Attendee:
    """Return one invitation; InvitationNotFound where it is not here."""
    table = models.invitation
    return await _one(session, select(table).where(table.c.id == invitation_id))


async def my_invitation(session: Session, invitation_id: UUID, account: str) -> Attendee:
    """Return an invitation of somebody with an account; InvitationNotFound where it is somebody else's."""
    table = models.invitation
    mine = (table.c.id == invitation_id) & (table.c.account == account) & (table.c.account != "")
    return await _one(session, select(table).where(mine))


async def invitation_to(session: Session, meeting_id: UUID, account: str) -> Attendee:
    """Return the invitation of somebody with an account to a meeting; InvitationNotFound where they have none."""
    table = models.invitation
    mine = (table.c.meeting_id == meeting_id) & (table.c.account == account) & (table.c.account != "")
    return await _one(session, select(table).where(mine))


async def invitation_of_link(session: Session, ask_id: UUID) -> Attendee | None:
    """Return the invitation whose last mail had this link; None where a later one has replaced it."""
    table = models.invitation
    row = await session.first(select(table).where(table.c.ask_id == ask_id))
    return None if row is None else await _attendee(session, row)


async def invitations_of(session: Session, account: str) -> tuple[tuple[MeetingView, Attendee], ...]:
    """Return the invitations of somebody with an account to meetings that are not cancelled, newest meeting first."""
    table, meeting_ = models.invitation, models.meeting
    mine = (table.c.account == account) & (table.c.account != "")
    wanted = select(table).join(meeting_, meeting_.c.id == table.c.meeting_id).where(mine)
    wanted = wanted.where(meeting_.c.state != MeetingState.CANCELLED)
    rows = await session.rows(wanted.order_by(meeting_.c.starts_at.desc()).limit(PAGE))
    known = await meetings_by_id(session, {row.meeting_id for row in rows})
    return tuple([(known[row.meeting_id], await _attendee(session, row)) for row in rows])


async def _one(session: Session, statement: Select[Any]) -> Attendee:
    row = await session.first(statement)
    if row is None:
        raise InvitationNotFound("There is no such invitation now: open your meetings and choose one there.")
    return await _attendee(session, row)


async def _attendee(session: Session, row: Row[Any]) -> Attendee:
    details = Guest(name=row.name, organisation=row.organisation)
    if row.slot_id is not None:
        sealed = row.sealed_details
        details = await session.unseal_model(row.subject, sealed, Guest) if sealed else Guest()
    return Attendee(
        invitation_id=row.id,
        meeting_id=row.meeting_id,
        slot_id=row.slot_id,
        member_id=row.member_id,
        name=details.name,
        organisation=details.organisation,
        sector=row.sector,
        force=row.force,
        account=row.account,
        address=details.address,
        state=InvitationState(row.state),
        statement=row.statement,
        ask_id=row.ask_id,
        invited_at=row.invited_at,
        answered_at=row.answered_at,
        answered_by=row.answered_by or (details.answered_by if row.answered_at else ""),
        reason=await text_of(session, row.subject or row.meeting_id, row.sealed_reason),
        subject=row.subject,
    )
