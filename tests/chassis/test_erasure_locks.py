"""An erasure and a lane of the relay take rows in one order: neither waits for the other for ever."""

import asyncio
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from chassis import outbox
from chassis.actor import Actor
from chassis.database import Session
from chassis.ops.erasure import DeletionReceipt, erase_stored
from chassis.outbox import About
from tests.chassis.journey import AREA, NOW, VERSION, announce, count, fact, publisher
from tests.conftest import RuntimeOf

HOLD = text("SELECT 1 FROM outbox WHERE event_id = :id FOR UPDATE")


@pytest.mark.parametrize("fact_first", [False, True])
async def test_an_erasure_that_cuts_facts_meets_a_lane(runtime_of: RuntimeOf, *, fact_first: bool) -> None:
    intake, subject, key = await runtime_of(publisher()), uuid4(), uuid4()

    async def of_the_key() -> UUID:
        async with intake.database.transaction(Actor.service("intake")) as session:
            return await outbox.add(session, fact(), about=About(key, AREA, VERSION))

    rows = [await of_the_key()] if fact_first else []
    rows += await announce(intake, subject, 1)
    rows += [] if fact_first else [await of_the_key()]

    async def cut(session: Session, _: UUID) -> None:
        await outbox.cut_statistics(session, [key])

    async def erase() -> DeletionReceipt:
        async with intake.database.transaction(Actor.service("intake")) as session:
            return await erase_stored(session, subject, cut, reason="a test", now=NOW)

    async with asyncio.timeout(15):
        async with intake.database.transaction(Actor.service("intake")) as lane:
            await lane.execute(HOLD, {"id": rows[0]})
            erasing = asyncio.create_task(erase())
            await asyncio.sleep(0.3)
            await lane.execute(HOLD, {"id": rows[1]})
        assert (await erasing).events == 1
    assert await count(intake, "SELECT count(*) FROM outbox WHERE tombstone") == 1
    assert await count(intake, "SELECT count(*) FROM outbox") == 1
