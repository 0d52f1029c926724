"""Discards what somebody else has begun: the draft of an officer who left, say."""

from chassis.assessing import DraftNotFound
from chassis.database import Session
from chassis.web import FormErrors, PageRequest, Response, blank, parse, refused
from services.triage import operations, queries
from services.triage.domain import DECONFLICT, LINK, ChangedMeanwhile, Command, Record
from services.triage.operations import Act
from services.triage.queries import BegunLine
from services.triage.web.forms import OPEN_HINT, SafeguardForm
from services.triage.web.views.asked import HAPPENED, LABELS, Opened, changes_text, opened, shown

_PAGES = {DECONFLICT: "Record deconfliction", LINK: "Whether it is the same person"}


def label_of(line: BegunLine) -> str:
    """Return what a draft was to become, as lists say it."""
    return LABELS.get(line.command) or _PAGES.get(line.command, "A page")


async def left_by_others(page: PageRequest, session: Session, found: Opened) -> list[dict[str, object]]:
    """Return what others have begun and this person may discard, for the page of the referral."""
    if found.refusal(Command.DISCARD):
        return []
    reference = found.held.reference
    return [
        {
            "label": label_of(each),
            "by": each.by,
            "saved_at": each.saved_at,
            "href": page.url("discard_begun", reference=reference, draft=each.id),
        }
        for each in await queries.begun_by_others(session, found.held.subject)
    ]


async def discard_begun(page: PageRequest) -> Response:
    """Ask why, and drop it; the timeline says whose it was and what it was to become, not its words."""
    found, line = await _found(page)
    if page.request.method == "GET":
        return _asked(page, found, line, blank())
    data = await page.form()
    form = parse(SafeguardForm, data)
    if isinstance(form, FormErrors):
        return _asked(page, found, line, form, status=422)
    if not form.rationale:
        return _asked(page, found, line, refused(data, ("rationale", "Enter why it is discarded")), status=422)
    words = f"{label_of(line)}, begun by {line.by}: {form.rationale}"
    act = Act(Command.DISCARD, page.now, Record(rationale=words), form.row_version)
    try:
        async with page.transaction() as session:
            await operations.discard_of_another(session, found.held.subject, line.id, act, found.practice)
    except ChangedMeanwhile:
        async with page.transaction() as session:
            changes = await queries.changes_since(session, found.held.subject, form.row_version)
        found, line = await _found(page)
        return _asked(page, found, line, refused(data), status=409, changes=changes_text(changes))
    page.flash(f"{HAPPENED[Command.DISCARD]}.")
    return page.redirect("referral", reference=found.held.reference)


async def _found(page: PageRequest) -> tuple[Opened, BegunLine]:
    async with page.transaction() as session:
        found = await opened(page, session, reason="discard-draft")
        lines = await queries.begun_by_others(session, found.held.subject)
    line = next((each for each in lines if str(each.id) == page.path["draft"]), None)
    if line is None:
        raise DraftNotFound("Nothing of that is begun here any more: open the referral to see what is.")
    return found, line


def _asked(
    page: PageRequest,
    found: Opened,
    line: BegunLine,
    form: FormErrors,
    *,
    status: int = 200,
    changes: list[dict[str, object]] | None = None,
) -> Response:
    why = {
        "name": "rationale",
        "kind": "words",
        "label": "Why is it discarded?",
        "hint": f"This stays in the timeline. {OPEN_HINT}",
    }
    values = {
        "title": LABELS[Command.DISCARD],
        "form": form,
        "explains": f"{line.by} began “{label_of(line)}” and has not recorded it. Nobody else reads the words, and once"
        " discarded they are gone for good.",
        "questions": [why],
        "refusal": found.refusal(Command.DISCARD),
        "button": "Discard it",
        "changes": changes or [],
    }
    return shown(page, "safeguard", found, values, status)
