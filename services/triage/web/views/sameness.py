"""Says whether two referrals are about the same person."""

from typing import Literal, cast

from chassis import audit
from chassis.database import Session
from chassis.web import FormData, FormErrors, PageRequest, Response, blank, refused
from contracts.vocabulary import is_reference, tidy_reference
from services.triage import operations, queries
from services.triage.domain import ReferralNotFound
from services.triage.queries import Held
from services.triage.web.views.asked import opened, shown

ANSWERS = (
    ("linked", "Yes: link them", "Both referrals stay as they are, each with its own reference and decision."),
    ("separate", "No: keep them apart", "They are not suggested as the same again."),
)
ANSWERED = {"linked": "Linked", "separate": "Not the same person"}
Given = Literal["linked", "separate"]


async def same(page: PageRequest) -> Response:
    """Ask of two referrals, shown beside each other, whether they are about the same person."""
    return await _asked(page, blank(), tidy_reference(page.query.get("other", "")))


async def record_same(page: PageRequest) -> Response:
    """Record the answer, or show what is missing."""
    data = await page.form()
    other = tidy_reference(data.get("other"))
    problems = _problems(data, other, tidy_reference(page.path["reference"]))
    if problems:
        return await _asked(page, refused(data, *problems), other, status=422)
    answer = cast("Given", data.get("answer"))
    try:
        async with page.transaction() as session:
            found = await opened(page, session, reason="same-person")
            second = await queries.held_by_reference(session, other)
            await operations.link_referrals(session, (found.held, second), answer, data.get("reason"), page.now)
    except ReferralNotFound:
        return await _asked(page, refused(data, ("other", _NOT_HERE)), "", status=422)
    page.flash(f"Recorded of {other}: {ANSWERED[answer].lower()}.")
    return page.redirect("referral", reference=found.held.reference)


_NOT_HERE = "There is no such referral in your areas: check the reference"


def _problems(data: FormData, other: str, reference: str) -> list[tuple[str, str]]:
    problems = []
    if not is_reference(other):
        problems.append(("other", "Enter the other reference, like KM-7F3K-92QM"))
    elif other == reference:
        problems.append(("other", "That is this referral: enter the reference of the other one"))
    if data.get("answer") not in ANSWERED:
        problems.append(("answer", "Choose whether they are about the same person"))
    if not data.get("reason").strip():
        problems.append(("reason", "Enter how you know"))
    return problems


async def _asked(page: PageRequest, form: FormErrors, other: str, *, status: int = 200) -> Response:
    async with page.transaction() as session:
        found = await opened(page, session, reason="same-person")
        try:
            second = await queries.held_by_reference(session, other) if is_reference(other) else None
        except ReferralNotFound:
            second = None
        suggested = await queries.suggested(session, found.held.reference)
        if second is not None:
            await audit.record_read(session, subject=second.subject, now=page.now, reason="same-person")
    values = {
        "title": "Same person?",
        "form": form,
        "choices": ANSWERS,
        "other": other,
        "both": [_side(found.held), _side(second)] if second else [],
        "suggested": [each for each in suggested if each != other],
    }
    return shown(page, "same", found, values, status)


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


async def samenesses(session: Session, held: Held) -> dict[str, object]:
    """Return what the referral's page shows of other referrals: what was answered, and what still waits for that."""
    answered = await queries.sameness(session, held.reference)
    settled = {each.other_reference for each in answered}
    return {
        "answered": [{**vars(each), "label": ANSWERED[each.answer]} for each in answered],
        "maybe": [other for other in await queries.suggested(session, held.reference) if other not in settled],
    }
