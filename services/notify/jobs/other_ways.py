"""Attempts by the ways that are no mail of our own: a signed webhook, GOV.UK Notify, the inbox page."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from areas import Area
from chassis.runtime import Runtime
from services.notify import operations
from services.notify.clients import Carrier, Clients, Delivery, Facts, Message
from services.notify.domain import RecipientKind, Result, Way
from services.notify.jobs.handing import hand_over
from services.notify.jobs.running import digest_of
from services.notify.operations import LINK_IN_THE_MAIL, Claimed, Sent, Written
from services.notify.settings import letterhead

ASKED_AFTER = timedelta(seconds=30)
"""So soon GOV.UK Notify is asked for the first time whether a mail arrived."""
WEBHOOK_TEMPLATE = "webhook.v1"
_WITH_A_LINK = frozenset({RecipientKind.FRONT_DOOR, RecipientKind.SERVICE, RecipientKind.FORCE, RecipientKind.ASKED})


async def by_webhook(runtime: Runtime, area: Area, claimed: Claimed, told: Written) -> Sent:
    """Post a notice to the system of its recipient; what is kept of it shows no link that opens something by itself."""
    clients: Clients = runtime.clients
    found = operations.reached(area, claimed.recipient_kind, claimed.recipient_key)
    if found is None or found.webhook is None:
        return Sent(Result.NO_ADDRESS)
    message = _message(runtime, claimed, told, found.webhook)
    link = message.facts.link
    by_itself = bool(link) and link in told.text.body and link not in told.kept
    shown = replace(message, facts=replace(message.facts, link=LINK_IN_THE_MAIL)) if by_itself else message
    kept = clients.webhooks.written(shown).decode()
    words = Sent(Result.UNKNOWN, template=WEBHOOK_TEMPLATE, subject_line=f"Webhook: {claimed.kind}", body=kept)
    sent = replace(words, address=_place(found.webhook))
    hand_over(sent)
    return _answered(runtime, claimed, sent, message, await clients.webhooks.send(message))


async def by_govuk_notify(runtime: Runtime, claimed: Claimed, told: Written, address: str) -> Sent:
    """Hand a notice to GOV.UK Notify, in the words that a mail of our own would have."""
    clients: Clients = runtime.clients
    message = _message(runtime, claimed, told, address)
    shown = None if claimed.recipient else address  # what a referrer or an officer typed is personal
    sent = Sent(Result.UNKNOWN, None, shown, told.template, told.text.subject, told.kept)
    hand_over(sent)
    return _answered(runtime, claimed, sent, message, await clients.govuk_notify.send(message))


def in_the_inbox() -> Sent:
    """Return that a notice stands on the inbox page, where its recipient has asked for nothing else."""
    return Sent(Result.ACCEPTED, template="inbox", subject_line="In the inbox", body="Nothing was sent.")


def _answered(runtime: Runtime, claimed: Claimed, sent: Sent, message: Message, delivery: Delivery) -> Sent:
    clients: Clients = runtime.clients
    carrier: Carrier = clients.webhooks if claimed.way is Way.WEBHOOK else clients.govuk_notify
    now, said = datetime.now(UTC), carrier.written(message)
    return replace(
        sent,
        result=delivery.result,
        code=delivery.code,
        digest=digest_of(runtime, claimed, said),
        size=len(said),
        provider_id=delivery.provider_id or None,
        receipt_due_at=now + ASKED_AFTER if delivery.pending else None,
        not_before=None if delivery.wait is None else now + delivery.wait,
        acknowledged_by=delivery.acknowledged_by,
    )


def _message(runtime: Runtime, claimed: Claimed, told: Written, address: str) -> Message:
    head = letterhead(runtime.settings, runtime.secrets)
    linked = claimed.recipient_kind in _WITH_A_LINK and claimed.way is Way.WEBHOOK
    link = operations.link_of(head, claimed.kind, claimed.subject, claimed.about_id) if linked else ""
    at = claimed.created_at or datetime.now(UTC)
    return Message(
        id=claimed.id,
        recipient=f"{claimed.area}/{claimed.recipient_key}",
        address=address,
        language=claimed.language,
        subject=told.text.subject,
        body=told.text.body,
        facts=Facts(str(claimed.kind), claimed.reference, link, claimed.urgent, at),
        repeated=claimed.repeated,
        since=claimed.way_began_at,
    )


def _place(address: str) -> str:
    """Return where a webhook went as it may be shown: the system, without a path that might open something."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
