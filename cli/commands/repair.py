"""`throughline parked` and `throughline replay`: what stopped, and how it goes on with nothing lost or repeated."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from cli.clients import Operations, Operator
from cli.errors import BadInput, NotRunning
from contracts.catalogue import SERVICES, TOPICS


@dataclass(frozen=True)
class Parked:
    """One parked message: the service that parked it, and what that service says of it."""

    service: str
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Window:
    """What to publish again: everything of a topic, of a subject, or of a time, whichever are given."""

    topic: str
    subject: str
    since: str
    until: str

    def check(self) -> None:
        """Raise BadInput for what cannot be a topic, a subject or a time, or when nothing says where to begin."""
        if not (self.topic or self.subject or self.since):
            message = "Say what to replay: --topic, --subject or --since."
            raise BadInput(message)
        if self.topic and self.topic not in {topic.name for topic in TOPICS}:
            message = f"{self.topic!r} is no topic: name one of {', '.join(topic.name for topic in TOPICS)}."
            raise BadInput(message)
        if self.subject and not _is_id(self.subject):
            message = f"{self.subject!r} is no subject's id: they look like 0193f7c2-0000-7000-8000-000000000000."
            raise BadInput(message)
        for time in filter(None, (self.since, self.until)):
            if not _is_time(time):
                message = f"{time!r} is no time with its zone: they look like 2026-01-31T09:00:00Z."
                raise BadInput(message)

    def body(self, *, dry_run: bool) -> dict[str, object]:
        """Return the request that a service's operations plane takes."""
        given = {
            "topic": self.topic,
            "subject": self.subject,
            "since": self.since,
            "until": self.until,
        }
        return {name: value for name, value in given.items() if value} | {"dry_run": dry_run}


def listed(state: Path, service: str) -> Iterator[Parked]:
    """Yield the parked messages of one service, or of all when none is named."""
    with Operations(Operator.of(state)) as operations:
        for name in [_known(service)] if service else SERVICES:
            answer = operations.get(name, "parked")
            for entry in answer["messages"]:
                yield Parked(name, entry)


def found(state: Path, identity: str) -> Parked:
    """Return one parked message in full, whichever service parked it; BadInput when none did."""
    for entry in listed(state, ""):
        if identity == entry.facts["id"]:
            with Operations(Operator.of(state)) as operations:
                return Parked(entry.service, operations.get(entry.service, f"parked/{identity}"))
    message = f"No service has parked {identity!r}: `throughline parked list` shows what is."
    raise BadInput(message)


def decide(state: Path, identity: str, decision: str, *, reason: str, dry_run: bool) -> Any:
    """Retry or discard a parked message and return what the service says was, or would be, done; BadInput as above."""
    entry = found(state, identity)
    with Operations(Operator.of(state)) as operations:
        path = f"parked/{identity}/{decision}"
        return operations.post(entry.service, path, {"reason": reason, "dry_run": dry_run})


def replay(state: Path, window: Window, *, dry_run: bool) -> Iterator[tuple[str, Any]]:
    """Publish a window again from the outboxes; yields each service's answer, and its silence as None.

    Raises BadInput before anything is sent when the window makes no sense.
    """
    window.check()
    with Operations(Operator.of(state)) as operations:
        for name in _publishers(window):
            try:
                yield (
                    name,
                    operations.post(name, "replay", window.body(dry_run=dry_run)),
                )
            except NotRunning:
                yield name, None


def _publishers(window: Window) -> tuple[str, ...]:
    """Return whose outboxes to ask: a topic has one publisher, anything else may be in every one."""
    return tuple(topic.publisher for topic in TOPICS if topic.name == window.topic) or SERVICES


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _is_time(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _known(service: str) -> str:
    if service not in SERVICES:
        message = f"{service!r} is no service: name one of {', '.join(SERVICES)}."
        raise BadInput(message)
    return service
