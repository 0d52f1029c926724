"""One referral at the desk: its original on one side, its fields on the other, who owns it and by when it is due."""

from collections.abc import Sequence

from chassis import audit
from chassis.web import FormErrors, PageRequest, Response, blank
from contracts.vocabulary import Door, nrf, tidy_reference
from services.intake.domain import LONDON, STILL_OPEN, Answer, Practice, Quarantined, Reading, ShownText
from services.intake.domain.same_mail import SameMail
from services.intake.operations import allocate, claim, complete
from services.intake.queries import (
    DeskReferral,
    PairView,
    desk_referral,
    evidence_of,
    likeness_key,
    localities_of,
    officers_of,
    pairs_of,
    quarantined_of,
    same_mail_of,
)
from services.intake.readers import FormReading
from services.intake.readers.fields import assemble
from services.intake.web import keying
from services.intake.web.desk.originals import MAIL
from services.intake.web.desk.pairs import alike
from services.intake.web.naming import DOORS
from services.intake.web.places import age


async def referral(request: PageRequest) -> Response:
    """Show one referral beside its original, and take in what a person keys from it."""
    found = await _opened(request)
    if request.request.method == "GET":
        return await _page(request, found, keying.form(found.found))
    sent = await request.form()
    checked = keying.read(sent, found.found, request.now.astimezone(LONDON).date())
    if isinstance(checked, tuple):
        return await _page(request, found, keying.form(found.found, sent, checked), status=422)
    reading = assemble(checked)
    if reading.form is None:
        wrong = [(name, f"{keying.label_of(name)}: enter it, or correct it") for name in _unsettled(reading)]
        again = keying.form(found.found, sent, wrong or [("form", reading.reason)])
        return await _page(request, found, again, status=422)
    practice = _practice(request, found, reading.form.person.district)
    key = likeness_key(request.runtime)
    async with request.transaction() as session:
        await claim(session, found.reference, now=request.now)
        await complete(session, found.reference, reading.form, practice, likeness_key=key, now=request.now)
        facts = {"referrer_knows": sent.get(keying.SHARING)}
        await audit.record(
            session, "referral.keyed", subject=found.referral_id, now=request.now, area=found.area, facts=facts
        )
    request.flash(f"{found.reference} is complete and has been sent on.")
    return request.redirect("unread")


async def claim_referral(request: PageRequest) -> Response:
    """Make the officer the owner of a referral; taking it over needs a reason."""
    found = await _opened(request)
    sent = await request.form()
    taken = found.claim is not None and found.claim.officer_id != request.actor.id
    if taken and not sent.get("reason").strip():
        wrong = FormErrors(sent, (("reason", "Enter why you take this referral over"),))
        return await _page(request, found, keying.form(found.found), owning=wrong, status=422)
    async with request.transaction() as session:
        await claim(session, found.reference, reason=sent.get("reason"), now=request.now)
    request.flash(f"You complete {found.reference}. Everybody at the desk sees your name.")
    return request.redirect("referral", reference=found.reference)


async def allocate_referral(request: PageRequest) -> Response:
    """Give a referral to a colleague at the desk, with a reason."""
    found = await _opened(request)
    sent = await request.form()
    asked = {"officer": "Select a colleague", "why": "Enter why you allocate it"}
    wrong = tuple((name, sentence) for name, sentence in asked.items() if not sent.get(name).strip())
    if wrong:
        return await _page(request, found, keying.form(found.found), owning=FormErrors(sent, wrong), status=422)
    async with request.transaction() as session:
        given = await allocate(session, found.reference, sent.get("officer"), reason=sent.get("why"), now=request.now)
    request.flash(f"{given.officer_name} completes {found.reference}, and finds it in the list of their own.")
    return request.redirect("unread")


def _unsettled(reading: FormReading) -> tuple[str, ...]:
    return (*reading.missing, *reading.doubtful)


async def _opened(request: PageRequest) -> DeskReferral:
    async with request.transaction() as session:
        found = await desk_referral(session, tidy_reference(request.path["reference"]))
        await audit.record_read(session, subject=found.referral_id, now=request.now, reason="intake-desk")
    return found


async def _page(
    request: PageRequest, found: DeskReferral, form: keying.Form, *, owning: FormErrors | None = None, status: int = 200
) -> Response:
    async with request.transaction() as session:
        pairs = await pairs_of(session, found.referral_id)
        held = await quarantined_of(session, found.referral_id)
        sender = await evidence_of(session, found.referral_id)
        officers = await officers_of(session, found.area, now=request.now)
        same_mail = await same_mail_of(session, found.referral_id)
    is_open = found.reading in STILL_OPEN
    return request.render(
        "referral",
        status=status,
        reference=found.reference,
        facts=_facts(request, found),
        reason=keying.in_plain_words(found.reason),
        open=is_open,
        erased=found.reading is Reading.ERASED,
        owner=_owner(request, found),
        mine=found.claim is not None and found.claim.officer_id == request.actor.id,
        taken=found.claim is not None and found.claim.officer_id != request.actor.id,
        owning=owning or blank(),
        colleagues=[(each.id, each.name) for each in officers if each.id not in _has(request, found)],
        texts=[_text(each) for each in found.found.texts] if is_open else [],
        named=_named(found, pairs),
        originals=[_document(request, found, place) for place in range(len(found.documents))],
        quarantined=[_held(each) for each in held],
        sender=sender,
        same_mail=same_mail,
        divisible=_is_divisible(found, same_mail),
        answers=nrf.answered(found.form) if found.form else (),
        additions=found.additions,
        pairs=[_pair(each, alike(each, found.form, likeness_key(request.runtime))) for each in pairs],
        form=owning or form.errors,
        keyed=form,
        areas=localities_of(request.runtime).districts(request.now.astimezone(LONDON).date()),
        sharing=keying.SHARING_CHOICES,
        _=str,
    )


def _is_divisible(found: DeskReferral, same_mail: SameMail) -> bool:
    """Say whether another referral can be made of the mail; whether it still can is looked at when it is done."""
    settled = found.reading not in {Reading.BEING_READ, Reading.ERASED}
    return settled and found.door == Door.EMAIL and not (same_mail.erased or same_mail.original_erased_at)


def _has(request: PageRequest, found: DeskReferral) -> set[str]:
    """Return who needs no allocation: whoever has the referral, and whoever looks at it."""
    return {request.actor.id, found.claim.officer_id} if found.claim else {request.actor.id}


def _facts(request: PageRequest, found: DeskReferral) -> list[tuple[str, str]]:
    facts = [("Came by", DOORS[Door(found.door)]), ("Waiting for", age(found.received_at, request.now))]
    return facts if found.reading in STILL_OPEN else facts[:1]


def _owner(request: PageRequest, found: DeskReferral) -> dict[str, object]:
    """Return who answers for the referral now, by when it is due, and who is at the desk or covers for it."""
    duty = _practice(request, found, "").desk.on_duty(request.now)
    due = found.complete_by
    return {
        "received_at": found.received_at,
        "due": due,
        "overdue": due is not None and due < request.now,
        "name": found.claim.officer_name if found.claim else "",
        "claimed_at": found.claim.claimed_at if found.claim else None,
        "allocated_by": found.claim.allocated_by if found.claim else "",
        "reason": found.claim.reason if found.claim else "",
        "duty": duty.risk_owner,
        "desk_open": duty.desk_open,
        "covers": f"{duty.covers}, {duty.organisation}",
    }


def _document(request: PageRequest, found: DeskReferral, place: int) -> dict[str, str]:
    kept = found.documents[place]
    mail = "The mail as it came" if place == 0 else "A later mail as it came"
    return {
        "name": mail if kept.media_type == MAIL else kept.name,
        "size": f"{max(1, kept.size // 1024):,} KB",
        "url": request.url("original", document_id=kept.id),
    }


def _text(each: ShownText) -> dict[str, str]:
    return {"name": each.name, "text": each.text, "note": keying.in_plain_words(each.note)}


def _named(found: DeskReferral, pairs: Sequence[PairView]) -> tuple[str, ...]:
    """Return the references that the mail names and of which nobody has said anything: it may belong to these."""
    known = {each.other_reference for each in pairs if each.answer is Answer.WAITING}
    return tuple(reference for reference in found.found.named if reference in known)


def _held(each: Quarantined) -> dict[str, object]:
    return {
        "name": each.name or "The mail as a whole",
        "size": f"{max(1, each.size // 1024):,} KB" if each.size else "",
        "sentence": each.sentence,
        "signature": each.signature,
        "digest": each.digest,
        "found_at": each.found_at,
    }


def _pair(each: PairView, in_what: Sequence[str]) -> dict[str, object]:
    return {
        "other": each.other_reference,
        "waiting": each.answer is Answer.WAITING,
        "linked": each.answer is Answer.LINKED,
        "alike": in_what,
        "reason": each.reason,
        "by": each.by,
        "at": each.answered_at,
        "where": "in triage" if each.answered_in == "triage" else "at the desk",
    }


def _practice(request: PageRequest, found: DeskReferral, district: str) -> Practice:
    return localities_of(request.runtime).by_version(found.area, found.area_version, district)
