"""Referrals arriving: the first version opens the referral, later ones are added to it."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from chassis.database import Session
from contracts.vocabulary import ReferralForm
from services.triage import models
from services.triage.domain import Command, Practice, receive
from services.triage.operations.saving import (
    Act,
    Line,
    carry_out,
    change,
    run_clocks,
    write_down,
)
from services.triage.queries import Summary

_OPEN = insert(models.referral)
_KEEP_VERSION = insert(models.referral_version)


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
    step = receive(practice)
    first = arrival.first
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
        "possibly_same_as": list(first.possibly_same_as),
        "state": step.state,
        "risk_owner": step.risk_owner,
        "sealed_summary": await _summary(session, arrival.subject, first.form),
        "section_36_made": False,
        "decisions": 0,
        "row_version": 1,
    }
    session.write(_OPEN, row)
    await _keep_version(session, arrival.subject, practice.area, first)
    opened = _Opened(arrival.subject, practice.area)
    await write_down(session, opened, Line(None, step, 1), Act(Command.RECEIVE, now))
    await run_clocks(session, opened, step, practice, now)


async def add_version(session: Session, subject: UUID, version: NewVersion, practice: Practice, now: datetime) -> None:
    """Add a later version; whoever has the older one open is told when they try to decide."""
    saved = await carry_out(session, subject, Act(Command.VERSION_ADDED, now), practice)
    await _keep_version(session, subject, saved.before.area, version)
    if version.version < saved.before.version:
        return
    values: dict[str, Any] = {"version": version.version, "immediate_danger": version.immediate_danger}
    if version.form is not None:
        values |= {"sealed_summary": await _summary(session, subject, version.form), "unread_reason": ""}
    elif saved.before.summary is None:
        values["unread_reason"] = version.unread_reason
    if version.possibly_same_as:
        values["possibly_same_as"] = list(version.possibly_same_as)
    await change(session, subject, values)


async def _keep_version(session: Session, subject: UUID, area: str, version: NewVersion) -> None:
    row = {
        "subject": subject,
        "version": version.version,
        "area": area,
        "added_at": version.added_at,
        "sealed_form": None if version.form is None else await session.seal_model(subject, version.form),
        "unread_reason": version.unread_reason,
        "document_ids": list(version.document_ids),
        "sealed_additions": await session.seal(subject, json.dumps(version.additions)) if version.additions else None,
    }
    session.write(_KEEP_VERSION, row)


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
