"""Spans on their way out: cleaned of whatever is not allowed, batched, and dropped quietly while nobody listens."""

import logging
from collections.abc import Sequence

from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Status

from chassis.telemetry.allowed import keep, span_name
from chassis.telemetry.metrics import counter

_TIMEOUT_SECONDS = 3
_BATCH_EVERY_MS = 1_000

_log = logging.getLogger(__name__)
_lost = counter("telemetry.span.lost", "1", "Spans dropped because the collector did not take them")
_refused = counter("telemetry.attribute.refused", "1", "Span attributes refused because they are not allowed")


def otlp_exporter(endpoint: str, credential: str) -> SpanExporter:
    """Return the way to the endpoint (a full URL): OTLP over HTTP with protobuf, the machine credential as bearer."""
    return OTLPSpanExporter(
        endpoint=endpoint,
        headers={"Authorization": f"Bearer {credential}"},
        timeout=_TIMEOUT_SECONDS,
        compression=Compression.Gzip,
    )


class AllowedSpans(SpanProcessor):
    """Hands on a copy of each ended span that holds allowed attributes only: no events, messages or descriptions."""

    def __init__(self, following: SpanProcessor) -> None:
        self._following = following

    def on_end(self, span: ReadableSpan) -> None:
        """Clean the span and pass the copy on."""
        self._following.on_end(_cleaned(span))

    def shutdown(self) -> None:
        """Send what is waiting and stop."""
        self._following.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Send what is waiting now."""
        return self._following.force_flush(timeout_millis)


class QuietExporter(SpanExporter):
    """Keeps a silent collector from disturbing the service: one line when it stops answering, one when it is back."""

    def __init__(self, inner: SpanExporter) -> None:
        self._inner = inner
        self._down = False
        self.closing = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Try once; what the collector does not take is counted and gone."""
        if self.closing and self._down:
            return SpanExportResult.FAILURE
        try:
            result = self._inner.export(spans)
        except Exception:  # noqa: BLE001 - whatever the exporter meets, the service goes on
            result = SpanExportResult.FAILURE
        failed = result is not SpanExportResult.SUCCESS
        if failed:
            _lost.add(len(spans))
        if failed != self._down:
            self._down = failed
            self._say(failed=failed)
        return result

    def shutdown(self) -> None:
        """Close the connection to the collector."""
        self._inner.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Ask the exporter behind to send what it holds."""
        return self._inner.force_flush(timeout_millis)

    def _say(self, *, failed: bool) -> None:
        if not failed:
            _log.info("The collector takes spans again.")
        elif not self.closing:
            _log.warning("The collector takes no spans; they are dropped until it answers.")


class Delivery(AllowedSpans):
    """The whole way of a span: cleaned, batched, sent."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = QuietExporter(exporter)
        super().__init__(BatchSpanProcessor(self._exporter, schedule_delay_millis=_BATCH_EVERY_MS))

    def shutdown(self) -> None:
        """Send what is waiting; give up at the first failure, so that stopping never hangs on a silent collector."""
        self._exporter.closing = True
        super().shutdown()


def _cleaned(span: ReadableSpan) -> ReadableSpan:
    kept = keep(dict(span.attributes or {}))
    if kept.dropped:
        _refused.add(kept.dropped)
    return ReadableSpan(
        name=span_name(span.name),
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=kept.facts,
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )
