"""faststream-outbox's relay to Kafka, written as its documentation does, with its best settings for a backlog."""

import asyncio
import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import asyncpg
from faststream import Header
from faststream.kafka import KafkaBroker, KafkaResponse
from faststream.security import SASLScram512
from faststream_outbox import OutboxBroker, make_outbox_table
from sqlalchemy import MetaData, Table
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from chassis.transports.kafka_links import KafkaAddress

QUEUE = "bench"
TABLE = "peer_outbox"
WORKERS = 8
FETCH = 500
FLUSH = 100
LEAST_INTERVAL = 0.01


async def send_with_faststream_outbox(
    superuser_url: str, kafka: KafkaAddress, topic: str, messages: Sequence[tuple[bytes, bytes]]
) -> float:
    """Fill its table with keys and bodies, run its relay, and return the seconds until the table is empty."""
    table = make_outbox_table(MetaData(), table_name=TABLE)
    engine = create_async_engine(superuser_url.replace("postgresql://", "postgresql+asyncpg://"), pool_size=WORKERS + 4)
    connection = await asyncpg.connect(superuser_url)
    outbox, bus = _relay(engine, table, kafka, topic)
    try:
        async with engine.begin() as making:
            await making.run_sync(table.metadata.drop_all)
            await making.run_sync(table.metadata.create_all)
        await bus.start()
        await outbox.start()
        async with connection.transaction():
            await _fill(connection, messages)
            begin = time.perf_counter()
        # What its own publish would send in that transaction.
        await connection.execute("SELECT pg_notify($1, $2)", f"outbox_{TABLE}", QUEUE)
        while await connection.fetchval(f"SELECT EXISTS (SELECT 1 FROM {TABLE})"):  # noqa: S608, ASYNC110
            await asyncio.sleep(0.01)
        return time.perf_counter() - begin
    finally:
        await outbox.stop()
        await bus.stop()
        await connection.close()
        await engine.dispose()


def _relay(engine: AsyncEngine, table: Table, kafka: KafkaAddress, topic: str) -> tuple[OutboxBroker, KafkaBroker]:
    security = SASLScram512(kafka.user, kafka.password, use_ssl=False)
    bus = KafkaBroker(
        list(kafka.servers), security=security, acks="all", enable_idempotence=True, linger_ms=0, logger=None
    )
    outbox = OutboxBroker(engine, outbox_table=table, logger=None)

    @bus.publisher(topic)
    @outbox.subscriber(
        QUEUE,
        max_workers=WORKERS,
        fetch_batch_size=FETCH,
        min_fetch_interval=LEAST_INTERVAL,
        max_fetch_interval=1.0,
        terminal_flush_batch_size=FLUSH,
    )
    async def relay(body: bytes, key: Annotated[str, Header("key")]) -> KafkaResponse:
        return KafkaResponse(body, key=bytes.fromhex(key))

    return outbox, bus


async def _fill(connection: "asyncpg.Connection[asyncpg.Record]", messages: Sequence[tuple[bytes, bytes]]) -> None:
    now = datetime.now(UTC)
    headers = {"content-type": "application/octet-stream", "correlation_id": "bench"}
    await connection.copy_records_to_table(
        TABLE,
        columns=("queue", "payload", "headers", "attempts_count", "deliveries_count", "created_at", "next_attempt_at"),
        records=[(QUEUE, body, json.dumps(headers | {"key": key.hex()}), 0, 0, now, now) for key, body in messages],
    )
