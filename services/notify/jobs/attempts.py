"""One attempt to send one notice, by the way that it is on."""

import asyncio
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlsplit

from areas import Area
from chassis import clock, telemetry
from chassis.database import is_world_down
from chassis.errors import SubjectErased
from chassis.runtime import Runtime
from services.notify import operations
from services.notify.clients import Clients, Delivery, Mail
from services.notify.domain import (
    LINKS,
    LONGEST_ATTEMPT,
    FormSent,
    MailUnsafe,
    Result,
    Way,
    bounce_address,
    stage_is_receipt,
)
from services.notify.jobs.handing import begin_attempt, hand_over, left_at
from services.notify.jobs.other_ways import by_govuk_notify, by_webhook, in_the_inbox
from services.notify.jobs.running import digest_of, job_actor, notify_settings
from services.notify.operations import Addressee, Claimed, HostOf, Sent, WaysOf, Written, stage_of
from services.notify.settings import bounce_key, letterhead

log = telemetry.logger(__name__)


async def attempt_one(runtime: Runtime, claimed: Claimed, now: datetime) -> Sent:
    """Try to send one notice, and return how that ended; raises only where the world is down, never for one notice.

    It ends well before the notice's lease does, whatever it waits for: nobody else can have begun on it by then.
    """
    audience = {"audience": str(claimed.recipient_kind)}
    begin_attempt()
    with telemetry.span("notify.send", correlation_id=claimed.correlation_id, attributes=audience):
        broken_off = asyncio.timeout(LONGEST_ATTEMPT.total_seconds())
        try:
            async with broken_off:
                return await _sent(runtime, claimed, now)
        except Exception as error:
            if broken_off.expired():
                return left_at(Result.UNKNOWN)
            if is_world_down(error):
                raise
            facts = {"reference": claimed.reference, "kind": str(claimed.kind)}
            log.exception("A notice cannot be sent, by a fault of our own.", extra={"facts": facts})
            return left_at(Result.FAULT)


async def _sent(runtime: Runtime, claimed: Claimed, now: datetime) -> Sent:
    area = _area(runtime, claimed, now)
    return replace(await _sent_by(runtime, area, claimed, now), area_version=area.version)


async def _sent_by(runtime: Runtime, area: Area, claimed: Claimed, now: datetime) -> Sent:
    """Try to send one notice as a version of the area's file says."""
    claimed = operations.in_their_language(area, claimed)
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
    return await _by_its_way(runtime, area, claimed, (told, address), now)


async def _by_its_way(runtime: Runtime, area: Area, claimed: Claimed, said: tuple[Written, str], now: datetime) -> Sent:
    told, address = said
    if claimed.way is Way.WEBHOOK:
        return await by_webhook(runtime, area, claimed, told)
    if claimed.way is Way.GOVUK_NOTIFY:
        return await by_govuk_notify(runtime, claimed, told, address)
    return in_the_inbox() if claimed.way is Way.INBOX else await _by_mail(runtime, area, claimed, said, now)


async def _by_mail(runtime: Runtime, area: Area, claimed: Claimed, plain: tuple[Written, str], now: datetime) -> Sent:
    """Send a mail: with the form where the area lists the address and the line is secure, else with the link alone.

    So it goes too where the server refuses what the mail says: it may take no file, or none of that size.
    """
    told, address = plain
    form, stays = await _form(runtime, area, claimed, address, now)
    if form:
        carrying = replace(claimed, with_form=True)
        said = operations.written(letterhead(runtime.settings, runtime.secrets), area, carrying, now) or told
        sent = await _mailed(runtime, area, claimed, (said, address, form), now)
        if not sent.without_form:
            return replace(sent, form=str(FormSent.ATTACHED))
        stays = FormSent.NOT_ENCRYPTED if sent.result is Result.NOT_SECURE else FormSent.REFUSED
    sent = await _mailed(runtime, area, claimed, (told, address, b""), now)
    return replace(sent, form=str(stays) if stays else None)


async def _form(
    runtime: Runtime, area: Area, claimed: Claimed, address: str, now: datetime
) -> tuple[bytes, FormSent | None]:
    """Return the form that is to go with a mail, or nothing and why it stays; neither where there never is one."""
    if not operations.may_have_form(claimed):
        return b"", None
    stays = operations.form_stays(area, claimed, address)
    if stays:
        return b"", stays
    try:
        async with runtime.database.transaction(job_actor(runtime)) as session:
            form = await operations.open_form(session, claimed, address, now=now)
    except SubjectErased:
        form = b""
    return form, None if form else FormSent.NOT_READ


async def _mailed(
    runtime: Runtime, area: Area, claimed: Claimed, said: tuple[Written, str, bytes], now: datetime
) -> Sent:
    told, address, form = said
    reply = claimed.in_reply_to if stage_is_receipt(stage_of(claimed)) else ""
    mail = Mail(
        claimed.message_id,
        notify_settings(runtime).mail_sender,
        address,
        told.text.subject,
        told.text.body,
        now,
        reply,
        operations.attached_file(claimed, now),
        bounces_to_of(runtime, claimed),
        form,
        area.smtp.tls_of(address),
    )
    shown = None if claimed.recipient else address  # what a referrer or an officer typed is personal
    sent = Sent(Result.UNKNOWN, None, shown, told.template, told.text.subject, told.kept)
    hand_over(replace(sent, form=str(FormSent.ATTACHED) if form else None))
    delivery, wire = await _send(runtime, mail)
    digest, size = (digest_of(runtime, claimed, wire), len(wire)) if wire else (None, None)
    return replace(
        sent,
        result=delivery.result,
        code=delivery.code,
        digest=digest,
        size=size,
        without_form=bool(form) and (delivery.result is Result.NOT_SECURE or _refuses_text(delivery)),
    )


def _refuses_text(delivery: Delivery) -> bool:
    return delivery.of_text and delivery.result is Result.REFUSED


def caused_by_anybody(claimed: Claimed) -> str:
    """Return which sort of mail this is that whoever asks or refers can cause to any address; "" for all others."""
    if claimed.kind in LINKS:
        return "link"
    return "receipt" if stage_is_receipt(stage_of(claimed)) else ""


def bounces_to_of(runtime: Runtime, claimed: Claimed) -> str:
    """Return the address to which what this attempt sends comes back, "" where this installation takes none."""
    mailbox = notify_settings(runtime).bounces_to
    return bounce_address(mailbox, bounce_key(runtime.secrets), claimed.id, claimed.number) if mailbox else ""


async def _send(runtime: Runtime, mail: Mail) -> tuple[Delivery, bytes]:
    clients: Clients = runtime.clients
    try:
        return await clients.mail.send(mail), mail.wire
    except MailUnsafe:
        return Delivery(Result.REFUSED), b""


def ways_of(runtime: Runtime, now: datetime) -> WaysOf:
    """Return the question by which ways somebody is reached at this moment."""

    def ways(addressee: Addressee) -> tuple[Way, ...]:
        return operations.ways_of(_area(runtime, addressee, now), addressee, now)

    return ways


def host_of(runtime: Runtime, now: datetime) -> HostOf:
    """Return the question where a notice is to arrive: the domain of a mail address, or the host of a webhook."""

    def host(claimed: Claimed) -> str:
        area = _area(runtime, claimed, now)
        if claimed.way is Way.SMTP:
            return operations.address_of(area, claimed, now)[0].rpartition("@")[2].casefold()
        if claimed.way is Way.WEBHOOK:
            found = operations.reached(area, claimed.recipient_kind, claimed.recipient_key)
            return urlsplit(found.webhook).netloc if found and found.webhook else ""
        return ""

    return host


def _area(runtime: Runtime, claimed: Claimed | Addressee, now: datetime) -> Area:
    return operations.practice_for(runtime.areas, claimed, now.astimezone(clock.LONDON).date())
