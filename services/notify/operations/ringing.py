"""Who must be rung: the police and the intake desk are told of each, and told again once nobody need ring them."""

from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, update

from chassis import outbox
from chassis.database import Session
from chassis.outbox import About
from contracts.envelope import Event
from contracts.notify.intake import MessageUnreached
from contracts.notify.police import NoticeUnreached
from contracts.vocabulary import NoLongerRung, ProgressStage, Unreached, WhomToReach
from services.notify.domain import Kind, Owner, RecipientKind, Result, State, owner_of
from services.notify.models import concern, notice

CONCERNS = frozenset({Kind.CONCERN_RECEIVED, Kind.CONCERN_UPDATED})
"""The notices that tell a front door of a concern."""
_WHOM = {
    RecipientKind.SERVICE: WhomToReach.SERVICE,
    RecipientKind.FORCE: WhomToReach.FORCE,
    RecipientKind.ESCALATION: WhomToReach.ESCALATION,
    RecipientKind.REFERRER: WhomToReach.REFERRER,
    RecipientKind.DUTY_OFFICER: WhomToReach.DUTY_OFFICER,
    RecipientKind.FRONT_DOOR: WhomToReach.FRONT_DOOR,
}


async def tell_silence(session: Session, row: Row[Any], *, now: datetime) -> None:
    """Tell the intake desk and the police that a front door does not answer for a concern (its row): somebody rings it.

    The subject is held by the caller, here and below.
    """
    await session.execute(update(concern).where(concern.c.subject == row.subject).values(silence_told_at=now))
    await _tell_intake_of_silence(session, row, reached=False, now=now)
    await _add(session, row, _of_concern(row, Unreached.SILENT, now=now))


async def end_ringing_door(session: Session, row: Row[Any], why: NoLongerRung, *, now: datetime) -> None:
    """Tell whoever rings the front door of a concern (its row) that nobody need do so: it has answered, or it moved.

    The intake desk was told of silence alone, the police of mails that came back too. That the clock of a front door
    begins anew ends no silence: the desk's line stays until then.
    """
    unreached = await _no_longer_unreached(session, row.subject, row.front_door)
    if row.silence_told_at is not None:
        await session.execute(update(concern).where(concern.c.subject == row.subject).values(silence_told_at=None))
        await _tell_intake_of_silence(session, row, reached=True, now=now)
    if unreached is not None or row.silence_told_at is not None:
        was = Unreached.SILENT if unreached is None else why_unreached(unreached)
        await _add(session, row, _of_concern(row, was, why, now=now))


async def _tell_intake_of_silence(session: Session, row: Row[Any], *, reached: bool, now: datetime) -> None:
    event = MessageUnreached(
        reference=row.reference,
        about_id=row.subject,
        whom=WhomToReach.FRONT_DOOR,
        why=Unreached.SILENT,
        noted_at=now,
        reached=reached,
    )
    await _add(session, row, event)


async def _add(session: Session, row: Row[Any], event: Event) -> None:
    about = About(row.subject, row.area, row.area_version, None, row.event_ids[-1])
    await outbox.add(session, event, about=about)


def _of_concern(
    row: Row[Any], why: Unreached, no_longer: NoLongerRung | None = None, *, now: datetime
) -> NoticeUnreached:
    return _of_door(row, why, no_longer, now)(front_door=row.front_door, since=row.clock_began_at or row.received_at)


async def tell_of_door(
    session: Session, row: Row[Any], why: Unreached, no_longer: NoLongerRung | None = None, *, now: datetime
) -> None:
    """Tell the police that a mail of a concern (its notice) has not reached its front door, or why nobody need ring."""
    event = _of_door(row, why, no_longer, now)(front_door=row.recipient_key, version=row.concern_version)
    about = About(row.subject, row.area, row.area_version, row.correlation_id, row.event_id)
    await outbox.add(session, event, about=about)


def _of_door(
    row: Row[Any], why: Unreached, no_longer: NoLongerRung | None, now: datetime
) -> "partial[NoticeUnreached]":
    """Begin what the police are told of a front door, by the row of a concern or of its notice."""
    return partial(
        NoticeUnreached,
        reference=row.reference,
        whom=WhomToReach.FRONT_DOOR,
        about_id=row.subject,
        why=why,
        noted_at=now,
        reached=no_longer is not None,
        no_longer=no_longer,
    )


async def end_unreached_door(
    session: Session, subject: UUID, front_door: str, why: NoLongerRung, *, now: datetime
) -> None:
    """Tell the police, where they were told that mails of a concern had not reached a front door, that it knows now."""
    row = await _no_longer_unreached(session, subject, front_door)
    if row is not None:
        await tell_of_door(session, row, why_unreached(row), why, now=now)


async def _no_longer_unreached(session: Session, subject: UUID, front_door: str) -> Row[Any] | None:
    """Take the marks of a concern's notices to a front door away; return one that had it, None where none had."""
    told = notice.c.kind.in_([str(kind) for kind in CONCERNS]) & notice.c.unreached_at.is_not(None)
    here = (notice.c.subject == subject) & (notice.c.recipient_key == front_door)
    marked = await session.rows(update(notice).where(told & here).values(unreached_at=None).returning(notice))
    return marked[-1] if marked else None


async def tell_owner(session: Session, row: Row[Any], why: Unreached, *, now: datetime, reached: bool = False) -> None:
    """Tell the police or intake's desk that a notice (its row) reached nobody, or that nobody need be rung for it.

    A concern's ledger is told by its own receipts, the police of a concern by `tell_of_door`, and the delivery desk by
    an alarm.
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
