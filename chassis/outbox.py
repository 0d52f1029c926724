"""What a service announces: rows written in the transaction that changes its state, sealed for one audience."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from uuid import UUID, uuid4

from sqlalchemy import delete, insert, text
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis import tables, telemetry
from chassis.crypto import TopicKeys
from chassis.database import Session
from chassis.errors import Rejected
from chassis.ids import rising_id
from chassis.transports import MOST_BYTES, MessageTooLarge
from contracts.catalogue import TOPIC_BY_NAME, TOPICS
from contracts.envelope import DocumentReference, Event, ReceiptBatch, ReceiptItem, associated_data

_OUTBOX = insert(tables.outbox)
_DISPATCH = insert(tables.dispatch)
_RECEIPT = insert(tables.receipt_out)
_GRANT = upsert(tables.document_grant).on_conflict_do_nothing()
_COPIED = ("event_id", "topic", "subject", "type", "recorded_at")
STATISTICS = frozenset(topic.name for topic in TOPICS if topic.statistics)
BESIDE = {
    table: text(
        f"""DELETE FROM {table} WHERE {tables.FACTS}
            AND recorded_at IN (SELECT recorded_at FROM {table} WHERE subject = :subject)"""  # noqa: S608  names of our own
    )
    for table in ("outbox", "dispatch")
}
"""Deletes the facts of the very moments of a subject's events; both by an index (see `tables.FACTS`)."""

MOST_SEALED_BYTES = (MOST_BYTES - 4096) // 4 * 3
"""A message is JSON: four bytes for three sealed ones, and the clear envelope beside them."""


class NotThePublisher(Rejected):
    """A service tried to announce an event that belongs to another."""

    reason = "not-the-publisher"


@dataclass(frozen=True)
class About:
    """What an event is about: its subject orders it, the correlation id joins everything that one referral caused.

    Statistics events carry a random subject key and no correlation.
    """

    subject: UUID
    area: str
    area_version: str
    correlation_id: UUID | None = None
    causation_id: UUID | None = None


class Sealer:
    """Seals events of this service; set once at start."""

    topic_keys = TopicKeys({})


async def add(session: Session, event: Event, *, about: About) -> UUID:
    """Announce one event in this transaction; return its id. See `add_all`."""
    return (await add_all(session, [(event, about)]))[0]


async def add_all(session: Session, events: list[tuple[Event, About]]) -> list[UUID]:
    """Announce events in this transaction, in order, with one dispatch row per event and recipient.

    The caller holds the subjects (`session.lock`), except those that nobody else can know yet. Numbers are given later
    by the relay. Each dispatch row keeps the SHA-256 of the payload before it is sealed (`chassis.proof`).
    Raises NotThePublisher, TopicKeyUnknown, MessageTooLarge.
    """
    now = datetime.now(UTC)
    payloads = [event.model_dump_json().encode() for event, _ in events]
    rows = [_row(session, event, about, said, now) for (event, about), said in zip(events, payloads, strict=True)]
    for row, payload in zip(rows, payloads, strict=True):
        session.write(_OUTBOX, row)
        copied = {name: row[name] for name in _COPIED} | {"digest": sha256(payload).digest()}
        for recipient in TOPIC_BY_NAME[str(row["topic"])].consumers:
            session.write(_DISPATCH, copied | {"recipient": recipient})
    _grant_documents(session, [event for event, _ in events])
    session.wakes_relay = True
    return [row["event_id"] for row in rows if isinstance(row["event_id"], UUID)]


def _row(session: Session, event: Event, about: About, payload: bytes, now: datetime) -> dict[str, object]:
    topic = TOPIC_BY_NAME[event.topic]
    if topic.publisher != session.service or type(event) not in topic.events:
        message = f"{event.wire_type} belongs to {topic.publisher}; {session.service} cannot announce it."
        raise NotThePublisher(message)
    # A fact's id must not tell its moment, which is that of its subject's events.
    event_id = uuid4() if topic.statistics else rising_id()
    bound_to = associated_data(event_id, event.wire_type, about.subject)
    key_id, sealed = Sealer.topic_keys.seal(event.topic, payload, bound_to)
    if len(sealed) > MOST_SEALED_BYTES:
        # Once it stood in the outbox, a bus that cannot take it would hold up everything behind it.
        message = f"{event.wire_type} would have {len(sealed)} bytes, more than a bus takes: send it as a document."
        raise MessageTooLarge(message)
    return {
        "event_id": event_id,
        "topic": event.topic,
        "subject": about.subject,
        "type": event.wire_type,
        "area": about.area,
        "area_version": about.area_version,
        "correlation_id": None if topic.statistics else about.correlation_id,
        "causation_id": None if topic.statistics else about.causation_id,
        "traceparent": "" if topic.statistics else telemetry.traceparent(),
        "key_id": key_id,
        "sealed": sealed,
        "recorded_at": now,
        "tombstone": False,
    }


async def cut_statistics(session: Session, keys: Collection[UUID], beside: UUID | None = None) -> None:
    """Delete what was announced under statistics keys, once their subject is erased.

    The rows stand beside those of the subject, written at the same moment: they would tell which facts are whose.
    Statistics keep what they have stored; what has not reached them by then is not counted. `beside` is a subject with
    whose events facts were announced under keys that nobody knows any more: at the same moment, to the microsecond.
    """
    # Outbox rows before dispatch rows, as the relay takes them.
    for table in (tables.outbox, tables.dispatch):
        await session.execute(delete(table).where(table.c.topic.in_(STATISTICS), table.c.subject.in_(keys)))
        if beside is not None:
            await session.run(BESIDE[table.name], {"subject": beside})
    # Its number is kept beside those of its subject's other topics, written down at the same moment.
    position = tables.outbox_position
    await session.execute(delete(position).where(position.c.topic.in_(STATISTICS), position.c.subject.in_(keys)))


def _grant_documents(session: Session, events: list[Event]) -> None:
    """Let each event's audience fetch the documents that the event names."""
    grants = {
        (reference.id, recipient)
        for event in events
        for reference in documents_of(event)
        for recipient in TOPIC_BY_NAME[event.topic].consumers
    }
    for document, service in sorted(grants, key=str):
        session.write(_GRANT, {"document_id": document, "service": service})


def documents_of(event: Event) -> tuple[DocumentReference, ...]:
    """Return the claim checks that an event carries."""
    documents = vars(event).get("documents", ())
    return tuple(document for document in documents if isinstance(document, DocumentReference))


async def report(session: Session, *, publisher: str, event_id: UUID, team: str, state: str, now: datetime) -> None:
    """Tell a publisher how far a team has got with its event: delivered, seen or acknowledged.

    Travels with the receipts; repeating it changes nothing there.
    """
    item = ReceiptItem(
        event_id=event_id,
        topic="",
        subject=event_id,
        recipient=session.service,
        state=state,
        team=team,
        at=now.isoformat(),
    )
    await send_receipts(session, publisher, ReceiptBatch(recipient=session.service, items=(item,)))


async def send_receipts(session: Session, publisher: str, batch: ReceiptBatch) -> None:
    """Put one receipt message for a publisher beside the state that it speaks of.

    What the machine answers is said again whenever its event comes again; what people have done is said once, so
    that message is kept for the replay window and goes to a new bus too.
    """
    lasting = any(item.team for item in batch.items)
    session.write(_RECEIPT, {"publisher": publisher, "body": batch.model_dump_json().encode(), "lasting": lasting})
    session.wakes_relay = True
