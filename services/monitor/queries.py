"""What monitor answers: how the services are, which way a referral went, what they vouch for."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, ColumnElement, FromClause, Row, ScalarSelect, Select, Table, func, select

from chassis.database import Session
from contracts.catalogue import SERVICES
from services.monitor.domain import (
    HealthState,
    OfferedCheckpoint,
    OutboxReading,
    ServiceReading,
    SpanFact,
    TopicReading,
)
from services.monitor.models import alarm, checkpoint, service_reading, span, topic_reading

MOST_SPANS = 2_000
"""A journey is shown up to so many spans."""
MOST_COUNTED = 1_000
"""Checkpoints are counted up to so many: a page must not take longer as the years go by."""


@dataclass(frozen=True)
class Alarm:
    """A trouble that stands, since when and when it was last seen."""

    service: str
    reason: str
    place: str
    sentence: str
    raised_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True)
class KeptCheckpoint(OfferedCheckpoint):
    """A checkpoint that monitor keeps for a service; `contradicted` when another one tells another hash."""

    service: str
    received_at: datetime
    contradicted: bool


@dataclass(frozen=True)
class ChainSummary:
    """The newest checkpoint of a service, how many are kept, and how many of its checkpoints are in doubt."""

    newest: KeptCheckpoint
    kept: int
    doubtful: int

    @property
    def kept_in_words(self) -> str:
        """How many are kept, in words for people."""
        return str(self.kept) if self.kept < MOST_COUNTED else f"{MOST_COUNTED:,} or more"


def _columns(table: Table, value: type) -> tuple[Column[Any], ...]:
    return tuple(table.c[field.name] for field in fields(value))


_OFFERED = _columns(checkpoint, OfferedCheckpoint)


async def readings(session: Session) -> tuple[ServiceReading, ...]:
    """Return what every service told last, in name order."""
    topics: dict[str, list[TopicReading]] = {}
    for row in await session.rows(select(topic_reading).order_by(topic_reading.c.service, topic_reading.c.topic)):
        one = TopicReading(row.topic, row.lag, row.held, row.parked, row.oldest_held_seconds)
        topics.setdefault(row.service, []).append(one)
    rows = await session.rows(select(service_reading).order_by(service_reading.c.service))
    return tuple(_reading(row, topics) for row in rows)


async def alarms(session: Session, service: str = "") -> tuple[Alarm, ...]:
    """Return the alarms that stand, of one service or of all, oldest first."""
    chosen = select(*_columns(alarm, Alarm)).where(alarm.c.cleared_at.is_(None))
    if service:
        chosen = chosen.where(alarm.c.service == service)
    rows = await session.rows(chosen.order_by(alarm.c.raised_at, alarm.c.service, alarm.c.reason, alarm.c.place))
    return tuple(Alarm(**row._asdict()) for row in rows)


async def journey(session: Session, correlation_id: UUID) -> tuple[SpanFact, ...]:
    """Return the spans of every trace that touched a journey, oldest first, at most MOST_SPANS."""
    traces = select(span.c.trace_id).where(span.c.correlation_id == correlation_id).distinct()
    others = span.c.correlation_id.is_(None) | (span.c.correlation_id == correlation_id)
    chosen = select(*_columns(span, SpanFact)).where(span.c.trace_id.in_(traces), others)
    rows = await session.rows(chosen.order_by(span.c.started_at).limit(MOST_SPANS))
    return tuple(SpanFact(**row._asdict()) for row in rows)


async def known_checkpoints(session: Session, service: str) -> tuple[OfferedCheckpoint, ...]:
    """Return the first and the last good checkpoint kept for a service: what its next offer is held against."""
    chosen = select(*_OFFERED).where(checkpoint.c.service == service, checkpoint.c.signed)
    first = await session.first(chosen.order_by(checkpoint.c.id).limit(1))
    if first is None:
        return ()
    # Of two that contradict each other the one that came first counts.
    last = await session.first(
        chosen.where(checkpoint.c.public_key == first.public_key)
        .order_by(checkpoint.c.sequence.desc(), checkpoint.c.id)
        .limit(1)
    )
    return tuple(OfferedCheckpoint(**row._asdict()) for row in (first, last) if row is not None)


async def checkpoints(
    session: Session, service: str, *, after: int = 0, limit: int = 1_000
) -> tuple[KeptCheckpoint, ...]:
    """Return the checkpoints kept for a service above a sequence in their order, contradicting ones side by side."""
    chosen = _with_rivals().where(checkpoint.c.service == service, checkpoint.c.sequence > after)
    ordered = chosen.order_by(checkpoint.c.sequence, checkpoint.c.id).limit(limit)
    return tuple(_kept(row) for row in await session.rows(ordered))


async def recent_checkpoints(session: Session, service: str, *, limit: int) -> tuple[KeptCheckpoint, ...]:
    """Return the newest checkpoints kept for a service, newest first; those in doubt come before all others."""
    other = checkpoint.alias("other")
    in_doubt = select(other.c.sequence).where(other.c.service == service, _in_doubt(other))
    mine = _with_rivals().where(checkpoint.c.service == service)
    newest_first = checkpoint.c.sequence.desc(), checkpoint.c.id.desc()
    doubtful = await session.rows(mine.where(checkpoint.c.sequence.in_(in_doubt)).order_by(*newest_first).limit(limit))
    others = await session.rows(mine.order_by(*newest_first).limit(limit))
    first = {row.id: row for row in (*doubtful, *others)}
    return tuple(_kept(row) for row in list(first.values())[:limit])


async def chains(session: Session) -> tuple[ChainSummary, ...]:
    """Return one line per service that has ever given a checkpoint, in name order."""
    return tuple([one for service in SERVICES if (one := await chain(session, service))])


async def chain(session: Session, service: str) -> ChainSummary | None:
    """Return the line of one service; None when it never gave a checkpoint. Nothing is counted beyond MOST_COUNTED."""
    newest = await session.first(
        _with_rivals()
        .where(checkpoint.c.service == service)
        .order_by(checkpoint.c.sequence.desc(), checkpoint.c.id)
        .limit(1)
    )
    if newest is None:
        return None
    mine = checkpoint.c.service == service
    kept = await _counted(session, mine)
    doubtful = await _counted(session, mine & _in_doubt(checkpoint))
    return ChainSummary(_kept(newest), kept, doubtful)


async def _counted(session: Session, which: ColumnElement[bool]) -> int:
    some = select(checkpoint.c.service).where(which).limit(MOST_COUNTED).subquery()
    return int(await session.scalar(select(func.count()).select_from(some)) or 0)


def _in_doubt(table: FromClause) -> ColumnElement[bool]:
    return ~table.c.signed | table.c.repeated


def _kept(row: Row[Any]) -> KeptCheckpoint:
    return KeptCheckpoint(**{name: value for name, value in row._asdict().items() if name != "id"})


def _with_rivals() -> Select[Any]:
    return select(
        checkpoint.c.id,
        *_OFFERED,
        checkpoint.c.service,
        checkpoint.c.received_at,
        (_rivals() > 0).label("contradicted"),
    )


def _rivals() -> ScalarSelect[int]:
    rival = checkpoint.alias("rival")
    return (
        select(func.count())
        .select_from(rival)
        .where(
            rival.c.service == checkpoint.c.service,
            rival.c.sequence == checkpoint.c.sequence,
            rival.c.entry_hash != checkpoint.c.entry_hash,
        )
        .scalar_subquery()
    )


def _reading(row: Row[Any], topics: Mapping[str, list[TopicReading]]) -> ServiceReading:
    outbox = None
    if row.unpublished is not None:
        outbox = OutboxReading(**{each.name: getattr(row, each.name) for each in fields(OutboxReading)})
    return ServiceReading(
        service=row.service,
        state=HealthState(row.state),
        dependencies=row.dependencies,
        outbox=outbox,
        topics=tuple(topics.get(row.service, ())),
        read_at=row.read_at,
    )
