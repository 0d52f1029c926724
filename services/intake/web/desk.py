"""The intake desk: originals that software could not read, and one referral beside its original."""

from urllib.parse import quote
from uuid import UUID

from chassis import audit, documents
from chassis.web import FormData, FormErrors, PageRequest, Response
from contracts.vocabulary import Door, tidy_reference
from services.intake.domain import CAME_IN, LONDON, Practice, Reading
from services.intake.operations import complete
from services.intake.queries import (
    DeskReferral,
    UnreadPlace,
    count_unread_referrals,
    desk_referral,
    likeness_key,
    localities_of,
    unread_referrals,
)
from services.intake.readers import Cage, FormReading, ReadMessage
from services.intake.readers.fields import assemble
from services.intake.web import forms, keying
from services.intake.web.places import SHOWN, age, mark, moment_of, reference_of

MAIL = "message/rfc822"
OPEN = frozenset({Reading.UNREAD, Reading.BEING_READ})
DOORS = {Door.WEB: "Web form", Door.API: "Partner system", Door.EMAIL: "Email"}


async def unread(request: PageRequest) -> Response:
    """List the originals that wait for a person, oldest first, with their age and who owns them."""
    request.session[CAME_IN] = True
    async with request.transaction() as session:
        total = await count_unread_referrals(session)
        after = _unread_place(request.query.get("after", ""))
        found = await unread_referrals(session, limit=SHOWN + 1, after=after)
    waiting = found[:SHOWN]
    localities = localities_of(request.runtime)
    rows = [
        {
            "reference": each.reference,
            "door": DOORS[Door(each.door)],
            "age": age(each.received_at, request.now),
            "reason": each.reason,
            "state": str(each.reading),
            "owner": localities.by_version(each.area, each.area_version, "").desk_owner,
        }
        for each in waiting
    ]
    more = mark(waiting[-1].place) if len(found) > SHOWN else ""
    return request.render("unread", rows=rows, total=total, more=more)


async def referral(request: PageRequest) -> Response:
    """Show one referral beside its original, and take in what a person keys from it."""
    reference = tidy_reference(request.path["reference"])
    async with request.transaction() as session:
        found = await desk_referral(session, reference)
        await audit.record_read(session, subject=found.referral_id, now=request.now, reason="intake-desk")
    if request.request.method == "GET":
        return await _referral_page(request, found, keying.blank_form(found.found))
    sent = await request.form()
    reading = _keyed(found, sent, request)
    if isinstance(reading, FormErrors) or reading.form is None:
        errors = reading if isinstance(reading, FormErrors) else keying.again(sent, reading)
        return await _referral_page(request, found, errors, status=422)
    practice = _practice(request, found, reading.form.person.district)
    key = likeness_key(request.runtime)
    async with request.transaction() as session:
        await complete(session, reference, reading.form, practice, likeness_key=key, now=request.now)
        facts = {"referrer_knows": sent.get(keying.SHARING)}
        await audit.record(
            session, "referral.keyed", subject=found.referral_id, now=request.now, area=found.area, facts=facts
        )
    request.flash(f"{reference} is complete and has been sent on.")
    return request.redirect("unread")


def _keyed(found: DeskReferral, sent: FormData, request: PageRequest) -> FormReading | FormErrors:
    """Return the form made of what the person keyed and, where the short form does not ask, what the software found.

    An answer that the person emptied stays empty.
    """
    today = request.now.astimezone(LONDON).date()
    checked = keying.read(sent, today)
    if isinstance(checked, FormErrors):
        return checked
    settled = keying.KEYED.union(found.found.doubtful)
    kept = {name: text for name, text in found.found.values.items() if name not in settled}
    return assemble({**kept, **checked})


async def _mail(request: PageRequest, found: DeskReferral) -> ReadMessage | None:
    """Return the mail of a referral that is still open, taken apart in a confined child of its own and recorded."""
    kept = next((each for each in found.documents if each.media_type == MAIL), None)
    if kept is None or found.reading not in OPEN:
        return None
    async with request.transaction() as session:
        original = await documents.read(session, kept.id)
        await audit.record_read(session, subject=found.referral_id, now=request.now, reason="intake-desk-mail")
    cage = Cage()
    await cage.start()
    try:
        return await cage.read_message(original.body)
    finally:
        await cage.stop()


async def _referral_page(request: PageRequest, found: DeskReferral, form: FormErrors, *, status: int = 200) -> Response:
    return request.render(
        "referral",
        status=status,
        form=form,
        reference=found.reference,
        received_at=found.received_at,
        age=age(found.received_at, request.now),
        door=DOORS[Door(found.door)],
        owner=_practice(request, found, "").desk_owner,
        reason=found.reason,
        open=found.reading in OPEN,
        mail=await _mail(request, found),
        answers=keying.answers_of(found.form) if found.form else [],
        originals=[
            {
                "name": "The mail as it came" if each.media_type == MAIL else each.name,
                "size": f"{max(1, each.size // 1024):,} KB",
                "url": request.url("original", document_id=each.id),
            }
            for each in found.documents
        ],
        missing=[keying.label_of(name) for name in found.found.missing],
        doubtful=[keying.label_of(name) for name in found.found.doubtful],
        areas=localities_of(request.runtime).districts(request.now.astimezone(LONDON).date()),
        yes_no=forms.YES_NO,
        sectors=keying.SECTORS,
        sharing=keying.SHARING_CHOICES,
    )


def _practice(request: PageRequest, found: DeskReferral, district: str) -> Practice:
    return localities_of(request.runtime).by_version(found.area, found.area_version, district)


async def original(request: PageRequest) -> Response:
    """Hand over an original as a download, never to be shown by the browser, and record who had it."""
    async with request.transaction() as session:
        found = await documents.read(session, UUID(request.path["document_id"]))
        await audit.record_read(session, subject=found.subject, now=request.now, reason="intake-desk-original")
    name = quote(found.reference.name, safe="")
    headers = {"content-disposition": f"attachment; filename*=UTF-8''{name}"}
    return Response(found.body, media_type="application/octet-stream", headers=headers)


# A mark that somebody has changed by hand begins at the top: it can show nothing that the list would not.
def _unread_place(mark: str) -> UnreadPlace | None:
    try:
        received_at, reference = mark.split("~")
        return moment_of(received_at), reference_of(reference)
    except (ValueError, OverflowError):
        return None
