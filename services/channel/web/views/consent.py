"""Consent in a case: who is asked, what was said, who was told and has stopped; the pages on which it is recorded."""

from datetime import date
from functools import partial

from chassis.clock import LONDON
from chassis.database import Session
from chassis.policy import allow
from chassis.web import PageRequest, Response
from contracts.vocabulary import ChangeTaken
from services.channel import operations, queries
from services.channel.domain import (
    CONSENT_LABELS,
    CaseNotFound,
    Command,
    is_of_age,
    permissions,
)
from services.channel.domain.consenting import (
    ASKED_OF,
    CAPACITY_LABELS,
    DECIDER_LABELS,
    Decider,
    refused_because,
)
from services.channel.domain.planning import day
from services.channel.operations import Act, Answer
from services.channel.operations.consenting import decision
from services.channel.queries import Acknowledgement, ConsentLine, Said
from services.channel.web.forms import ConsentForm
from services.channel.web.views.asked import LABELS, Opened, opened, shown
from services.channel.web.views.plan import request_rows, whom
from services.channel.web.views.writing import Desk, Sentences, Written, serve

CONSENT_COMMANDS = (
    Command.CONSENT_ASKED,
    Command.CONSENT_GIVEN,
    Command.CONSENT_REFUSED,
    Command.CONSENT_WITHDRAWN,
)
STOPPING = (Command.CONSENT_REFUSED, Command.CONSENT_WITHDRAWN)
DONE = {
    Command.CONSENT_ASKED: "You have recorded that consent was asked for.",
    Command.CONSENT_GIVEN: "You have recorded the consent. Support can begin, and everybody who has the data is told.",
    Command.CONSENT_REFUSED: "You have recorded the refusal. Everybody who has the data is told to stop.",
    Command.CONSENT_WITHDRAWN: "You have recorded the withdrawal. Everybody who has the data is told to stop.",
}
TAKEN_LABELS = {
    ChangeTaken.STOPPED: "Has stopped",
    ChangeTaken.GOES_ON: "Goes on under another basis",
    ChangeTaken.NOTED: "Had nothing to stop",
}
"""What those who were told have made of it where consent ended."""
AGE: dict[bool | None, str] = {True: "18 or over", False: "Under 18"}
YES_NO: dict[bool | None, str] = {True: "Yes", False: "No"}
ONE_DAY = 86_400


async def consent(page: PageRequest) -> Response:
    """Show how consent stands, who is asked, everything that was said, and who has acknowledged each change."""
    async with page.transaction() as session:
        found = await opened(page, session, reason="consent-page")
        subject = found.held.subject
        lines = await queries.consents(session, subject)
        told = await queries.acknowledgements(session, subject)
        view = await queries.plan_of(session, subject)
        holders = await queries.holders(session, subject)
    because = queries.offers_police(lines)
    values = {
        "title": "Consent",
        "state": CONSENT_LABELS[found.held.situation.consent],
        "whom": whom(found, page),
        "request": request_rows(view.version.plan) if view else [],
        "ways": [_way(page, found, command) for command in CONSENT_COMMANDS],
        "police_url": _police(page, found, because) if because else "",
        "lines": [_line(each) for each in lines],
        "told": [_told(page, found, each) for each in told],
        "holders": [(each.name, each.why) for each in holders],
        "waiting": sum(1 for each in told if each.told.ended_at is None),
    }
    return shown(page, "consent", found, values)


async def consent_change(page: PageRequest) -> Response:
    """Ask what was said, by whom and on which day, and record it, or say what the law wants or what is missing."""
    command, today = _command(page), page.now.astimezone(LONDON).date()
    on = {"on-day": str(today.day), "on-month": str(today.month), "on-year": str(today.year)}
    change = Written(
        title=LABELS[command],
        template="consent_change",
        command=command,
        form=ConsentForm,
        first="on",
        look=partial(_look, command),
        wrong=partial(_wrong, command),
        save=partial(_save, command),
        filled=lambda _: on,
        leads_to="consent",
    )
    return await serve(page, change)


def _command(page: PageRequest) -> Command:
    if page.path["command"] not in CONSENT_COMMANDS:
        raise CaseNotFound("There is no such page of consent: open the case and choose one that is offered.")
    command = Command(page.path["command"])
    allow(page.actor, command, permissions())
    return command


def _said(form: ConsentForm) -> Said:
    return Said(
        by=form.by,
        name=form.name,
        relationship=form.relationship if form.by in (Decider.PARENT, Decider.GUARDIAN) else "",
        asked_by=form.asked_by,
        how=form.how,
        capacity=form.capacity,
        best_interests=form.best_interests if form.by is Decider.BEST_INTERESTS else "",
        told_age={"yes": True, "no": False}.get(form.told_age),
        reason=form.reason,
        risk={"yes": True, "no": False}.get(form.risk),
    )


def _answered(command: Command, form: ConsentForm) -> Answer:
    return Answer(form.on, _said(form), form.next_on if command in STOPPING else None)


def _wrong(command: Command, page: PageRequest, desk: Desk, form: ConsentForm) -> Sentences:
    """Return (field, sentence) for whatever the law or the page wants, all at once."""
    answer, today = _answered(command, form), page.now.astimezone(LONDON).date()
    said, decided = answer.said, decision(command, answer, desk.values["lines"])
    asked = [("asked_by", said.asked_by, "Enter who asked"), ("how", said.how, "Say how it was asked")]
    stopped = [
        ("reason", said.reason, "Say why, as far as they said it"),
        ("risk", said.risk is not None, "Say whether there is a risk without support"),
    ]
    wanted = {Command.CONSENT_ASKED: asked}.get(command, stopped if command in STOPPING else [])
    missing = [(field, sentence) for field, there, sentence in wanted if not there]
    if said.by is not Decider.SELF and not said.name:
        missing.insert(0, ("name", "Enter the name"))
    if answer.next_on and answer.next_on <= today:
        missing.append(("next_on", "The next date must be in the future: leave it empty for the area’s own"))
    return (*refused_because(decided, _born(desk.found), today), *missing)


def _born(found: Opened) -> date | None:
    return found.held.summary.date_of_birth if found.held.summary else None


def _way(page: PageRequest, found: Opened, command: Command) -> dict[str, str]:
    address = page.url("consent_change", reference=found.held.reference, command=command)
    refusal = found.refusal(command) if page.may(command) else "For coordinators and supervisors."
    return {"label": LABELS[command], "url": address, "refusal": refusal}


def _police(page: PageRequest, found: Opened, because: Command) -> str:
    """Return the way to offer the case to the police, nothing where that cannot be done (now, or by this person)."""
    if found.refusal(Command.GIVE_BACK):
        return ""
    return page.url("act", reference=found.held.reference, command=Command.GIVE_BACK, because=because)


def _line(line: ConsentLine) -> dict[str, object]:
    said = line.said
    rows = [
        ("By", DECIDER_LABELS[said.by] if said.by else ""),
        ("Name", f"{said.name} ({said.relationship})" if said.relationship else said.name),
        ("Asked by", said.asked_by),
        ("How", said.how),
        ("Capacity", CAPACITY_LABELS[said.capacity] if said.capacity else ""),
        ("Best-interests decision", said.best_interests),
        ("Age, as the officer found out", AGE.get(said.told_age, "")),
        ("Why", said.reason),
        ("Risk without support", YES_NO.get(said.risk, "")),
        ("Recorded by", line.recorded_by),
    ]
    return {"title": f"{CONSENT_LABELS[line.consent]}, {day(line.on)}", "at": line.recorded_at, "rows": rows}


def _told(page: PageRequest, found: Opened, each: Acknowledgement) -> dict[str, object]:
    told = each.told
    days = int((page.now - told.made_at).total_seconds() // ONE_DAY)
    is_open = told.ended_at is None
    can = is_open and page.may(Command.FULFIL) and not found.refusal(Command.FULFIL)
    href = page.url("fulfil_obligation", reference=found.held.reference, obligation=told.id)
    return {
        "href": href if can else "",
        "name": each.name or told.owner,
        "why": told.owner if told.owner != each.name else "",
        "change": CONSENT_LABELS[each.consent],
        "answer": _answer(each),
        "open": is_open,
        "days": days,
        "late": is_open and told.due_at < page.now,
        "due_at": told.due_at,
        "seen_at": told.seen_at,
        "words": told.report,
    }


def _answer(each: Acknowledgement) -> str:
    if each.told.ended_at is None:
        return "Has not stopped yet, as far as we know" if each.stops else "Not acknowledged yet"
    if each.told.state == "cancelled":
        return "Not needed any more"
    if not each.stops:
        return "Has acknowledged it"
    return TAKEN_LABELS[each.told.taken] if each.told.taken else "Has answered"


async def _look(command: Command, page: PageRequest, session: Session, found: Opened) -> dict[str, object]:
    of_age = is_of_age(_born(found), page.now.astimezone(LONDON).date())
    labels = ASKED_OF if command is Command.CONSENT_ASKED else DECIDER_LABELS
    # Who was under 18 today has been so on every day before; what a parent said before a birthday may be told late.
    barred = {Decider.BEST_INTERESTS} if of_age is False else set()
    return {
        "lines": await queries.consents(session, found.held.subject),
        "command": command.value,
        "whom": whom(found, page),
        "deciders": [(each.value, label) for each, label in labels.items() if each not in barred],
        "capacities": [(each.value, label) for each, label in CAPACITY_LABELS.items()],
        "asks_age": of_age is None,
        "may_lack_capacity": of_age is not False,
        "stops": command in STOPPING,
        "asked": command is Command.CONSENT_ASKED,
    }


async def _save(command: Command, page: PageRequest, session: Session, desk: Desk, form: ConsentForm) -> str:
    act = Act(command, page.now, expected=form.row_version)
    await operations.record_consent(session, desk.found.held, _answered(command, form), act, desk.found.practice)
    return DONE[command]
