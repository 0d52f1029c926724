"""Says whether two referrals are about the same person."""

from collections.abc import Sequence
from typing import cast
from uuid import UUID

from chassis import audit
from chassis.database import Session
from chassis.web import FormData, FormErrors, PageRequest, Response, blank, parse, refused
from contracts.vocabulary import is_reference, tidy_reference
from services.triage import operations, queries
from services.triage.domain import ChangedMeanwhile, NotRecorded, ReferralNotFound, ReferralRestricted
from services.triage.domain.people import Evidence, Verdict, compare, strongest
from services.triage.operations import Told
from services.triage.operations.linking import SaidOf
from services.triage.queries import Elsewhere, Held, Suggestion
from services.triage.web.forms import OPEN_HINT, SameForm
from services.triage.web.views.asked import changes_text, opened, shown

ANSWERS = (
    ("linked", "Yes, the same person", "Both stay as they are, each with its own decision; one page shows them all."),
    ("separate", "No, not the same person", "They are not suggested as the same again."),
    ("cannot-tell", "Nobody can tell", "This is an answer too, and you can change it once you know more."),
)
ANSWERED = {"linked": "Same person", "separate": "Not the same person", "cannot-tell": "Cannot tell"}
SIGNS = {
    Verdict.AGREES: ("=", "Agrees"),
    Verdict.CLOSE: ("≈", "Close"),
    Verdict.DIFFERS: ("≠", "Differs"),
    Verdict.UNKNOWN: ("?", "Not known"),
}
"""The sign and the word for each verdict: the words stand beside the signs, so that nobody needs colour or shape."""
CLOSED_OFF = "It is restricted: a Gateway supervisor answers, or an officer who may see both"
_NOT_HERE = "There is no such referral in your areas: check the reference"


async def same(page: PageRequest) -> Response:
    """Ask of two referrals, shown beside each other, whether they are about the same person."""
    return await _asked(page, blank(), tidy_reference(page.query.get("other", "")))


async def record_same(page: PageRequest) -> Response:
    """Record the answer, or show what is missing."""
    data = await page.form()
    other = tidy_reference(data.get("other"))
    form = parse(SameForm, data)
    if problems := _problems(data, other, tidy_reference(page.path["reference"])):
        return await _asked(page, refused(data, *problems), other, status=422)
    if isinstance(form, FormErrors):
        return await _asked(page, form, other, status=422)
    try:
        reference = await _record(page, form, other)
    except (ReferralNotFound, NotRecorded, ReferralRestricted) as wrong:
        return await _refused(page, data, other, wrong)
    except ChangedMeanwhile:
        return await _asked(page, refused(data), other, status=409, seen=form.row_version)
    page.flash(f"Recorded about {other}: {ANSWERED[form.answer].lower()}.")
    return page.redirect("referral", reference=reference)


async def _refused(
    page: PageRequest, data: FormData, other: str, wrong: ReferralNotFound | NotRecorded | ReferralRestricted
) -> Response:
    """Give the officer their words back; that they may not see the other referral is written down."""
    if isinstance(wrong, NotRecorded):
        return await _asked(page, refused(data, (wrong.field, str(wrong))), other, status=422)
    if isinstance(wrong, ReferralNotFound):
        return await _asked(page, refused(data, ("other", _NOT_HERE)), "", status=422)
    async with page.transaction() as session:
        await operations.note_denied(session, wrong, page.now)
    return await _asked(page, refused(data, ("other", str(wrong))), "", status=403)


async def _record(page: PageRequest, form: SameForm, other: str) -> str:
    async with page.transaction() as session:
        found = await opened(page, session, reason="same-person")
        second = await queries.held_by_reference(session, other)
        await operations.link_referrals(session, (found.held, second), told_in(form), page.runtime.clients, page.now)
    return found.held.reference


def told_in(form: SameForm) -> Told:
    """Return the answer that was sent, with the version of the referral that the officer saw."""
    return Told(cast("SaidOf", form.answer), form.reason, form.row_version)


def problems_of(data: FormData) -> list[tuple[str, str]]:
    """Return what is missing in an answer."""
    problems = []
    if data.get("answer") not in ANSWERED:
        problems.append(("answer", "Choose whether they are about the same person"))
    if not data.get("reason").strip():
        problems.append(("reason", "Enter how you know"))
    return problems


def _problems(data: FormData, other: str, reference: str) -> list[tuple[str, str]]:
    if not is_reference(other):
        return [("other", "Enter the other reference, like KM-7F3K-92QM"), *problems_of(data)]
    if other == reference:
        return [("other", "That is this referral: enter the reference of the other one"), *problems_of(data)]
    return problems_of(data)


async def _asked(
    page: PageRequest, form: FormErrors, other: str, *, status: int = 200, seen: int | None = None
) -> Response:
    async with page.transaction() as session:
        found = await opened(page, session, reason="same-person")
        second = await _second(page, session, other)
        changes = () if seen is None else await queries.changes_since(session, found.held.subject, seen)
        values = {
            "title": "Same person?",
            "form": form,
            "choices": ANSWERS,
            "hint": OPEN_HINT,
            "other": other,
            "both": [_side(found.held), _side(second)] if second else [],
            "evidence": picture(await _evidence(session, found.held, second)) if second else [],
            "changes": changes_text(tuple(changes)),
            "one_person": await _one_person(session, found.held, second),
            "suggested": [each for each in await queries.suggested(session, found.held.reference) if each != other],
        }
    return shown(page, "same", found, values, status)


async def _second(page: PageRequest, session: Session, other: str) -> Held | None:
    try:
        second = await queries.held_by_reference(session, other) if is_reference(other) else None
    except ReferralNotFound:
        return None
    if second is not None:
        await audit.record_read(session, subject=second.subject, now=page.now, reason="same-person")
    return second


async def _one_person(session: Session, held: Held, second: Held | None) -> UUID | None:
    """Return the person whom both referrals are shown as one person's of, None where they are not."""
    one = await queries.person_of(session, held.subject)
    return one if second and one and one == await queries.person_of(session, second.subject) else None


async def _evidence(session: Session, held: Held, second: Held) -> Sequence[Evidence]:
    """Return what agrees and differs between two referrals as they are now."""
    known = await queries.identified(session, (held.subject, second.subject))
    if len(known) < 2:  # noqa: PLR2004 - the two sides
        return ()
    return compare(known[held.subject].identity, known[second.subject].identity).evidence


def picture(evidence: Sequence[Evidence]) -> list[dict[str, str]]:
    """Return the rows of the small picture: a sign, what it means, what it is about and the sentence."""
    return [
        {
            "sign": SIGNS[each.verdict][0],
            "says": SIGNS[each.verdict][1],
            "kind": each.kind.replace("-", " ").capitalize(),
            "words": each.words,
        }
        for each in sorted(evidence, key=lambda each: each.verdict.rank)
    ]


def _side(held: Held) -> dict[str, object]:
    summary = held.summary
    return {
        "reference": held.reference,
        "name": summary.name if summary else "Not known yet",
        "born": summary.date_of_birth if summary else None,
        "age": summary.approximate_age if summary else None,
        "district": summary.district if summary else "",
        "received_at": held.received_at,
        "door": held.door,
    }


async def samenesses(page: PageRequest, session: Session, held: Held) -> dict[str, object]:
    """Return what the referral's page shows of earlier and other referrals: answered, waiting, and in other areas."""
    answered = await queries.sameness(session, held.reference)
    waiting = await queries.suggestions(session, held.reference)
    return {
        "looked": held.situation.looked,
        "person": await queries.person_of(session, held.subject),
        "of_person": await queries.linked(session, held.reference),
        "answered": [{**vars(each), "label": ANSWERED[each.answer]} for each in answered],
        "maybe": [_reasons(each) for each in waiting],
        "elsewhere": [elsewhere_shown(page, each) for each in await queries.elsewhere(session, held.subject)],
    }


def _reasons(suggestion: Suggestion) -> dict[str, object]:
    """Return a suggestion with its strongest reasons by their kinds: the words stand on the page that asks."""
    kinds = {
        verdict: [each.kind.replace("-", " ") for each in strongest(suggestion.evidence, 6) if each.verdict is verdict]
        for verdict in (Verdict.AGREES, Verdict.CLOSE)
    }
    said = [f"{SIGNS[verdict][1].lower()}: {', '.join(each)}" for verdict, each in kinds.items() if each]
    differs = [each.kind.replace("-", " ") for each in suggestion.evidence if each.verdict is Verdict.DIFFERS]
    said += [f"differs: {', '.join(differs)}"] if differs else []
    return {
        "reference": suggestion.reference,
        "other": suggestion.other_reference,
        "why": CLOSED_OFF if suggestion.closed else "; ".join(said).capitalize(),
    }


def elsewhere_shown(page: PageRequest, each: Elsewhere) -> dict[str, object]:
    """Return what may be shown of another area's referral: the area and whom to ask there."""
    there = page.runtime.clients.under(each.other_area, each.other_area_version, page.now)
    return {
        "id": each.other_subject,
        "area": each.other_area.replace("-", " ").title(),
        "duty_officer": there.duty_officer,
        "found_at": each.found_at,
        "label": ANSWERED.get(each.answer, ""),
        "by": each.by,
        "note": each.note,
    }
