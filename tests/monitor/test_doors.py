"""The door for spans."""

import gzip
from collections.abc import Sequence

import pytest
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sqlalchemy import select

from chassis import telemetry
from chassis.actor import Actor
from chassis.telemetry import tracing
from chassis.telemetry.start import start_tracing
from services.monitor import queries
from services.monitor.doors import DEFAULT_LIMIT
from services.monitor.models import span
from tests.conftest import Installation
from tests.monitor.builders import JOURNEY
from tests.monitor.conftest import Monitor

CANARY = "Zebulon Quarrington-Fitch"


def exported(service: str) -> Sequence[ReadableSpan]:
    """Spans of a service as the SDK makes them, with a name among the attributes that no cleaning has seen."""
    exporter = InMemorySpanExporter()
    start_tracing(service, exporter)
    with telemetry.span("receive", correlation_id=JOURNEY), telemetry.span("store") as inner:
        inner.set({"throughline.topic": "intake.police.v1"})
    tracing._Tracing.provider.force_flush()
    for one in exporter.get_finished_spans():
        one._attributes = {**(one.attributes or {}), "surname": CANARY, "throughline.reason": CANARY}
    telemetry.shutdown()
    return exporter.get_finished_spans()


def body(service: str = "intake") -> bytes:
    message: bytes = encode_spans(exported(service)).SerializeToString()
    return message


def headers(installation: Installation, service: str = "intake", **more: str) -> dict[str, str]:
    credential = installation.vault.machine_credentials[service]
    return {"authorization": f"Bearer {credential}", "content-type": "application/x-protobuf", **more}


class TestReceiveSpans:
    @pytest.mark.parametrize("encoding", ["", "gzip"])
    async def test_keeps_what_a_service_sends_without_what_is_not_allowed(
        self, monitor: Monitor, installation: Installation, encoding: str
    ) -> None:
        sent = gzip.compress(body()) if encoding else body()
        answer = await monitor.client.post(
            "/v1/traces", content=sent, headers=headers(installation, **{"content-encoding": encoding})
        )
        assert (answer.status_code, answer.content) == (200, b"")
        async with monitor.runtime.database.transaction(Actor.service("monitor")) as session:
            found = await queries.journey(session, JOURNEY)
            everything = str([tuple(row) for row in await session.rows(select(span))])
        assert [one.name for one in found] == ["receive", "store"]
        assert found[1].attributes == {"throughline.topic": "intake.police.v1"}
        assert CANARY not in everything

    async def test_refuses_a_stranger(self, monitor: Monitor) -> None:
        answer = await monitor.client.post("/v1/traces", content=body(), headers={"authorization": "Bearer intake.x"})
        assert answer.status_code == 401

    async def test_a_service_cannot_speak_for_another(self, monitor: Monitor, installation: Installation) -> None:
        await monitor.client.post("/v1/traces", content=body("triage"), headers=headers(installation))
        async with monitor.runtime.database.transaction(Actor.service("monitor")) as session:
            assert await session.rows(select(span)) == []

    @pytest.mark.parametrize(
        ("content", "encoding", "reason"),
        [
            (b"\xff\xff\xff", "", "spans-unreadable"),
            (b"not gzip", "gzip", "spans-unreadable"),
            (b"", "br", "spans-unreadable"),
            (b"\0" * (DEFAULT_LIMIT + 1), "", "spans-too-large"),
            (gzip.compress(b"\0" * (DEFAULT_LIMIT * 50)), "gzip", "spans-too-large"),
        ],
    )
    async def test_refuses_what_is_broken_or_too_large(
        self, monitor: Monitor, installation: Installation, *, content: bytes, encoding: str, reason: str
    ) -> None:
        more = {"content-encoding": encoding} if encoding else {}
        answer = await monitor.client.post("/v1/traces", content=content, headers=headers(installation, **more))
        assert answer.status_code == 422
        assert answer.json()["title"] == reason
