"""What monitor answers to the command line: the spans of a journey, and the checkpoints it keeps."""

from uuid import UUID

from starlette.responses import JSONResponse

from chassis.errors import Rejected
from chassis.web import PageRequest, Response
from services.monitor import queries
from services.monitor.domain import SpanFact
from services.monitor.queries import KeptCheckpoint

MOST = 1_000
MOST_DIGITS = 18


class RequestUnreadable(Rejected):
    """An address or a query holds something that cannot be asked for."""

    reason = "request-unreadable"


async def traces(request: PageRequest) -> Response:
    """GET /ops/traces/{correlation_id}: {"correlation_id", "spans": [...]}, oldest first."""
    correlation_id = as_uuid(request.path["correlation_id"])
    async with request.transaction() as session:
        spans = await queries.journey(session, correlation_id)
    return JSONResponse({"correlation_id": str(correlation_id), "spans": [_span(one) for one in spans]})


async def checkpoints(request: PageRequest) -> Response:
    """GET /ops/checkpoints?service=: {"service", "checkpoints": [...]} in order of sequence, at most 1000.

    With `after=N` those that follow entry N, otherwise the newest and all in doubt.
    """
    service, after = request.query.get("service", ""), request.query.get("after", "")
    if not service or (after and not (after.isascii() and after.isdecimal() and len(after) < MOST_DIGITS)):
        raise RequestUnreadable("Say which service, and after which sequence: ?service=triage&after=0.")
    async with request.transaction() as session:
        if after:
            kept = await queries.checkpoints(session, service, after=int(after), limit=MOST)
        else:
            kept = await queries.recent_checkpoints(session, service, limit=MOST)
    kept = tuple(sorted(kept, key=lambda one: (one.sequence, one.received_at)))
    return JSONResponse({"service": service, "checkpoints": [_checkpoint(one) for one in kept]})


def as_uuid(text: str) -> UUID:
    """Return the id in an address; raises RequestUnreadable."""
    try:
        return UUID(text)
    except ValueError:
        raise RequestUnreadable("The id in the address is not a UUID: copy it in full.") from None


def _span(one: SpanFact) -> dict[str, object]:
    return {
        "trace_id": one.trace_id,
        "span_id": one.span_id,
        "parent_span_id": one.parent_span_id,
        "service": one.service,
        "name": one.name,
        "kind": one.kind,
        "started_at": one.started_at.isoformat(),
        "ended_at": one.ended_at.isoformat(),
        "duration_ms": round(one.duration_ms, 3),
        "status": "error" if one.failed else "ok",
        "attributes": dict(one.attributes),
    }


def _checkpoint(one: KeptCheckpoint) -> dict[str, object]:
    return {
        "service": one.service,
        "sequence": one.sequence,
        "entry_hash": one.entry_hash.hex(),
        "signature": one.signature.hex(),
        "public_key": one.public_key.hex(),
        "signed_at": one.signed_at.isoformat(timespec="microseconds"),
        "signed": one.signed,
        "received_at": one.received_at.isoformat(),
        "contradicted": one.contradicted,
    }
