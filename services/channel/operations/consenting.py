"""Consent is asked for, given, refused, withdrawn, and lapses at 18; everybody who has the person's data is told."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import func, insert, select

from chassis.database import Session
from contracts.vocabulary.days import LONDON
from services.channel import models, queries
from services.channel.domain import (
    ClockName,
    Command,
    Consent,
    NotRecorded,
    Obligation,
    Practice,
    Practices,
    Record,
)
from services.channel.domain.consenting import (
    ASKED_OF,
    BECOMES,
    DECIDER_LABELS,
    TOLD,
    Decider,
    Decision,
    lapses,
    refused_because,
    told,
    turned_18,
)
from services.channel.domain.planning import day
from services.channel.domain.table import HELD
from services.channel.operations.answering import act_on_case
from services.channel.operations.obligations import Owing, end_obligation, keep_obligation
from services.channel.operations.saving import Act, carry_out, change
from services.channel.queries import ConsentLine, Held, Said, Turning

AGAIN = "Consent has changed again since."
NOW_THEIRS = "The consent of a parent or guardian counts no longer: the person is asked (CTSA 2015 s.36)."


@dataclass(frozen=True)
class Answer:
    """What was said on consent on a day, and, after a refusal, when the panel looks at it again (None: the area's)."""

    on: date
    said: Said
    next_on: date | None = None


async def record_consent(session: Session, held: Held, answer: Answer, act: Act, practice: Practice) -> None:
    """Record that consent was asked for, given, refused or withdrawn, and tell everybody who has the data.

    Raises NotRecorded (with the field) where the law or the words are wanting, and whatever the table refuses.
    """
    await session.lock(held.subject)
    born = held.summary.date_of_birth if held.summary else None
    said = decision(act.command, answer, await queries.consents(session, held.subject))
    for field, sentence in refused_because(said, born, act.now.astimezone(LONDON).date()):
        raise NotRecorded(field, sentence)
    await act_on_case(session, held.subject, replace(act, record=_record(act.command, answer)), practice)
    consent = BECOMES[act.command]
    consent_id = await _keep(session, held, consent, answer, act.now)
    if consent in TOLD:
        await _tell(session, held, (consent, consent_id), practice, act.now)


def decision(command: Command, answer: Answer, lines: tuple[ConsentLine, ...]) -> Decision:
    """Return what the domain looks at of an answer, given what was recorded before, newest first."""
    said = answer.said
    return Decision(
        command=command,
        on=answer.on,
        by=said.by or Decider.SELF,
        capacity=said.capacity,
        told_age=said.told_age,
        relationship=said.relationship,
        best_interests=said.best_interests,
        newest=lines[0].on if lines else None,
    )


async def turn_18(session: Session, turning: Turning, practices: Practices, now: datetime) -> str:
    """Let a parent's or guardian's consent lapse on the person's 18th birthday, once; return the case's reference.

    Nothing is done, and nothing returned, before that day, or where the case is not with the team (any more).
    """
    await session.lock(turning.subject)
    held = await queries.held(session, turning.subject)
    born = held.summary.date_of_birth if held.summary else None
    birthday = turned_18(born, now.astimezone(LONDON).date())
    if birthday is None or held.situation.state not in HELD or not await _waits(session, held):
        return ""
    practice = practices.under(held.area, held.area_version, "", now)
    lapsed = lapses(held.situation.consent)
    reason = NOW_THEIRS if lapsed else "Consent is theirs from now on."
    await carry_out(session, held.subject, Act(Command.TURNED_18, now, Record(reason=reason)), practice)
    await change(session, held.subject, {"turns_18_in": None})
    if lapsed:
        await change(session, held.subject, {"consent": Consent.LAPSED})
        consent_id = await _keep(session, held, Consent.LAPSED, Answer(birthday, Said(reason=NOW_THEIRS)), now)
        if held.situation.consent is Consent.GIVEN:
            await _tell(session, held, (Consent.LAPSED, consent_id), practice, now)
    return held.reference


async def _waits(session: Session, held: Held) -> bool:
    """Say whether the birthday of a case is still to be noted: two turns of the job may have found it."""
    table = models.case_file
    return await session.scalar(select(table.c.turns_18_in).where(table.c.subject == held.subject)) is not None


def _record(command: Command, answer: Answer) -> Record:
    said = answer.said
    by = DECIDER_LABELS[said.by] if said.by else ""
    whom = ASKED_OF[said.by] if said.by else ""
    summary = f"{whom} was asked on {day(answer.on)} by {said.asked_by}: {said.how}"
    return Record(
        summary=summary if command is Command.CONSENT_ASKED else "",
        reason=said.reason,
        decided_by=by,
        next_on=answer.next_on,
    )


async def _keep(session: Session, held: Held, consent: Consent, answer: Answer, now: datetime) -> UUID:
    table, consent_id = models.consent, uuid4()
    newest = select(func.coalesce(func.max(table.c.number), 0)).where(table.c.subject == held.subject)
    values = {
        "id": consent_id,
        "subject": held.subject,
        "number": await session.scalar(newest) + 1,
        "area": held.area,
        "consent": consent,
        "on_day": answer.on,
        "sealed_said": await session.seal_model(held.subject, answer.said),
        "recorded_at": now,
        "by_id": session.actor.id,
        "by_name": session.actor.called,
    }
    await session.execute(insert(table).values(values))
    return consent_id


async def _tell(session: Session, held: Held, what: tuple[Consent, UUID], practice: Practice, now: datetime) -> None:
    """Tell everybody who has the person's data, each of whom acknowledges it; earlier ones are not waited for."""
    consent, consent_id = what
    for owed in await queries.open_obligations(session, held.subject, Obligation.CHANGE):
        await end_obligation(session, held, owed.id, Act(Command.CANCEL, now, Record(reason=AGAIN)), practice)
    for holder in await queries.holders(session, held.subject):
        if holder.officer_id and holder.officer_id == session.actor.id:
            continue
        owing = Owing(
            kind=Obligation.CHANGE,
            owner=holder.owner(),
            message=told(holder, consent),
            due_at=practice.due[ClockName.CHANGE],
            recipient=holder.recipient,
            owner_id=holder.officer_id,
            address=holder.address,
            about=consent_id,
        )
        await keep_obligation(session, held, owing, now)
