"""Spans on their way in: OTLP protobuf taken apart within limits, and cleaned once more of what is not allowed."""

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar
from uuid import UUID

from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span as WireSpan
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from chassis.errors import Rejected
from chassis.telemetry.allowed import CORRELATION, Scalar, keep, span_name

MEDIA_TYPE = "application/x-protobuf"
_TRACE_ID_BYTES = 16
_SPAN_ID_BYTES = 8
_NANOSECONDS = 1_000_000_000


class SpansUnreadable(Rejected):
    """A body is not an OTLP trace export."""

    reason: ClassVar[str] = "spans-unreadable"


class SpansTooLarge(Rejected):
    """A trace export is larger than the receiver takes."""

    reason: ClassVar[str] = "spans-too-large"


@dataclass(frozen=True)
class ReceivedSpan:
    """One span as it arrived, with allowed attributes only; ids in hexadecimal, times in UTC."""

    trace_id: str
    span_id: str
    parent_span_id: str
    service: str
    name: str
    kind: str
    started_at: datetime
    ended_at: datetime
    failed: bool
    correlation_id: UUID | None
    attributes: Mapping[str, Scalar]


def read_otlp(body: bytes, *, encoding: str, limit: int) -> tuple[ReceivedSpan, ...]:
    """Return the spans of an OTLP/HTTP protobuf body; `encoding` is "" or "gzip", `limit` bytes after unpacking.

    A single broken span is left out. Raises SpansTooLarge and SpansUnreadable for the body as a whole.
    """
    try:
        request = ExportTraceServiceRequest.FromString(_unpacked(body, encoding, limit))
    except DecodeError:
        raise SpansUnreadable("The body is not OTLP protobuf: send an ExportTraceServiceRequest.") from None
    spans = (
        _received(wire, _service_of(resource.resource.attributes))
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for wire in scope.spans
    )
    return tuple(span for span in spans if span is not None)


def _unpacked(body: bytes, encoding: str, limit: int) -> bytes:
    too_large = SpansTooLarge(f"The export is larger than {limit // 1024} KB: send smaller batches.")
    if encoding in {"", "identity"}:
        if len(body) > limit:
            raise too_large
        return body
    if encoding != "gzip":
        raise SpansUnreadable("The content encoding is not known: send gzip or none.")
    unpacker = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        unpacked = unpacker.decompress(body, limit)
    except zlib.error:
        raise SpansUnreadable("The body is not gzip as its header says: send it again.") from None
    if unpacker.unconsumed_tail:
        raise too_large
    return unpacked


def _received(wire: WireSpan, service: str) -> ReceivedSpan | None:
    if len(wire.trace_id) != _TRACE_ID_BYTES or len(wire.span_id) != _SPAN_ID_BYTES:
        return None
    attributes = keep(_values(wire.attributes)).facts
    try:
        started_at, ended_at = _moment(wire.start_time_unix_nano), _moment(wire.end_time_unix_nano)
    except (OverflowError, ValueError, OSError):
        return None
    return ReceivedSpan(
        trace_id=wire.trace_id.hex(),
        span_id=wire.span_id.hex(),
        parent_span_id=wire.parent_span_id.hex(),
        service=service,
        name=span_name(wire.name),
        kind=_kind(wire),
        started_at=started_at,
        ended_at=max(started_at, ended_at),
        failed=wire.status.code == Status.STATUS_CODE_ERROR,
        correlation_id=_uuid(attributes.pop(CORRELATION, "")),
        attributes=attributes,
    )


def _kind(wire: WireSpan) -> str:
    known = WireSpan.SpanKind.values()
    return WireSpan.SpanKind.Name(wire.kind).removeprefix("SPAN_KIND_").lower() if wire.kind in known else "internal"


def _moment(nanoseconds: int) -> datetime:
    seconds, rest = divmod(nanoseconds, _NANOSECONDS)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest // 1000)


def _values(pairs: Iterable[KeyValue]) -> dict[str, object]:
    return {pair.key: _value(pair) for pair in pairs}


def _value(pair: KeyValue) -> object:
    which = pair.value.WhichOneof("value")
    return getattr(pair.value, which) if which in {"string_value", "bool_value", "int_value", "double_value"} else None


def _service_of(attributes: Iterable[KeyValue]) -> str:
    return str(keep(_values(attributes)).facts.get("service.name", ""))


def _uuid(value: Scalar) -> UUID | None:
    try:
        return UUID(str(value))
    except ValueError:
        return None
