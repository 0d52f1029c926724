"""A store of synthetic cases for Channel, written straight into its tables, sealed as arrivals are."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import asyncpg

from bench.channel_store_case import HEARD, OVER, OWNER, TO_CLOSURE, TO_PANEL, Case, Desk
from bench.channel_store_panel import Calendar, calendar
from bench.channel_store_support import ASKED, SESSIONS, begun, support
from bench.triage_store import AREA, DANGER, DISTRICTS, NEXT_DUE, OFFICERS, VERSION, WORDS, Rows
from chassis.crypto import SubjectKeys
from chassis.ticking import WHOLE
from contracts.vocabulary import make_reference
from contracts.vocabulary.assessment import Assessment, FactorAnswer, Presence
from samples.people_made import Generator, Made
from services.channel.domain import ClockName, Command, Consent, Obligation, State, turns_18_in
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
}
"""The clock of the whole case that runs in a state; after closure those of its reviews do."""
_AGES = {State.ENDED: (600, 2000), State.CLOSED: (150, 600), State.SUPPORTED: (60, 300)}
"""So many days ago at least, and at most, a case was offered that stands here; others within the last year."""
_WAY: tuple[tuple[Command, State, int], ...] = (
    (Command.OPEN, State.OFFERED, 0),
    (Command.ACCEPT, State.ACCEPTED, 2),
    *((Command.REQUEST, State.ACCEPTED, 3) for _ in ASKED),
    *((Command.ANSWERED, State.ACCEPTED, 9) for _ in ASKED),
    (Command.ASSESS, State.ACCEPTED, 10),
    (Command.GATHERED, State.GATHERED, 11),
    (Command.REFER, State.REFERRED, 12),
    (Command.ASSESS, State.REFERRED, 20),
    (Command.ADOPT, State.ADOPTED, 30),
    (Command.MAKE_PLAN, State.PLANNED, 41),
    (Command.CONSENT_GIVEN, State.SUPPORTED, 47),
    (Command.COMMISSION, State.SUPPORTED, 50),
    *((Command.SESSION, State.SUPPORTED, 50 + 7 * (nth + 1)) for nth in range(SESSIONS)),
    (Command.PANEL_CLOSE, State.CLOSING, 125),
    (Command.CLOSING_REPORT, State.CLOSED, TO_CLOSURE.days),
    (Command.END, State.ENDED, 505),
)
"""What happened to a case, where it came by that, and after how many days: its history is this until it stands."""
_ASIDE: Mapping[State, tuple[State, tuple[Command, ...]]] = {
    State.RETURNED: (State.OFFERED, (Command.RETURN,)),
    State.TAKEN_BACK: (State.ACCEPTED, (Command.TAKEN_BACK,)),
    State.NOT_ADOPTED: (State.REFERRED, (Command.NOT_ADOPT,)),
    State.NO_CONSENT: (State.PLANNED, (Command.CONSENT_REFUSED,)),
    State.TRANSFERRED: (State.SUPPORTED, (Command.TRANSFER_ACCEPTED,)),
}
"""States beside that way: from where it is left, and by what."""
_ASSESSED = HEARD - {State.NOT_ADOPTED, State.TRANSFERRED}


FULL = 20_000
"""So many cases have a meeting of the panel on every day; fewer have fewer, so that agendas are as long."""


@dataclass(frozen=True)
class Filled:
    """What a store holds: the references of cases by where they stand, and the meetings of the panel."""

    by_state: Mapping[State, list[str]]
    calendar: Calendar

    @property
    def references(self) -> list[str]:
        """Return the references of all cases."""
        return [each for some in self.by_state.values() for each in some]


@dataclass(frozen=True)
class Store:
    """Where cases are written to: the database as one who sees every row, and Channel's keys."""

    connection: asyncpg.Connection
    keys: SubjectKeys
    now: datetime
    lot: random.Random

    async def fill(self, count: int, *, batch: int = 500) -> Filled:
        """Write so many cases and the meetings in which they were heard; returns where each of them stands."""
        people = Generator(7).people(count)
        desk = Desk(Rows(), self.keys, self.now, self.lot)
        filled = Filled({state: [] for state, _ in STATES}, calendar(desk, count, FULL))
        # What the trigger on clocks keeps row by row is written once for all of them at the end.
        await self.connection.execute("SET session_replication_role = replica")
        await filled.calendar.open()
        for start in range(0, len(people), batch):
            for case in await self._write(desk, filled.calendar, people[start : start + batch]):
                filled.by_state[case.state].append(case.reference)
        await self.connection.execute(NEXT_DUE.replace("referral", "case_file"))
        await self.connection.execute("SET session_replication_role = origin")
        for officer_id, name in OFFICERS:
            await self.connection.execute(
                "INSERT INTO officer (id, area, name, seen_on) VALUES ($1, $2, $3, $4)",
                officer_id, AREA, name, self.now.date(),
            )  # fmt: skip
        await self.connection.execute("VACUUM ANALYZE")
        return filled

    async def _write(self, desk: Desk, panel: Calendar, people: Sequence[Made]) -> list[Case]:
        subjects = [uuid4() for _ in people]
        await self.keys.ensure(subjects)
        cases = [await self._one(desk, subject, person) for subject, person in zip(subjects, people, strict=True)]
        for case in cases:
            await panel.hear(case)
            await support(desk, case)
            await begun(desk, case)
        await desk.rows.copy(self.connection)
        return cases

    async def _one(self, desk: Desk, subject: UUID, person: Made) -> Case:
        lot, rows = self.lot, desk.rows
        state = lot.choices([each for each, _ in STATES], [share for _, share in STATES])[0]
        opened_at = self.now - timedelta(days=lot.uniform(*_AGES.get(state, (1, 300))))
        reference, district = make_reference("KM", lot.choice), lot.choice(DISTRICTS)
        case = Case(subject, reference, state, opened_at, await desk.sealed(subject, WORDS))
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
            sealed_summary=await desk.sealed(subject, summary), section_36_made=True, answers=1,
            row_version=len(_way(state)), coordinator_id=officer[0], coordinator=officer[1], district=district,
            home_force="Kent Police", consent=(Consent.GIVEN if state is State.SUPPORTED else Consent.NOT_ASKED).value,
            next_due_at=NEVER, decided_at=opened_at + TO_PANEL if state in HEARD else None,
            closed_at=case.closed_at if state in OVER else None, turns_18_in=turns_18_in(person.born, self.now),
        )  # fmt: skip
        await self._pack(desk, case, person)
        self._happened(rows, case)
        if state in RUNNING:
            desk.clock(subject, RUNNING[state], WHOLE)
        if state in (State.ACCEPTED, State.SUPPORTED, State.NOT_ADOPTED):
            self._owed(desk, case)
        if state in _ASSESSED:
            await self._assessed(desk, case)
        return case

    async def _pack(self, desk: Desk, case: Case, person: Made) -> None:
        desk.rows.add(
            "pack", event_id=uuid4(), subject=case.subject, area=AREA, kind="section-36", offered_at=case.opened_at,
            sealed_form=await desk.sealed(case.subject, person.form()), sealed_rationale=case.words,
            sealed_grounds=case.words, decided_by=OWNER, risk_owner="Sample Dutyofficer (synthetic)", document_ids=[],
            sealed_parts=await desk.sealed(case.subject, PackParts()),
        )  # fmt: skip

    def _happened(self, rows: Rows, case: Case) -> None:
        before, since = None, None
        for version, (command, after, day) in enumerate(_way(case.state), start=1):
            at = case.opened_at + timedelta(days=day, minutes=version)
            rows.add(
                "history", subject=case.subject, area=AREA, area_version=VERSION, row_version=version,
                command=command.value, from_state=before and before.value, to_state=after.value, risk_owner=OWNER,
                by_id=OFFICERS[1][0], by_name=OWNER, sealed_note=case.words, at=at,
                since=since if before is not after else None,
            )  # fmt: skip
            if before is not after:
                before, since = after, at

    def _owed(self, desk: Desk, case: Case) -> None:
        for kind, clock in ((Obligation.REQUEST, ClockName.REQUEST), (Obligation.ACTION, ClockName.ACTION)):
            owed = uuid4()
            due_at = self.now + timedelta(days=self.lot.uniform(-5, 25))
            desk.rows.add(
                "obligation", id=owed, subject=case.subject, area=AREA, kind=kind.value, recipient="school",
                owner="Education Safeguarding", state="open", sealed_message=case.words, sealed_questions=None,
                sealed_report=None, sealed_answers=None, made_at=case.opened_at, made_by=OWNER, due_at=due_at,
                ended_at=None, ended_by=None,
            )  # fmt: skip
            desk.clock(case.subject, clock, owed, due_at)

    async def _assessed(self, desk: Desk, case: Case) -> None:
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
                completed_at=case.opened_at, completed_by=OWNER, summary=WORDS, factors=factors,
            )  # fmt: skip
            desk.rows.add(
                "assessment", subject=case.subject, number=number, area=AREA, instrument="vaf", edition="2015",
                sealed_assessment=await desk.sealed(case.subject, made), by_id=OFFICERS[1][0], by_name=OWNER,
                completed_at=case.opened_at + timedelta(days=10 * number),
            )  # fmt: skip


def _way(state: State) -> tuple[tuple[Command, State, int], ...]:
    until, aside = _ASIDE.get(state, (state, ()))
    last = max(nth for nth, step in enumerate(_WAY) if step[1] is until)
    return (*_WAY[: last + 1], *((command, state, _WAY[last][2] + 3) for command in aside))
