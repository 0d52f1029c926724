"""What was offered to other panels, what they answered, and what is handed over with a case."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, or_, select

from chassis import documents
from chassis.database import Session
from contracts.envelope import DocumentReference
from contracts.vocabulary import ReferralForm
from contracts.vocabulary.assessment import Assessment
from contracts.vocabulary.pack import ChronologyLine, GatheredInformation, Sharing
from services.channel import models
from services.channel.domain import CONSENT_LABELS, HAPPENED, OBLIGATION_LABELS, Command, Consent, Obligation
from services.channel.domain.chronology import KEPT_INSIDE
from services.channel.domain.transferring import Answer
from services.channel.queries.assessments import assessments, brought_assessments
from services.channel.queries.cases import timeline
from services.channel.queries.holding import Held
from services.channel.queries.obligations import ObligationView, gathered, obligations
from services.channel.queries.packs import NEWEST_PACK, PackView, pack_view
from services.channel.queries.planning import plan_of
from services.channel.queries.reading import text_of

POLICE_PACK = "A pack with identity"
_GUEST = "A guest of the panel"
"""As a guest is named where the case goes elsewhere: their own name may lead to the person, and stays sealed here."""
_REFERS = (Command.REFER, Command.RECEIVE_SECTION_36)
_SHARED = {
    Obligation.REQUEST: "A question about the person",
    Obligation.SIGNPOST: "A signpost",
    Obligation.ACTION: "An action",
    Obligation.CHANGE: "A change of consent",
}


@dataclass(frozen=True)
class TransferView:
    """One offer to another panel: `reason` in the giver's words, `said` in the other's; empty where none."""

    id: UUID
    panel: str
    panel_name: str
    to_area: str
    reason: str
    offered_at: datetime
    offered_by: str
    delivered_at: datetime | None
    seen_at: datetime | None
    answer: Answer | None
    answered_at: datetime | None
    answered_by: str
    said: str


@dataclass(frozen=True)
class ReceivedView:
    """The offer that a case came by: which panel offered it, and under which reference that panel has it."""

    id: UUID
    from_area: str
    from_panel: str
    from_reference: str
    received_at: datetime
    answer: Answer | None


@dataclass(frozen=True)
class Copy:
    """The case that a panel of this installation has of another's, which has it by the reference `given`."""

    given: str
    reference: str
    area: str


@dataclass(frozen=True)
class HandedOver:
    """Everything that goes with a case: to the police with a case given back, or to another panel.

    `assessments` are newest first. `consent`, `plan` and `owed` are in words; `grounds` are empty without a referral
    under section 36.
    """

    form: ReferralForm | None
    grounds: str
    assessments: tuple[Assessment, ...]
    gathered: tuple[GatheredInformation, ...]
    chronology: tuple[ChronologyLine, ...]
    shared: tuple[Sharing, ...]
    consent: str
    plan: str
    owed: tuple[str, ...]
    documents: tuple[DocumentReference, ...]


async def transfers(session: Session, subject: UUID) -> tuple[TransferView, ...]:
    """Return every offer of a case to another panel, newest first."""
    table = models.transfer
    order = (table.c.offered_at.desc(), table.c.id.desc())
    rows = await session.rows(select(table).where(table.c.subject == subject).order_by(*order))
    return tuple([await transfer_view(session, row) for row in rows])


async def transfer_view(session: Session, row: Row[Any]) -> TransferView:
    """Return an offer from its row."""
    return TransferView(
        id=row.id,
        panel=row.panel,
        panel_name=row.panel_name,
        to_area=row.to_area,
        reason=await text_of(session, row.subject, row.sealed_reason),
        offered_at=row.offered_at,
        offered_by=row.offered_by,
        delivered_at=row.delivered_at,
        seen_at=row.seen_at,
        answer=Answer(row.answer) if row.answer else None,
        answered_at=row.answered_at,
        answered_by=row.answered_by or "",
        said=await text_of(session, row.subject, row.sealed_answer),
    )


async def received_transfer(session: Session, subject: UUID) -> ReceivedView | None:
    """Return by which offer of another panel a case came; None where the police brought it."""
    table = models.transfer_received
    row = await session.first(select(table).where(table.c.subject == subject))
    if row is None:
        return None
    answer = Answer(row.answer) if row.answer else None
    return ReceivedView(row.id, row.from_area, row.from_panel, row.from_reference, row.received_at, answer)


async def copies(session: Session, references: Sequence[str]) -> tuple[Copy, ...]:
    """Return the cases that other panels of this installation have of these, offered or accepted, newest last."""
    offer, received = models.transfer, models.transfer_received
    given, taken = models.case_file.alias("given"), models.case_file.alias("taken")
    stands = [or_(each.c.answer.is_(None), each.c.answer == Answer.ACCEPTED) for each in (offer, received)]
    found = (
        select(given.c.reference.label("given"), taken.c.reference, taken.c.area)
        .select_from(offer.join(received, received.c.id == offer.c.id))
        .join(given, given.c.subject == offer.c.subject)
        .join(taken, taken.c.subject == received.c.subject)
        .where(given.c.reference.in_(references), *stands)
    )
    rows = await session.rows(found.order_by(offer.c.offered_at, offer.c.id))
    return tuple(Copy(row.given, row.reference, row.area) for row in rows)


async def taken_over(session: Session, given: UUID) -> UUID | None:
    """Return the case that another panel of this installation has of this one, offered or accepted; else None."""
    offer, received = models.transfer, models.transfer_received
    stands = [or_(each.c.answer.is_(None), each.c.answer == Answer.ACCEPTED) for each in (offer, received)]
    case = select(received.c.subject).join(offer, offer.c.id == received.c.id).where(offer.c.subject == given, *stands)
    found: UUID | None = await session.scalar(case.order_by(offer.c.offered_at.desc()).limit(1))
    return found


async def unsettled_transfers(session: Session, most: int = 200) -> tuple[UUID, ...]:
    """Return the offers to panels of this installation that something may still have to be done for, oldest first."""
    table = models.transfer
    waiting = (table.c.to_area != "") & table.c.settled_at.is_(None)
    rows = await session.rows(select(table.c.id).where(waiting).order_by(table.c.offered_at).limit(most))
    return tuple(row.id for row in rows)


async def handed_over(session: Session, held: Held) -> HandedOver:
    """Return what goes with a case now; the caller records who reads it."""
    packs = await _packs(session, held.subject)
    owed = await obligations(session, held.subject)
    newest = packs[0] if packs else None
    made = await assessments(session, held.subject)
    return HandedOver(
        form=await newest_form(session, held.subject),
        grounds=await _grounds(session, held, packs),
        assessments=made or await brought_assessments(session, held.subject),
        gathered=(*(newest.parts.gathered if newest else ()), *await gathered(session, held.subject)),
        chronology=await _chronology(session, held, newest),
        shared=await _shared(session, held, newest, owed),
        consent=await _consent(session, held),
        plan=await _plan(session, held.subject),
        owed=tuple(f"{OBLIGATION_LABELS[each.kind]}: {each.owner}" for each in owed if each.ended_at is None),
        documents=await documents.listed(session, held.subject),
    )


async def newest_form(session: Session, subject: UUID) -> ReferralForm | None:
    """Return the form as the newest pack brought it; None where it was erased."""
    table = models.pack
    newest = select(table.c.sealed_form).where(table.c.subject == subject).order_by(*NEWEST_PACK).limit(1)
    sealed = await session.scalar(newest)
    return await session.unseal_model(subject, sealed, ReferralForm) if sealed else None


async def _packs(session: Session, subject: UUID) -> tuple[PackView, ...]:
    table = models.pack
    rows = await session.rows(select(table).where(table.c.subject == subject).order_by(*NEWEST_PACK))
    return tuple([await pack_view(session, row) for row in rows])


async def _grounds(session: Session, held: Held, packs: Sequence[PackView]) -> str:
    """Return the grounds of the newest referral, as a pack brought them or as they were recorded here."""
    if not held.situation.section_36_made:
        return ""
    brought = [(each.offered_at, each.grounds) for each in packs if each.grounds]
    lines = await timeline(session, held.subject)
    recorded = [(each.at, each.note) for each in lines if each.command in _REFERS and each.note]
    return max((*brought, *recorded), default=(None, ""), key=lambda each: each[0])[1]


async def _chronology(session: Session, held: Held, newest: PackView | None) -> tuple[ChronologyLine, ...]:
    """Return what the police or another panel told of before, then what happened here."""
    here = [
        ChronologyLine(
            reference=held.reference,
            at=entry.at,
            what="\n\n".join(part for part in (HAPPENED[Command(entry.command)], entry.note) if part),
            by=entry.by,
        )
        for entry in await timeline(session, held.subject)
        if Command(entry.command) not in KEPT_INSIDE
    ]
    before = newest.parts.chronology if newest else ()
    return tuple(sorted((*before, *here), key=lambda line: line.at))


async def _shared(
    session: Session, held: Held, newest: PackView | None, owed: Sequence[ObligationView]
) -> tuple[Sharing, ...]:
    found = [Sharing(what=_SHARED[each.kind], shared_with=each.owner, at=each.made_at) for each in owed]
    found += [
        Sharing(what=POLICE_PACK, shared_with=each.panel_name, at=each.offered_at)
        for each in await transfers(session, held.subject)
    ]
    share, invited = models.pack_share, models.invitation
    packs = select(invited.c.name, share.c.made_at).join(invited, invited.c.id == share.c.invitation_id)
    found += [
        Sharing(what="A pack for the panel’s meeting", shared_with=row.name or _GUEST, at=row.made_at)
        for row in await session.rows(packs.where(share.c.subject == held.subject))
    ]
    before = newest.parts.shared if newest else ()
    ours = (each.model_copy(update={"what": f"{each.what} ({held.reference})"}) for each in found)
    return tuple(sorted((*before, *ours), key=lambda each: each.at))


async def _plan(session: Session, subject: UUID) -> str:
    """Return the plan in force in words: each item with who does it and how it stands; nothing without one."""
    found = await plan_of(session, subject)
    if found is None:
        return ""
    plan = found.version.plan
    labels = {each.id: each.label for each in plan.present}
    lines = [f"Version {found.version.number}, {found.version.completed_at:%-d %B %Y}, by {found.version.by}."]
    for item in plan.items:
        answers = ", ".join(labels.get(each, each) for each in item.factors)
        lines.append(f"{item.support} (answers: {answers}; {item.owner.name}; {found.state(item).replace('-', ' ')})")
    return "\n".join(lines)


_CONSENT = (
    Command.CONSENT_ASKED,
    Command.CONSENT_GIVEN,
    Command.CONSENT_REFUSED,
    Command.CONSENT_WITHDRAWN,
    Command.TURNED_18,
)


async def _consent(session: Session, held: Held) -> str:
    """Return where the consent stands and what was last recorded of it."""
    said = [entry for entry in await timeline(session, held.subject) if entry.command in _CONSENT]
    label = CONSENT_LABELS[held.situation.consent]
    if held.situation.consent is Consent.NOT_ASKED or not said:
        return label
    last = said[-1]
    note = f" {last.note}" if last.note else ""
    return f"{label}. {HAPPENED[Command(last.command)]}, {last.at:%-d %B %Y}.{note}"
