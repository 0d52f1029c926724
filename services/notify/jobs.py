"""The clock of notify: what is due is sent, what was interrupted too often is set aside, the demonstration tidied."""

import asyncio
import contextlib
from collections.abc import Coroutine, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from areas import Area
from chassis import clock, telemetry
from chassis.actor import Actor
from chassis.errors import Unavailable
from chassis.jobs import Job
from chassis.runtime import Runtime
from services.notify import operations, queries, readers
from services.notify.clients import Clients, Delivery, Mail
from services.notify.domain import (
    LINKS,
    Kind,
    MailUnsafe,
    Result,
    State,
    stage_is_receipt,
)
from services.notify.operations import Claimed, Sent, ToRemind, stage_of
from services.notify.settings import NotifySettings, letterhead

BATCH = 20
"""How many notices one turn claims and sends side by side; each sending ends well within the lease."""

STOP_SECONDS = 2.0
"""So long a stop waits for the sendings under way."""

ASKED = 1_000
"""Of so many mails at once the database is asked whether their notices are still there."""

Ended = tuple[Claimed, Sent]
"""A notice and how its attempt ended."""

log = telemetry.logger(__name__)
sent_counter = telemetry.counter("notify.notice.sent", "1", "Notices that a mail server accepted")


async def send_due(runtime: Runtime, now: datetime) -> None:
    """Send every notice that is due, a batch at a time, until none is left; then the lines to the server are ended."""
    clients: Clients = runtime.clients
    try:
        while await _whole_batch(runtime, now):
            pass
    finally:
        await clients.mail.hang_up()


async def _whole_batch(runtime: Runtime, now: datetime) -> bool:
    """Send a batch; return whether there was any.

    A stop waits a moment for the batch under way: what is broken off is tried again only when its lease has run out.
    """
    batch = asyncio.create_task(_send_batch(runtime, now))
    try:
        return await asyncio.shield(batch)
    except asyncio.CancelledError:
        await asyncio.wait((batch,), timeout=STOP_SECONDS)
        batch.cancel()
        await asyncio.gather(batch, return_exceptions=True)
        raise


async def _send_batch(runtime: Runtime, now: datetime) -> bool:
    """Claim a batch of what is due and send it; return whether there was any."""
    async with runtime.database.transaction(_actor(runtime)) as session:
        claimed = await operations.claim_due(
            session,
            limit=BATCH,
            mail_domain=_settings(runtime).mail_domain,
            machine_now=datetime.now(UTC),
        )
    if claimed:
        await send_all(runtime, claimed, now=now)
    return bool(claimed)


async def send_all(runtime: Runtime, claimed: Sequence[Claimed], *, now: datetime) -> None:
    """Send claimed notices side by side, outside any transaction, and record in one what became of them.

    A stop on the way records what has been sent by then: the next start would send it again.
    """
    sending = [asyncio.create_task(_attempt(runtime, one, now)) for one in claimed]
    try:
        await asyncio.wait(sending)
    except asyncio.CancelledError:
        for attempt in sending:
            attempt.cancel()
        with contextlib.suppress(Exception):
            await _record(runtime, await _ended(claimed, sending), now)
        raise
    await _record(runtime, await _ended(claimed, sending), now)
    for attempt in sending:
        attempt.result()


async def _ended(claimed: Sequence[Claimed], sending: Sequence[asyncio.Task[Sent]]) -> list[Ended]:
    tried = await asyncio.gather(*sending, return_exceptions=True)
    return [(one, sent) for one, sent in zip(claimed, tried, strict=True) if isinstance(sent, Sent)]


async def _record(runtime: Runtime, ended: Sequence[Ended], now: datetime) -> None:
    """Record attempts together; where one of them cannot be recorded, each by itself."""
    try:
        await _record_together(runtime, ended, now)
    except Unavailable:
        raise
    except Exception:
        if len(ended) == 1:
            raise
        apart = [await _tried(_record_together(runtime, [one], now)) for one in ended]
        for failure in filter(None, apart):
            raise failure from None


async def _tried(work: Coroutine[Any, Any, None]) -> Exception | None:
    try:
        await work
    except Exception as error:  # noqa: BLE001  it is raised once the others are recorded
        return error
    return None


async def _record_together(runtime: Runtime, ended: Sequence[Ended], now: datetime) -> None:
    async with runtime.database.transaction(_actor(runtime)) as session:
        states = await operations.record_attempts(session, ended, now=now, machine_now=datetime.now(UTC))
    for (one, sent), state in zip(ended, states, strict=True):
        _log(one, sent, state)


def _log(claimed: Claimed, sent: Sent, state: State | None) -> None:
    facts = {
        "reference": claimed.reference,
        "kind": str(claimed.kind),
        "outcome": str(sent.result),
        "state": state,
    }
    if sent.result == Result.ACCEPTED:
        sent_counter.add(1)
        log.info("A notice was sent.", extra={"facts": facts})
    else:
        log.warning("A notice was not sent.", extra={"facts": facts})


async def _attempt(runtime: Runtime, claimed: Claimed, now: datetime) -> Sent:
    audience = {"audience": str(claimed.recipient_kind)}
    with telemetry.span("notify.send", correlation_id=claimed.correlation_id, attributes=audience):
        return await _sent(runtime, claimed, now)


async def _sent(runtime: Runtime, claimed: Claimed, now: datetime) -> Sent:
    area = _area(runtime, claimed, now)
    address, _ = operations.address_of(area, claimed, now)
    if not address:
        return Sent(Result.NO_ADDRESS)
    told = operations.written(letterhead(runtime.settings, runtime.secrets), area, claimed, now)
    if told is None:
        return Sent(Result.NOT_TO_BE_TOLD)
    clients: Clients = runtime.clients
    group = caused_by_anybody(claimed)
    if group and not clients.restraint.allows(group, address, claimed.id):
        return Sent(Result.TOO_MANY)
    reply = claimed.in_reply_to if stage_is_receipt(stage_of(claimed)) else ""
    mail = Mail(
        claimed.message_id,
        _settings(runtime).mail_sender,
        address,
        told.text.subject,
        told.text.body,
        now,
        reply,
        operations.attached_file(claimed, now),
    )
    delivery, digest = await _send(runtime, mail)
    shown = None if claimed.recipient else address  # what a referrer or an officer typed is personal
    return Sent(
        delivery.result,
        delivery.code,
        shown,
        told.template,
        told.text.subject,
        told.kept,
        digest,
    )


def caused_by_anybody(claimed: Claimed) -> str:
    """Return which sort of mail this is that whoever asks or refers can cause to any address; "" for all others."""
    if claimed.kind in LINKS:
        return "link"
    return "receipt" if stage_is_receipt(stage_of(claimed)) else ""


async def _send(runtime: Runtime, mail: Mail) -> tuple[Delivery, str | None]:
    clients: Clients = runtime.clients
    try:
        return await clients.mail.send(mail), mail.digest()
    except MailUnsafe:
        return Delivery(Result.REFUSED), None


def link_of(runtime: Runtime, kind: Kind, subject: UUID, about_id: UUID | None) -> str:
    """Return the secure link of a mail of this installation; see operations.link_of."""
    return operations.link_of(letterhead(runtime.settings, runtime.secrets), kind, subject, about_id)


def _area(runtime: Runtime, claimed: Claimed, now: datetime) -> Area:
    known = runtime.areas.version(claimed.area, claimed.area_version)
    return known or runtime.areas.current(claimed.area, now.astimezone(clock.LONDON).date())


async def set_aside_interrupted(runtime: Runtime, now: datetime) -> None:
    """Give notices whose sender vanished too often to a person."""
    async with runtime.database.transaction(_actor(runtime)) as session:
        count = await operations.set_aside_interrupted(session, now=now, machine_now=datetime.now(UTC))
    if count:
        log.warning("Notices were set aside for a person.", extra={"facts": {"count": count}})


async def remind_of_asks(runtime: Runtime, now: datetime) -> None:
    """Remind people outside of what they have been asked, each in a transaction of its own, until all have been."""
    after = UUID(int=0)
    while waiting := await _to_remind(runtime, after, now):
        after = waiting[-1].id
        for each in waiting:
            try:
                async with runtime.database.transaction(_actor(runtime)) as session:
                    await operations.remind_of_ask(session, each.id, now=now)
            except Unavailable:
                raise
            except Exception:
                # One that cannot be written must keep no other from being reminded; the next turn tries it again.
                log.exception(
                    "Nobody could be reminded of what was asked.", extra={"facts": {"reference": each.reference}}
                )


async def _to_remind(runtime: Runtime, after: UUID, now: datetime) -> tuple[ToRemind, ...]:
    async with runtime.database.transaction(_actor(runtime)) as session:
        return await operations.asks_to_remind(session, after, now=now)


async def tidy_mail_folder(runtime: Runtime, _now: datetime) -> None:
    """Remove mails of the demonstration whose notice is no more: their subject was erased."""
    folder = runtime.settings.mail_directory
    if runtime.settings.mode != "demo" or folder is None:
        return
    mailed = await asyncio.to_thread(readers.notices_mailed, folder)
    for first in range(0, len(mailed), ASKED):
        asked = mailed[first : first + ASKED]
        async with runtime.database.transaction(_actor(runtime)) as session:
            known = await queries.notices_known(session, asked)
        for gone in set(asked) - known:
            (folder / f"{gone}.eml").unlink(missing_ok=True)


def _actor(runtime: Runtime) -> Actor:
    return Actor.job(runtime.settings.service, "send")


def _settings(runtime: Runtime) -> NotifySettings:
    if not isinstance(runtime.settings, NotifySettings):
        message = "Notify runs with its own settings; start it through services.notify.app."
        raise TypeError(message)
    return runtime.settings


JOBS = (
    Job("send-due", timedelta(seconds=1), send_due),
    Job("set-aside-interrupted", timedelta(seconds=30), set_aside_interrupted),
    Job("remind-of-asks", timedelta(seconds=30), remind_of_asks),
    Job("tidy-mail-folder", timedelta(seconds=30), tidy_mail_folder),
)
