"""The inbox's rows: positions, handled events, held and parked messages."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row, insert, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis import tables
from chassis.database import Database, Session
from chassis.inbox.verdicts import Position
from chassis.wire import encode
from contracts.catalogue import TOPIC_BY_NAME
from contracts.envelope import Envelope

Place = tuple[str, UUID]
Number = tuple[str, UUID, int, int]
Named = tuple[Number, UUID]
"""A number and the event that came under it: two events may claim one."""


@dataclass(frozen=True)
class Handled:
    """The event that was handled under a number, and what became of it: stored, erased or discarded."""

    event_id: UUID
    state: str


_STANDING = text(
    """SELECT p.topic, p.subject, p.epoch, p.sequence, false AS held
       FROM unnest(CAST(:kinds AS int[]), CAST(:subjects AS uuid[])) AS w(kind, subject)
       JOIN inbox_position p ON p.topic = (CAST(:topics AS text[]))[w.kind] AND p.subject = w.subject
       UNION ALL
       SELECT h.topic, h.subject, h.epoch, h.sequence, true FROM inbox_held h
       WHERE h.subject = ANY(CAST(:subjects AS uuid[]))"""
)
_SET_ASIDE = text(
    """SELECT h.topic, h.subject, h.epoch, h.sequence, h.event_id, false AS parked FROM inbox_held h
       WHERE h.why = 'failed' AND h.subject = ANY(CAST(:subjects AS uuid[]))
       UNION ALL
       SELECT p.topic, p.subject, p.epoch, p.sequence, p.event_id, true FROM inbox_parked p
       WHERE p.state = 'waiting' AND p.subject = ANY(CAST(:subjects AS uuid[]))"""
)
_HANDLED = text(
    """SELECT e.topic, e.subject, e.epoch, e.sequence, e.event_id, e.state FROM inbox_event e
       JOIN unnest(CAST(:topics AS text[]), CAST(:subjects AS uuid[]), CAST(:epochs AS int[]),
                   CAST(:sequences AS bigint[])) AS w(topic, subject, epoch, sequence)
         ON e.topic = w.topic AND e.subject = w.subject AND e.epoch = w.epoch AND e.sequence = w.sequence"""
)
# Each array costs as much as the rows it makes: what few values share is sent once, and the rows name its place.
_REMEMBER = text(
    """WITH done AS MATERIALIZED (
           SELECT (CAST(:topics AS text[]))[u.kind] AS topic, u.subject, u.epoch, u.sequence, u.event_id,
                  (CAST(:states AS text[]))[u.kind] AS state, (CAST(:moments AS timestamptz[]))[u.kind] AS at, u.nth
           FROM unnest(CAST(:kinds AS int[]), CAST(:subjects AS uuid[]), CAST(:epochs AS int[]),
                       CAST(:sequences AS bigint[]), CAST(:event_ids AS uuid[]))
               WITH ORDINALITY AS u(kind, subject, epoch, sequence, event_id, nth)),
       moved AS (
           INSERT INTO inbox_position (topic, subject, epoch, sequence)
           SELECT topic, subject, epoch, sequence FROM done WHERE nth <= :places
           ON CONFLICT (topic, subject) DO UPDATE SET epoch = excluded.epoch, sequence = excluded.sequence)
       INSERT INTO inbox_event (topic, subject, epoch, sequence, event_id, state, handled_at)
       SELECT topic, subject, epoch, sequence, event_id, state, at FROM done"""
)
_RELEASE = text(
    """DELETE FROM inbox_held h USING unnest(CAST(:topics AS text[]), CAST(:subjects AS uuid[]),
           CAST(:epochs AS int[]), CAST(:sequences AS bigint[])) AS w(topic, subject, epoch, sequence)
       WHERE h.topic = w.topic AND h.subject = w.subject AND h.epoch = w.epoch AND h.sequence = w.sequence"""
)
_DUE = text(
    """SELECT envelope, why, held_at FROM (
           SELECT * FROM inbox_held WHERE next_try_at <= :now ORDER BY next_try_at LIMIT :limit) AS longest
       ORDER BY topic, subject, epoch, sequence"""
)
_ERASED = text("SELECT 1 FROM erased_subject WHERE subject = :subject")
_HURRY = text(
    """UPDATE inbox_held SET next_try_at = :now
       WHERE subject = ANY(CAST(:subjects AS uuid[])) AND why <> 'failed'"""
)


def place_of(envelope: Envelope) -> Place:
    """Return what orders a message: topic and subject."""
    return (envelope.topic, envelope.subject)


def number_of(envelope: Envelope) -> Number:
    """Return the whole number of a message."""
    return (envelope.topic, envelope.subject, envelope.epoch, envelope.sequence)


def named(envelope: Envelope) -> Named:
    """Return the whole number of a message and its event."""
    return (number_of(envelope), envelope.event_id)


@dataclass(frozen=True)
class Standing:
    """How far each (topic, subject) has been handled (absent: nothing yet), and which messages are held behind that."""

    positions: dict[Place, Position]
    held: frozenset[Number]


async def standing(session: Session, envelopes: Iterable[Envelope]) -> Standing:
    """Return where the topics and subjects of these messages stand; the caller holds the subjects."""
    places = {place_of(envelope) for envelope in envelopes}
    topics: dict[str, int] = {}
    kinds = [topics.setdefault(topic, len(topics) + 1) for topic, _ in places]
    subjects = [subject for _, subject in places]
    rows = await session.rows(_STANDING, {"kinds": kinds, "topics": list(topics), "subjects": subjects})
    return Standing(
        {(row.topic, row.subject): Position(row.epoch, row.sequence) for row in rows if not row.held},
        frozenset((row.topic, row.subject, row.epoch, row.sequence) for row in rows if row.held),
    )


async def position(session: Session, envelope: Envelope) -> Position | None:
    """Return how far the message's topic and subject have been handled; None means nothing yet."""
    return (await standing(session, [envelope])).positions.get(place_of(envelope))


def _columns(numbers: Sequence[Number]) -> dict[str, list[Any]]:
    topics, subjects, epochs, sequences = zip(*numbers, strict=True)
    return {
        "topics": list(topics),
        "subjects": list(subjects),
        "epochs": list(epochs),
        "sequences": list(sequences),
    }


async def set_aside(source: Session | Database, subjects: Iterable[UUID]) -> Mapping[Named, bool]:
    """Return what has failed and waits for its next try or, where true, for a person: the bus must not retry it."""
    rows = await source.rows(_SET_ASIDE, {"subjects": list(set(subjects))})
    return {((row.topic, row.subject, row.epoch, row.sequence), row.event_id): row.parked for row in rows}


async def handled(session: Session, envelopes: Sequence[Envelope]) -> dict[Number, Handled]:
    """Return which event was handled under each message's number, and what became of it."""
    if not envelopes:
        return {}
    rows = await session.rows(_HANDLED, _columns([number_of(envelope) for envelope in envelopes]))
    return {(row.topic, row.subject, row.epoch, row.sequence): Handled(row.event_id, row.state) for row in rows}


async def remember(session: Session, handled: Sequence[tuple[Envelope, str]], now: datetime) -> None:
    """Note each handled message with what became of it (stored, erased or discarded), and move positions on to it.

    The messages are in the order in which they were handled.
    """
    if not handled:
        return
    last = {place_of(item[0]): item for item in handled}
    # Of each topic and subject the last one first: only these move a position, and each position only once.
    ordered = [*last.values(), *(item for item in handled if last[place_of(item[0])] is not item)]
    kinds: dict[tuple[str, str], int] = {}
    kind_of = [kinds.setdefault((envelope.topic, state), len(kinds) + 1) for envelope, state in ordered]
    await session.run(
        _REMEMBER,
        {
            "kinds": kind_of,
            "topics": [topic for topic, _ in kinds],
            "states": [state for _, state in kinds],
            "moments": [_when(topic, now) for topic, _ in kinds],
            "subjects": [envelope.subject for envelope, _ in ordered],
            "epochs": [envelope.epoch for envelope, _ in ordered],
            "sequences": [envelope.sequence for envelope, _ in ordered],
            "event_ids": [envelope.event_id for envelope, _ in ordered],
            "places": len(last),
        },
    )


@dataclass(frozen=True)
class Hold:
    """Why a message waits, for how long, and how often it has failed; None keeps the count as it is."""

    why: str
    sentence: str
    wait: timedelta
    tries: int | None = None


def _when(topic: str, now: datetime) -> datetime:
    """Return the moment to note: of a statistics key only the month, so that its time links it to nobody."""
    if TOPIC_BY_NAME[topic].statistics:
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
    if wanted:
        await session.run(_RELEASE, _columns(wanted))


async def tries_of(session: Session, number: Number) -> int:
    """Return how often a held message has failed."""
    held = tables.inbox_held.c
    found = await session.scalar(
        select(held.tries).where(tuple_(held.topic, held.subject, held.epoch, held.sequence) == number)
    )
    return int(found or 0)


async def hurry(session: Session, subjects: Iterable[UUID], machine_now: datetime) -> bool:
    """Make what is held for subjects due now: something of theirs has been handled; say whether there is any."""
    return bool(await session.run(_HURRY, {"subjects": list(subjects), "now": machine_now}))


async def due(database: Database, machine_now: datetime, limit: int) -> Sequence[Row[Any]]:
    """Return held messages whose time has come, in the order of their numbers; those that wait longest where many do.

    So a crowd that waits for the same fact, tried again each second, keeps nobody else from a try.
    """
    return await database.rows(_DUE, {"now": machine_now, "limit": limit})


async def is_erased(session: Session, subject: UUID) -> bool:
    """Say whether the subject has been erased here, so that nothing of a message about it may be kept."""
    return bool(await session.scalar(_ERASED, {"subject": subject}))


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
