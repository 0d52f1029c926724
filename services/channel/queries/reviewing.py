"""Closing reports, and the reviews after closure: of one case, and of all that are to come."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Row, Select, and_, func, select, tuple_

from chassis.database import Session
from services.channel import models
from services.channel.domain import Body, ClockName, State
from services.channel.domain.reviewing import ASKED_BEFORE, ReviewNotFound
from services.channel.queries.paging import PAGE
from services.channel.queries.reading import text_of

_LIVE = (ClockName.PLAN_REVIEW, ClockName.REASSESSMENT, ClockName.CLOSING_REPORT)


class ClosingWords(BaseModel):
    """What a closing report says; sealed in its row."""

    model_config = ConfigDict(frozen=True)

    changed: str = ""
    remains: str = ""
    holders: str = ""
    summary: str = ""


@dataclass(frozen=True)
class ClosingView:
    """One closing report, with how the case was closed."""

    number: int
    outcome: str
    words: ClosingWords
    completed_at: datetime
    by: str


@dataclass(frozen=True)
class ReviewView:
    """A review after closure; `findings` is empty until it is made, `verdict` until the panel has decided."""

    id: UUID
    closed_at: datetime
    due_at: datetime
    reviewer: Body
    asked_at: datetime | None
    obligation: UUID | None
    findings: str
    found_by: str
    found_at: datetime | None
    verdict: str
    decided_at: datetime | None


@dataclass(frozen=True)
class ReviewLine:
    """A review that is to come or overdue, as the list shows it, without identity."""

    id: UUID
    reference: str
    due_at: datetime
    reviewer: Body
    coordinator: str
    asked_at: datetime | None
    found_at: datetime | None


@dataclass(frozen=True)
class ReviewToAsk:
    """A review for which the police are to be asked now."""

    id: UUID
    subject: UUID
    area: str
    area_version: str


async def closing_reports(session: Session, subject: UUID) -> tuple[ClosingView, ...]:
    """Return the closing reports of a case, newest first; of an erased one what is not words."""
    table = models.closing_report
    rows = await session.rows(select(table).where(table.c.subject == subject).order_by(table.c.number.desc()))
    return tuple([await _closing(session, row) for row in rows])


async def reports_made(session: Session, subject: UUID) -> int:
    """Return how many closing reports a case has."""
    table = models.closing_report
    found: int = await session.scalar(select(func.count()).select_from(table).where(table.c.subject == subject))
    return found


async def live_reviews(session: Session, subject: UUID) -> tuple[tuple[ClockName, datetime], ...]:
    """Return when the panel reviews or re-assesses a case next, and when its closing report is due."""
    table = models.clock
    running = (table.c.subject == subject) & table.c.name.in_(_LIVE) & table.c.stopped_at.is_(None)
    rows = await session.rows(select(table.c.name, table.c.due_at).where(running).order_by(table.c.due_at))
    return tuple((ClockName(row.name), row.due_at) for row in rows)


async def reviews(session: Session, subject: UUID) -> tuple[ReviewView, ...]:
    """Return every review after closure that a case has or had, by the day when it is due."""
    table = models.review
    rows = await session.rows(select(table).where(table.c.subject == subject).order_by(table.c.due_at, table.c.id))
    return tuple([await _review(session, row) for row in rows])


async def review(session: Session, subject: UUID, review_id: UUID) -> ReviewView:
    """Return one review of a case; ReviewNotFound where it is not there."""
    table = models.review
    row = await session.first(select(table).where(table.c.subject == subject, table.c.id == review_id))
    if row is None:
        raise ReviewNotFound("The case has no such review: open its reviews and choose one there.")
    return await _review(session, row)


async def next_review(session: Session, subject: UUID) -> ReviewView | None:
    """Return the review of a closed case on which the panel decides next, None where none is to come."""
    table = models.review
    statement = _to_come().where(table.c.subject == subject).order_by(table.c.due_at, table.c.id).limit(1)
    row = await session.first(statement)
    return None if row is None else await _review(session, row)


async def reviews_to_come(session: Session, after: tuple[datetime, UUID] | None = None) -> tuple[ReviewLine, ...]:
    """Return one page and one more, if any, of reviews after closure that nobody has decided on, by their day."""
    table = models.review
    statement = _to_come().order_by(table.c.due_at, table.c.id).limit(PAGE + 1)
    if after is not None:
        statement = statement.where(tuple_(table.c.due_at, table.c.id) > tuple_(*after))
    return tuple(
        ReviewLine(
            id=row.id,
            reference=row.reference,
            due_at=row.due_at,
            reviewer=Body(row.reviewer),
            coordinator=row.coordinator or "",
            asked_at=row.asked_at,
            found_at=row.found_at,
        )
        for row in await session.rows(statement)
    )


async def reviews_to_ask(session: Session, now: datetime, most: int) -> tuple[ReviewToAsk, ...]:
    """Return at most so many reviews for which the police are to be asked now and have not been."""
    table, case = models.review, models.case_file
    unasked = (table.c.reviewer == Body.POLICE) & table.c.asked_at.is_(None) & table.c.found_at.is_(None)
    soon = table.c.due_at < now + ASKED_BEFORE
    statement = _to_come().add_columns(case.c.area_version).where(unasked, soon).order_by(table.c.due_at, table.c.id)
    rows = await session.rows(statement.limit(most))
    return tuple(ReviewToAsk(row.id, row.subject, row.area, row.area_version) for row in rows)


def _to_come() -> Select[Any]:
    """Return the reviews of closed cases that nobody has decided on; what a case that was opened again had is past."""
    table, case = models.review, models.case_file
    same = and_(case.c.subject == table.c.subject, case.c.closed_at == table.c.closed_at)
    return (
        select(table, case.c.reference, case.c.coordinator)
        .join(case, same)
        .where(table.c.decided_at.is_(None), case.c.state == State.CLOSED)
    )


async def _closing(session: Session, row: Row[Any]) -> ClosingView:
    words = ClosingWords()
    if row.sealed_report is not None:
        words = await session.unseal_model(row.subject, row.sealed_report, ClosingWords)
    return ClosingView(row.number, row.outcome, words, row.completed_at, row.by_name)


async def _review(session: Session, row: Row[Any]) -> ReviewView:
    return ReviewView(
        id=row.id,
        closed_at=row.closed_at,
        due_at=row.due_at,
        reviewer=Body(row.reviewer),
        asked_at=row.asked_at,
        obligation=row.obligation,
        findings=await text_of(session, row.subject, row.sealed_findings),
        found_by=row.found_by or "",
        found_at=row.found_at,
        verdict=row.verdict or "",
        decided_at=row.decided_at,
    )
