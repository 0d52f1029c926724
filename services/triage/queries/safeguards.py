"""What not everybody may see of a referral, what was found to be wrong, and its ways to other forces."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, select, true

from chassis.actor import Actor, ActorKind
from chassis.database import Session
from contracts.vocabulary import Role, Unreached
from services.triage import models
from services.triage.domain import Command, ReferralRestricted, Wrong

CLOSED_WORDS = "What was said is about a restricted referral: only those who may see it read the words."
_REFERENCE = re.compile(r"\b[A-Z]+-\w{4}-\w{4}\b", re.ASCII)
SEES_RESTRICTED = frozenset({Role.GATEWAY_SUPERVISOR, Role.IMU_OFFICER})


@dataclass(frozen=True)
class DeconflictionView:
    """What the intelligence unit recorded; its note is empty for everybody else, who see whom they may speak to."""

    outcome: str
    note: str
    by: str
    recorded_at: datetime
    contact: str = ""


@dataclass(frozen=True)
class AccessView:
    """An officer on the access list of a restricted referral."""

    id: UUID
    officer_id: str
    officer: str
    given_at: datetime
    given_by: str


@dataclass(frozen=True)
class CorrectionView:
    """What was found to be wrong about a referral, and whether Channel was told."""

    reference: str
    kind: Wrong
    words: str
    by: str
    corrected_at: datetime
    told_channel: bool


@dataclass(frozen=True)
class TransferView:
    """A referral's offer to another force (`force` is its id); no `answer` means that nobody has answered yet."""

    id: UUID
    force: str
    message: str
    offered_at: datetime
    offered_by: str
    answer: str
    answered_at: datetime | None
    answered_by: str
    reason: str
    unreached: Unreached | None = None


def in_the_unit(actor: Actor) -> bool:
    """Say whether somebody may read what stays with the intelligence unit."""
    return Role.IMU_OFFICER in actor.roles


def sees_everything(actor: Actor) -> bool:
    """Say whether restrictions do not concern an actor: supervisors, the unit, and whoever is no person."""
    return actor.kind is not ActorKind.PERSON or bool(SEES_RESTRICTED & actor.roles)


def seen_by(actor: Actor) -> ColumnElement[bool]:
    """Return the condition on rows of `referral` that this actor may see more of than the reference."""
    if sees_everything(actor):
        return true()
    table = models.access
    admitted = select(table.c.subject).where(table.c.officer_id == actor.id, table.c.ended_at.is_(None))
    return ~models.referral.c.restricted | models.referral.c.subject.in_(admitted)


def listed_for(actor: Actor) -> ColumnElement[bool]:
    """Return the condition on rows of `referral` that they stand in this actor's lists and are counted for them.

    One that this person may not see is left out altogether: a place, a count or the end of a page would tell of it what
    its reference alone does not. Nothing is left to do about one whose person was erased.
    """
    return models.referral.c.erased_at.is_(None) & seen_by(actor)


async def check_access(session: Session, row: Row[Any]) -> None:
    """Raise ReferralRestricted where a row of `referral` is not for the person who asks."""
    if row.restricted and await hidden(session, (row.subject,)):
        raise ReferralRestricted(row.subject, row.area)


async def hidden(session: Session, subjects: Collection[UUID]) -> frozenset[UUID]:
    """Return those of the referrals of which the person who asks may see nothing but the reference."""
    if not subjects or sees_everything(session.actor):
        return frozenset()
    table = models.referral
    closed = select(table.c.subject).where(table.c.subject.in_(subjects), ~seen_by(session.actor))
    return frozenset(row.subject for row in await session.rows(closed))


async def hidden_references(session: Session, references: Collection[str]) -> frozenset[str]:
    """Return those of the references of which the person who asks may see nothing more."""
    if not references or sees_everything(session.actor):
        return frozenset()
    table = models.referral
    closed = select(table.c.reference).where(table.c.reference.in_(references), ~seen_by(session.actor))
    return frozenset(row.reference for row in await session.rows(closed))


async def closed_words(session: Session, texts: Collection[str]) -> frozenset[str]:
    """Return those of the texts that name a referral of which the person who asks may see nothing more."""
    named = {text: frozenset(_REFERENCE.findall(text)) for text in texts}
    closed = await hidden_references(session, frozenset().union(*named.values()))
    return frozenset(text for text, references in named.items() if references & closed)


async def deconflictions(session: Session, subject: UUID) -> tuple[DeconflictionView, ...]:
    """Return what the intelligence unit recorded, oldest first; only its own officers are given its notes."""
    table = models.deconfliction
    rows = await session.rows(select(table).where(table.c.subject == subject).order_by(table.c.recorded_at, table.c.id))
    inside = in_the_unit(session.actor)
    return tuple(
        [
            DeconflictionView(
                outcome=row.outcome,
                note=await _text(session, subject, row.sealed_note) if inside else "",
                by=row.by_name,
                recorded_at=row.recorded_at,
                contact=await _text(session, subject, row.sealed_contact),
            )
            for row in rows
        ]
    )


async def contact(session: Session, subject: UUID, outcome: Command) -> str:
    """Return whom the unit named last when it recorded an outcome; empty where it named nobody."""
    table = models.deconfliction
    last = select(table.c.sealed_contact).where(table.c.subject == subject, table.c.outcome == outcome)
    last = last.order_by(table.c.recorded_at.desc(), table.c.id.desc()).limit(1)
    return await _text(session, subject, await session.scalar(last))


async def access_list(session: Session, subject: UUID) -> tuple[AccessView, ...]:
    """Return who may see a restricted referral beside the supervisors and the intelligence unit."""
    table = models.access
    still = select(table).where(table.c.subject == subject, table.c.ended_at.is_(None))
    rows = await session.rows(still.order_by(table.c.given_at, table.c.officer_name))
    return tuple(AccessView(row.id, row.officer_id, row.officer_name, row.given_at, row.given_by) for row in rows)


async def corrections(session: Session, subjects: Collection[UUID]) -> tuple[CorrectionView, ...]:
    """Return what was found to be wrong about referrals, oldest first; of an erased one only the kind."""
    table, referral = models.correction, models.referral
    both = select(table, referral.c.reference).join(referral, referral.c.subject == table.c.subject)
    of_these = both.where(table.c.subject.in_(subjects))
    rows = await session.rows(of_these.order_by(table.c.corrected_at, table.c.id))
    return tuple(
        [
            CorrectionView(
                row.reference,
                Wrong(row.kind),
                await _text(session, row.subject, row.sealed_words),
                row.by_name,
                row.corrected_at,
                row.told_channel,
            )
            for row in rows
        ]
    )


async def transfers(session: Session, subject: UUID) -> tuple[TransferView, ...]:
    """Return every offer of a referral to another force, oldest first."""
    table = models.transfer
    rows = await session.rows(select(table).where(table.c.subject == subject).order_by(table.c.offered_at, table.c.id))
    return tuple(
        [
            TransferView(
                id=row.id,
                force=row.force,
                message=await _text(session, subject, row.sealed_message),
                offered_at=row.offered_at,
                offered_by=row.offered_by,
                answer=row.answer or "",
                answered_at=row.answered_at,
                answered_by=row.answered_by or "",
                reason=await _text(session, subject, row.sealed_reason),
                unreached=Unreached(row.unreached) if row.unreached and not row.answer else None,
            )
            for row in rows
        ]
    )


async def _text(session: Session, subject: UUID, sealed: bytes | None) -> str:
    return await session.unseal_text(subject, sealed) if sealed else ""
