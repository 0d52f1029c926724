"""Pages for those who have no account: a service reads and answers a signpost, a force an offer, each by its link."""

from datetime import datetime
from ipaddress import IPv6Address, ip_address, ip_network
from uuid import UUID, uuid4

from starlette.responses import Response

from chassis.web import FormData, FormErrors, PageRequest, blank, parse, refused
from services.notify import operations, queries
from services.notify.clients import Clients
from services.notify.domain import (
    LINK_WORKS,
    OPEN_FOR,
    AlreadyAcknowledged,
    AlreadyReported,
    LinkTo,
    Reach,
    SignpostAbsent,
    TransferAbsent,
    TransferAnswered,
    link_is_over,
    linked_id,
)
from services.notify.operations import Answer, TransferAnswer
from services.notify.queries import SignpostFound, TransferFound
from services.notify.settings import link_key
from services.notify.web.forms import ByLinkForm, ReportByLinkForm, TransferForm
from services.notify.web.naming import force_name, service_name

OPENED, WHO = "opened_links", "answers_as"
MOST_OPENED = 20
"""So many links beside the newest one stay open in one browser."""
TOO_OFTEN = "Too much was sent from your network within the hour: wait a while, then send this again"


async def signpost_link(page: PageRequest) -> Response:
    """Show a signpost to whoever holds its link, and take their answers in."""
    try:
        found = await _linked_signpost(page)
    except SignpostAbsent:
        return gone(page)
    if link_is_over(found.listed.made_at, page.now):
        return page.render("link_over", status=404, reference=found.listed.reference, days=LINK_WORKS.days)
    if found.listed.reported_at is not None:
        return page.render("signpost_done", reference=found.listed.reference, at=found.listed.reported_at)
    if page.request.method == "POST":
        return await _signpost_sent(page, found, await page.form())
    if found.listed.ended_at is None and not _is_open(page, found.listed.id):
        return page.render("link_closed", title="A message from the police", reference=found.listed.reference)
    return await _signpost(page, found, blank(page.session.get(WHO)))


async def transfer_link(page: PageRequest) -> Response:
    """Show an offer of a transfer to whoever holds its link, and take the answer in."""
    try:
        found = await _linked_transfer(page)
    except TransferAbsent:
        return gone(page)
    listed = found.listed
    if listed.answered_at is not None:
        return page.render("transfer_done", listed=listed, answers=found.answers)
    if link_is_over(listed.offered_at, page.now):
        return page.render("link_over", status=404, reference=listed.reference, days=LINK_WORKS.days)
    if page.request.method == "POST":
        return await _transfer_sent(page, found, await page.form())
    return await _transfer_asked(page, found)


async def _signpost_sent(page: PageRequest, found: SignpostFound, data: FormData) -> Response:
    step = data.get("step")
    if step not in {"acknowledge", "report"}:
        return _opened(page, found.listed.id)
    form = parse(ByLinkForm if step == "acknowledge" else ReportByLinkForm, data)
    if isinstance(form, FormErrors):
        return await _signpost(page, found, form, status=422)
    if not is_patient(page):
        return await _signpost(page, found, refused(data, ("by", TOO_OFTEN)), status=429)
    report = form.report if isinstance(form, ReportByLinkForm) else ""
    answer = Answer(Reach(), report, everywhere=True, by=form.who())
    tell = operations.report_signpost if report else operations.acknowledge_signpost
    try:
        async with page.transaction() as session:
            await tell(session, found.listed.id, answer, now=page.now)
    except (AlreadyAcknowledged, AlreadyReported):
        return _here(page)  # pressed twice, or a colleague was first: the page says by whom
    page.session[WHO] = {"by": form.by, "service": form.service}
    page.flash("Thank you. The police have been told.")
    return _opened(page, found.listed.id)


async def _transfer_sent(page: PageRequest, found: TransferFound, data: FormData) -> Response:
    if data.get("step") != "answer":
        return _opened(page, found.listed.id)
    form = parse(TransferForm, data)
    if isinstance(form, FormErrors):
        return await _transfer(page, found, form, status=422)
    if form.answer == "refuse" and not form.reason:
        return await _transfer(page, found, refused(data, ("reason", "Enter why your force refuses")), status=422)
    if not is_patient(page):
        return await _transfer(page, found, refused(data, ("answer", TOO_OFTEN)), status=429)
    by = f"{form.rank} {form.officer}, {force_name(page, found.listed.area, found.listed.force)}"
    answer = TransferAnswer(form.answer == "accept", by, form.reason)
    try:
        async with page.transaction() as session:
            await operations.answer_transfer(session, found.listed.id, answer, now=page.now)
    except TransferAnswered:
        return _here(page)
    page.flash("Thank you. The police who offered the transfer have been told.")
    return _here(page)


async def _transfer_asked(page: PageRequest, found: TransferFound) -> Response:
    listed = found.listed
    if listed.called_back_at is not None:
        return page.render("transfer_called_back", listed=listed)
    if not _is_open(page, listed.id):
        return page.render("link_closed", title="A transfer is offered to your force", reference=listed.reference)
    return await _transfer(page, found, blank())


async def _signpost(page: PageRequest, found: SignpostFound, form: FormErrors, status: int = 200) -> Response:
    over = found.listed.ended_at is not None
    if not over:
        async with page.transaction() as session:
            await operations.open_signpost(session, found.listed.id, Answer(Reach(), "", everywhere=True), now=page.now)
    return page.render(
        "signpost_ended" if over else "signpost_link",
        status=status,
        form=form,
        found=found,
        listed=found.listed,
        service=service_name(page, found.listed.area, found.listed.service),
    )


async def _transfer(page: PageRequest, found: TransferFound, form: FormErrors, status: int = 200) -> Response:
    async with page.transaction() as session:
        await operations.open_transfer(session, found.listed.id, now=page.now)
    force = force_name(page, found.listed.area, found.listed.force)
    return page.render("transfer_link", status=status, form=form, found=found, listed=found.listed, force=force)


async def _linked_signpost(page: PageRequest) -> SignpostFound:
    signpost_id = linked_id(link_key(page.runtime.secrets), LinkTo.SIGNPOST, page.path["token"])
    if signpost_id is None:
        raise SignpostAbsent
    async with page.transaction() as session:
        return await queries.signpost_found(session, signpost_id, None)


async def _linked_transfer(page: PageRequest) -> TransferFound:
    transfer_id = linked_id(link_key(page.runtime.secrets), LinkTo.TRANSFER, page.path["token"])
    if transfer_id is None:
        raise TransferAbsent
    async with page.transaction() as session:
        return await queries.transfer_found(session, transfer_id)


def gone(page: PageRequest) -> Response:
    """Answer to a link that nobody was sent; who tries many has to wait."""
    return page.render("link_gone", status=404 if is_patient(page) else 429)


def _opened(page: PageRequest, about_id: UUID) -> Response:
    """Keep that somebody pressed the button, which no scanner of mails does, and show what the link leads to."""
    others = {each: until for each, until in page.session.get(OPENED, {}).items() if each != str(about_id)}
    newest = dict([*others.items()][-MOST_OPENED:])
    page.session[OPENED] = {**newest, str(about_id): (page.now + OPEN_FOR).isoformat()}
    return _here(page)


def _is_open(page: PageRequest, about_id: UUID) -> bool:
    until = page.session.get(OPENED, {}).get(str(about_id))
    return until is not None and page.now < datetime.fromisoformat(until)


def _here(page: PageRequest) -> Response:
    assert page.page is not None  # noqa: S101 - a view has a row of the site map
    return page.redirect(page.page.title, token=page.path["token"])


def is_patient(page: PageRequest) -> bool:
    """Count what one network address sends, and say whether that is still few enough."""
    clients: Clients = page.runtime.clients
    client = page.request.client
    return clients.restraint.allows("visit", visitor(client.host if client else ""), uuid4())


def visitor(host: str) -> str:
    """Return whom a network address stands for: one machine has a whole network (/64) of IPv6 addresses."""
    try:
        known = ip_address(host)
    except ValueError:
        return host
    if not isinstance(known, IPv6Address):
        return host
    return str(known.ipv4_mapped or ip_network((known, 64), strict=False))
