"""The assessments of a referral, complete ones and the drafts of those who write them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from chassis.database import Session
from contracts.vocabulary.assessment import Assessment, Draft
from services.triage import models
from services.triage.domain import DraftNotFound


@dataclass(frozen=True)
class DraftLine:
    """That somebody writes an assessment: who, with which instrument, and when they saved last; never their words."""

    id: UUID
    instrument: str
    edition: str
    by_id: str
    by: str
    saved_at: datetime


@dataclass(frozen=True)
class HeldDraft:
    """A draft with its words, for the officer who writes it."""

    line: DraftLine
    draft: Draft


async def assessments(session: Session, subject: UUID) -> tuple[Assessment, ...]:
    """Return every complete assessment of a referral in words, newest first; nothing of an erased one."""
    table = models.assessment
    rows = await session.rows(select(table).where(table.c.subject == subject).order_by(table.c.number.desc()))
    sealed = [row.sealed_assessment for row in rows if row.sealed_assessment]
    return tuple([await session.unseal_model(subject, each, Assessment) for each in sealed])


async def latest_assessment(session: Session, subject: UUID) -> Assessment | None:
    """Return the newest complete assessment of a referral, None where none is complete (or it was erased)."""
    table = models.assessment
    newest = select(table.c.sealed_assessment).where(table.c.subject == subject)
    sealed = await session.scalar(newest.order_by(table.c.number.desc()).limit(1))
    return None if sealed is None else await session.unseal_model(subject, sealed, Assessment)


async def any_assessment(session: Session, subject: UUID) -> bool:
    """Say whether a complete assessment is kept: what was decided before any were counts as assessed in its row."""
    table = models.assessment
    return await session.scalar(select(table.c.number).where(table.c.subject == subject).limit(1)) is not None


async def drafts(session: Session, subject: UUID) -> tuple[DraftLine, ...]:
    """Return who writes an assessment of a referral, oldest first."""
    table = models.assessment_draft
    rows = await session.rows(select(table).where(table.c.subject == subject).order_by(table.c.begun_at))
    return tuple(_line(row) for row in rows)


async def own_draft(session: Session, subject: UUID, draft_id: UUID) -> HeldDraft:
    """Return a draft of the officer who asks; DraftNotFound where it is not theirs, or of another referral, or gone."""
    table = models.assessment_draft
    this = (table.c.id == draft_id) & (table.c.subject == subject) & (table.c.by_id == session.actor.id)
    row = await session.first(select(table).where(this))
    if row is None:
        raise DraftNotFound("There is no such draft of yours: open the referral and begin or go on from there.")
    draft = await session.unseal_model(subject, row.sealed_draft, Draft) if row.sealed_draft else Draft()
    return HeldDraft(_line(row), draft)


def _line(row: Row[Any]) -> DraftLine:
    return DraftLine(row.id, row.instrument, row.edition, row.by_id, row.by_name, row.saved_at)
