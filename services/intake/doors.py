"""The mailbox: takes mail by SMTP, answers "accepted" only once it is kept and announced, and has it read at once."""

import asyncio
import contextlib
import hashlib
import re
import time
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from itertools import accumulate, islice
from typing import Any, Protocol, cast
from uuid import UUID

from aiosmtpd.smtp import SMTP, Envelope
from aiosmtpd.smtp import Session as SmtpSession

from chassis import clock, telemetry
from chassis.actor import Actor
from chassis.database import Session
from chassis.errors import ThroughlineError, Unavailable
from chassis.runtime import Runtime
from chassis.settling import OutcomeUnknown, settled
from contracts.vocabulary import Door
from services.intake.domain import (
    BEING_READ,
    GIVEN_UP,
    LONDON,
    Found,
    KeyKind,
    Original,
    Outcome,
    Reading,
    Receipt,
    key_for,
)
from services.intake.operations import receive_all, record_reading, take_to_read
from services.intake.queries import likeness_key, localities_of, originals_to_read
from services.intake.readers import Cage, FormReading, ReadMessage, read_headers
from services.intake.readers.conversation import Mailbox

HEADERS_LIMIT = 64 * 1024
SWEEP_SECONDS = 10.0
SWEEP_BATCH = 50
LULL_SECONDS = 0.05
LONGEST_WAIT_SECONDS = 2.0
MOST_FORMS = 5
MOST_TOGETHER = 50
MOST_BYTES_TOGETHER = 32 * 1024 * 1024
"""A transaction of more would take longer than the database lets it."""
CROWD = 4
"""So many mails in one transaction are a crowd at the door: what is behind it gives way for `CROWD_SECONDS`."""
CROWD_SECONDS = 0.25
TOO_MANY = f"The mail has more than {MOST_FORMS} attachments that may be forms; only the first ones were opened."
NO_FORM = "The mail has no form attached that the software knows; open the original."

EMPTY_LINE = re.compile(rb"\r?\n\r?\n")

log = telemetry.logger("intake.doors")


class MailSettings(Protocol):
    """The settings that the mailbox needs."""

    smtp_host: str
    smtp_port: int
    smtp_size_limit: int
    reading_rooms: int


def settings_of(runtime: Runtime) -> MailSettings:
    """Return intake's own settings of a running service."""
    return cast("MailSettings", runtime.clients)


@asynccontextmanager
async def mailbox(runtime: Runtime) -> AsyncIterator[None]:
    """Listen for mail and read what comes, until the service stops."""
    settings = settings_of(runtime)
    cage = Cage(cells=settings.reading_rooms)
    await cage.start()
    room = ReadingRoom(runtime, cage)
    reader = asyncio.create_task(room.run(), name="reading-room")
    loop = asyncio.get_running_loop()
    handler = MailHandler(runtime, room)

    def conversation() -> Mailbox:
        return Mailbox(
            handler,
            data_size_limit=settings.smtp_size_limit,
            enable_SMTPUTF8=True,
            hostname="throughline",
            ident="Throughline",
            loop=loop,
        )

    server = await loop.create_server(conversation, settings.smtp_host, settings.smtp_port)
    try:
        yield
    finally:
        server.close()
        reader.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await reader
        await cage.stop()


class Keeper:
    """Keeps what comes in; originals that wait for the same commit share it, because it costs more than they do."""

    def __init__(self, runtime: Runtime) -> None:
        """Keep in the runtime's database."""
        self._runtime = runtime
        self._waiting: list[Arrival] = []
        self._working: asyncio.Task[None] | None = None

    async def keep(self, original: Original) -> Receipt:
        """Return the receipt once the original is kept, announced and committed; raises what `receive` does."""
        arrival = Arrival(original, asyncio.get_running_loop().create_future())
        self._waiting.append(arrival)
        if self._working is None or self._working.done():
            self._working = asyncio.create_task(self._work(), name="keeper")
        return await arrival.receipt

    async def _work(self) -> None:
        # Who speaks at this moment comes along.
        await asyncio.sleep(0)
        while self._waiting:
            arrivals = self._next()
            try:
                receipts = await self._keep(arrivals)
            except Exception as error:  # noqa: BLE001  it is told to whoever waits for it
                await self._one_by_one(arrivals, error)
            else:
                for arrival, receipt in zip(arrivals, receipts, strict=True):
                    arrival.answer(receipt)
                if len(arrivals) >= CROWD:
                    self._runtime.relay.give_way(CROWD_SECONDS)

    def _next(self) -> list["Arrival"]:
        """Take those that came first: so many, and of such a size together, as one transaction can keep."""
        sizes = accumulate(len(arrival.original.body) for arrival in self._waiting)
        count = max(1, sum(size <= MOST_BYTES_TOGETHER for size in islice(sizes, MOST_TOGETHER)))
        arrivals, self._waiting = self._waiting[:count], self._waiting[count:]
        return arrivals

    async def _one_by_one(self, arrivals: list["Arrival"], error: Exception) -> None:
        """Keep each by itself, so that one that fails takes nobody with it; a lost database is told to all at once."""
        alone = len(arrivals) == 1 or isinstance(error, Unavailable)
        for arrival in arrivals:
            if alone:
                arrival.fail(error)
                continue
            try:
                arrival.answer((await self._keep([arrival]))[0])
            except Exception as its_own:  # noqa: BLE001  as above
                arrival.fail(its_own)
                error, alone = its_own, isinstance(its_own, Unavailable)

    async def _keep(self, arrivals: list["Arrival"]) -> list[Receipt]:
        now = clock.now()

        async def received(session: Session) -> list[Receipt]:
            originals = [arrival.original for arrival in arrivals]
            return await receive_all(session, originals, now=now, journey=_journey)

        return await settled(self._runtime.database, Actor.public(), received)


def _journey() -> AbstractContextManager[telemetry.Span]:
    return telemetry.span("smtp DATA", kind="server", new_trace=True)


@dataclass(frozen=True)
class Arrival:
    """An original and whoever waits for its receipt, who may have hung up."""

    original: Original
    receipt: "asyncio.Future[Receipt]"

    def answer(self, receipt: Receipt) -> None:
        """Hand over the receipt."""
        if not self.receipt.done():
            self.receipt.set_result(receipt)

    def fail(self, error: Exception) -> None:
        """Hand over what went wrong."""
        if not self.receipt.done():
            self.receipt.set_exception(error)


class MailHandler:
    """Answers the SMTP conversation."""

    def __init__(self, runtime: Runtime, room: "ReadingRoom") -> None:
        """Keep mail in the runtime's database and ring for the reading room."""
        self._runtime = runtime
        self._room = room
        self._keeper = Keeper(runtime)

    def __dir__(self) -> tuple[str, ...]:
        """Name the hooks, for which the library searches all attributes at every connection."""
        return ("handle_DATA", "handle_exception")

    async def handle_DATA(self, _server: SMTP, _session: SmtpSession, envelope: Envelope) -> str:  # noqa: N802
        """Keep and announce a mail; the answer is given after the commit, so 250 means that it is safe."""
        try:
            receipt = await self._accept(envelope)
        except OutcomeUnknown:
            return "451 4.3.0 Whether the mail was kept is not known: send it again in a few minutes"
        except Unavailable:
            return "451 4.3.0 The mailbox cannot keep mail at the moment: send it again in a few minutes"
        except ThroughlineError as error:
            log.warning("A mail could not be kept.", extra={"facts": {"reason": error.reason}})
            return "451 4.3.0 The mail could not be kept: send it again, or use the web form"
        except Exception as error:
            log.exception("A mail could not be kept.", extra={"facts": {"error": type(error).__name__}})
            return "451 4.3.0 The mail could not be kept: send it again, or use the web form"
        self._room.ring()
        return f"250 2.0.0 Accepted as {receipt.reference}"

    async def handle_exception(self, error: Exception) -> str:
        """Answer a broken conversation without a word about the inside."""
        log.warning("A mail conversation broke.", extra={"facts": {"error": type(error).__name__}})
        return "451 4.3.0 The conversation broke: send the mail again"

    async def _accept(self, envelope: Envelope) -> Receipt:
        body = envelope.original_content or b""
        original = arrived(self._runtime, body, tuple(envelope.rcpt_tos), envelope.mail_from or "")
        return await self._keeper.keep(original)


def arrived(runtime: Runtime, body: bytes, recipients: tuple[str, ...], envelope_sender: str) -> Original:
    """Return a mail as it is kept: only its headers have been looked at, and nothing in them can make this fail.

    Bounces and automatic mail get no receipt (RFC 3834): two machines would write to each other for ever.
    """
    head, *rest = EMPTY_LINE.split(body, maxsplit=1)
    content = rest[0] if rest else b""
    head = head[:HEADERS_LIMIT]
    headers = read_headers(head + b"\r\n\r\n")
    keys = [key_for(KeyKind.DIGEST, body)]
    if headers.message_id:
        # Mail that takes another way comes with other headers; other content under a used Message-ID is another mail,
        # and must reach people like any other.
        keys.append(key_for(KeyKind.MESSAGE_ID, f"{headers.message_id} {hashlib.sha256(content).hexdigest()}"))
    answerable = bool(envelope_sender) and not headers.automatic
    today = clock.now().astimezone(LONDON).date()
    return Original(
        door=Door.EMAIL,
        practice=localities_of(runtime).by_mail_addresses(recipients, today),
        name="message.eml",
        media_type="message/rfc822",
        body=body,
        keys=tuple(keys),
        reading=Reading.BEING_READ,
        unread_reason=BEING_READ,
        reply_to=headers.sender if answerable else "",
        in_reply_to=headers.message_id if answerable else "",
        likeness_key=likeness_key(runtime),
    )


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
