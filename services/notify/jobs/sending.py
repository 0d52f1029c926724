"""What is due is sent: claimed in batches, sent side by side, recorded together."""

import asyncio
import contextlib
from collections.abc import Coroutine, Sequence
from datetime import UTC, datetime
from typing import Any

from chassis import telemetry
from chassis.errors import Unavailable
from chassis.runtime import Runtime
from services.notify import operations
from services.notify.clients import Clients
from services.notify.domain import Result, State
from services.notify.jobs.attempts import attempt_one, ways_of
from services.notify.jobs.running import job_actor, notify_settings
from services.notify.operations import Claimed, Sent

BATCH = 20
"""How many notices one turn claims and sends side by side; each sending ends well within the lease."""

STOP_SECONDS = 2.0
"""So long a stop waits for the sendings under way."""

Ended = tuple[Claimed, Sent]
"""A notice and how its attempt ended."""

log = telemetry.logger(__name__)
sent_counter = telemetry.counter("notify.notice.sent", "1", "Notices that a mail server accepted")


async def send_due(runtime: Runtime, now: datetime) -> None:
    """Send every notice that is due, a batch at a time, until none is left; then what is kept open is ended."""
    clients: Clients = runtime.clients
    try:
        while await _whole_batch(runtime, now):
            pass
    finally:
        await clients.hang_up()


async def _whole_batch(runtime: Runtime, now: datetime) -> bool:
    """Send a batch; return whether there was any.

    A stop waits a moment for the batch under way: what is broken off is tried again only when its lease has run out.
    """
    batch = asyncio.create_task(_send_batch(runtime, now))
    try:
        return await asyncio.shield(batch)
    except asyncio.CancelledError:
        await asyncio.wait((batch,), timeout=STOP_SECONDS)
        batch.cancel()
        await asyncio.gather(batch, return_exceptions=True)
        raise


async def _send_batch(runtime: Runtime, now: datetime) -> bool:
    """Claim a batch of what is due and send it; return whether there was any."""
    async with runtime.database.transaction(job_actor(runtime)) as session:
        claimed = await operations.claim_due(
            session,
            limit=BATCH,
            mail_domain=notify_settings(runtime).mail_domain,
            machine_now=datetime.now(UTC),
            ways_of=ways_of(runtime, now),
        )
    if claimed:
        await send_all(runtime, claimed, now=now)
    return bool(claimed)


async def send_all(runtime: Runtime, claimed: Sequence[Claimed], *, now: datetime) -> None:
    """Send claimed notices side by side, outside any transaction, and record in one what became of them.

    A stop on the way records what has been sent by then: the next start would send it again.
    """
    sending = [asyncio.create_task(attempt_one(runtime, one, now)) for one in claimed]
    try:
        await asyncio.wait(sending)
    except asyncio.CancelledError:
        for attempt in sending:
            attempt.cancel()
        with contextlib.suppress(Exception):
            await _record(runtime, await _ended(claimed, sending), now)
        raise
    await _record(runtime, await _ended(claimed, sending), now)
    for attempt in sending:
        attempt.result()


async def _ended(claimed: Sequence[Claimed], sending: Sequence[asyncio.Task[Sent]]) -> list[Ended]:
    tried = await asyncio.gather(*sending, return_exceptions=True)
    return [(one, sent) for one, sent in zip(claimed, tried, strict=True) if isinstance(sent, Sent)]


async def _record(runtime: Runtime, ended: Sequence[Ended], now: datetime) -> None:
    """Record attempts together; where one of them cannot be recorded, each by itself."""
    try:
        await _record_together(runtime, ended, now)
    except Unavailable:
        raise
    except Exception:
        if len(ended) == 1:
            raise
        apart = [await _tried(_record_together(runtime, [one], now)) for one in ended]
        for failure in filter(None, apart):
            raise failure from None


async def _tried(work: Coroutine[Any, Any, None]) -> Exception | None:
    try:
        await work
    except Exception as error:  # noqa: BLE001  it is raised once the others are recorded
        return error
    return None


async def _record_together(runtime: Runtime, ended: Sequence[Ended], now: datetime) -> None:
    async with runtime.database.transaction(job_actor(runtime)) as session:
        states = await operations.record_attempts(session, ended, now=now, machine_now=datetime.now(UTC))
        for (one, sent), state in zip(ended, states, strict=True):
            if state == State.SENT and sent.acknowledged_by:
                await operations.acknowledge_notice(session, one.id, sent.acknowledged_by, now=now)
    for (one, sent), state in zip(ended, states, strict=True):
        _log(one, sent, state)


def _log(claimed: Claimed, sent: Sent, state: State | None) -> None:
    facts = {
        "reference": claimed.reference,
        "kind": str(claimed.kind),
        "outcome": str(sent.result),
        "state": state,
    }
    if sent.result == Result.ACCEPTED:
        sent_counter.add(1)
        log.info("A notice was sent.", extra={"facts": facts})
    else:
        log.warning("A notice was not sent.", extra={"facts": facts})
