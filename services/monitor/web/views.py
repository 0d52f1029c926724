"""The pages of monitor: how everything is, which way a referral went, what was put aside, who vouches for what."""

import asyncio
import re
from dataclasses import dataclass

from chassis import audit
from chassis.errors import ThroughlineError
from chassis.policy import in_words
from chassis.web import FormErrors, PageRequest, Response, blank, parse
from contracts.catalogue import consumed_by, published_by
from contracts.vocabulary import is_reference, tidy_reference
from services.monitor import operations, queries
from services.monitor.clients import NothingThere, OpsClient, RepairAsked
from services.monitor.domain import REPAIR_MESSAGES, Repair, ServiceUnknown, tree, what_it_was
from services.monitor.readers import Ledger, ParkedMessage
from services.monitor.web.answers import as_uuid
from services.monitor.web.forms import RepairForm

RECENT = 50
NOT_IN_NAMES = re.compile(r"[^\w .@'+-]")


@dataclass(frozen=True)
class ParkedAt:
    """The messages one service has put aside, or the sentence why it does not tell."""

    service: str
    messages: tuple[ParkedMessage, ...] = ()
    sentence: str = ""


async def overview(request: PageRequest) -> Response:
    """Show every service's health, queues and the alarms that stand."""
    async with request.transaction() as session:
        readings, alarms = await queries.readings(session), await queries.alarms(session)
    return request.render("overview", title="Overview", readings=readings, alarms=alarms)


async def service_health(request: PageRequest) -> Response:
    """Show one service: its dependencies, queues and alarms."""
    service = request.path["service"]
    async with request.transaction() as session:
        found = [reading for reading in await queries.readings(session) if reading.service == service]
        alarms = await queries.alarms(session, service)
    if not found:
        raise ServiceUnknown("Nothing is known of a service of that name: choose one from the overview.")
    on_bus = bool(published_by(service) or consumed_by(service))
    title = f"The service {in_words(service)}"
    return request.render("service_health", title=title, reading=found[0], alarms=alarms, on_bus=on_bus)


async def way(request: PageRequest) -> Response:
    """Show where a referral went: its ledger lines and the spans of its journey as a tree."""
    reference = tidy_reference(request.query.get("reference", ""))
    form = blank({"reference": reference})
    if not reference:
        return _search(request, form)
    if not is_reference(reference):
        sentence = "Enter a reference like KM-7F3K-92QM: at least one letter or digit of this one is wrong"
        return _search(request, form.adding("reference", sentence), status=422)
    try:
        ledger = await _client(request).ledger(reference, _operator(request))
    except NothingThere as error:
        return _search(request, form.adding("reference", str(error)), status=404)
    return await _show_way(request, ledger)


async def parked(request: PageRequest) -> Response:
    """List the messages that any service has put aside."""
    client = _client(request)
    found = await asyncio.gather(*(_parked_at(client, service, _operator(request)) for service in client.services))
    silent = [one for one in found if one.sentence]
    rows = [(one.service, message) for one in found for message in one.messages]
    rows.sort(key=lambda row: row[1].parked_at)
    return request.render("parked", title="Parked messages", rows=rows, silent=silent)


async def parked_message(request: PageRequest) -> Response:
    """Show one parked message without its sealed body, and offer to retry or discard it."""
    return await _show_parked(request, blank())


async def check_repair(request: PageRequest) -> Response:
    """Show what a retry or discard would do, before it is done."""
    form = parse(RepairForm, await request.form())
    if isinstance(form, FormErrors):
        return await _show_parked(request, form)
    asked = _asked(request, form, dry_run=True)
    answer = await _client(request).repair(asked)
    title = "Check before the message is retried" if form.repair is Repair.RETRY else "Check before it is discarded"
    return request.render("check_repair", title=title, asked=asked, answer=answer)


async def repair(request: PageRequest) -> Response:
    """Retry or discard the message, and note in the audit who had it done and why."""
    form = parse(RepairForm, await request.form())
    if isinstance(form, FormErrors):
        return await _show_parked(request, form)
    asked = _asked(request, form, dry_run=False)
    # The audit row comes first: an answer that is lost on the way must not leave the deed without its author.
    async with request.transaction() as session:
        await operations.note_repair(
            session, asked.service, asked.message_id, asked.repair, reason=asked.reason, now=request.now
        )
    answer = await _client(request).repair(asked)
    request.flash(answer.sentence or "The service has done it.")
    return request.redirect("parked")


async def checkpoints(request: PageRequest) -> Response:
    """Show per service how far its audit chain is vouched for."""
    async with request.transaction() as session:
        chains = await queries.chains(session)
    return request.render("checkpoints", title="Audit checkpoints", chains=chains)


async def chain(request: PageRequest) -> Response:
    """Show the newest checkpoints kept for one service."""
    service = request.path["service"]
    async with request.transaction() as session:
        summary = await queries.chain(session, service)
        if summary is None:
            raise ServiceUnknown("No checkpoint is kept for a service of that name: choose one from the list.")
        kept = await queries.recent_checkpoints(session, service, limit=RECENT)
    title = f"Audit checkpoints of {in_words(service)}"
    return request.render("chain", title=title, summary=summary, kept=kept)


def _search(request: PageRequest, form: FormErrors, *, status: int = 200) -> Response:
    return request.render("way", status=status, title="A referral's way", form=form, ledger=None, trees=())


async def _show_way(request: PageRequest, ledger: Ledger) -> Response:
    async with request.transaction() as session:
        # Monitor is not told whose referral it is, only its reference.
        reason = f"way of {ledger.reference} looked up at monitor"
        await audit.record_read(session, subject=None, now=request.now, reason=reason)
        spans = await queries.journey(session, ledger.correlation_id)
    form = blank({"reference": ledger.reference})
    title, cut = f"The way of {ledger.reference}", len(spans) == queries.MOST_SPANS
    trees = [(what_it_was(node.span), node) for node in tree(spans)]
    return request.render("way", title=title, form=form, ledger=ledger, trees=trees, cut=cut)


async def _show_parked(request: PageRequest, form: FormErrors) -> Response:
    service, message_id = request.path["service"], as_uuid(request.path["message_id"])
    message = await _client(request).parked_message(service, message_id, _operator(request))
    return request.render(
        "parked_message",
        status=422 if form.errors else 200,
        title="Parked message",
        form=form,
        service=service,
        message=message,
        may_repair=request.may(REPAIR_MESSAGES),
    )


async def _parked_at(client: OpsClient, service: str, operator: str) -> ParkedAt:
    try:
        return ParkedAt(service, await client.parked(service, operator))
    except ThroughlineError as error:
        return ParkedAt(service, sentence=str(error))


def _asked(request: PageRequest, form: RepairForm, *, dry_run: bool) -> RepairAsked:
    message_id = as_uuid(request.path["message_id"])
    service, operator = request.path["service"], _operator(request)
    return RepairAsked(service, message_id, form.repair, form.reason, operator, dry_run)


def _client(request: PageRequest) -> OpsClient:
    client: OpsClient = request.runtime.clients
    return client


def _operator(request: PageRequest) -> str:
    # The same id as in every other audit row of this person, in the alphabet that the operations plane takes.
    return NOT_IN_NAMES.sub("-", request.actor.id).lstrip(" .@'+-")[:80] or "unnamed"
