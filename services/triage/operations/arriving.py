"""Referrals arriving: the first version opens the referral, later ones are added to it."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis.database import Session
from contracts.vocabulary import ReferralForm
from services.triage import models
from services.triage.domain import ClockName, Command, Practice, receive
from services.triage.operations.clocks import NEVER, Deadline, Placed, run_clocks, start_clock
from services.triage.operations.merging import join_waiting
from services.triage.operations.people import expect_person
from services.triage.operations.saving import (
    Act,
    Line,
    carry_out,
    change,
    write_down,
)
from services.triage.queries import Summary

_OPEN = insert(models.referral)
_KEEP_VERSION = insert(models.referral_version)
_KEEP_LIKENESS = upsert(models.likeness).on_conflict_do_nothing(index_elements=["reference", "other_reference"])


@dataclass(frozen=True)
class NewVersion:
    """One version of a referral's form as intake sent it; no form means that nobody could read the original yet."""

    version: int
    added_at: datetime
    immediate_danger: bool
    form: ReferralForm | None
    unread_reason: str
    document_ids: tuple[UUID, ...]
    possibly_same_as: tuple[str, ...] = ()
    additions: tuple[str, ...] = ()
    made_by: str = ""
    door: str = ""


@dataclass(frozen=True)
class Arrival:
    """A referral as it arrives; `event_id` is the event that brought it, for reporting back."""

    subject: UUID
    correlation_id: UUID | None
    event_id: UUID
    reference: str
    received_at: datetime
    door: str
    statistics_key: UUID
    first: NewVersion


@dataclass(frozen=True)
class _Opened:
    subject: UUID
    area: str


async def open_referral(session: Session, arrival: Arrival, practice: Practice, now: datetime) -> None:
    """Open a referral: received, its clocks running, the area's duty officer as risk owner."""
    step, first = receive(practice), arrival.first
    await session.lock(arrival.subject)
    row = {
        "subject": arrival.subject,
        "area": practice.area,
        "area_version": practice.version,
        "reference": arrival.reference,
        "correlation_id": arrival.correlation_id,
        "statistics_key": arrival.statistics_key,
        "received_event_id": arrival.event_id,
        "received_at": arrival.received_at,
        "door": arrival.door,
        "immediate_danger": first.immediate_danger,
        "version": first.version,
        "unread_reason": first.unread_reason,
        "state": step.state,
        "risk_owner": step.risk_owner,
        "sealed_summary": await _summary(session, arrival.subject, first.form),
        "section_36_made": False,
        "assessed": False,
        "gathered": False,
        "restricted": False,
        "district": practice.district_of(first.form.person.district) if first.form else "",
        "next_due_at": NEVER,
        "decisions": 0,
        "row_version": 1,
    }
    session.write(_OPEN, row)
    opened = _Opened(arrival.subject, practice.area)
    await _keep_version(session, opened, first, row_version=1)
    _keep_likeness(session, arrival.reference, practice.area, first)
    await write_down(session, opened, Line(None, step, 1, practice.version), Act(Command.RECEIVE, now))
    await run_clocks(session, opened, step, practice, now)
    if first.immediate_danger:
        start_clock(session, opened, Deadline(ClockName.URGENT, arrival.received_at + practice.urgent_within), now)
    await _expect(session, opened, arrival, now)


async def _expect(session: Session, opened: _Opened, arrival: Arrival, now: datetime) -> None:
    """Have the person looked for; what was said of a referral with a form is followed where that is done."""
    expect_person(session, opened, now, read=arrival.first.form is not None)
    if arrival.first.form is None:
        await join_waiting(session, arrival.reference, now)


async def add_version(session: Session, subject: UUID, version: NewVersion, practice: Practice, now: datetime) -> None:
    """Add a later version; whoever has the older one open is told when they try to decide."""
    saved = await carry_out(session, subject, Act(Command.VERSION_ADDED, now), practice)
    before = saved.before
    await _keep_version(session, before, version, row_version=saved.row_version)
    _keep_likeness(session, before.reference, before.area, version)
    if version.immediate_danger and not before.immediate_danger:
        start_clock(session, before, Deadline(ClockName.URGENT, version.added_at + practice.urgent_within), now)
    if version.version < before.version:
        return
    values: dict[str, Any] = {"version": version.version, "immediate_danger": version.immediate_danger}
    if version.form is not None:
        values |= {"sealed_summary": await _summary(session, subject, version.form), "unread_reason": ""}
        values["district"] = practice.district_of(version.form.person.district)
    elif before.summary is None:
        values["unread_reason"] = version.unread_reason
    await change(session, subject, values)
    if version.form is not None:
        expect_person(session, before, now, read=True)


async def _keep_version(session: Session, placed: Placed, version: NewVersion, *, row_version: int) -> None:
    subject = placed.subject
    row = {
        "subject": subject,
        "version": version.version,
        "area": placed.area,
        "added_at": version.added_at,
        "sealed_form": None if version.form is None else await session.seal_model(subject, version.form),
        "unread_reason": version.unread_reason,
        "document_ids": list(version.document_ids),
        "sealed_additions": await session.seal(subject, json.dumps(version.additions)) if version.additions else None,
        "made_by": version.made_by,
        "door": version.door,
        "row_version": row_version,
    }
    session.write(_KEEP_VERSION, row)


def _keep_likeness(session: Session, reference: str, area: str, version: NewVersion) -> None:
    for other in version.possibly_same_as:
        session.write(_KEEP_LIKENESS, {"reference": reference, "other_reference": other, "area": area})


async def _summary(session: Session, subject: UUID, form: ReferralForm | None) -> bytes | None:
    if form is None:
        return None
    person = form.person
    summary = Summary(
        name=f"{person.forenames} {person.surname}",
        date_of_birth=person.date_of_birth,
        approximate_age=person.approximate_age,
        district=person.district,
    )
    return await session.seal_model(subject, summary)
