"""Interventions: commissioned from the approved list, briefed in writing, planned, reported, and ended."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import insert, update

from chassis.database import Session
from contracts.vocabulary import AskKind, day_in_words
from contracts.vocabulary.asking import AskSection
from contracts.vocabulary.days import LONDON
from services.channel import models, queries
from services.channel.domain import (
    MOST_SESSIONS,
    ClockName,
    Command,
    Consent,
    InterventionOver,
    NotRecorded,
    Practice,
    Record,
    SessionState,
    counted,
    why_not_commissioned,
    why_not_planned,
)
from services.channel.operations.asking import Asking, Moved, ask, end_ask, move_ask
from services.channel.operations.clocks import Deadline, start_clock, stop_clock
from services.channel.operations.saving import Act, carry_out
from services.channel.queries import Ending as HowEnded
from services.channel.queries import Held, InterventionView, Purpose, SessionView

WORKS_AFTER = timedelta(days=60)
"""How long a session's link still works after its report was due."""
QUESTIONS = (
    "What was done in the session, or why did it not take place?",
    "How did the person take part?",
    "What should the Channel panel know, or do, before the next session?",
)


@dataclass(frozen=True)
class Commissioning:
    """What a provider is to do: how many sessions until which day, why, and what of the plan it answers."""

    provider_id: str
    sessions: int
    finish_on: date
    purpose: str
    cites: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sat:
    """What became of a session, in words."""

    session_id: UUID
    state: SessionState
    words: str


async def commission(session: Session, subject: UUID, given: Commissioning, act: Act, practice: Practice) -> UUID:
    """Commission a provider of the area's approved list and return the intervention's id.

    Raises NotRecorded (provider, sessions, finish_on, cites), and whatever `carry_out` refuses.
    """
    today = _day(act.now)
    provider = practice.providers.get(given.provider_id)
    if refusal := why_not_commissioned(provider, given.finish_on, today):
        raise NotRecorded("provider", refusal)
    if not 1 <= given.sessions <= MOST_SESSIONS:
        raise NotRecorded("sessions", f"The number of sessions must be between 1 and {MOST_SESSIONS}")
    if given.finish_on <= today:
        raise NotRecorded("finish_on", "The day of the last session must be after today")
    if not given.cites:
        raise NotRecorded("cites", "Choose what of the plan or the assessment it answers")
    name = provider.name if provider else ""
    until = day_in_words(given.finish_on, "en")
    record = Record(officer=name, message=f"{given.sessions} sessions until {until}. {given.purpose.strip()}")
    if not given.purpose.strip():
        raise NotRecorded("purpose", "Say what it is for")
    held = (await carry_out(session, subject, _as(act, Command.COMMISSION, record), practice)).before
    purpose = Purpose(words=given.purpose.strip(), cites=given.cites)
    row = {
        "id": uuid4(),
        "subject": subject,
        "area": held.area,
        "provider_id": given.provider_id,
        "provider": name,
        "sessions": given.sessions,
        "sealed_purpose": await session.seal_model(subject, purpose),
        "commissioned_at": act.now,
        "commissioned_by": _me(session),
        "finish_on": given.finish_on,
        "briefs": 0,
        "short": 0,
        "explained": 0,
    }
    await session.execute(insert(models.intervention).values(row))
    return UUID(str(row["id"]))


async def write_brief(session: Session, subject: UUID, named: tuple[UUID, str], act: Act, practice: Practice) -> int:
    """Keep a new version of a brief and return its number; those who were asked about a session to come see it too.

    `named` is the intervention and the words. Raises NotRecorded(words), InterventionNotFound, InterventionOver.
    """
    intervention_id, words = named[0], named[1].strip()
    await session.lock(subject)
    found = await _running(session, subject, intervention_id)
    if not words:
        raise NotRecorded("words", "Write the brief: what the person needs, what the provider is to do, and the risks")
    number = len(found.briefs) + 1
    record = Record(reason=f"{found.provider}: brief, version {number}.")
    held = (await carry_out(session, subject, _as(act, Command.BRIEF, record), practice)).before
    row = {
        "intervention": found.id,
        "number": number,
        "subject": subject,
        "area": held.area,
        "sealed_brief": await session.seal(subject, words),
        "written_by": _me(session),
        "written_at": act.now,
    }
    await session.execute(insert(models.brief).values(row))
    await change_intervention(session, found.id, briefs=number)
    for each in found.held:
        if each.state is SessionState.PLANNED and each.held_on >= _day(act.now):
            await end_ask(session, held, each.ask_id, act.now, cancelled=True)
            await _ask(session, held, await queries.intervention(session, subject, found.id), each, act.now)
    return number


async def plan_sessions(
    session: Session, subject: UUID, planned: tuple[UUID, tuple[date, ...]], act: Act, practice: Practice
) -> None:
    """Plan sessions of an intervention on these days; the provider is asked for a short report of each by a link.

    Raises NotRecorded (first, count), InterventionNotFound, InterventionOver, and whatever `carry_out` refuses.
    """
    intervention_id, days = planned
    await session.lock(subject)
    found = await _running(session, subject, intervention_id)
    _check_days(found, days, act, practice)
    first, last = day_in_words(days[0], "en"), day_in_words(days[-1], "en")
    span = first if len(days) == 1 else f"{first} to {last}"
    record = Record(summary=f"{found.provider}: {len(days)} planned, {span}.")
    held = (await carry_out(session, subject, _as(act, Command.SESSION, record), practice)).before
    if held.situation.consent is not Consent.GIVEN:
        raise NotRecorded("first", "Support needs consent: no session is planned without it (section 36(4)(b))")
    for number, day in enumerate(days, start=len(found.held) + 1):
        await _plan(session, held, found, (number, day), (act.now, practice))


def _check_days(found: InterventionView, days: tuple[date, ...], act: Act, practice: Practice) -> None:
    today = _day(act.now)
    left = counted(found.commission, found.sittings, today).to_be_planned
    if len(days) > left:
        more = (
            f"Only {left} of the {found.sessions} sessions commissioned have no day yet"
            if left
            else (f"All {found.sessions} sessions commissioned have a day already")
        )
        raise NotRecorded("count", f"{more}: commission more sessions first")
    if not days or days[0] < today:
        raise NotRecorded("first", "The day must be today or later")
    provider = practice.providers.get(found.provider_id)
    if refusal := why_not_planned(len(found.briefs), provider, found.provider, days[-1]):
        raise NotRecorded("first", refusal)


async def _plan(
    session: Session,
    held: Held,
    found: InterventionView,
    planned: tuple[int, date],
    when: tuple[datetime, Practice],
) -> None:
    (number, day), (now, practice) = planned, when
    session_id = uuid4()
    due_at = practice.later(ClockName.SESSION, practice.close_of(day))
    row = {
        "id": session_id,
        "intervention": found.id,
        "subject": held.subject,
        "area": held.area,
        "number": number,
        "ask_id": session_id,
        "brief": found.briefs[0].number,
        "held_on": day,
        "due_at": due_at,
        "state": SessionState.PLANNED,
        "planned_by": _me(session),
        "planned_at": now,
    }
    await session.execute(insert(models.intervention_session).values(row))
    start_clock(session, held, Deadline(ClockName.SESSION, due_at, session_id), now)
    await _ask(session, held, found, await queries.planned_session(session, held.subject, session_id), now)


async def _ask(session: Session, held: Held, found: InterventionView, sat: SessionView, now: datetime) -> None:
    """Ask the provider for the report of a session; a brief that they have not opened yet is shown with it."""
    brief = found.briefs[0]
    ask_id = sat.id if sat.ask_id == sat.id and sat.brief == brief.number else uuid4()
    day = day_in_words(sat.held_on, "en")
    shown = [AskSection(heading="The session", words=f"Session {sat.number}, planned for {day}.")]
    if brief.read_at is None:
        shown.append(AskSection(heading=f"Your brief, version {brief.number}", words=brief.words))
    asking = Asking(
        ask_id=ask_id,
        kind=AskKind.SESSION,
        name=found.provider,
        title=f"A report of the session on {day}",
        due_at=sat.due_at,
        recipient=found.provider_id,
        shown=tuple(shown),
        questions=QUESTIONS,
        expires_at=sat.due_at + WORKS_AFTER,
    )
    await ask(session, held, asking, now)
    if sat.paused:
        await move_ask(session, held, ask_id, Moved(sat.due_at, sat.due_at + WORKS_AFTER, paused=True), now)
    table = models.intervention_session
    again = {"ask_id": ask_id, "brief": brief.number}
    await session.execute(update(table).where(table.c.id == sat.id).values(again))


async def record_session(session: Session, subject: UUID, sat: Sat, act: Act, practice: Practice) -> None:
    """Record what became of a session, as an officer heard it; a link to its report says so from then on.

    Raises NotRecorded(words), InterventionNotFound, InterventionOver, and whatever `carry_out` refuses.
    """
    await session.lock(subject)
    found = await queries.planned_session(session, subject, sat.session_id)
    if found.state is not SessionState.PLANNED:
        raise InterventionOver("This session has been recorded already: open the interventions of the case.")
    _check_report(found, sat, act.now)
    said = f"Session {found.number} of {day_in_words(found.held_on, 'en')}: {sat.state.replace('-', ' ')}. "
    record = Record(summary=said + sat.words.strip())
    held = (await carry_out(session, subject, _as(act, Command.SESSION, record), practice)).before
    await keep_report(session, held, found, (sat.state, sat.words, _me(session), act.now))
    await end_ask(session, held, found.ask_id, act.now, cancelled=sat.state is SessionState.CALLED_OFF)


def _check_report(found: SessionView, sat: Sat, now: datetime) -> None:
    if not sat.words.strip():
        raise NotRecorded("words", "Say what was done, or why the session did not take place")
    if sat.state is SessionState.DELIVERED and found.held_on > _day(now):
        raise NotRecorded("state", "The session is still to come: it cannot be recorded as delivered yet")


async def keep_report(
    session: Session, held: Held, found: SessionView, said: tuple[SessionState, str, str, datetime]
) -> None:
    """Keep what became of a session and stop its clock."""
    state, words, by, at = said
    table = models.intervention_session
    row = {
        "state": state,
        "sealed_report": await session.seal(held.subject, words.strip()) if words.strip() else None,
        "reported_by": by,
        "reported_at": at,
    }
    await session.execute(update(table).where(table.c.id == found.id).values(row))
    if state is not SessionState.PLANNED:
        await stop_clock(session, held, found.id, at, dropped=state is SessionState.CALLED_OFF)


async def end_intervention(
    session: Session, subject: UUID, ended: tuple[UUID, HowEnded], act: Act, practice: Practice
) -> None:
    """End an intervention with the reason and what came of it; sessions to come are called off.

    Raises NotRecorded (reason, outcome), InterventionNotFound, InterventionOver, and whatever `carry_out` refuses.
    """
    intervention_id, how = ended
    await session.lock(subject)
    found = await _running(session, subject, intervention_id)
    _check_ending(found, how, _day(act.now))
    words = f"{found.provider}: {how.reason.strip()}\n\nWhat came of it: {how.outcome.strip()}"
    record = Record(reason=words)
    held = (await carry_out(session, subject, _as(act, Command.INTERVENTION_ENDED, record), practice)).before
    me = _me(session)
    for each in found.held:
        if each.state is SessionState.PLANNED:
            await keep_report(session, held, each, (SessionState.CALLED_OFF, "", me, act.now))
            await end_ask(session, held, each.ask_id, act.now, cancelled=True)
    await stop_clock(session, held, found.id, act.now, dropped=True)
    sealed = await session.seal_model(subject, how)
    await change_intervention(session, found.id, ended_at=act.now, ended_by=me, sealed_ending=sealed)


def _check_ending(found: InterventionView, how: HowEnded, today: date) -> None:
    if not how.reason.strip():
        raise NotRecorded("reason", "Say why the intervention ends")
    if not how.outcome.strip():
        raise NotRecorded("outcome", "Say what came of it")
    open_ones = [each for each in found.held if each.state is SessionState.PLANNED and each.held_on < today]
    if open_ones:
        days = ", ".join(day_in_words(each.held_on, "en") for each in open_ones)
        raise NotRecorded("reason", f"Record first what became of the sessions of {days}: nobody has reported them")


async def change_intervention(session: Session, intervention_id: UUID, **values: object) -> None:
    """Change columns of an intervention's row."""
    table = models.intervention
    await session.execute(update(table).where(table.c.id == intervention_id).values(**values))


async def _running(session: Session, subject: UUID, intervention_id: UUID) -> InterventionView:
    found = await queries.intervention(session, subject, intervention_id)
    if found.ended_at is not None:
        raise InterventionOver("This intervention has ended: commission a new one where support goes on.")
    return found


def _as(act: Act, command: Command, record: Record) -> Act:
    return Act(command, act.now, record, act.expected)


def _day(now: datetime) -> date:
    return now.astimezone(LONDON).date()


def _me(session: Session) -> str:
    return session.actor.name or session.actor.id
