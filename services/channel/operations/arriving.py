"""What arrives: awareness of referrals, the police's decisions, and the packs that open cases."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, update
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis import audit, outbox
from chassis.database import Session
from chassis.errors import NotYet
from contracts.vocabulary import Outcome, ReferralForm, Team
from services.channel import models, queries
from services.channel.domain import Command, Consent, Practice, Record, State, open_with, turns_18_in
from services.channel.operations.clocks import run_clocks
from services.channel.operations.saving import (
    Act,
    Saved,
    carry_out,
    write_down,
)
from services.channel.queries import NEVER, PackParts, Summary

_AWARE = upsert(models.awareness)
_KEEP_AWARENESS = _AWARE.on_conflict_do_update(
    index_elements=["subject"],
    set_={name: _AWARE.excluded[name] for name in ("version", "age_band", "district")},
    where=models.awareness.c.version < _AWARE.excluded.version,
)
_TAKES_BACK = (Outcome.PLP, Outcome.RECEIVED)
"""Taken into police-led partnership, or, where the police have a conflict to clear first, not decided yet."""
TAKES_SECTION_36 = (State.ACCEPTED, State.GATHERED, State.GIVEN_BACK, State.TRANSFER_OFFERED, State.TRANSFERRED)
"""The states in which a section 36 referral is kept with the case, also where it crosses with its leaving."""
TAKER = "The police officer who took the case back"
"""Their decision comes without a name; whoever it makes responsible is named by an event of its own."""


@dataclass(frozen=True)
class Awareness:
    """That a referral exists, as intake tells the local authority: no identity."""

    subject: UUID
    area: str
    event_id: UUID
    reference: str
    received_at: datetime
    version: int
    age_band: str
    district: str


@dataclass(frozen=True)
class DecisionHeard:
    """What the police decided about a referral."""

    subject: UUID
    area: str
    event_id: UUID
    reference: str
    outcome: Outcome
    decided_at: datetime


@dataclass(frozen=True)
class PackArrival:
    """A pack as the police hand it over; grounds only with a s.36 referral."""

    subject: UUID
    correlation_id: UUID | None
    event_id: UUID
    kind: str
    reference: str
    offered_at: datetime
    form: ReferralForm
    rationale: str
    grounds: str
    decided_by: str
    risk_owner: str
    immediate_danger: bool
    document_ids: tuple[UUID, ...]
    statistics_key: UUID
    parts: PackParts
    offer_id: UUID | None = None


async def keep_awareness(session: Session, heard: Awareness, now: datetime) -> None:
    """Keep what is known of a referral; a later version replaces an earlier one and stays seen."""
    session.write(_KEEP_AWARENESS, asdict(heard))
    facts: dict[str, str | int] = {"version": heard.version}
    await audit.record(session, "awareness.keep", subject=heard.subject, now=now, area=heard.area, facts=facts)


async def hear_decision(session: Session, heard: DecisionHeard, practice: Practice, now: datetime) -> None:
    """Keep a decision of the police; where they take back a case that was given back, the case ends here."""
    await session.execute(
        insert(models.police_decision).values(
            event_id=heard.event_id,
            subject=heard.subject,
            area=heard.area,
            reference=heard.reference,
            outcome=heard.outcome,
            decided_at=heard.decided_at,
        )
    )
    facts: dict[str, str | int] = {"outcome": str(heard.outcome)}
    await audit.record(session, "police-decision.keep", subject=heard.subject, now=now, area=heard.area, facts=facts)
    if heard.outcome not in _TAKES_BACK or not await queries.exists(session, heard.subject):
        return
    case = await queries.held(session, heard.subject)
    if case.situation.state is State.GIVEN_BACK:
        await carry_out(session, heard.subject, Act(Command.TAKEN_BACK, now, Record(risk_owner=TAKER)), practice)


async def receive_pack(session: Session, arrival: PackArrival, practice: Practice, now: datetime) -> None:
    """Keep a pack: it opens a case, is offered again, or brings the s.36 grounds to a case that is already here.

    Raises NotYet where the police's taking back, which comes by another topic, is still on its way.
    """
    await session.lock(arrival.subject)
    if await queries.exists(session, arrival.subject):
        case = await queries.held(session, arrival.subject)
        # A s.36 referral may cross with the case being given back; it is kept with the case in either state. It then
        # names the risk owner here: a new offer, which comes after the taking back, names the police's.
        ours = case.situation.state in TAKES_SECTION_36
        crossing = bool(arrival.grounds) and arrival.risk_owner == case.situation.risk_owner
        if case.situation.state is State.GIVEN_BACK and not crossing:
            raise NotYet("The police offer again what was given back: that they took it back has not arrived yet.")
        command = Command.RECEIVE_SECTION_36 if ours else Command.OFFER_AGAIN
        record = Record(grounds=arrival.grounds, risk_owner=arrival.risk_owner)
        await carry_out(session, arrival.subject, Act(command, now, record), practice)
        newest = {"sealed_summary": await _summary(session, arrival), "immediate_danger": arrival.immediate_danger}
        newest["turns_18_in"] = turns_18_in(arrival.form.person.date_of_birth, now)
        table = models.case_file
        await session.execute(update(table).where(table.c.subject == arrival.subject).values(newest))
    else:
        await _open_case(session, arrival, practice, now)
    await _keep_pack(session, arrival, practice.area)


async def mark_awareness_seen(session: Session, subjects: Sequence[UUID], now: datetime) -> frozenset[UUID]:
    """Note that the team has seen these referrals, tell intake's ledger once, and return which were new."""
    table = models.awareness
    unseen = table.c.subject.in_(subjects) & table.c.seen_at.is_(None)
    marking = update(table).where(unseen).values(seen_at=now).returning(table.c.subject, table.c.event_id)
    fresh = await session.rows(marking)
    for row in fresh:
        await outbox.report(
            session, publisher="intake", event_id=row.event_id, team=Team.DOVETAIL, state="seen", now=now
        )
    return frozenset(row.subject for row in fresh)


async def _open_case(session: Session, arrival: PackArrival, practice: Practice, now: datetime) -> None:
    step = open_with(arrival.risk_owner)
    await session.execute(
        insert(models.case_file).values(
            subject=arrival.subject,
            area=practice.area,
            area_version=practice.version,
            reference=arrival.reference,
            correlation_id=arrival.correlation_id,
            statistics_key=arrival.statistics_key,
            opened_at=now,
            immediate_danger=arrival.immediate_danger,
            state=step.state,
            risk_owner=step.risk_owner,
            sealed_summary=await _summary(session, arrival),
            section_36_made=bool(arrival.grounds.strip()),
            answers=0,
            row_version=1,
            district=practice.district,
            home_force="",
            consent=Consent.NOT_ASKED,
            next_due_at=NEVER,
            turns_18_in=turns_18_in(arrival.form.person.date_of_birth, now),
        )
    )
    opened = await queries.held(session, arrival.subject)
    await write_down(session, Saved(opened, step, 1), Act(Command.OPEN, now), practice.version, first=True)
    await run_clocks(session, opened, step, practice, now)


async def _keep_pack(session: Session, arrival: PackArrival, area: str) -> None:
    grounds = arrival.grounds.strip()
    await session.execute(
        insert(models.pack).values(
            event_id=arrival.event_id,
            subject=arrival.subject,
            area=area,
            kind=arrival.kind,
            offered_at=arrival.offered_at,
            sealed_form=await session.seal_model(arrival.subject, arrival.form),
            sealed_rationale=await session.seal(arrival.subject, arrival.rationale),
            sealed_grounds=await session.seal(arrival.subject, grounds) if grounds else None,
            decided_by=arrival.decided_by,
            risk_owner=arrival.risk_owner,
            document_ids=list(arrival.document_ids),
            sealed_parts=await session.seal_model(arrival.subject, arrival.parts),
            offer_id=arrival.offer_id,
        )
    )


async def _summary(session: Session, arrival: PackArrival) -> bytes:
    return await session.seal_model(arrival.subject, summary_of(arrival.form))


def summary_of(form: ReferralForm) -> Summary:
    """Return who a form is about, in one line."""
    person = form.person
    return Summary(
        name=f"{person.forenames} {person.surname}",
        date_of_birth=person.date_of_birth,
        approximate_age=person.approximate_age,
        district=person.district,
    )
