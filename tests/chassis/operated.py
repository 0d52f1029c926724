"""A service with something in its outbox, inbox and audit, for tests of the operations plane."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert, select, text

from chassis import tables
from chassis.actor import Actor
from chassis.database import Session
from chassis.erasing import Left
from chassis.errors import Conflict
from chassis.wire import encode
from contracts.envelope import Envelope
from tests.chassis.places import Place

TOKEN = "synthetic-operator-token"
OPERATOR = {"Authorization": f"Bearer {TOKEN}", "X-Operator": "synthetic.engineer"}
OURSELVES = Actor.service("triage")
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
IN_TOPIC = "intake.police.v1"
OUT_TOPIC = "triage.dovetail.v1"


class Erasures:
    """A service's own part of an erasure, noting what it was asked."""

    def __init__(self) -> None:
        self.subjects: list[UUID] = []
        self.still_held: tuple[Left, ...] = ()
        self.needed: set[UUID] = set()

    async def __call__(self, session: Session, subject: UUID) -> tuple[Left, ...]:
        """Note the subject; the session is alive."""
        assert await session.scalar(text("SELECT 1")) == 1
        self.subjects.append(subject)
        return self.still_held

    async def may(self, session: Session, document: UUID) -> None:
        """Refuse what is needed."""
        assert await session.scalar(text("SELECT 1")) == 1
        if document in self.needed:
            raise Conflict


def envelope(subject: UUID, sequence: int) -> Envelope:
    """Return a message as it came from the bus, with a canary where the sealed blob is."""
    return Envelope(
        event_id=uuid4(),
        type="intake.referral-received.v1",
        topic=IN_TOPIC,
        area="kent",
        area_version="2026-01",
        subject=subject,
        epoch=1,
        sequence=sequence,
        correlation_id=None,
        causation_id=None,
        traceparent="",
        key_id="one",
        sealed=b"CANARY",
    )


async def park(place: Place, message: Envelope, cause: str = "seal-broken", state: str = "waiting") -> UUID:
    """Put a message among the parked ones."""
    parked_id = uuid4()
    values = {
        "id": parked_id,
        "topic": message.topic,
        "subject": message.subject,
        "epoch": message.epoch,
        "sequence": message.sequence,
        "event_id": message.event_id,
        "type": message.type,
        "envelope": encode(message),
        "cause": cause,
        "sentence": "A sealed value does not open.",
        "tries": 5,
        "parked_at": NOW,
        "state": state,
    }
    async with place.database.transaction(OURSELVES) as session:
        await session.execute(insert(tables.inbox_parked).values(values))
    return parked_id


async def hold(place: Place, message: Envelope) -> None:
    """Put a message among the held ones, an hour ago."""
    held_at = datetime.now(UTC) - timedelta(hours=1)
    values = {
        "topic": message.topic,
        "subject": message.subject,
        "epoch": message.epoch,
        "sequence": message.sequence,
        "event_id": message.event_id,
        "envelope": encode(message),
        "why": "gap",
        "sentence": "An earlier message is missing.",
        "tries": 0,
        "held_at": held_at,
        "next_try_at": held_at,
    }
    async with place.database.transaction(OURSELVES) as session:
        await session.execute(insert(tables.inbox_held).values(values))


async def announce(place: Place, subject: UUID, sequence: int | None, **given: Any) -> UUID:
    """Put an event into the outbox, published unless said otherwise."""
    recorded_at = given.get("recorded_at", datetime.now(UTC) - timedelta(minutes=5))
    values = {
        "event_id": uuid4(),
        "topic": OUT_TOPIC,
        "subject": subject,
        "type": "triage.case-passed.v1",
        "area": "kent",
        "area_version": "2026-01",
        "traceparent": "",
        "key_id": "one",
        "sealed": b"CANARY",
        "recorded_at": recorded_at,
        "epoch": 1 if sequence else None,
        "sequence": sequence,
        "published_at": recorded_at if sequence else None,
        "tombstone": False,
    } | given
    line = {"event_id": values["event_id"], "recipient": "channel", "topic": values["topic"], "subject": subject}
    async with place.database.transaction(OURSELVES) as session:
        await session.execute(insert(tables.outbox).values(values))
        await session.execute(insert(tables.dispatch).values(line | {"recorded_at": recorded_at}))
    event_id: UUID = values["event_id"]
    return event_id


async def said(place: Place, event_id: UUID, **values: Any) -> None:
    """Put what a recipient answered into an event's dispatch row, such as `stored_at=NOW`."""
    async with place.database.transaction(OURSELVES) as session:
        line = tables.dispatch.c.event_id == event_id
        await session.execute(tables.dispatch.update().where(line).values(values))


async def audited(place: Place) -> list[tuple[str, str, str, str]]:
    """Return (kind, operator, action, reason) of every audit row, in order."""
    async with place.database.transaction(OURSELVES) as session:
        rows = await session.rows(select(tables.audit_entry).order_by(tables.audit_entry.c.id))
    return [(row.actor_kind, row.actor_id, row.action, row.reason) for row in rows]


async def rows_of(place: Place, table: Any) -> list[Any]:
    """Return every row of a table."""
    async with place.database.transaction(OURSELVES) as session:
        return list(await session.rows(select(table).order_by(*table.primary_key.columns)))
