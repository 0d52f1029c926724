"""The Gateway decides: choose, write, check, commit."""

from collections.abc import Mapping
from datetime import timedelta

from chassis.database import Session
from chassis.web import (
    FormData,
    FormErrors,
    PageRequest,
    Response,
    blank,
    parse,
    refused,
)
from contracts.vocabulary import day_in_words
from contracts.vocabulary.assessment import FINDING_WORDS
from services.triage import operations, queries
from services.triage.domain import (
    CONCERNS,
    DECISIONS,
    REASONS,
    ChangedMeanwhile,
    ClockName,
    ClosureReason,
    Command,
    NotInThisState,
    NotOffered,
    NotRecorded,
    State,
    completed,
    lacks,
    owners,
    reasons_from,
    row_for,
)
from services.triage.domain import (
    decide as decide_by_rules,
)
from services.triage.operations import Act
from services.triage.web.forms import DecisionForm
from services.triage.web.views.asked import CHECK, HAPPENED, LABELS, Opened, changes_text, opened, shown
from services.triage.web.views.begun import decision_of
from services.triage.web.views.given_back import given_back
from services.triage.web.views.pack import before_handing_over

LATEST_REVIEW = timedelta(days=731)
WITHDRAWN_BY = (
    ("referrer", "The referrer withdrew it", "Say below what was said, and why there is nothing to look at."),
    ("sent-in-error", "It was sent in error", "A test, an empty form, or meant for somebody else."),
    ("duplicate", "It repeats another referral", "Name the other reference below; nothing in this one is new."),
)
_CHECKED = {
    "reason": "Why it is closed",
    "finding": "What was found about the concern itself",
    "service": "Service",
    "message": "What they are told",
    "grounds": "Reasonable grounds",
    "rationale": "Rationale",
    "alternatives": "What else was considered",
    "earlier": "Earlier referrals",
    "risk_owner": "Risk owner from now on",
    "review_on": "Reviewed on",
    "force": "Force",
    "concern": "Type of concern",
}
ASKED_ELSEWHERE = {
    Command.TAKE_BACK: ("risk_owner",),
    Command.TAKE_RISK: ("risk_owner",),
    Command.SIGN_OFF: ("risk_owner", "review_on"),
}


async def choose_decision(page: PageRequest) -> Response:
    """Ask which decision."""
    async with page.transaction() as session:
        found = await opened(page, session, reason="decision")
    return _choose(page, found, blank())


async def start_decision(page: PageRequest) -> Response:
    """Lead to the page of the chosen decision."""
    data = await page.form()
    chosen = data.get("command")
    if chosen in DECISIONS:
        return page.redirect("decide", reference=page.path["reference"], command=chosen)
    async with page.transaction() as session:
        found = await opened(page, session, reason="decision")
    return _choose(page, found, refused(data, ("command", "Choose a decision")), status=422)


async def decide(page: PageRequest) -> Response:
    """Ask for what must be recorded with the decision."""
    command = decision_of(page)
    async with page.transaction() as session:
        found = await opened(page, session, reason="decision")
        beside = await _proposed(session, found)
    chosen = {"concern": found.held.concern.value} if found.held.concern else {}
    return _write(page, found, command, blank(chosen), beside=beside)


async def check_or_commit(page: PageRequest) -> Response:
    """Show what was written for checking, go back to change it, or record it."""
    command = decision_of(page)
    data = await page.form()
    form = parse(DecisionForm, data)
    async with page.transaction() as session:
        found = await opened(page, session, reason="decision")
        beside = await _proposed(session, found)
    if isinstance(form, FormErrors):
        return _write(page, found, command, form, status=422, beside=beside)
    if form.step == "change":
        return _write(page, found, command, refused(data), beside=beside)
    if form.row_version != found.held.row_version:
        return await _changed(page, command, data, form.row_version)
    if errors := _wrong(found, command, form):
        return _write(page, found, command, refused(data, *errors, of=DecisionForm), status=422, beside=beside)
    if form.step != "commit":
        return _check(page, found, command, form)
    return await _commit(page, found, command, form, data)


async def _commit(page: PageRequest, found: Opened, command: Command, form: DecisionForm, data: FormData) -> Response:
    act = Act(command, page.now, form.record(), form.row_version)
    try:
        async with page.transaction() as session:
            await operations.decide_referral(session, found.held.subject, act, found.practice)
    except ChangedMeanwhile:
        return await _changed(page, command, data, form.row_version)
    page.flash(f"{HAPPENED[command]}.")
    return page.redirect("referral", reference=found.held.reference)


def _wrong(found: Opened, command: Command, form: DecisionForm) -> tuple[tuple[str, str], ...]:
    situation = found.held.situation
    record = completed(command, situation, form.record())
    try:
        missing = lacks(command, situation.state, record)
        if not missing:
            decide_by_rules(command, situation, record, found.practice)
    except NotRecorded as wrong:
        return ((wrong.field, str(wrong)),)
    except (NotOffered, NotInThisState) as wrong:
        return (("rationale", str(wrong)),)
    return _not_soon(form, found) or missing


def _not_soon(form: DecisionForm, found: Opened) -> tuple[tuple[str, str], ...]:
    # Post-closure reviews may be put off for two years at most (Channel duty guidance on reviews after an exit).
    if form.review_on is None or found.today < form.review_on <= found.today + LATEST_REVIEW:
        return ()
    return (("review_on", "The date of the review must be in the future, and within two years"),)


async def _changed(page: PageRequest, command: Command, data: FormData, seen: int) -> Response:
    async with page.transaction() as session:
        found = await opened(page, session, reason="decision")
        changes = await queries.changes_since(session, found.held.subject, seen)
        beside = {"changes": changes_text(changes), **await _proposed(session, found)}
    return _write(page, found, command, refused(data), status=409, beside=beside)


async def _proposed(session: Session, found: Opened) -> dict[str, object]:
    """Return what a decision is made with in front of one: what was found last, and a closure that waits."""
    last = await queries.latest_assessment(session, found.held.subject)
    values: dict[str, object] = {"last": last, "last_found": FINDING_WORDS.get(last.finding, "") if last else ""}
    closure = await queries.proposed_closure(session, found.held)
    if closure:
        values |= {"closure": closure, "why": REASONS[ClosureReason(closure.reason)][0]}
    if found.held.situation.state is State.GIVEN_BACK:
        values["given_backs"] = given_back((await queries.given_backs(session, found.held.subject))[:1])
    return values


def _choose(page: PageRequest, found: Opened, form: FormErrors, *, status: int = 200) -> Response:
    offered = [offer for offer in found.offers if offer.command in DECISIONS]
    return shown(
        page,
        "choose_decision",
        found,
        {
            "title": "Choose a decision",
            "form": form,
            "choices": [(each.command.value, each.label) for each in offered if not each.refusal],
            "refusals": [vars(each) for each in offered if each.refusal],
            "held_back": found.refusal(Command.CLOSE) if found.held.situation.hold else "",
        },
        status,
    )


def _fields(found: Opened, command: Command) -> tuple[str, ...]:
    try:
        recorded = row_for(command, found.held.situation.state).records
    except NotInThisState:
        recorded = ("rationale",)
    return tuple(name for name in recorded if name not in ASKED_ELSEWHERE.get(command, ()))


def _write(
    page: PageRequest,
    found: Opened,
    command: Command,
    form: FormErrors,
    *,
    status: int = 200,
    beside: Mapping[str, object] | None = None,
) -> Response:
    return shown(
        page,
        "decide",
        found,
        {
            "title": LABELS[command],
            "command": command.value,
            "form": form,
            "fields": _fields(found, command),
            "refusal": found.refusal(command),
            "reasons": _reasons(found, command),
            "concerns": [(each.value, *words) for each, words in CONCERNS.items()],
            "owners": [(name, name) for name in owners(found.held.situation)],
            "forces": list(found.practice.forces.items()),
            "review_by": found.practice.due[ClockName.CLOSURE_REVIEW],
            "proposed": found.held.situation.proposal,
            "risk_owner": found.held.situation.risk_owner,
            "services": [(service_id, each.name) for service_id, each in found.practice.services.items()],
            "needed": before_handing_over(page, found, command),
            "changes": [],
            **(beside or {}),
        },
        status,
    )


def _reasons(found: Opened, command: Command) -> list[tuple[str, str, str]]:
    if command is Command.WITHDRAW:
        return list(WITHDRAWN_BY)
    return [(reason.value, *REASONS[reason]) for reason in reasons_from(found.held.situation.state)]


def _check(page: PageRequest, found: Opened, command: Command, form: DecisionForm) -> Response:
    fields = _fields(found, command)
    answers = {name: getattr(form, name) for name in fields if name != "review_on"}
    texts: dict[str, object] = {name: getattr(form, name) for name in fields}
    if "reason" in texts:
        texts["reason"] = next(words for value, words, _ in _reasons(found, command) if value == form.reason)
    if "service" in texts:
        texts["service"] = found.practice.services[form.service].name
    if "force" in texts:
        texts["force"] = found.practice.forces[form.force]
    if form.concern is not None and "concern" in texts:
        texts["concern"] = CONCERNS[form.concern][0]
    if form.review_on is not None:
        day = form.review_on
        answers |= {"review_on-day": day.day, "review_on-month": day.month, "review_on-year": day.year}
        texts["review_on"] = day_in_words(day, "en")
    return shown(
        page,
        "check",
        found,
        {
            "title": CHECK,
            "said": [("Decision", LABELS[command]), *((_CHECKED[name], text) for name, text in texts.items())],
            "answers": answers,
            "button": "Record this decision",
        },
    )
