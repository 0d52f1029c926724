"""Carries transfers between two panels of this installation: a case opened there, its answer brought back here.

No person may write into another area's rows, so a job does it, one offer at a time.
"""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

from sqlalchemy import Row, insert, select, update

from chassis import documents
from chassis.database import Session
from contracts.vocabulary import make_reference
from contracts.vocabulary.asking import AskSection
from services.channel import models, queries
from services.channel.domain import (
    Command,
    Consent,
    Practice,
    Practices,
    Record,
    State,
    open_transferred,
    turns_18_in,
)
from services.channel.domain.transferring import Answer, Carry, Standing, carried
from services.channel.operations.arriving import TAKES_SECTION_36, summary_of
from services.channel.operations.clocks import run_clocks
from services.channel.operations.following import Correction, bring_people, keep_correction, stop
from services.channel.operations.gone_on import came_first, takers
from services.channel.operations.saving import Act, Saved, carry_out, write_down
from services.channel.operations.transferring import PanelAnswer, after_the_pack, close_offer, lapse_links, settle
from services.channel.queries import NEVER, HandedOver, Held, PackParts

TRANSFERRED_PACK = "transfer"
"""The kind of a pack that came from another panel."""


@dataclass(frozen=True)
class Carried:
    """What was done for an offer, for the log: the giver's reference."""

    reference: str
    what: Carry


async def carry_transfer(session: Session, transfer_id: UUID, practices: Practices, now: datetime) -> Carried:
    """Do what is to be done next for one offer to a panel of this installation; the actor sees every area.

    Raises AreaVersionUnknown where no version of the other area's practice is in force: the offer then waits.
    """
    offer = await _row(session, models.transfer, transfer_id)
    received = await _row(session, models.transfer_received, transfer_id)
    await session.lock_all(each.subject for each in (offer, received) if each is not None)
    # Read again now that both cases are held.
    offer = await _row(session, models.transfer, transfer_id)
    received = await _row(session, models.transfer_received, transfer_id)
    giver = await queries.held(session, offer.subject)
    step = carried(
        Standing(
            waits=giver.situation.state is State.TRANSFER_OFFERED,
            opened=received is not None,
            answer=Answer(offer.answer) if offer.answer else None,
            said=Answer(received.answer) if received and received.answer else None,
        )
    )
    at = _Offer(session, offer, received, giver, practices, now)
    if step is Carry.OPEN:
        await _open(at)
    elif step in (Carry.ACCEPT, Carry.REFUSE):
        await _hear(at)
    elif step is Carry.LAPSE:
        await _lapse(at)
    elif step is Carry.STOP:
        await _stop(at)
    if step in (Carry.ACCEPT, Carry.REFUSE, Carry.STOP, Carry.NOTHING):
        await _change(session, offer.id, {"settled_at": now})
    return Carried(giver.reference, step)


@dataclass(frozen=True)
class _Offer:
    """One offer, both its rows, and the case of the panel that made it."""

    session: Session
    row: Row[Any]
    received: Row[Any] | None
    giver: Held
    practices: Practices
    now: datetime

    def practice(self, held: Held) -> Practice:
        """Return the practice that a case of either panel is under."""
        district = held.summary.district if held.summary else ""
        return self.practices.under(held.area, held.area_version, district, self.now)


async def _open(at: _Offer) -> None:
    """Open the case in the other panel's console: a subject of its own with keys of its own, and a copy of the pack."""
    session, giver = at.session, at.giver
    handed = await queries.handed_over(session, giver)
    subject = await session.new_subject()
    await session.lock(subject)
    current = at.practices.current(at.row.to_area, at.now)
    district = handed.form.person.district if handed.form else ""
    local = at.practices.under(current.area, current.version, district, at.now)
    await _open_case(at, subject, handed, local)
    documents_kept = await _copy_documents(at, subject, local.area)
    await _copy_assessments(at, subject, local.area)
    await _keep_pack(at, subject, handed, (local.area, documents_kept))
    received = {
        "id": at.row.id,
        "subject": subject,
        "area": local.area,
        "from_area": giver.area,
        "from_panel": await _from_panel(at),
        "from_reference": giver.reference,
        "received_at": at.now,
    }
    await session.execute(insert(models.transfer_received).values(received))
    await _copy_corrections(at)
    await bring_people(session, giver, local.area, at.now)
    await _change(session, at.row.id, {"delivered_at": at.now})


async def _from_panel(at: _Offer) -> str:
    return at.practice(at.giver).panel.name or at.giver.area.replace("-", " ").title()


async def _open_case(at: _Offer, subject: UUID, handed: HandedOver, local: Practice) -> None:
    session, giver, form = at.session, at.giver, handed.form
    step = open_transferred(giver.situation.risk_owner)
    await session.execute(
        insert(models.case_file).values(
            subject=subject,
            area=local.area,
            area_version=local.version,
            reference=make_reference(local.prefix, secrets.choice),
            statistics_key=uuid4(),
            opened_at=at.now,
            immediate_danger=giver.immediate_danger,
            state=step.state,
            risk_owner=step.risk_owner,
            sealed_summary=await session.seal_model(subject, summary_of(form)) if form else None,
            section_36_made=giver.situation.section_36_made,
            answers=0,
            row_version=1,
            district=local.district,
            home_force="",
            consent=Consent.NOT_ASKED,
            next_due_at=NEVER,
            turns_18_in=turns_18_in(form.person.date_of_birth if form else None, at.now),
            from_panel=await _from_panel(at),
        )
    )
    opened = await queries.held(session, subject)
    came = Record(reason=f"From {await _from_panel(at)}, where its reference is {giver.reference}.")
    act = Act(Command.RECEIVE_TRANSFER, at.now, came)
    await write_down(session, Saved(opened, step, 1), act, local.version, first=True)
    await run_clocks(session, opened, step, local, at.now)


async def _copy_documents(at: _Offer, subject: UUID, area: str) -> list[UUID]:
    copied = []
    for each in await documents.listed(at.session, at.giver.subject):
        held = await documents.read(at.session, each.id)
        kept = await documents.store(
            at.session,
            subject=subject,
            area=area,
            name=each.name,
            media_type=each.media_type,
            body=held.body,
            now=at.now,
        )
        copied.append(kept.id)
    return copied


async def _copy_corrections(at: _Offer) -> None:
    """Mark the new case with everything that the police have found to be wrong before."""
    for told in await queries.corrections(at.session, at.giver.subject):
        copied = Correction(
            event_id=uuid4(),
            subject=at.giver.subject,
            area=at.giver.area,
            kind=told.kind,
            corrected_at=told.corrected_at,
            corrected_by=told.corrected_by,
            correction=told.words,
        )
        await correct_taker(at.session, copied, at.now)


async def _copy_assessments(at: _Offer, subject: UUID, area: str) -> None:
    session, table = at.session, models.assessment
    wanted = select(table).where(table.c.subject == at.giver.subject, table.c.sealed_assessment.is_not(None))
    for row in await session.rows(wanted.order_by(table.c.number)):
        words = await session.unseal(at.giver.subject, row.sealed_assessment)
        copy = dict(row._mapping) | {"subject": subject, "area": area}  # noqa: SLF001 - the row's columns by name
        await session.execute(insert(table).values(copy | {"sealed_assessment": await session.seal(subject, words)}))


async def _keep_pack(at: _Offer, subject: UUID, handed: HandedOver, kept: tuple[str, list[UUID]]) -> None:
    session, row = at.session, at.row
    area, document_ids = kept
    reason = await session.unseal_text(row.subject, row.sealed_reason) if row.sealed_reason else ""
    sections = tuple(AskSection(heading=head, words=words) for head, words in after_the_pack(handed) if words.strip())
    parts = PackParts(
        assessment=next(iter(handed.assessments), None),
        gathered=handed.gathered,
        chronology=handed.chronology,
        shared=handed.shared,
        sections=sections,
    )
    values = {
        "event_id": row.id,
        "subject": subject,
        "area": area,
        "kind": TRANSFERRED_PACK,
        "offered_at": row.offered_at,
        "sealed_form": await session.seal_model(subject, handed.form) if handed.form else b"",
        "sealed_rationale": await session.seal(subject, reason),
        "sealed_grounds": await session.seal(subject, handed.grounds) if handed.grounds else None,
        "decided_by": row.offered_by,
        "risk_owner": at.giver.situation.risk_owner,
        "document_ids": document_ids,
        "sealed_parts": await session.seal_model(subject, parts),
    }
    await session.execute(insert(models.pack).values(values))


async def _hear(at: _Offer) -> None:
    """Bring the answer to the giver; what the police referred meanwhile goes on to the taker."""
    session, received = at.session, at.received
    assert received is not None  # noqa: S101 - an answer was heard, so there is a row
    words = await session.unseal_text(received.subject, received.sealed_answer) if received.sealed_answer else ""
    said = PanelAnswer(
        Answer(received.answer),
        received.answered_at,
        received.answered_by,
        taker=f"{received.answered_by}, {at.row.panel_name}",
        words=words,
    )
    offer = await queries.transfer_view(session, at.row)
    await settle(session, at.giver, offer, said, at.practice(at.giver), at.now)
    if said.answer is Answer.ACCEPTED:
        await bring_section_36(session, at.giver.subject, at.practices, at.now)


async def bring_section_36(session: Session, given: UUID, practices: Practices, now: datetime) -> None:
    """Bring a section 36 referral that the police made since to every panel that a case has gone on to, if any.

    A panel that has gone on with the case keeps it, and one that has not answered yet has it with its acceptance.
    """
    first = await came_first(session, given)
    if await queries.taken_over(session, first) is None:
        return
    giver = await queries.held(session, first)
    grounds = (await queries.handed_over(session, giver)).grounds if giver.situation.section_36_made else ""
    if not grounds:
        return
    async for case in takers(session, first):
        if not case.situation.section_36_made and case.situation.state in TAKES_SECTION_36:
            practice = practices.under(case.area, case.area_version, "", now)
            act = Act(Command.RECEIVE_SECTION_36, now, Record(grounds=grounds))
            await carry_out(session, case.subject, act, practice)


async def follow_to_taker(session: Session, given: UUID, act: Act, practices: Practices) -> None:
    """Let every panel that a case has gone on to obey what the police say of it too.

    Where the police take the pack back, a link by which the case is offered elsewhere says so from then on.
    """
    taken_back = act.command is Command.WITHDRAW
    if taken_back:
        await lapse_links(session, await queries.held(session, given), act.now)
    async for case in takers(session, given):
        if taken_back and case.situation.state in (State.WITHDRAWN, State.STOPPED):
            continue
        record = replace(act.record, risk_owner=act.record.risk_owner or case.situation.risk_owner)
        practice = practices.under(case.area, case.area_version, "", act.now)
        await carry_out(session, case.subject, replace(act, record=record), practice)
        if taken_back:
            await lapse_links(session, case, act.now)


async def correct_taker(session: Session, told: Correction, now: datetime) -> None:
    """Mark the case of every panel that a case has gone on to as well with what the police found to be wrong."""
    async for case in takers(session, told.subject):
        copy = replace(told, subject=case.subject, area=case.area, event_id=uuid5(case.subject, str(told.event_id)))
        await keep_correction(session, copy, now)


async def _lapse(at: _Offer) -> None:
    """End an offer whose case the police took back, or that went elsewhere, before the other panel answered."""
    offer = await queries.transfer_view(at.session, at.row)
    gone = "The case does not wait for an answer any more."
    await close_offer(at.session, offer, PanelAnswer(Answer.CALLED_BACK, at.now, at.session.actor.name, words=gone))


async def _stop(at: _Offer) -> None:
    """Stop the case that an offer opened which was called back; its risk owner is the giver's, who never ceased."""
    received = at.received
    assert received is not None  # noqa: S101 - a case was opened, so there is a row
    owner = at.giver.situation.risk_owner
    case = await queries.held(at.session, received.subject)
    if case.situation.state not in (State.WITHDRAWN, State.STOPPED, State.RETURNED):
        act = stop(Command.WITHDRAW, at.giver.coordinator or owner, at.now, owner)
        await carry_out(at.session, case.subject, act, at.practice(case))
    table = models.transfer_received
    values = {"answer": Answer.CALLED_BACK, "answered_at": at.now}
    await at.session.execute(update(table).where(table.c.id == at.row.id).values(values))


async def _row(session: Session, table: Any, transfer_id: UUID) -> Any:
    return await session.first(select(table).where(table.c.id == transfer_id))


async def _change(session: Session, transfer_id: UUID, values: dict[str, Any]) -> None:
    table = models.transfer
    await session.execute(update(table).where(table.c.id == transfer_id).values(values))
