"""The relay and what meets it: both take rows in one order, so that neither waits for the other for ever."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any
from uuid import UUID, uuid4

import asyncpg
from sqlalchemy import text

from chassis import outbox
from chassis.actor import Actor
from chassis.app import Runtime
from chassis.inbox.receipts import _UPSERT, Receipts
from chassis.lane import Lane, connect, numbered
from chassis.outbox import About
from chassis.wire import decode
from cli.provision import BUS
from contracts.envelope import ReceiptBatch, ReceiptItem, ReplayRequest
from tests.chassis.journey import AREA, NOW, VERSION, announce, count, fact, publisher
from tests.conftest import Installation, RuntimeOf, eventually


class TestOrderOfLocks:
    """What holds rows beside the relay takes them in its order: outbox before dispatch, and dispatch by event id."""

    async def test_receipts_wait_for_a_mark_and_hold_nothing_that_it_needs(self, runtime_of: RuntimeOf) -> None:
        intake = await runtime_of(publisher())
        one, two = await announce(intake, uuid4(), 1, 2)
        while one < two:  # they lie in the table in the other order
            one, two = await announce(intake, uuid4(), 1, 2)
        values = {
            "event_ids": [one, two],
            "states": ["stored", "stored"],
            "moments": [NOW, NOW],
            "recipient": "channel",
            "answered_at": NOW,
        }

        async def take() -> None:
            async with intake.database.transaction(Actor.service("intake")) as session:
                await session.execute(text("SET LOCAL enable_mergejoin = off"))
                await session.execute(text("SET LOCAL enable_nestloop = off"))
                await session.execute(text("SET LOCAL enable_indexscan = off"))
                await session.execute(_UPSERT, values)

        await self._beside_a_mark(intake, [two, one], take)
        assert await count(intake, "SELECT count(*) FROM dispatch WHERE stored_at IS NOT NULL") == 2

    async def test_a_request_to_send_again_waits_before_the_receipts_beside_it(self, runtime_of: RuntimeOf) -> None:
        intake, subject = await runtime_of(publisher()), uuid4()
        [event_id] = await announce(intake, subject, 1)
        async with intake.database.transaction(Actor.service("intake")) as session:
            await session.execute(text("UPDATE outbox SET epoch = 1, sequence = 1"))
        topic, at = "intake.awareness.v1", NOW.isoformat()
        item = ReceiptItem(event_id=event_id, topic=topic, subject=subject, recipient="channel", state="stored", at=at)
        again = ReplayRequest(
            topic=topic, subject=subject, recipient="channel", epoch=1, from_sequence=1, to_sequence=1
        )
        batch = ReceiptBatch(recipient="channel", items=(item,), replay=(again,))
        receipts = Receipts(intake.database, "intake", None)
        await self._beside_a_mark(intake, [event_id], lambda: receipts.handle([batch.model_dump_json().encode()]))

    async def test_facts_are_cut_in_the_same_order(self, runtime_of: RuntimeOf) -> None:
        intake, key = await runtime_of(publisher()), uuid4()
        async with intake.database.transaction(Actor.service("intake")) as session:
            event_id = await outbox.add(session, fact(), about=About(key, AREA, VERSION))

        async def cut() -> None:
            async with intake.database.transaction(Actor.service("intake")) as session:
                await outbox.cut_statistics(session, [key])

        await self._beside_a_mark(intake, [event_id], cut)

    async def _beside_a_mark(
        self, intake: Runtime, event_ids: Sequence[UUID], work: Callable[[], Coroutine[Any, Any, None]]
    ) -> None:
        """Run something while a batch is marked, whose rows are held and whose dispatch rows follow one by one."""
        first, *rest = event_ids
        marked = text("UPDATE dispatch SET published_at = recorded_at WHERE event_id = :id")
        async with intake.database.transaction(Actor.service("intake")) as session:
            await session.execute(text("SELECT 1 FROM outbox WHERE published_at IS NULL FOR UPDATE"))
            if rest:
                await session.execute(marked, {"id": first})
            working = asyncio.create_task(work())
            await asyncio.sleep(0.3)
            await session.execute(marked, {"id": rest[0] if rest else first})
        await working


async def test_a_mark_of_the_bus_before_is_waited_for_when_the_bus_is_another(
    clean: Installation, runtime_of: RuntimeOf
) -> None:
    """A leader that stood still between publishing and marking marks what the new bus has never seen."""
    intake = await runtime_of(publisher())
    [event_id] = await announce(intake, uuid4(), 1)
    async with intake.database.transaction(Actor.service("intake")) as session:
        await session.execute(text("UPDATE outbox SET epoch = 1, sequence = 1"))
        await session.execute(text("UPDATE service_state SET bus_id = 'the one before'"))
    held = Lane(await connect(intake.database.url, "intake", marks_only=True))
    relaying = None
    try:
        await held.begin()
        rows = await held.waiting(0, 10, 1, NOW)
        relaying = asyncio.create_task(intake.relay.run())
        await asyncio.sleep(0.5)
        held.mark(numbered(rows, (), 1, {}), None, NOW, NOW)
        await held.settled()
        await eventually(lambda: _on_the_bus(clean, event_id))
    finally:
        await held.end()
        if relaying is not None:
            relaying.cancel()
            await asyncio.gather(relaying, return_exceptions=True)


async def _on_the_bus(installation: Installation, event_id: UUID) -> bool:
    connection = await asyncpg.connect(installation.superuser_url(BUS))
    try:
        rows = await connection.fetch("SELECT body FROM bus.message WHERE topic = 'intake.awareness.v1'")
    finally:
        await connection.close()
    return event_id in {decode(row["body"]).event_id for row in rows}
