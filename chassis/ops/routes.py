"""The site map of the operations plane: what each address answers, for whom, with which audit row."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Protocol
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import TypeAdapter

from chassis import audit, clock, documents, inbox
from chassis.actor import Actor
from chassis.database import Session
from chassis.erasing import EraseSubject, MayErase
from chassis.errors import Unavailable
from chassis.inbox.parked import Resolution
from chassis.internal import ProblemRoute, require_operator, require_watcher
from chassis.ops import queues, replaying
from chassis.ops.auditing import audited
from chassis.ops.bodies import ErasureOrder, ResolutionOrder
from chassis.ops.erasure import DeletionReceipt, erase_stored
from chassis.ops.queues import ParkedMessage
from chassis.web.pages import Page, PageRequest
from contracts.catalogue import consumed_by, published_by

if TYPE_CHECKING:
    from chassis.runtime import Runtime

Operator = Annotated[Actor, Depends(require_operator)]
Watcher = Annotated[Actor, Depends(require_watcher)]
"""Who may ask for counts and checkpoints, nobody's record: operators, and monitor by itself, all day, unaudited."""
Endpoint = Callable[..., Awaitable[Response]]
_RECEIPT = TypeAdapter(DeletionReceipt)
After = Annotated[int, Query(ge=0, le=2**63 - 1)]


class _Undo(Exception):
    """Undoes what a dry run did."""


class OperatedService(Protocol):
    """What the operations plane needs to know about a service."""

    @property
    def erase_subject(self) -> EraseSubject | None:
        """Its own part of an erasure."""

    @property
    def may_erase(self) -> MayErase | None:
        """Refuses to erase a document alone that is still needed."""

    @property
    def ops_routes(self) -> tuple[Page, ...]:
        """Its own addresses under /ops; their permission is the operator's token."""


def router(service: OperatedService) -> APIRouter:
    """Return every /ops route of a service; handlers find the runtime in `request.app.state.runtime`."""
    routes = APIRouter(prefix="/ops", route_class=ProblemRoute, include_in_schema=False)
    routes.add_api_route("/outbox", show_outbox, methods=["GET"])
    routes.add_api_route("/inbox", show_inbox, methods=["GET"])
    routes.add_api_route("/parked", list_parked, methods=["GET"])
    routes.add_api_route("/parked/{parked_id}", show_parked, methods=["GET"])
    routes.add_api_route("/parked/{parked_id}/retry", retry_parked, methods=["POST"])
    routes.add_api_route("/parked/{parked_id}/discard", discard_parked, methods=["POST"])
    routes.add_api_route("/replay", replaying.replay_events, methods=["POST"])
    routes.add_api_route("/replay/progress", replaying.follow_replay, methods=["POST"])
    routes.add_api_route("/audit/checkpoints", show_checkpoints, methods=["GET"])
    routes.add_api_route("/audit/entries", export_entries, methods=["GET"])
    routes.add_api_route("/clock", show_clock, methods=["GET"])
    routes.add_api_route("/erase", _erasing(service), methods=["POST"])
    for page in service.ops_routes:
        path = page.path.removeprefix("/ops")
        routes.add_api_route(path, _serving(page), methods=[page.method], name=page.title)
    return routes


async def show_outbox(request: Request, operator: Watcher) -> JSONResponse:
    """Answer how many events wait for a number, for the bus and for a recipient."""
    async with audited(request, operator, "ops.outbox") as session:
        state = await queues.outbox_state(session, datetime.now(UTC))
    return JSONResponse(asdict(state))


async def show_inbox(request: Request, operator: Watcher) -> JSONResponse:
    """Answer lag, held and parked messages of every consumed topic; lag is null while the bus is down."""
    runtime = request.app.state.runtime
    async with audited(request, operator, "ops.inbox") as session:
        topics = await queues.inbox_state(session, await _lag(runtime, session.service), datetime.now(UTC))
    return JSONResponse({"topics": [asdict(topic) for topic in topics]})


async def list_parked(request: Request, operator: Operator) -> JSONResponse:
    """Answer the messages that wait for an operator, without their sealed bodies."""
    async with audited(request, operator, "ops.parked") as session:
        messages = await queues.parked_messages(session)
    return JSONResponse({"messages": [_shown(message) for message in messages]})


async def show_parked(request: Request, operator: Operator, parked_id: UUID) -> JSONResponse:
    """Answer one waiting message."""
    async with audited(request, operator, "ops.parked") as session:
        message = await queues.parked_message(session, parked_id)
    return JSONResponse(_shown(message))


async def retry_parked(request: Request, operator: Operator, parked_id: UUID, order: ResolutionOrder) -> JSONResponse:
    """Try a parked message again, then what waits behind it."""
    return await _resolve(request, operator, parked_id, order, retrying=True)


async def discard_parked(request: Request, operator: Operator, parked_id: UUID, order: ResolutionOrder) -> JSONResponse:
    """Give up a parked message, so that what waits behind it goes on."""
    return await _resolve(request, operator, parked_id, order, retrying=False)


async def show_checkpoints(request: Request, operator: Watcher, after: After = 0) -> JSONResponse:
    """Answer the signed checkpoints above a sequence, oldest first, at most 1000."""
    async with audited(request, operator, "ops.audit-checkpoints") as session:
        found = await audit.checkpoints(session, after=after)
    public_key = audit.public_key_of(request.app.state.runtime.secrets.audit_signing_key)
    return JSONResponse({"checkpoints": [audit.checkpoint_values(one, public_key) for one in found]})


async def export_entries(
    request: Request, operator: Operator, after: After = 0, limit: Annotated[int, Query(ge=1, le=10_000)] = 1000
) -> Response:
    """Answer sealed audit entries above a sequence as NDJSON, in chain order."""
    async with audited(request, operator, "ops.audit-entries", facts={"after": after}) as session:
        found = await audit.entries(session, after=after, limit=limit)
    return PlainTextResponse("".join(f"{audit.entry_line(one)}\n" for one in found), media_type="application/x-ndjson")


async def show_clock(request: Request, operator: Operator) -> JSONResponse:
    """Answer the service's business time and how far it stands from machine time, in seconds."""
    async with audited(request, operator, "ops.clock"):
        return JSONResponse({"now": clock.now().isoformat(), "offset_seconds": round(clock.offset().total_seconds())})


async def _resolve(
    request: Request, operator: Actor, parked_id: UUID, order: ResolutionOrder, *, retrying: bool
) -> JSONResponse:
    act, verb = (inbox.retry, "retry") if retrying else (inbox.discard, "discard")
    facts: dict[str, str | int] = {"parked_id": str(parked_id), "dry_run": int(order.dry_run)}
    async with audited(request, operator, f"ops.parked-{verb}", reason=order.reason, facts=facts) as session:
        message = await queues.parked_message(session, parked_id)
        # A dry run does the same and undoes it, so that it says exactly what would be refused.
        with suppress(_Undo):
            async with session.attempt():
                await act(session, parked_id, Resolution(operator.id, order.reason, clock.now()))
                if order.dry_run:
                    raise _Undo
    return JSONResponse({"would": _resolution_sentence(message, retrying=retrying), "done": not order.dry_run})


def _erasing(service: OperatedService) -> Endpoint:
    async def erase(request: Request, operator: Operator, order: ErasureOrder) -> JSONResponse:
        runtime = request.app.state.runtime
        if order.document or order.dry_run:
            details: audit.Details = {"reason": order.reason, "facts": {"dry_run": int(order.dry_run)}}
            async with audited(request, operator, "ops.erase", subject=order.subject, **details) as session:
                rehearsed = await _rehearsed(session, service, order)
            if rehearsed is not None:
                return JSONResponse(_receipt_content(rehearsed, done=False))
        # The key goes first: whoever writes about the subject from here on is refused, and a crash leaves nothing
        # readable; sending the order again finishes the rest. A document has no key, and is registered alike.
        erased = order.document or order.subject
        await runtime.database.keys.erase(erased)
        async with runtime.database.transaction(operator) as session:
            receipt = await _erase(session, service, order)
        topics = [topic.name for topic in published_by(runtime.settings.service)]
        emptied = await runtime.bus.forget(topics, erased) if topics else 0
        return JSONResponse(_receipt_content(receipt, done=True) | {"bus_messages": emptied})

    return erase


async def _rehearsed(session: Session, service: OperatedService, order: ErasureOrder) -> DeletionReceipt | None:
    """Return what a dry run would erase, None when it is to be done; raises what the service refuses."""
    if order.document:
        await documents.check_owner(session, order.document, order.subject)
        if service.may_erase is not None:
            await service.may_erase(session, order.document)
    if not order.dry_run:
        return None
    with suppress(_Undo):
        async with session.attempt():
            receipt = await _erase(session, service, order)
            raise _Undo
    return receipt


async def _erase(session: Session, service: OperatedService, order: ErasureOrder) -> DeletionReceipt:
    own, reason, now = service.erase_subject, order.reason, clock.now()
    return await erase_stored(session, order.subject, own, reason=reason, now=now, document=order.document)


def _receipt_content(receipt: DeletionReceipt, *, done: bool) -> dict[str, Any]:
    content: dict[str, Any] = _RECEIPT.dump_python(receipt, mode="json")
    return content | {"sentence": receipt.sentence, "done": done}


def _serving(page: Page) -> Endpoint:
    async def serve(request: Request, operator: Operator) -> Response:
        async with audited(request, operator, f"ops.{page.title.replace('_', '-')}"):
            pass
        asked = PageRequest(request, request.app.state.site, page)
        asked.actor = operator
        return await page.view(asked)

    return serve


async def _lag(runtime: "Runtime", service: str) -> Mapping[str, int | None]:
    if not consumed_by(service):
        return {}
    try:
        found: Mapping[str, int | None] = await runtime.bus.lag(service)
    except Unavailable:
        return {topic.name: None for topic in consumed_by(service)}
    return found


def _shown(message: ParkedMessage) -> dict[str, Any]:
    return asdict(message) | {
        "id": str(message.id),
        "subject": str(message.subject),
        "parked_at": message.parked_at.isoformat(),
    }


def _resolution_sentence(message: ParkedMessage, *, retrying: bool) -> str:
    what = f"{message.type} number {message.sequence} of {message.topic}"
    then = f"then the {message.held_behind} behind it go on" if message.held_behind else "nothing waits behind it"
    return f"{what} is {'tried again' if retrying else 'given up'}; {then}."
