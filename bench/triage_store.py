"""A store of synthetic referrals for triage, written straight into its tables, sealed and keyed as arrivals are."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from chassis.crypto import SubjectKeys
from contracts.vocabulary import make_reference
from samples.people_made import Generator, Made
from services.triage.domain import ClockName, Command, Obligation, State
from services.triage.domain.people import identity_of, keys_of
from services.triage.operations.clocks import NEVER, WHOLE
from services.triage.queries import Summary
from services.triage.queries.people import IDENTITIES

AREA, VERSION = "kent-and-medway", "2026-01"
DISTRICTS = ("Ashford", "Canterbury", "Dover", "Gravesham", "Maidstone", "Medway", "Swale", "Thanet")
STATES: tuple[tuple[State, int], ...] = (
    (State.CLOSED, 700),
    (State.HANDED_OVER, 100),
    (State.WITHDRAWN, 50),
    (State.TRANSFERRED, 20),
    (State.SIGNPOSTED, 30),
    (State.PLP, 20),
    (State.RECEIVED, 15),
    (State.DECONFLICTING, 15),
    (State.CONFLICT, 2),
    (State.ASSESSING, 20),
    (State.GATHERING, 10),
    (State.DECIDING, 5),
    (State.PASSED_ON, 5),
    (State.SECTION_36, 4),
    (State.CLOSING, 4),
)
"""Of a thousand referrals so many stand here: thirteen in a hundred have still to be worked."""

RUNNING: dict[State, ClockName] = {
    State.CLOSED: ClockName.CLOSURE_REVIEW,
    State.PLP: ClockName.PLP_REVIEW,
    State.RECEIVED: ClockName.DECONFLICTION,
    State.DECONFLICTING: ClockName.DECONFLICTION,
    State.CONFLICT: ClockName.CONFLICT,
    State.ASSESSING: ClockName.ASSESSMENT,
    State.GATHERING: ClockName.GATHERING,
    State.DECIDING: ClockName.DECISION,
    State.PASSED_ON: ClockName.ACCEPTANCE,
    State.SECTION_36: ClockName.ACCEPTANCE,
    State.CLOSING: ClockName.SIGN_OFF,
}
OFFICERS = tuple((f"bench-officer-{number}", f"Officer {number} (synthetic)") for number in range(20))
UNTAKEN, DANGER, RESTRICTED = 0.05, 0.02, 0.01
ANNOUNCED = ("triage.police-decision-made.v1", "triage.referral-progressed.v1")
NEXT_DUE = """UPDATE referral SET next_due_at = next.due_at FROM (SELECT subject, min(due_at) AS due_at FROM clock
    WHERE stopped_at IS NULL AND paused_at IS NULL GROUP BY subject) AS next WHERE next.subject = referral.subject"""
WORDS = "SYNTHETIC: written for a measurement; nobody real is meant. " * 6


@dataclass
class Rows:
    """Rows by table, each a column by column mapping, ready to be copied."""

    by_table: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def add(self, table: str, **row: Any) -> None:
        """Add a row."""
        self.by_table.setdefault(table, []).append(row)

    async def copy(self, connection: asyncpg.Connection) -> None:
        """Copy everything into the database."""
        for table, rows in self.by_table.items():
            columns = list(rows[0])
            records = [tuple(row[name] for name in columns) for row in rows]
            await connection.copy_records_to_table(table, records=records, columns=columns)
        self.by_table.clear()


@dataclass(frozen=True)
class Store:
    """Where referrals are written to: the database as one who sees every row, and triage's keys."""

    connection: asyncpg.Connection
    keys: SubjectKeys
    now: datetime
    lot: random.Random

    async def fill(self, count: int, *, batch: int = 1000) -> list[str]:
        """Write so many referrals, of whom one in eight is about somebody referred before; returns references."""
        made = Generator(7)
        people = made.people(count - count // 8)
        people += [made.again(self.lot.choice(people)) for _ in range(count // 8)]
        self.lot.shuffle(people)
        references = []
        # What the trigger on clocks keeps row by row is written once for all of them at the end.
        await self.connection.execute("SET session_replication_role = replica")
        for portion in _portions(people, batch):
            references += await self._write(portion)
        await self.connection.execute(NEXT_DUE)
        await self.connection.execute("SET session_replication_role = origin")
        for officer_id, name in OFFICERS:
            await self.connection.execute(
                "INSERT INTO officer (id, area, name, seen_on) VALUES ($1, $2, $3, $4)",
                officer_id, AREA, name, self.now.date(),
            )  # fmt: skip
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
        days = lot.uniform(0, 60) if state not in (State.CLOSED, State.HANDED_OVER) else lot.uniform(10, 3000)
        received_at = self.now - timedelta(days=days)
        reference = make_reference("KM", lot.choice)
        form = person.form()
        district = lot.choice(DISTRICTS)
        summary = Summary(
            name=f"{person.forenames} {person.surname}",
            date_of_birth=person.born,
            approximate_age=person.age,
            district=district,
        )
        early = state in (State.RECEIVED, State.DECONFLICTING, State.CONFLICT)
        officer = (None, None) if early or lot.random() < UNTAKEN else lot.choice(OFFICERS)
        rows.add(
            "referral", subject=subject, area=AREA, area_version=VERSION, reference=reference, correlation_id=None,
            statistics_key=uuid4(), received_event_id=uuid4(), received_at=received_at, door="web",
            immediate_danger=lot.random() < DANGER, version=1, unread_reason="", state=state.value,
            risk_owner="Sample Dutyofficer (synthetic)", officer_id=officer[0], officer_name=officer[1],
            sealed_summary=await self._sealed(subject, summary.model_dump_json()), section_36_made=False,
            assessed=not early, gathered=False, restricted=lot.random() < RESTRICTED, district=district,
            next_due_at=NEVER, decisions=1, row_version=5, imu_seen_at=received_at, gateway_seen_at=received_at,
            imu_acknowledged_at=None, gateway_acknowledged_at=None,
        )  # fmt: skip
        rows.add(
            "referral_version", subject=subject, version=1, area=AREA, added_at=received_at,
            sealed_form=await self._sealed(subject, form.model_dump_json()), unread_reason="", document_ids=[],
            sealed_additions=None, made_by="referrer", door="web", row_version=1,
        )  # fmt: skip
        await self._found_by(rows, subject, person, received_at)
        await self._happened(rows, subject, state, received_at)
        self._clocks(rows, subject, state, received_at)
        if state in (State.SIGNPOSTED, State.GATHERING, State.PLP):
            await self._owed(rows, subject, state, received_at)
        return reference

    async def _found_by(self, rows: Rows, subject: UUID, person: Made, received_at: datetime) -> None:
        identity = identity_of(person.form(), received_at.date())
        sealed = await self._sealed(subject, IDENTITIES.dump_json(identity).decode())
        rows.add(
            "person_referral", subject=subject, area=AREA, person=uuid4(), since=received_at, sealed_identity=sealed,
            waiting=False,
        )  # fmt: skip
        for key in {self.keys.keyed(f"triage person {each}") for each in keys_of(identity)}:
            rows.add("person_key", key=key, subject=subject, area=AREA)

    async def _happened(self, rows: Rows, subject: UUID, state: State, received_at: datetime) -> None:
        steps = (
            (Command.RECEIVE, None, State.RECEIVED),
            (Command.TAKE, State.RECEIVED, State.RECEIVED),
            (Command.CLEAR, State.RECEIVED, State.ASSESSING),
            (Command.ASSESS, State.ASSESSING, State.ASSESSING),
            (Command.NOTE, State.ASSESSING, state),
        )
        note = await self._sealed(subject, WORDS)
        for version, (command, before, after) in enumerate(steps, start=1):
            rows.add(
                "history", subject=subject, area=AREA, area_version=VERSION, row_version=version, command=command.value,
                from_state=before and before.value, to_state=after.value, risk_owner="Sample Dutyofficer (synthetic)",
                by_id="bench-officer-1", by_name="Officer 1 (synthetic)",
                sealed_note=note if command is Command.NOTE else None, at=received_at + timedelta(hours=version),
            )  # fmt: skip
        if state in (State.CLOSED, State.SIGNPOSTED, State.PLP, State.CLOSING):
            command = Command.PROPOSE if state is State.CLOSING else Command.CLOSE
            rows.add(
                "decision", id=uuid4(), subject=subject, area=AREA, command=command.value, reason="mistaken",
                sealed_rationale=note, sealed_grounds=None, risk_owner="Sample Dutyofficer (synthetic)",
                review_on=(received_at + timedelta(days=180)).date(), by_id="bench-officer-1",
                by_name="Officer 1 (synthetic)", decided_at=received_at + timedelta(days=5),
            )  # fmt: skip
        for type_ in ANNOUNCED:
            rows.add(
                "dispatch", event_id=uuid4(), recipient="channel", topic="triage.awareness.v1", subject=subject,
                type=type_, recorded_at=received_at, published_at=received_at, stored_at=received_at,
            )  # fmt: skip

    def _clocks(self, rows: Rows, subject: UUID, state: State, received_at: datetime) -> None:
        if state is not State.DECONFLICTING and state is not State.RECEIVED:
            self._clock(rows, subject, (ClockName.DECONFLICTION, WHOLE), received_at, stopped_at=received_at)
        if state in RUNNING:
            self._clock(rows, subject, (RUNNING[state], WHOLE), received_at)

    def _clock(
        self,
        rows: Rows,
        subject: UUID,
        which: tuple[ClockName, UUID],
        started_at: datetime,
        stopped_at: datetime | None = None,
    ) -> None:
        late = self.lot.uniform(-5, 400 if which[0] is ClockName.CLOSURE_REVIEW else 25)
        rows.add(
            "clock", subject=subject, name=which[0].value, about=which[1], area=AREA, started_at=started_at,
            due_at=self.now + timedelta(days=late), stopped_at=stopped_at, times_extended=0, escalations=0,
        )  # fmt: skip

    async def _owed(self, rows: Rows, subject: UUID, state: State, received_at: datetime) -> None:
        kinds = {
            State.SIGNPOSTED: Obligation.SIGNPOST,
            State.GATHERING: Obligation.REQUEST,
            State.PLP: Obligation.ACTION,
        }
        clocks = {
            Obligation.SIGNPOST: ClockName.SIGNPOST,
            Obligation.REQUEST: ClockName.REQUEST,
            Obligation.ACTION: ClockName.ACTION,
        }
        owed, kind = uuid4(), kinds[state]
        rows.add(
            "obligation", id=owed, subject=subject, area=AREA, kind=kind.value, service="", state="open",
            owner=self.lot.choice(OFFICERS)[1] if kind is Obligation.ACTION else "Example School (synthetic)",
            sealed_message=await self._sealed(subject, WORDS), made_at=received_at, made_by="Officer 1 (synthetic)",
            due_at=self.now + timedelta(days=self.lot.uniform(-5, 25)),
        )  # fmt: skip
        self._clock(rows, subject, (clocks[kind], owed), received_at)

    async def _sealed(self, subject: UUID, words: str) -> bytes:
        return await self.keys.seal(subject, words.encode())


def _portions(people: Sequence[Made], size: int) -> Iterator[Sequence[Made]]:
    for start in range(0, len(people), size):
        yield people[start : start + size]
