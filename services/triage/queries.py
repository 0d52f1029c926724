"""What triage can answer: one referral, its page, the queues, and what changed since somebody looked."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Row, select, tuple_
from sqlalchemy.dialects.postgresql import distinct_on

from chassis import documents
from chassis.database import Session
from contracts.envelope import DocumentReference
from contracts.vocabulary import ReferralForm, tidy_reference
from services.triage import models
from services.triage.domain import HOLD_LABELS, Command, Hold, ReferralNotFound, Situation, State

QUEUE_PAGE = 50
IMU_STATES = (State.RECEIVED, State.DECONFLICTING)
GATEWAY_STATES = (*IMU_STATES, State.ASSESSING, State.PASSED_ON, State.SECTION_36, State.GIVEN_BACK)


class Summary(BaseModel):
    """Who a referral is about, in one line; sealed in the referral's row."""

    model_config = ConfigDict(frozen=True)

    name: str
    date_of_birth: date | None = None
    approximate_age: int | None = None
    district: str = ""


@dataclass(frozen=True)
class Held:
    """One referral as its row has it; `row_version` counts every change."""

    subject: UUID
    area: str
    area_version: str
    reference: str
    correlation_id: UUID | None
    statistics_key: UUID
    received_event_id: UUID
    received_at: datetime
    door: str
    immediate_danger: bool
    version: int
    unread_reason: str
    possibly_same_as: tuple[str, ...]
    situation: Situation
    officer: str
    officer_id: str
    decisions: int
    row_version: int
    seen: frozenset[str]
    acknowledged: frozenset[str]
    summary: Summary | None


@dataclass(frozen=True)
class ClockView:
    """A clock of a referral; `due_at` is UTC."""

    name: str
    due_at: datetime
    stopped_at: datetime | None
    times_extended: int


@dataclass(frozen=True)
class QueueLine:
    """One referral in a queue, without identity."""

    subject: UUID
    reference: str
    received_at: datetime
    state: State
    immediate_danger: bool
    risk_owner: str
    officer: str
    clock: ClockView | None
    hold: Hold | None


@dataclass(frozen=True)
class TimelineEntry:
    """One thing that happened, with what was written down about it; `by` is empty where no person did it here."""

    at: datetime
    by: str
    command: str
    to_state: str
    risk_owner: str
    row_version: int
    note: str = ""


@dataclass(frozen=True)
class DecisionView:
    """A decision with the officer's words."""

    command: str
    reason: str
    rationale: str
    grounds: str
    by: str
    decided_at: datetime


@dataclass(frozen=True)
class DeconflictionView:
    """What the intelligence unit recorded, with its note: for the police teams only."""

    outcome: str
    note: str
    by: str
    recorded_at: datetime


@dataclass(frozen=True)
class SignpostView:
    """A signpost: what was asked, and what the other service reported."""

    service: str
    message: str
    report: str
    made_at: datetime
    due_at: datetime
    acknowledged_at: datetime | None


@dataclass(frozen=True)
class SamenessView:
    """What was said last of this referral and another one: `answer` is linked or separate."""

    other_reference: str
    answer: str
    reason: str
    by: str
    answered_at: datetime
    answered_in: str


@dataclass(frozen=True)
class ReferralView:
    """Everything that the referral page shows."""

    held: Held
    form: ReferralForm | None
    documents: tuple[DocumentReference, ...]
    clocks: tuple[ClockView, ...]
    timeline: tuple[TimelineEntry, ...]
    deconflictions: tuple[DeconflictionView, ...]
    decisions: tuple[DecisionView, ...]
    signposts: tuple[SignpostView, ...]


async def held(session: Session, subject: UUID) -> Held:
    """Return a referral by its subject; ReferralNotFound where it is not here or not in the actor's areas."""
    return await _held(
        session, await session.first(select(models.referral).where(models.referral.c.subject == subject))
    )


async def held_by_reference(session: Session, reference: str) -> Held:
    """Return a referral by its reference, however it was typed; ReferralNotFound as above."""
    wanted = tidy_reference(reference)
    return await _held(
        session, await session.first(select(models.referral).where(models.referral.c.reference == wanted))
    )


async def _held(session: Session, row: Row[Any] | None) -> Held:
    if row is None:
        raise ReferralNotFound("There is no such referral in your areas; check the reference.")
    summary = None
    if row.sealed_summary is not None:
        summary = await session.unseal_model(row.subject, row.sealed_summary, Summary)
    hold = (await _holds(session, [row.subject])).get(row.subject) if row.state == State.DECONFLICTING else None
    situation = Situation(
        state=State(row.state),
        risk_owner=row.risk_owner,
        form_read=summary is not None,
        section_36_made=row.section_36_made,
        hold=hold,
        taken=row.officer_id == session.actor.id,
    )
    teams = ("imu", "gateway")
    return Held(
        subject=row.subject,
        area=row.area,
        area_version=row.area_version,
        reference=row.reference,
        correlation_id=row.correlation_id,
        statistics_key=row.statistics_key,
        received_event_id=row.received_event_id,
        received_at=row.received_at,
        door=row.door,
        immediate_danger=row.immediate_danger,
        version=row.version,
        unread_reason=row.unread_reason,
        possibly_same_as=tuple(row.possibly_same_as),
        situation=situation,
        officer=row.officer_name or "",
        officer_id=row.officer_id or "",
        decisions=row.decisions,
        row_version=row.row_version,
        seen=frozenset(team for team in teams if getattr(row, f"{team}_seen_at")),
        acknowledged=frozenset(team for team in teams if getattr(row, f"{team}_acknowledged_at")),
        summary=summary,
    )


async def latest_form(session: Session, subject: UUID) -> ReferralForm | None:
    """Return the newest version of the form that could be read, None where none could."""
    table = models.referral_version
    sealed = await session.scalar(
        select(table.c.sealed_form)
        .where(table.c.subject == subject, table.c.sealed_form.is_not(None))
        .order_by(table.c.version.desc())
        .limit(1)
    )
    return None if sealed is None else await session.unseal_model(subject, sealed, ReferralForm)


async def referral_view(session: Session, found: Held) -> ReferralView:
    """Return everything about one referral; the caller records the read."""
    return ReferralView(
        held=found,
        form=await latest_form(session, found.subject),
        documents=await documents.listed(session, found.subject),
        clocks=await _clocks(session, found.subject),
        timeline=await _timeline(session, found.subject),
        deconflictions=await _deconflictions(session, found.subject),
        decisions=await _decisions(session, found.subject),
        signposts=await _signposts(session, found.subject),
    )


async def sameness(session: Session, reference: str) -> tuple[SamenessView, ...]:
    """Return what was said last of each pair that a referral is part of, newest first."""
    table = models.sameness
    one, other = table.c.earlier_reference, table.c.later_reference
    last = select(table).ext(distinct_on(one, other)).where((one == reference) | (other == reference))
    rows = await session.rows(last.order_by(one, other, table.c.answered_at.desc(), table.c.answered_in.desc()))
    views = [
        SamenessView(
            row.earlier_reference if row.later_reference == reference else row.later_reference,
            row.answer,
            await session.unseal_text(row.subject, row.sealed_reason) if row.sealed_reason else "",
            row.by_name,
            row.answered_at,
            row.answered_in,
        )
        for row in rows
    ]
    return tuple(sorted(views, key=lambda view: view.answered_at, reverse=True))


async def additions(session: Session, subject: UUID) -> tuple[str, ...]:
    """Return what the referrer has added in words, oldest first: each version that has any has all before it."""
    table = models.referral_version
    those = select(table.c.sealed_additions).where(table.c.subject == subject, table.c.sealed_additions.is_not(None))
    sealed = await session.scalar(those.order_by(table.c.version.desc()).limit(1))
    return tuple(json.loads(await session.unseal_text(subject, sealed))) if sealed else ()


async def changes_since(session: Session, subject: UUID, row_version: int) -> tuple[TimelineEntry, ...]:
    """Return what happened to a referral after somebody saw it at `row_version`, oldest first."""
    return tuple(entry for entry in await _timeline(session, subject) if entry.row_version > row_version)


async def queue(
    session: Session, states: Sequence[State], after: tuple[bool, datetime, UUID] | None = None
) -> tuple[QueueLine, ...]:
    """Return one page of a queue: immediate danger first, then the longest waiting; `after` is the last line seen."""
    table = models.referral
    place = tuple_(~table.c.immediate_danger, table.c.received_at, table.c.subject)
    statement = select(table).where(table.c.state.in_([state.value for state in states])).order_by(*place.clauses)
    if after is not None:
        danger, received_at, subject = after
        statement = statement.where(place > tuple_(not danger, received_at, subject))
    rows = await session.rows(statement.limit(QUEUE_PAGE))
    holds = await _holds(session, [row.subject for row in rows if row.state == State.DECONFLICTING])
    running = await _next_clocks(session, [row.subject for row in rows])
    return tuple(
        QueueLine(
            subject=row.subject,
            reference=row.reference,
            received_at=row.received_at,
            state=State(row.state),
            immediate_danger=row.immediate_danger,
            risk_owner=row.risk_owner,
            officer=row.officer_name or "",
            clock=running.get(row.subject),
            hold=holds.get(row.subject),
        )
        for row in rows
    )


async def _next_clocks(session: Session, subjects: list[UUID]) -> dict[UUID, ClockView]:
    table = models.clock
    statement = (
        select(table).where(table.c.subject.in_(subjects), table.c.stopped_at.is_(None)).order_by(table.c.due_at.desc())
    )
    return {row.subject: _clock(row) for row in await session.rows(statement)}


async def _holds(session: Session, subjects: list[UUID]) -> dict[UUID, Hold]:
    """Return the last conflict or request for time of each referral, from the history because its order is certain."""
    table = models.history
    commands = [command.value for command in HOLD_LABELS]
    statement = select(table).where(table.c.subject.in_(subjects), table.c.command.in_(commands)).order_by(table.c.id)
    rows = await session.rows(statement) if subjects else ()
    return {row.subject: Hold(Command(row.command), row.by_name) for row in rows}


def _clock(row: Row[Any]) -> ClockView:
    return ClockView(row.name, row.due_at, row.stopped_at, row.times_extended)


async def _clocks(session: Session, subject: UUID) -> tuple[ClockView, ...]:
    table = models.clock
    rows = await session.rows(select(table).where(table.c.subject == subject).order_by(table.c.due_at))
    return tuple(_clock(row) for row in rows)


async def _text(session: Session, subject: UUID, sealed: bytes | None) -> str:
    return await session.unseal_text(subject, sealed) if sealed else ""


async def _timeline(session: Session, subject: UUID) -> tuple[TimelineEntry, ...]:
    table = models.history
    rows = await session.rows(select(table).where(table.c.subject == subject).order_by(table.c.id))
    return tuple(
        [
            TimelineEntry(
                at=row.at,
                by="" if row.by_id == session.service else row.by_name,
                command=row.command,
                to_state=row.to_state,
                risk_owner=row.risk_owner,
                row_version=row.row_version,
                note=await _text(session, subject, row.sealed_note),
            )
            for row in rows
        ]
    )


async def _deconflictions(session: Session, subject: UUID) -> tuple[DeconflictionView, ...]:
    table = models.deconfliction
    rows = await session.rows(select(table).where(table.c.subject == subject).order_by(table.c.recorded_at))
    return tuple(
        [
            DeconflictionView(row.outcome, await _text(session, subject, row.sealed_note), row.by_name, row.recorded_at)
            for row in rows
        ]
    )


async def _decisions(session: Session, subject: UUID) -> tuple[DecisionView, ...]:
    table = models.decision
    rows = await session.rows(select(table).where(table.c.subject == subject).order_by(table.c.decided_at))
    return tuple(
        [
            DecisionView(
                command=row.command,
                reason=row.reason,
                rationale=await _text(session, subject, row.sealed_rationale),
                grounds=await _text(session, subject, row.sealed_grounds),
                by=row.by_name,
                decided_at=row.decided_at,
            )
            for row in rows
        ]
    )


async def _signposts(session: Session, subject: UUID) -> tuple[SignpostView, ...]:
    table = models.signpost
    rows = await session.rows(select(table).where(table.c.subject == subject).order_by(table.c.made_at))
    return tuple(
        [
            SignpostView(
                service=row.service,
                message=await _text(session, subject, row.sealed_message),
                report=await _text(session, subject, row.sealed_report),
                made_at=row.made_at,
                due_at=row.due_at,
                acknowledged_at=row.acknowledged_at,
            )
            for row in rows
        ]
    )
