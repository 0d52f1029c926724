"""How an envelope is written on the bus and read from it."""

import base64
import json
from typing import Any
from uuid import UUID

from chassis.errors import Rejected
from contracts.envelope import Envelope


class EnvelopeUnreadable(Rejected):
    """A message on the bus is not an envelope."""

    reason = "envelope-unreadable"


def _text(value: UUID | None) -> str | None:
    return None if value is None else str(value)


def _uuid(value: str | None) -> UUID | None:
    return None if value is None else UUID(value)


def encode(envelope: Envelope) -> bytes:
    """Return the message body: JSON, the sealed blob in base64."""
    return json.dumps(
        {
            "event_id": str(envelope.event_id),
            "type": envelope.type,
            "topic": envelope.topic,
            "area": envelope.area,
            "area_version": envelope.area_version,
            "subject": str(envelope.subject),
            "epoch": envelope.epoch,
            "sequence": envelope.sequence,
            "correlation_id": _text(envelope.correlation_id),
            "causation_id": _text(envelope.causation_id),
            "traceparent": envelope.traceparent,
            "key_id": envelope.key_id,
            "sealed": base64.b64encode(envelope.sealed).decode(),
        },
        separators=(",", ":"),
    ).encode()


def decode(body: bytes) -> Envelope:
    """Read a message body; raises EnvelopeUnreadable."""
    try:
        raw: dict[str, Any] = json.loads(body)
        return Envelope(
            event_id=UUID(raw["event_id"]),
            type=str(raw["type"]),
            topic=str(raw["topic"]),
            area=str(raw["area"]),
            area_version=str(raw["area_version"]),
            subject=UUID(raw["subject"]),
            epoch=int(raw["epoch"]),
            sequence=int(raw["sequence"]),
            correlation_id=_uuid(raw["correlation_id"]),
            causation_id=_uuid(raw["causation_id"]),
            traceparent=str(raw["traceparent"]),
            key_id=str(raw["key_id"]),
            sealed=base64.b64decode(raw["sealed"], validate=True),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        message = f"A message on the bus is not an envelope ({type(error).__name__})."
        raise EnvelopeUnreadable(message) from None
