"""Failures that other outboxes are known for, each tried on ours: the class names the public issue that tells of it."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from uuid import UUID, uuid4

import asyncpg
import pytest

from chassis import outbox, sending
from chassis.actor import Actor
from chassis.app import Runtime
from chassis.crypto import plain_url
from chassis.outbox import About
from chassis.transports import Delivery, Outgoing
from chassis.wire import decode
from cli import vault
from cli.provision import BUS
from tests.chassis.journey import (
    AREA,
    CREATE_EFFECT,
    NOW,
    VERSION,
    Consumer,
    announce,
    count,
    effects,
    made,
    publisher,
    working,
)
from tests.conftest import Installation, RuntimeOf, eventually
from tests.emptying import empty_bus

TOPIC = "intake.awareness.v1"


@pytest.fixture
async def intake(runtime_of: RuntimeOf) -> Runtime:
    return await runtime_of(publisher())


@pytest.fixture
async def channel(clean: Installation, runtime_of: RuntimeOf) -> AsyncIterator[Runtime]:
    connection = await asyncpg.connect(plain_url(clean.owner_url("channel")))
    try:
        await connection.execute(f"{CREATE_EFFECT}; GRANT SELECT, INSERT ON effect TO channel")
        yield await runtime_of(Consumer().service(), gap_alarm_seconds=0.5)
        await connection.execute("DROP TABLE effect")
    finally:
        await connection.close()


@contextlib.asynccontextmanager
async def relaying(runtime: Runtime) -> AsyncIterator[asyncio.Task[None]]:
    """Run one relay for the length of the block, and end it as a kill does: with what it was about."""
    task = asyncio.create_task(runtime.relay.run())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def announced(runtime: Runtime, number: int, versions: Sequence[int] = (1, 2)) -> list[UUID]:
    """Announce a few events of each of many subjects in one transaction."""
    subjects = [uuid4() for _ in range(number)]
    about = {subject: About(subject, AREA, VERSION, correlation_id=subject) for subject in subjects}
    async with runtime.database.transaction(Actor.service("intake")) as session:
        await outbox.add_all(session, [(made(version), about[subject]) for subject in subjects for version in versions])
    return subjects


async def on_the_bus(installation: Installation) -> Counter[UUID]:
    """Return how often each event lies on the bus."""
    connection = await asyncpg.connect(installation.superuser_url(BUS))
    try:
        rows = await connection.fetch("SELECT body FROM bus.message WHERE topic = $1", TOPIC)
    finally:
        await connection.close()
    return Counter(decode(row["body"]).event_id for row in rows)


async def all_published(runtime: Runtime, number: int) -> bool:
    return await count(runtime, "SELECT count(*) FROM outbox WHERE published_at IS NOT NULL") == number


async def all_stored(runtime: Runtime, number: int) -> bool:
    return await count(runtime, "SELECT count(*) FROM dispatch WHERE stored_at IS NOT NULL") == number


async def assert_each_once_in_order(channel: Runtime, subjects: Sequence[UUID], versions: Sequence[int]) -> None:
    found = await effects(channel)
    assert len(found) == len(subjects) * len(versions)
    by_subject: dict[UUID, list[int]] = {}
    for subject, version in found:
        by_subject.setdefault(subject, []).append(version)
    assert by_subject == {subject: list(versions) for subject in subjects}


class TestKamuCli1398:
    """A reader of "everything after the last id" skips a transaction that commits after its successors."""

    async def test_an_event_that_commits_after_a_hundred_successors_is_sent(
        self, intake: Runtime, channel: Runtime
    ) -> None:
        late, written, let = uuid4(), asyncio.Event(), asyncio.Event()

        async def commit_late() -> None:
            async with intake.database.transaction(Actor.service("intake")) as session:
                await session.lock(late)
                await outbox.add(session, made(), about=About(late, AREA, VERSION))
                await session.flush()  # it has its id, and every other one a higher id
                written.set()
                await let.wait()

        async with working(intake, channel):
            first = asyncio.create_task(commit_late())
            await written.wait()
            subjects = await announced(intake, 50)
            await eventually(lambda: all_stored(intake, 100), seconds=60)
            await asyncio.sleep(1.2)  # the relay has looked again, and found nothing
            let.set()
            await first
            await eventually(lambda: all_stored(intake, 101))
        found = [item for item in await effects(channel) if item[0] == late]
        assert found == [(late, 1)]
        assert len(await effects(channel)) == len(subjects) * 2 + 1
        assert await count(intake, "SELECT min(id) FROM outbox") == await count(
            intake, f"SELECT id FROM outbox WHERE subject = '{late}'"
        )


class TestWolverine565:
    """What a relay had taken up when it was killed stays unsent for ever."""

    @pytest.mark.parametrize("reached", ["nothing", "a part", "everything"])
    async def test_the_leftovers_of_a_killed_relay_are_sent_and_handled_once(
        self, intake: Runtime, channel: Runtime, runtime_of: RuntimeOf, monkeypatch: pytest.MonkeyPatch, reached: str
    ) -> None:
        publish, taken = intake.bus.publish, asyncio.Event()

        async def publish_and_hang(messages: Sequence[Outgoing]) -> None:
            part = {"nothing": 0, "a part": len(messages) // 3, "everything": len(messages)}[reached]
            if part:
                await publish(messages[:part])
            taken.set()
            await asyncio.Event().wait()

        monkeypatch.setattr(intake.bus, "publish", publish_and_hang)
        subjects = await announced(intake, 100)
        async with relaying(intake):
            await asyncio.wait_for(taken.wait(), 20)
        successor = await runtime_of(publisher())
        async with working(successor, channel):
            await eventually(lambda: all_stored(successor, 200))
        await assert_each_once_in_order(channel, subjects, (1, 2))
        assert await count(successor, "SELECT max(sequence) FROM outbox") == 2


class TestLangwatch7037:
    """A batch that takes longer than its lease is begun again for ever, and sent again each time."""

    async def test_a_bus_too_slow_for_a_whole_batch_gets_smaller_ones(
        self, clean: Installation, intake: Runtime, channel: Runtime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        publish = intake.bus.publish

        async def publish_slowly(messages: Sequence[Outgoing]) -> None:
            await publish(messages)  # it is there, and the answer takes its time
            await asyncio.sleep(0.01 * len(messages))

        monkeypatch.setattr(intake.bus, "publish", publish_slowly)
        monkeypatch.setattr(sending, "PUBLISH_SECONDS", 1.0)
        subjects = await announced(intake, 150)
        async with working(intake, channel):
            await eventually(lambda: all_published(intake, 300))
            await eventually(lambda: all_stored(intake, 300))
        await assert_each_once_in_order(channel, subjects, (1, 2))
        assert max((await on_the_bus(clean)).values()) <= 4

    async def test_waiting_for_the_bus_ends_no_transaction_of_the_relay(
        self, clean: Installation, intake: Runtime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        publish = intake.bus.publish

        async def publish_slowly(messages: Sequence[Outgoing]) -> None:
            await publish(messages)
            await asyncio.sleep(1.5)

        monkeypatch.setattr(intake.bus, "publish", publish_slowly)
        await announced(intake, 5)
        short = limits(clean, idle_in_transaction_session_timeout="500ms", transaction_timeout="1s")
        async with short, relaying(intake):
            await eventually(lambda: all_published(intake, 10))
        assert set((await on_the_bus(clean)).values()) == {1}, "The lease ended, and the batch was sent again."


class TestDekaf3037:
    """Two relays at work: events are sent twice, out of order, or with the same number."""

    async def test_only_one_sends_and_the_other_takes_over(
        self, clean: Installation, intake: Runtime, channel: Runtime, runtime_of: RuntimeOf
    ) -> None:
        other = await runtime_of(publisher())
        subjects = [uuid4() for _ in range(10)]
        async with working(other, channel), relaying(intake) as first:
            await eventually(lambda: _one_leads(intake, other))
            for version in range(1, 11):
                from_here = intake if version % 2 else other
                await asyncio.gather(*(announce(from_here, subject, version) for subject in subjects))
                if version == 5:
                    await eventually(lambda: all_published(other, 50))
                    first.cancel()
            await eventually(lambda: all_stored(other, 100))
        assert set((await on_the_bus(clean)).values()) == {1}
        await assert_each_once_in_order(channel, subjects, range(1, 11))
        assert await count(other, "SELECT count(DISTINCT (subject, sequence)) FROM outbox WHERE sequence <= 10") == 100


class TestReportsOnAWipedBus:
    """What people have done is told once: a bus that is wiped before the publisher has read it takes it along."""

    async def test_a_report_goes_to_the_new_bus_too(
        self, clean: Installation, intake: Runtime, channel: Runtime
    ) -> None:
        async with channel.database.transaction(Actor.service("channel")) as session:
            await outbox.report(session, publisher="intake", event_id=uuid4(), team="x", state="seen", now=NOW)
        async with relaying(channel):
            await eventually(lambda: _reported(channel))
        await empty_bus(clean.superuser_url(BUS))
        arrived: list[bytes] = []

        async def take(deliveries: Sequence[Delivery]) -> None:
            arrived.extend(item.body for item in deliveries)

        consuming = asyncio.create_task(intake.bus.consume("intake", ["receipts.intake.v1"], take))
        async with relaying(channel):
            await eventually(lambda: _any(arrived))
        consuming.cancel()
        await asyncio.gather(consuming, return_exceptions=True)
        assert b'"seen"' in arrived[0]


async def _reported(runtime: Runtime) -> bool:
    return await count(runtime, "SELECT count(*) FROM receipt_out WHERE published_at IS NOT NULL") == 1


async def _any(found: Sequence[bytes]) -> bool:
    return bool(found)


async def _one_leads(*runtimes: Runtime) -> bool:
    return sum(runtime.relay.leading for runtime in runtimes) == 1


@contextlib.asynccontextmanager
async def limits(installation: Installation, **values: str) -> AsyncIterator[None]:
    """Shorten what the service's role may take, for new connections."""
    connection = await asyncpg.connect(installation.superuser_url("postgres"))
    role = f"ALTER ROLE intake IN DATABASE {vault.database_of('intake')}"
    try:
        for name, value in values.items():
            await connection.execute(f"{role} SET {name} = '{value}'")
        yield
    finally:
        for name in values:
            await connection.execute(f"{role} RESET {name}")
        await connection.close()
