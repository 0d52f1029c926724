"""What the messages of a real case would say if they went now: nothing is sent, and the look is audited."""

from dataclasses import replace
from datetime import datetime

from starlette.responses import Response

from areas import Area
from chassis.clock import LONDON
from chassis.web import FormData, FormErrors, PageRequest
from contracts.vocabulary import tidy_reference
from services.notify import operations
from services.notify.domain import CaseAbsent, RecipientKind
from services.notify.operations import SAMPLE_ADDRESS, Claimed, Preview
from services.notify.settings import letterhead
from services.notify.web.message_templates import Shown, shown_of
from services.notify.web.naming import KIND_NAMES, recipient_name

NOT_GIVEN = "Enter a reference"


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
    area = _area_of(page)(claimed.area, claimed.area_version)
    claimed = operations.in_their_language(area, claimed)
    moments = [("As it would be sent now", page.now, claimed.urgent)]
    if claimed.recipient_kind is RecipientKind.FRONT_DOOR:
        closed = operations.when_closed(area, claimed.recipient_key, page.now)
        moments += [] if claimed.urgent else [("Now, in immediate danger", page.now, True)]
        if closed is not None:
            moments += [("Out of hours", closed, False), ("Out of hours, immediate danger", closed, True)]
    return [_at(page, area, replace(claimed, urgent=urgent), heading, at) for heading, at, urgent in moments]


def _at(page: PageRequest, area: Area, claimed: Claimed, heading: str, at: datetime) -> Shown:
    """Return a message as it would go at a moment; a sealed address is neither opened nor shown."""
    sealed = claimed.recipient_kind is RecipientKind.REFERRER or (not claimed.recipient_key and claimed.about_id)
    address, team = operations.address_of(area, claimed, at)
    if not address and not sealed and claimed.recipient_kind is not RecipientKind.DUTY_OFFICER:
        return Shown(heading, at, why_not="The area’s file has no address for it: it could not be delivered.")
    said = operations.written(letterhead(page.runtime.settings, page.runtime.secrets), area, claimed, at)
    if said is None:
        return Shown(heading, at, why_not="The area’s file says that this is not told.")
    shown = shown_of(area, claimed, said, (heading, at), (address or SAMPLE_ADDRESS, team))
    return replace(shown, address="an address that is kept sealed" if sealed else address)
