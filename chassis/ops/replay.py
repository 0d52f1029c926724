"""Replay: hand a part of the outbox to the relay again, within the window that consumers can still tell repeats in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update

from chassis.database import Session
from chassis.errors import Rejected
from chassis.tables import outbox

CHUNK = 2000
"""So many rows are handed over in one transaction."""


class ReplayUnbounded(Rejected):
    """A replay names neither a topic nor a subject nor a time."""

    reason: ClassVar[str] = "replay-unbounded"


@dataclass(frozen=True)
class Selection:
    """Which published events to send again: all that is given must match; times are when the event was recorded."""

    topic: str | None
    subject: UUID | None
    since: datetime | None
    until: datetime | None


@dataclass(frozen=True)
class Extent:
    """What a selection amounts to; `last_id` bounds the work, so that events recorded meanwhile are not chased."""

    would_send: int
    outside_window: int
    last_id: int


async def extent(session: Session, selection: Selection, window_start: datetime) -> Extent:
    """Count the published events that match, inside the window and before it.

    Raises ReplayUnbounded when nothing narrows the selection.
    """
    if selection == Selection(None, None, None, None):
        raise ReplayUnbounded("Say what to replay: a topic, a subject, or a time from which on.")
    inside = outbox.c.recorded_at >= window_start
    counted = await session.execute(
        select(
            func.count().filter(inside).label("inside"),
            func.count().filter(~inside).label("outside"),
            func.coalesce(func.max(outbox.c.id), 0).label("last_id"),
        ).where(*_conditions(selection))
    )
    row = counted.one()
    return Extent(row.inside, row.outside, row.last_id)


async def hand_over(
    session: Session, selection: Selection, window_start: datetime, *, after: int, last_id: int
) -> Sequence[int]:
    """Mark the next chunk of matching events as unpublished and return their outbox ids, in order; empty at the end.

    They keep event id, epoch and number: a consumer that has them answers with its receipt again.
    """
    chunk = (
        select(outbox.c.id)
        .where(
            *_conditions(selection),
            outbox.c.recorded_at >= window_start,
            outbox.c.id > after,
            outbox.c.id <= last_id,
        )
        .order_by(outbox.c.id)
        .limit(CHUNK)
    )
    ids = [row.id for row in await session.rows(chunk)]
    if ids:
        await session.execute(update(outbox).where(outbox.c.id.in_(ids)).values(published_at=None))
        session.wakes_relay = True
    return ids


def _conditions(selection: Selection) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [outbox.c.sequence.is_not(None), outbox.c.published_at.is_not(None)]
    if selection.topic is not None:
        conditions.append(outbox.c.topic == selection.topic)
    if selection.subject is not None:
        conditions.append(outbox.c.subject == selection.subject)
    if selection.since is not None:
        conditions.append(outbox.c.recorded_at >= selection.since)
    if selection.until is not None:
        conditions.append(outbox.c.recorded_at < selection.until)
    return conditions
