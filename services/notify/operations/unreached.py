"""Those who relied on a notice are told that it reached nobody, or has after all: police, Channel, intake, ledger."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update

from chassis.database import Session
from contracts.vocabulary import LineState, NoLongerRung, Unreached
from services.notify.domain import Kind, State
from services.notify.models import concern, notice
from services.notify.operations.ask_answering import TOLD_BY, give_up_ask
from services.notify.operations.moving import is_elsewhere
from services.notify.operations.receiving import FIRST_VERSION, report_concerns
from services.notify.operations.ringing import (
    CONCERNS,
    end_unreached_door,
    tell_of_door,
    tell_owner,
    why_unreached,
)

_NOT_SENT = frozenset({Unreached.GIVEN_UP, Unreached.SUPPRESSED})


async def take_back_delivered(session: Session, row: Row[Any], *, now: datetime) -> None:
    """Let the ledger say no longer that a front door has a concern, unless a newer mail of it is there.

    An older one does not help: nobody has heard of what is new. The subject is held by the caller.
    """
    if Kind(row.kind) not in CONCERNS or await _newer_is_there(session, row):
        return
    await session.execute(update(concern).where(concern.c.subject == row.subject).values(delivered_at=None))
    await report_concerns(session, [row.subject], LineState.UNDELIVERED, now=now)


async def _newer_is_there(session: Session, row: Row[Any]) -> bool:
    others = select(notice.c.concern_version, notice.c.created_at).where(
        notice.c.subject == row.subject,
        notice.c.id != row.id,
        notice.c.kind.in_([str(kind) for kind in CONCERNS]),
        notice.c.recipient_key == row.recipient_key,
        notice.c.state.in_([str(State.SENT), str(State.ACKNOWLEDGED)]),
    )
    return any(_place(each) > _place(row) for each in await session.rows(others))


def _place(row: Row[Any]) -> tuple[int, datetime]:
    return row.concern_version or 0, row.created_at


async def tell_undelivered(session: Session, row: Row[Any], why: Unreached, *, now: datetime) -> None:
    """Tell whoever had a notice written that it has not reached anybody; the subject is held by the caller."""
    kind = Kind(row.kind)
    if kind in CONCERNS:
        await _tell_undelivered_concern(session, row, why, now=now)
        return
    if why is not Unreached.SILENT:
        await session.execute(update(notice).where(notice.c.id == row.id).values(unreached_at=now))
    if kind in TOLD_BY and row.about_id is not None:
        await give_up_ask(session, row.about_id, now=now)
    else:
        await tell_owner(session, row, why, now=now)


async def _tell_undelivered_concern(session: Session, row: Row[Any], why: Unreached, *, now: datetime) -> None:
    """Tell the ledger, and the police, unless a newer mail is there or another front door has the concern by now."""
    if why in _NOT_SENT:
        await take_back_delivered(session, row, now=now)
    if await _newer_is_there(session, row) or await is_elsewhere(session, row):
        return
    await session.execute(update(notice).where(notice.c.id == row.id).values(unreached_at=now))
    await tell_of_door(session, row, why, now=now)


async def tell_reached(session: Session, row: Row[Any], *, now: datetime) -> None:
    """Tell whoever was told that a notice reached nobody that it has gone out after all; the subject is held."""
    kind = Kind(row.kind)
    if kind in CONCERNS:
        if not _is_first_of_all(row):
            await end_unreached_door(session, row.subject, row.recipient_key, NoLongerRung.SENT, now=now)
        return
    if row.unreached_at is None:
        return
    await session.execute(update(notice).where(notice.c.id == row.id).values(unreached_at=None))
    if kind in TOLD_BY and row.about_id is not None:
        await give_up_ask(session, row.about_id, now=now, reached=True)
        return
    await tell_owner(session, row, why_unreached(row), now=now, reached=True)


def _is_first_of_all(row: Row[Any]) -> bool:
    """Say whether nothing of a concern can have been unreached before this notice went out: nobody need look then.

    Whichever mail goes out later leads to all that is known, and so ends what was told of any other.
    """
    return (row.concern_version or 0) <= FIRST_VERSION and row.unreached_at is None and row.sent_at is None
