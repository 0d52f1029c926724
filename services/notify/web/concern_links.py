"""How a front door says without signing in that it has a concern: by the link of a mail, once, within days."""

from starlette.responses import Response

from chassis.web import FormData, FormErrors, PageRequest, blank, parse, refused
from services.notify import operations, queries
from services.notify.domain import (
    ACKNOWLEDGE_WORKS,
    AlreadyAcknowledged,
    ConcernAbsent,
    LinkTo,
    Reach,
    linked_id,
)
from services.notify.operations import Answer
from services.notify.queries import LinkedConcern
from services.notify.settings import link_key
from services.notify.web.forms import HaveItForm
from services.notify.web.guests import TOO_OFTEN, gone, is_patient
from services.notify.web.naming import door_name


async def concern_link(page: PageRequest) -> Response:
    """Show whoever holds the link which concern it is, nothing of the person, and take in that they have it."""
    try:
        found = await _linked(page)
    except ConcernAbsent:
        return gone(page)
    if found.acknowledged_at is not None or found.is_with_others:
        return page.render("concern_link_used", found=found, door=door_name(page, found.area, found.front_door))
    if page.now - found.told_at >= ACKNOWLEDGE_WORKS:
        return page.render("concern_link_over", status=404, reference=found.reference, days=ACKNOWLEDGE_WORKS.days)
    if page.request.method == "POST":
        return await _sent(page, found, await page.form())
    return _shown(page, found, blank())


async def _sent(page: PageRequest, found: LinkedConcern, data: FormData) -> Response:
    form = parse(HaveItForm, data)
    if isinstance(form, FormErrors):
        return _shown(page, found, form, 422)
    if not is_patient(page):
        return _shown(page, found, refused(data, ("by", TOO_OFTEN)), 429)
    reach = Reach(doors=frozenset({(found.area, found.front_door)}))
    door = door_name(page, found.area, found.front_door)
    answer = Answer(reach, form.report, by=f"{form.by}, {door}", version=found.version)
    try:
        async with page.transaction() as session:
            await operations.acknowledge_concern(session, found.subject, answer, now=page.now)
    except (AlreadyAcknowledged, ConcernAbsent):
        pass  # a colleague was first, or it has moved meanwhile: the page says which
    return page.redirect("concern_link", token=page.path["token"])


def _shown(page: PageRequest, found: LinkedConcern, form: FormErrors, status: int = 200) -> Response:
    door = door_name(page, found.area, found.front_door)
    return page.render("concern_link", status=status, form=form, found=found, door=door)


async def _linked(page: PageRequest) -> LinkedConcern:
    notice_id = linked_id(link_key(page.runtime.secrets), LinkTo.CONCERN, page.path["token"])
    if notice_id is None:
        raise ConcernAbsent
    async with page.transaction() as session:
        return await queries.linked_concern(session, notice_id)
