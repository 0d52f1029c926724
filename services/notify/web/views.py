"""The pages of the receiving end: the inbox, a concern, a signpost, and their answers."""

from datetime import datetime
from uuid import UUID

from starlette.responses import Response

from chassis import audit, documents
from chassis.clock import LONDON
from chassis.web import FormErrors, PageRequest, blank, parse
from chassis.web.filed import filed_of
from services.notify import operations, queries
from services.notify.domain import (
    ANSWER_FOR_SERVICES,
    READ_INBOX,
    ConcernAbsent,
    DoorFacts,
    Reach,
    ServiceFacts,
    SignpostAbsent,
    reach_of,
)
from services.notify.operations import Answer
from services.notify.web.forms import (
    DONE_LABELS,
    AcknowledgeConcernForm,
    AcknowledgeForm,
    ReportConcernForm,
    SignpostForm,
)
from services.notify.web.naming import age_in_words, door_name, service_name

ALL_ACKNOWLEDGED = "Acknowledged. The intake desk can see that you have it."
MORE_HAS_COME = (
    "Acknowledged as far as you were shown it. More has come meanwhile: read this page again and acknowledge that too."
)


async def home(page: PageRequest) -> Response:
    """Lead each person to their own first page."""
    return page.redirect("inbox" if page.may(READ_INBOX) else "delivery_desk")


async def inbox(page: PageRequest) -> Response:
    """Show what has been sent to the reader's front door, unacknowledged first."""
    reach = reach_of_reader(page)
    async with page.transaction() as session:
        concerns = await queries.inbox(session, reach, before=_before(page))
        signposts = await queries.signposts(session, reach)
    answered = [one for one in concerns if one.acknowledged_at is not None]
    return page.render(
        "inbox",
        waiting=[one for one in concerns if one.acknowledged_at is None],
        answered=answered,
        earlier=answered[-1].acknowledged_at if len(answered) == queries.PAGE_SIZE else None,
        signposts=signposts,
        doors=sorted(door_name(page, area, door) for area, door in reach.doors),
        door_name=lambda one: door_name(page, one.area, one.front_door),
        service_name=lambda one: service_name(page, one.area, one.service),
        age=lambda at: age_in_words(at, page.now),
    )


async def concern(page: PageRequest) -> Response:
    """Show a concern to its front door; the first look counts as seen."""
    return await _concern(page, blank())


async def acknowledge_concern(page: PageRequest) -> Response:
    """Record that the front door has the concern in hand."""
    form = parse(AcknowledgeConcernForm, await page.form())
    if isinstance(form, FormErrors):
        return await _concern(page, form, status=422)
    subject = _id(page.path["subject"], ConcernAbsent())
    answer = Answer(reach_of_reader(page), form.report, version=form.version)
    async with page.transaction() as session:
        is_all = await operations.acknowledge_concern(session, subject, answer, now=page.now)
    page.flash(ALL_ACKNOWLEDGED if is_all else MORE_HAS_COME)
    return page.redirect("concern", subject=subject)


async def report_concern(page: PageRequest) -> Response:
    """Record what social care did about a concern, and tell the police."""
    form = parse(ReportConcernForm, await page.form())
    if isinstance(form, FormErrors):
        return await _concern(page, form, status=422)
    subject = _id(page.path["subject"], ConcernAbsent())
    answer = Answer(reach_of_reader(page), form.told)
    async with page.transaction() as session:
        await operations.report_concern(session, subject, answer, form.done, now=page.now)
    page.flash("Reported. The police have been told.")
    return page.redirect("concern", subject=subject)


async def _concern(page: PageRequest, form: FormErrors, status: int = 200) -> Response:
    subject, reach = _id(page.path["subject"], ConcernAbsent()), reach_of_reader(page)
    async with page.transaction() as session:
        await operations.open_concern(session, subject, reach, now=page.now)
        found = await queries.concern_found(session, subject, reach)
        reference = found.listed.reference
        attached = await filed_of(session, subject, reference) if found.facts is not None else ()
        same = await queries.same_person_as(session, reference, reach)
    return page.render(
        "concern",
        status=status,
        form=form,
        found=found,
        listed=found.listed,
        facts=found.facts,
        same=same,
        done=DONE_LABELS,
        documents=attached,
        document_url=lambda each: page.url("concern_document", subject=subject, document=each),
        door=door_name(page, found.listed.area, found.listed.front_door),
        age=age_in_words(found.listed.received_at, page.now),
    )


async def concern_document(page: PageRequest) -> Response:
    """Give a document of a concern to its front door, as a file to save."""
    subject = _id(page.path["subject"], ConcernAbsent())
    document_id = _id(page.path["document"], ConcernAbsent())
    async with page.transaction() as session:
        told = await queries.concern_found(session, subject, reach_of_reader(page))
        found = await documents.read(session, document_id)
        if found.subject != subject:
            raise ConcernAbsent
        await audit.record_read(
            session,
            subject=subject,
            now=page.now,
            reason="Saved a document of the concern",
        )
        attached = await filed_of(session, subject, told.listed.reference)
    name = next(each.file_name for each in attached if each.id == document_id)
    return Response(
        found.body,
        media_type="application/octet-stream",
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


async def signpost(page: PageRequest) -> Response:
    """Show a signpost to the service that it was made to, or to the desk."""
    return await _signpost(page, blank())


async def acknowledge_signpost(page: PageRequest) -> Response:
    """Record that the service has seen the signpost, with what it did where it says so, and tell the police."""
    form = parse(SignpostForm, await page.form())
    if isinstance(form, FormErrors):
        return await _signpost(page, form, status=422)
    signpost_id = _id(page.path["id"], SignpostAbsent())
    async with page.transaction() as session:
        await operations.acknowledge_signpost(session, signpost_id, _answer(page, form.report), now=page.now)
    page.flash("Acknowledged. The police have been told.")
    return page.redirect("signpost", id=signpost_id)


async def report_signpost(page: PageRequest) -> Response:
    """Record what the service did about the signpost, and tell the police."""
    form = parse(AcknowledgeForm, await page.form())
    if isinstance(form, FormErrors):
        return await _signpost(page, form, status=422)
    signpost_id = _id(page.path["id"], SignpostAbsent())
    async with page.transaction() as session:
        await operations.report_signpost(session, signpost_id, _answer(page, form.report), now=page.now)
    page.flash("Reported. The police have been told.")
    return page.redirect("signpost", id=signpost_id)


async def _signpost(page: PageRequest, form: FormErrors, status: int = 200) -> Response:
    signpost_id, answer = (
        _id(page.path["id"], SignpostAbsent()),
        _answer(page, ""),
    )
    async with page.transaction() as session:
        await operations.open_signpost(session, signpost_id, answer, now=page.now)
        found = await queries.signpost_found(session, signpost_id, None if answer.everywhere else answer.reach)
    return page.render(
        "signpost",
        status=status,
        form=form,
        found=found,
        listed=found.listed,
        service=service_name(page, found.listed.area, found.listed.service),
        on_behalf=answer.everywhere,
        age=age_in_words(found.listed.made_at, page.now),
    )


def _answer(page: PageRequest, report: str) -> Answer:
    return Answer(reach_of_reader(page), report, everywhere=page.may(ANSWER_FOR_SERVICES))


def reach_of_reader(page: PageRequest) -> Reach:
    """Return what the person's organisation may open, by the area files in force today."""
    today = page.now.astimezone(LONDON).date()
    areas = [page.runtime.areas.current(area, today) for area in page.runtime.areas.names()]
    return reach_of(
        page.actor.organisation,
        [DoorFacts(area.area, door.id, door.organisation, door.email) for area in areas for door in area.front_doors],
        [ServiceFacts(area.area, one.id, one.email) for area in areas for one in area.signpost_services],
    )


def _id(text: str, otherwise: Exception) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise otherwise from None


def _before(page: PageRequest) -> datetime | None:
    try:
        found = datetime.fromisoformat(page.query.get("before", ""))
    except ValueError:
        return None
    return found if found.tzinfo is not None else None
