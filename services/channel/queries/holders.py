"""Who has data of a person: who was asked, got a pack, was commissioned, or is responsible for an item of the plan."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from chassis.database import Session
from services.channel import models
from services.channel.domain import OBLIGATION_LABELS, Consent, Obligation
from services.channel.domain.consenting import STOPS, Holder, addressee, each_once
from services.channel.queries.consenting import ConsentLine, consents
from services.channel.queries.invitations import Guest
from services.channel.queries.obligations import ObligationView, obligations
from services.channel.queries.planning import plan_versions


@dataclass(frozen=True)
class Acknowledgement:
    """What somebody owes who was told of a change: `stops` says that they are to stop, `consent` what changed."""

    name: str
    consent: Consent
    stops: bool
    told: ObligationView


async def holders(session: Session, subject: UUID) -> tuple[Holder, ...]:
    """Return everybody who has data of a person, each once, with the ways in which it came to them."""
    found = [
        *await _asked(session, subject),
        *await _sat(session, subject),
        *await _commissioned(session, subject),
        *await _responsible(session, subject),
    ]
    return each_once(found)


async def acknowledgements(session: Session, subject: UUID) -> tuple[Acknowledgement, ...]:
    """Return who was told of a change of consent and what they said, open ones first, then the newest change."""
    table = models.obligation
    rows = await session.rows(
        select(table.c.id, table.c.about).where(table.c.subject == subject, table.c.kind == Obligation.CHANGE)
    )
    about = {row.id: row.about for row in rows}
    lines = {line.id: line for line in await consents(session, subject)}
    found = [
        (lines[changed], each)
        for each in await obligations(session, subject)
        if (changed := about.get(each.id)) in lines
    ]
    return tuple(
        Acknowledgement(addressee(each.message), line.consent, line.consent in STOPS, each)
        for line, each in sorted(found, key=_place)
    )


def _place(pair: tuple[ConsentLine, ObligationView]) -> tuple[bool, int, datetime, str]:
    line, told = pair
    return told.ended_at is not None, -line.number, told.made_at, told.owner


async def _asked(session: Session, subject: UUID) -> list[Holder]:
    """Return who was asked, given an action or signposted to: what they were sent names the person."""
    return [
        Holder(each.owner, OBLIGATION_LABELS[each.kind].lower(), each.recipient, each.owner_id, each.address)
        for each in await obligations(session, subject)
        if each.kind is not Obligation.CHANGE
    ]


async def _sat(session: Session, subject: UUID) -> list[Holder]:
    """Return who was given a pack of the panel."""
    share, invited = models.pack_share, models.invitation
    columns = (invited.c.member_id, invited.c.name, invited.c.slot_id, invited.c.sealed_details)
    rows = await session.rows(
        select(*columns)
        .join(share, share.c.invitation_id == invited.c.id)
        .where(share.c.subject == subject)
        .order_by(share.c.made_at, share.c.id)
    )
    found = []
    for row in rows:
        guest = Guest(name=row.name)
        if row.slot_id is not None and row.sealed_details:
            guest = await session.unseal_model(subject, row.sealed_details, Guest)
        found.append(Holder(guest.name, "pack of the panel", row.member_id, address=guest.address))
    return found


async def _commissioned(session: Session, subject: UUID) -> list[Holder]:
    table = models.intervention
    wanted = select(table.c.provider, table.c.provider_id).where(table.c.subject == subject)
    rows = await session.rows(wanted.order_by(table.c.commissioned_at, table.c.id))
    return [Holder(row.provider, "intervention", row.provider_id) for row in rows]


async def _responsible(session: Session, subject: UUID) -> list[Holder]:
    """Return who is or was responsible for an item of the plan, in whichever version."""
    owners = [item.owner for version in await plan_versions(session, subject) for item in version.plan.items]
    return [Holder(each.name, "item of the plan", each.recipient, each.officer_id, each.address) for each in owners]
