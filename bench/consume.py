"""The inbox with a change of one row for each event, against bare batch inserts of the same rows by asyncpg."""

import asyncio
import gc
import os
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import asyncpg
import uvloop
from sqlalchemy import Column, DateTime, MetaData, Table, Uuid, insert

from bench.cluster import Place, place_of
from bench.frame import Result, Settings, alternate, rate_result
from chassis.broker import Handlers, Message
from chassis.crypto import SubjectKeys, TopicKeys, plain_url, schema_of
from chassis.database import Database, Session
from chassis.documents import Fetcher
from chassis.inbox import Inbox
from chassis.inbox.applying import Opener
from chassis.inbox.inbox import InboxSettings
from chassis.settings import TopicKey
from chassis.transports import Delivery
from chassis.wire import encode
from contracts.envelope import Envelope, ReceiptBatch, ReceiptItem, associated_data
from contracts.intake.awareness import TOPIC, ReferralMade
from contracts.vocabulary import AgeBand

NAME = "consume"
BAR = 0.3
EVENTS = 20_000
BATCH = 500
SERVICE = "channel"
PEER = "asyncpg"
AREA, AREA_VERSION = "kent-and-medway", "2026-01"

_STATE = Table(
    "bench_state", MetaData(), Column("subject", Uuid, primary_key=True), Column("at", DateTime(timezone=True))
)
_CHANGE = insert(_STATE)
_PREPARE = f"""CREATE TABLE bench_state (subject uuid PRIMARY KEY, at timestamptz NOT NULL);
    GRANT SELECT, INSERT ON bench_state TO {SERVICE}"""
_TABLES = ("inbox_position", "inbox_event", "bench_state")
_EMPTY = f"TRUNCATE receipt_out, {', '.join(_TABLES)}"

Batch = Sequence[Envelope]


class Miscounted(Exception):
    """After a round the database does not hold what it must; the sentence says which table."""


@dataclass(frozen=True)
class Stage:
    """What both sides work with: the database, the topic's key, and the batches of envelopes."""

    place: Place
    keys: TopicKeys
    batches: Sequence[Batch]

    @property
    def count(self) -> int:
        """How many events there are."""
        return sum(len(batch) for batch in self.batches)


Side = Callable[[Stage], Awaitable[float]]
"""Takes in every batch and returns the seconds that it took."""


def measure(settings: Settings) -> list[Result]:
    """Handle the same number of events by each side in turns; after each round every table is counted."""
    keys = TopicKeys({TOPIC: [TopicKey("bench", os.urandom(32))]})
    count = settings.count(EVENTS, BATCH)
    with tempfile.TemporaryDirectory(prefix="throughline-bench-") as name, place_of(SERVICE, Path(name)) as place:
        asyncio.run(_execute(place.superuser_url, _PREPARE))
        stage = Stage(place, keys, [events(keys, BATCH) for _ in range(count // BATCH)])
        medians = alternate(settings.rounds, partial(rate, stage, ours), {PEER: partial(rate, stage, bare)})
    result = rate_result("consume", medians, PEER, "events/s", BAR)
    note = (
        f"{stage.count} events of new subjects in batches of {BATCH}; ours: JSON, unsealing, checking, a key for each "
        "subject, position, handled event, receipt and one row of state; peer: executemany of the last four alone"
    )
    return [replace(result, note=note)]


def events(keys: TopicKeys, count: int) -> list[Envelope]:
    """Return sealed events, each the first of a new subject."""
    return [_event(keys, uuid4(), uuid4()) for _ in range(count)]


def _event(keys: TopicKeys, subject: UUID, event_id: UUID) -> Envelope:
    made = ReferralMade(
        reference="KM-TEST-TEST",
        received_at=datetime(2026, 11, 21, 9, tzinfo=UTC),
        version=1,
        age_band=AgeBand.UNKNOWN,
        district="thanet",
        statistics_key=uuid4(),
    )
    bound_to = associated_data(event_id, ReferralMade.wire_type, subject)
    key_id, sealed = keys.seal(TOPIC, made.model_dump_json().encode(), bound_to)
    return Envelope(
        event_id=event_id,
        type=ReferralMade.wire_type,
        topic=TOPIC,
        area=AREA,
        area_version=AREA_VERSION,
        subject=subject,
        epoch=1,
        sequence=1,
        correlation_id=subject,
        causation_id=None,
        traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00",
        key_id=key_id,
        sealed=sealed,
    )


def rate(stage: Stage, side: Side) -> float:
    """Return events a second, on emptied tables; raises Miscounted."""
    return uvloop.run(_rate(stage, side))


async def _rate(stage: Stage, side: Side) -> float:
    await _execute(stage.place.superuser_url, _EMPTY)
    await _execute(_key_store_url(stage.place), f"TRUNCATE {schema_of(SERVICE)}.subject_key")
    gc.collect()
    gc.freeze()  # as a running service has it: what the stage holds is nobody's garbage
    try:
        took = await side(stage)
    finally:
        gc.unfreeze()
    connection = await asyncpg.connect(stage.place.superuser_url)
    try:
        for table in _TABLES:
            held = await connection.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608  one of the names above
            if held != stage.count:
                raise Miscounted(f"{table} holds {held} rows in place of {stage.count}.")
        held = await connection.fetchval("SELECT count(*) FROM receipt_out")
        if held != len(stage.batches):
            raise Miscounted(f"receipt_out holds {held} messages in place of {len(stage.batches)}.")
    finally:
        await connection.close()
    return stage.count / took


def _key_store_url(place: Place) -> str:
    """Return the superuser's address of the key database: each round makes its keys anew."""
    return urlsplit(place.superuser_url)._replace(path=urlsplit(place.secrets.keys_database_url).path).geturl()


async def _execute(url: str, sql: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


async def ours(stage: Stage) -> float:
    """Hand the batches to an inbox as the bus does; return the seconds."""
    secrets = stage.place.secrets
    handlers = Handlers()
    handlers.on(ReferralMade)(_note)
    subject_keys = SubjectKeys(secrets.keys_database_url, SERVICE, secrets.key_encryption_key)
    database = Database(secrets.database_url, SERVICE, subject_keys)
    fetcher = Fetcher({}, "")
    inbox = Inbox(
        database,
        handlers,
        Opener(stage.keys, handlers),
        fetcher,
        InboxSettings(SERVICE, timedelta(seconds=30), lambda *_: True, None),
    )
    await subject_keys.start()
    await database.check()  # connected before the clock begins, as the peer is
    try:
        batches = [
            [Delivery(TOPIC, 0, place, encode(envelope)) for place, envelope in enumerate(batch)]
            for batch in stage.batches
        ]
        began = time.perf_counter()
        for batch in batches:
            await inbox.handle(batch)
        return time.perf_counter() - began
    finally:
        await subject_keys.stop()
        await database.stop()
        await fetcher.close()


async def _note(session: Session, _event: ReferralMade, message: Message) -> None:
    session.write(_CHANGE, {"subject": message.subject, "at": message.now})


async def bare(stage: Stage) -> float:
    """Insert the same rows, made before, one transaction a batch; return the seconds."""
    now = datetime.now(UTC)
    rows = [
        (
            [(TOPIC, item.subject, 1, 1) for item in batch],
            [(TOPIC, item.subject, 1, 1, item.event_id, "stored", now) for item in batch],
            [(item.subject, now) for item in batch],
            _receipt(batch, now),
        )
        for batch in stage.batches
    ]
    connection = await asyncpg.connect(plain_url(stage.place.secrets.database_url))
    try:
        began = time.perf_counter()
        for positions, handled, state, receipt in rows:
            async with connection.transaction():
                await connection.executemany("INSERT INTO inbox_position VALUES ($1, $2, $3, $4)", positions)
                await connection.executemany("INSERT INTO inbox_event VALUES ($1, $2, $3, $4, $5, $6, $7)", handled)
                await connection.executemany("INSERT INTO bench_state VALUES ($1, $2)", state)
                await connection.execute(
                    "INSERT INTO receipt_out (publisher, body, lasting) VALUES ('intake', $1, false)", receipt
                )
        return time.perf_counter() - began
    finally:
        await connection.close()


def _receipt(batch: Batch, now: datetime) -> bytes:
    items = tuple(
        ReceiptItem(
            event_id=item.event_id,
            topic=TOPIC,
            subject=item.subject,
            recipient=SERVICE,
            state="stored",
            at=now.isoformat(),
        )
        for item in batch
    )
    return ReceiptBatch(recipient=SERVICE, items=items).model_dump_json().encode()
