"""The bus: one small interface, two implementations behind one conformance suite."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol
from uuid import UUID

from chassis.errors import Rejected, ThroughlineError, Unavailable

MOST_BYTES = 4_000_000
"""The largest message body that every bus takes; the outbox refuses what would become larger, before it is accepted."""


class BusUnavailable(Unavailable):
    """The bus did not answer; nothing is lost, the outbox sends again."""

    reason = "bus-unavailable"


class BusRefused(ThroughlineError):
    """The bus says no for good: this service may not use that topic or group; nothing is lost, it waits."""

    reason = "bus-refused"


class MessageTooLarge(Rejected):
    """A message is larger than a bus takes."""

    reason = "message-too-large"


class BehindTheWindow(Unavailable):
    """A consumer's cursor points before the oldest message that the bus still holds: it stops rather than skips."""

    reason = "behind-the-window"


@dataclass(frozen=True)
class Outgoing:
    """One message to publish; messages of one key stay in order within a topic."""

    topic: str
    key: UUID
    body: bytes


@dataclass(frozen=True)
class Delivery:
    """One message as it came from the bus; `position` counts within (topic, partition)."""

    topic: str
    partition: int
    position: int
    body: bytes


Handle = Callable[[Sequence[Delivery]], Awaitable[None]]
"""Handles a batch completely, or raises: then the whole batch is delivered again after a pause."""


class Transport(Protocol):
    """What the chassis needs of a bus: at least once, in order per (topic, key)."""

    async def start(self) -> None:
        """Connect; raises Unavailable."""

    async def stop(self) -> None:
        """End every consumer and disconnect."""

    async def identity(self) -> str:
        """Return the identity of this bus; a wiped or new bus has another one."""

    async def publish(self, messages: Sequence[Outgoing]) -> None:
        """Return when every message is durable on the bus; raises Unavailable, and then some may be there.

        What the bus refuses for good raises BusRefused (no right to a topic) or MessageTooLarge.
        """

    async def consume(self, group: str, topics: Sequence[str], handle: Handle) -> None:
        """Deliver to `handle` until cancelled; a batch is confirmed only after `handle` has returned."""

    async def forget(self, topics: Sequence[str], key: UUID) -> int:
        """Empty what this service has published under a key, where the bus can; return how many messages that was."""

    async def tidy(self, oldest: date) -> int:
        """Remove messages of the days before `oldest`, where the bus does not do so itself; return how many days."""

    async def lag(self, group: str) -> Mapping[str, int]:
        """Return how many messages each topic holds that the group has not confirmed."""


def refuse_oversize(messages: Sequence[Outgoing]) -> None:
    """Raise MessageTooLarge where a message is one that a bus would refuse; before anything is sent."""
    for message in messages:
        if len(message.body) <= MOST_BYTES:
            continue
        sentence = f"A message for {message.topic} has {len(message.body)} bytes; the bus takes {MOST_BYTES}."
        raise MessageTooLarge(sentence)
