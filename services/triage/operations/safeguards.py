"""Restricts who sees a referral, records what was wrong about it, and adds notes to its timeline."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, insert, select, update

from chassis import audit, outbox
from chassis.database import Session
from chassis.ids import rising_id
from contracts.triage.dovetail import ReferralCorrected
from services.triage import models
from services.triage.domain import Command, NotRecorded, Practice, ReferralRestricted
from services.triage.operations.saving import Act, Saved, carry_out
from services.triage.queries import AccessView, Held, OfficerView, access_list


async def add_note(session: Session, subject: UUID, act: Act, practice: Practice) -> None:
    """Add a note to the timeline; raises NotRecorded where it is empty."""
    await carry_out(session, subject, act, practice)


async def restrict(session: Session, subject: UUID, act: Act, practice: Practice, *, keeps_officer: bool) -> None:
    """Let only the access list see a referral; `keeps_officer` puts the officer who works it on the list."""
    saved = await carry_out(session, subject, act, practice)
    held = saved.before
    if keeps_officer and held.officer_id:
        await keep_access(session, held, OfficerView(held.officer_id, held.officer), act.now)


async def end_restriction(session: Session, subject: UUID, act: Act, practice: Practice) -> None:
    """Let the police teams of the area see a referral again; its access list is at an end."""
    await carry_out(session, subject, act, practice)
    await _end_access(session, models.access.c.subject == subject, act.now)


async def admit(session: Session, subject: UUID, officer: OfficerView, act: Act, practice: Practice) -> None:
    """Put an officer on the access list; raises NotRecorded where they are on it, and what carry_out refuses."""
    saved = await carry_out(session, subject, _about_officer(act, officer.name), practice)
    if any(each.officer_id == officer.id for each in await access_list(session, subject)):
        raise NotRecorded("officer", f"{officer.name} is on the access list already")
    await keep_access(session, saved.before, officer, act.now)


async def exclude(session: Session, subject: UUID, listed: AccessView, act: Act, practice: Practice) -> None:
    """Take an officer off the access list; raises what carry_out refuses."""
    await carry_out(session, subject, _about_officer(act, listed.officer), practice)
    await _end_access(session, models.access.c.id == listed.id, act.now)


async def keep_access(session: Session, held: Held, officer: OfficerView, now: datetime) -> None:
    """Write an officer into the access list, where they are not on it."""
    if any(each.officer_id == officer.id for each in await access_list(session, held.subject)):
        return
    row = {
        "id": rising_id(),
        "subject": held.subject,
        "area": held.area,
        "officer_id": officer.id,
        "officer_name": officer.name,
        "given_at": now,
        "given_by": session.actor.name or session.actor.id,
    }
    await session.execute(insert(models.access).values(row))


async def correct(session: Session, subject: UUID, act: Act, practice: Practice) -> None:
    """Record what was wrong; Channel is told where it was given the person's identity, whatever became of the pack."""
    saved = await carry_out(session, subject, act, practice)
    shared = await session.first(select(models.handover.c.id).where(models.handover.c.subject == subject).limit(1))
    words = saved.step.record.rationale.strip()
    row = {
        "id": rising_id(),
        "subject": subject,
        "area": saved.before.area,
        "kind": saved.step.record.reason,
        "sealed_words": await session.seal(subject, words),
        "corrected_at": act.now,
        "by_name": session.actor.name or session.actor.id,
        "told_channel": shared is not None,
    }
    await session.execute(insert(models.correction).values(row))
    if shared is not None:
        await _tell_channel(session, saved, words, act.now)


async def note_denied(session: Session, denied: ReferralRestricted, now: datetime) -> None:
    """Write down that somebody asked for a restricted referral and was refused."""
    await audit.record(session, "referral.denied", subject=denied.subject, now=now, area=denied.area)


async def _tell_channel(session: Session, saved: Saved, words: str, now: datetime) -> None:
    held = saved.before
    event = ReferralCorrected(
        reference=held.reference,
        corrected_at=now,
        corrected_by=session.actor.name or session.actor.id,
        kind=saved.step.record.reason,
        correction=words,
    )
    about = outbox.About(held.subject, held.area, held.area_version, held.correlation_id)
    await outbox.add(session, event, about=about)


async def _end_access(session: Session, which: ColumnElement[bool], now: datetime) -> None:
    table = models.access
    ended = {"ended_at": now, "ended_by": session.actor.name or session.actor.id}
    await session.execute(update(table).where(which, table.c.ended_at.is_(None)).values(ended))


def _about_officer(act: Act, name: str) -> Act:
    """Return the act with the officer's name before the reason, because the timeline shows one text."""
    if act.command not in (Command.ADMIT, Command.EXCLUDE) or not act.record.rationale.strip():
        return act
    words = f"{name}: {act.record.rationale.strip()}"
    return replace(act, record=replace(act.record, officer=name, rationale=words))
