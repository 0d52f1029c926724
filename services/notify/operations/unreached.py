"""Those who relied on a notice are told that it reached nobody: the police, Channel, intake's desk and its ledger."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update

from chassis import outbox
from chassis.database import Session
from chassis.outbox import About
from contracts.notify.intake import MessageUnreached
from contracts.notify.police import NoticeUnreached
from contracts.vocabulary import LineState, ProgressStage, Unreached, WhomToReach
from services.notify.domain import Kind, RecipientKind, State
from services.notify.models import concern, notice
from services.notify.operations.ask_answering import TOLD_BY, give_up_ask
from services.notify.operations.receiving import report_concerns

_CONCERNS = frozenset({Kind.CONCERN_RECEIVED, Kind.CONCERN_UPDATED})
_NOT_SENT = frozenset({Unreached.GIVEN_UP, Unreached.SUPPRESSED})
_OF_THE_POLICE = {
    Kind.SIGNPOST_MADE: WhomToReach.SERVICE,
    Kind.TRANSFER_OFFERED: WhomToReach.FORCE,
    Kind.CLOCK_ESCALATED: WhomToReach.ESCALATION,
}
_OF_INTAKE = {
    Kind.REFERRER_TOLD: WhomToReach.REFERRER,
    Kind.ADDITION_RECEIVED: WhomToReach.REFERRER,
    Kind.DUTY_PAGED: WhomToReach.DUTY_OFFICER,
}


async def take_back_delivered(session: Session, row: Row[Any], *, now: datetime) -> None:
    """Let the ledger say no longer that a front door has a concern, unless another mail of it is there.

    The subject is held by the caller.
    """
    if Kind(row.kind) not in _CONCERNS:
        return
    others = select(notice.c.id).where(
        notice.c.subject == row.subject,
        notice.c.id != row.id,
        notice.c.kind.in_([str(kind) for kind in _CONCERNS]),
        notice.c.recipient_key == row.recipient_key,
        notice.c.state.in_([str(State.SENT), str(State.ACKNOWLEDGED)]),
    )
    if await session.scalar(others.limit(1)) is not None:
        return
    await session.execute(update(concern).where(concern.c.subject == row.subject).values(delivered_at=None))
    await report_concerns(session, [row.subject], LineState.UNDELIVERED, now=now)


async def tell_undelivered(session: Session, row: Row[Any], why: Unreached, *, now: datetime) -> None:
    """Tell whoever had a notice written that it has not reached anybody; the subject is held by the caller."""
    kind = Kind(row.kind)
    if kind in TOLD_BY and row.about_id is not None:
        await give_up_ask(session, row.about_id, now=now)
    elif kind in _CONCERNS and why in _NOT_SENT:
        await report_concerns(session, [row.subject], LineState.UNDELIVERED, now=now)
    elif kind in _OF_THE_POLICE and row.publisher == "triage":
        await _tell_the_police(session, row, why, now=now)
    elif kind in _OF_INTAKE:
        await _tell_intake(session, row, why, now=now)


async def _tell_the_police(session: Session, row: Row[Any], why: Unreached, *, now: datetime) -> None:
    whom = _OF_THE_POLICE[Kind(row.kind)]
    event = NoticeUnreached(reference=row.reference, whom=whom, about_id=row.about_id, why=why, noted_at=now)
    await outbox.add(session, event, about=_about(row))


async def _tell_intake(session: Session, row: Row[Any], why: Unreached, *, now: datetime) -> None:
    told = row.recipient_kind == RecipientKind.REFERRER and row.stage
    stage = ProgressStage(row.stage) if told else None
    event = MessageUnreached(
        reference=row.reference, whom=_OF_INTAKE[Kind(row.kind)], stage=stage, why=why, noted_at=now
    )
    await outbox.add(session, event, about=_about(row))


def _about(row: Row[Any]) -> About:
    return About(row.subject, row.area, row.area_version, row.correlation_id, row.event_id)
