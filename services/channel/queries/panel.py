"""What happens in a meeting: who presides, who is in the room for which case, what was said, decided and voted."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import Row, select

from chassis.database import Session
from services.channel import models
from services.channel.domain.panel import ENDED_SLOTS, Agreement, Seat, Vote
from services.channel.domain.standing import Practice
from services.channel.queries.invitations import Guest, invited
from services.channel.queries.meetings import SlotView, slot
from services.channel.queries.reading import text_of


@dataclass(frozen=True)
class Presides:
    """Who presides, as the area file names them, from when, and who recorded it."""

    member_id: str
    name: str
    at: datetime
    by: str


@dataclass(frozen=True)
class Presence:
    """One time that somebody was in the room for a case; `left_at` is empty while they are."""

    seat: Seat
    admitted_at: datetime
    left_at: datetime | None


@dataclass(frozen=True)
class ConflictView:
    """Who has a conflict of interest in a case; it stands until `ended_at`."""

    attendee: UUID
    name: str
    words: str
    declared_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True)
class Contribution:
    """What an agency said of a case."""

    name: str
    organisation: str
    words: str
    at: datetime


@dataclass(frozen=True)
class VoteView:
    """How somebody voted; `words` are their dissent."""

    name: str
    organisation: str
    vote: Vote
    words: str


@dataclass(frozen=True)
class PanelDecision:
    """What the panel decided of a case in a slot; without a command it did not decide, and the words say why."""

    id: UUID
    slot_id: UUID
    meeting_id: UUID
    held_on: date
    command: str
    agreement: Agreement | None
    reason_kind: str
    verdict: str
    outcome: str
    next_on: date | None
    words: str
    presided_by: str
    decided_at: datetime
    votes: tuple[VoteView, ...]


async def presides(session: Session, meeting_id: UUID) -> tuple[Presides, ...]:
    """Return who has presided over a meeting, the present one last."""
    table = models.presiding
    rows = await session.rows(select(table).where(table.c.meeting_id == meeting_id).order_by(table.c.id))
    return tuple(Presides(row.member_id, row.name, row.at, row.by_name) for row in rows)


async def presences(session: Session, slot_id: UUID) -> tuple[Presence, ...]:
    """Return who was in the room for a case and when, in the order in which they came, members before guests."""
    table = models.presence
    order = (table.c.admitted_at, table.c.is_member.desc(), table.c.organisation, table.c.name, table.c.id)
    rows = await session.rows(select(table).where(table.c.slot_id == slot_id).order_by(*order))
    return tuple([Presence(await _seat(session, row), row.admitted_at, row.left_at) for row in rows])


async def room(session: Session, slot_id: UUID) -> tuple[Seat, ...]:
    """Return who is in the room for a case now."""
    return tuple(each.seat for each in await presences(session, slot_id) if each.left_at is None)


async def _seat(session: Session, row: Row[Any]) -> Seat:
    details = Guest(name=row.name, organisation=row.organisation)
    if not row.member_id:
        sealed = row.sealed_details
        details = await session.unseal_model(row.subject, sealed, Guest) if sealed else Guest()
    return Seat(
        id=row.attendee,
        name=details.name,
        organisation=details.organisation,
        sector=row.sector,
        force=row.force,
        is_member=row.is_member,
        chairs=row.chairs,
        member_id=row.member_id,
        account=row.account,
    )


async def expected(session: Session, slot: SlotView, practice: Practice) -> tuple[Seat, ...]:
    """Return who can be let into the room for a case: the members whom it concerns, and the guests asked to it.

    A member who was not invited can come all the same; members come first, in the order of the area file.
    """
    asked = await invited(session, slot.id)
    ids = {each.member_id: each.invitation_id for each in asked if not each.guest}
    members = tuple(
        Seat(
            id=ids.get(each.id) or uuid5(slot.meeting_id, each.id),
            name=each.name,
            organisation=each.organisation,
            sector=each.sector,
            force=each.force,
            chairs=each.chairs,
            member_id=each.id,
            account=each.account,
        )
        for each in practice.panel.members
        if each.id not in slot.not_asked
    )
    guests = tuple(
        Seat(
            each.invitation_id,
            each.name,
            each.organisation,
            each.sector,
            each.force,
            is_member=False,
            account=each.account,
        )
        for each in asked
        if each.guest
    )
    return members + guests


async def declared(session: Session, slot_id: UUID) -> tuple[ConflictView, ...]:
    """Return who declared a conflict of interest in a case, the first to do so first.

    Until the slot has been dealt with, those that were declared for another meeting and still stand are among them.
    """
    table, here = models.conflict, await slot(session, slot_id)
    wanted = table.c.slot_id == slot_id
    if here.state not in ENDED_SLOTS:
        wanted |= (table.c.subject == here.subject) & table.c.ended_at.is_(None)
    rows = await session.rows(select(table).where(wanted).order_by(table.c.declared_at))
    if not rows:
        return ()
    names = await _names(session, [row.invitation_id for row in rows if row.slot_id != slot_id])
    names |= {each.seat.id: each.seat.name for each in await presences(session, slot_id)}
    names |= {each.invitation_id: each.name for each in await invited(session, slot_id)}
    return tuple(
        [
            ConflictView(
                attendee=row.invitation_id,
                name=names.get(row.invitation_id, row.declared_by),
                words=await text_of(session, row.subject, row.sealed_words),
                declared_at=row.declared_at,
                ended_at=row.ended_at,
            )
            for row in rows
        ]
    )


async def _names(session: Session, elsewhere: Collection[UUID]) -> dict[UUID, str]:
    """Return the names of members who were invited to other meetings, or came to them."""
    invitation, presence = models.invitation, models.presence
    found = [
        *await session.rows(select(invitation.c.id, invitation.c.name).where(invitation.c.id.in_(elsewhere))),
        *await session.rows(
            select(presence.c.attendee.label("id"), presence.c.name).where(presence.c.attendee.in_(elsewhere))
        ),
    ]
    return {each.id: each.name for each in found if each.name}


async def contributions(session: Session, slot_id: UUID) -> tuple[Contribution, ...]:
    """Return what was said of a case in a slot, in its order."""
    table = models.contribution
    rows = await session.rows(select(table).where(table.c.slot_id == slot_id).order_by(table.c.id))
    said = {each.seat.id: each.seat for each in await presences(session, slot_id)} if rows else {}
    return tuple(
        [
            Contribution(
                name=said[row.attendee].name,
                organisation=said[row.attendee].organisation,
                words=await text_of(session, row.subject, row.sealed_words),
                at=row.at,
            )
            for row in rows
        ]
    )


async def panel_decisions(session: Session, subject: UUID) -> tuple[PanelDecision, ...]:
    """Return what the panel decided of a case, and where it did not decide, the newest first."""
    return await _decisions(session, models.panel_decision.c.subject == subject)


async def decision_in(session: Session, slot_id: UUID) -> PanelDecision | None:
    """Return what the panel decided in a slot, None where nothing was decided yet."""
    found = await _decisions(session, models.panel_decision.c.slot_id == slot_id)
    return found[0] if found else None


async def _decisions(session: Session, wanted: Any) -> tuple[PanelDecision, ...]:
    table, meeting = models.panel_decision, models.meeting
    joined = table.join(meeting, meeting.c.id == table.c.meeting_id)
    newest = (table.c.decided_at.desc(), table.c.id)
    rows = await session.rows(select(table, meeting.c.held_on).select_from(joined).where(wanted).order_by(*newest))
    return tuple([await _decision(session, row) for row in rows])


async def _decision(session: Session, row: Row[Any]) -> PanelDecision:
    return PanelDecision(
        id=row.id,
        slot_id=row.slot_id,
        meeting_id=row.meeting_id,
        held_on=row.held_on,
        command=row.command,
        agreement=Agreement(row.agreement) if row.agreement else None,
        reason_kind=row.reason_kind,
        verdict=row.verdict,
        outcome=row.outcome,
        next_on=row.next_on,
        words=await text_of(session, row.subject, row.sealed_words),
        presided_by=row.presided_by,
        decided_at=row.decided_at,
        votes=await _votes(session, row),
    )


async def _votes(session: Session, decision: Row[Any]) -> tuple[VoteView, ...]:
    """Return how everybody voted, by name: whoever votes was in the room, where a stand-in's name is sealed."""
    table = models.vote
    cast = await session.rows(select(table).where(table.c.decision_id == decision.id))
    seats = {each.seat.id: each.seat for each in await presences(session, decision.slot_id)} if cast else {}
    found = [
        VoteView(
            name=seats[each.attendee].name,
            organisation=seats[each.attendee].organisation,
            vote=Vote(each.vote),
            words=await text_of(session, each.subject, each.sealed_words),
        )
        for each in cast
    ]
    return tuple(sorted(found, key=lambda each: (each.name, each.organisation)))
