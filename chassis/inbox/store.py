"""The inbox's rows: positions, handled events, held and parked messages."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Row, delete, insert, literal_column, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis import tables
from chassis.database import Session
from chassis.inbox.verdicts import Position
from chassis.wire import encode
from contracts.catalogue import TOPIC_BY_NAME
from contracts.envelope import Envelope

Place = tuple[str, UUID]
Number = tuple[str, UUID, int, int]


@dataclass(frozen=True)
class Handled:
    """The event that was handled under a number, and what became of it: stored, erased or discarded."""

    event_id: UUID
    state: str


_POSITIONS = text(
    """SELECT p.topic, p.subject, p.epoch, p.sequence FROM inbox_position p
       JOIN unnest(CAST(:topics AS text[]), CAST(:subjects AS uuid[])) AS w(topic, subject)
         ON p.topic = w.topic AND p.subject = w.subject"""
)
_SET_ASIDE = text(
    """SELECT h.topic, h.subject, h.epoch, h.sequence FROM inbox_held h
       WHERE h.why = 'failed' AND h.subject = ANY(CAST(:subjects AS uuid[]))
       UNION ALL
       SELECT p.topic, p.subject, p.epoch, p.sequence FROM inbox_parked p
       WHERE p.state = 'waiting' AND p.subject = ANY(CAST(:subjects AS uuid[]))"""
)
_HANDLED = text(
    """SELECT e.topic, e.subject, e.epoch, e.sequence, e.event_id, e.state FROM inbox_event e
       JOIN unnest(CAST(:topics AS text[]), CAST(:subjects AS uuid[]), CAST(:epochs AS int[]),
                   CAST(:sequences AS bigint[])) AS w(topic, subject, epoch, sequence)
         ON e.topic = w.topic AND e.subject = w.subject AND e.epoch = w.epoch AND e.sequence = w.sequence"""
)
_EXCLUDED_EPOCH: ColumnElement[int] = literal_column("excluded.epoch")
_EXCLUDED_SEQUENCE: ColumnElement[int] = literal_column("excluded.sequence")


def place_of(envelope: Envelope) -> Place:
    """Return what orders a message: topic and subject."""
    return (envelope.topic, envelope.subject)


def number_of(envelope: Envelope) -> Number:
    """Return the whole number of a message."""
    return (envelope.topic, envelope.subject, envelope.epoch, envelope.sequence)


async def positions(session: Session, places: Iterable[Place]) -> dict[Place, Position]:
    """Return how far each (topic, subject) has been handled; absent means nothing yet."""
    wanted = list(set(places))
    rows = await session.rows(
        _POSITIONS, {"topics": [topic for topic, _ in wanted], "subjects": [subject for _, subject in wanted]}
    )
    return {(row.topic, row.subject): Position(row.epoch, row.sequence) for row in rows}


async def set_aside(session: Session, subjects: Iterable[UUID]) -> frozenset[Number]:
    """Return the numbers that have failed and wait for their next try or for a person: the bus must not retry them."""
    rows = await session.rows(_SET_ASIDE, {"subjects": list(set(subjects))})
    return frozenset((row.topic, row.subject, row.epoch, row.sequence) for row in rows)


async def handled(session: Session, envelopes: Sequence[Envelope]) -> dict[Number, Handled]:
    """Return which event was handled under each message's number, and what became of it."""
    if not envelopes:
        return {}
    rows = await session.rows(
        _HANDLED,
        {
            "topics": [envelope.topic for envelope in envelopes],
            "subjects": [envelope.subject for envelope in envelopes],
            "epochs": [envelope.epoch for envelope in envelopes],
            "sequences": [envelope.sequence for envelope in envelopes],
        },
    )
    return {(row.topic, row.subject, row.epoch, row.sequence): Handled(row.event_id, row.state) for row in rows}


async def advance(session: Session, moved: Mapping[Place, Position]) -> None:
    """Move positions on."""
    if not moved:
        return
    statement = upsert(tables.inbox_position)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["topic", "subject"], set_={"epoch": _EXCLUDED_EPOCH, "sequence": _EXCLUDED_SEQUENCE}
        ),
        [
            {"topic": topic, "subject": subject, "epoch": position.epoch, "sequence": position.sequence}
            for (topic, subject), position in sorted(moved.items(), key=str)
        ],
    )


async def remember(session: Session, handled: Sequence[tuple[Envelope, str]], now: datetime) -> None:
    """Note each handled message with what became of it: stored, erased or discarded."""
    if handled:
        await session.execute(
            insert(tables.inbox_event),
            [
                {
                    "topic": envelope.topic,
                    "subject": envelope.subject,
                    "epoch": envelope.epoch,
                    "sequence": envelope.sequence,
                    "event_id": envelope.event_id,
                    "state": state,
                    "handled_at": _when(envelope, now),
                }
                for envelope, state in handled
            ],
        )


@dataclass(frozen=True)
class Hold:
    """Why a message waits, for how long, and how often it has failed; None keeps the count as it is."""

    why: str
    sentence: str
    wait: timedelta
    tries: int | None = None


def _when(envelope: Envelope, now: datetime) -> datetime:
    """Return the moment to note: of a statistics key only the month, so that its time links it to nobody."""
    if TOPIC_BY_NAME[envelope.topic].statistics:
        return now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return now


async def hold(session: Session, envelope: Envelope, hold: Hold, machine_now: datetime) -> None:
    """Keep a message until its time comes; holding it again changes only the reason and the next try.

    A tombstone takes the place of the message that it is left of.
    """
    values = {
        "topic": envelope.topic,
        "subject": envelope.subject,
        "epoch": envelope.epoch,
        "sequence": envelope.sequence,
        "event_id": envelope.event_id,
        "envelope": encode(envelope),
        "why": hold.why,
        "sentence": hold.sentence,
        "tries": hold.tries or 0,
        "held_at": machine_now,
        "next_try_at": machine_now + hold.wait,
    }
    changed = {key: values[key] for key in ("why", "sentence", "next_try_at")}
    if hold.tries is not None:
        changed["tries"] = hold.tries
    if not envelope.sealed:
        changed["envelope"] = values["envelope"]
    await session.execute(
        upsert(tables.inbox_held)
        .values(values)
        .on_conflict_do_update(index_elements=["topic", "subject", "epoch", "sequence"], set_=changed)
    )


async def release(session: Session, numbers: Iterable[Number]) -> None:
    """Drop held messages that have been dealt with."""
    wanted = list(numbers)
    held = tables.inbox_held.c
    if wanted:
        await session.execute(
            delete(tables.inbox_held).where(tuple_(held.topic, held.subject, held.epoch, held.sequence).in_(wanted))
        )


async def tries_of(session: Session, number: Number) -> int:
    """Return how often a held message has failed."""
    held = tables.inbox_held.c
    found = await session.scalar(
        select(held.tries).where(tuple_(held.topic, held.subject, held.epoch, held.sequence) == number)
    )
    return int(found or 0)


async def hurry(session: Session, subjects: Iterable[UUID], machine_now: datetime) -> bool:
    """Make what is held for subjects due now: something of theirs has been handled; say whether there is any."""
    result = await session.execute(
        update(tables.inbox_held)
        .where(
            tables.inbox_held.c.subject.in_(list(subjects)),
            tables.inbox_held.c.why != "failed",
        )
        .values(next_try_at=machine_now)
    )
    return bool(result.rowcount)


async def due(session: Session, machine_now: datetime, limit: int) -> Sequence[Row[Any]]:
    """Return held messages whose time has come, in the order of their numbers."""
    held = tables.inbox_held.c
    return await session.rows(
        select(tables.inbox_held)
        .where(held.next_try_at <= machine_now)
        .order_by(held.topic, held.subject, held.epoch, held.sequence)
        .limit(limit)
    )


async def park(session: Session, envelope: Envelope, *, cause: str, sentence: str, tries: int, now: datetime) -> None:
    """Set a message aside for a person; its subject waits behind it, everyone else goes on."""
    await session.execute(
        insert(tables.inbox_parked),
        {
            "id": uuid4(),
            "topic": envelope.topic,
            "subject": envelope.subject,
            "epoch": envelope.epoch,
            "sequence": envelope.sequence,
            "event_id": envelope.event_id,
            "type": envelope.type,
            "envelope": encode(envelope),
            "cause": cause,
            "sentence": sentence,
            "tries": tries,
            "parked_at": now,
            "state": "waiting",
        },
    )


async def may_ask(session: Session, number: Number, machine_now: datetime, every: timedelta) -> bool:
    """Note that a held message's gap is asked about now; say no where that was done less than `every` ago."""
    held = tables.inbox_held.c
    result = await session.execute(
        update(tables.inbox_held)
        .where(
            tuple_(held.topic, held.subject, held.epoch, held.sequence) == number,
            (held.asked_at.is_(None)) | (held.asked_at < machine_now - every),
        )
        .values(asked_at=machine_now)
    )
    return bool(result.rowcount)
