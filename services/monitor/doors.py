"""The door for spans (OTLP over HTTP with protobuf, for our own services only), and the way out to their plane."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, Request, Response

from chassis import telemetry
from chassis.actor import Actor
from chassis.app import Runtime
from chassis.internal import ProblemRoute, require_machine
from chassis.telemetry.receiving import MEDIA_TYPE, SpansTooLarge, read_otlp
from contracts.catalogue import SERVICES
from services.monitor import operations

DEFAULT_LIMIT = 4 * 1024 * 1024

_received = telemetry.counter("monitor.span.received", "1", "Spans taken from the services")

otlp = APIRouter(route_class=ProblemRoute, include_in_schema=False)


@otlp.post("/v1/traces")
async def receive_spans(request: Request) -> Response:
    """Keep the spans of one export; answers 401 without a machine credential, 422 when unreadable or too large."""
    sender = require_machine(request, SERVICES)
    runtime = request.app.state.runtime
    limit: int = getattr(runtime.settings, "otlp_limit", DEFAULT_LIMIT)
    body = await _limited(request, limit)
    spans = read_otlp(body, encoding=request.headers.get("content-encoding", "").lower(), limit=limit)
    # A service speaks for itself alone, whatever its export says.
    own = [span for span in spans if span.service == sender]
    async with runtime.database.transaction(Actor.service(sender)) as session:
        await operations.store_spans(session, own)
    _received.add(len(own), service=sender)
    return Response(b"", media_type=MEDIA_TYPE)


@asynccontextmanager
async def ops_connections(runtime: Runtime) -> AsyncIterator[None]:
    """Close the connections to the other services when monitor stops."""
    try:
        yield
    finally:
        await runtime.clients.stop()


async def _limited(request: Request, limit: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise SpansTooLarge(f"The export is larger than {limit // 1024} KB: send smaller batches.")
        chunks.append(chunk)
    return b"".join(chunks)
