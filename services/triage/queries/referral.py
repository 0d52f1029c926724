"""Everything that the page of one referral shows, and what changed since somebody looked."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from chassis import documents
from chassis.database import Session
from contracts.envelope import DocumentReference
from contracts.vocabulary import ConcernType, ReferralForm
from services.triage import models
from services.triage.domain import Command
from services.triage.queries.given_back import GivenBackView, given_backs
from services.triage.queries.holding import Held, latest_form, opened_concern
from services.triage.queries.obligations import ObligationView, obligations
from services.triage.queries.pairs import words_said
from services.triage.queries.safeguards import (
    CLOSED_WORDS,
    DeconflictionView,
    TransferView,
    closed_words,
    deconflictions,
    transfers,
)
from services.triage.queries.versions import VersionView, all_versions


@dataclass(frozen=True)
class ClockView:
    """A clock of a referral; `due_at` is UTC."""

    name: str
    due_at: datetime
    stopped_at: datetime | None
    times_extended: int
    paused_at: datetime | None = None
    about: UUID | None = None
    paused_for: str = ""


@dataclass(frozen=True)
class TimelineEntry:
    """One thing that happened, with what was written down about it; `by` is empty where no person did it here.

    `brought` is the version of the referral that arrived with it, where one did; `area_version` the version of the
    area's practice under which the referral stood from then on.
    """

    at: datetime
    by: str
    command: str
    to_state: str
    risk_owner: str
    row_version: int
    note: str = ""
    brought: VersionView | None = None
    area_version: str = ""


@dataclass(frozen=True)
class DecisionView:
    """A decision with the officer's words."""

    command: str
    reason: str
    rationale: str
    grounds: str
    concern: ConcernType | None
    by: str
    decided_at: datetime


@dataclass(frozen=True)
class ReferralView:
    """Everything that the referral page shows."""

    held: Held
    form: ReferralForm | None
    documents: tuple[DocumentReference, ...]
    clocks: tuple[ClockView, ...]
    versions: tuple[VersionView, ...]
    timeline: tuple[TimelineEntry, ...]
    deconflictions: tuple[DeconflictionView, ...]
    transfers: tuple[TransferView, ...]
    given_backs: tuple[GivenBackView, ...]
    decisions: tuple[DecisionView, ...]
    obligations: tuple[ObligationView, ...]


async def referral_view(session: Session, found: Held) -> ReferralView:
    """Return everything about one referral; the caller records the read."""
    versions = await all_versions(session, found.subject)
    return ReferralView(
        held=found,
        form=await latest_form(session, found.subject),
        versions=versions,
        documents=await documents.listed(session, found.subject),
        clocks=await _clocks(session, found.subject),
        timeline=await _timeline(session, found.subject, versions),
        deconflictions=await deconflictions(session, found.subject),
        transfers=await transfers(session, found.subject),
        given_backs=await given_backs(session, found.subject),
        decisions=await _decisions(session, found.subject),
        obligations=await obligations(session, found.subject),
    )


async def changes_since(session: Session, subject: UUID, row_version: int) -> tuple[TimelineEntry, ...]:
    """Return what happened to a referral after somebody saw it at `row_version`, oldest first."""
    versions = await all_versions(session, subject)
    return tuple(entry for entry in await _timeline(session, subject, versions) if entry.row_version > row_version)


def clock_view(row: Row[Any]) -> ClockView:
    """Return a clock as its row has it."""
    paused = row.paused_for or ""
    return ClockView(row.name, row.due_at, row.stopped_at, row.times_extended, row.paused_at, row.about, paused)


async def _clocks(session: Session, subject: UUID) -> tuple[ClockView, ...]:
    table = models.clock
    rows = await session.rows(select(table).where(table.c.subject == subject).order_by(table.c.due_at))
    return tuple(clock_view(row) for row in rows)


async def _text(session: Session, subject: UUID, sealed: bytes | None) -> str:
    return await session.unseal_text(subject, sealed) if sealed else ""


async def _timeline(session: Session, subject: UUID, versions: tuple[VersionView, ...]) -> tuple[TimelineEntry, ...]:
    brought = {each.row_version: each for each in versions}
    table = models.history
    rows = await session.rows(select(table).where(table.c.subject == subject).order_by(table.c.id))
    return await _open_words(
        session,
        subject,
        [
            TimelineEntry(
                at=row.at,
                by="" if row.by_id.partition("/")[0] == session.service else row.by_name,
                command=row.command,
                to_state=row.to_state,
                risk_owner=row.risk_owner,
                row_version=row.row_version,
                note=await _text(session, subject, row.sealed_note),
                brought=brought.get(row.row_version),
                area_version=row.area_version,
            )
            for row in rows
        ],
    )


async def _open_words(session: Session, subject: UUID, entries: list[TimelineEntry]) -> tuple[TimelineEntry, ...]:
    """Return the entries with the words said of two referrals; closed where the other one is to whoever asks."""
    answers = {each.note for each in entries if each.command == Command.ANSWER_EARLIER}
    closed = await closed_words(session, answers)
    words = await words_said(session, subject) if answers else {}
    return tuple(
        replace(each, note=CLOSED_WORDS)
        if each.note in closed
        else replace(each, note=f"{each.note.removesuffix('.')}: {words[each.at]}")
        if each.command == Command.ANSWER_EARLIER and words.get(each.at)
        else each
        for each in entries
    )


async def proposed_closure(session: Session, held: Held) -> DecisionView | None:
    """Return the closure that waits for a second person, in the words of who proposed it; None where none waits."""
    if held.situation.proposal is None:
        return None
    decisions = await _decisions(session, held.subject)
    return next((each for each in reversed(decisions) if each.command == Command.PROPOSE), None)


async def _decisions(session: Session, subject: UUID) -> tuple[DecisionView, ...]:
    table = models.decision
    order = (table.c.decided_at, table.c.id)
    rows = await session.rows(select(table).where(table.c.subject == subject).order_by(*order))
    return tuple(
        [
            DecisionView(
                command=row.command,
                reason=row.reason,
                rationale=await _text(session, subject, row.sealed_rationale),
                grounds=await _text(session, subject, row.sealed_grounds),
                concern=await opened_concern(session, row),
                by=row.by_name,
                decided_at=row.decided_at,
            )
            for row in rows
        ]
    )
