"""What the operations plane shows of a service's outbox and inbox."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select

from chassis.database import Session
from chassis.inbox.parked import ParkedMessageUnknown
from chassis.tables import dispatch, inbox_held, inbox_parked, outbox, service_state

LISTED = 500
"""At most so many parked messages are listed at once, oldest first."""


@dataclass(frozen=True)
class OutboxState:
    """How far the relay has got, and what the bus has but a recipient has not stored; seconds are 0.0 for nothing.

    `unstored` counts each recipient of an event; what it erased or a person discarded is not waited for.
    """

    unnumbered: int
    unpublished: int
    oldest_unpublished_seconds: float
    unstored: int
    oldest_unstored_seconds: float
    bus_id: str
    epoch: int


@dataclass(frozen=True)
class TopicState:
    """How far one topic's consumer has got; `lag` is None while the bus does not answer."""

    topic: str
    lag: int | None
    held: int
    parked: int
    oldest_held_seconds: float


@dataclass(frozen=True)
class ParkedMessage:
    """A message that failed for its own reason, without its sealed body; `held_behind` counts what waits for it."""

    id: UUID
    topic: str
    type: str
    subject: UUID
    sequence: int
    cause: str
    sentence: str
    tries: int
    parked_at: datetime
    state: str
    held_behind: int


async def outbox_state(session: Session, machine_now: datetime) -> OutboxState:
    """Return how many rows wait for a number, for the bus and for a recipient, and for how long."""
    waiting = select(
        func.count().filter(outbox.c.sequence.is_(None)).label("unnumbered"),
        func.count().label("unpublished"),
        func.min(outbox.c.recorded_at).label("oldest"),
    ).where(outbox.c.published_at.is_(None))
    counted = (await session.execute(waiting)).one()
    unstored = (await session.execute(_UNSTORED)).one()
    state = await session.first(select(service_state))
    return OutboxState(
        unnumbered=counted.unnumbered,
        unpublished=counted.unpublished,
        oldest_unpublished_seconds=_age(counted.oldest, machine_now),
        unstored=unstored.events,
        oldest_unstored_seconds=_age(unstored.oldest, machine_now),
        bus_id=(state.bus_id or "") if state else "",
        epoch=state.epoch if state else 0,
    )


async def inbox_state(session: Session, lag: Mapping[str, int | None], machine_now: datetime) -> tuple[TopicState, ...]:
    """Return one line per consumed topic, in name order; `lag` comes from the bus."""
    held = await session.rows(
        select(inbox_held.c.topic, func.count().label("held"), func.min(inbox_held.c.held_at).label("oldest")).group_by(
            inbox_held.c.topic
        )
    )
    parked = await session.rows(
        select(inbox_parked.c.topic, func.count().label("parked"))
        .where(inbox_parked.c.state == "waiting")
        .group_by(inbox_parked.c.topic)
    )
    held_by = {row.topic: row for row in held}
    parked_by = {row.topic: row.parked for row in parked}
    return tuple(
        TopicState(
            topic=topic,
            lag=lag.get(topic),
            held=held_by[topic].held if topic in held_by else 0,
            parked=parked_by.get(topic, 0),
            oldest_held_seconds=_age(held_by[topic].oldest, machine_now) if topic in held_by else 0.0,
        )
        for topic in sorted({*lag, *held_by, *parked_by})
    )


async def parked_messages(session: Session) -> tuple[ParkedMessage, ...]:
    """Return the messages that wait for an operator, oldest first."""
    waiting = _PARKED.where(inbox_parked.c.state == "waiting")
    rows = await session.rows(waiting.order_by(inbox_parked.c.parked_at, inbox_parked.c.id).limit(LISTED))
    return tuple(_message(row) for row in rows)


async def parked_message(session: Session, parked_id: UUID) -> ParkedMessage:
    """Return one parked message, whether it waits or was resolved; raises ParkedMessageUnknown."""
    row = await session.first(_PARKED.where(inbox_parked.c.id == parked_id))
    if row is None:
        raise ParkedMessageUnknown("There is no parked message with that id: list them again.")
    return _message(row)


# The first three conditions are those of the index dispatch_open, which holds the open rows alone. The age is counted
# from recorded_at, machine time; published_at is the ledger's business time.
_UNSTORED = select(func.count().label("events"), func.min(dispatch.c.recorded_at).label("oldest")).where(
    dispatch.c.stored_at.is_(None),
    dispatch.c.waived_at.is_(None),
    dispatch.c.erased_at.is_(None),
    dispatch.c.published_at.is_not(None),
)
_BEHIND = (
    select(func.count())
    .select_from(inbox_held)
    .where(inbox_held.c.topic == inbox_parked.c.topic, inbox_held.c.subject == inbox_parked.c.subject)
    .scalar_subquery()
    .label("held_behind")
)
_SHOWN = ("id", "topic", "type", "subject", "sequence", "cause", "sentence", "tries", "parked_at", "state")
_PARKED = select(*(inbox_parked.c[name] for name in _SHOWN), _BEHIND)


def _message(row: Row[Any]) -> ParkedMessage:
    return ParkedMessage(**row._asdict())


def _age(since: datetime | None, now: datetime) -> float:
    return max(0.0, round((now - since).total_seconds(), 3)) if since else 0.0
