"""A further form in the mail of a referral, made a referral of its own by whoever sees it there."""

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import Field

from chassis import audit
from chassis.web import Form, FormErrors, PageRequest, Response, parse
from contracts.vocabulary import tidy_reference
from services.intake.domain import Practice
from services.intake.operations.dividing import FoundByPerson, divide_at_desk
from services.intake.queries import DeskReferral, desk_referral, likeness_key, localities_of, same_mail_of
from services.intake.queries.same_mail import first_of_mail, texts_of_mail
from services.intake.web import keying
from services.intake.web.naming import TEAMS


class AnotherForm(Form):
    """Which form in a mail it is, and how many the desk had made of the mail when the page was shown."""

    messages: ClassVar[Mapping[str, str]] = {
        "which": "Enter which form in the mail it is",
        "which.string_too_long": "What you write must be 200 characters or fewer",
        "seen": "Open this page again from the referral: something of it was lost",
    }
    which: Annotated[str, Field(min_length=3, max_length=200, pattern=r"^[^\x00]*$")]
    seen: Annotated[int, Field(ge=0, le=1000)]


async def another_referral(request: PageRequest) -> Response:
    """Show what making another referral of a mail does before it is done, and do it."""
    reference = tidy_reference(request.path["reference"])
    form = FormErrors()
    if request.request.method == "POST":
        checked = parse(AnotherForm, await request.form())
        if isinstance(checked, AnotherForm):
            return await _make(request, reference, checked)
        form = checked
    return await _page(request, reference, form)


async def _make(request: PageRequest, reference: str, checked: AnotherForm) -> Response:
    async with request.transaction() as session:
        found = await desk_referral(session, reference)
        given = FoundByPerson(which=checked.which, seen=checked.seen, practice=_practice(request, found))
        key = likeness_key(request.runtime)
        made = await divide_at_desk(session, reference, given, likeness_key=key, now=request.now)
    if made.repeated:
        request.flash(f"{made.reference} had been made of this mail already: nothing new was made.")
    else:
        request.flash(f"{made.reference} is a referral of its own and has been sent on. Complete it from the original.")
    return request.redirect("referral", reference=made.reference)


async def _page(request: PageRequest, reference: str, form: FormErrors) -> Response:
    async with request.transaction() as session:
        found = await desk_referral(session, reference)
        same_mail = await same_mail_of(session, found.referral_id)
        first_id = await first_of_mail(session, found.referral_id)
        texts = await texts_of_mail(session, first_id)
        for subject in {found.referral_id, first_id}:
            await audit.record_read(session, subject=subject, now=request.now, reason="intake-desk-another")
    return request.render(
        "another_referral",
        status=422 if form.errors else 200,
        reference=found.reference,
        same_mail=same_mail,
        seen=form.value("seen") or len(same_mail.divisions),
        told=[TEAMS[each.team] for each in _practice(request, found).recipients if each.announce_unread],
        texts=[(each.name, each.text, keying.in_plain_words(each.note)) for each in texts],
        form=form,
    )


def _practice(request: PageRequest, found: DeskReferral) -> Practice:
    return localities_of(request.runtime).by_version(found.area, found.area_version, "")
