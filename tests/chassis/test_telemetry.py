"""Telemetry tells what happened, continues journeys across services, and cannot carry a person."""

import ast
import json
import logging
import socket
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from io import StringIO
from pathlib import Path
from uuid import UUID

import httpx2
import pytest
from fastapi import FastAPI
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from chassis import telemetry
from chassis.errors import ThroughlineError
from chassis.telemetry import tracing
from chassis.telemetry.allowed import CORRELATION, KEYS, keep
from chassis.telemetry.exporting import QuietExporter, otlp_exporter
from chassis.telemetry.logs import JsonLines, StandardError
from chassis.telemetry.start import start_tracing

CANARY = "Zebulon Quarrington-Fitch"
JOURNEY = UUID("0b6f4d0e-3a54-4f6e-9d0b-7c1f2a3b4c5d")
ROOT = Path(__file__).parents[2]


class Lost(ThroughlineError):
    """A failure of ours with a stable reason."""

    reason = "lost"


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    start_tracing("test", exporter)
    yield exporter
    telemetry.shutdown()


def finished(exporter: InMemorySpanExporter) -> tuple[ReadableSpan, ...]:
    tracing._Tracing.provider.force_flush()
    return exporter.get_finished_spans()


def line(message: str, *, name: str = "services.test", **extra: object) -> tuple[dict[str, object], str]:
    record = logging.getLogger(name).makeRecord(name, logging.INFO, __file__, 1, message, (), None, extra=extra)
    written = JsonLines("test").format(record)
    return json.loads(written), written


class TestLogLines:
    def test_keep_sentence_and_facts_apart(self) -> None:
        parsed, _ = line("A referral arrived.", facts={"reference": "KM-7F3K-92QM", "size": 12, "subject": JOURNEY})
        assert parsed["sentence"] == "A referral arrived."
        assert parsed["facts"] == {"reference": "KM-7F3K-92QM", "size": 12, "subject": str(JOURNEY)}
        assert set(parsed) == {"time", "level", "service", "sentence", "facts", "trace_id"}

    def test_drop_unknown_keys_and_count_them(self) -> None:
        parsed, written = line("Stored.", facts={"surname": "Quarrington", "reason": CANARY, "count": 1})
        assert "Quarrington" not in written
        assert parsed["facts"] == {"count": 1, "dropped_facts": 2}

    @pytest.mark.parametrize("value", [CANARY, "a@b.example", "12 High St", "x\ny", [CANARY], {"a": CANARY}, "é", ""])
    def test_refuse_values_that_are_not_ids_numbers_or_words(self, value: object) -> None:
        assert keep({"reason": value}).facts == {}

    def test_write_an_exception_without_its_text(self) -> None:
        try:
            try:
                raise ValueError(CANARY)  # noqa: TRY301 - the chain of causes is what is tested
            except ValueError as cause:
                raise Lost(CANARY) from cause
        except Lost:
            record = logging.LogRecord("chassis.x", logging.ERROR, __file__, 1, "Failed.", (), sys.exc_info())
        written = JsonLines("test").format(record)
        error = json.loads(written)["error"]
        assert CANARY not in written
        assert (error["class"], error["reason"], error["causes"]) == ("Lost", "lost", ["ValueError"])
        assert error["frames"][0].startswith("tests/chassis/test_telemetry.py:")

    def test_withhold_what_a_library_has_already_filled_in(self) -> None:
        _, written = line(f"cannot parse {CANARY}", name="somelibrary")
        assert CANARY not in written

    def test_leave_a_librarys_arguments_out(self) -> None:
        record = logging.LogRecord("aiosmtpd", logging.WARNING, __file__, 1, "sender: %s", (CANARY,), None)
        written = JsonLines("test").format(record)
        assert CANARY not in written
        assert "sender: %s" in written

    def test_every_fact_our_code_writes_is_allowed(self) -> None:
        unknown = {place: keys - KEYS for place, keys in _facts_in_the_code() if keys - KEYS}
        assert not unknown, (
            f"These facts would be dropped; add a fitting key to chassis/telemetry/allowed.py: {unknown}"
        )


class TestStandardError:
    def test_a_line_that_cannot_be_written_is_not_printed_some_other_way(
        self, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
    ) -> None:
        closed = StringIO()
        closed.close()
        handler = StandardError()
        handler.setFormatter(JsonLines("test"))
        monkeypatch.setattr(sys, "stderr", closed)
        handler.handle(logging.LogRecord("aiosmtpd", logging.ERROR, __file__, 1, "sender: %s", (CANARY,), None))
        assert CANARY not in "".join(capfd.readouterr())


class TestSpans:
    def test_carry_the_correlation_into_the_spans_inside(self, spans: InMemorySpanExporter) -> None:
        with telemetry.span("outer", correlation_id=JOURNEY), telemetry.span("inner"):
            pass
        assert [one.attributes[CORRELATION] for one in finished(spans) if one.attributes] == [str(JOURNEY)] * 2

    def test_lose_attributes_that_are_not_allowed(self, spans: InMemorySpanExporter) -> None:
        with telemetry.span("one", attributes={"surname": CANARY, "throughline.reason": CANARY}) as one:
            one.set({"forename": CANARY})
            inner = trace.get_current_span()
            inner.set_attribute("surname", CANARY)
            inner.add_event(CANARY, {"x": CANARY})
            inner.update_name(CANARY + "!")
        (left,) = finished(spans)
        assert CANARY not in left.to_json()
        assert dict(left.attributes or {}) == {}

    def test_note_a_failure_by_reason_and_let_it_pass(self, spans: InMemorySpanExporter) -> None:
        with pytest.raises(Lost), telemetry.span("failing"):
            raise Lost(CANARY)
        (left,) = finished(spans)
        assert CANARY not in left.to_json()
        assert (left.attributes or {})["error.type"] == "lost"
        assert not left.status.is_ok

    def test_continue_a_journey_from_a_traceparent(self, spans: InMemorySpanExporter) -> None:
        with telemetry.span("here"):
            header = telemetry.traceparent()
        with telemetry.span("there", parent=header, kind="consumer"):
            pass
        here, there = finished(spans)
        assert there.parent is not None
        assert here.context is not None
        assert there.parent.span_id == here.context.span_id

    def test_start_a_trace_of_their_own_when_told(self, spans: InMemorySpanExporter) -> None:
        with telemetry.span("outer", correlation_id=JOURNEY), telemetry.span("statistics", new_trace=True):
            pass
        inner, outer = finished(spans)
        assert inner.parent is None
        assert inner.context is not None
        assert outer.context is not None
        assert inner.context.trace_id != outer.context.trace_id
        assert CORRELATION not in (inner.attributes or {})

    def test_have_no_traceparent_outside(self) -> None:
        assert telemetry.traceparent() == ""

    def test_a_dead_collector_is_said_once_and_disturbs_nobody(self, caplog: pytest.LogCaptureFixture) -> None:
        class Dead(SpanExporter):
            def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
                raise ConnectionError(CANARY)

        quiet = QuietExporter(Dead())
        with caplog.at_level(logging.INFO):
            results = [quiet.export(()) for _ in range(20)]
        assert set(results) == {SpanExportResult.FAILURE}
        assert [record.levelname for record in caplog.records] == ["WARNING"]
        assert CANARY not in caplog.text


class TestConfigure:
    @pytest.mark.parametrize("listening", [True, False])
    def test_stopping_never_hangs_on_a_dead_or_silent_collector(self, *, listening: bool) -> None:
        with socket.create_server(("127.0.0.1", 0)) as collector:
            port = collector.getsockname()[1]
            if not listening:
                collector.close()
            start_tracing("test", otlp_exporter(f"http://127.0.0.1:{port}/v1/traces", "test.secret"))
            for _ in range(3 * 512):
                with telemetry.span("one"):
                    pass
            begun = time.monotonic()
            telemetry.shutdown()
            assert time.monotonic() - begun < 10


class TestTraceRequests:
    @pytest.fixture
    async def client(self) -> AsyncIterator[httpx2.AsyncClient]:
        app = FastAPI()

        @app.get("/referral/{reference}")
        async def referral(reference: str) -> str:
            telemetry.correlate(JOURNEY)
            return reference

        @app.get("/broken")
        async def broken() -> None:
            raise ValueError(CANARY)

        @app.get("/health/live")
        async def live() -> str:
            return "ok"

        wrapped = telemetry.TraceRequests(app, trusts=lambda credential: credential == "triage.secret")
        transport = httpx2.ASGITransport(wrapped, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url="http://here") as client:
            yield client

    async def test_name_the_route_and_not_the_address(
        self, client: httpx2.AsyncClient, spans: InMemorySpanExporter
    ) -> None:
        await client.get("/referral/KM-7F3K-92QM?name=Quarrington")
        (left,) = finished(spans)
        assert left.name == "GET /referral/{reference}"
        assert left.attributes == {
            "http.request.method": "GET",
            "http.route": "/referral/{reference}",
            "http.response.status_code": 200,
            CORRELATION: str(JOURNEY),
        }

    async def test_keep_an_unknown_address_out(self, client: httpx2.AsyncClient, spans: InMemorySpanExporter) -> None:
        await client.get("/Quarrington")
        (left,) = finished(spans)
        assert left.name == "GET unknown"
        assert "Quarrington" not in left.to_json()

    async def test_mark_a_failure(self, client: httpx2.AsyncClient, spans: InMemorySpanExporter) -> None:
        await client.get("/broken")
        (left,) = finished(spans)
        assert not left.status.is_ok
        assert CANARY not in left.to_json()

    async def test_leave_polling_alone(self, client: httpx2.AsyncClient, spans: InMemorySpanExporter) -> None:
        for path in ("/health/live", "/metrics", "/assets/throughline.css", "/v1/traces", "/ops/outbox"):
            await client.get(path)
        assert finished(spans) == ()

    @pytest.mark.parametrize(("credential", "continued"), [("triage.secret", True), ("stranger", False), ("", False)])
    async def test_continue_only_our_own_machines_traces(
        self, client: httpx2.AsyncClient, spans: InMemorySpanExporter, *, credential: str, continued: bool
    ) -> None:
        trace = "4bf92f3577b34da6a3ce929d0e0e4736"
        headers = {"traceparent": f"00-{trace}-00f067aa0ba902b7-01", "authorization": f"Bearer {credential}"}
        await client.get("/referral/x", headers=headers)
        (left,) = finished(spans)
        assert left.context is not None
        assert (f"{left.context.trace_id:032x}" == trace) is continued


class TestMetrics:
    def test_are_written_as_prometheus_text(self) -> None:
        telemetry.counter("test.thing.done", "1", "Things done").add(2, topic="intake.police.v1", surname=CANARY)
        telemetry.histogram("test.thing.duration", "s", "How long").record(0.02)
        telemetry.gauge("test.thing.waiting", lambda: [(3, {"consumer": "triage"})], "1", "Waiting")
        text = telemetry.metrics_text()
        assert "# TYPE test_thing_done_total counter" in text
        assert 'test_thing_done_total{topic="intake.police.v1"} 2' in text
        assert 'test_thing_duration_bucket{le="0.025"} 1' in text
        assert 'test_thing_duration_bucket{le="+Inf"} 1' in text
        assert 'test_thing_waiting{consumer="triage"} 3' in text
        assert CANARY not in text

    def test_a_broken_gauge_leaves_the_others_readable(self) -> None:
        def broken() -> float:
            raise ValueError(CANARY)

        telemetry.gauge("test.broken", broken)
        telemetry.gauge("test.whole", lambda: 1)
        assert "test_whole 1" in telemetry.metrics_text()

    def test_the_last_gauge_of_a_name_counts(self) -> None:
        telemetry.gauge("test.twice", lambda: 1)
        telemetry.gauge("test.twice", lambda: 2)
        assert "test_twice 2" in telemetry.metrics_text()


def _facts_in_the_code() -> Iterator[tuple[str, set[str]]]:
    for package in ("areas", "chassis", "cli", "services"):
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Dict):
                    yield from _facts_of(node, f"{path.relative_to(ROOT)}:{node.lineno}")


def _facts_of(node: ast.Dict, place: str) -> Iterator[tuple[str, set[str]]]:
    for key, value in zip(node.keys, node.values, strict=True):
        if isinstance(key, ast.Constant) and key.value == "facts" and isinstance(value, ast.Dict):
            yield place, {inner.value for inner in value.keys if isinstance(inner, ast.Constant)}  # type: ignore[misc]
