"""Applying messages inside the transaction: judge each, call its handler, move positions, answer with receipts."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import text

from chassis import documents, telemetry
from chassis.actor import Actor
from chassis.broker import Handlers, Message
from chassis.crypto import TopicKeys
from chassis.database import Database, Session
from chassis.documents import DocumentErased, Fetcher
from chassis.errors import NotYet, Rejected, SubjectErased
from chassis.inbox import store
from chassis.inbox.meanwhile import meanwhile
from chassis.inbox.store import Handled
from chassis.inbox.verdicts import Position, Verdict, judge
from chassis.outbox import documents_of, send_receipts
from contracts.catalogue import TOPIC_BY_NAME
from contracts.envelope import DocumentReference, Envelope, Event, ReceiptBatch, ReceiptItem

Bodies = Mapping[DocumentReference, bytes]
_NOTHING = Position()
_HERE = text(
    """SELECT id FROM document WHERE id = ANY (CAST(:ids AS uuid[]))
    UNION SELECT subject FROM erased_subject WHERE subject = ANY (CAST(:ids AS uuid[]))"""
)
"""Of documents those that need no fetching: they are here, or were erased one by one before they came."""


class EventUnknown(NotYet):
    """A newer publisher sends an event type that this service does not know yet."""

    reason = "event-unknown"


class EventInvalid(Rejected):
    """The opened payload does not fit the contract."""

    reason = "event-invalid"


class Opened(NamedTuple):
    """A message ready for the transaction; no event where its subject has been erased."""

    envelope: Envelope
    event: Event | None
    bodies: Bodies

    def size(self) -> int:
        """Return the bytes of the documents that the event names."""
        return sum(reference.size for reference in documents_of(self.event)) if self.event else 0


@dataclass
class Done:
    """What became of a batch."""

    handled: list[Envelope] = field(default_factory=list)
    held: list[Envelope] = field(default_factory=list)
    conflicts: list[Envelope] = field(default_factory=list)
    states: list[tuple[Envelope, str]] = field(default_factory=list)
    repeats: list[tuple[Envelope, str]] = field(default_factory=list)
    waiting: bool = False
    """Whether something of their subjects is held."""


class Opener:
    """Opens sealed blobs into the events of the contracts."""

    def __init__(self, keys: TopicKeys, handlers: Handlers) -> None:
        self._keys = keys
        self._handlers = handlers

    def open(self, envelope: Envelope) -> Event:
        """Return the event; raises EventUnknown, EventInvalid, TopicKeyUnknown or SealBroken."""
        found = self._handlers.find(envelope.type)
        if found is None:
            message = f"{envelope.type} is not known here; it waits until this service has been upgraded."
            raise EventUnknown(message)
        plain = self._keys.unseal(envelope.topic, envelope.key_id, envelope.sealed, envelope.associated_data())
        try:
            return found[0].model_validate_json(plain)
        except ValidationError as error:
            fields = ", ".join(sorted({".".join(str(part) for part in item["loc"]) for item in error.errors()}))
            message = f"The payload does not fit {envelope.type}; wrong fields: {fields}."
            raise EventInvalid(message) from None


class Applying:
    """Applies opened messages."""

    def __init__(self, handlers: Handlers, fetcher: Fetcher, service: str) -> None:
        self._handlers = handlers
        self._fetcher = fetcher
        self._service = service

    async def with_documents(self, database: Database, actor: Actor, opened: list[Opened]) -> list[Opened]:
        """Fetch, before the transaction, the documents that are not here yet."""
        wanted = [reference for item in opened if item.event for reference in documents_of(item.event)]
        if not wanted:
            return opened
        async with database.transaction(actor) as session:
            ids = [reference.id for reference in wanted]
            rows = await session.rows(_HERE, {"ids": ids})
        here = {row.id for row in rows}
        return [await self._fetched(item, {document.id for document in wanted} - here) for item in opened]

    async def _fetched(self, item: Opened, missing: set[UUID]) -> Opened:
        if item.event is None:
            return item
        publisher = TOPIC_BY_NAME[item.envelope.topic].publisher
        wanted = [reference for reference in documents_of(item.event) if reference.id in missing]
        bodies = {}
        try:
            for reference in wanted:
                with suppress(DocumentErased):
                    bodies[reference] = await self._fetcher.fetch(publisher, reference)
        except SubjectErased:
            return item._replace(event=None)
        return item._replace(bodies=bodies)

    async def apply(self, session: Session, opened: Sequence[Opened], *, now: datetime) -> Done:
        """Apply a batch in the given order; the caller holds every subject. Handler errors pass through."""
        envelopes = [item.envelope for item in opened]
        standing = await store.standing(session, envelopes)
        at = standing.positions
        late = [envelope for envelope in envelopes if _is_late(at.get(store.place_of(envelope)), envelope)]
        handled = await store.handled(session, late)
        done = Done()
        for item in opened:
            envelope, place, number = item.envelope, store.place_of(item.envelope), store.number_of(item.envelope)
            verdict = judge(at.get(place, _NOTHING), envelope, _id_of(handled.get(number)))
            if verdict is Verdict.APPLY:
                await self._call(session, item, now)
                at[place] = Position(envelope.epoch, envelope.sequence)
                handled[number] = Handled(envelope.event_id, "stored" if item.event else "erased")
                done.handled.append(envelope)
                done.states.append((envelope, handled[number].state))
            elif verdict is Verdict.REPEAT:
                done.repeats.append((envelope, handled[number].state))
            else:
                (done.held if verdict is Verdict.HOLD else done.conflicts).append(envelope)
        async with meanwhile(store.remember(session, done.states, now)):
            receipts = self._receipts(done, now)
        for publisher, items in receipts.items():
            await send_receipts(session, publisher, ReceiptBatch(recipient=self._service, items=tuple(items)))
        await self._release(session, done, standing.held)
        return done

    async def _call(self, session: Session, item: Opened, now: datetime) -> None:
        envelope = item.envelope
        found = self._handlers.find(envelope.type)
        if item.event is None or found is None:
            return
        message = Message(
            envelope.event_id,
            envelope.type,
            envelope.topic,
            envelope.subject,
            envelope.area,
            envelope.area_version,
            envelope.correlation_id,
            envelope.causation_id,
            now,
        )
        with telemetry.span(
            f"handle {envelope.type}",
            parent=envelope.traceparent or None,
            new_trace=not envelope.traceparent,
            correlation_id=envelope.correlation_id,
            kind="consumer",
        ):
            for reference, body in item.bodies.items():
                if await documents.is_erased(session, reference.id):
                    continue
                await documents.keep(session, reference, body, subject=envelope.subject, area=envelope.area, now=now)
            await found[1](session, item.event, message)

    def _receipts(self, done: Done, now: datetime) -> Mapping[str, Sequence[ReceiptItem]]:
        """Return what is answered to each publisher."""
        at, by_publisher = now.isoformat(), defaultdict[str, list[ReceiptItem]](list)
        for envelope, state in (*done.states, *done.repeats):
            by_publisher[TOPIC_BY_NAME[envelope.topic].publisher].append(
                ReceiptItem(
                    event_id=envelope.event_id,
                    topic=envelope.topic,
                    subject=envelope.subject,
                    recipient=self._service,
                    state=state,
                    at=at,
                )
            )
        return by_publisher

    async def _release(self, session: Session, done: Done, held: frozenset[store.Number]) -> None:
        """Drop what was held of these messages, and say whether something of their subjects still waits."""
        if held:
            settled = [*done.handled, *(envelope for envelope, _ in done.repeats), *done.conflicts]
            released = held.intersection(map(store.number_of, settled))
            await store.release(session, released)
            held -= released
        done.waiting = bool(held or done.held)


def _id_of(handled: Handled | None) -> UUID | None:
    return handled.event_id if handled else None


def _is_late(position: Position | None, envelope: Envelope) -> bool:
    """Say whether a message's number has been passed, so that what was handled under it must be looked up."""
    return position is not None and (envelope.epoch, envelope.sequence) <= (position.epoch, position.sequence)
