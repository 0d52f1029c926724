"""One case as its row has it, who it is about, and how it stands."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Row, func, select

from chassis.actor import ActorKind
from chassis.database import Session
from contracts.vocabulary import tidy_reference
from services.channel import models
from services.channel.domain import (
    OBLIGATION_LABELS,
    CaseNotFound,
    ClockName,
    Consent,
    Obligation,
    Situation,
    State,
    about_whom,
)
from services.channel.queries.interventions import open_providers
from services.channel.queries.obligations import Owed, open_obligations
from services.channel.queries.planning import PLANNING, plan_lacks
from services.channel.queries.reading import text_of

NEVER = datetime(9999, 12, 31, tzinfo=UTC)
"""When the next clock of a case runs out that has none; the database keeps it beside each case."""


class Summary(BaseModel):
    """Who a case is about, in one line; sealed in the case's row."""

    model_config = ConfigDict(frozen=True)

    name: str
    date_of_birth: date | None = None
    approximate_age: int | None = None
    district: str = ""

    def about_whom(self) -> str:
        """Return who it is, as far as somebody needs it who looks into their own records."""
        return about_whom(self.name, self.date_of_birth, self.approximate_age, self.district)


@dataclass(frozen=True)
class Held:
    """One case as its row has it; `row_version` counts every change.

    `halted_at` is when the police asked to wait, or took the pack back, and `speak_to` whom they named; both are empty
    where the work goes on. `missing` are the requests for information that nobody has answered.
    """

    subject: UUID
    area: str
    area_version: str
    reference: str
    correlation_id: UUID | None
    statistics_key: UUID
    opened_at: datetime
    immediate_danger: bool
    situation: Situation
    answers: int
    row_version: int
    summary: Summary | None
    halted_at: datetime | None = None
    speak_to: str = ""
    coordinator: str = ""
    district: str = ""
    home_force: str = ""
    closed_at: datetime | None = None
    next_due_at: datetime | None = None
    missing: tuple[Owed, ...] = ()


async def exists(session: Session, subject: UUID) -> bool:
    """Say whether a case is here."""
    table = models.case_file
    return await session.scalar(select(table.c.subject).where(table.c.subject == subject)) is not None


async def held(session: Session, subject: UUID) -> Held:
    """Return a case by its subject; CaseNotFound where it is not here or not in the actor's areas."""
    table = models.case_file
    return await _held(session, await session.first(select(table).where(table.c.subject == subject)))


async def held_by_reference(session: Session, reference: str) -> Held:
    """Return a case by its reference, however it was typed; CaseNotFound as above."""
    table = models.case_file
    wanted = tidy_reference(reference)
    return await _held(session, await session.first(select(table).where(table.c.reference == wanted)))


async def _held(session: Session, row: Row[Any] | None) -> Held:
    if row is None:
        raise CaseNotFound("There is no such case in your areas; check the reference.")
    summary = None
    if row.sealed_summary is not None:
        summary = await session.unseal_model(row.subject, row.sealed_summary, Summary)
    owed = await open_obligations(session, row.subject)
    return Held(
        subject=row.subject,
        area=row.area,
        area_version=row.area_version,
        reference=row.reference,
        correlation_id=row.correlation_id,
        statistics_key=row.statistics_key,
        opened_at=row.opened_at,
        immediate_danger=row.immediate_danger,
        situation=await _situation(session, row, owed),
        answers=row.answers,
        row_version=row.row_version,
        summary=summary,
        halted_at=row.halted_at,
        speak_to=await text_of(session, row.subject, row.sealed_speak_to),
        coordinator=row.coordinator or "",
        district=row.district,
        home_force=row.home_force,
        closed_at=row.closed_at,
        next_due_at=row.next_due_at if row.next_due_at < NEVER else None,
        missing=tuple(each for each in owed if each.kind is Obligation.REQUEST),
    )


async def _situation(session: Session, row: Row[Any], owed: tuple[Owed, ...]) -> Situation:
    assessed_at = await _assessed_at(session, row.subject)
    return Situation(
        state=State(row.state),
        risk_owner=row.risk_owner,
        section_36_made=row.section_36_made,
        acting_id=session.actor.id if session.actor.kind is ActorKind.PERSON else "",
        coordinator_id=row.coordinator_id or "",
        consent=Consent(row.consent),
        assessed=assessed_at is not None,
        assessed_since=assessed_at is not None and (row.decided_at is None or assessed_at > row.decided_at),
        unanswered=tuple(each.owner for each in owed if each.kind is Obligation.REQUEST),
        owed=tuple(f"{OBLIGATION_LABELS[each.kind].lower()} ({each.owner})" for each in owed),
        plan_lacks=await plan_lacks(session, row.subject) if row.state in PLANNING else (),
        halted=row.halted_at is not None,
        reviews_run=await _reviews_run(session, row.subject),
        offered_to=row.offered_to or "",
        came_from=State(row.came_from) if row.came_from else None,
        sessions_open=await open_providers(session, row.subject),
        from_panel=row.from_panel or "",
    )


async def _assessed_at(session: Session, subject: UUID) -> datetime | None:
    table = models.assessment
    newest = select(func.max(table.c.completed_at)).where(table.c.subject == subject)
    found: datetime | None = await session.scalar(newest)
    return found


async def _reviews_run(session: Session, subject: UUID) -> int:
    table = models.clock
    running = (table.c.subject == subject) & (table.c.name == ClockName.AFTER_CLOSURE) & table.c.stopped_at.is_(None)
    found: int = await session.scalar(select(func.count()).select_from(table).where(running))
    return found
