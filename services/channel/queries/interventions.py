"""The interventions of a case, those with sessions missing, and what the clock looks through."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Row, Select, and_, func, select, tuple_

from chassis.database import Session
from contracts.vocabulary.days import LONDON
from services.channel import models
from services.channel.domain import ClockName, Commission, InterventionNotFound, SessionState, Sitting, State
from services.channel.queries.paging import PAGE
from services.channel.queries.reading import text_of

_OURS = (State.ADOPTED, State.PLANNED, State.SUPPORTED, State.NO_CONSENT, State.CLOSING, State.GIVEN_BACK,
         State.TRANSFER_OFFERED)  # fmt: skip
"""The states in which somebody here answers for sessions; what left with a case is no longer looked at."""


class Purpose(BaseModel):
    """What an intervention is for: the words, and what of the plan or the assessment it answers; sealed in its row."""

    model_config = ConfigDict(frozen=True)

    words: str = ""
    cites: tuple[str, ...] = ()


class Ending(BaseModel):
    """Why an intervention ended, and what came of it; sealed in its row."""

    model_config = ConfigDict(frozen=True)

    reason: str = ""
    outcome: str = ""


@dataclass(frozen=True)
class SessionView:
    """One session; `report` is what was said of it, empty until then."""

    id: UUID
    intervention: UUID
    number: int
    ask_id: UUID
    brief: int
    held_on: date
    due_at: datetime
    state: SessionState
    report: str
    reported_by: str
    reported_at: datetime | None
    planned_by: str
    planned_at: datetime
    paused: bool = False

    @property
    def sitting(self) -> Sitting:
        """Return what counting needs of it."""
        return Sitting(self.held_on, _last_day(self.due_at, paused=self.paused), self.state)


@dataclass(frozen=True)
class BriefView:
    """One version of a brief; `read_at` is when the provider said that they read it."""

    number: int
    words: str
    written_by: str
    written_at: datetime
    read_at: datetime | None


@dataclass(frozen=True)
class InterventionView:
    """One intervention with its briefs (newest first) and its sessions (by day).

    `short` counts sessions that were missing at the last look, `explained` up to how many a person has said why.
    """

    id: UUID
    subject: UUID
    provider_id: str
    provider: str
    sessions: int
    purpose: Purpose
    commissioned_at: datetime
    commissioned_by: str
    finish_on: date
    short: int
    raised_at: datetime | None
    explained: int
    explanation: str
    explained_by: str
    explained_at: datetime | None
    ended_at: datetime | None
    ended_by: str
    ending: Ending
    briefs: tuple[BriefView, ...] = ()
    held: tuple[SessionView, ...] = ()

    @property
    def commission(self) -> Commission:
        """Return what counting needs of it."""
        return Commission(self.sessions, self.commissioned_at.astimezone(LONDON).date(), self.finish_on)

    @property
    def sittings(self) -> tuple[Sitting, ...]:
        """Return its sessions as counting needs them."""
        return tuple(each.sitting for each in self.held)

    @property
    def is_short(self) -> bool:
        """Say whether sessions are missing and nobody has said why."""
        return self.ended_at is None and self.short > self.explained


@dataclass(frozen=True)
class ShortIntervention:
    """An intervention with sessions missing that nobody has explained, as lists and the panel see it."""

    id: UUID
    reference: str
    provider: str
    coordinator: str
    sessions: int
    delivered: int
    short: int
    raised_at: datetime


@dataclass(frozen=True)
class Watched:
    """An intervention that runs, as far as the clock looks at it."""

    id: UUID
    subject: UUID
    commission: Commission
    short: int
    explained: int
    sittings: tuple[Sitting, ...]


@dataclass(frozen=True)
class Commissioned:
    """A provider with interventions that run in an area, and until when the last of them is to be done."""

    area: str
    provider_id: str
    provider: str
    finish_on: date
    count: int


async def interventions(session: Session, subject: UUID) -> tuple[InterventionView, ...]:
    """Return every intervention of a case, those that run first, then the newest."""
    table = models.intervention
    order = (table.c.ended_at.is_not(None), table.c.commissioned_at.desc(), table.c.id)
    rows = await session.rows(select(table).where(table.c.subject == subject).order_by(*order))
    return tuple([await _view(session, row) for row in rows])


async def intervention(session: Session, subject: UUID, intervention_id: UUID) -> InterventionView:
    """Return one intervention of a case; InterventionNotFound where it is not there."""
    table = models.intervention
    found = await session.first(select(table).where(table.c.id == intervention_id, table.c.subject == subject))
    if found is None:
        raise InterventionNotFound("The case has no such intervention: open its interventions and choose one there.")
    return await _view(session, found)


async def session_of_ask(session: Session, subject: UUID, ask_id: UUID) -> SessionView | None:
    """Return the session that a link is about, None where it was asked about again since."""
    table = models.intervention_session
    found = await session.first(_with_clock().where(table.c.ask_id == ask_id, table.c.subject == subject))
    return None if found is None else await _session(session, found)


async def planned_session(session: Session, subject: UUID, session_id: UUID) -> SessionView:
    """Return one session of a case; InterventionNotFound where it is not there."""
    table = models.intervention_session
    found = await session.first(_with_clock().where(table.c.id == session_id, table.c.subject == subject))
    if found is None:
        raise InterventionNotFound("The case has no such session: open its interventions and choose one there.")
    return await _session(session, found)


async def session_asked_about(session: Session, subject: UUID, session_id: UUID) -> UUID | None:
    """Return what a session's link is known by, None where the id is not of a session of the case."""
    table = models.intervention_session
    this = (table.c.id == session_id) & (table.c.subject == subject)
    found: UUID | None = await session.scalar(select(table.c.ask_id).where(this))
    return found


async def open_providers(session: Session, subject: UUID) -> tuple[str, ...]:
    """Return the names of those whose interventions in a case have not been ended."""
    table = models.intervention
    running = (table.c.subject == subject) & table.c.ended_at.is_(None)
    rows = await session.rows(select(table.c.provider).where(running).order_by(table.c.commissioned_at, table.c.id))
    return tuple(row.provider for row in rows)


async def intervention_alarms(session: Session, subject: UUID) -> tuple[ShortIntervention, ...]:
    """Return the interventions of a case with sessions missing that nobody has explained."""
    table = models.intervention
    return await _short(session, table.c.subject == subject, None)


async def interventions_to_look_at(
    session: Session, after: tuple[datetime, UUID] | None = None
) -> tuple[ShortIntervention, ...]:
    """Return one page and one more, if any, of interventions with sessions missing: the longest known first."""
    return await _short(session, models.intervention.c.id.is_not(None), after)


async def _short(session: Session, wanted: Any, after: tuple[datetime, UUID] | None) -> tuple[ShortIntervention, ...]:
    table, case, sat = models.intervention, models.case_file, models.intervention_session
    delivered = select(func.count()).where(sat.c.intervention == table.c.id, sat.c.state == SessionState.DELIVERED)
    statement = (
        select(table, case.c.reference, case.c.coordinator, delivered.scalar_subquery().label("delivered"))
        .join(case, case.c.subject == table.c.subject)
        .where(wanted, table.c.ended_at.is_(None), table.c.short > table.c.explained, case.c.state.in_(_OURS))
        .order_by(table.c.raised_at, table.c.id)
    )
    if after is not None:
        statement = statement.where(tuple_(table.c.raised_at, table.c.id) > tuple_(*after))
    return tuple(
        ShortIntervention(
            id=row.id,
            reference=row.reference,
            provider=row.provider,
            coordinator=row.coordinator or "",
            sessions=row.sessions,
            delivered=row.delivered,
            short=row.short,
            raised_at=row.raised_at,
        )
        for row in await session.rows(statement.limit(PAGE + 1))
    )


async def interventions_watched(session: Session, after: UUID, most: int) -> tuple[Watched, ...]:
    """Return at most so many interventions that run, by id after one, without opening anything sealed."""
    table, case, sat = models.intervention, models.case_file, models.intervention_session
    running = select(table).join(case, case.c.subject == table.c.subject).where(case.c.state.in_(_OURS))
    some = running.where(table.c.ended_at.is_(None), table.c.id > after).order_by(table.c.id).limit(most)
    rows = await session.rows(some)
    held: dict[UUID, list[Sitting]] = {row.id: [] for row in rows}
    for each in await session.rows(_with_clock().where(sat.c.intervention.in_(held))):
        report_by = _last_day(each.report_by, paused=each.paused)
        held[each.intervention].append(Sitting(each.held_on, report_by, SessionState(each.state)))
    return tuple(
        Watched(row.id, row.subject, _commission(row), row.short, row.explained, tuple(held[row.id])) for row in rows
    )


async def commissioned_by_provider(session: Session) -> tuple[Commissioned, ...]:
    """Return the providers with interventions that run, by area and name."""
    table = models.intervention
    groups = (table.c.area, table.c.provider_id, table.c.provider)
    statement = select(*groups, func.max(table.c.finish_on).label("last"), func.count().label("number"))
    rows = await session.rows(statement.where(table.c.ended_at.is_(None)).group_by(*groups).order_by(*groups))
    return tuple(Commissioned(row.area, row.provider_id, row.provider, row.last, row.number) for row in rows)


def _with_clock() -> Select[Any]:
    """Return sessions with when their reports are due: as their clocks say, which may have been given more time."""
    table, clock = models.intervention_session, models.clock
    own = and_(clock.c.subject == table.c.subject, clock.c.name == ClockName.SESSION, clock.c.about == table.c.id)
    report_by = func.coalesce(clock.c.due_at, table.c.due_at).label("report_by")
    return select(table, report_by, clock.c.paused_at.is_not(None).label("paused")).outerjoin(clock, own)


def _last_day(due_at: datetime, *, paused: bool) -> date:
    """Return the last day on which a report is in time; while its clock stands still, none is the last."""
    return date.max if paused else due_at.astimezone(LONDON).date()


def _commission(row: Row[Any]) -> Commission:
    return Commission(row.sessions, row.commissioned_at.astimezone(LONDON).date(), row.finish_on)


async def _view(session: Session, row: Row[Any]) -> InterventionView:
    purpose, ending, subject = Purpose(), Ending(), row.subject
    if row.sealed_purpose:
        purpose = await session.unseal_model(subject, row.sealed_purpose, Purpose)
    if row.sealed_ending:
        ending = await session.unseal_model(subject, row.sealed_ending, Ending)
    return InterventionView(
        id=row.id,
        subject=subject,
        provider_id=row.provider_id,
        provider=row.provider,
        sessions=row.sessions,
        purpose=purpose,
        commissioned_at=row.commissioned_at,
        commissioned_by=row.commissioned_by,
        finish_on=row.finish_on,
        short=row.short,
        raised_at=row.raised_at,
        explained=row.explained,
        explanation=await text_of(session, subject, row.sealed_explanation),
        explained_by=row.explained_by or "",
        explained_at=row.explained_at,
        ended_at=row.ended_at,
        ended_by=row.ended_by or "",
        ending=ending,
        briefs=await _briefs(session, row.id, subject),
        held=await _sessions(session, row.id),
    )


async def _briefs(session: Session, intervention_id: UUID, subject: UUID) -> tuple[BriefView, ...]:
    table = models.brief
    found = select(table).where(table.c.intervention == intervention_id).order_by(table.c.number.desc())
    return tuple(
        [
            BriefView(
                number=row.number,
                words=await text_of(session, subject, row.sealed_brief),
                written_by=row.written_by,
                written_at=row.written_at,
                read_at=row.read_at,
            )
            for row in await session.rows(found)
        ]
    )


async def _sessions(session: Session, intervention_id: UUID) -> tuple[SessionView, ...]:
    table = models.intervention_session
    found = _with_clock().where(table.c.intervention == intervention_id).order_by(table.c.held_on, table.c.number)
    return tuple([await _session(session, row) for row in await session.rows(found)])


async def _session(session: Session, row: Row[Any]) -> SessionView:
    return SessionView(
        id=row.id,
        intervention=row.intervention,
        number=row.number,
        ask_id=row.ask_id,
        brief=row.brief,
        held_on=row.held_on,
        due_at=row.report_by,
        state=SessionState(row.state),
        report=await text_of(session, row.subject, row.sealed_report),
        reported_by=row.reported_by or "",
        reported_at=row.reported_at,
        planned_by=row.planned_by,
        planned_at=row.planned_at,
        paused=row.paused,
    )
