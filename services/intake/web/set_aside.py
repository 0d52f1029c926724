"""Mails that answer our own: each with its original, for a person to take as a referral or to dismiss."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import Field

from chassis import audit, documents
from chassis.web import Form, FormErrors, PageRequest, Response, parse
from services.intake.domain import NoReferral
from services.intake.operations import SettledMeanwhile, dismiss, want_referral
from services.intake.operations.setting_aside import SETTLED
from services.intake.queries import MailSetAside, count_mails_set_aside, mail_set_aside, mails_set_aside
from services.intake.readers import Cage, ReadMessage
from services.intake.web.places import SHOWN, age

REFERRAL, NOTHING = "referral", "nothing"
CHOICES = ((REFERRAL, "Yes, take it in as a referral"), (NOTHING, "No, there is nothing in it"))
WHY: Mapping[NoReferral, str] = {
    NoReferral.BOUNCE: "One of our mails could not be delivered",
    NoReferral.AUTO_REPLY: "An automatic answer to one of our mails",
    NoReferral.OUR_OWN: "One of our own mails came back",
    NoReferral.ADDITION: "A referrer adds to a referral",
}


class DecideForm(Form):
    """What a person found in a mail that was set aside."""

    messages: ClassVar[Mapping[str, str]] = {
        "answer": "Select whether there is a referral in it",
        "reason": "Enter what you found in it",
        "reason.string_too_long": "What you write must be 400 characters or fewer",
    }
    answer: Annotated[str, Field(pattern=f"^({REFERRAL}|{NOTHING})$")]
    reason: Annotated[str, Field(min_length=3, max_length=400, pattern=r"^[^\x00]*$")]


async def mails_aside(request: PageRequest) -> Response:
    """List the mails that were set aside, oldest first."""
    async with request.transaction() as session:
        total = await count_mails_set_aside(session)
        found = await mails_set_aside(session, limit=SHOWN)
    return request.render("mails_aside", total=total, rows=[_shown(each, request) for each in found])


async def mail_aside(request: PageRequest) -> Response:
    """Show what one of these mails says, and take a person's decision."""
    async with request.transaction() as session:
        found = await mail_set_aside(session, UUID(request.path["aside_id"]))
    if found is None:
        raise SettledMeanwhile(SETTLED)
    form = FormErrors()
    if request.request.method == "POST":
        checked = parse(DecideForm, await request.form())
        if isinstance(checked, DecideForm):
            return await _decided(request, found, checked)
        form = checked
    return request.render(
        "mail_aside",
        status=422 if form.errors else 200,
        mail=await _mail(request, found),
        row=_shown(found, request),
        form=form,
        choices=CHOICES,
    )


async def _decided(request: PageRequest, found: MailSetAside, checked: DecideForm) -> Response:
    decide = want_referral if checked.answer == REFERRAL else dismiss
    async with request.transaction() as session:
        await decide(session, found.id, reason=checked.reason, now=request.now)
    taken = checked.answer == REFERRAL
    request.flash(
        "The mail is taken in as a referral; its reference appears in the ledger within seconds."
        if taken
        else "Dismissed."
    )
    return request.redirect("mails_aside")


async def _mail(request: PageRequest, found: MailSetAside) -> ReadMessage:
    async with request.transaction() as session:
        body = (await documents.read(session, found.document_id)).body
        await audit.record_read(session, subject=found.id, now=request.now, reason="intake-desk-mail")
    cage: Cage = request.runtime.state["cage"]
    return await cage.read_message(body)


def _shown(found: MailSetAside, request: PageRequest) -> dict[str, Any]:
    return {
        "id": found.id,
        "why": WHY[found.why],
        "age": age(found.received_at, request.now),
        "received_at": found.received_at,
        "original": request.url("original", document_id=found.document_id),
    }
