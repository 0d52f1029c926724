"""One referral as its row has it, who it is about, and its newest form."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Row, select

from chassis.actor import ActorKind
from chassis.database import Session
from contracts.vocabulary import ConcernType, ReferralForm, tidy_reference
from services.triage import models
from services.triage.domain import (
    HOLD_LABELS,
    ClockName,
    Command,
    Hold,
    Obligation,
    Proposal,
    ReferralNotFound,
    Situation,
    State,
)
from services.triage.queries.assessments import any_assessment
from services.triage.queries.obligations import open_obligations
from services.triage.queries.pairs import answers_elsewhere, is_indexed, linked, not_told_apart, once_linked, unanswered
from services.triage.queries.safeguards import check_access, contact

HELD_BACK = frozenset({State.DECONFLICTING, State.CONFLICT, State.PURSUE_OFFERED})
OWED = {
    Obligation.SIGNPOST: "a signpost",
    Obligation.REQUEST: "a request for information",
    Obligation.ACTION: "an action",
}


class Summary(BaseModel):
    """Who a referral is about, in one line; sealed in the referral's row."""

    model_config = ConfigDict(frozen=True)

    name: str
    date_of_birth: date | None = None
    approximate_age: int | None = None
    district: str = ""


@dataclass(frozen=True)
class Held:
    """One referral as its row has it; `row_version` counts every change.

    `concern` is the type of concern that an officer chose last, None where nobody has yet.
    """

    subject: UUID
    area: str
    area_version: str
    reference: str
    correlation_id: UUID | None
    statistics_key: UUID
    received_event_id: UUID
    received_at: datetime
    door: str
    immediate_danger: bool
    version: int
    unread_reason: str
    situation: Situation
    officer: str
    officer_id: str
    decisions: int
    row_version: int
    seen: frozenset[str]
    acknowledged: frozenset[str]
    summary: Summary | None
    concern: ConcernType | None = None
    erased_at: datetime | None = None

    @property
    def erased(self) -> bool:
        """Say whether the person was erased: what remains is that the referral was there, and who did what."""
        return self.erased_at is not None


async def held(session: Session, subject: UUID) -> Held:
    """Return a referral by its subject; ReferralNotFound where it is not here or not in the actor's areas.

    ReferralRestricted where it is, and the person who asks is not on its access list.
    """
    return await _held(
        session, await session.first(select(models.referral).where(models.referral.c.subject == subject))
    )


async def held_by_reference(session: Session, reference: str) -> Held:
    """Return a referral by its reference, however it was typed; ReferralNotFound as above."""
    wanted = tidy_reference(reference)
    return await _held(
        session, await session.first(select(models.referral).where(models.referral.c.reference == wanted))
    )


async def _held(session: Session, row: Row[Any] | None) -> Held:
    if row is None:
        raise ReferralNotFound("There is no such referral in your areas; check the reference.")
    await check_access(session, row)
    summary = None
    if row.sealed_summary is not None:
        summary = await session.unseal_model(row.subject, row.sealed_summary, Summary)
    situation = await _situation(session, row, form_read=summary is not None)
    teams = ("imu", "gateway")
    return Held(
        subject=row.subject,
        area=row.area,
        area_version=row.area_version,
        reference=row.reference,
        correlation_id=row.correlation_id,
        statistics_key=row.statistics_key,
        received_event_id=row.received_event_id,
        received_at=row.received_at,
        door=row.door,
        immediate_danger=row.immediate_danger,
        version=row.version,
        unread_reason=row.unread_reason,
        situation=situation,
        officer=row.officer_name or "",
        officer_id=row.officer_id or "",
        decisions=row.decisions,
        row_version=row.row_version,
        seen=frozenset(team for team in teams if getattr(row, f"{team}_seen_at")),
        acknowledged=frozenset(team for team in teams if getattr(row, f"{team}_acknowledged_at")),
        summary=summary,
        concern=await opened_concern(session, row),
        erased_at=row.erased_at,
    )


async def opened_concern(session: Session, row: Row[Any]) -> ConcernType | None:
    """Return the type of concern in a row of a referral or of a decision, None where none was chosen."""
    if row.sealed_concern is None:
        return None
    return ConcernType(await session.unseal_text(row.subject, row.sealed_concern))


async def _situation(session: Session, row: Row[Any], *, form_read: bool) -> Situation:
    owed = await open_obligations(session, row.subject)
    others = await linked(session, row.reference)
    abroad = await answers_elsewhere(session, row.subject)
    person = session.actor.kind is ActorKind.PERSON
    running = await _running(session, row.subject)
    halted = ClockName.CONFLICT in running
    offered = row.state == State.PURSUE_OFFERED
    return Situation(
        state=State(row.state),
        risk_owner=row.risk_owner,
        form_read=form_read,
        section_36_made=row.section_36_made,
        hold=await _hold(session, row.subject) if row.state in HELD_BACK or halted else None,
        taken=row.officer_id == session.actor.id,
        urgent=ClockName.URGENT in running,
        acting_id=session.actor.id if person else "",
        acting=(session.actor.name or session.actor.id) if person else "",
        assessed=row.assessed and await any_assessment(session, row.subject),
        gathered=row.gathered,
        looked=await is_indexed(session, row.subject),
        earlier_unanswered=len(await unanswered(session, row.reference)) + abroad.count(""),
        referrals_of_person=1 + len(others),
        once_linked=await once_linked(session, row.reference, others),
        not_told_apart=await not_told_apart(session, row.reference, others) + abroad.count("cannot-tell"),
        referred_elsewhere="linked" in abroad,
        open_obligations=tuple(f"{OWED[each.kind]} ({each.owner})" for each in owed),
        open_requests=sum(each.kind is Obligation.REQUEST for each in owed),
        proposal=await _proposal(session, row.subject) if row.state == State.CLOSING else None,
        restricted=row.restricted,
        area_version=row.area_version,
        halted=halted,
        offered_to=await contact(session, row.subject, Command.OFFER_PURSUIT) if offered else "",
    )


async def _hold(session: Session, subject: UUID) -> Hold | None:
    last = (await holds(session, [subject])).get(subject)
    return None if last is None else replace(last, contact=await contact(session, subject, last.outcome))


async def _proposal(session: Session, subject: UUID) -> Proposal | None:
    table = models.decision
    proposed = select(table).where(table.c.subject == subject, table.c.command == Command.PROPOSE)
    row = await session.first(proposed.order_by(table.c.decided_at.desc(), table.c.id.desc()).limit(1))
    if row is None:
        return None
    return Proposal(row.by_id, row.risk_owner, row.review_on, await _proposed_from(session, subject))


async def _proposed_from(session: Session, subject: UUID) -> State:
    table = models.history
    proposed = select(table.c.from_state).where(table.c.subject == subject, table.c.command == Command.PROPOSE)
    return State(await session.scalar(proposed.order_by(table.c.id.desc()).limit(1)) or State.ASSESSING)


async def latest_form(session: Session, subject: UUID) -> ReferralForm | None:
    """Return the newest version of the form that could be read, None where none could."""
    table = models.referral_version
    sealed = await session.scalar(
        select(table.c.sealed_form)
        .where(table.c.subject == subject, table.c.sealed_form.is_not(None))
        .order_by(table.c.version.desc())
        .limit(1)
    )
    return None if sealed is None else await session.unseal_model(subject, sealed, ReferralForm)


async def holds(session: Session, subjects: list[UUID]) -> dict[UUID, Hold]:
    """Return the last conflict or request for time of each referral, from the history because its order is certain."""
    table = models.history
    commands = [command.value for command in HOLD_LABELS]
    statement = select(table).where(table.c.subject.in_(subjects), table.c.command.in_(commands)).order_by(table.c.id)
    rows = await session.rows(statement) if subjects else ()
    return {row.subject: Hold(Command(row.command), row.by_name) for row in rows}


async def _running(session: Session, subject: UUID) -> frozenset[str]:
    """Return which of the clocks run that say how a referral stands: danger not answered, a conflict not cleared."""
    clock = models.clock
    telling = clock.c.name.in_([ClockName.URGENT, ClockName.CONFLICT])
    rows = await session.rows(
        select(clock.c.name).where(clock.c.subject == subject, telling, clock.c.stopped_at.is_(None))
    )
    return frozenset(row.name for row in rows)
