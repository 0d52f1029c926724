"""Handling what the bus delivers: a batch in one transaction; what fails is tried alone, held or parked."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from chassis import clock, telemetry
from chassis.actor import Actor
from chassis.broker import Handlers
from chassis.database import Database, Session, is_world_down
from chassis.documents import DocumentUnreachable, Fetcher
from chassis.errors import NotYet, ThroughlineError, Unavailable
from chassis.inbox import store
from chassis.inbox.applying import Applying, Opened, Opener
from chassis.inbox.meanwhile import meanwhile
from chassis.inbox.pace import Pace
from chassis.inbox.receipts import OnReceipt, Receipts
from chassis.inbox.store import Hold
from chassis.outbox import send_receipts
from chassis.transports import Delivery
from chassis.wire import EnvelopeUnreadable, decode
from contracts.catalogue import TOPIC_BY_NAME, receipt_topic
from contracts.envelope import Envelope, Event, ReceiptBatch, ReceiptItem, ReplayRequest

MOST_TRIES = 5
WAITS = (0.2, 0.4, 0.8, 1.6)
LOOK_SECONDS = 0.5
AGAIN = timedelta(seconds=2)
NOT_YET = timedelta(seconds=1)
PUMP = 200
MOST_BYTES = 64 * 1024 * 1024
"""A batch whose documents are larger than this together is handled in halves."""

log = telemetry.logger(__name__)
_parked = telemetry.counter("throughline.inbox.parked", "1", "Messages set aside for a person")
_handled = telemetry.counter("throughline.inbox.handled", "1", "Messages handled")


class InboxUnavailable(Unavailable):
    """The world is down: the batch is delivered again after a pause."""

    reason = "inbox-unavailable"


@dataclass(frozen=True)
class InboxSettings:
    """What the inbox needs to know beside its parts."""

    service: str
    gap_alarm: timedelta
    knows_area: Callable[[str, str], bool]
    on_receipt: OnReceipt | None


class Inbox:
    """One service's inbox."""

    def __init__(
        self, database: Database, handlers: Handlers, opener: Opener, fetcher: Fetcher, settings: InboxSettings
    ) -> None:
        self._database = database
        self._settings = settings
        self._actor = Actor.service(settings.service)
        self._opener = opener
        self._applying = Applying(handlers, fetcher, settings.service)
        self._receipts = Receipts(database, settings.service, settings.on_receipt)
        self._receipt_topic = receipt_topic(settings.service)
        self._woken = asyncio.Event()
        self._pace = Pace()

    def wake(self) -> None:
        """Look at the held messages now."""
        self._woken.set()

    async def handle(self, deliveries: Sequence[Delivery]) -> None:
        """Handle a batch completely; raises only InboxUnavailable, when the world is down."""
        began = time.monotonic()
        try:
            await self._receipts.handle([item.body for item in deliveries if item.topic == self._receipt_topic])
            envelopes = [self._decoded(item) for item in deliveries if item.topic != self._receipt_topic]
            await self._handle_events([envelope for envelope in envelopes if envelope is not None])
        except Exception as error:
            if not is_world_down(error):
                log.exception("The inbox failed; the batch is delivered again.")
            message = "The inbox could not finish a batch; it is delivered again."
            raise InboxUnavailable(message) from error
        await asyncio.sleep(self._pace.pause(len(deliveries), began, time.monotonic()))

    def _decoded(self, delivery: Delivery) -> Envelope | None:
        envelope = None
        with contextlib.suppress(EnvelopeUnreadable):
            envelope = decode(delivery.body)
        # Who may write one topic may not take up the numbers of another.
        if envelope is not None and envelope.topic == delivery.topic:
            return envelope
        # It names no subject that could wait, so it cannot be parked; the access list says who can have sent it.
        log.warning(
            "A message that is no envelope was dropped.",
            extra={"facts": {"topic": delivery.topic, "offset": delivery.position}},
        )
        return None

    async def _handle_events(self, delivered: Sequence[Envelope]) -> None:
        envelopes = await self._fresh(delivered) if delivered else []
        if not envelopes:
            return
        try:
            await self._together(envelopes)
        except Exception as error:
            if is_world_down(error) and not isinstance(error, DocumentUnreachable):
                raise
            for envelope in envelopes:
                await self._alone(envelope)

    async def _fresh(self, envelopes: Sequence[Envelope]) -> list[Envelope]:
        """Leave out what has failed before: its next try belongs to the pump or to a person, not to the bus."""
        aside = await store.set_aside(self._database, (envelope.subject for envelope in envelopes))
        if not aside:
            return list(envelopes)
        if parked := [envelope for envelope in envelopes if aside.get(store.named(envelope))]:
            await self._say_parked_again(parked)
        return [envelope for envelope in envelopes if store.named(envelope) not in aside]

    async def _say_parked_again(self, envelopes: Sequence[Envelope]) -> None:
        """Answer once more for what waits for a person: a bus that was wiped took the first answer along."""
        subjects = {envelope.subject for envelope in envelopes}
        async with self._database.transaction(self._actor) as session:
            await session.lock_all(subjects)
            aside = await store.set_aside(session, subjects)
            for envelope in envelopes:
                if aside.get(store.named(envelope)):
                    await self._answer_parked(session, envelope)

    async def _together(self, envelopes: Sequence[Envelope]) -> None:
        """Handle a batch in one transaction; any failure undoes all of it."""
        opened = await self._open(envelopes)
        if len(envelopes) > 1 and sum(item.size() for item in opened) > MOST_BYTES:
            middle = len(envelopes) // 2
            await self._together(envelopes[:middle])
            await self._together(envelopes[middle:])
            return
        opened = await self._applying.with_documents(self._database, self._actor, opened)
        async with self._database.transaction(self._actor) as session:
            await session.lock_all(envelope.subject for envelope in envelopes)
            done = await self._applying.apply(session, opened, now=clock.now())
            for envelope in done.held:
                await self._hold_gap(session, envelope)
            for envelope in done.conflicts:
                await self._park(session, envelope, "sequence-conflict", _CONFLICT, 1)
            subjects = {envelope.subject for envelope in done.handled} if done.waiting else ()
            if subjects and await store.hurry(session, subjects, datetime.now(UTC)):
                session.after_commit.append(self.wake)
        _handled.add(len(done.handled))

    async def _open(self, envelopes: Sequence[Envelope]) -> list[Opened]:
        """Make sure of the subjects' keys and open the messages meanwhile, before any transaction."""
        for area, version in {(envelope.area, envelope.area_version) for envelope in envelopes}:
            if not self._settings.knows_area(area, version):
                message = f"Version {version} of the area {area} is not known here yet."
                raise AreaVersionUnknown(message)
        subjects = {envelope.subject for envelope in envelopes if not TOPIC_BY_NAME[envelope.topic].statistics}
        async with meanwhile(self._database.keys.ensure(subjects)) as ensured:
            tried = [self._tried(envelope) for envelope in envelopes]
        erased = ensured.result()
        return [
            Opened(envelope, None if envelope.subject in erased else _event_of(event), {})
            for envelope, event in zip(envelopes, tried, strict=True)
        ]

    def _tried(self, envelope: Envelope) -> Event | ThroughlineError | None:
        """Open one message; what is wrong with it is returned, because it does not count for an erased subject."""
        # An erased subject's outbox rows are tombstones: number and id without a body.
        if not envelope.sealed:
            return None
        try:
            return self._opener.open(envelope)
        except ThroughlineError as error:
            return error

    async def _alone(self, envelope: Envelope) -> None:
        """Handle one message in a transaction of its own, or hold or park it; raises when the world is down."""
        try:
            await self._together([envelope])
        except (NotYet, DocumentUnreachable) as error:
            async with self._database.transaction(self._actor) as session:
                await store.hold(session, envelope, Hold(error.reason, str(error), NOT_YET), datetime.now(UTC))
        except Exception as error:
            if is_world_down(error):
                raise
            await self._failed(envelope, error)

    async def _failed(self, envelope: Envelope, error: Exception) -> None:
        """Count a failure: try again soon, and after five tries park it with its cause."""
        cause = error.reason if isinstance(error, ThroughlineError) else type(error).__name__
        sentence = str(error) if isinstance(error, ThroughlineError) else _UNEXPECTED
        async with self._database.transaction(self._actor) as session:
            await session.lock(envelope.subject)
            tries = await store.tries_of(session, store.number_of(envelope)) + 1
            if tries >= MOST_TRIES:
                await store.release(session, [store.number_of(envelope)])
                await self._park(session, envelope, cause, sentence, tries)
            else:
                again = Hold("failed", sentence, timedelta(seconds=WAITS[tries - 1]), tries)
                await store.hold(session, envelope, again, datetime.now(UTC))
        if not isinstance(error, ThroughlineError):
            log.error(
                "A handler failed.",
                exc_info=error,
                extra={"facts": {"type": envelope.type, "event_id": envelope.event_id, "tries": tries}},
            )

    async def _hold_gap(self, session: Session, envelope: Envelope) -> None:
        gap = Hold("gap", "An earlier message of the same subject has not been handled yet.", AGAIN)
        await store.hold(session, envelope, gap, datetime.now(UTC))

    async def _park(self, session: Session, envelope: Envelope, cause: str, sentence: str, tries: int) -> None:
        if await store.is_erased(session, envelope.subject):
            envelope = replace(envelope, sealed=b"")
        await store.park(session, envelope, cause=cause, sentence=sentence, tries=tries, now=clock.now())
        _parked.add(1)
        await self._answer_parked(session, envelope)
        log.warning(
            "A message was parked.",
            extra={"facts": {"type": envelope.type, "event_id": envelope.event_id, "cause": cause}},
        )

    async def _answer_parked(self, session: Session, envelope: Envelope) -> None:
        item = ReceiptItem(
            event_id=envelope.event_id,
            topic=envelope.topic,
            subject=envelope.subject,
            recipient=self._settings.service,
            state="parked",
            at=clock.now().isoformat(),
        )
        publisher = TOPIC_BY_NAME[envelope.topic].publisher
        await send_receipts(session, publisher, ReceiptBatch(recipient=self._settings.service, items=(item,)))

    async def run(self) -> None:
        """Look after held messages until cancelled: what is due is tried, what is missing is asked for."""
        while True:
            self._woken.clear()
            try:
                busy = await self._look()
            except Exception as error:
                if not is_world_down(error):
                    log.exception("Looking after held messages failed; it goes on.")
                busy = False
            if not busy:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_SECONDS):
                        await self._woken.wait()

    async def _look(self) -> bool:
        rows = await store.due(self._database, datetime.now(UTC), PUMP)
        for row in rows:
            await self._alone(decode(row.envelope))
            if row.why == "gap" and datetime.now(UTC) - row.held_at > self._settings.gap_alarm:
                await self._ask(decode(row.envelope))
        return len(rows) == PUMP

    async def _ask(self, envelope: Envelope) -> None:
        """Raise the alarm for a gap and ask the publisher to send again what is missing; once per alarm period."""
        async with self._database.transaction(self._actor) as session:
            at = await store.position(session, envelope)
            if not await store.may_ask(session, store.number_of(envelope), datetime.now(UTC), self._settings.gap_alarm):
                return
            first = at.sequence + 1 if at and at.epoch == envelope.epoch else 1
            aside = await store.set_aside(session, [envelope.subject])
            failed = {number for number, _ in aside}
            if first >= envelope.sequence or (*store.place_of(envelope), envelope.epoch, first) in failed:
                return
            request = ReplayRequest(
                topic=envelope.topic,
                subject=envelope.subject,
                recipient=self._settings.service,
                epoch=envelope.epoch,
                from_sequence=first,
                to_sequence=envelope.sequence - 1,
            )
            publisher = TOPIC_BY_NAME[envelope.topic].publisher
            await send_receipts(session, publisher, ReceiptBatch(recipient=self._settings.service, replay=(request,)))
        log.warning(
            "A message has been missing too long; its publisher was asked to send it again.",
            extra={"facts": {"topic": envelope.topic, "subject": envelope.subject, "sequence": first}},
        )


def _event_of(tried: Event | ThroughlineError | None) -> Event | None:
    if isinstance(tried, ThroughlineError):
        raise tried
    return tried


class AreaVersionUnknown(NotYet):
    """The message speaks of an area version that this service has not met."""

    reason = "area-version-unknown"


_CONFLICT = "Another event was already handled under this number; compare the two with the publisher's outbox."
_UNEXPECTED = "The handler failed unexpectedly; look for the event id in the service's log."
