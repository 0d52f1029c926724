"""What Channel can answer: the awareness list, the cases, one case with its packs, and what changed meanwhile."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Row, func, select, true, tuple_

from chassis.database import Session
from contracts.vocabulary import ReferralForm, tidy_reference
from contracts.vocabulary.assessment import Assessment
from contracts.vocabulary.pack import ChronologyLine, GatheredInformation, Sharing
from services.channel import models
from services.channel.domain import CaseNotFound, Situation, State

PAGE = 50
# The police's ids of offers rise, so that the later of one moment comes first.
_NEWEST_PACK = (models.pack.c.offered_at.desc(), models.pack.c.offer_id.desc().nulls_last())
OPEN_STATES = (State.OFFERED, State.ACCEPTED, State.GATHERED, State.REFERRED, State.GIVEN_BACK, State.WITHDRAWN)


class Summary(BaseModel):
    """Who a case is about, in one line; sealed in the case's row."""

    model_config = ConfigDict(frozen=True)

    name: str
    date_of_birth: date | None = None
    approximate_age: int | None = None
    district: str = ""


class PackParts(BaseModel):
    """What a pack brings beside the form and the words of the decision; sealed in the pack's row."""

    model_config = ConfigDict(frozen=True)

    assessment: Assessment | None = None
    gathered: tuple[GatheredInformation, ...] = ()
    chronology: tuple[ChronologyLine, ...] = ()
    shared: tuple[Sharing, ...] = ()


@dataclass(frozen=True)
class CorrectionView:
    """What the police found to be wrong in what they had passed on; the words are empty once erased."""

    kind: str
    corrected_at: datetime
    corrected_by: str
    words: str


@dataclass(frozen=True)
class Apart:
    """A reference that was held for the same person's until the police separated them; `shared` is what went wrong."""

    reference: str
    at: datetime
    shared: tuple[str, ...]


@dataclass(frozen=True)
class SamePerson:
    """Which other references the police hold for the same person's, and which they no longer do."""

    others: tuple[str, ...] = ()
    apart: tuple[Apart, ...] = ()


@dataclass(frozen=True)
class AwarenessLine:
    """A referral as the local authority may know of it before it has a pack: no identity."""

    subject: UUID
    reference: str
    received_at: datetime
    age_band: str
    district: str
    outcome: str
    decided_at: datetime | None
    has_case: bool


@dataclass(frozen=True)
class Held:
    """One case as its row has it; `row_version` counts every change.

    `halted_at` is when the police asked to wait, or took the pack back, and `speak_to` whom they named; both are empty
    where the work goes on.
    """

    subject: UUID
    area: str
    area_version: str
    reference: str
    correlation_id: UUID | None
    statistics_key: UUID
    opened_at: datetime
    immediate_danger: bool
    situation: Situation
    answers: int
    row_version: int
    summary: Summary | None
    halted_at: datetime | None = None
    speak_to: str = ""


@dataclass(frozen=True)
class ClockView:
    """A clock of a case; `due_at` is UTC."""

    name: str
    due_at: datetime
    stopped_at: datetime | None


@dataclass(frozen=True)
class CaseLine:
    """One case in the list, without identity."""

    subject: UUID
    reference: str
    opened_at: datetime
    immediate_danger: bool
    state: State
    risk_owner: str
    clock: ClockView | None
    halted: bool = False


@dataclass(frozen=True)
class PackView:
    """A pack as the police handed it over."""

    kind: str
    offered_at: datetime
    rationale: str
    grounds: str
    decided_by: str
    risk_owner: str
    parts: PackParts


@dataclass(frozen=True)
class TimelineEntry:
    """One thing that happened, with what was written down about it; `by` is empty where no person did it here."""

    at: datetime
    by: str
    command: str
    from_state: str
    to_state: str
    risk_owner: str
    row_version: int
    note: str = ""


@dataclass(frozen=True)
class CaseView:
    """Everything that the case page shows."""

    held: Held
    form: ReferralForm | None
    packs: tuple[PackView, ...]
    clocks: tuple[ClockView, ...]
    timeline: tuple[TimelineEntry, ...]


async def awareness(session: Session, after: tuple[datetime, UUID] | None = None) -> tuple[AwarenessLine, ...]:
    """Return one page of referrals and one more, if any, after the last seen: newest first, with the last decision."""
    table, decided, case = models.awareness, models.police_decision, models.case_file
    place = tuple_(table.c.received_at, table.c.subject)
    newest = (
        select(decided.c.outcome, decided.c.decided_at)
        .where(decided.c.subject == table.c.subject)
        .order_by(decided.c.decided_at.desc())
        .limit(1)
        .lateral()
    )
    statement = (
        select(table, newest.c.outcome, newest.c.decided_at, case.c.subject.label("case_subject"))
        .select_from(table.outerjoin(newest, true()).outerjoin(case, case.c.subject == table.c.subject))
        .order_by(table.c.received_at.desc(), table.c.subject.desc())
    )
    if after is not None:
        statement = statement.where(place < tuple_(*after))
    rows = await session.rows(statement.limit(PAGE + 1))
    return tuple(
        AwarenessLine(
            subject=row.subject,
            reference=row.reference,
            received_at=row.received_at,
            age_band=row.age_band,
            district=row.district,
            outcome=row.outcome or "",
            decided_at=row.decided_at,
            has_case=row.case_subject is not None,
        )
        for row in rows
    )


async def exists(session: Session, subject: UUID) -> bool:
    """Say whether a case is here."""
    table = models.case_file
    return await session.scalar(select(table.c.subject).where(table.c.subject == subject)) is not None


async def held(session: Session, subject: UUID) -> Held:
    """Return a case by its subject; CaseNotFound where it is not here or not in the actor's areas."""
    table = models.case_file
    return await _held(session, await session.first(select(table).where(table.c.subject == subject)))


async def held_by_reference(session: Session, reference: str) -> Held:
    """Return a case by its reference, however it was typed; CaseNotFound as above."""
    table = models.case_file
    wanted = tidy_reference(reference)
    return await _held(session, await session.first(select(table).where(table.c.reference == wanted)))


async def _held(session: Session, row: Row[Any] | None) -> Held:
    if row is None:
        raise CaseNotFound("There is no such case in your areas; check the reference.")
    summary = None
    if row.sealed_summary is not None:
        summary = await session.unseal_model(row.subject, row.sealed_summary, Summary)
    return Held(
        subject=row.subject,
        area=row.area,
        area_version=row.area_version,
        reference=row.reference,
        correlation_id=row.correlation_id,
        statistics_key=row.statistics_key,
        opened_at=row.opened_at,
        immediate_danger=row.immediate_danger,
        situation=Situation(State(row.state), row.risk_owner, row.section_36_made),
        answers=row.answers,
        row_version=row.row_version,
        summary=summary,
        halted_at=row.halted_at,
        speak_to=await _text(session, row.subject, row.sealed_speak_to),
    )


async def cases(
    session: Session, states: Sequence[State], after: tuple[bool, datetime, UUID] | None = None
) -> tuple[CaseLine, ...]:
    """Return one page of cases and one more, if any, after the last seen: immediate danger first, then longest open."""
    table = models.case_file
    place = tuple_(~table.c.immediate_danger, table.c.opened_at, table.c.subject)
    statement = select(table).where(table.c.state.in_([state.value for state in states])).order_by(*place.clauses)
    if after is not None:
        danger, opened_at, subject = after
        statement = statement.where(place > tuple_(not danger, opened_at, subject))
    rows = await session.rows(statement.limit(PAGE + 1))
    clocks = models.clock
    running = await session.rows(
        select(clocks)
        .where(clocks.c.subject.in_([row.subject for row in rows]), clocks.c.stopped_at.is_(None))
        .order_by(clocks.c.due_at.desc())
    )
    next_clock = {row.subject: ClockView(row.name, row.due_at, None) for row in running}
    return tuple(
        CaseLine(
            subject=row.subject,
            reference=row.reference,
            opened_at=row.opened_at,
            immediate_danger=row.immediate_danger,
            state=State(row.state),
            risk_owner=row.risk_owner,
            clock=next_clock.get(row.subject),
            halted=row.halted_at is not None,
        )
        for row in rows
    )


async def case_view(session: Session, found: Held) -> CaseView:
    """Return everything about one case; the caller records the read."""
    table = models.pack
    rows = await session.rows(select(table).where(table.c.subject == found.subject).order_by(*_NEWEST_PACK))
    newest = rows[0].sealed_form if rows else b""
    return CaseView(
        held=found,
        form=await session.unseal_model(found.subject, newest, ReferralForm) if newest else None,
        packs=tuple([await _pack(session, row) for row in rows]),
        clocks=await _clocks(session, found.subject),
        timeline=await timeline(session, found.subject),
    )


async def changes_since(session: Session, subject: UUID, row_version: int) -> tuple[TimelineEntry, ...]:
    """Return what happened to a case after somebody saw it at `row_version`, oldest first."""
    return tuple(entry for entry in await timeline(session, subject) if entry.row_version > row_version)


async def timeline(session: Session, subject: UUID) -> tuple[TimelineEntry, ...]:
    """Return the history of a case, oldest first."""
    table = models.history
    rows = await session.rows(select(table).where(table.c.subject == subject).order_by(table.c.id))
    return tuple(
        [
            TimelineEntry(
                at=row.at,
                by="" if row.by_id == session.service else row.by_name,
                command=row.command,
                from_state=row.from_state or "",
                to_state=row.to_state,
                risk_owner=row.risk_owner,
                row_version=row.row_version,
                note=await _text(session, subject, row.sealed_note),
            )
            for row in rows
        ]
    )


async def awareness_received_at(session: Session, subject: UUID) -> datetime | None:
    """Return when intake received the referral, None where the awareness of it has not come yet."""
    table = models.awareness
    received_at: datetime | None = await session.scalar(
        select(func.min(table.c.received_at)).where(table.c.subject == subject)
    )
    return received_at


async def offer_id(session: Session, subject: UUID) -> UUID | None:
    """Return which of the police's offers the newest pack is; None where they did not say."""
    table = models.pack
    newest = select(table.c.offer_id).where(table.c.subject == subject).order_by(*_NEWEST_PACK).limit(1)
    found: UUID | None = await session.scalar(newest)
    return found


async def corrections(session: Session, subject: UUID) -> tuple[CorrectionView, ...]:
    """Return what the police said was wrong with what they had passed on, newest first."""
    table = models.correction
    rows = await session.rows(
        select(table).where(table.c.subject == subject).order_by(table.c.corrected_at.desc(), table.c.event_id)
    )
    return tuple(
        [
            CorrectionView(
                row.kind, row.corrected_at, row.corrected_by, await _text(session, subject, row.sealed_correction)
            )
            for row in rows
        ]
    )


async def same_person(session: Session, references: Sequence[str]) -> Mapping[str, SamePerson]:
    """Return, for those of the references of which anything was said, whose they are held for."""
    table = models.same_person
    concerned = select(table.c.person).where(table.c.reference.in_(references))
    rows = await session.rows(select(table).where(table.c.person.in_(concerned)).order_by(table.c.reference))
    return {reference: found for reference in references if (found := _same(reference, rows)) != SamePerson()}


def _same(reference: str, rows: Sequence[Row[Any]]) -> SamePerson:
    mine = {row.person: row for row in rows if row.reference == reference}
    others: list[str] = []
    apart: list[Apart] = []
    for row in rows:
        if row.person not in mine or row.reference == reference:
            continue
        own = mine[row.person]
        if row.separated_at is None and own.separated_at is None:
            others.append(row.reference)
        elif row.separated_at is None or own.separated_at is None:
            ended = row if own.separated_at is None else own
            apart.append(Apart(row.reference, ended.separated_at, tuple(ended.shared)))
    return SamePerson(tuple(others), tuple(apart))


async def _pack(session: Session, row: Row[Any]) -> PackView:
    return PackView(
        kind=row.kind,
        offered_at=row.offered_at,
        rationale=await _text(session, row.subject, row.sealed_rationale),
        grounds=await _text(session, row.subject, row.sealed_grounds),
        decided_by=row.decided_by,
        risk_owner=row.risk_owner,
        parts=await session.unseal_model(row.subject, row.sealed_parts, PackParts) if row.sealed_parts else PackParts(),
    )


async def _clocks(session: Session, subject: UUID) -> tuple[ClockView, ...]:
    table = models.clock
    rows = await session.rows(select(table).where(table.c.subject == subject).order_by(table.c.due_at))
    return tuple(ClockView(row.name, row.due_at, row.stopped_at) for row in rows)


async def _text(session: Session, subject: UUID, sealed: bytes | None) -> str:
    return await session.unseal_text(subject, sealed) if sealed else ""
