"""What the messages of a real case would say if they went now: nothing is sent, and the look is audited."""

from dataclasses import replace
from datetime import datetime
from urllib.parse import urlsplit

from starlette.responses import Response

from areas import Area
from chassis.clock import LONDON
from chassis.web import FormData, FormErrors, PageRequest
from contracts.vocabulary import tidy_reference
from services.notify import operations
from services.notify.clients import Clients, Facts, Message
from services.notify.domain import CaseAbsent, FormSent, RecipientKind, Way
from services.notify.operations import LINK_IN_THE_MAIL, SAMPLE_ADDRESS, Claimed, Preview
from services.notify.settings import letterhead
from services.notify.web.message_templates import Shown, shown_of
from services.notify.web.naming import KIND_NAMES, WAY_NAMES, form_in_words, recipient_name

NOT_GIVEN = "Enter a reference"
LINKED = frozenset({RecipientKind.SERVICE, RecipientKind.FORCE, RecipientKind.ASKED})
"""Whose webhooks bring a link that opens something by itself."""


async def previews(page: PageRequest) -> Response:
    """Show the messages of one case by its reference, and what a chosen one would say, at each time that matters."""
    form = FormErrors(FormData({name: (value,) for name, value in page.query.items()}))
    asked = "reference" in page.query
    reference = tidy_reference(form.value("reference"))
    found: tuple[Preview, ...] = ()
    if asked and not reference:
        form = form.adding("reference", NOT_GIVEN)
    elif reference:
        try:
            async with page.transaction() as session:
                found = await operations.messages_of_case(session, reference, _area_of(page), now=page.now)
        except CaseAbsent as absent:
            form = form.adding("reference", str(absent))
    chosen = next((each for each in found if each.id == page.query.get("message")), None)
    return page.render(
        "previews",
        status=422 if form.errors else 200,
        form=form,
        reference=reference,
        messages=[_line(page, each) for each in found],
        chosen=_line(page, chosen) if chosen else None,
        secret=chosen is not None and chosen.is_secret,
        shown=[] if chosen is None or chosen.is_secret else _shown(page, chosen.claimed),
    )


def _area_of(page: PageRequest) -> operations.AreaOf:
    today = page.now.astimezone(LONDON).date()
    areas = page.runtime.areas
    return lambda area, version: areas.version(area, version) or areas.current(area, today)


def _line(page: PageRequest, each: Preview) -> dict[str, object]:
    claimed = each.claimed
    return {
        "id": each.id,
        "kind": KIND_NAMES[claimed.kind],
        "to": recipient_name(page, claimed),
        "is_written": each.is_written,
    }


def _shown(page: PageRequest, claimed: Claimed) -> list[Shown]:
    """Return what a message would say now and, to a front door, out of hours and in immediate danger."""
    area = operations.practice_for(page.runtime.areas, claimed, page.now.astimezone(LONDON).date())
    claimed = operations.in_their_language(area, claimed)
    moments = [("As it would be sent now", page.now, claimed.urgent)]
    if claimed.recipient_kind is RecipientKind.FRONT_DOOR:
        closed = operations.when_closed(area, claimed.recipient_key, page.now)
        moments += [] if claimed.urgent else [("Now, in immediate danger", page.now, True)]
        if closed is not None:
            moments += [("Out of hours", closed, False), ("Out of hours, immediate danger", closed, True)]
    shown = [_at(page, area, replace(claimed, urgent=urgent), heading, at) for heading, at, urgent in moments]
    return [each for of_a_moment in shown for each in of_a_moment]


def _at(page: PageRequest, area: Area, claimed: Claimed, heading: str, at: datetime) -> list[Shown]:
    """Return a message as it would go at a moment, way by way; a sealed address is neither opened nor shown."""
    sealed = claimed.recipient_kind is RecipientKind.REFERRER or (not claimed.recipient_key and claimed.about_id)
    address, team = operations.address_of(area, claimed, at)
    if not address and not sealed and claimed.recipient_kind is not RecipientKind.DUTY_OFFICER:
        return [Shown(heading, at, why_not="The area’s file has no address for it: it could not be delivered.")]
    said = operations.written(letterhead(page.runtime.settings, page.runtime.secrets), area, claimed, at)
    if said is None:
        return [Shown(heading, at, why_not="The area’s file says that this is not told.")]
    mail = shown_of(area, claimed, said, (heading, at), (address or SAMPLE_ADDRESS, team))
    mail = replace(mail, address="an address that is kept sealed" if sealed else address)
    ways = operations.ways_of(area, operations.addressee_of(claimed), at)
    return [_by(page, area, claimed, mail, (way, place)) for place, way in enumerate(ways)]


def _by(page: PageRequest, area: Area, claimed: Claimed, mail: Shown, which: tuple[Way, int]) -> Shown:
    """Return what really goes by one way: the mail, the body of a webhook, or nothing."""
    way, place = which
    heading = f"{mail.heading}: {'then' if place else 'first'} by {WAY_NAMES[way]}"
    if way is Way.INBOX:
        return Shown(heading, mail.at, why_not="Nothing is sent: it waits in the inbox for somebody to look.")
    if way is not Way.WEBHOOK:
        form = mail.form if way is Way.SMTP or not mail.form else form_in_words(FormSent.NOT_BY_MAIL, "", "")
        return replace(mail, heading=heading, ways=WAY_NAMES[way], form=form)
    found = operations.reached(area, claimed.recipient_kind, claimed.recipient_key)
    if found is None or found.webhook is None:
        return Shown(heading, mail.at, why_not="The area’s file has no address for this webhook: it is left out.")
    posted = _posted(page, claimed, mail.at)
    form = form_in_words(FormSent.NOT_BY_MAIL, "", "") if mail.form else ""
    where = urlsplit(found.webhook)
    return Shown(
        heading=heading,
        at=mail.at,
        address=f"{where.scheme}://{where.netloc}",
        team=mail.team,
        subject=f"Webhook: {claimed.kind}",
        body=posted,
        size=len(posted),
        ways=WAY_NAMES[way],
        form=form,
    )


def _posted(page: PageRequest, claimed: Claimed, at: datetime) -> str:
    """Return the body of a webhook; in place of a link that opens something by itself stands that there is one."""
    head = letterhead(page.runtime.settings, page.runtime.secrets)
    link = LINK_IN_THE_MAIL
    if claimed.recipient_kind is RecipientKind.FRONT_DOOR:
        link = operations.link_of(head, claimed.kind, claimed.subject, claimed.about_id)
    elif claimed.recipient_kind not in LINKED:
        link = ""
    facts = Facts(str(claimed.kind), claimed.reference, link, claimed.urgent, claimed.created_at or at)
    recipient = f"{claimed.area}/{claimed.recipient_key}"
    clients: Clients = page.runtime.clients
    message = Message(claimed.id, recipient, "", claimed.language, "", "", facts)
    return clients.webhooks.written(message).decode()
