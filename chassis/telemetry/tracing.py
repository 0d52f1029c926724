"""Spans: what was done, for how long and in which journey, with no attribute that the list does not know."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import Final, Literal
from uuid import UUID

from opentelemetry import trace
from opentelemetry.context import Context, attach, detach, get_current
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from chassis.errors import ThroughlineError
from chassis.telemetry.allowed import CORRELATION, Scalar, keep, span_name

Kind = Literal["internal", "server", "client", "producer", "consumer"]
Journey = Callable[[], AbstractContextManager[None]]
"""Puts another task on a journey for the length of a block."""

_KINDS: Final[Mapping[str, SpanKind]] = {kind.name.lower(): kind for kind in SpanKind}
_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
_correlation: ContextVar[str] = ContextVar("correlation", default="")


class _Tracing:
    """The provider in force; until `configure` spans have ids but go nowhere."""

    provider = TracerProvider(resource=Resource({}), shutdown_on_exit=False)
    tracer = provider.get_tracer("throughline")


class Span:
    """The running span, for the facts that are known only later."""

    def __init__(self, inner: trace.Span) -> None:
        self._inner = inner

    @property
    def traceparent(self) -> str:
        """The W3C header value that makes another process's span a child of this one."""
        return _header(trace.set_span_in_context(self._inner))

    def set(self, attributes: Mapping[str, object]) -> None:
        """Add attributes; those not allowed are left out."""
        self._inner.set_attributes(keep(attributes).facts)

    def rename(self, name: str) -> None:
        """Give the span the name it should have had, such as the route once it is known."""
        self._inner.update_name(span_name(name))

    def fail(self, kind: str) -> None:
        """Mark the span as failed; `kind` is a class name or a stable reason, never a message."""
        self._inner.set_status(Status(StatusCode.ERROR))
        self.set({"error.type": kind})


@contextmanager
def span(
    name: str,
    *,
    correlation_id: UUID | str | None = None,
    parent: str | None = None,
    kind: Kind = "internal",
    attributes: Mapping[str, Scalar] | None = None,
    new_trace: bool = False,
) -> Iterator[Span]:
    """Time what happens inside. `parent` is a W3C traceparent; `new_trace` cuts every tie to what runs around it.

    The correlation id is inherited by the spans inside, so that one journey can be found in every service. An error
    that passes through is noted by its class or stable reason, never by its text, and goes on.
    """
    context = _context(parent, new_trace=new_trace)
    inherited = "" if new_trace or parent else _correlation.get()
    correlation = str(correlation_id or inherited)
    token = _correlation.set(correlation)
    inner = trace.get_current_span(context)
    if not parent or not inner.get_span_context().is_valid or inner.get_span_context().trace_flags.sampled:
        inner = _Tracing.tracer.start_span(span_name(name), context, _KINDS[kind])
    if inner.is_recording():
        inner.set_attributes(keep({**(attributes or {}), **({CORRELATION: correlation} if correlation else {})}).facts)
    before = attach(trace.set_span_in_context(inner, context))
    running = Span(inner)
    try:
        yield running
    except Exception as error:
        running.fail(_kind_of(error))
        raise
    finally:
        detach(before)
        inner.end()
        _correlation.reset(token)


def correlate(correlation_id: UUID | str) -> None:
    """Tie the running span, and those started inside it from now on, to a journey that has just become known."""
    _correlation.set(str(correlation_id))
    trace.get_current_span().set_attribute(CORRELATION, str(correlation_id))


def journey() -> Journey:
    """Return what puts the task that does the work for many, one after the other, on the journey that runs now."""
    context, correlation = get_current(), _correlation.get()

    @contextmanager
    def along() -> Iterator[None]:
        before, token = attach(context), _correlation.set(correlation)
        try:
            yield
        finally:
            _correlation.reset(token)
            detach(before)

    return along


def traceparent() -> str:
    """Return the W3C traceparent of the running span, "" when there is none."""
    return _header(None)


def trace_id() -> str:
    """Return the trace id of the running span as 32 hexadecimal digits, "" when there is none."""
    context = trace.get_current_span().get_span_context()
    return f"{context.trace_id:032x}" if context.is_valid else ""


def use_provider(provider: TracerProvider) -> TracerProvider:
    """Put a provider in force and return the one before."""
    before, _Tracing.provider = _Tracing.provider, provider
    _Tracing.tracer = provider.get_tracer("throughline")
    return before


def _context(parent: str | None, *, new_trace: bool) -> Context | None:
    if new_trace:
        return Context()
    if parent:
        found = _TRACEPARENT.fullmatch(parent)
        if found is None:
            return Context()
        ids, flags = (int(found[1], 16), int(found[2], 16)), TraceFlags(int(found[3], 16))
        return trace.set_span_in_context(
            NonRecordingSpan(SpanContext(*ids, is_remote=True, trace_flags=flags)), Context()
        )
    return None


def _header(context: Context | None) -> str:
    about = trace.get_current_span(context).get_span_context()
    if not about.is_valid:
        return ""
    return f"00-{about.trace_id:032x}-{about.span_id:016x}-{about.trace_flags:02x}"


def _kind_of(error: Exception) -> str:
    # Only our own reasons are stable words; a library's `reason` is prose about the data.
    return error.reason if isinstance(error, ThroughlineError) else type(error).__name__
