"""A store of synthetic cases for Channel, written straight into its tables, sealed as arrivals are."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import asyncpg

from bench.triage_store import AREA, DANGER, DISTRICTS, NEXT_DUE, OFFICERS, VERSION, WORDS, Rows
from chassis.crypto import SubjectKeys
from chassis.ticking import WHOLE
from contracts.vocabulary import make_reference
from contracts.vocabulary.assessment import Assessment, FactorAnswer, Presence
from samples.people_made import Generator, Made
from services.channel.domain import ClockName, Command, Consent, Obligation, State
from services.channel.queries import NEVER, PackParts, Summary

STATES: tuple[tuple[State, int], ...] = (
    (State.ENDED, 600),
    (State.TAKEN_BACK, 100),
    (State.RETURNED, 50),
    (State.TRANSFERRED, 10),
    (State.CLOSED, 80),
    (State.OFFERED, 15),
    (State.ACCEPTED, 30),
    (State.GATHERED, 10),
    (State.REFERRED, 25),
    (State.NOT_ADOPTED, 10),
    (State.ADOPTED, 10),
    (State.PLANNED, 10),
    (State.SUPPORTED, 40),
    (State.NO_CONSENT, 10),
)
"""Of a thousand cases so many stand here: about one in four is still to be worked or reviewed."""
RUNNING = {
    State.OFFERED: ClockName.ANSWER,
    State.ACCEPTED: ClockName.INFORMATION_GATHERING,
    State.GATHERED: ClockName.DECISION,
    State.REFERRED: ClockName.PANEL,
    State.ADOPTED: ClockName.PLAN,
    State.PLANNED: ClockName.CONSENT,
    State.SUPPORTED: ClockName.PLAN_REVIEW,
    State.NO_CONSENT: ClockName.REASSESSMENT,
    State.CLOSED: ClockName.AFTER_CLOSURE,
}
_ASSESSED = frozenset({State.ENDED, State.CLOSED, State.SUPPORTED, State.ADOPTED, State.PLANNED, State.NO_CONSENT})
_OWNER = "Officer 1 (synthetic)"


@dataclass(frozen=True)
class Store:
    """Where cases are written to: the database as one who sees every row, and Channel's keys."""

    connection: asyncpg.Connection
    keys: SubjectKeys
    now: datetime
    lot: random.Random

    async def fill(self, count: int, *, batch: int = 500) -> list[str]:
        """Write so many cases; returns their references."""
        people = Generator(7).people(count)
        references: list[str] = []
        # What the trigger on clocks keeps row by row is written once for all of them at the end.
        await self.connection.execute("SET session_replication_role = replica")
        for start in range(0, len(people), batch):
            references += await self._write(people[start : start + batch])
        await self.connection.execute(NEXT_DUE.replace("referral", "case_file"))
        await self.connection.execute("SET session_replication_role = origin")
        await self.connection.execute("VACUUM ANALYZE")
        return references

    async def _write(self, people: Sequence[Made]) -> list[str]:
        rows, references = Rows(), []
        subjects = [uuid4() for _ in people]
        await self.keys.ensure(subjects)
        for subject, person in zip(subjects, people, strict=True):
            references.append(await self._one(rows, subject, person))
        await rows.copy(self.connection)
        return references

    async def _one(self, rows: Rows, subject: UUID, person: Made) -> str:
        lot = self.lot
        state = lot.choices([each for each, _ in STATES], [share for _, share in STATES])[0]
        opened_at = self.now - timedelta(days=lot.uniform(1, 2000 if state is State.ENDED else 300))
        reference, district = make_reference("KM", lot.choice), lot.choice(DISTRICTS)
        untaken = state in (State.OFFERED, State.RETURNED)
        officer = (None, None) if untaken else lot.choice(OFFICERS)
        summary = Summary(name=f"{person.forenames} {person.surname}", date_of_birth=person.born, district=district)
        rows.add(
            "awareness", subject=subject, area=AREA, reference=reference, received_at=opened_at, version=1,
            age_band="unknown", district=district, event_id=uuid4(), seen_at=opened_at,
        )  # fmt: skip
        rows.add(
            "case_file", subject=subject, area=AREA, area_version=VERSION, reference=reference, correlation_id=None,
            statistics_key=uuid4(), opened_at=opened_at, immediate_danger=lot.random() < DANGER, state=state.value,
            risk_owner=officer[1] or "Sample Dutyofficer (synthetic)",
            sealed_summary=await self._sealed(subject, summary.model_dump_json()), section_36_made=True, answers=1,
            row_version=6, coordinator_id=officer[0], coordinator=officer[1], district=district,
            home_force="Kent Police", consent=(Consent.GIVEN if state is State.SUPPORTED else Consent.NOT_ASKED).value,
            next_due_at=NEVER,
        )  # fmt: skip
        await self._pack(rows, subject, person, opened_at)
        await self._happened(rows, subject, state, opened_at)
        if state in RUNNING:
            self._clock(rows, subject, RUNNING[state], WHOLE)
        if state in (State.ACCEPTED, State.SUPPORTED, State.NOT_ADOPTED):
            await self._owed(rows, subject, opened_at)
        if state in _ASSESSED:
            await self._assessed(rows, subject, opened_at)
        return reference

    async def _pack(self, rows: Rows, subject: UUID, person: Made, offered_at: datetime) -> None:
        rows.add(
            "pack", event_id=uuid4(), subject=subject, area=AREA, kind="section-36", offered_at=offered_at,
            sealed_form=await self._sealed(subject, person.form().model_dump_json()),
            sealed_rationale=await self._sealed(subject, WORDS), sealed_grounds=await self._sealed(subject, WORDS),
            decided_by=_OWNER, risk_owner="Sample Dutyofficer (synthetic)", document_ids=[],
            sealed_parts=await self._sealed(subject, PackParts().model_dump_json()),
        )  # fmt: skip

    async def _happened(self, rows: Rows, subject: UUID, state: State, opened_at: datetime) -> None:
        steps = (
            (Command.OPEN, None, State.OFFERED),
            (Command.ACCEPT, State.OFFERED, State.ACCEPTED),
            (Command.TO_PANEL, State.ACCEPTED, State.REFERRED),
            (Command.ASSESS, State.REFERRED, State.REFERRED),
            (Command.ADOPT, State.REFERRED, State.ADOPTED),
            (Command.NOTE, State.ADOPTED, state),
        )
        note = await self._sealed(subject, WORDS)
        for version, (command, before, after) in enumerate(steps, start=1):
            rows.add(
                "history", subject=subject, area=AREA, area_version=VERSION, row_version=version, command=command.value,
                from_state=before and before.value, to_state=after.value, risk_owner=_OWNER, by_id=OFFICERS[1][0],
                by_name=_OWNER, sealed_note=note if command is Command.NOTE else None,
                at=opened_at + timedelta(hours=version),
            )  # fmt: skip

    async def _owed(self, rows: Rows, subject: UUID, made_at: datetime) -> None:
        for kind, clock in ((Obligation.REQUEST, ClockName.REQUEST), (Obligation.ACTION, ClockName.ACTION)):
            owed = uuid4()
            rows.add(
                "obligation", id=owed, subject=subject, area=AREA, kind=kind.value, recipient="school",
                owner="Education Safeguarding", state="open", sealed_message=await self._sealed(subject, WORDS),
                made_at=made_at, made_by=_OWNER, due_at=self.now + timedelta(days=self.lot.uniform(-5, 25)),
            )  # fmt: skip
            self._clock(rows, subject, clock, owed)

    async def _assessed(self, rows: Rows, subject: UUID, completed_at: datetime) -> None:
        factors = tuple(
            FactorAnswer(
                factor=f"factor-{number}", dimension="engagement", label=f"Factor {number}",
                presence=Presence.PRESENT if number % 2 else Presence.NOT_KNOWN, narrative=WORDS,
            )
            for number in range(22)
        )  # fmt: skip
        for number in (1, 2):
            made = Assessment(
                instrument="vaf", edition="2015", name="Vulnerability assessment framework", number=number,
                completed_at=completed_at, completed_by=_OWNER, summary=WORDS, factors=factors,
            )  # fmt: skip
            rows.add(
                "assessment", subject=subject, number=number, area=AREA, instrument="vaf", edition="2015",
                sealed_assessment=await self._sealed(subject, made.model_dump_json()),
                completed_at=completed_at + timedelta(days=number), by_id=OFFICERS[1][0], by_name=_OWNER,
            )  # fmt: skip

    def _clock(self, rows: Rows, subject: UUID, name: ClockName, about: UUID) -> None:
        due_at = self.now + timedelta(days=self.lot.uniform(-5, 60))
        rows.add(
            "clock", subject=subject, name=name.value, about=about, area=AREA, started_at=self.now - timedelta(days=9),
            due_at=due_at, times_extended=0, escalations=0, escalate_at=due_at,
        )  # fmt: skip

    async def _sealed(self, subject: UUID, words: str) -> bytes:
        return await self.keys.seal(subject, words.encode())
