"""Two referrals about perhaps the same person, beside each other, for a person to link or to keep apart."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from chassis import audit
from chassis.web import FormData, FormErrors, PageRequest, Response, blank
from chassis.web.templating import moment
from contracts.vocabulary import Door, ReferralForm, age_on, is_reference, tidy_reference
from services.intake.domain import LONDON, NO_REFERENCE, Answer, Likeness, PairUnknown, ReferralUnknown, kinds_of_marks
from services.intake.operations import answer_pair
from services.intake.queries import (
    DeskReferral,
    PairPlace,
    PairView,
    count_waiting_pairs,
    desk_referral,
    likeness_key,
    pairs_of,
    waiting_pairs,
)
from services.intake.web import places
from services.intake.web.naming import DOORS
from services.intake.web.places import age, mark, moment_of, place_of

NOTHING_AGREES = (
    "No answer of theirs agrees now: one has been corrected or completed since, the mail of one named the other, or "
    "somebody compared them by their references."
)
ANSWERS = (
    (Answer.LINKED.value, "Yes: link them", "Both stay as they are, each with its own reference. The police are told."),
    (Answer.SEPARATE.value, "No: keep them apart", "They are not suggested as the same again."),
)


def alike(view: PairView, form: ReferralForm | None, key: bytes) -> tuple[str, ...]:
    """Return in words in what a referral, of which this is the form, and another one are alike now."""
    kinds = kinds_of_marks(form, key)
    met = Counter(kinds[each] for each in view.marks if each in kinds)
    both = met[Likeness.NAME] > 1
    said = (
        (both, "Both names and the date of birth are the same."),
        (met[Likeness.NAME] == 1, "One of the names and the date of birth are the same."),
        (met[Likeness.SOUND] and not both, "The names sound alike, and the year of birth is the same."),
        (met[Likeness.WORDS], "The concern is told in nearly the same words."),
    )
    return tuple(sentence for holds, sentence in said if holds)


async def pairs(request: PageRequest) -> Response:
    """List the pairs that nobody has answered yet, longest first, and open any two referrals by their references."""
    given = {name: request.query.get(name, "") for name in ("reference", "other")}
    wanted = {name: tidy_reference(text) for name, text in given.items()}
    if all(is_reference(text) for text in wanted.values()) and len(set(wanted.values())) == len(wanted):
        return request.redirect("pair", **wanted)
    wrong = tuple((name, NO_REFERENCE) for name, text in wanted.items() if not is_reference(text))
    wrong = wrong or (("other", "That is the same reference twice: enter the other one."),)
    form = FormErrors(FormData({name: (text,) for name, text in given.items()}), wrong if any(given.values()) else ())
    async with request.transaction() as session:
        total = await count_waiting_pairs(session)
        after: PairPlace | None = place_of(request.query.get("after", ""), moment_of, UUID, UUID)
        found = await waiting_pairs(session, limit=places.SHOWN + 1, after=after)
    shown = found[: places.SHOWN]
    rows = [
        {"reference": each.later_reference, "other": each.earlier_reference, "age": age(each.found_at, request.now)}
        for each in shown
    ]
    more = mark(shown[-1].place) if len(found) > places.SHOWN else ""
    status = 404 if form.errors else 200
    return request.render("pairs", status=status, rows=rows, total=total, more=more, form=form)


async def pair(request: PageRequest) -> Response:
    """Show two referrals beside each other, and take in what a person says of them."""
    if request.request.method == "GET":
        return await _page(request, blank())
    sent = await request.form()
    errors = []
    if sent.get("answer") not in {value for value, _, _ in ANSWERS}:
        errors.append(("answer", "Select whether they are about the same person"))
    if not sent.get("reason").strip():
        errors.append(("reason", "Enter how you know"))
    if errors:
        return await _page(request, FormErrors(sent, tuple(errors)), status=422)
    answer, references = Answer(sent.get("answer")), _references(request)
    async with request.transaction() as session:
        await answer_pair(session, references, answer, sent.get("reason"), now=request.now)
    said = "are linked" if answer is Answer.LINKED else "are kept apart"
    request.flash(f"{references[0]} and {references[1]} {said}. The police have been told.")
    return request.redirect("pairs")


def _references(request: PageRequest) -> tuple[str, str]:
    return tidy_reference(request.path["reference"]), tidy_reference(request.path["other"])


async def _page(request: PageRequest, form: FormErrors, *, status: int = 200) -> Response:
    references = _references(request)
    sides = []
    async with request.transaction() as session:
        for reference in references:
            try:
                found = await desk_referral(session, reference)
            except ReferralUnknown:
                raise PairUnknown("There is no such referral in your areas: check each character.") from None
            await audit.record_read(session, subject=found.referral_id, now=request.now, reason="intake-desk-pair")
            sides.append(found)
        views = await pairs_of(session, sides[0].referral_id)
    known = next((each for each in views if each.other_reference == references[1]), None)
    said = known if known and known.answer is not Answer.WAITING else None
    return request.render(
        "pair",
        status=status,
        references=references,
        sides=[_side(each, request.now) for each in sides],
        said=_said(said) if said else None,
        why=_why(known, sides, likeness_key(request.runtime)) if known else (),
        form=form,
        answers=ANSWERS,
    )


def _said(view: PairView) -> dict[str, object]:
    word = "linked" if view.answer is Answer.LINKED else "kept apart"
    return {"word": word, "by": view.by, "at": view.answered_at, "reason": view.reason}


def _why(view: PairView, sides: Sequence[DeskReferral], key: bytes) -> tuple[str, ...]:
    """Return in words why two referrals are a pair; what brought them together may have been corrected since."""
    one, other = sides
    named = [(each, beside) for each, beside in ((one, other), (other, one)) if beside.reference in each.found.named]
    mails = [f"The mail of {each.reference} names {beside.reference}." for each, beside in named]
    return (*mails, *alike(view, one.form, key)) or (NOTHING_AGREES,)


def _side(found: DeskReferral, now: datetime) -> dict[str, object]:
    facts = [
        ("Received", moment(found.received_at)),
        ("Came by", DOORS[Door(found.door)]),
    ]
    form = found.form
    if form is None:
        read = [(name.rpartition(".")[2].replace("_", " ").capitalize(), text) for name, text in _found_of(found)]
        return {"reference": found.reference, "facts": facts + read, "narrative": "", "unread": found.reason}
    person, born = form.person, form.person.date_of_birth
    years = age_on(person, now.astimezone(LONDON).date())
    facts += [
        ("Name", f"{person.forenames} {person.surname}"),
        ("Other names", ", ".join(person.aliases)),
        ("Date of birth", f"{born:%-d %B %Y}" if born else ""),
        ("Age", str(years) if born is None else ""),
        ("Addresses", "; ".join(f"{each.lines} {each.postcode}".strip() for each in person.addresses)),
        ("District", person.district),
        ("Referrer", f"{form.referrer.forename} {form.referrer.surname}, {form.referrer.organisation}".rstrip(", ")),
    ]
    shown = [(label, text) for label, text in facts if text]
    return {"reference": found.reference, "facts": shown, "narrative": form.concerns.narrative, "unread": ""}


def _found_of(found: DeskReferral) -> list[tuple[str, str]]:
    asked = ("person.forenames", "person.surname", "person.date_of_birth", "person.approximate_age")
    return [(name, found.found.values[name]) for name in asked if found.found.values.get(name)]
