"""Assessments as the consoles keep them: a draft of each officer's own, sealed at every step, and completed once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID, uuid4

from sqlalchemy import Row, Table, delete, func, insert, select, update

from chassis import audit
from chassis.database import Session
from chassis.errors import Conflict, Missing
from chassis.ticking import Placed
from chassis.transitions import NotRecorded
from contracts.vocabulary.assessment import Assessment, Draft, Instrument
from contracts.vocabulary.drafting import Asks, Author, completed, lacking


class DraftNotFound(Missing):
    """No such draft of an assessment is here, or it is somebody else's, or it has been completed."""

    reason: ClassVar[str] = "draft-not-found"


class AssessmentNotFound(Missing):
    """Nothing was assessed under this number."""

    reason: ClassVar[str] = "assessment-not-found"


class EditionReplaced(Conflict):
    """A draft was begun with an edition of an instrument that the area uses no longer."""

    reason: ClassVar[str] = "edition-replaced"


@dataclass(frozen=True)
class DraftLine:
    """That somebody writes an assessment: who, with which instrument, and when they saved last; never their words."""

    id: UUID
    instrument: str
    edition: str
    by_id: str
    by: str
    saved_at: datetime


@dataclass(frozen=True)
class DraftOf:
    """An assessment that somebody is writing: its id, and of which record, by its reference."""

    id: UUID
    reference: str
    instrument: str
    saved_at: datetime
    area: str
    area_version: str


@dataclass(frozen=True)
class HeldDraft:
    """A draft with its words, for the officer who writes it."""

    line: DraftLine
    draft: Draft


@dataclass(frozen=True)
class Ready:
    """A draft that lacks nothing, with the edition that it answers and what was assessed before, newest first."""

    held: HeldDraft
    instrument: Instrument
    earlier: tuple[Assessment, ...]


@dataclass(frozen=True)
class Assessments:
    """What a service keeps in its tables `assessment` and `assessment_draft`, which have the same columns in each."""

    complete: Table
    begun: Table
    asks: Asks

    async def all(self, session: Session, subject: UUID) -> tuple[Assessment, ...]:
        """Return every complete assessment of a subject in words, newest first; nothing of one that was erased."""
        table = self.complete
        rows = await session.rows(select(table).where(table.c.subject == subject).order_by(table.c.number.desc()))
        sealed = [row.sealed_assessment for row in rows if row.sealed_assessment]
        return tuple([await session.unseal_model(subject, each, Assessment) for each in sealed])

    async def latest(self, session: Session, subject: UUID) -> Assessment | None:
        """Return the newest complete assessment, None where none is complete (or the subject was erased)."""
        table = self.complete
        newest = select(table.c.sealed_assessment).where(table.c.subject == subject)
        sealed = await session.scalar(newest.order_by(table.c.number.desc()).limit(1))
        return None if sealed is None else await session.unseal_model(subject, sealed, Assessment)

    async def drafts(self, session: Session, subject: UUID) -> tuple[DraftLine, ...]:
        """Return who writes an assessment of a subject, oldest first."""
        table = self.begun
        rows = await session.rows(select(table).where(table.c.subject == subject).order_by(table.c.begun_at))
        return tuple(_line(row) for row in rows)

    async def of_officer(self, session: Session, officer_id: str, records: Table, most: int) -> tuple[DraftOf, ...]:
        """Return what an officer is writing, the latest first, with whose it is from the service's table of records."""
        draft = self.begun
        shown = (draft.c.id, records.c.reference, draft.c.instrument, draft.c.saved_at)
        joined = select(*shown, records.c.area, records.c.area_version).join(
            records, records.c.subject == draft.c.subject
        )
        theirs = joined.where(draft.c.by_id == officer_id).order_by(draft.c.saved_at.desc())
        return tuple(
            DraftOf(row.id, row.reference, row.instrument, row.saved_at, row.area, row.area_version)
            for row in await session.rows(theirs.limit(most))
        )

    async def own(self, session: Session, subject: UUID, draft_id: UUID) -> HeldDraft:
        """Return a draft of the officer who asks; DraftNotFound where it is not theirs, or of another, or gone."""
        table = self.begun
        this = (table.c.id == draft_id) & (table.c.subject == subject) & (table.c.by_id == session.actor.id)
        row = await session.first(select(table).where(this))
        if row is None:
            raise DraftNotFound("There is no such draft of yours: go back, and begin or go on from there.")
        draft = await session.unseal_model(subject, row.sealed_draft, Draft) if row.sealed_draft else Draft()
        return HeldDraft(_line(row), draft)

    async def begin_draft(self, session: Session, placed: Placed, instrument: Instrument, now: datetime) -> UUID:
        """Begin an assessment with an instrument, or return the draft that this officer has with it already."""
        await session.lock(placed.subject)
        for line in await self.drafts(session, placed.subject):
            if line.by_id == session.actor.id and line.instrument == instrument.id:
                return line.id
        draft_id = uuid4()
        row = {
            "id": draft_id,
            **_about(placed, instrument),
            **_by(session),
            "begun_at": now,
            "saved_at": now,
            "sealed_draft": await session.seal_model(placed.subject, Draft()),
        }
        await session.execute(insert(self.begun).values(row))
        await _audited(session, placed, "assessment.begun", instrument, now)
        return draft_id

    async def hold(self, session: Session, placed: Placed, draft_id: UUID) -> HeldDraft:
        """Hold the subject and return this officer's draft: two windows save one after the other. DraftNotFound."""
        await session.lock(placed.subject)
        return await self.own(session, placed.subject, draft_id)

    async def save(self, session: Session, placed: Placed, held: HeldDraft, draft: Draft, now: datetime) -> None:
        """Keep a draft that is held as it is now, finished or not."""
        values = {"sealed_draft": await session.seal_model(placed.subject, draft), "saved_at": now}
        await session.execute(update(self.begun).where(self.begun.c.id == held.line.id).values(values))

    async def move(
        self, session: Session, placed: Placed, draft_id: UUID, instrument: Instrument, now: datetime
    ) -> None:
        """Carry a draft to the edition that the area uses now; answers without a place there stay in it."""
        await self.hold(session, placed, draft_id)
        values = {"edition": instrument.edition, "saved_at": now}
        await session.execute(update(self.begun).where(self.begun.c.id == draft_id).values(values))
        await _audited(session, placed, "assessment.draft-moved", instrument, now)

    async def discard(self, session: Session, placed: Placed, draft_id: UUID, now: datetime) -> None:
        """Throw a draft away for good, with an audit row. DraftNotFound as above."""
        held = await self.hold(session, placed, draft_id)
        await self._drop(session, draft_id)
        facts = {"instrument": held.line.instrument, "edition": held.line.edition}
        await audit.record(
            session, "assessment.draft-discarded", subject=placed.subject, now=now, area=placed.area, facts=facts
        )

    async def ready(
        self, session: Session, placed: Placed, draft_id: UUID, instruments: Mapping[str, Instrument]
    ) -> Ready:
        """Hold a draft that is to be completed with the editions that the area uses.

        Raises DraftNotFound, EditionReplaced where the area uses another edition by now, and NotRecorded for the first
        thing that it lacks.
        """
        held = await self.hold(session, placed, draft_id)
        instrument = instruments.get(held.line.instrument)
        if instrument is None or instrument.edition != held.line.edition:
            raise EditionReplaced("The area no longer uses this edition: carry the draft over to the one that it uses.")
        earlier = await self.all(session, placed.subject)
        for lack in lacking(instrument, held.draft, self.asks, again=bool(earlier)):
            raise NotRecorded(lack.field, lack.sentence)
        return Ready(held, instrument, earlier)

    async def keep(self, session: Session, placed: Placed, ready: Ready, now: datetime) -> Assessment:
        """Keep a draft as the next complete assessment, which is never changed again; the draft is gone."""
        table, instrument = self.complete, ready.instrument
        last = await session.scalar(select(func.max(table.c.number)).where(table.c.subject == placed.subject))
        author = Author(session.actor.name or session.actor.id, now, 1 + (last or 0))
        before = next((each for each in ready.earlier if each.instrument == instrument.id), None)
        assessment = completed(instrument, ready.held.draft, before, author)
        row = {
            **_about(placed, instrument),
            **_by(session),
            "number": assessment.number,
            "sealed_assessment": await session.seal_model(placed.subject, assessment),
            "completed_at": now,
        }
        await session.execute(insert(table).values(row))
        await self._drop(session, ready.held.line.id)
        return assessment

    async def _drop(self, session: Session, draft_id: UUID) -> None:
        await session.execute(delete(self.begun).where(self.begun.c.id == draft_id))


def _about(placed: Placed, instrument: Instrument) -> dict[str, Any]:
    return {
        "subject": placed.subject,
        "area": placed.area,
        "instrument": instrument.id,
        "edition": instrument.edition,
    }


def _by(session: Session) -> dict[str, str]:
    return {"by_id": session.actor.id, "by_name": session.actor.name or session.actor.id}


async def _audited(session: Session, placed: Placed, action: str, instrument: Instrument, now: datetime) -> None:
    facts = {"instrument": instrument.id, "edition": instrument.edition}
    await audit.record(session, action, subject=placed.subject, now=now, area=placed.area, facts=facts)


def _line(row: Row[Any]) -> DraftLine:
    return DraftLine(row.id, row.instrument, row.edition, row.by_id, row.by_name, row.saved_at)
