"""Clocks of referrals: more time with a reason, pauses with a reason, and running on."""

from datetime import UTC, date, datetime, timedelta

import pytest

from contracts.vocabulary import Role
from services.triage import jobs, queries
from services.triage.domain import (
    ChangedMeanwhile,
    ClockName,
    ClockNotRunning,
    Command,
    NotOffered,
    NotRecorded,
    Record,
    Running,
    extended,
)
from services.triage.operations import Act, decide_referral, extend_clock, pause_clock
from services.triage.operations.clocks import WHOLE
from services.triage.queries import ClockKey
from tests.conftest import RuntimeOf
from tests.triage.builders import (
    CLOSURE,
    GATEWAY,
    NOW,
    announced,
    officer,
    practice,
    received,
    rows,
)
from tests.triage.clockwork import WHY, clock, escalate, escalations, extend, kent, key, pause, resume, told
from tests.triage.conftest import Desk

SUPERVISOR = officer(Role.GATEWAY_SUPERVISOR, name="Sita Synthetic")
FRIDAY = datetime(2026, 12, 18, 10, 0, tzinfo=UTC)


class TestSigningOff:
    async def test_has_the_areas_time_and_not_that_of_the_review_which_the_closure_names(self, desk: Desk) -> None:
        subject = await desk.open()
        await desk.clear(subject)
        local = practice(every_closure_signed_off=True)
        async with desk.runtime.database.transaction(GATEWAY) as session:
            far = Record(**{**CLOSURE, "review_on": date(2040, 1, 2)})
            await decide_referral(session, subject, Act(Command.PROPOSE, NOW, far), local)
        due = "SELECT due_at FROM clock WHERE name = :name"
        assert await rows(desk.runtime, due, name=ClockName.SIGN_OFF) == [{"due_at": local.due[ClockName.SIGN_OFF]}]
        async with desk.runtime.database.transaction(SUPERVISOR) as session:
            signed = Act(Command.SIGN_OFF, NOW, Record(rationale="Looked at. Synthetic."))
            await decide_referral(session, subject, signed, local)
        [review] = await rows(desk.runtime, due, name=ClockName.CLOSURE_REVIEW)
        assert review["due_at"] == local.close_of(date(2040, 1, 2))


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

    async def test_the_day_of_what_is_owed_moves_with_its_clock(self, desk: Desk) -> None:
        subject = await desk.open()
        await desk.clear(subject)
        await desk.decide(subject, Command.SIGNPOST, service="kent-early-help", message="Please help.")
        owed = (await clock(desk, ClockName.SIGNPOST))["about"]
        async with desk.runtime.database.transaction(GATEWAY) as session:
            act = Act(Command.EXTEND, NOW, Record(rationale=WHY))
            await extend_clock(session, ClockKey(subject, ClockName.SIGNPOST, owed), act, practice(), date(2026, 12, 9))
        found = await rows(desk.runtime, "SELECT due_at FROM obligation")
        assert found == [{"due_at": datetime(2026, 12, 9, 17, 0, tzinfo=UTC)}]

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
