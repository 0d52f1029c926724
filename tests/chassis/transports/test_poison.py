"""A message that can never be handled, at the head of a partition: it is set aside and holds up nobody."""

import contextlib
import time
from collections.abc import Awaitable, Callable
from uuid import UUID, uuid4

import pytest

from chassis import outbox
from chassis.actor import Actor
from chassis.app import Runtime
from chassis.broker import Message
from chassis.database import Session
from chassis.outbox import MOST_SEALED_BYTES, About
from chassis.transports import MessageTooLarge
from chassis.transports.partitions import partition_of
from contracts.catalogue import PARTITIONS
from contracts.intake.awareness import ReferralMade
from tests.chassis.journey import (
    AREA,
    VERSION,
    Consumer,
    announce,
    count,
    effects,
    made,
    publisher,
    working,
)
from tests.chassis.transports.conftest import BUSES
from tests.conftest import RuntimeOf, eventually


@pytest.fixture(params=BUSES)
def bus_url(request: pytest.FixtureRequest) -> Callable[[str], str]:
    """Return the address of each service on the bus of this run; nothing for the installation's own."""
    if request.param == "postgres":
        return lambda _: ""
    kafka = request.getfixturevalue("clean_kafka")
    return lambda service: str(kafka.url(service))


class Poison:
    """Fails for one subject, whatever is tried."""

    def __init__(self) -> None:
        self.subject: UUID | None = None
        self.tries = 0

    async def __call__(self, _: Session, event: ReferralMade, message: Message) -> None:
        """Fail, or not."""
        if message.subject == self.subject:
            self.tries += 1
            raise KeyError("poison")


def neighbours(number: int) -> list[UUID]:
    """Return subjects of one partition."""
    found: list[UUID] = []
    while len(found) < number:
        subject = uuid4()
        if partition_of(subject, PARTITIONS) == 0:
            found.append(subject)
    return found


@pytest.fixture
def poison() -> Poison:
    return Poison()


@pytest.fixture
async def intake(runtime_of: RuntimeOf, bus_url: Callable[[str], str]) -> Runtime:
    return await runtime_of(publisher(), bus_url=bus_url("intake"))


@pytest.fixture
async def channel(runtime_of: RuntimeOf, bus_url: Callable[[str], str], poison: Poison, effect_table: None) -> Runtime:
    return await runtime_of(Consumer([poison]).service(), bus_url=bus_url("channel"))


async def test_poison_at_the_head_of_a_partition_holds_up_nobody(
    intake: Runtime, channel: Runtime, poison: Poison
) -> None:
    """The next subject is done within 5 seconds; the poison is parked after five tries; the process is calm then."""
    warm, poisoned, *others = neighbours(12)
    poison.subject = poisoned
    async with working(intake, channel):
        await announce(intake, warm, 1)
        await eventually(_done(channel, {(warm, 1)}))
        begun = time.monotonic()
        await announce(intake, poisoned, 1, 2)
        for subject in others:
            await announce(intake, subject, 1)
        await eventually(_done(channel, {(subject, 1) for subject in others}))
        assert time.monotonic() - begun < 5
        await eventually(lambda: count(channel, "SELECT count(*) FROM inbox_parked"))
        assert await count(channel, "SELECT max(tries) FROM inbox_parked") <= 5
        assert poison.tries <= 6  # and once among the others of its batch
        tries, cpu, wall = poison.tries, time.process_time(), time.monotonic()
        await eventually(_later(wall + 3))
        assert poison.tries == tries
        assert time.process_time() - cpu < 0.3 * (time.monotonic() - wall)
    assert poisoned not in {subject for subject, _ in await effects(channel)}


async def test_an_event_that_no_bus_takes_is_refused_before_it_is_accepted(intake: Runtime) -> None:
    """In the outbox it would hold up everything that comes after it."""
    huge = made().model_copy(update={"district": "x" * MOST_SEALED_BYTES})
    largest = made().model_copy(update={"district": "x" * (MOST_SEALED_BYTES - 1000)})
    for event, refused in ((huge, True), (largest, False)):
        subject = uuid4()
        with pytest.raises(MessageTooLarge) if refused else contextlib.nullcontext():
            async with intake.database.transaction(Actor.service("intake")) as session:
                await session.lock(subject)
                await outbox.add(session, event, about=About(subject, AREA, VERSION))
    async with working(intake):
        await eventually(lambda: count(intake, "SELECT count(*) FROM outbox WHERE published_at IS NOT NULL"))
    assert await count(intake, "SELECT count(*) FROM outbox") == 1


def _done(channel: Runtime, wanted: set[tuple[UUID, int]]) -> Callable[[], Awaitable[bool]]:
    async def look() -> bool:
        return wanted <= set(await effects(channel))

    return look


def _later(moment: float) -> Callable[[], Awaitable[bool]]:
    async def look() -> bool:
        return time.monotonic() > moment

    return look
