"""What comes on the bus and should not: nothing of it stops anybody, waits in the way or is kept of the erased."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from chassis.actor import Actor
from chassis.app import Runtime
from chassis.inbox.store import Hold, due, hold
from chassis.ops.erasure import erase_stored
from chassis.transports import Delivery
from chassis.wire import decode, encode
from tests.chassis.journey import (
    NOW,
    announce,
    count,
    deliveries,
    effects,
)


class TestOdd:
    @pytest.mark.parametrize(
        "wrong",
        [
            {"sequence": 2**63},
            {"epoch": 2**31},
            {"epoch": -1},
            {"epoch": float("inf")},
            {"type": "a\0b"},
            {"area": "\0"},
        ],
    )
    async def test_what_no_table_takes_stops_nobody(
        self, intake: Runtime, channel: Runtime, wrong: dict[str, Any]
    ) -> None:
        subject = uuid4()
        await announce(intake, subject, 1)
        [honest] = await deliveries(intake)
        odd = json.dumps(json.loads(honest.body) | {"subject": str(uuid4())} | wrong).encode()
        await channel.inbox.handle([replace(honest, body=odd), honest])
        assert await effects(channel) == [(subject, 1)]
        assert await count(channel, "SELECT count(*) FROM inbox_held") == 0

    async def test_what_overflows_the_reader_stops_nobody(self, intake: Runtime, channel: Runtime) -> None:
        subject = uuid4()
        await announce(intake, subject, 1)
        [honest] = await deliveries(intake)
        await channel.inbox.handle([replace(honest, body=b"[" * 100_000), honest])
        assert await effects(channel) == [(subject, 1)]

    async def test_a_crowd_that_is_held_keeps_nobody_from_a_try(self, intake: Runtime, channel: Runtime) -> None:
        for _ in range(4):
            await announce(intake, uuid4(), 1)
        *crowd, last = sorted((decode(item.body) for item in await deliveries(intake)), key=lambda it: it.subject)
        now = datetime.now(UTC)
        async with channel.database.transaction(Actor.service("channel")) as session:
            for envelope, since in (*((each, 1) for each in crowd), (last, 5)):
                why = Hold("not-yet", "It waits.", timedelta(0))
                await hold(session, envelope, why, now - timedelta(seconds=since))
        [row] = await due(channel.database, now, 1)
        assert decode(row.envelope) == last

    async def test_what_is_parked_of_an_erased_subject_says_nothing(self, intake: Runtime, channel: Runtime) -> None:
        subject = uuid4()
        await announce(intake, subject, 1)
        [honest] = await deliveries(intake)
        await channel.inbox.handle([honest])
        await channel.keys.erase(subject)
        async with channel.database.transaction(Actor.operator("tester")) as session:
            await erase_stored(session, subject, None, reason="a test", now=NOW)
        conflict = replace(decode(honest.body), event_id=uuid4())
        await channel.inbox.handle([replace(honest, body=encode(conflict))])
        assert await _parked_causes(channel) == ["sequence-conflict"]
        async with channel.database.transaction(Actor.service("channel")) as session:
            kept = await session.scalar(text("SELECT envelope FROM inbox_parked"))
        assert decode(kept).sealed == b""

    async def test_nobody_takes_up_a_number_of_another_topic(self, intake: Runtime, channel: Runtime) -> None:
        subject = uuid4()
        await announce(intake, subject, 1)
        [honest] = await deliveries(intake)
        empty = replace(decode(honest.body), event_id=uuid4(), sealed=b"")
        await channel.inbox.handle([Delivery("triage.awareness.v1", 0, 0, encode(empty)), honest])
        assert await effects(channel) == [(subject, 1)]

    async def test_what_one_batch_brings_out_of_order_is_due_at_once(self, intake: Runtime, channel: Runtime) -> None:
        subject = uuid4()
        await announce(intake, subject, 1, 2, 3)
        first, second, third = await deliveries(intake)
        await channel.inbox.handle([third, first, second])
        assert await effects(channel) == [(subject, 1), (subject, 2)]
        assert len(await due(channel.database, datetime.now(UTC), 10)) == 1
        assert await count(channel, "SELECT sequence FROM inbox_position") == 2

    async def test_a_broken_seal_does_not_count_for_the_erased(self, intake: Runtime, channel: Runtime) -> None:
        subject = uuid4()
        await channel.keys.ensure([subject])
        await channel.keys.erase(subject)
        await announce(intake, subject, 1)
        [item] = await deliveries(intake)
        broken = encode(replace(decode(item.body), sealed=b"no seal at all, but long enough"))
        await channel.inbox.handle([replace(item, body=broken)])
        assert await count(channel, "SELECT count(*) FROM inbox_event WHERE state = 'erased'") == 1
        assert await count(channel, "SELECT count(*) FROM inbox_held") == 0


async def _parked_causes(channel: Runtime) -> list[str]:
    async with channel.database.transaction(Actor.service("channel")) as session:
        return [row.cause for row in await session.rows(text("SELECT cause FROM inbox_parked"))]
