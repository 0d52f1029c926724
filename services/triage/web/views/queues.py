"""The queues of the two police teams."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from chassis.web import PageRequest, Response
from services.triage import queries
from services.triage.domain import HOLD_LABELS, SEE_GATEWAY_QUEUE, STATE_LABELS, State
from services.triage.queries import QueueLine


async def home(page: PageRequest) -> Response:
    """Lead a person to the queue of their team."""
    return page.redirect("gateway_queue" if page.may(SEE_GATEWAY_QUEUE) else "imu_queue")


async def imu_queue(page: PageRequest) -> Response:
    """Show what waits for the intelligence unit."""
    return await _queue(page, "imu_queue", "Referrals waiting for deconfliction", queries.IMU_STATES)


async def gateway_queue(page: PageRequest) -> Response:
    """Show what the Gateway has or will have to decide, and what waits for somebody's acceptance."""
    return await _queue(page, "gateway_queue", "Referrals with the Gateway", queries.GATEWAY_STATES)


async def find(page: PageRequest) -> Response:
    """Lead from a reference to its referral."""
    async with page.transaction() as session:
        found = await queries.held_by_reference(session, page.query.get("reference", ""))
    return page.redirect("referral", reference=found.reference)


async def _queue(page: PageRequest, template: str, title: str, states: Sequence[State]) -> Response:
    place = _place(page.query.get("after", ""))
    async with page.transaction() as session:
        found = await queries.queue(session, states, place)
        elsewhere: tuple[QueueLine, ...] = ()
        if place is None and states == queries.GATEWAY_STATES:
            elsewhere = await queries.urgent_elsewhere(session, states)
    lines = found[: queries.QUEUE_PAGE]
    more = _mark(lines[-1]) if len(found) > len(lines) else ""
    shown = [_line(line, page.now) for line in sorted((*elsewhere, *lines), key=lambda line: not line.urgent)]
    return page.render(template, title=title, lines=shown, more=more)


def _line(line: QueueLine, now: datetime) -> dict[str, object]:
    clock = line.clock
    return {
        "reference": line.reference,
        "immediate_danger": line.immediate_danger,
        "urgent": line.urgent,
        "state": STATE_LABELS[line.state],
        "hold": HOLD_LABELS[line.hold.outcome] if line.hold else "",
        "received_at": line.received_at,
        "age": _age(line.received_at, now),
        "clock": clock.name if clock else "",
        "due_at": clock.due_at if clock else None,
        "overdue": clock is not None and clock.due_at < now,
        "risk_owner": line.risk_owner,
        "officer": line.officer,
    }


def _age(since: datetime, now: datetime) -> str:
    hours = int((now - since).total_seconds() // 3600)
    if hours < 1:
        return "under an hour"
    if hours < 48:  # noqa: PLR2004 - two days
        return f"{hours} hour{'' if hours == 1 else 's'}"
    return f"{hours // 24} days"


def _mark(line: QueueLine) -> str:
    return f"{int(line.immediate_danger)}~{line.received_at.isoformat()}~{line.subject}"


def _place(mark: str) -> tuple[bool, datetime, UUID] | None:
    # A mark that somebody has changed by hand begins at the top: it can show nothing that the queue would not.
    try:
        danger, received_at, subject = mark.split("~")
        at = datetime.fromisoformat(received_at)
        return (danger == "1", at.astimezone(UTC), UUID(subject)) if at.tzinfo else None
    except (ValueError, OverflowError):
        return None
