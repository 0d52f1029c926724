"""What a pack of one case says to somebody invited, with whom packs were shared, and who has read them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select

from chassis import marks
from chassis.database import Session
from contracts.vocabulary import day_in_words
from contracts.vocabulary.assessment import Assessment, Presence
from contracts.vocabulary.days import LONDON
from services.channel import models
from services.channel.domain import CONSENT_LABELS, HAPPENED, PANEL_DECISIONS, STATE_LABELS, Command
from services.channel.domain.sharing import HELD_BACK, PART_LABELS, PackPart
from services.channel.queries.cases import TimelineEntry, timeline
from services.channel.queries.holding import Held
from services.channel.queries.interventions import ShortIntervention, intervention_alarms
from services.channel.queries.packs import NEWEST_PACK, PackView, pack_view
from services.channel.queries.transferring import HandedOver, handed_over

NOTHING = "Nothing is recorded."


@dataclass(frozen=True)
class PackSection:
    """A part of a pack in words."""

    part: PackPart
    heading: str
    words: str


@dataclass(frozen=True)
class ShareView:
    """A pack of one case that was shared with somebody invited; `ended_at` is when it was closed to them."""

    id: UUID
    meeting_id: UUID
    slot_id: UUID
    invitation_id: UUID
    subject: UUID
    how: str
    parts: tuple[str, ...]
    opens_at: datetime
    closes_at: datetime
    made_at: datetime
    made_by: str
    ended_at: datetime | None


@dataclass(frozen=True)
class PackReadView:
    """That somebody opened a pack, or was refused it and why."""

    slot_id: UUID
    invitation_id: UUID
    by: str
    how: str
    at: datetime
    refused: bool
    why: str


async def pack_sections(session: Session, held: Held, parts: tuple[PackPart, ...]) -> tuple[PackSection, ...]:
    """Return these parts of a case in words, in their order; the caller records who reads them.

    What the police looked through was written long before, and by others too: each part is looked through once more,
    and one that has words marking intelligence material is held back.
    """
    whole = await handed_over(session, held)
    newest = await _newest_pack(session, held.subject)
    lines = await timeline(session, held.subject)
    words = {
        PackPart.IDENTITY: _identity(held),
        PackPart.GROUNDS: whole.grounds,
        PackPart.RATIONALE: f"{newest.rationale}\n\nDecided by {newest.decided_by}." if newest else "",
        PackPart.CONCERN: _concern(whole),
        PackPart.CHRONOLOGY: _chronology(whole),
        PackPart.GATHERED: "\n\n".join(f"{each.body}: {each.asked}\n{each.answer}" for each in whole.gathered),
        PackPart.ASSESSMENT: _assessment(whole.assessments[0]) if whole.assessments else "",
        PackPart.PLAN: _plan(held, whole.plan, await intervention_alarms(session, held.subject)),
        PackPart.DECISIONS: _decisions(lines),
        PackPart.SHARED: "\n".join(f"{_day(each.at)}: {each.what}, with {each.shared_with}" for each in whole.shared),
    }
    return tuple(PackSection(part, PART_LABELS[part], _unmarked(words[part].strip())) for part in parts)


async def parts_held_back(session: Session, held: Held) -> tuple[PackPart, ...]:
    """Return the parts of a case that no pack shows, because words in them mark intelligence material."""
    return tuple(each.part for each in await pack_sections(session, held, tuple(PackPart)) if each.words == HELD_BACK)


def _unmarked(words: str) -> str:
    return HELD_BACK if marks.found(words) else words or NOTHING


async def shares(session: Session, meeting_id: UUID) -> tuple[ShareView, ...]:
    """Return the packs that were shared for a meeting, oldest first; those closed since too."""
    table = models.pack_share
    return await _shares(session, select(table).where(table.c.meeting_id == meeting_id))


async def open_shares_of(session: Session, invitation_id: UUID) -> tuple[ShareView, ...]:
    """Return the packs that are shared with somebody invited and not closed to them."""
    table = models.pack_share
    wanted = (table.c.invitation_id == invitation_id) & table.c.ended_at.is_(None)
    return await _shares(session, select(table).where(wanted))


async def share(session: Session, share_id: UUID) -> ShareView | None:
    """Return one pack that was shared; None where there is none of that id."""
    table = models.pack_share
    return next(iter(await _shares(session, select(table).where(table.c.id == share_id))), None)


async def pack_reads(session: Session, meeting_id: UUID) -> tuple[PackReadView, ...]:
    """Return who opened which pack of a meeting, and who was refused it, the latest first."""
    table = models.pack_read
    rows = await session.rows(select(table).where(table.c.meeting_id == meeting_id).order_by(table.c.id.desc()))
    return tuple(
        PackReadView(row.slot_id, row.invitation_id, row.by_name, row.how, row.at, row.is_refused, row.why)
        for row in rows
    )


async def _shares(session: Session, statement: Select[Any]) -> tuple[ShareView, ...]:
    table = models.pack_share
    return tuple(
        ShareView(
            id=row.id,
            meeting_id=row.meeting_id,
            slot_id=row.slot_id,
            invitation_id=row.invitation_id,
            subject=row.subject,
            how=row.how,
            parts=tuple(row.parts),
            opens_at=row.opens_at,
            closes_at=row.closes_at,
            made_at=row.made_at,
            made_by=row.made_by,
            ended_at=row.ended_at,
        )
        for row in await session.rows(statement.order_by(table.c.made_at, table.c.id))
    )


async def _newest_pack(session: Session, subject: UUID) -> PackView | None:
    table = models.pack
    row = await session.first(select(table).where(table.c.subject == subject).order_by(*NEWEST_PACK).limit(1))
    return None if row is None or not row.sealed_rationale else await pack_view(session, row)


def _identity(held: Held) -> str:
    summary = held.summary
    lines = [f"Reference: {held.reference}"]
    if summary is not None:
        born = summary.date_of_birth
        lines.append(f"Name: {summary.name}")
        lines.append(f"Date of birth: {day_in_words(born, 'en')}" if born else f"Age: about {summary.approximate_age}")
        lines += [f"District: {summary.district}"] if summary.district else []
    lines.append(f"State: {STATE_LABELS[held.situation.state]}")
    lines.append(f"Risk owner: {held.situation.risk_owner}")
    lines += ["The referrer said that somebody may be in immediate danger."] if held.immediate_danger else []
    return "\n".join(lines)


def _concern(whole: HandedOver) -> str:
    if whole.form is None:
        return ""
    concerns = whole.form.concerns
    return "\n\n".join(
        each for each in (concerns.narrative, concerns.complex_needs, concerns.other_information) if each
    )


def _chronology(whole: HandedOver) -> str:
    """Return what happened, each with its own words under it and apart from the next; the grounds have their part."""
    lines = (f"{_day(each.at)}, {each.reference}: {_without(each.what, whole.grounds)}" for each in whole.chronology)
    return "\n\n".join("\n".join(part for part in each.splitlines() if part.strip()) for each in lines)


def _without(what: str, grounds: str) -> str:
    """Return what happened without the grounds, where they are a paragraph of it."""
    before, found, after = what.partition(f"\n\n{grounds}")
    whole = grounds and found and (not after or after.startswith("\n\n"))
    return f"{before}{after}" if whole else what


def _plan(held: Held, plan: str, alarms: tuple[ShortIntervention, ...]) -> str:
    """Return the consent, the plan, and the sessions that are missing, as they stand on the page of the slot."""
    missing = [
        f"{each.provider}: {each.delivered} of {each.sessions} delivered, "
        f"{each.short} missing, known since {_day(each.raised_at)}"
        for each in alarms
    ]
    alarm = "\n".join(["Sessions that were commissioned and are missing", *missing]) if missing else ""
    return "\n\n".join(part for part in (f"Consent: {CONSENT_LABELS[held.situation.consent]}", plan, alarm) if part)


def _assessment(newest: Assessment) -> str:
    made = f"{newest.name}, {_day(newest.completed_at)}, by {newest.completed_by}"
    words = [
        ("", made),
        ("Summary: ", newest.summary),
        ("Management plan: ", newest.management_plan),
        ("Changed since the last one: ", newest.changed),
    ]
    present = [each for each in newest.factors if each.check is None and each.presence is Presence.PRESENT]
    factors = [f"Present: {each.label}. {each.narrative}".strip() for each in present]
    return "\n\n".join([*(f"{label}{text}" for label, text in words if text), *factors])


def _decisions(lines: tuple[TimelineEntry, ...]) -> str:
    decided = [each for each in lines if each.command in PANEL_DECISIONS]
    return "\n\n".join(f"{_day(each.at)}: {HAPPENED[Command(each.command)]}\n{each.note}".strip() for each in decided)


def _day(at: datetime) -> str:
    return day_in_words(at.astimezone(LONDON).date(), "en")
