"""Who must be rung: the police and the intake desk are told of each, and told again once nobody need ring them."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, update

from chassis import outbox
from chassis.database import Session
from chassis.outbox import About
from contracts.envelope import Event
from contracts.notify.intake import MessageUnreached
from contracts.notify.police import NoticeUnreached
from contracts.vocabulary import ProgressStage, Unreached, WhomToReach
from services.notify.domain import Kind, Owner, RecipientKind, Result, State, owner_of
from services.notify.models import concern, notice

_WHOM = {
    RecipientKind.SERVICE: WhomToReach.SERVICE,
    RecipientKind.FORCE: WhomToReach.FORCE,
    RecipientKind.ESCALATION: WhomToReach.ESCALATION,
    RecipientKind.REFERRER: WhomToReach.REFERRER,
    RecipientKind.DUTY_OFFICER: WhomToReach.DUTY_OFFICER,
    RecipientKind.FRONT_DOOR: WhomToReach.FRONT_DOOR,
}


async def tell_silence(session: Session, row: Row[Any], *, now: datetime) -> None:
    """Tell the intake desk that a front door does not answer for a concern (its row), so that somebody rings it."""
    await session.execute(update(concern).where(concern.c.subject == row.subject).values(silence_told_at=now))
    await _tell_of_door(session, row, reached=False, now=now)


async def end_silence(session: Session, row: Row[Any], *, now: datetime) -> None:
    """Tell the intake desk, where it was told of a silence, that a front door has answered or has the concern no more.

    That its clock begins anew ends no silence: the desk's line stays until then.
    """
    if row.silence_told_at is None:
        return
    await session.execute(update(concern).where(concern.c.subject == row.subject).values(silence_told_at=None))
    await _tell_of_door(session, row, reached=True, now=now)


async def _tell_of_door(session: Session, row: Row[Any], *, reached: bool, now: datetime) -> None:
    event = MessageUnreached(
        reference=row.reference,
        about_id=row.subject,
        whom=WhomToReach.FRONT_DOOR,
        why=Unreached.SILENT,
        noted_at=now,
        reached=reached,
    )
    await outbox.add(session, event, about=About(row.subject, row.area, row.area_version, None, row.event_ids[-1]))


async def tell_owner(session: Session, row: Row[Any], why: Unreached, *, now: datetime, reached: bool = False) -> None:
    """Tell the police or intake's desk that a notice (its row) reached nobody, or that nobody need be rung for it.

    A concern's ledger is told by its own receipts, and the delivery desk by an alarm.
    """
    owner = owner_of(Kind(row.kind), row.publisher)
    event: Event | None = None
    if owner is Owner.POLICE:
        whom = _WHOM[row.recipient_kind]
        event = NoticeUnreached(
            reference=row.reference, whom=whom, about_id=row.about_id, why=why, noted_at=now, reached=reached
        )
    elif owner is Owner.INTAKE:
        whom = _WHOM[row.recipient_kind]
        stage = ProgressStage(row.stage) if row.recipient_kind == RecipientKind.REFERRER and row.stage else None
        event = MessageUnreached(
            reference=row.reference, about_id=row.id, whom=whom, stage=stage, why=why, noted_at=now, reached=reached
        )
    if event is not None:
        about = About(row.subject, row.area, row.area_version, row.correlation_id, row.event_id)
        await outbox.add(session, event, about=about)


def why_unreached(row: Row[Any]) -> Unreached:
    """Return why a notice (its row) has reached nobody, as whoever relied on it was told."""
    if row.state == State.SUPPRESSED:
        return Unreached.SUPPRESSED
    return Unreached.BOUNCED if row.last_result == Result.BOUNCED else Unreached.GIVEN_UP


async def end_ringing(session: Session, about: ColumnElement[bool], *, now: datetime) -> None:
    """Tell whoever was told that notices reached nobody that nobody need be rung: what they were to say is over.

    Not for those that bring an ask's link, of which Channel is told. The subject is held by the caller.
    """
    told = about & notice.c.unreached_at.is_not(None)
    for row in await session.rows(update(notice).where(told).values(unreached_at=None).returning(notice)):
        await tell_owner(session, row, why_unreached(row), now=now, reached=True)
