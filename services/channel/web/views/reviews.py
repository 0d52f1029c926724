"""Reviews of a case, the closing report, and the reviews after closure that are to come in the area."""

from datetime import UTC, datetime
from uuid import UUID

from chassis.clock import LONDON
from chassis.database import Session
from chassis.web import PageRequest, Response
from contracts.vocabulary import day_in_words
from services.channel import operations, queries
from services.channel.domain import CLOSING_LABELS, NOTHING_KNOWN, Body, ClockName, ClosingOutcome, Command, Practice
from services.channel.domain.panel import VERDICT_LABELS, Verdict
from services.channel.domain.reviewing import ReviewNotFound, factor_changes
from services.channel.operations import Act
from services.channel.queries import ClosingView, ClosingWords, ReviewLine, ReviewView
from services.channel.web.support_forms import ClosingForm, FindingsForm
from services.channel.web.views.asked import Opened, opened, shown
from services.channel.web.views.sheets import Field, Recording, Sheet, record

PAGE_OF = "reviews"
REVIEWERS = {Body.POLICE: "The police", Body.LOCAL_AUTHORITY: "The Channel team"}
_LIVE = {
    ClockName.PLAN_REVIEW: "Review of the plan in the panel",
    ClockName.REASSESSMENT: "Further assessment (section 36(4)(e))",
    ClockName.CLOSING_REPORT: "Closing report",
}


async def reviews(page: PageRequest) -> Response:
    """Show the reviews of a case: those of its support, the closing reports, and those after closure."""
    async with page.transaction() as session:
        found = await opened(page, session, reason="reviews")
        subject = found.held.subject
        after = await queries.reviews(session, subject)
        reports = await queries.closing_reports(session, subject)
        assessed = await queries.assessments(session, subject)
        running = await queries.live_reviews(session, subject)
    held, may = found.held, not found.refusal(Command.NOTE)
    live = [(_LIVE[name], due_at) for name, due_at in running]
    values = {
        "title": "Reviews",
        "live": live,
        "assessed": assessed[0].completed_at if assessed else None,
        "reports": [_report(each) for each in reports],
        "reviews": [_review(each, held.closed_at, page.now, may=may) for each in after],
        "reviewer": REVIEWERS[found.practice.reviewer],
        "closing": not found.refusal(Command.CLOSING_REPORT),
        "closed_at": held.closed_at,
        "latest": found.practice.reviews_until(held.closed_at) if held.closed_at else None,
    }
    return shown(page, "reviews", found, values)


async def reviews_to_come(page: PageRequest) -> Response:
    """List the reviews after closure that are overdue or to come in the person's areas."""
    async with page.transaction() as session:
        found = await queries.reviews_to_come(session, _place(page.query.get("after", "")))
    lines = found[: queries.PAGE]
    more = f"{lines[-1].due_at.isoformat()}~{lines[-1].id}" if len(found) > queries.PAGE else ""
    listed = [_line(each, page.now) for each in lines]
    return page.render("reviews_to_come", title="Reviews after closure", lines=listed, more=more)


async def closing_report(page: PageRequest) -> Response:
    """Write the closing report of a case that the panel has decided to close."""
    return await record(page, Recording(Command.CLOSING_REPORT, ClosingForm, _closing, _closed, PAGE_OF))


async def record_review(page: PageRequest) -> Response:
    """Record what a review after closure found."""
    return await record(page, Recording(Command.NOTE, FindingsForm, _findings, _found, PAGE_OF))


async def _closing(_: PageRequest, session: Session, found: Opened) -> Sheet:
    subject = found.held.subject
    outcome = await queries.closing_outcome(session, subject)
    own, brought = await queries.assessments(session, subject), await queries.brought_assessments(session, subject)
    changes = factor_changes([*brought[::-1], *own[::-1]])
    changed = "\n".join(f"{each.label}: {each.before}, then {each.after}" for each in changes)
    fields = (
        Field("changed", "words", "What changed since the first assessment?"),
        Field("remains", "words", "What remains?", "Concerns, needs, and what others still do."),
        Field("holders", "words", "Who holds which risk from now on?", "Each by name and body."),
        Field("summary", "words", "How did the case go, and why is it closed?", "In short. The history keeps this."),
    )
    return Sheet(
        title="Closing report",
        button="Complete the report and close the case",
        fields=fields,
        lead=f"Once it is complete the case is closed. {_after(found.practice)}",
        told=(
            ("The panel’s decision", CLOSING_LABELS[ClosingOutcome(outcome)] if outcome else "Not recorded here"),
            ("Factors that changed", changed or "None that the assessments show"),
        ),
        refusal=found.refusal(Command.CLOSING_REPORT),
    )


def _after(practice: Practice) -> str:
    days = " and ".join(day_in_words(each.astimezone(LONDON).date(), "en") for each in practice.after_closure)
    return f"{REVIEWERS[practice.reviewer]} review it after closure, by {days}." if days else ""


async def _closed(_: PageRequest, session: Session, found: Opened, sent: tuple[ClosingForm, Act]) -> str:
    form, act = sent
    words = ClosingWords(changed=form.changed, remains=form.remains, holders=form.holders, summary=form.summary)
    await operations.close_case(session, found.held.subject, words, act, found.practice)
    return "You have closed the case. Its reviews after closure are below."


async def _findings(page: PageRequest, session: Session, found: Opened) -> Sheet:
    subject = found.held.subject
    each = await queries.review(session, subject, _id(page))
    said = await _answered(session, subject, each)
    past = each.decided_at is not None or each.closed_at != found.held.closed_at
    return Sheet(
        title="Record a review after closure",
        button="Record this",
        fields=(Field("findings", "words", "What did the review find?", "New concerns, or that there are none."),),
        lead="The panel reads it and decides: no concern, reviews that go on, or opening the case again.",
        told=(
            ("Due", day_in_words(each.due_at.astimezone(LONDON).date(), "en")),
            ("Carried out by", REVIEWERS[each.reviewer]),
            ("What the police answered", said),
        ),
        refusal="This review is past." if past else found.refusal(Command.NOTE),
        filled={"findings": each.findings or said},
    )


async def _answered(session: Session, subject: UUID, each: ReviewView) -> str:
    """Return what the police answered, each answer under its question; nothing where they have not."""
    if each.obligation is None:
        return ""
    owed = await queries.obligation(session, subject, each.obligation)
    answers = (f"{one.question}\n{NOTHING_KNOWN if one.nothing_known else one.words}" for one in owed.answers)
    return "\n\n".join(part for part in (*answers, owed.report) if part)


async def _found(page: PageRequest, session: Session, found: Opened, sent: tuple[FindingsForm, Act]) -> str:
    form, act = sent
    given = _id(page), form.findings
    await operations.record_findings(session, found.held.subject, given, act, found.practice)
    return "You have recorded the review. The panel decides on it in its next meeting."


def _id(page: PageRequest) -> UUID:
    try:
        return UUID(page.path["review"])
    except ValueError:
        raise ReviewNotFound("The case has no such review: open its reviews and choose one there.") from None


def _report(each: ClosingView) -> dict[str, object]:
    outcome = CLOSING_LABELS[ClosingOutcome(each.outcome)] if each.outcome else ""
    return {**vars(each), "outcome": outcome, **each.words.model_dump()}


def _review(each: ReviewView, closed_at: datetime | None, now: datetime, *, may: bool) -> dict[str, object]:
    past = each.closed_at != closed_at
    open_ = each.decided_at is None and not past
    label, colour = "To come", "blue"
    if each.verdict:
        label, colour = VERDICT_LABELS[Verdict(each.verdict)], "green"
    elif past:
        label, colour = "Not made: the case was opened again", "grey"
    elif each.found_at is not None:
        label, colour = "Made, for the panel to decide", "blue"
    elif each.due_at < now:
        label, colour = "Overdue", "red"
    return {
        **vars(each),
        "label": label,
        "colour": colour,
        "reviewer": REVIEWERS[each.reviewer],
        "record": open_ and may,
    }


def _line(each: ReviewLine, now: datetime) -> dict[str, object]:
    standing = "Made, for the panel to decide" if each.found_at else ("Asked for" if each.asked_at else "Not made yet")
    overdue = each.due_at < now
    return {**vars(each), "reviewer": REVIEWERS[each.reviewer], "standing": standing, "overdue": overdue}


# A mark that somebody has changed by hand begins at the top: it can show nothing that the list would not.
def _place(mark: str) -> tuple[datetime, UUID] | None:
    try:
        due_at, review = mark.split("~")
        at = datetime.fromisoformat(due_at)
        return (at.astimezone(UTC), UUID(review)) if at.tzinfo else None
    except (ValueError, OverflowError):
        return None
