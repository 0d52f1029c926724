"""What the conformance suite needs: a bus of either kind, messages that can be told apart, and what consumers saw."""

import asyncio
import contextlib
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest

from chassis.app import make_transport
from chassis.errors import Unavailable
from chassis.transports import Delivery, Outgoing, Transport

Handling = Callable[[Sequence[Delivery]], Awaitable[None]]


@dataclass(frozen=True)
class Bus:
    """One bus with a topic for this test alone; `writer_url` may write there, `reader_url` read with `group`."""

    kind: str
    topic: str
    group: str
    writer_url: str
    reader_url: str

    def messages(self, key: UUID, count: int, first: int = 0) -> list[Outgoing]:
        """Return numbered messages of one key."""
        return [Outgoing(self.topic, key, f"{key}:{number}".encode()) for number in range(first, first + count)]

    @contextlib.asynccontextmanager
    async def transport(self, url: str) -> AsyncIterator[Transport]:
        """Return a transport for the length of the block."""
        transport = make_transport(url)
        try:
            yield transport
        finally:
            await transport.stop()

    @contextlib.asynccontextmanager
    async def consuming(self, handle: Handling) -> AsyncIterator["Replica"]:
        """Run one more replica of the consumer for the length of the block."""
        async with self.transport(self.reader_url) as transport:
            task = asyncio.create_task(transport.consume(self.group, [self.topic], handle))
            try:
                yield Replica(transport, task)
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    async def behind(self, transport: Transport) -> int:
        """Return how many messages the group has not confirmed."""
        return (await transport.lag(self.group)).get(self.topic, 0)


@dataclass(frozen=True)
class Replica:
    """One consumer that runs."""

    transport: Transport
    task: "asyncio.Task[None]"


class Seen:
    """What consumers were given."""

    def __init__(self) -> None:
        self.bodies: list[str] = []
        self.at: dict[str, float] = {}

    async def handle(self, deliveries: Sequence[Delivery]) -> None:
        """Note a batch."""
        for item in deliveries:
            self.bodies.append(item.body.decode())
            self.at.setdefault(self.bodies[-1], time.monotonic())

    def by_key(self) -> dict[str, list[int]]:
        """Return the numbers of each key in the order of arrival."""
        found = defaultdict(list)
        for body in self.bodies:
            key, number = body.rsplit(":", 1)
            found[key].append(int(number))
        return found

    def in_order(self) -> bool:
        """Say whether each key's numbers came first in order, repeats left out."""
        return all(firsts(numbers) == sorted(set(numbers)) for numbers in self.by_key().values())


def firsts(numbers: Sequence[int]) -> list[int]:
    """Return each number where it came first."""
    return list(dict.fromkeys(numbers))


def expected(keys: Sequence[UUID], count: int) -> set[str]:
    """Return the bodies of `count` messages of each key."""
    return {f"{key}:{number}" for key in keys for number in range(count)}


def keys(count: int) -> list[UUID]:
    """Return new keys."""
    return [uuid4() for _ in range(count)]


async def until(condition: Callable[[], object], seconds: float = 30.0) -> None:
    """Wait until something holds; fails the test when time runs out."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            pytest.fail(f"It did not come true within {seconds} seconds.")
        await asyncio.sleep(0.01)


async def confirmed(bus: Bus, transport: Transport, seconds: float = 30.0) -> None:
    """Wait until the group has confirmed everything."""
    end = time.monotonic() + seconds
    behind = -1
    while behind:  # nothing confirmed at all is not everything
        assert time.monotonic() < end, f"The group is still {behind} behind."
        with contextlib.suppress(Unavailable):
            behind = (await transport.lag(bus.group)).get(bus.topic, -1)
        await asyncio.sleep(0.05)


async def insist(action: Callable[[], Awaitable[None]], seconds: float = 30.0) -> None:
    """Do something again until the bus takes it."""
    end = time.monotonic() + seconds
    while True:
        try:
            return await action()
        except Unavailable:
            assert time.monotonic() < end, "The bus did not come back."
            await asyncio.sleep(0.05)
