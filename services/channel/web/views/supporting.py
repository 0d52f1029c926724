"""What is recorded about interventions: commission, brief, sessions, why some are missing, and the end."""

from datetime import date, timedelta
from uuid import UUID

from chassis.clock import LONDON
from chassis.database import Session
from chassis.web import PageRequest, Response
from contracts.vocabulary import day_in_words
from services.channel import operations, queries
from services.channel.domain import (
    Approval,
    Command,
    InterventionNotFound,
    NotRecorded,
    Provider,
    Record,
    SessionState,
    approval,
    counted,
    shortfall_words,
    shortfalls,
)
from services.channel.operations import Act, Commissioning, Sat
from services.channel.queries import Ending, InterventionView, SessionView
from services.channel.web.support_forms import (
    BriefForm,
    CommissionForm,
    EndingForm,
    PlanSessionsForm,
    SessionForm,
    WhyForm,
)
from services.channel.web.views.asked import Opened
from services.channel.web.views.sheets import Field, Recording, Sheet, record

PAGE_OF = "interventions"
BECAME = (
    (SessionState.DELIVERED.value, "It took place"),
    (SessionState.MISSED.value, "It did not take place", "It is to be planned again."),
    (SessionState.CALLED_OFF.value, "It was called off", "It is not counted: another day is planned instead, or none."),
)


async def commission(page: PageRequest) -> Response:
    """Commission a provider of the approved list."""
    return await record(page, Recording(Command.COMMISSION, CommissionForm, _commission, _commissioned, PAGE_OF))


async def write_brief(page: PageRequest) -> Response:
    """Write the brief of an intervention, or a new version of it."""
    return await record(page, Recording(Command.BRIEF, BriefForm, _brief, _briefed, PAGE_OF))


async def plan_sessions(page: PageRequest) -> Response:
    """Plan sessions of an intervention."""
    return await record(page, Recording(Command.SESSION, PlanSessionsForm, _plan, _planned, PAGE_OF))


async def record_session(page: PageRequest) -> Response:
    """Record what became of a session."""
    return await record(page, Recording(Command.SESSION, SessionForm, _session, _sat, PAGE_OF))


async def explain_sessions(page: PageRequest) -> Response:
    """Record why sessions of an intervention are missing."""
    return await record(page, Recording(Command.NOTE, WhyForm, _why, _explained, PAGE_OF))


async def end_intervention(page: PageRequest) -> Response:
    """End an intervention."""
    return await record(page, Recording(Command.INTERVENTION_ENDED, EndingForm, _ending, _ended, PAGE_OF))


async def _commission(page: PageRequest, session: Session, found: Opened) -> Sheet:
    today, practice = _today(page), found.practice
    providers = [(each.id, _provider(each, today)) for each in practice.providers.values()]
    cites = await _citable(session, found.held.subject)
    fields = (
        Field("provider", "choice", "Which provider?", "From the area’s list of approved providers.", providers),
        Field("sessions", "number", "How many sessions?"),
        Field("finish_on", "date", "By which day is the last session?", "The pace is counted evenly until then."),
        Field("cites", "several", "What of the plan does it answer?", "", cites),
        Field("purpose", "words", "What is it for?", "Why this provider, and what should be different afterwards."),
    )
    refusal = found.refusal(Command.COMMISSION)
    if not providers:
        refusal = refusal or "The area’s file names no intervention provider."
    return Sheet("Commission an intervention", "Commission", fields, refusal=refusal)


def _provider(each: Provider, today: date) -> str:
    until = day_in_words(each.approved_until, "en")
    if approval(each, today, today) is Approval.LAPSED:
        return f"{each.name} (approval ended on {until})"
    return f"{each.name} (approved until {until})"


async def _citable(session: Session, subject: UUID) -> list[tuple[str, str]]:
    """Return what an intervention can answer: the items of the plan in force, and the assessed factors."""
    plan = await queries.plan_of(session, subject)
    items = plan.version.plan.items if plan else ()
    factors = await queries.assessed_factors(session, subject)
    return [
        *((f"item-{each.id}", f"Plan: {each.support}") for each in items),
        *((f"factor-{each.factor}", f"Factor: {each.label}") for each in factors),
    ]


async def _commissioned(_: PageRequest, session: Session, found: Opened, sent: tuple[CommissionForm, Act]) -> str:
    form, act = sent
    known = dict(await _citable(session, found.held.subject))
    given = Commissioning(
        provider_id=form.provider,
        sessions=form.sessions,
        finish_on=form.finish_on,
        purpose=form.purpose,
        cites=tuple(known[each] for each in form.cites if each in known),
    )
    await operations.commission(session, found.held.subject, given, act, found.practice)
    return "You have commissioned the intervention. Write the brief now: no session can be planned without it."


async def _brief(page: PageRequest, session: Session, found: Opened) -> Sheet:
    each = await _named(page, session, found)
    newest = each.briefs[0].words if each.briefs else ""
    hint = "What the person needs, what you are asked to do, what you must know about risk, and whom to ring."
    return Sheet(
        title=f"Brief for {each.provider}",
        button="Keep this brief",
        fields=(Field("words", "words", "The brief", hint),),
        lead="The provider reads it by a secure link before the first session. Every version is kept.",
        told=(("What it is for", each.purpose.words),),
        refusal=_over(each) or found.refusal(Command.BRIEF),
        filled={"words": newest},
    )


async def _briefed(page: PageRequest, session: Session, found: Opened, sent: tuple[BriefForm, Act]) -> str:
    form, act = sent
    named = _id(page, "intervention"), form.words
    number = await operations.write_brief(session, found.held.subject, named, act, found.practice)
    return f"You have kept version {number} of the brief. The provider sees it with the next session that is planned."


async def _plan(page: PageRequest, session: Session, found: Opened) -> Sheet:
    each = await _named(page, session, found)
    left = counted(each.commission, each.sittings, _today(page)).to_be_planned
    fields = (
        Field("first", "date", "On which day is the first of them?"),
        Field("count", "number", "How many sessions?", f"{left} of {each.sessions} have no day yet."),
        Field("every", "number", "How many days from one to the next?"),
    )
    missing = "" if each.briefs else "No brief has been written: write it first, then plan the sessions."
    return Sheet(
        title=f"Plan sessions with {each.provider}",
        button="Plan these sessions",
        fields=fields,
        lead="The provider is sent a secure link for a short report of each session.",
        refusal=_over(each) or found.refusal(Command.SESSION) or missing,
        filled={"count": str(left), "every": "7"},
    )


async def _planned(page: PageRequest, session: Session, found: Opened, sent: tuple[PlanSessionsForm, Act]) -> str:
    form, act = sent
    if not form.count:
        raise NotRecorded("count", "Enter how many sessions are planned, at least 1")
    try:
        days = tuple(form.first + timedelta(days=form.every * number) for number in range(form.count))
    except OverflowError:
        raise NotRecorded("first", "Enter an earlier day") from None
    planned = _id(page, "intervention"), days
    await operations.plan_sessions(session, found.held.subject, planned, act, found.practice)
    sessions = "session is" if form.count == 1 else "sessions are"
    return f"{form.count} {sessions} planned. The provider is asked for a short report of each."


async def _session(page: PageRequest, session: Session, found: Opened) -> Sheet:
    sat = await queries.planned_session(session, found.held.subject, _id(page, "session"))
    each = await queries.intervention(session, found.held.subject, sat.intervention)
    fields = (
        Field("state", "choice", "What became of the session?", "", BECAME),
        Field("words", "words", "What was done, or why did it not take place?", "Say also who told you, and how."),
    )
    told = (
        ("Provider", each.provider),
        ("Planned for", day_in_words(sat.held_on, "en")),
        ("Report so far", sat.report),
    )
    title, refusal = f"Record session {sat.number}", _recorded(sat) or found.refusal(Command.SESSION)
    return Sheet(title, "Record this", fields, told=told, refusal=refusal)


async def _sat(page: PageRequest, session: Session, found: Opened, sent: tuple[SessionForm, Act]) -> str:
    form, act = sent
    if form.state not in {value for value, *_ in BECAME}:
        raise NotRecorded("state", "Choose what became of the session")
    sat = Sat(_id(page, "session"), SessionState(form.state), form.words)
    await operations.record_session(session, found.held.subject, sat, act, found.practice)
    return "You have recorded what became of the session."


async def _why(page: PageRequest, session: Session, found: Opened) -> Sheet:
    each = await _named(page, session, found)
    delivery = counted(each.commission, each.sittings, _today(page))
    missing = tuple(shortfall_words(delivery, short) for short in shortfalls(delivery))
    hint = "The alarm ends with your words, until more sessions are missing. The panel sees them."
    return Sheet(
        title=f"Say why sessions with {each.provider} are missing",
        button="Record the reason",
        fields=(Field("reason", "words", "Why are they missing, and what is done about it?", hint),),
        told=(("Missing", " ".join(missing)),),
        refusal=_over(each) or ("" if missing or each.is_short else "No session of this intervention is missing."),
    )


async def _explained(page: PageRequest, session: Session, found: Opened, sent: tuple[WhyForm, Act]) -> str:
    form, act = sent
    because = Act(Command.NOTE, act.now, Record(reason=form.reason), act.expected)
    which = _id(page, "intervention")
    await operations.explain_shortfall(session, found.held.subject, which, because, found.practice)
    return "You have recorded why sessions are missing."


async def _ending(page: PageRequest, session: Session, found: Opened) -> Sheet:
    each = await _named(page, session, found)
    fields = (
        Field("reason", "words", "Why does it end?"),
        Field("outcome", "words", "What came of it?", "What changed for the person, measured by what it was for."),
    )
    return Sheet(
        title=f"End the intervention of {each.provider}",
        button="End the intervention",
        fields=fields,
        lead="Sessions that are still to come are called off, and the provider is told so by the link.",
        told=(("What it was for", each.purpose.words),),
        refusal=_over(each) or found.refusal(Command.INTERVENTION_ENDED),
    )


async def _ended(page: PageRequest, session: Session, found: Opened, sent: tuple[EndingForm, Act]) -> str:
    form, act = sent
    how = _id(page, "intervention"), Ending(reason=form.reason, outcome=form.outcome)
    await operations.end_intervention(session, found.held.subject, how, act, found.practice)
    return "You have ended the intervention."


async def _named(page: PageRequest, session: Session, found: Opened) -> InterventionView:
    return await queries.intervention(session, found.held.subject, _id(page, "intervention"))


def _id(page: PageRequest, name: str) -> UUID:
    try:
        return UUID(page.path[name])
    except ValueError:
        text = "The case has no such intervention or session: open its interventions and choose one there."
        raise InterventionNotFound(text) from None


def _over(each: InterventionView) -> str:
    return "" if each.ended_at is None else "This intervention has ended."


def _recorded(sat: SessionView) -> str:
    return "" if sat.state is SessionState.PLANNED else "This session has been recorded already."


def _today(page: PageRequest) -> date:
    return page.now.astimezone(LONDON).date()
