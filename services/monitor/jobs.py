"""The clock of monitor: asking every service how it is, collecting checkpoints, purging old spans."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from chassis import telemetry
from chassis.actor import Actor
from chassis.app import Job, Runtime
from chassis.errors import ThroughlineError
from chassis.telemetry.allowed import Scalar
from services.monitor import operations, queries
from services.monitor.clients import OpsClient
from services.monitor.domain import (
    SERVICES_ASKED,
    HealthState,
    OutboxReading,
    ServiceReading,
    TopicReading,
    checkpoint_findings,
    figure_findings,
    findings,
    is_due,
)

log = telemetry.logger(__name__)

Figures = list[tuple[float, dict[str, Scalar]]]


class Watched:
    """What the last look at the services found: offered to whoever scrapes, as monitor's pages show it."""

    readings: tuple[ServiceReading, ...] = ()
    alarms: tuple[queries.Alarm, ...] = ()


def _alarms() -> Figures:
    standing = Counter((one.service, one.reason) for one in Watched.alarms)
    return [(count, {"service": service, "reason": reason}) for (service, reason), count in standing.items()]


def _outboxes(figure: Callable[[OutboxReading], float]) -> Figures:
    return [(figure(one.outbox), {"service": one.service}) for one in Watched.readings if one.outbox]


def _topics(figure: Callable[[TopicReading], int | None]) -> Figures:
    return list(_of_topics(figure))


def _of_topics(figure: Callable[[TopicReading], int | None]) -> Iterator[tuple[float, dict[str, Scalar]]]:
    for one in Watched.readings:
        for topic in one.topics:
            value = figure(topic)
            if value is not None:
                yield value, {"service": one.service, "topic": topic.topic}


telemetry.gauge("monitor.alarm.standing", _alarms, "1", "Alarms that stand, by service and runbook")
telemetry.gauge(
    "monitor.outbox.unpublished", lambda: _outboxes(lambda one: one.unpublished), "1", "Events that wait for the bus"
)
telemetry.gauge(
    "monitor.outbox.unstored", lambda: _outboxes(lambda one: one.unstored), "1", "Deliveries without a receipt"
)
telemetry.gauge(
    "monitor.outbox.oldest_unstored",
    lambda: _outboxes(lambda one: one.oldest_unstored_seconds),
    "s",
    "Age in seconds of the oldest delivery without a receipt",
)
telemetry.gauge("monitor.topic.lag", lambda: _topics(lambda one: one.lag), "1", "Messages that a service has to read")
telemetry.gauge("monitor.topic.held", lambda: _topics(lambda one: one.held), "1", "Messages that wait for another")
telemetry.gauge("monitor.topic.parked", lambda: _topics(lambda one: one.parked), "1", "Messages that wait for a person")


async def watch_services(runtime: Runtime, now: datetime) -> None:
    """Ask the services that are due how they are, keep the answers, raise and clear alarms."""
    client: OpsClient = runtime.clients
    actor = Actor.job("monitor", "watch-services")
    async with runtime.database.transaction(actor) as session:
        Watched.readings = await queries.readings(session)
        Watched.alarms = await queries.alarms(session)
    before = {one.service: one for one in Watched.readings}
    due = [service for service in client.services if is_due(before.get(service), now)]
    for reading in await asyncio.gather(*(take_reading(client, service, now) for service in due)):
        last = before.get(reading.service)
        found = (*findings(reading, last.state if last else None), *figure_findings(reading))
        async with runtime.database.transaction(actor) as session:
            await operations.note_reading(session, reading)
            await operations.note_findings(session, reading, found, now=now)


async def take_reading(client: OpsClient, service: str, now: datetime) -> ServiceReading:
    """Ask one service; whatever it cannot answer is left unknown."""
    state, dependencies = await client.health(service)
    outbox: OutboxReading | None = None
    topics: tuple[TopicReading, ...] = ()
    figures: Mapping[str, float] | None = None
    if state is not HealthState.UNREACHABLE:
        # Figures first: they are told also while the service's database is away.
        with _noted("A service does not tell its figures.", service):
            figures = await client.figures(service) if service in SERVICES_ASKED else {}
        with _noted("A service does not tell how its queues are.", service):
            outbox, topics = await asyncio.gather(client.outbox(service), client.inbox(service))
    return ServiceReading(service, state, dependencies, outbox, topics, now, figures)


@contextmanager
def _noted(sentence: str, service: str) -> Iterator[None]:
    """Go on after what a service does not tell, and say so in the log."""
    try:
        yield
    except ThroughlineError as error:
        log.warning(sentence, extra={"facts": {"service": service, "reason": error.reason}})


async def collect_checkpoints(runtime: Runtime, now: datetime) -> None:
    """Take over the new audit checkpoints of every service, and raise an alarm when they contradict the kept ones."""
    client: OpsClient = runtime.clients
    for service in client.services:
        with _noted("A service does not tell its checkpoints.", service):
            await collect_of_service(runtime, client, service, now)


async def collect_of_service(runtime: Runtime, client: OpsClient, service: str, now: datetime) -> None:
    """Ask one service from its last known checkpoint on, that one included: it must still say the same."""
    actor = Actor.job("monitor", "collect-checkpoints")
    async with runtime.database.transaction(actor) as session:
        known = await queries.known_checkpoints(session, service)
    offered = await client.checkpoints(service, after=known[-1].sequence - 1 if known else 0)
    found = checkpoint_findings(service, known, offered)
    async with runtime.database.transaction(actor) as session:
        await operations.keep_checkpoints(session, service, offered, now=now)
        for finding in found:
            await operations.raise_alarm(session, finding, now=now)


async def purge_spans(runtime: Runtime, _now: datetime) -> None:
    """Delete old spans; by machine time, because spans carry it and moving demo time must not empty the traces."""
    async with runtime.database.transaction(Actor.job("monitor", "purge-spans")) as session:
        purged = await operations.purge_spans(session, machine_now=datetime.now(UTC))
    if purged:
        log.info("Old spans were deleted.", extra={"facts": {"count": purged}})


JOBS = (
    Job("watch-services", timedelta(seconds=5), watch_services),
    Job("collect-checkpoints", timedelta(seconds=30), collect_checkpoints),
    Job("purge-spans", timedelta(hours=1), purge_spans),
)
