"""The keys and shapes that a log line, a span or a figure may carry; everything else is dropped and counted."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from uuid import UUID

Scalar = str | int | float | bool

CORRELATION = "throughline.correlation_id"

# A key stands here when its values can only be linking or operational facts (contracts: field classes). The same
# name with a dot belongs to a span or a metric, without a dot to a log line; one list serves all three.
KEYS = frozenset(
    {
        # the event and its way
        "area", "area_version", "audience", "bus_id", "causation_id", "consumer", "correlation_id", "cursor",
        "digest", "document_id", "epoch", "event_id", "expected_sequence", "group", "key_id", "message_id",
        "offset", "partition", "publisher", "reference", "sequence", "since", "subject", "team", "topic", "type",
        "until",
        # what happened
        "action", "attempt", "attempts", "cause", "closed", "command", "decision", "dry_run", "due_at", "duration_ms",
        "error", "exit_code", "failed", "from_state", "held", "job", "lag", "line", "outcome", "parked", "permission",
        "reason", "retry_in_seconds", "role", "seconds", "signal", "skipped", "state", "status", "to_state", "tries",
        # how much
        "bytes", "count", "limit", "rows", "size", "total",
        # the machine
        "clock_offset_seconds", "database", "dependency", "door", "endpoint", "frames", "handler", "kind", "logger",
        "media_type", "method", "migration", "mode", "page", "path", "peer_service", "pid", "place", "port",
        "process", "queue", "revision", "route", "service", "table", "urgent", "version", "way",
        # the audit chain
        "checkpoint", "entries", "entry_hash",
        # spans and metrics
        CORRELATION, "error.type", "http.request.method", "http.response.status_code", "http.route",
        "messaging.batch.message_count", "messaging.destination.name", "messaging.message.id",
        "messaging.operation.name", "service.name", "throughline.area", "throughline.consumer", "throughline.door",
        "throughline.event_id", "throughline.event_type", "throughline.job", "throughline.outcome",
        "throughline.publisher", "throughline.reason", "throughline.sequence", "throughline.subject",
        "throughline.topic",
    }
)  # fmt: skip

# Identifiers, enum values, route templates and times pass; a sentence, a quoted value or an address does not.
_TOKEN = re.compile(r"[A-Za-z0-9{/<*][A-Za-z0-9._:/{}<>+*-]{0,119}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._:/{}-]{0,119}")


@dataclass(frozen=True)
class Kept:
    """The facts that may leave the process, and how many may not."""

    facts: dict[str, Scalar]
    dropped: int


def keep(facts: Mapping[str, object]) -> Kept:
    """Return the facts whose key is listed and whose value is a number, truth value, id, time or word of code."""
    kept: dict[str, Scalar] = {}
    for key, value in facts.items():
        scalar = _scalar(value) if key in KEYS else None
        if scalar is not None:
            kept[key] = scalar
    return Kept(kept, len(facts) - len(kept))


def span_name(name: str) -> str:
    """Return the name unchanged when it reads like code (words, route templates), otherwise "unnamed"."""
    return name if _NAME.fullmatch(name) else "unnamed"


def _scalar(value: object) -> Scalar | None:
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str) and _TOKEN.fullmatch(value):
        return value
    return None
