"""The doors of a replay: order one, or say what it would do; follow how far it has got."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from fastapi import Depends, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from chassis.actor import Actor
from chassis.errors import Rejected, Unavailable
from chassis.internal import require_operator
from chassis.ops import replay
from chassis.ops.auditing import audited
from chassis.ops.bodies import ReplayFollowed, ReplayOrder
from chassis.replay_order import Selection

if TYPE_CHECKING:
    from chassis.runtime import Runtime

Operator = Annotated[Actor, Depends(require_operator)]
LOOK_SECONDS = 0.5


async def replay_events(request: Request, operator: Operator, order: ReplayOrder) -> JSONResponse:
    """Hand announced events to the relay again, or say with `dry_run` what would be sent and what refused as a repeat.

    Answers 422 or 404 with one sentence where nothing can be sent: chassis/replay_order.py names the refusals.
    """
    runtime: Runtime = request.app.state.runtime
    window_start = _window_start(runtime)
    facts = _facts(order) | {"dry_run": int(order.dry_run)}
    async with audited(request, operator, "ops.replay", subject=_subject(order), facts=facts) as session:
        selection = order.selection()
        found = await replay.extent(session, selection, window_start)
        facts["count"] = found.events
    ordered_at = datetime.now(UTC)
    sent = 0 if order.dry_run else await _hand_over(runtime, operator, selection, window_start, found.last_id)
    return JSONResponse(
        {
            "topics": [_shown(topic) for topic in found.topics],
            "would_send": found.events,
            "repeats": found.count("handled"),
            "parked": found.count("parked"),
            "missing": found.count("missing"),
            "waiting": found.waiting,
            "outside_window": found.older,
            "left_out": list(found.left_out),
            "rebuildable_from": window_start.isoformat(),
            "sent": sent,
            "answers": found.answers,
            "ordered_at": ordered_at.isoformat(),
            "last_id": found.last_id,
            "sentence": _sentence(found, order, sent, window_start),
        }
    )


async def follow_replay(request: Request, operator: Operator, asked: ReplayFollowed) -> Response:
    """Answer a line of JSON every half second, {"waiting": events to send, "answered": receipts back}, up to `seconds`.

    The last line comes when the time is up; whoever has seen enough leaves.
    """
    runtime: Runtime = request.app.state.runtime
    async with audited(request, operator, "ops.replay-progress", subject=_subject(asked), facts=_facts(asked)):
        selection = asked.selection()
    return StreamingResponse(_lines(runtime, operator, asked, selection), media_type="application/x-ndjson")


async def _lines(
    runtime: "Runtime", operator: Actor, asked: ReplayFollowed, selection: Selection
) -> AsyncIterator[str]:
    until = asyncio.get_running_loop().time() + asked.seconds
    while True:
        try:
            async with runtime.database.transaction(operator) as session:
                found = await replay.progress(
                    session, selection, _window_start(runtime), ordered_at=asked.ordered_at, last_id=asked.last_id
                )
            yield json.dumps(asdict(found)) + "\n"
        except Unavailable:
            pass  # the world comes back, and the next line says how far it is
        if asyncio.get_running_loop().time() >= until:
            return
        await asyncio.sleep(LOOK_SECONDS)


async def _hand_over(
    runtime: "Runtime", operator: Actor, selection: Selection, window_start: datetime, last_id: int
) -> int:
    sent = after = 0
    while after < last_id:
        async with runtime.database.transaction(operator) as session:
            ids = await replay.hand_over(session, selection, window_start, after=after, last_id=last_id)
        sent += len(ids)
        after = ids[-1] if ids else last_id
    return sent


def _window_start(runtime: "Runtime") -> datetime:
    return datetime.now(UTC) - timedelta(days=runtime.settings.replay_window_days)


def _shown(topic: replay.TopicExtent) -> Mapping[str, Any]:
    times = {
        name: moment and moment.isoformat() for name, moment in (("first", topic.first_at), ("last", topic.last_at))
    }
    return asdict(topic) | {"first_at": times["first"], "last_at": times["last"]}


def _subject(order: ReplayOrder) -> UUID | None:
    """Return the subject for the audit row; one that is no id is refused a moment later."""
    try:
        return UUID(order.subject)
    except ValueError:
        return None


def _facts(order: ReplayOrder) -> dict[str, str | int]:
    """Return the order for its audit row, which nobody erases: what cannot be read may name anybody and is left out."""
    try:
        selection = order.selection()
    except Rejected:
        return {}
    times = {"since": selection.since, "until": selection.until}
    given: dict[str, str | int] = {name: at.astimezone(UTC).isoformat() for name, at in times.items() if at}
    return {"topic": order.topic} | given


def _sentence(found: replay.Extent, order: ReplayOrder, sent: int, window_start: datetime) -> str:
    more = ""
    if found.older:
        since = f"{window_start:%Y-%m-%d %H:%M} UTC"
        more = f"; {found.older} from before {since} stay where they are, because every recipient has had them"
    if found.waiting:
        more += f"; {found.waiting} wait to be sent anyway"
    if not found.events:
        return f"No published event matches{more}."
    if not order.dry_run:
        are = "event is" if sent == 1 else "events are"
        return f"{sent} {are} sent again{more}; whoever has it already answers with its receipt and does nothing."
    aside = f", {found.count('parked')} parked there for a person" if found.count("parked") else ""
    there = f"{found.count('handled')} refused there as repeats, {found.count('missing')} taking effect{aside}"
    return f"{found.events} event{'' if found.events == 1 else 's'} would be sent again ({there}){more}."
