"""Brokers that pause, end and come back: nothing is lost, nothing hangs, everybody goes on by himself.

Two brokers of this module's own, both at once: one is paused for 45 seconds, the other is down for longer than the
client waits for anything.
"""

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from uuid import UUID

import pytest
from sqlalchemy import text

from chassis.actor import Actor
from chassis.app import Runtime, make_transport
from chassis.transports import BusUnavailable, kafka, kafka_consumer, kafka_links
from chassis.transports.access import Access
from chassis.transports.kafka_topics import prepare
from contracts.catalogue import PARTITIONS
from deploy.kafka.brokers import Brokers, KafkaNotHere
from tests.chassis.journey import announce, publisher
from tests.chassis.transports.conftest import make_topic
from tests.chassis.transports.suite import Bus, Seen, confirmed, insist, keys, until
from tests.conftest import RuntimeOf

PAUSE_SECONDS, DOWN_SECONDS = 45.0, 60.0
BEGIN_AFTER_SECONDS = 3.0
BACK_SECONDS = 30.0
TOPIC = "intake.awareness.v1"

# A connection that is given up in the middle of its handshake is closed by the collector: aiokafka forgets it.
pytestmark = [
    pytest.mark.timeout(400),
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(autouse=True)
def _collected() -> Iterator[None]:
    yield
    gc.collect()


@dataclass
class Report:
    """What happened during one outage."""

    seen: Seen = field(default_factory=Seen)
    sent: set[str] = field(default_factory=set)
    refused_after: list[float] = field(default_factory=list)
    start_refused_after: float = -1.0
    stops: list[float] = field(default_factory=list)
    back_after: float = -1.0
    ended: bool = True


@pytest.fixture(scope="module")
def spare(tmp_path_factory: pytest.TempPathFactory, kafka: object) -> Iterator[tuple[Brokers, Brokers]]:
    """Two brokers of our own: the run's is somebody else's, perhaps, and not ours to stop."""
    assert kafka
    try:
        with ExitStack() as stack, ThreadPoolExecutor(2) as pool:
            one, other = (Brokers(tmp_path_factory.mktemp(name)) for name in ("paused", "stopped"))
            list(pool.map(stack.enter_context, (one, other)))
            for brokers in (one, other):
                access = Access(TOPIC, PARTITIONS, ("intake",), ("channel",))
                asyncio.run(prepare(brokers.admin_url, {"intake": "one", "channel": "two"}, [access]))
            yield one, other
    except KafkaNotHere as error:
        pytest.skip(f"Outages are not exercised: {error}")


@pytest.fixture(scope="module")
def reports(spare: tuple[Brokers, Brokers]) -> tuple[Report, Report]:
    """Return what happened while one broker was paused and the other down."""
    paused, stopped = spare

    async def both() -> tuple[Report, Report]:
        loop = asyncio.get_running_loop()

        async def pause() -> None:
            paused.pause(0)
            await asyncio.sleep(PAUSE_SECONDS)
            paused.resume(0)

        async def stop() -> None:
            stopped.kill(0)
            await asyncio.sleep(DOWN_SECONDS)
            await loop.run_in_executor(None, stopped.start_one, 0)

        return await asyncio.gather(_through(paused, pause), _through(stopped, stop))

    return asyncio.run(both())


async def _through(brokers: Brokers, outage: Callable[[], Awaitable[None]]) -> Report:
    """Keep a consumer and a publisher working through an outage, with everything else that may be tried in it."""
    topic = await make_topic(brokers.admin_url)
    bus = Bus("kafka", topic, f"group-{topic}", brokers.admin_url, brokers.admin_url)
    report, late = Report(), Seen()
    async with bus.transport(bus.writer_url) as writer, bus.consuming(report.seen.handle) as replica:
        await insist(partial(writer.publish, bus.messages(keys(1)[0], 1)))
        await until(lambda: report.seen.bodies)
        publishing, meddling = asyncio.create_task(_publish(bus, report)), asyncio.create_task(_meddle(bus, report))
        begun = asyncio.create_task(_begin_late(replace(bus, group=f"late-{topic}"), late))
        await outage()
        back = time.monotonic()
        again = bus.messages(keys(1)[0], 1)
        await insist(partial(writer.publish, again), 60)
        await until(lambda: again[0].body.decode() in report.seen.bodies and late.bodies, 60)
        report.back_after = time.monotonic() - back
        await meddling
        await _end(publishing, begun)
        await until(lambda: report.sent <= set(report.seen.bodies), 60)
        await confirmed(bus, writer)
        report.ended = replica.task.done()
    return report


async def _begin_late(bus: Bus, late: Seen) -> None:
    """Begin to consume while the bus is away."""
    await asyncio.sleep(BEGIN_AFTER_SECONDS)
    async with bus.consuming(late.handle):
        await asyncio.Event().wait()


async def _end(*tasks: "asyncio.Task[None]") -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _publish(bus: Bus, report: Report) -> None:
    """Publish as a relay does: what was refused is sent again, until the bus has it."""
    [key] = keys(1)
    number = 0
    async with bus.transport(bus.writer_url) as transport:
        while True:
            message = bus.messages(key, 1, number)
            begun = time.monotonic()
            try:
                await transport.publish(message)
            except BusUnavailable:
                report.refused_after.append(time.monotonic() - begun)
            else:
                report.sent.add(message[0].body.decode())
                number += 1
            await asyncio.sleep(0.2)


async def _meddle(bus: Bus, report: Report) -> None:
    """In the outage: start a service, and stop twenty, in whatever state they are."""
    await asyncio.sleep(BEGIN_AFTER_SECONDS)
    starting = asyncio.create_task(_start_in_vain(bus))
    report.stops = await asyncio.gather(*(_stop_one(bus, after=0.2 * nth) for nth in range(20)))
    report.start_refused_after = await starting


async def _start_in_vain(bus: Bus) -> float:
    """Start a service, and return how long it took until it heard that there is no bus."""
    begun = time.monotonic()
    async with bus.transport(bus.reader_url) as transport:
        with pytest.raises(BusUnavailable):
            await transport.start()
    return time.monotonic() - begun


async def _stop_one(bus: Bus, after: float) -> float:
    """Begin to consume and to publish, and stop a moment later; return how long the stop took."""
    transport = make_transport(bus.reader_url)
    tasks = [
        asyncio.create_task(transport.consume(f"stopped-{bus.group}", [bus.topic], Seen().handle)),
        asyncio.create_task(transport.publish(bus.messages(UUID(int=1), 1))),
    ]
    await asyncio.sleep(after)
    begun = time.monotonic()
    await _end(*tasks)
    await transport.stop()
    return time.monotonic() - begun


def test_an_outage_is_longer_than_whatever_the_client_waits_for() -> None:
    """Else it would be over before anything was given up."""
    names = ("PUBLISH_SECONDS", "REQUEST_SECONDS", "OPEN_SECONDS", "SESSION_SECONDS", "COMMIT_SECONDS")
    limits = [getattr(module, name, 0.0) for module in (kafka, kafka_consumer, kafka_links) for name in names]
    assert max(limits) > 0
    assert max(limits) + BEGIN_AFTER_SECONDS < PAUSE_SECONDS
    assert kafka_consumer.START_SECONDS + BEGIN_AFTER_SECONDS < DOWN_SECONDS


class TestPaused:
    def test_goes_on_after_its_requests_timed_out_aiokafka_1037(self, reports: tuple[Report, Report]) -> None:
        """The broker froze for 45 seconds: everything that was taken arrives, in order, soon after."""
        report, _ = reports
        assert report.sent <= set(report.seen.bodies)
        assert report.seen.in_order()
        assert report.back_after < BACK_SECONDS
        assert not report.ended

    def test_a_publisher_hears_no_within_a_bounded_time(self, reports: tuple[Report, Report]) -> None:
        report, _ = reports
        assert report.refused_after
        assert max(report.refused_after) < kafka.PUBLISH_SECONDS + 4

    def test_a_start_hears_no_within_a_bounded_time(self, reports: tuple[Report, Report]) -> None:
        assert max(report.start_refused_after for report in reports) < 15


class TestStopped:
    def test_is_not_stuck_after_a_broker_restart_aiokafka_44(self, reports: tuple[Report, Report]) -> None:
        """The broker was killed and came back: everything that was taken arrives, in order, soon after."""
        _, report = reports
        assert report.sent <= set(report.seen.bodies)
        assert report.seen.in_order()
        assert report.back_after < BACK_SECONDS
        assert not report.ended

    def test_stop_does_not_hang_in_an_outage_aiokafka_773(self, reports: tuple[Report, Report]) -> None:
        """Twenty stops while the broker is down, twenty while it is frozen."""
        assert [len(report.stops) for report in reports] == [20, 20]
        assert max(stop for report in reports for stop in report.stops) < 10


class TestSilence:
    async def test_an_outbox_row_stays_when_the_bus_falls_silent_in_mid_publish_aiokafka_197(
        self,
        spare: tuple[Brokers, Brokers],
        reports: tuple[Report, Report],
        runtime_of: RuntimeOf,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """Nobody knows whether the broker has taken it: the row stays unpublished, and goes again."""
        assert reports
        monkeypatch.setattr(kafka, "PUBLISH_SECONDS", 3.0)
        brokers, _ = spare
        address = brokers.admin_url.replace(brokers.admin_url.partition("@")[0], "kafka://intake:one")
        intake = await runtime_of(publisher(), bus_url=address)
        [warm, subject] = keys(2)
        async with _relaying(intake):
            await announce(intake, warm, 1)
            await _until_published(intake, 1)
            brokers.pause(0)
            try:
                await announce(intake, subject, 1)
                await asyncio.sleep(5)
                assert await _published(intake) == 1
            finally:
                brokers.resume(0)
            await _until_published(intake, 2)


async def _until_published(intake: Runtime, count: int) -> None:
    end = time.monotonic() + 40
    while await _published(intake) != count:
        assert time.monotonic() < end, "The outbox row was not sent."
        await asyncio.sleep(0.1)


async def _published(intake: Runtime) -> int:
    async with intake.database.transaction(Actor.service("intake")) as session:
        return int(await session.scalar(text("SELECT count(*) FROM outbox WHERE published_at IS NOT NULL")))


@asynccontextmanager
async def _relaying(intake: Runtime) -> AsyncIterator[None]:
    task = asyncio.create_task(intake.relay.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
