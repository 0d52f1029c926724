"""`throughline parked`: what stopped, and how it goes on with nothing lost or repeated."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.clients import Operations, Operator
from cli.errors import BadInput
from contracts.catalogue import SERVICES


@dataclass(frozen=True)
class Parked:
    """One parked message: the service that parked it, and what that service says of it."""

    service: str
    facts: Mapping[str, Any]


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


def _known(service: str) -> str:
    if service not in SERVICES:
        message = f"{service!r} is no service: name one of {', '.join(SERVICES)}."
        raise BadInput(message)
    return service
