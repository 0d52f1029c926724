"""A publisher (intake) and a consumer (channel) made for tests of the plumbing between them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import MetaData, text

from chassis import outbox, tables
from chassis.actor import Actor
from chassis.app import Runtime, Service
from chassis.broker import Handlers, Message
from chassis.database import Session
from chassis.outbox import About
from chassis.transports import Delivery
from chassis.wire import written
from contracts.intake.awareness import ReferralMade
from contracts.intake.statistics import ReferralCounted
from contracts.vocabulary import AgeBand, Door, Gender, Sector

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
AREA, VERSION = "kent-and-medway", "2026-01"

CREATE_EFFECT = (
    "CREATE TABLE IF NOT EXISTS effect (event_id uuid NOT NULL, subject uuid NOT NULL, version int NOT NULL, "
    "nth bigint GENERATED ALWAYS AS IDENTITY)"
)
NUMBERS = """UPDATE outbox SET epoch = 1, sequence = counted.nth
    FROM (SELECT id, row_number() OVER (PARTITION BY topic, subject ORDER BY id) AS nth FROM outbox) AS counted
    WHERE outbox.id = counted.id AND outbox.sequence IS NULL"""
Meddle = Callable[[Session, ReferralMade, Message], Awaitable[None]]


def publisher() -> Service:
    """Return a service that only publishes."""
    return Service("intake", "Intake", MetaData(), Handlers(), (), {})


@dataclass
class Consumer:
    """A service that writes one row for each event, after whatever `meddle` does."""

    meddle: list[Meddle] = field(default_factory=list)

    def service(self) -> Service:
        """Return the service."""
        handlers = Handlers()

        @handlers.on(ReferralMade)
        async def on_referral_made(session: Session, event: ReferralMade, message: Message) -> None:
            for step in self.meddle:
                await step(session, event, message)
            await session.execute(
                text("INSERT INTO effect (event_id, subject, version) VALUES (:event_id, :subject, :version)"),
                {"event_id": message.event_id, "subject": message.subject, "version": event.version},
            )

        return Service("channel", "Channel", MetaData(), handlers, (), {})


def made(version: int = 1) -> ReferralMade:
    """Return an event."""
    return ReferralMade(
        reference="KM-TEST-TEST", received_at=NOW, version=version, age_band=AgeBand.UNKNOWN, district="",
        statistics_key=uuid4(),
    )  # fmt: skip


async def announce(runtime: Runtime, subject: UUID, *versions: int, area_version: str = VERSION) -> list[UUID]:
    """Announce events of one subject in one transaction and return their ids."""
    async with runtime.database.transaction(Actor.service("intake")) as session:
        await session.lock(subject)
        about = About(subject, AREA, area_version, correlation_id=subject)
        return await outbox.add_all(session, [(made(version), about) for version in versions])


@contextlib.asynccontextmanager
async def working(*runtimes: Runtime) -> AsyncIterator[None]:
    """Run relays, consumers and pumps of the given services for the length of the block."""
    work: list[Any] = []
    for runtime in runtimes:
        name = runtime.settings.service
        topics = ["receipts.intake.v1"] if name == "intake" else ["intake.awareness.v1", "receipts.channel.v1"]
        work += [runtime.relay.run(), runtime.inbox.run(), runtime.bus.consume(name, topics, runtime.inbox.handle)]
    tasks = [asyncio.create_task(item) for item in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for ended in await asyncio.gather(*tasks, return_exceptions=True):
            assert isinstance(ended, asyncio.CancelledError), f"Work ended by itself: {ended!r}"


async def deliveries(intake: Runtime) -> list[Delivery]:
    """Number what is in the outbox and return it as deliveries, without a bus."""
    async with intake.database.transaction(Actor.service("intake")) as session:
        await session.execute(text(NUMBERS))
        rows = await session.rows(tables.outbox.select().order_by(tables.outbox.c.id))
    return [Delivery(row.topic, 0, place, written(row, row.epoch, row.sequence)) for place, row in enumerate(rows)]


async def effects(runtime: Runtime) -> list[tuple[UUID, int]]:
    """Return what the consumer has written, in the order of writing."""
    async with runtime.database.transaction(Actor.service("channel")) as session:
        rows = await session.rows(text("SELECT subject, version FROM effect ORDER BY nth"))
    return [(row.subject, row.version) for row in rows]


async def count(runtime: Runtime, query: str) -> int:
    """Return the number that a query answers."""
    async with runtime.database.transaction(Actor.service(runtime.settings.service)) as session:
        return int(await session.scalar(text(query)))


def fact(version: int = 1) -> ReferralCounted:
    """Return a statistics fact that is like every other."""
    return ReferralCounted(
        month="2026-03",
        version=version,
        door=Door.API,
        sector=Sector.HEALTH,
        age_band=AgeBand.UNKNOWN,
        gender=Gender.NOT_KNOWN,
        district="",
    )
