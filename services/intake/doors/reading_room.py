"""Reads kept mail in the cage: at once when rung, and whatever a crash left behind when it comes round."""

import asyncio
import contextlib
import time
from dataclasses import replace
from typing import Any
from uuid import UUID

from chassis import clock, telemetry
from chassis.actor import Actor
from chassis.errors import ThroughlineError, Unavailable
from chassis.runtime import Runtime
from services.intake.domain import GIVEN_UP, Found, Outcome
from services.intake.operations import record_reading, take_to_read
from services.intake.queries import likeness_key, localities_of, originals_to_read
from services.intake.readers import Cage, FormReading, ReadMessage

SWEEP_SECONDS = 10.0
SWEEP_BATCH = 50
LULL_SECONDS = 0.05
LONGEST_WAIT_SECONDS = 2.0
MOST_FORMS = 5
TOO_MANY = f"The mail has more than {MOST_FORMS} attachments that may be forms; only the first ones were opened."
NO_FORM = "The mail has no form attached that the software knows; open the original."

log = telemetry.logger("intake.doors")


class ReadingRoom:
    """Reads kept mail in the cage: at once when rung, and whatever a crash left behind when it comes round."""

    def __init__(self, runtime: Runtime, cage: Cage) -> None:
        """Read with this cage."""
        self._runtime = runtime
        self._cage = cage
        self._rung = asyncio.Event()
        self._rung_at = 0.0

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
        while True:
            self._rung.clear()
            try:
                await self._lull()
                while await self.read_waiting():
                    await self._lull()
            except ThroughlineError as error:
                log.warning("Reading pauses.", extra={"facts": {"reason": error.reason}})
            except Exception as error:
                log.exception("Reading failed.", extra={"facts": {"error": type(error).__name__}})
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(SWEEP_SECONDS):
                    await self._rung.wait()

    async def read_waiting(self) -> int:
        """Read what waits, oldest first; return how many originals there were.

        One that fails does not keep the others waiting; its error is raised after them.
        """
        async with self._transaction() as session:
            waiting = await originals_to_read(session, limit=SWEEP_BATCH)
        failures: list[Exception] = []
        for referral_id in waiting:
            try:
                await self._read(referral_id)
            except Unavailable:
                raise
            except Exception as error:  # noqa: BLE001
                failures.append(error)
        if failures:
            raise failures[0]
        return len(waiting)

    async def _read(self, referral_id: UUID) -> None:
        async with self._transaction() as session:
            original = await take_to_read(session, referral_id)
        if original is None:
            return
        with telemetry.span("intake.read-original", correlation_id=original.correlation_id, new_trace=True):
            outcome = Outcome(reason=GIVEN_UP) if original.given_up else await self._outcome(original.body)
            district = outcome.form.person.district if outcome.form else ""
            practice = localities_of(self._runtime).by_version(original.area, original.area_version, district)
            async with self._transaction() as session:
                key = likeness_key(self._runtime)
                await record_reading(session, referral_id, outcome, practice, likeness_key=key, now=clock.now())

    async def _outcome(self, body: bytes) -> Outcome:
        message = await self._cage.read_message(body)
        opened = message.form_candidates[:MOST_FORMS]
        readings = [await self._cage.read_form(attachment) for attachment in opened]
        if len(opened) < len(message.form_candidates):
            message = replace(message, problems=(*message.problems, TOO_MANY))
        return outcome_of(message, readings)

    def _transaction(self) -> Any:
        return self._runtime.database.transaction(Actor.job("intake", "reading"))


def outcome_of(message: ReadMessage, readings: list[FormReading]) -> Outcome:
    """Return what a mail with these forms amounts to.

    One whole form is a referral read. Anything else also goes to the desk: nothing is guessed, and a second form in
    the same mail would otherwise be lost.
    """
    if not readings:
        return Outcome(reason=" ".join((NO_FORM, *message.problems)))
    best = max(readings, key=lambda reading: (reading.complete, reading.form is not None, len(reading.values)))
    reasons = [best.reason, *message.problems]
    if sum(reading.form is not None for reading in readings) > 1:
        reasons.append("The mail holds more than one form; open the original and key the others.")
    if best.form is None and not any(reasons):
        reasons.append(NO_FORM)
    found = Found(dict(best.values), best.missing, best.doubtful)
    return Outcome(best.form, " ".join(reason for reason in reasons if reason), found)
