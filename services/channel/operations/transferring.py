"""Offers a case to another panel and hears its answer: the risk moves with the acceptance and not before."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, select, update

from chassis.database import Session
from chassis.ids import rising_id
from contracts.vocabulary import AskKind
from contracts.vocabulary.asking import AskSection
from services.channel import models, queries
from services.channel.domain import (
    ClockName,
    Command,
    NotRecorded,
    PanelElsewhere,
    Practice,
    Record,
    State,
)
from services.channel.domain.transferring import ANSWERS, CHOOSE_PANEL, Answer, TransferNotFound, late_words
from services.channel.operations.announcing import announce
from services.channel.operations.asking import Asking, Look, Reply, ask, end_ask
from services.channel.operations.gone_on import wait_on
from services.channel.operations.obligations import end_obligation
from services.channel.operations.saving import Act, Saved, carry_out, change
from services.channel.queries import HandedOver, Held, TransferView

_OWED = "The case was transferred to another panel."


@dataclass(frozen=True)
class PanelAnswer:
    """What another panel said: `taker` owns the risk from then on where it accepted; `words` say why where not."""

    answer: Answer
    at: datetime
    by: str
    taker: str = ""
    words: str = ""


async def offer_transfer(session: Session, subject: UUID, act: Act, practice: Practice, panel: str) -> UUID:
    """Offer a case to another panel with everything that is known of it; returns the offer's id.

    A panel of this installation finds it in its own console soon after; another one is mailed a link. Raises
    NotRecorded for a panel that the area does not name, and whatever `carry_out` refuses.
    """
    if panel not in practice.elsewhere:
        raise NotRecorded("panel", CHOOSE_PANEL)
    to = practice.elsewhere[panel]
    act = replace(act, record=replace(act.record, officer=to.name))
    saved = await carry_out(session, subject, act, practice)
    await change(session, subject, {"offered_to": to.name})
    transfer_id = await _keep(session, saved.before, to, act)
    if not to.area:
        handed = await queries.handed_over(session, saved.before)
        reason = act.record.reason.strip()
        await ask(session, saved.before, _asking(transfer_id, to, practice, shown(handed, reason)), act.now)
    await announce(session, saved, practice, act.now)
    return transfer_id


async def call_back(session: Session, subject: UUID, act: Act, practice: Practice) -> None:
    """Call an offer back: the case stands where it stood, and whatever the other panel answers moves nothing."""
    saved = await carry_out(session, subject, act, practice)
    by = session.actor.name or session.actor.id
    for offer in await _waiting(session, subject):
        said = PanelAnswer(Answer.CALLED_BACK, act.now, by, words=act.record.reason)
        await close_offer(session, offer, said)
        if not offer.to_area:
            await end_ask(session, saved.before, offer.id, act.now, cancelled=True)
    await go_on(session, subject, practice, act.now)


async def transfer_answered(session: Session, held: Held, reply: Reply, practice: Practice, now: datetime) -> None:
    """Hand the risk to whoever accepted by the link, or bring the case back; TransferNotFound where none was offered.

    An answer to an offer that is at an end changes nothing; the history shows it, because the other panel may believe
    that it has the case.
    """
    offer = await _offer(session, held.subject, reply.ask_id)
    accepted = bool(reply.accepted)
    said = PanelAnswer(
        Answer.ACCEPTED if accepted else Answer.REFUSED,
        reply.at,
        reply.by,
        taker=f"{reply.taker or reply.by}, {offer.panel_name}",
        words=reply.words(),
    )
    await settle(session, held, offer, said, practice, now)


async def transfer_seen(session: Session, held: Held, look: Look, practice: Practice, now: datetime) -> None:
    """Note once that the other panel opened the link; a look after it expired changes nothing."""
    offer = await _offer(session, held.subject, look.ask_id)
    if look.refused or offer.seen_at is not None:
        return
    await carry_out(
        session, held.subject, Act(Command.SEEN, now, Record(reason=f"{offer.panel_name} (the transfer).")), practice
    )
    await _change(session, offer.id, {"seen_at": look.at})


async def answer_offer(session: Session, saved: Saved, now: datetime) -> None:
    """Keep what is decided here about a pack that another panel offered, so that it is brought there."""
    command, held = saved.step.transition.command, saved.before
    if not held.situation.from_panel or command not in ANSWERS:
        return
    table, words = models.transfer_received, saved.step.record.reason.strip()
    answered = {
        "answer": ANSWERS[command],
        "answered_at": now,
        "answered_by": session.actor.name or session.actor.id,
        "sealed_answer": await session.seal(held.subject, words) if words else None,
    }
    open_offer = (table.c.subject == held.subject) & table.c.answer.is_(None)
    await session.execute(update(table).where(open_offer).values(answered))


async def settle(
    session: Session, held: Held, offer: TransferView, said: PanelAnswer, practice: Practice, now: datetime
) -> None:
    """Keep what the other panel said: from an acceptance on, and not before, the taker owns the risk."""
    if offer.answer is not None or held.situation.state is not State.TRANSFER_OFFERED:
        if offer.answer is not said.answer:
            ended = offer.answer or Answer.CALLED_BACK
            late = Record(reason=late_words(offer.panel_name, said.answer, ended))
            await carry_out(session, held.subject, Act(Command.NOTE, now, late), practice)
        return
    accepted = said.answer is Answer.ACCEPTED
    words = ". ".join(part for part in (f"{offer.panel_name}: {said.by}", said.words.strip()) if part)
    record = Record(reason=words, risk_owner=said.taker if accepted else "")
    command = Command.TRANSFER_ACCEPTED if accepted else Command.TRANSFER_REFUSED
    saved = await carry_out(session, held.subject, Act(command, now, record), practice)
    await close_offer(session, offer, said)
    await announce(session, saved, practice, now)
    if accepted:
        await _end_owed(session, held, offer, practice, now)
    else:
        await go_on(session, held.subject, practice, now)


async def lapse_links(session: Session, held: Held, now: datetime) -> None:
    """End the links by which a case is offered that does not wait for an answer any more."""
    gone = PanelAnswer(Answer.CALLED_BACK, now, session.actor.name or session.actor.id)
    for offer in await _waiting(session, held.subject):
        if not offer.to_area:
            await close_offer(session, offer, gone)
            await end_ask(session, held, offer.id, now, cancelled=True)


async def close_offer(session: Session, offer: TransferView, said: PanelAnswer) -> None:
    """Write how an offer ended into its row."""
    subject = await session.scalar(select(models.transfer.c.subject).where(models.transfer.c.id == offer.id))
    words = said.words.strip()
    # Whoever answers by a link writes their name themselves: the history keeps it sealed, and here stands the panel.
    by_link = not offer.to_area and said.answer is not Answer.CALLED_BACK
    by = offer.panel_name if by_link and said.answer is not Answer.ACCEPTED else said.taker or said.by
    values: dict[str, Any] = {"answer": said.answer, "answered_at": said.at, "answered_by": by}
    values["sealed_answer"] = await session.seal(subject, words) if words else None
    await _change(session, offer.id, values)


async def go_on(session: Session, subject: UUID, practice: Practice, now: datetime) -> None:
    """Let a case that came back go on: a section 36 referral that came meanwhile takes it to the panel."""
    situation = (await queries.held(session, subject)).situation
    if situation.section_36_made and situation.state in (State.ACCEPTED, State.GATHERED):
        await carry_out(session, subject, Act(Command.TO_PANEL, now), practice)


def shown(handed: HandedOver, reason: str) -> tuple[AskSection, ...]:
    """Return everything that goes with a case as sections of words, for a panel that has no console here."""
    form = handed.form
    person = f"{form.person.forenames} {form.person.surname}" if form else "Erased"
    if form and form.person.date_of_birth:
        person = f"{person}, born {form.person.date_of_birth:%-d %B %Y}"
    newest = handed.assessments[0] if handed.assessments else None
    sections = (
        ("Who it is about", person),
        ("Why the case is offered", reason),
        ("What the referrer was concerned about", form.concerns.narrative if form else ""),
        ("Reasonable grounds (section 36(3))", handed.grounds),
        ("Newest assessment", f"{newest.summary}\n\n{newest.management_plan}" if newest else ""),
        ("Information gathered", "\n\n".join(f"{each.body}: {each.answer}" for each in handed.gathered)),
        *after_the_pack(handed),
        ("Chronology", "\n\n".join(f"{each.at:%-d %B %Y}: {each.what}" for each in handed.chronology)),
        ("Shared with", "\n".join(f"{each.at:%-d %B %Y}: {each.shared_with}: {each.what}" for each in handed.shared)),
    )
    return tuple(AskSection(heading=heading, words=words.strip()) for heading, words in sections if words.strip())


def after_the_pack(handed: HandedOver) -> tuple[tuple[str, str], ...]:
    """Return what a pack of the police has no place for: consent, to be confirmed anew, the plan, and what is owed."""
    return (
        ("Consent as it stood: to be confirmed by the panel that accepts", handed.consent),
        ("Support plan", handed.plan),
        ("Still owed when the case was offered: to be asked for anew", "\n".join(handed.owed)),
    )


async def _end_owed(session: Session, held: Held, offer: TransferView, practice: Practice, now: datetime) -> None:
    """Cancel what others still owed here: the taker was told of it and asks anew; links say so from then on.

    What the taker itself was told by a link since it was offered the case stays until it reports.
    """
    taker = None if offer.to_area else offer.panel
    for each in await queries.open_obligations(session, held.subject):
        if each.recipient != taker:
            act = Act(Command.CANCEL, now, Record(reason=_OWED))
            await end_obligation(session, held, each.id, act, practice)
    if taker is not None:
        await wait_on(session, held.subject, taker)


async def _keep(session: Session, held: Held, to: PanelElsewhere, act: Act) -> UUID:
    transfer_id, reason = rising_id(), act.record.reason.strip()
    row = {
        "id": transfer_id,
        "subject": held.subject,
        "area": held.area,
        "panel": to.id,
        "panel_name": to.name,
        "to_area": to.area,
        "sealed_reason": await session.seal(held.subject, reason),
        "offered_at": act.now,
        "offered_by": session.actor.name or session.actor.id,
    }
    await session.execute(insert(models.transfer).values(row))
    return transfer_id


def _asking(transfer_id: UUID, to: PanelElsewhere, practice: Practice, sections: tuple[AskSection, ...]) -> Asking:
    return Asking(
        ask_id=transfer_id,
        kind=AskKind.TRANSFER,
        name=to.name,
        title="A Channel case that is offered to your panel",
        due_at=practice.due[ClockName.TRANSFER],
        recipient=to.id,
        shown=sections,
    )


async def _waiting(session: Session, subject: UUID) -> tuple[TransferView, ...]:
    return tuple(each for each in await queries.transfers(session, subject) if each.answer is None)


async def _offer(session: Session, subject: UUID, transfer_id: UUID) -> TransferView:
    table = models.transfer
    row: Row[Any] | None = await session.first(
        select(table).where(table.c.id == transfer_id, table.c.subject == subject)
    )
    if row is None:
        raise TransferNotFound("An answer names a transfer that Channel never offered; compare both services.")
    return await queries.transfer_view(session, row)


async def _change(session: Session, transfer_id: UUID, values: dict[str, Any]) -> None:
    table = models.transfer
    await session.execute(update(table).where(table.c.id == transfer_id).values(values))
