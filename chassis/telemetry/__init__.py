"""What a running service says about itself: log lines, spans and figures, none of which can carry a person."""

from chassis.telemetry.logs import logger
from chassis.telemetry.metrics import counter, gauge, histogram, metrics_text
from chassis.telemetry.requests import TraceRequests
from chassis.telemetry.start import configure, shutdown
from chassis.telemetry.tracing import Journey, Span, correlate, journey, span, trace_id, traceparent

__all__ = [
    "Journey",
    "Span",
    "TraceRequests",
    "configure",
    "correlate",
    "counter",
    "gauge",
    "histogram",
    "journey",
    "logger",
    "metrics_text",
    "shutdown",
    "span",
    "trace_id",
    "traceparent",
]
