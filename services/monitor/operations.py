"""What monitor writes: spans, readings, alarms and checkpoints; and the purge of old spans."""

from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import delete, exists, select, update
from sqlalchemy.dialects.postgresql import insert

from chassis import audit, telemetry
from chassis.database import Session
from chassis.telemetry.receiving import ReceivedSpan
from services.monitor.domain import (
    JOURNEY_SPANS_KEPT,
    SPANS_KEPT,
    Finding,
    OfferedCheckpoint,
    OutboxReading,
    Repair,
    ServiceReading,
    may_pass,
)
from services.monitor.models import alarm, checkpoint, service_reading, span, topic_reading

log = telemetry.logger(__name__)


async def store_spans(session: Session, spans: Sequence[ReceivedSpan]) -> None:
    """Keep the spans of one export; one that came before stays as it was."""
    if spans:
        await session.execute(insert(span).on_conflict_do_nothing(), [asdict(one) for one in spans])


async def purge_spans(session: Session, *, machine_now: datetime) -> int:
    """Delete old spans and return how many: a journey's are kept long, others a week; machine time, as spans are."""
    of_journey = span.alias("of_journey")
    in_journey = exists().where(of_journey.c.trace_id == span.c.trace_id, of_journey.c.correlation_id.is_not(None))
    ancient = span.c.started_at < machine_now - JOURNEY_SPANS_KEPT
    old = (span.c.started_at < machine_now - SPANS_KEPT) & ~in_journey
    return (await session.execute(delete(span).where(ancient | old))).rowcount


async def note_reading(session: Session, reading: ServiceReading) -> None:
    """Keep what a service told last, in place of what it told before."""
    outbox = asdict(reading.outbox) if reading.outbox else dict.fromkeys(_OUTBOX_COLUMNS)
    values = {
        "service": reading.service,
        "state": reading.state.value,
        "dependencies": dict(reading.dependencies),
        "read_at": reading.read_at,
        **outbox,
    }
    statement = insert(service_reading).values(values)
    await session.execute(statement.on_conflict_do_update(index_elements=["service"], set_=values))
    if reading.outbox is None:
        return
    await session.execute(delete(topic_reading).where(topic_reading.c.service == reading.service))
    topics = [{"service": reading.service, **asdict(topic)} for topic in reading.topics]
    if topics:
        await session.execute(insert(topic_reading), topics)


async def note_findings(session: Session, reading: ServiceReading, found: Sequence[Finding], *, now: datetime) -> None:
    """Raise an alarm for each trouble that a reading shows, and clear those that it shows to have passed."""
    for finding in found:
        await raise_alarm(session, finding, now=now)
    seen = {(finding.reason.value, finding.place) for finding in found}
    passing = [reason.value for reason in may_pass(reading)]
    standing = alarm.c.cleared_at.is_(None) & (alarm.c.service == reading.service) & alarm.c.reason.in_(passing)
    for row in await session.rows(select(alarm.c.id, alarm.c.reason, alarm.c.place).where(standing)):
        if (row.reason, row.place) not in seen:
            await session.execute(update(alarm).where(alarm.c.id == row.id).values(cleared_at=now))
            log.info("An alarm has passed.", extra={"facts": {"service": reading.service, "reason": row.reason}})


async def raise_alarm(session: Session, finding: Finding, *, now: datetime) -> None:
    """Open an alarm, or note that it still stands."""
    values = {
        "id": uuid4(),
        "service": finding.service,
        "reason": finding.reason.value,
        "place": finding.place,
        "sentence": finding.sentence,
        "raised_at": now,
        "last_seen_at": now,
    }
    still = {"last_seen_at": now, "sentence": finding.sentence}
    statement = insert(alarm).values(values).on_conflict_do_update(
        index_elements=["service", "reason", "place"], index_where=alarm.c.cleared_at.is_(None), set_=still
    )  # fmt: skip
    opened = await session.scalar(statement.returning(alarm.c.id))
    if opened == values["id"]:
        facts = {"service": finding.service, "reason": finding.reason.value}
        log.warning("An alarm was raised.", extra={"facts": facts})


async def keep_checkpoints(
    session: Session, service: str, offered: Sequence[OfferedCheckpoint], *, now: datetime
) -> None:
    """Add checkpoints to those kept; nothing kept is ever changed, and one that says otherwise is kept beside it."""
    # Whether it repeats one that is kept is found out by a trigger, which overrules what stands here.
    rows = [{"service": service, "received_at": now, "repeated": False, **asdict(one)} for one in offered]
    if rows:
        await session.execute(insert(checkpoint).on_conflict_do_nothing(), rows)


async def note_repair(
    session: Session, service: str, message_id: UUID, repair: Repair, *, reason: str, now: datetime
) -> None:
    """Audit that a person had a parked message retried or discarded in a service, and why."""
    facts = {"service": service, "message_id": str(message_id)}
    await audit.record(session, f"parked-message.{repair}-asked", subject=None, now=now, reason=reason, facts=facts)


_OUTBOX_COLUMNS = tuple(field.name for field in fields(OutboxReading))
