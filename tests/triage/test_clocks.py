"""Clocks of referrals: more time, pauses, escalation to people by name, and what runs out by a day."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

import areas
from chassis.actor import Actor
from contracts.vocabulary import Role
from services.triage import jobs, queries
from services.triage.domain import (
    AreaVersionUnknown,
    ChangedMeanwhile,
    ClockCount,
    ClockName,
    ClockNotRunning,
    Command,
    NotOffered,
    NotRecorded,
    Practice,
    Record,
    Running,
    Told,
    extended,
    forecast,
    to_be_told,
    told_next,
)
from services.triage.operations import Act, erase_subject, extend_clock, pause_clock, resume_clock, take
from services.triage.operations.clocks import WHOLE
from services.triage.queries import ClockKey, Sought
from services.triage.settings import practice as practice_of
from tests.conftest import RuntimeOf
from tests.triage.builders import (
    AREA,
    GATEWAY,
    NOW,
    VERSION,
    GivenPractices,
    announced,
    officer,
    practice,
    received,
    rows,
)
from tests.triage.conftest import Desk

WHY = "The school answers after half term."
FRIDAY = datetime(2026, 12, 18, 10, 0, tzinfo=UTC)


def kent(now: datetime = NOW) -> Practice:
    """Return the practice that ships for Kent and Medway."""
    area = areas.load(None).version(AREA, VERSION)
    assert area
    return practice_of(area, now)


def key(subject: UUID, name: ClockName = ClockName.ASSESSMENT) -> ClockKey:
    return ClockKey(subject, name, WHOLE)


async def clock(desk: Desk, name: ClockName = ClockName.ASSESSMENT) -> Any:
    found = await rows(desk.runtime, "SELECT * FROM clock WHERE name = :name", name=name)
    return found[0]


async def extend(
    desk: Desk, subject: UUID, now: datetime = NOW, *, until: date | None = None, local: Practice | None = None
) -> None:
    async with desk.runtime.database.transaction(GATEWAY) as session:
        act = Act(Command.EXTEND, now, Record(rationale=WHY))
        await extend_clock(session, key(subject), act, local or practice(), until)


async def pause(desk: Desk, subject: UUID, now: datetime = NOW, name: ClockName = ClockName.ASSESSMENT) -> None:
    async with desk.runtime.database.transaction(GATEWAY) as session:
        act = Act(Command.PAUSE, now, Record(reason="person-away", rationale=WHY))
        await pause_clock(session, key(subject, name), act, practice())


async def resume(desk: Desk, subject: UUID, now: datetime, local: Practice | None = None) -> datetime:
    async with desk.runtime.database.transaction(GATEWAY) as session:
        return await resume_clock(session, key(subject), Act(Command.RESUME, now), local or practice())


class TestExtending:
    async def test_gives_the_areas_time_once_more_and_writes_the_reason_down(self, desk: Desk) -> None:
        subject = await desk.open()
        before = await clock(desk)
        await extend(desk, subject)
        after = await clock(desk)
        assert after["due_at"] == before["due_at"] + timedelta(days=3)
        assert (after["times_extended"], after["alarmed_at"], after["escalations"]) == (1, None, 0)
        async with desk.runtime.database.transaction(GATEWAY) as session:
            held = await queries.held(session, subject)
            line = (await queries.referral_view(session, held)).timeline[-1]
        assert (line.command, line.by) == ("extend-clock", "Gita Synthetic")
        assert line.note.startswith("Assessment: until 25 November 2026 at 10:00 instead of 22 November 2026 at 10:00.")
        assert line.note.endswith(WHY)
        audited = await rows(desk.runtime, "SELECT actor_id FROM audit_entry WHERE action = 'referral.extend-clock'")
        assert audited == [{"actor_id": "gita-synthetic"}]

    async def test_gives_time_until_the_close_of_a_day(self, desk: Desk) -> None:
        subject = await desk.open()
        await extend(desk, subject, until=date(2026, 12, 1))
        assert (await clock(desk))["due_at"] == datetime(2026, 12, 1, 17, 0, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("until", "sentence"),
        [
            (date(2026, 11, 19), "later than when the clock runs out now"),
            (date(2036, 11, 19), "within a year"),
        ],
    )
    async def test_refuses_a_day_that_gives_no_time_or_is_a_slip(self, desk: Desk, until: date, sentence: str) -> None:
        subject = await desk.open()
        with pytest.raises(NotRecorded, match=sentence) as refused:
            await extend(desk, subject, until=until)
        assert refused.value.field == "until"
        assert (await clock(desk))["times_extended"] == 0

    async def test_wants_a_reason(self, desk: Desk) -> None:
        subject = await desk.open()
        async with desk.runtime.database.transaction(GATEWAY) as session:
            with pytest.raises(NotRecorded, match="Say why the clock is extended"):
                await extend_clock(session, key(subject), Act(Command.EXTEND, NOW, Record(rationale=" ")), practice())

    async def test_two_officers_do_not_extend_over_each_other(self, desk: Desk) -> None:
        subject = await desk.open()
        async with desk.runtime.database.transaction(GATEWAY) as session:
            seen = (await queries.held(session, subject)).row_version
        await extend(desk, subject)
        async with desk.runtime.database.transaction(GATEWAY) as session:
            act = Act(Command.EXTEND, NOW, Record(rationale=WHY), seen)
            with pytest.raises(ChangedMeanwhile):
                await extend_clock(session, key(subject), act, practice())

    async def test_neither_a_stopped_clock_nor_danger_is_extended(self, desk: Desk) -> None:
        subject = await desk.open(received(immediate_danger=True))
        urgent = key(subject, ClockName.URGENT)
        for wrong, name in ((NotOffered, urgent), (ClockNotRunning, key(subject, ClockName.DECISION))):
            async with desk.runtime.database.transaction(GATEWAY) as session:
                with pytest.raises(wrong):
                    await extend_clock(session, name, Act(Command.EXTEND, NOW, Record(rationale=WHY)), practice())

    def test_counts_more_time_from_now_where_the_clock_ran_out(self) -> None:
        late = Running(ClockName.ASSESSMENT, WHOLE, datetime(2026, 11, 2, 17, 0, tzinfo=UTC))
        assert extended(late, kent(), NOW, None) == datetime(2026, 11, 25, 17, 0, tzinfo=UTC)

    def test_asks_for_the_day_where_the_area_gives_a_clock_no_time(self) -> None:
        action = Running(ClockName.ACTION, WHOLE, NOW + timedelta(days=1))
        with pytest.raises(NotRecorded, match="Enter the day") as refused:
            extended(action, kent(), NOW, None)
        assert refused.value.field == "until"

    async def test_tells_those_anew_who_were_told_before(self, desk: Desk) -> None:
        subject = await desk.open()
        local = told()
        due_at = (await clock(desk))["due_at"]
        await escalate(desk, due_at + timedelta(hours=1), local)
        await extend(desk, subject, due_at + timedelta(hours=2))
        await escalate(desk, due_at + timedelta(hours=3), local)
        assert (len(await escalations(desk)), (await clock(desk))["escalations"]) == (1, 0)
        due_at = (await clock(desk))["due_at"]
        await escalate(desk, due_at + timedelta(minutes=1), local)
        assert (len(await escalations(desk)), (await clock(desk))["escalations"]) == (2, 1)


class TestPausing:
    async def test_a_paused_clock_neither_alarms_nor_escalates(self, desk: Desk) -> None:
        subject = await desk.open()
        for name in (ClockName.ASSESSMENT, ClockName.DECONFLICTION):
            await pause(desk, subject, name=name)
        later = NOW + timedelta(days=30)
        await jobs.deadlines(desk.runtime, later)
        await escalate(desk, later, told())
        assert not await rows(desk.runtime, "SELECT 1 FROM audit_entry WHERE action = 'clock.ran-out'")
        assert await announced(desk.runtime, "triage.clock-escalated.v1") == []
        assert (await clock(desk))["paused_for"] == "person-away"

    async def test_runs_on_later_by_the_time_for_which_it_stood_still(self, desk: Desk) -> None:
        subject = await desk.open()
        before = (await clock(desk))["due_at"]
        await pause(desk, subject)
        due_at = await resume(desk, subject, NOW + timedelta(days=7))
        after = await clock(desk)
        assert due_at == after["due_at"] == before + timedelta(days=7)
        assert (after["paused_at"], after["paused_for"]) == (None, None)
        await jobs.deadlines(desk.runtime, due_at + timedelta(minutes=1))
        ran_out = await rows(desk.runtime, "SELECT facts FROM audit_entry WHERE action = 'clock.ran-out'")
        assert {"clock": "assessment"} in [each["facts"] for each in ran_out]

    @pytest.mark.parametrize(
        ("paused", "resumed", "due"),
        [
            # From Friday to Monday one working day passes; over Christmas 2026 (Friday, with Boxing Day moved to
            # Monday) from the 24th to the 29th one as well.
            (FRIDAY, datetime(2026, 12, 21, 9, 0, tzinfo=UTC), datetime(2026, 12, 24, 17, 0, tzinfo=UTC)),
            (
                datetime(2026, 12, 24, 10, 0, tzinfo=UTC),
                datetime(2026, 12, 29, 9, 0, tzinfo=UTC),
                datetime(2026, 12, 24, 17, 0, tzinfo=UTC),
            ),
            # Within a working day every hour counts, on a day off none, and never more than the day has.
            (FRIDAY, FRIDAY + timedelta(hours=3), datetime(2026, 12, 23, 20, 0, tzinfo=UTC)),
            (FRIDAY + timedelta(days=1), FRIDAY + timedelta(days=1, hours=5), datetime(2026, 12, 23, 17, tzinfo=UTC)),
            (FRIDAY, FRIDAY + timedelta(days=1, hours=9), datetime(2026, 12, 24, 7, 0, tzinfo=UTC)),
        ],
    )
    def test_counts_working_days_over_weekends_and_bank_holidays(
        self, paused: datetime, resumed: datetime, due: datetime
    ) -> None:
        before = datetime(2026, 12, 23, 17, 0, tzinfo=UTC)
        assert kent(paused).resumed(before, paused, resumed) == due

    def test_keeps_the_hour_of_the_day_over_the_change_of_the_clocks(self) -> None:
        before = datetime(2026, 10, 23, 16, 0, tzinfo=UTC)
        days = (datetime(2026, 10, 22, 9, 0, tzinfo=UTC), datetime(2026, 10, 23, 9, 0, tzinfo=UTC))
        assert kent().resumed(before, *days) == datetime(2026, 10, 26, 17, 0, tzinfo=UTC)

    async def test_refuses_a_pause_without_why(self, desk: Desk) -> None:
        subject = await desk.open()
        for record, field in ((Record(rationale=WHY), "reason"), (Record(reason="person-away"), "rationale")):
            async with desk.runtime.database.transaction(GATEWAY) as session:
                with pytest.raises(NotRecorded) as refused:
                    await pause_clock(session, key(subject), Act(Command.PAUSE, NOW, record), practice())
                assert refused.value.field == field

    async def test_is_not_paused_twice_nor_extended_meanwhile_nor_let_run_on_twice(self, desk: Desk) -> None:
        subject = await desk.open()
        with pytest.raises(NotOffered, match="not paused"):
            await resume(desk, subject, NOW)
        await pause(desk, subject)
        with pytest.raises(NotOffered, match="paused already"):
            await pause(desk, subject)
        with pytest.raises(NotOffered, match="let it run on first"):
            await extend(desk, subject)

    async def test_what_was_told_before_a_pause_is_not_told_again_after_it(self, desk: Desk) -> None:
        subject = await desk.open()
        local = told()
        late = (await clock(desk))["due_at"] + timedelta(hours=1)
        await escalate(desk, late, local)
        await pause(desk, subject, late)
        await resume(desk, subject, late + timedelta(days=10), local)
        await escalate(desk, late + timedelta(days=11, hours=20), local)
        assert (len(await escalations(desk)), (await clock(desk))["escalations"]) == (1, 1)
        await escalate(desk, late + timedelta(days=12), local)
        assert (len(await escalations(desk)), (await clock(desk))["escalations"]) == (2, 2)

    async def test_outlives_a_restart(self, desk: Desk, runtime_of: RuntimeOf) -> None:
        subject = await desk.open()
        await pause(desk, subject)
        again = Desk(await runtime_of(desk.service), desk.service)
        await jobs.deadlines(again.runtime, NOW + timedelta(days=30))
        assert (await clock(again))["paused_at"] == NOW
        await resume(again, subject, NOW + timedelta(days=1))
        assert (await clock(again))["paused_at"] is None


def told(first: int = 0, second: int = 2, **given: Any) -> Practice:
    """Return practice in which two people are told, so many days after a clock ran out."""
    people = (
        Told("Sita Synthetic", "Sample Police", lambda ran_out: ran_out + timedelta(days=first)),
        Told("Hedda Synthetic", "Sample Police", lambda ran_out: ran_out + timedelta(days=second)),
    )
    return practice(told=people, **given)


async def escalate(desk: Desk, now: datetime, local: Practice) -> None:
    """Run the job with this practice."""
    await jobs.escalations(replace(desk.runtime, clients=GivenPractices(local)), now)


async def escalations(desk: Desk, name: str = "assessment") -> list[str]:
    async with desk.runtime.database.transaction(Actor.service("triage")) as session:
        found = await session.rows(text("SELECT subject, sealed_note FROM history ORDER BY id"))
        notes = [await session.unseal_text(row.subject, row.sealed_note) for row in found if row.sealed_note]
    return [note for note in notes if "is told" in note and note.lower().startswith(name)]


class TestEscalating:
    async def test_tells_the_named_people_in_order_and_once_each(self, desk: Desk) -> None:
        subject = await desk.open()
        due_at = (await clock(desk))["due_at"]
        for after in (timedelta(minutes=-1), timedelta(minutes=1), timedelta(minutes=2)):
            await escalate(desk, due_at + after, told())
        assert [note.split(": ")[1] for note in await escalations(desk)] == ["Sita Synthetic, Sample Police, is told."]
        await escalate(desk, due_at + timedelta(days=2), told())
        await escalate(desk, due_at + timedelta(days=60), told())
        assert [note.split(": ")[1] for note in await escalations(desk)] == [
            "Sita Synthetic, Sample Police, is told.",
            "Hedda Synthetic, Sample Police, is told.",
        ]
        assert (await clock(desk))["escalations"] == 2
        assert (await clock(desk))["escalate_at"] is None
        sent = await announced(desk.runtime, "triage.clock-escalated.v1")
        assert [each["subject"] for each in sent] == [subject] * 4
        assert len({each["event_id"] for each in sent}) == 4

    async def test_catches_up_after_skipped_days_without_repeating(self, desk: Desk) -> None:
        await desk.open()
        due_at = (await clock(desk))["due_at"]
        for _ in range(2):
            await escalate(desk, due_at + timedelta(days=5), told())
        assert len(await escalations(desk)) == 2

    async def test_tells_once_where_two_jobs_run_at_once(self, desk: Desk) -> None:
        await desk.open()
        late = (await clock(desk))["due_at"] + timedelta(minutes=1)
        await asyncio.gather(*(escalate(desk, late, told()) for _ in range(4)))
        assert len(await escalations(desk)) == 1
        assert (await clock(desk))["escalations"] == 1

    async def test_tells_nobody_of_a_clock_that_was_stopped(self, desk: Desk) -> None:
        subject = await desk.open()
        await desk.clear(subject)
        await desk.decide(subject, Command.PLP)
        await escalate(desk, NOW + timedelta(days=12), told())
        assert await escalations(desk) == []

    async def test_outlives_a_restart(self, desk: Desk, runtime_of: RuntimeOf) -> None:
        await desk.open()
        due_at = (await clock(desk))["due_at"]
        await escalate(desk, due_at + timedelta(minutes=1), told())
        again = Desk(await runtime_of(desk.service), desk.service)
        await escalate(again, due_at + timedelta(minutes=2), told())
        await escalate(again, due_at + timedelta(days=3), told())
        assert len(await escalations(again)) == 2

    async def test_a_closed_referral_keeps_the_clock_of_its_review(self, desk: Desk) -> None:
        subject = await desk.open()
        await desk.clear(subject)
        await desk.decide(subject, Command.CLOSE)
        due_at = (await clock(desk, ClockName.CLOSURE_REVIEW))["due_at"]
        await escalate(desk, due_at + timedelta(minutes=1), told())
        assert len(await escalations(desk, "closure review")) == 1

    async def test_an_area_that_names_nobody_is_left_alone(self, desk: Desk) -> None:
        await desk.open()
        await escalate(desk, NOW + timedelta(days=30), practice())
        assert (await clock(desk))["escalate_at"] is None
        assert await announced(desk.runtime, "triage.clock-escalated.v1") == []

    async def test_one_that_cannot_be_escalated_does_not_keep_the_others_from_it(self, desk: Desk) -> None:
        await desk.open()
        await desk.open(received(reference="KM-8G4M-23RN"))

        class FirstIsUnknown(GivenPractices):
            asked = 0

            def under(self, area: str, version: str, now: datetime) -> Practice:
                self.asked += 1
                if self.asked == 1:
                    raise AreaVersionUnknown("Not here yet.")
                return super().under(area, version, now)

        late = NOW + timedelta(days=1, hours=1)
        await jobs.escalations(replace(desk.runtime, clients=FirstIsUnknown(told())), late)
        assert len(await escalations(desk, "deconfliction")) == 1
        await escalate(desk, late, told())
        assert len(await escalations(desk, "deconfliction")) == 2

    async def test_nobody_is_told_of_an_erased_referral(self, desk: Desk) -> None:
        subject = await desk.open()
        async with desk.runtime.database.transaction(Actor.service("triage")) as session:
            await erase_subject(session, subject)
        await escalate(desk, NOW + timedelta(days=30), told())
        assert await announced(desk.runtime, "triage.clock-escalated.v1") == []

    def test_tells_nobody_before_those_above_them(self) -> None:
        late = Running(ClockName.ASSESSMENT, WHOLE, NOW)
        wrong_order = told(first=5, second=1)
        assert to_be_told(late, wrong_order, NOW + timedelta(days=2)) == ()
        assert [step for step, _ in to_be_told(late, wrong_order, NOW + timedelta(days=5))] == [1, 2]
        assert told_next(late, wrong_order, 2) is None

    def test_counts_working_days_from_when_the_clock_ran_out(self) -> None:
        first, second = kent().told
        ran_out = datetime(2026, 12, 24, 17, 0, tzinfo=UTC)
        assert first.since(ran_out) == ran_out
        assert second.since(ran_out) == datetime(2026, 12, 30, 17, 0, tzinfo=UTC)


class TestForecast:
    def test_adds_up_by_clock_and_by_officer(self) -> None:
        found = forecast(
            [
                ClockCount(ClockName.ASSESSMENT, "gita", "Gita Synthetic", 3, 1),
                ClockCount(ClockName.SIGN_OFF, "gita", "Gita Synthetic", 1, 1),
                ClockCount(ClockName.ASSESSMENT, "", "", 2, 0),
            ]
        )
        assert (found.number, found.overdue) == (6, 2)
        assert [(each.label, each.number, each.overdue) for each in found.by_clock] == [
            ("Assessment", 5, 1),
            ("Closure sign off", 1, 1),
        ]
        assert [(each.key, each.number) for each in found.by_officer] == [("gita", 4), ("", 2)]
        assert forecast([]).number == 0

    async def test_counts_what_runs_out_by_a_moment_and_not_what_is_paused_or_stopped(self, desk: Desk) -> None:
        first = await desk.open()
        second = await desk.open(received(reference="KM-8G4M-23RN"))
        await desk.clear(first)
        await pause(desk, second)
        async with desk.runtime.database.transaction(GATEWAY) as session:
            await take(session, first, Act(Command.TAKE, NOW), practice())
        async with desk.runtime.database.transaction(GATEWAY) as session:
            counts = await queries.clock_counts(session, NOW + timedelta(days=5), NOW + timedelta(days=2))
            lines = await queries.clocks_until(session, Sought(NOW + timedelta(days=5)))
            nobodys = await queries.clocks_until(session, Sought(NOW + timedelta(days=5), officer=""))
            paused = await queries.paused_clocks(session)
        found = {(each.name.value, each.officer): (each.number, each.overdue) for each in counts}
        assert found == {("assessment", "Gita Synthetic"): (1, 0), ("deconfliction", ""): (1, 1)}
        assert [each.name.value for each in lines] == ["deconfliction", "assessment"]
        assert [each.reference for each in nobodys] == ["KM-8G4M-23RN"]
        assert [(each.name.value, each.paused_at, each.paused_for) for each in paused] == [
            ("assessment", NOW, "person-away")
        ]

    async def test_shows_nobody_the_clocks_of_another_area(self, desk: Desk) -> None:
        await desk.open()
        elsewhere = officer(Role.GATEWAY_OFFICER, areas=frozenset({"northmere"}))
        async with desk.runtime.database.transaction(elsewhere) as session:
            assert await queries.clock_counts(session, NOW + timedelta(days=90), NOW) == ()
            assert await queries.clocks_until(session, Sought(NOW + timedelta(days=90))) == ()
