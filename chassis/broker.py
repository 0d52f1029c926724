"""Events in: which handler answers which event, and what a handler is told beside the event."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from chassis.database import Session
from contracts.envelope import Event

SomeEvent = TypeVar("SomeEvent", bound=Event)
Handler = Callable[[Session, Any, "Message"], Awaitable[None]]


@dataclass(frozen=True)
class Message:
    """The envelope's facts as a handler may use them; `now` is business time."""

    event_id: UUID
    type: str
    topic: str
    subject: UUID
    area: str
    area_version: str
    correlation_id: UUID | None
    causation_id: UUID | None
    now: datetime


class Handlers:
    """One service's answers to events: each event type has exactly one."""

    def __init__(self) -> None:
        self._by_type: dict[str, tuple[type[Event], Handler]] = {}

    def on(
        self, event: type[SomeEvent]
    ) -> Callable[
        [Callable[[Session, SomeEvent, Message], Awaitable[None]]],
        Callable[[Session, SomeEvent, Message], Awaitable[None]],
    ]:
        """Register the decorated coroutine as the handler of an event; a second one is a programming error."""

        def register(
            handler: Callable[[Session, SomeEvent, Message], Awaitable[None]],
        ) -> Callable[[Session, SomeEvent, Message], Awaitable[None]]:
            if event.wire_type in self._by_type:
                message = f"{event.wire_type} already has a handler."
                raise ValueError(message)
            self._by_type[event.wire_type] = (event, handler)
            return handler

        return register

    def find(self, wire_type: str) -> tuple[type[Event], Handler] | None:
        """Return the event class and handler of a wire type, or None."""
        return self._by_type.get(wire_type)

    def types(self) -> frozenset[str]:
        """Return the wire types that have a handler."""
        return frozenset(self._by_type)
