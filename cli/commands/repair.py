"""`throughline parked` and `throughline replay`: what stopped, and how it goes on with nothing lost or repeated."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.clients import Operations, Operator
from cli.errors import BadInput, NotRunning
from contracts.catalogue import SERVICES


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
        if identity in {str(entry.facts.get("id")), str(entry.facts.get("event_id"))}:
            with Operations(Operator.of(state)) as operations:
                return Parked(
                    entry.service,
                    operations.get(entry.service, f"parked/{entry.facts['id']}"),
                )
    message = f"No service has parked {identity!r}: `throughline parked list` shows what is."
    raise BadInput(message)


def decide(state: Path, entry: Parked, decision: str, *, reason: str, dry_run: bool) -> Any:
    """Retry or discard a parked message and return what the service says was, or would be, done."""
    with Operations(Operator.of(state)) as operations:
        path = f"parked/{entry.facts['id']}/{decision}"
        return operations.post(entry.service, path, {"reason": reason, "dry_run": dry_run})


def replay(state: Path, window: Window, *, dry_run: bool) -> Iterator[tuple[str, Any]]:
    """Publish a window again from the outboxes; yields each service's answer, and its silence as None."""
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
    """Return whose outboxes to ask: a topic's name begins with its publisher, anything else may be in every one."""
    publisher = window.topic.partition(".")[0]
    if window.topic and publisher not in SERVICES:
        message = f"{window.topic!r} is no topic: they look like intake.police.v1."
        raise BadInput(message)
    return (publisher,) if window.topic else SERVICES


def _known(service: str) -> str:
    if service not in SERVICES:
        message = f"{service!r} is no service: name one of {', '.join(SERVICES)}."
        raise BadInput(message)
    return service
