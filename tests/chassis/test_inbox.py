"""The way from outbox to inbox under attack: every event has its effect once and in order, or a person sees why not."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import replace
from uuid import UUID, uuid4

import asyncpg
import pytest
from sqlalchemy import text

from chassis import outbox
from chassis.actor import Actor
from chassis.app import Runtime
from chassis.broker import Message
from chassis.database import Session
from chassis.errors import NotYet, Rejected
from chassis.inbox import ParkedNotWaiting, discard, inbox, retry
from chassis.inbox.parked import Resolution
from chassis.outbox import About
from chassis.transports import Delivery
from chassis.wire import decode, encode
from cli.provision import BUS
from cli.vault import database_of
from contracts.envelope import Envelope
from contracts.intake.awareness import ReferralMade
from tests.chassis.journey import (
    AREA,
    NOW,
    VERSION,
    Consumer,
    announce,
    count,
    deliveries,
    effects,
    made,
    working,
)
from tests.conftest import Installation, eventually
from tests.emptying import empty_bus


class TestJourney:
    async def test_every_event_has_its_effect_once_in_order_and_a_receipt(
        self, intake: Runtime, channel: Runtime
    ) -> None:
        subjects = [uuid4() for _ in range(20)]
        async with working(intake, channel):
            for version in (1, 2, 3):
                await asyncio.gather(*(announce(intake, subject, version) for subject in subjects))
            await eventually(lambda: _stored(intake, 60))
        found = await effects(channel)
        assert {subject: [v for s, v in found if s == subject] for subject in subjects} == {
            subject: [1, 2, 3] for subject in subjects
        }

    async def test_a_late_commit_is_sent_and_keeps_no_one_waiting(self, intake: Runtime, channel: Runtime) -> None:
        late, early = uuid4(), uuid4()
        held = asyncio.Event()

        async def commit_late() -> None:
            async with intake.database.transaction(Actor.service("intake")) as session:
                await session.lock(late)
                await outbox.add(session, made(), about=About(late, AREA, VERSION))
                await held.wait()

        async with working(intake, channel):
            task = asyncio.create_task(commit_late())
            await asyncio.sleep(0.1)
            await announce(intake, early, 1)
            await eventually(lambda: _has(channel, (early, 1)))
            held.set()
            await task
            await eventually(lambda: _has(channel, (late, 1)))

    async def test_kill_of_the_relay_between_publishing_and_marking_repeats_nothing(
        self, intake: Runtime, channel: Runtime
    ) -> None:
        subject = uuid4()
        await announce(intake, subject, 1, 2)
        await channel.inbox.handle(await deliveries(intake))
        async with working(intake, channel):
            await eventually(lambda: _stored(intake, 2))
        assert await effects(channel) == [(subject, 1), (subject, 2)]

    async def test_a_new_bus_is_refilled_from_the_outbox(
        self, intake: Runtime, channel: Runtime, clean: Installation
    ) -> None:
        subject = uuid4()
        async with working(intake):
            await announce(intake, subject, 1, 2)
            await eventually(lambda: _published(intake, 2))
        await empty_bus(clean.superuser_url(BUS))
        async with working(intake, channel):
            await eventually(lambda: _stored(intake, 2))
        assert await effects(channel) == [(subject, 1), (subject, 2)]

    async def test_a_restored_publisher_begins_a_new_epoch(
        self, intake: Runtime, channel: Runtime, clean: Installation
    ) -> None:
        subject = uuid4()
        async with working(intake, channel):
            await announce(intake, subject, 1, 2, 3)
            await eventually(lambda: _stored(intake, 3))
        await _restore_to_before(clean, kept=1)
        async with working(intake, channel):
            await announce(intake, subject, 20)
            await eventually(lambda: _has(channel, (subject, 20)))
        assert await effects(channel) == [(subject, 1), (subject, 2), (subject, 3), (subject, 20)]
        assert await count(intake, "SELECT epoch FROM service_state") == 2


class TestInbox:
    async def test_a_repeat_changes_nothing_and_is_answered_again(self, intake: Runtime, channel: Runtime) -> None:
        await announce(intake, uuid4(), 1)
        batch = await deliveries(intake)
        await channel.inbox.handle(batch)
        await channel.inbox.handle(batch + batch)
        assert len(await effects(channel)) == 1
        assert await count(channel, "SELECT count(*) FROM receipt_out") == 2

    async def test_a_gap_is_held_and_closed_in_order(self, intake: Runtime, channel: Runtime) -> None:
        subject = uuid4()
        await announce(intake, subject, 1, 2, 3)
        first, second, third = await deliveries(intake)
        await channel.inbox.handle([third])
        await channel.inbox.handle([second])
        assert await effects(channel) == []
        async with working(channel):
            await channel.inbox.handle([first])
            await eventually(lambda: _has(channel, (subject, 3)))
        assert await effects(channel) == [(subject, 1), (subject, 2), (subject, 3)]

    async def test_a_gap_that_stays_is_asked_for(self, intake: Runtime, channel: Runtime) -> None:
        subject = uuid4()
        await announce(intake, subject, 1, 2)
        _, second = await deliveries(intake)
        async with intake.database.transaction(Actor.service("intake")) as session:
            await session.execute(text("UPDATE outbox SET published_at = now()"))
            await session.execute(text("UPDATE service_state SET bus_id = :id"), {"id": await intake.bus.identity()})
        await channel.inbox.handle([second])
        async with working(intake, channel):
            await eventually(lambda: _has(channel, (subject, 2)), seconds=15)
        assert await effects(channel) == [(subject, 1), (subject, 2)]

    async def test_another_event_under_a_handled_number_is_parked(self, intake: Runtime, channel: Runtime) -> None:
        await announce(intake, uuid4(), 1)
        (delivery,) = await deliveries(intake)
        await channel.inbox.handle([delivery])
        await _reseal(channel, intake, replace(decode(delivery.body), event_id=uuid4()))
        assert await _parked_causes(channel) == ["sequence-conflict"]
        assert len(await effects(channel)) == 1
        answers = await count(channel, "SELECT count(*) FROM receipt_out")
        await channel.inbox.handle([delivery])
        assert await count(channel, "SELECT count(*) FROM receipt_out") == answers + 1, "It is answered still."

    async def test_poison_is_parked_after_five_tries_and_everyone_else_goes_on(
        self, intake: Runtime, channel: Runtime, consumer: Consumer
    ) -> None:
        bad, good = uuid4(), uuid4()
        tries = []

        async def refuse(session: Session, event: ReferralMade, message: Message) -> None:
            del session, event
            if message.subject == bad:
                tries.append(message.event_id)
                raise Rejected("This handler refuses the event.")

        consumer.meddle.append(refuse)
        await announce(intake, bad, 1, 2)
        await announce(intake, good, 1)
        async with working(intake, channel):
            await eventually(lambda: _has(channel, (good, 1)))
            await eventually(lambda: _parked_is(channel, 1))
            before = "SELECT count(*) FROM inbox_event JOIN inbox_parked ON handled_at < parked_at"
            assert await count(channel, before) == 1
            assert [item for item in await effects(channel) if item[0] == bad] == []
            assert len(tries) <= 6
            consumer.meddle.clear()
            await _resolve(channel, retry)
            await eventually(lambda: _has(channel, (bad, 2)))
        assert [version for subject, version in await effects(channel) if subject == bad] == [1, 2]

    async def test_what_is_parked_is_said_again_on_a_new_bus(
        self, intake: Runtime, channel: Runtime, consumer: Consumer, clean: Installation
    ) -> None:
        async def refuse(session: Session, event: ReferralMade, message: Message) -> None:
            raise Rejected("This handler refuses the event.")

        consumer.meddle.append(refuse)
        await announce(intake, uuid4(), 1)
        await channel.inbox.handle(await deliveries(intake))
        sent = "SELECT count(*) FROM inbox_parked WHERE NOT EXISTS (SELECT FROM receipt_out)"
        async with working(channel):
            await eventually(lambda: count(channel, sent))
        await empty_bus(clean.superuser_url(BUS))
        heard = "SELECT count(*) FROM dispatch WHERE parked_at IS NOT NULL"
        async with working(intake, channel):
            await eventually(lambda: count(intake, heard))
        assert await count(channel, "SELECT count(*) FROM inbox_parked") == 1

    async def test_discarding_lets_the_rest_of_the_subject_go_on(
        self, intake: Runtime, channel: Runtime, consumer: Consumer
    ) -> None:
        subject = uuid4()

        async def refuse_first(session: Session, event: ReferralMade, message: Message) -> None:
            del session, message
            if event.version == 1:
                raise Rejected("This handler refuses the event.")

        consumer.meddle.append(refuse_first)
        await announce(intake, subject, 1, 2)
        async with working(intake, channel):
            await eventually(lambda: _parked_is(channel, 1))
            await _resolve(channel, discard)
            await eventually(lambda: _has(channel, (subject, 2)))
            await eventually(lambda: _waived(intake, 1))
        assert await effects(channel) == [(subject, 2)]

    async def test_discarding_never_passes_over_what_has_not_come(self, intake: Runtime, channel: Runtime) -> None:
        subject = uuid4()
        await announce(intake, subject, 1, 2, 3)
        first, second, third = await deliveries(intake)
        broken = replace(decode(second.body), sealed=b"\x01 no key opens this, whatever it is")
        async with working(channel):
            await channel.inbox.handle([replace(second, body=encode(broken)), third])
            await eventually(lambda: _parked_is(channel, 1))
            with pytest.raises(ParkedNotWaiting, match="earlier message"):
                await _resolve(channel, discard)
            await channel.inbox.handle([first])
            await _resolve(channel, discard)
            await eventually(lambda: _has(channel, (subject, 3)))
        assert await effects(channel) == [(subject, 1), (subject, 3)]

    async def test_a_batch_of_too_many_bytes_is_handled_in_halves(
        self, intake: Runtime, channel: Runtime, consumer: Consumer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        transactions = set()

        async def note(session: Session, event: ReferralMade, message: Message) -> None:
            del event, message
            transactions.add(await session.scalar(text("SELECT txid_current()")))

        monkeypatch.setattr(inbox, "MOST_BYTES", -1)
        consumer.meddle.append(note)
        subject = uuid4()
        await announce(intake, subject, 1, 2, 3)
        await channel.inbox.handle(await deliveries(intake))
        assert await effects(channel) == [(subject, 1), (subject, 2), (subject, 3)]
        assert len(transactions) == 3

    async def test_not_yet_is_held_without_counting_as_failed(
        self, intake: Runtime, channel: Runtime, consumer: Consumer
    ) -> None:
        subject, asked = uuid4(), 0

        async def wait(session: Session, event: ReferralMade, message: Message) -> None:
            nonlocal asked
            asked += 1
            raise NotYet("The other fact has not come.")

        async def asked_again() -> bool:
            return asked > 2

        consumer.meddle.append(wait)
        await announce(intake, subject, 1)
        async with working(intake, channel):
            await eventually(asked_again)
            assert await count(channel, "SELECT coalesce(max(tries), 0) FROM inbox_held") == 0
            assert await count(channel, "SELECT count(*) FROM inbox_held WHERE why = 'not-yet'") == 1
            consumer.meddle.clear()
            await eventually(lambda: _has(channel, (subject, 1)))

    async def test_an_unknown_area_version_is_held(self, intake: Runtime, channel: Runtime) -> None:
        await announce(intake, uuid4(), 1, area_version="999")
        await channel.inbox.handle(await deliveries(intake))
        assert await count(channel, "SELECT count(*) FROM inbox_held WHERE why = 'area-version-unknown'") == 1

    async def test_a_deadlock_is_the_world_and_never_parks(
        self, intake: Runtime, channel: Runtime, consumer: Consumer
    ) -> None:
        failures: list[int] = []

        async def deadlock_twice(session: Session, event: ReferralMade, message: Message) -> None:
            del event, message
            if len(failures) < 2:
                failures.append(1)
                await session.execute(text("DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '40P01'; END $$"))

        consumer.meddle.append(deadlock_twice)
        subject = uuid4()
        await announce(intake, subject, 1)
        async with working(intake, channel):
            await eventually(lambda: _has(channel, (subject, 1)))
        assert len(failures) == 2
        assert await count(channel, "SELECT count(*) FROM inbox_parked") == 0

    async def test_an_erased_subject_is_answered_erased(self, intake: Runtime, channel: Runtime) -> None:
        subject = uuid4()
        await channel.keys.ensure([subject])
        await channel.keys.erase(subject)
        await announce(intake, subject, 1)
        async with working(intake, channel):
            await eventually(lambda: _erased(intake, 1))
        assert await effects(channel) == []

    async def test_rubbish_on_the_bus_stops_nobody(self, intake: Runtime, channel: Runtime) -> None:
        subject = uuid4()
        await announce(intake, subject, 1)
        rubbish = [Delivery("intake.awareness.v1", 0, 0, body) for body in (b"", b"\xff\x00", b"[]", b"{}", b"null")]
        await channel.inbox.handle([*rubbish, *await deliveries(intake)])
        assert await effects(channel) == [(subject, 1)]

    async def test_every_event_thrice_and_shuffled_gives_the_same_state(
        self, intake: Runtime, channel: Runtime
    ) -> None:
        subjects = [uuid4() for _ in range(5)]
        for version in range(1, 5):
            for subject in subjects:
                await announce(intake, subject, version)
        batch = await deliveries(intake) * 3
        random.Random(7).shuffle(batch)
        async with working(channel):
            for first in range(0, len(batch), 7):
                await channel.inbox.handle(batch[first : first + 7])
            await eventually(lambda: _effects_are(channel, 20), seconds=20)
        found = await effects(channel)
        assert all([v for s, v in found if s == subject] == [1, 2, 3, 4] for subject in subjects)


async def _stored(intake: Runtime, wanted: int) -> bool:
    return await count(intake, "SELECT count(*) FROM dispatch WHERE stored_at IS NOT NULL") == wanted


async def _published(intake: Runtime, wanted: int) -> bool:
    return await count(intake, "SELECT count(*) FROM outbox WHERE published_at IS NOT NULL") == wanted


async def _waived(intake: Runtime, wanted: int) -> bool:
    return await count(intake, "SELECT count(*) FROM dispatch WHERE waived_at IS NOT NULL") == wanted


async def _erased(intake: Runtime, wanted: int) -> bool:
    return await count(intake, "SELECT count(*) FROM dispatch WHERE erased_at IS NOT NULL") == wanted


async def _has(channel: Runtime, wanted: tuple[UUID, int]) -> bool:
    return wanted in await effects(channel)


async def _effects_are(channel: Runtime, wanted: int) -> bool:
    return len(await effects(channel)) == wanted


async def _parked_is(channel: Runtime, wanted: int) -> bool:
    return await count(channel, "SELECT count(*) FROM inbox_parked WHERE state = 'waiting'") == wanted


async def _parked_causes(channel: Runtime) -> list[str]:
    async with channel.database.transaction(Actor.service("channel")) as session:
        return [row.cause for row in await session.rows(text("SELECT cause FROM inbox_parked"))]


async def _resolve(channel: Runtime, how: Callable[[Session, UUID, Resolution], Awaitable[str]]) -> None:
    async with channel.database.transaction(Actor.operator("tester")) as session:
        parked_id = await session.scalar(text("SELECT id FROM inbox_parked WHERE state = 'waiting'"))
        await how(session, parked_id, Resolution("tester", "The cause is mended.", NOW))
    channel.inbox.wake()


async def _reseal(channel: Runtime, intake: Runtime, envelope: Envelope) -> None:
    """Deliver a forged envelope that is sealed correctly for its own id."""
    key_id, sealed = intake.topic_keys.seal(
        envelope.topic, made().model_dump_json().encode(), envelope.associated_data()
    )
    forged = replace(envelope, key_id=key_id, sealed=sealed)
    await channel.inbox.handle([Delivery(envelope.topic, 0, 0, encode(forged))])


async def _restore_to_before(installation: Installation, kept: int) -> None:
    """Put intake's database back to when it had announced only the first `kept` events, as a restore does."""
    connection = await asyncpg.connect(installation.superuser_url(database_of("intake")))
    try:
        await connection.execute(
            f"""DELETE FROM dispatch WHERE event_id IN (SELECT event_id FROM outbox WHERE id > {kept});
                DELETE FROM outbox WHERE id > {kept};
                UPDATE outbox_position SET sequence = {kept};
                SELECT setval('outbox_id_seq', {kept});"""
        )
    finally:
        await connection.close()
