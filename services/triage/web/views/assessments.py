"""Complete assessments are read: on the referral page, one by one, and two side by side; in words, never a sum."""

from chassis.database import Session
from chassis.web import PageRequest, Response
from contracts.vocabulary.assessment import FINDING_WORDS, Assessment, FactorAnswer
from services.triage import queries
from services.triage.domain import AssessmentNotFound
from services.triage.domain.assessing import compared
from services.triage.web.views.asked import Opened, opened, shown


async def assessment(page: PageRequest) -> Response:
    """Show one complete assessment as it was written."""
    async with page.transaction() as session:
        found = await opened(page, session, reason="assessment-read")
        every = await queries.assessments(session, found.held.subject)
    this = _numbered(every, page.path["number"])
    before = _before(every, this)
    title = f"Assessment {this.number}: {this.name}"
    values = {"title": title, "assessment": in_words(this), "compare": _compare(page, found, this, before)}
    return shown(page, "assessment", found, values)


async def assess_compare(page: PageRequest) -> Response:
    """Show two assessments side by side, what differs first."""
    async with page.transaction() as session:
        found = await opened(page, session, reason="assessment-read")
        every = await queries.assessments(session, found.held.subject)
    first, second = (_numbered(every, page.path[name]) for name in ("earlier", "number"))
    old, new = sorted((first, second), key=lambda each: each.number)
    pairs = compared(old, new)
    values = {
        "title": f"Assessments {old.number} and {new.number} compared",
        "old": in_words(old),
        "new": in_words(new),
        "differing": [vars(each) for each in pairs if each.differs],
        "same": [vars(each) for each in pairs if not each.differs],
        "other_instrument": old.instrument != new.instrument,
        "other_edition": old.instrument == new.instrument and old.edition != new.edition,
    }
    return shown(page, "assess_compare", found, values)


async def assessed(page: PageRequest, session: Session, found: Opened) -> dict[str, object]:
    """Return what the referral page shows of assessments: those that are complete, and who writes another."""
    every = await queries.assessments(session, found.held.subject)
    reference = found.held.reference
    return {
        "assessments": [
            {
                **_heading(each),
                "href": page.url("assessment", reference=reference, number=each.number),
                "compare": _compare(page, found, each, _before(every, each)),
            }
            for each in every
        ],
        "drafts": [
            {
                "by": "you" if line.by_id == page.actor.id else line.by,
                "saved_at": line.saved_at,
                "href": page.url("assess_draft", reference=reference, draft=line.id)
                if line.by_id == page.actor.id
                else "",
            }
            for line in await queries.drafts(session, found.held.subject)
        ],
    }


def in_words(this: Assessment) -> dict[str, object]:
    """Return an assessment as plain values: its conclusion, then its factors by dimension."""
    labels = list(dict.fromkeys(each.dimension for each in this.factors))
    return {
        **_heading(this),
        "edition": this.edition,
        "summary": this.summary,
        "management_plan": this.management_plan,
        "changed": this.changed,
        "dimensions": [
            {"label": label, "factors": [answer_in_words(each) for each in this.factors if each.dimension == label]}
            for label in labels
        ],
    }


def answer_in_words(answer: FactorAnswer) -> dict[str, str]:
    """Return what was answered to one factor."""
    return {
        "label": answer.label,
        "answer": answer.words(),
        "narrative": answer.narrative,
        "changed": answer.changed,
    }


def _heading(this: Assessment) -> dict[str, object]:
    return {
        "number": this.number,
        "name": this.name,
        "finding": FINDING_WORDS.get(this.finding, this.finding),
        "by": this.completed_by,
        "at": this.completed_at,
    }


def _numbered(every: tuple[Assessment, ...], number: str) -> Assessment:
    for each in every:
        if str(each.number) == number:
            return each
    raise AssessmentNotFound("This referral has no such assessment: open the referral and choose one that it has.")


def _before(every: tuple[Assessment, ...], this: Assessment) -> Assessment | None:
    """Return the assessment before this one with the same instrument, else the one before it of any."""
    older = [each for each in every if each.number < this.number]
    return next((each for each in older if each.instrument == this.instrument), older[0] if older else None)


def _compare(page: PageRequest, found: Opened, this: Assessment, before: Assessment | None) -> dict[str, object]:
    if before is None:
        return {}
    numbers = {"number": this.number, "earlier": before.number}
    return {"number": before.number, "href": page.url("assess_compare", reference=found.held.reference, **numbers)}
