"""Reads kept mail in the cage: at once when rung, and whatever a crash left behind when it comes round."""

import asyncio
import contextlib
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

from chassis import clock, telemetry
from chassis.actor import Actor
from chassis.errors import ThroughlineError, Unavailable
from chassis.runtime import Runtime
from services.intake.domain import GIVEN_UP, Addition, NoReceipt, Original, Outcome, Posted, Practice
from services.intake.doors.arriving import Arrived, looked_at, settings_of
from services.intake.doors.examining import HOSTILE, examine
from services.intake.doors.outcomes import (
    IsOurs,
    Parted,
    addition_in,
    holds_nothing,
    outcomes_of,
    texts_of,
    to_be_looked_at,
)
from services.intake.doors.sender_check import SenderCheck
from services.intake.operations import (
    Joining,
    Part,
    ToRead,
    divide,
    join_referral,
    leave_aside,
    make_referral,
    places_taken,
    record_evidence,
    record_reading,
    take_aside,
    take_to_read,
)
from services.intake.queries import (
    asides_to_read,
    likeness_key,
    localities_of,
    originals_to_read,
    referral_added_to,
)
from services.intake.queries.quarantine import files_to_examine
from services.intake.readers import Attachment, Cage, FormReading, ReadMessage, quarantined

SWEEP_SECONDS = 10.0
SWEEP_BATCH = 50
LULL_SECONDS = 0.05
LONGEST_WAIT_SECONDS = 2.0
SECONDS_A_ROUND = 2.0
MOST_AT_ONCE = 4
MOST_FORMS = 20
TOO_MANY = f"The mail has more than {MOST_FORMS} attachments that may be forms; only the first ones were opened."
NOT_KEPT = Posted(envelope_sender="?")
"""The envelope of a mail is not kept with it."""

log = telemetry.logger("intake.doors")


class ReadingRoom:
    """Reads kept mail in the cage: at once when rung, and whatever a crash left behind when it comes round."""

    def __init__(self, runtime: Runtime, cage: Cage, senders: SenderCheck | None = None) -> None:
        """Read with this cage; look at senders too, where their names may be looked up."""
        self._runtime = runtime
        self._senders = senders
        self._cage = cage
        self._rung = asyncio.Event()
        self._rung_at = 0.0
        self._under_way: dict[UUID, asyncio.Task[None]] = {}

    def ring(self) -> None:
        """Say that something has come in."""
        self._rung_at = time.monotonic()
        self._rung.set()

    async def _lull(self) -> None:
        """Wait until no mail has come for a moment, but never long: who still stands at the door goes first.

        People have been told of what is kept already, with the original; reading it is what can wait.
        """
        until = time.monotonic() + LONGEST_WAIT_SECONDS
        while (left := min(until, self._quiet_from()) - time.monotonic()) > 0:  # noqa: ASYNC110  each mail moves it
            await asyncio.sleep(left)

    def _quiet_from(self) -> float:
        return max(self._rung_at + LULL_SECONDS, self._runtime.relay.crowded_until)

    async def run(self) -> None:
        """Read for ever; a database that is away only delays it."""
        try:
            await self._run()
        finally:
            left = tuple(self._under_way.values())
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            self._rung.clear()
            try:
                await self._lull()
                while await self._read_a_round(SECONDS_A_ROUND):
                    await self._lull()
            except ThroughlineError as error:
                log.warning("Reading pauses.", extra={"facts": {"reason": error.reason}})
            except Exception as error:
                log.exception("Reading failed.", extra={"facts": {"error": type(error).__name__}})
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(SWEEP_SECONDS):
                    await self._rung.wait()

    async def read_waiting(self) -> int:
        """Read what waits, oldest first, and wait until it is read; return how many originals there were.

        One that fails does not keep the others waiting; its error is raised after them.
        """
        return await self._read_a_round(None)

    async def _read_a_round(self, seconds: float | None) -> int:
        """Begin to read what waits and return how many that were; those that take longer go on during the next round.

        So a hostile file keeps its own mail waiting, and nobody else's.
        """
        async with self._transaction() as session:
            aside = await asides_to_read(session, limit=SWEEP_BATCH)
            waiting = await originals_to_read(session, limit=SWEEP_BATCH)
            beside = await files_to_examine(session, limit=SWEEP_BATCH)
        works = (
            *((self._look_into, each) for each in aside),
            *((self._read, each) for each in waiting),
            *((self._examine, each) for each in beside),
        )
        begun = []
        for work, each in works:
            if each in self._under_way:
                continue
            while len(self._under_way) >= MOST_AT_ONCE:
                await asyncio.wait(self._under_way.values(), return_when=asyncio.FIRST_COMPLETED)
            task = asyncio.create_task(work(each), name="reading")
            self._under_way[each] = task
            task.add_done_callback(partial(self._ended, each))
            begun.append(task)
        if begun:
            done, slow = await asyncio.wait(begun, timeout=seconds)
            for task in slow:
                task.add_done_callback(_tell)
            _raise_first(done)
        return len(begun)

    def _ended(self, each: UUID, _: "asyncio.Task[None]") -> None:
        del self._under_way[each]

    async def _read(self, referral_id: UUID) -> None:
        async with self._transaction() as session:
            original = await take_to_read(session, referral_id)
            taken = await places_taken(session, referral_id) if original else frozenset()
        if original is None:
            return
        with telemetry.span("intake.read-original", correlation_id=original.correlation_id, new_trace=True):
            mail = await self._judged(looked_at(self._runtime, original.body, NOT_KEPT))
            given_up = (to_be_looked_at(Parted(-1, Outcome(reason=GIVEN_UP)), (), mail.named),)
            first, *others = given_up if original.given_up else await self._outcomes(original.body, taken, mail.named)
            key = likeness_key(self._runtime)
            for other in others:
                part = self._part(original, other, mail)
                async with self._transaction() as session:
                    await divide(session, referral_id, part, likeness_key=key, now=clock.now())
            practice = self._practice(original, first.outcome)
            read = replace(first.outcome, in_reply_to=mail.original.in_reply_to)
            async with self._transaction() as session:
                await record_evidence(session, referral_id, mail.sent, now=clock.now())
                await record_reading(session, referral_id, read, practice, likeness_key=key, now=clock.now())

    async def _examine(self, referral_id: UUID) -> None:
        await examine(self._runtime, self._cage, referral_id)

    async def _judged(self, mail: Arrived) -> Arrived:
        """Return a mail with what its signatures say of the sender, where names may be looked up."""
        if self._senders is None:
            return mail
        evidence = await self._senders.evidence(mail.original.body, mail.sent.evidence)
        forged = NoReceipt.FORGED if evidence.looks_forged else None
        return replace(mail, sent=replace(mail.sent, evidence=evidence, no_receipt=mail.sent.no_receipt or forged))

    def _part(self, original: ToRead, parted: Parted, mail: Arrived) -> Part:
        return Part(
            place=parted.place,
            outcome=replace(parted.outcome, in_reply_to=mail.original.in_reply_to),
            practice=self._practice(original, parted.outcome),
            arrived_at=self._practice(original, Outcome()),
            sent=mail.sent,
        )

    def _practice(self, original: ToRead, outcome: Outcome) -> Practice:
        district = outcome.form.person.district if outcome.form else ""
        return localities_of(self._runtime).by_version(original.area, original.area_version, district)

    async def _outcomes(self, body: bytes, taken: frozenset[int], named: Sequence[str]) -> tuple[Parted, ...]:
        message, files = await self._opened(body)
        texts, readings = texts_of(message, files), [reading for _, reading in files]
        first, *others = [to_be_looked_at(each, texts, named) for each in outcomes_of(message, readings, taken)]
        closed = quarantined(body, message, files)
        return (replace(first, outcome=replace(first.outcome, quarantined=closed)), *others)

    async def _opened(self, body: bytes) -> tuple[ReadMessage, tuple[tuple[Attachment, FormReading], ...]]:
        """Return a mail taken apart, and each file of it that may be a form with what was read of it."""
        message = await self._cage.read_message(body)
        opened = message.form_candidates[:MOST_FORMS]
        readings = await self._readings(opened)
        if len(opened) < len(message.form_candidates):
            message = replace(message, problems=(*message.problems, TOO_MANY))
        return message, tuple(zip(opened, readings, strict=True))

    async def _readings(self, files: Sequence[Attachment]) -> list[FormReading]:
        """Read one file after another; those behind one that broke a reader or held it up stay closed as it does."""
        readings: list[FormReading] = []
        for file in files:
            hostile = next((reading for reading in readings if reading.cause in HOSTILE), None)
            readings.append(replace(hostile) if hostile else await self._cage.read_form(file))
        return readings

    async def _look_into(self, aside_id: UUID) -> None:
        """Look into a mail that answers one of ours; where it holds more, or cannot be read, it is a referral."""
        async with self._transaction() as session:
            aside = await take_aside(session, aside_id)
        if aside is None:
            return
        mail = looked_at(self._runtime, aside.body, aside.posted)
        if aside.adds and await self._joins(aside_id, mail):
            return
        nothing = not (aside.wanted or aside.adds) and await self._holds_nothing(aside.body)
        async with self._transaction() as session:
            if nothing:
                await leave_aside(session, aside_id, now=clock.now())
            else:
                await make_referral(session, aside_id, mail.original, now=clock.now())

    async def _joins(self, aside_id: UUID, mail: Arrived) -> bool:
        """Add a mail to the referral that it names; False where it is to be a referral of its own."""
        addition = await self._addition(mail.original)
        if addition is None or (await self._judged(mail)).sent.no_receipt is not None:
            return False
        addition = replace(addition, acknowledge_to=mail.original.reply_to, in_reply_to=mail.original.in_reply_to)
        try:
            async with self._transaction() as session:
                found = await referral_added_to(session, mail.named, mail.sender, mail.original.practice.area)
                if found is None:
                    return False
                district = addition.form.person.district if addition.form else found.district
                practice = localities_of(self._runtime).by_version(found.area, found.area_version, district)
                joining = Joining(referral_id=found.referral_id, addition=addition, practice=practice)
                key = likeness_key(self._runtime)
                added = await join_referral(session, aside_id, joining, likeness_key=key, now=clock.now())
        except Unavailable:
            raise
        except ThroughlineError as error:
            # Whatever keeps it from joining must not keep it from people: as a referral of its own it is announced.
            log.warning("A mail does not join its referral.", extra={"facts": {"reason": error.reason}})
            return False
        return added is not None

    async def _addition(self, original: Original) -> Addition | None:
        """Return what a mail adds to a referral; None where it may be one of its own, or cannot be opened."""
        try:
            message, files = await self._opened(original.body)
        except Exception as error:
            log.exception("A mail set aside could not be read.", extra={"facts": {"error": type(error).__name__}})
            return None
        return addition_in(original, message, files)

    async def _holds_nothing(self, body: bytes) -> bool:
        try:
            message = await self._cage.read_message(body)
        except Exception as error:
            log.exception("A mail set aside could not be read.", extra={"facts": {"error": type(error).__name__}})
            return False
        return holds_nothing(message, IsOurs(settings_of(self._runtime).mail_domain))

    def _transaction(self) -> Any:
        return self._runtime.database.transaction(Actor.job("intake", "reading"))


def _raise_first(done: "set[asyncio.Task[None]]") -> None:
    failures = [error for task in done if not task.cancelled() and (error := task.exception())]
    failures.sort(key=lambda error: not isinstance(error, Unavailable))
    if failures:
        raise failures[0]


def _tell(task: "asyncio.Task[None]") -> None:
    """Log the failure of a reading that took longer than its round."""
    if not task.cancelled() and (error := task.exception()):
        log.warning("Reading failed.", extra={"facts": {"error": type(error).__name__}})
