"""Receipts in: what consumers say about this service's events, upserted, never receipted and never parked."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

from pydantic import ValidationError
from sqlalchemy import text

from chassis import clock, telemetry
from chassis.actor import Actor
from chassis.database import Database, Session, is_world_down
from chassis.driver import ROW_BY_ROW
from contracts.envelope import ReceiptBatch, ReceiptItem, ReplayRequest

OnReceipt = Callable[[Session, Sequence[ReceiptItem], datetime], Awaitable[None]]

log = telemetry.logger(__name__)

# The lines are held in the order in which the relay marks them, or the two could wait for each other.
_UPSERT = text(
    """
    WITH held AS MATERIALIZED (
        SELECT event_id FROM dispatch
        WHERE event_id = ANY (CAST(:event_ids AS uuid[])) AND recipient = :recipient
        ORDER BY event_id FOR NO KEY UPDATE),
    said AS (
        SELECT DISTINCT ON (event_id) event_id, state, at
        FROM unnest(CAST(:event_ids AS uuid[]), CAST(:states AS text[]), CAST(:moments AS timestamptz[]))
            WITH ORDINALITY AS u(event_id, state, at, nth) ORDER BY event_id, nth DESC)
    UPDATE dispatch d SET
        stored_at = CASE WHEN r.state = 'stored' THEN coalesce(d.stored_at, r.at) ELSE d.stored_at END,
        parked_at = CASE WHEN r.state = 'parked' THEN coalesce(d.parked_at, r.at)
                         WHEN r.state IN ('stored', 'discarded', 'erased') THEN NULL ELSE d.parked_at END,
        erased_at = CASE WHEN r.state = 'erased' THEN coalesce(d.erased_at, r.at) ELSE d.erased_at END,
        waived_at = CASE WHEN r.state = 'discarded' THEN coalesce(d.waived_at, r.at) ELSE d.waived_at END,
        waived_reason = CASE WHEN r.state = 'discarded' THEN 'discarded-by-recipient' ELSE d.waived_reason END,
        answered_at = CAST(:answered_at AS timestamptz)
    FROM held JOIN said r USING (event_id)
    WHERE d.event_id = held.event_id AND d.recipient = :recipient
    """
)
_SEND_AGAIN = text(
    """UPDATE outbox SET published_at = NULL
       WHERE topic = :topic AND subject = :subject AND epoch = :epoch AND sequence BETWEEN :first AND :last"""
)


class Receipts:
    """Takes receipt messages into the dispatch rows and hands them to the service."""

    def __init__(self, database: Database, service: str, on_receipt: OnReceipt | None) -> None:
        self._database = database
        self._actor = Actor.service(service)
        self._on_receipt = on_receipt

    async def handle(self, bodies: Sequence[bytes]) -> None:
        """Take a batch of receipt messages; one that fails for its own reason is noted and dropped."""
        batches = [batch for body in bodies if (batch := _parsed(body)) is not None]
        if not batches:
            return
        try:
            await self._take(batches)
        except Exception as error:
            if is_world_down(error):
                raise
            for batch in batches:
                await self._take_or_drop(batch)

    async def _take_or_drop(self, batch: ReceiptBatch) -> None:
        try:
            await self._take([batch])
        except Exception as error:
            if is_world_down(error):
                raise
            log.exception("A receipt could not be taken and was dropped.")

    async def _take(self, batches: Sequence[ReceiptBatch]) -> None:
        async with self._database.transaction(self._actor, ROW_BY_ROW) as session:
            # Outbox rows before dispatch rows, as the relay takes them.
            for request in (request for batch in batches for request in batch.replay):
                await _send_again(session, request)
            for batch in batches:
                await self._upsert(session, batch)
            items = [item for batch in batches for item in batch.items]
            if self._on_receipt is not None and items:
                await self._on_receipt(session, items, clock.now())

    async def _upsert(self, session: Session, batch: ReceiptBatch) -> None:
        items = [item for item in batch.items if not item.team]
        if items:
            await session.execute(
                _UPSERT,
                {
                    "event_ids": [item.event_id for item in items],
                    "states": [item.state for item in items],
                    "moments": [datetime.fromisoformat(item.at) for item in items],
                    "recipient": batch.recipient,
                    "answered_at": datetime.now(UTC),
                },
            )


async def _send_again(session: Session, request: ReplayRequest) -> None:
    await session.execute(
        _SEND_AGAIN,
        {
            "topic": request.topic,
            "subject": request.subject,
            "epoch": request.epoch,
            "first": request.from_sequence,
            "last": request.to_sequence,
        },
    )
    session.wakes_relay = True


def _parsed(body: bytes) -> ReceiptBatch | None:
    try:
        return ReceiptBatch.model_validate_json(body)
    except ValidationError:
        log.warning("A receipt that does not fit its contract was dropped.")
        return None
