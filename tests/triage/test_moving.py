"""Running referrals move to the practice in force: what that changes, why it cannot be, and what stays as it was."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest

import areas
from chassis.actor import Actor
from chassis.clock import due_at
from contracts.vocabulary import Role
from services.triage import operations, queries
from services.triage.domain import (
    Body,
    ChangedMeanwhile,
    ClockName,
    Command,
    NotInThisState,
    NotOffered,
    NotRecorded,
    Older,
    PauseReason,
    Practice,
    Recipient,
    Record,
    Running,
    SignpostTo,
    State,
    Told,
)
from services.triage.domain.moving import Owing, Ticking, Underway, Writing, new_deadline, planned, why_not
from services.triage.operations import Act
from services.triage.operations.clocks import WHOLE
from services.triage.queries import ClockKey
from services.triage.settings import practice as practice_of
from tests.triage.assessing import newer
from tests.triage.builders import AREA, DUTY, GATEWAY, NOW, VERSION, form, officer, practice, received, rows
from tests.triage.conftest import Desk

SUPERVISOR = officer(Role.GATEWAY_SUPERVISOR, name="Sita Synthetic")
NEWER = "2026-07"
OTHERWISE = form(forenames="Quentin", surname="Otherwise", date_of_birth="1961-02-03", district="Dover")
WHY = "The area agreed to answer sooner."
DAYS = {name: days for days, name in enumerate(ClockName, start=1)}


def under(version: str, now: datetime, *, days: int = 0, **given: object) -> Practice:
    """Return one version of the practice as from a moment: every clock has so many days more than the first version."""
    due = {name: now + timedelta(days=number + days) for name, number in DAYS.items()}
    return practice(version=version, due=due, in_force=NEWER, **given)


class Versions:
    """Two versions of one area's practice, the newer in force."""

    def __init__(self, days: int = 2, **given: object) -> None:
        self.days, self.given = days, given

    def under(self, area: str, version: str, now: datetime) -> Practice:
        """Return a version as from a moment."""
        assert area == AREA
        return under(VERSION, now) if version == VERSION else under(NEWER, now, days=self.days, **self.given)

    def older(self, _: datetime) -> tuple[Older, ...]:
        """Return that there is one older version."""
        return (Older(AREA, "Kent and Medway", NEWER, (VERSION,)),)


def ticking(name: ClockName = ClockName.ASSESSMENT, *, about: UUID = WHOLE, more: int = 0, days: int = 0) -> Ticking:
    """Return a clock that was started so many days ago and given so many days more than the area's time."""
    started = NOW - timedelta(days=days)
    return Ticking(Running(name, about, started + timedelta(days=DAYS[name] + more)), started)


old = partial(under, VERSION)


class TestNewDeadline:
    def test_counts_the_newer_time_from_the_start_of_the_clock(self) -> None:
        each = ticking(days=4)
        due = new_deadline(each, old, partial(under, NEWER, days=2))
        assert due == each.started_at + timedelta(days=DAYS[ClockName.ASSESSMENT] + 2)

    def test_leaves_a_clock_alone_whose_time_is_the_same(self) -> None:
        each = ticking(more=5)
        assert new_deadline(each, old, partial(under, NEWER)) == each.clock.due_at

    @pytest.mark.parametrize("days", [-3, 4])
    def test_gives_once_more_what_officers_gave(self, days: int) -> None:
        each = ticking(more=5)
        due = new_deadline(each, old, partial(under, NEWER, days=days))
        assert due == each.clock.due_at + timedelta(days=days)

    def test_leaves_what_others_were_asked_to_do_by_a_day(self) -> None:
        each = ticking(ClockName.SIGNPOST, about=uuid4())
        assert new_deadline(each, old, partial(under, NEWER, days=-3)) == each.clock.due_at

    def test_counts_the_answer_to_danger_from_when_it_was_told(self) -> None:
        told = NOW - timedelta(hours=1)
        each = Ticking(Running(ClockName.URGENT, WHOLE, told + timedelta(minutes=30)), NOW)
        new = partial(under, NEWER, urgent_within=timedelta(minutes=10))
        assert new_deadline(each, old, new) == told + timedelta(minutes=10)

    def test_gives_working_days_once_more_in_a_real_area(self) -> None:
        area = areas.load(None).version(AREA, VERSION)
        assert area
        shorter = area.clocks.model_copy(update={"gateway_assessment": area.clocks.gateway_assessment - 2})
        agreed = area.model_copy(update={"version": NEWER, "clocks": shorter})
        kent, newer_kent = partial(practice_of, area), partial(practice_of, agreed)
        started = datetime(2026, 11, 18, 10, tzinfo=UTC)
        due = kent(started).due[ClockName.ASSESSMENT]
        as_it_was = Ticking(Running(ClockName.ASSESSMENT, WHOLE, due), started)
        assert new_deadline(as_it_was, kent, newer_kent) == newer_kent(started).due[ClockName.ASSESSMENT]
        extended = Ticking(Running(ClockName.ASSESSMENT, WHOLE, kent(due).due[ClockName.ASSESSMENT]), started)
        days = area.clocks.gateway_assessment
        first = newer_kent(started).due[ClockName.ASSESSMENT]
        assert new_deadline(extended, kent, newer_kent) == due_at(first, days, area.clocks.closes_at.strftime("%H:%M"))


class TestPlanned:
    def test_says_what_changes_for_this_referral(self) -> None:
        writing = Writing("gateway", "2026", "Tariq Synthetic")
        owing = Owing("kent-early-help", "Kent Early Help")
        here = Underway("KM-1", State.ASSESSING, 3, DUTY, (ticking(),), (owing,), (writing,), "northmere-constabulary")
        edition = newer()
        new = partial(
            under,
            NEWER,
            days=2,
            gathers=Body.POLICE,
            decides=Body.LOCAL_AUTHORITY,
            every_closure_signed_off=True,
            services={"other": SignpostTo("Other service", NOW)},
            instruments={edition.id: edition},
            told=(Told("Hedda Synthetic", "Sample Police", lambda due: due),),
            forces={},
        )
        plan = planned(here, old, new, NOW)
        assert plan.refusal == ""
        assert [each.changes for each in plan.clocks] == [True]
        said = {each.what: (each.before, each.after) for each in plan.differences}
        assert said["Who gathers information"] == ("The local authority", "The police")
        assert said["Who decides on section 36(3)"] == ("The police", "The local authority")
        assert said["Closures that a supervisor signs off"][1] == "Every one"
        assert said["Who is told when a clock has run out"] == ("Nobody", "Hedda Synthetic, Sample Police")
        assert "(2027)" in said["Assessments are made with"][1]
        assert said["Who can be signposted to"] == ("Kent Early Help", "Other service")
        notes = " ".join(plan.notes)
        assert f"The risk stays with {DUTY}." in notes
        assert "Kent Early Help is not among the services" in notes
        assert "Tariq Synthetic has begun an assessment with edition 2026" in notes
        assert "The offer to Northmere Constabulary stands" in notes

    def test_says_nothing_of_what_is_the_same(self) -> None:
        here = Underway("KM-1", State.ASSESSING, 3, DUTY, (ticking(),))
        plan = planned(here, old, partial(under, NEWER), NOW)
        assert plan.differences == ()
        assert [each.changes for each in plan.clocks] == [False]

    def test_says_that_a_clock_runs_out_at_once(self) -> None:
        late = ticking(days=3)
        assert late.clock.due_at > NOW
        here = Underway("KM-1", State.ASSESSING, 3, DUTY, (late,))
        plan = planned(here, old, partial(under, NEWER, days=-2), NOW)
        assert [each.at_once for each in plan.clocks] == [True]

    def test_leaves_out_an_instrument_that_is_used_no_longer(self) -> None:
        here = Underway("KM-1", State.ASSESSING, 3, DUTY, writing=(Writing("vaf", "2015", "Tariq Synthetic"),))
        plan = planned(here, old, partial(under, NEWER, instruments={}), NOW)
        assert any("vaf, which is used no longer" in note for note in plan.notes)


class TestWhyNot:
    @pytest.mark.parametrize("state", [State.PASSED_ON, State.SECTION_36, State.HANDED_OVER, State.GIVEN_BACK])
    @pytest.mark.parametrize("change", [{"gathers": Body.POLICE}, {"decides": Body.LOCAL_AUTHORITY}])
    def test_waits_while_channel_goes_by_other_bodies(self, state: State, change: dict[str, Body]) -> None:
        assert "Channel goes by version" in why_not(state, practice(), practice(version=NEWER, **change))
        assert why_not(state, practice(), practice(version=NEWER)) == ""

    def test_waits_for_the_police_who_gather_what_the_authority_will(self) -> None:
        police = practice(gathers=Body.POLICE)
        refusal = why_not(State.GATHERING, police, practice(version=NEWER))
        assert "Record the gathering as complete first" in refusal
        assert why_not(State.DECIDING, police, practice(version=NEWER)) == ""


class TestMove:
    async def test_gives_clocks_their_time_from_their_start_and_says_so(self, desk: Desk) -> None:
        subject = await desk.open()
        await desk.clear(subject, assessed=False)
        before = await clock_of(desk)
        later = NOW + timedelta(hours=5)
        await move(desk, subject, later)
        after = await clock_of(desk)
        assert after["due_at"] == before["started_at"] + timedelta(days=DAYS[ClockName.ASSESSMENT] + 2)
        assert (after["started_at"], after["stopped_at"]) == (before["started_at"], None)
        assert after["escalate_at"] == after["due_at"]
        kept = await rows(desk.runtime, "SELECT area_version, state, risk_owner, next_due_at FROM referral")
        assert (kept[0]["area_version"], kept[0]["state"], kept[0]["risk_owner"]) == (NEWER, "assessing", DUTY)
        assert kept[0]["next_due_at"] == after["due_at"]
        said = await notes(desk, subject)
        assert said[-1].startswith(f"From version {VERSION} to version {NEWER}")
        assert "Assessment: until" in said[-1]
        assert said[-1].endswith(WHY)
        audited = await rows(desk.runtime, "SELECT action FROM audit_entry ORDER BY id")
        assert audited[-1]["action"] == "referral.move-to-practice"

    async def test_every_line_says_under_which_version_it_stands(self, desk: Desk) -> None:
        subject = await desk.open()
        await desk.clear(subject, assessed=False)
        await move(desk, subject)
        async with desk.runtime.database.transaction(GATEWAY) as session:
            act = Act(Command.NOTE, NOW, Record(rationale="Telephoned."))
            await operations.add_note(session, subject, act, Versions().under(AREA, NEWER, NOW))
        lines = await rows(desk.runtime, "SELECT command, area_version FROM history ORDER BY id")
        assert [(line["command"], line["area_version"]) for line in lines] == [
            ("receive", VERSION),
            ("record-clear", VERSION),
            ("move-to-practice", NEWER),
            ("add-note", NEWER),
        ]

    async def test_leaves_a_paused_clock_paused(self, desk: Desk) -> None:
        subject = await desk.open()
        await desk.clear(subject, assessed=False)
        async with desk.runtime.database.transaction(GATEWAY) as session:
            key = ClockKey(subject, ClockName.ASSESSMENT, WHOLE)
            act = Act(Command.PAUSE, NOW, Record(reason=PauseReason.PERSON, rationale="Away."))
            await operations.pause_clock(session, key, act, practice())
        await move(desk, subject, NOW + timedelta(days=1))
        after = await clock_of(desk)
        assert after["paused_at"] == NOW
        assert after["due_at"] == after["started_at"] + timedelta(days=DAYS[ClockName.ASSESSMENT] + 2)

    async def test_tells_nobody_twice_of_a_clock_that_had_run_out(self, desk: Desk) -> None:
        subject = await desk.open()
        await desk.clear(subject, assessed=False)
        await set_clock(desk, "escalations = 1, alarmed_at = due_at")
        alarmed = (await clock_of(desk))["alarmed_at"]
        people = (
            Told("Hedda Synthetic", "Sample Police", lambda due: due),
            Told("Sita Synthetic", "Sample Police", lambda due: due + timedelta(days=1)),
        )
        late = NOW + timedelta(days=40)
        await move(desk, subject, late, Versions(days=-1, told=people))
        after = await clock_of(desk)
        assert after["alarmed_at"] == alarmed
        assert (after["escalations"], after["escalate_at"]) == (1, after["due_at"] + timedelta(days=1))

    async def test_lets_a_clock_that_has_time_again_be_told_of_anew(self, desk: Desk) -> None:
        subject = await desk.open()
        await desk.clear(subject, assessed=False)
        await set_clock(desk, "escalations = 1, alarmed_at = due_at")
        late = NOW + timedelta(days=DAYS[ClockName.ASSESSMENT] + 1)
        await move(desk, subject, late, Versions(days=5))
        after = await clock_of(desk)
        assert (after["escalations"], after["alarmed_at"]) == (0, None)
        assert after["escalate_at"] == after["due_at"] > late

    async def test_leaves_what_was_shared_at_the_arrival_as_it_was(self, desk: Desk) -> None:
        subject = await desk.open()
        await move(desk, subject)
        by_version = {VERSION: (Recipient("Kent Central Referral Unit", "The concern"),), NEWER: ()}
        local = under(NEWER, NOW, recipients_of=lambda version, _: by_version[version])
        async with desk.runtime.database.transaction(GATEWAY) as session:
            pack = await queries.pack_of(session, await queries.held(session, subject), local, NOW)
        assert [each.shared_with for each in pack.shared] == ["Kent Central Referral Unit"]

    async def test_asks_why(self, desk: Desk) -> None:
        subject = await desk.open()
        with pytest.raises(NotRecorded) as refusal:
            await move(desk, subject, why="  ")
        assert refusal.value.field == "rationale"

    async def test_refuses_what_has_no_place_there(self, desk: Desk) -> None:
        subject = await desk.open()
        await desk.clear(subject)
        await desk.decide(subject, Command.PASS_ON)
        with pytest.raises(NotOffered, match="Channel goes by version"):
            await move(desk, subject, local=Versions(decides=Body.LOCAL_AUTHORITY))
        kept = await rows(desk.runtime, "SELECT area_version FROM referral")
        assert kept[0]["area_version"] == VERSION

    async def test_refuses_a_second_time_and_after_the_end(self, desk: Desk) -> None:
        subject = await desk.open()
        await move(desk, subject)
        with pytest.raises(NotOffered, match="nothing to move to"):
            await move(desk, subject)
        other = await desk.open(received(reference="KM-8G4L-83RN", form=OTHERWISE))
        await desk.clear(other)
        await desk.decide(other, Command.CLOSE)
        with pytest.raises(NotInThisState):
            await move(desk, other)

    async def test_refuses_what_somebody_changed_meanwhile(self, desk: Desk) -> None:
        subject = await desk.open()
        with pytest.raises(ChangedMeanwhile):
            await move(desk, subject, expected=0)


async def move(
    desk: Desk,
    subject: UUID,
    now: datetime = NOW,
    local: Versions | None = None,
    *,
    why: str = WHY,
    expected: int | None = None,
) -> None:
    """Move a referral to the newer version, as a supervisor does."""
    async with desk.runtime.database.transaction(SUPERVISOR) as session:
        act = Act(Command.MOVE, now, Record(rationale=why), expected)
        await operations.move(session, subject, act, local or Versions())


async def clock_of(desk: Desk, name: ClockName = ClockName.ASSESSMENT) -> dict[str, Any]:
    found = await rows(desk.runtime, "SELECT * FROM clock WHERE name = :name", name=name)
    return dict(found[0])


async def set_clock(desk: Desk, values: str) -> None:
    await rows(desk.runtime, f"UPDATE clock SET {values} WHERE name = 'assessment' RETURNING name")


async def notes(desk: Desk, subject: UUID) -> list[str]:
    """Return the notes in a referral's history, the oldest first."""
    found = await rows(desk.runtime, "SELECT sealed_note FROM history WHERE sealed_note IS NOT NULL ORDER BY id")
    async with desk.runtime.database.transaction(Actor.service("triage")) as session:
        return [await session.unseal_text(subject, row["sealed_note"]) for row in found]
