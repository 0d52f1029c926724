"""Spans, checkpoints and readings to build tests from."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chassis.audit.chain import checkpoint_message
from chassis.telemetry.allowed import Scalar
from chassis.telemetry.receiving import ReceivedSpan
from services.monitor import readers
from services.monitor.domain import (
    HealthState,
    OfferedCheckpoint,
    OutboxReading,
    ServiceReading,
    SpanFact,
    TopicReading,
)
from services.monitor.readers import Ledger, LedgerLine, ParkedMessage

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
JOURNEY = UUID("0b6f4d0e-3a54-4f6e-9d0b-7c1f2a3b4c5d")
REFERENCE = "KM-7F3K-92QM"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def a_fact(number: int, parent: int = 0, *, start_ms: int = 0, took_ms: int = 10, trace: str = TRACE) -> SpanFact:
    """A span with a number for an id (0 as parent: none), starting and lasting so many milliseconds."""
    begin = NOW + timedelta(milliseconds=start_ms)
    above = f"{parent:016x}" if parent else ""
    end = begin + timedelta(milliseconds=took_ms)
    return SpanFact(trace, f"{number:016x}", above, "intake", f"step {number}", "internal", begin, end, failed=False)


def a_span(
    number: int,
    parent: int = 0,
    *,
    service: str = "intake",
    start_ms: int = 0,
    took_ms: int = 10,
    trace: str = TRACE,
    correlation: UUID | None = JOURNEY,
    started: datetime = NOW,
    name: str = "",
    failed: bool = False,
    attributes: Mapping[str, Scalar] | None = None,
) -> ReceivedSpan:
    """A span as it arrives."""
    begin = started + timedelta(milliseconds=start_ms)
    return ReceivedSpan(
        trace_id=trace,
        span_id=f"{number:016x}",
        parent_span_id=f"{parent:016x}" if parent else "",
        service=service,
        name=name or f"step {number}",
        kind="internal",
        started_at=begin,
        ended_at=begin + timedelta(milliseconds=took_ms),
        failed=failed,
        correlation_id=correlation,
        attributes=attributes or {},
    )


def checkpoint_answer(
    sequence: int, *, service: str = "triage", content: bytes = b"", key: Ed25519PrivateKey = KEY
) -> dict[str, str | int]:
    """A checkpoint as a service's operations plane tells it; other content gives another hash."""
    entry_hash = (content or str(sequence).encode()).ljust(32, b"\0")
    return {
        "sequence": sequence,
        "entry_hash": entry_hash.hex(),
        "signed_at": NOW.isoformat(),
        "signature": key.sign(checkpoint_message(service, sequence, entry_hash, NOW)).hex(),
        "public_key": key.public_key().public_bytes_raw().hex(),
    }


def a_checkpoint(
    sequence: int, *, service: str = "triage", content: bytes = b"", key: Ed25519PrivateKey = KEY
) -> OfferedCheckpoint:
    """A checkpoint that a service offers, rightly signed."""
    answer = {"checkpoints": [checkpoint_answer(sequence, service=service, content=content, key=key)]}
    return readers.checkpoints(service, answer)[0]


def a_topic(topic: str = "intake.police.v1", *, lag: int | None = 0, held: int = 0, parked: int = 0) -> TopicReading:
    """How far a consumer has got with a topic; what it holds has been held for a minute."""
    return TopicReading(topic, lag, held, parked, 60.0 if held else 0.0)


def a_reading(
    service: str = "triage",
    state: HealthState = HealthState.READY,
    *,
    waits: float = 0.0,
    unstored: float = 0.0,
    topics: tuple[TopicReading, ...] = (),
) -> ServiceReading:
    """What a service tells of itself."""
    outbox = OutboxReading(0, 3 if waits else 0, waits, 1 if unstored else 0, unstored, "bus-1", 1)
    return ServiceReading(
        service, state, {"database": "ok"}, None if state is HealthState.UNREACHABLE else outbox, topics, NOW
    )


def a_parked_message(**given: object) -> ParkedMessage:
    """A message that a service put aside."""
    values: dict[str, object] = {
        "id": uuid4(),
        "topic": "intake.police.v1",
        "type": "intake.referral-received.v1",
        "subject": uuid4(),
        "sequence": 1,
        "cause": "rejected",
        "sentence": "The message lacks a district: complete it at the intake desk.",
        "tries": 5,
        "parked_at": NOW,
        "held_behind": 2,
    }
    return ParkedMessage(**{**values, **given})  # type: ignore[arg-type]


def a_ledger(reference: str) -> Ledger:
    """A ledger of two lines, one stored and one still waiting."""
    lines = (LedgerLine("imu", "stored", NOW), LedgerLine("front-door", "waiting", None))
    return Ledger(reference, JOURNEY, lines)
