"""People are told by name that a clock ran out, and officers see what runs out by a day."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from chassis.actor import Actor
from contracts.vocabulary import Role
from services.triage import jobs, queries
from services.triage.domain import (
    AreaVersionUnknown,
    ClockCount,
    ClockName,
    Command,
    Practice,
    Running,
    forecast,
    to_be_told,
    told_next,
)
from services.triage.operations import Act, erase_subject, take
from services.triage.operations.clocks import WHOLE
from services.triage.queries import Sought
from tests.conftest import RuntimeOf
from tests.triage.builders import (
    GATEWAY,
    NOW,
    GivenPractices,
    announced,
    officer,
    practice,
    received,
    rows,
)
from tests.triage.clockwork import clock, escalate, escalations, kent, pause, told
from tests.triage.conftest import Desk

SUPERVISOR = officer(Role.GATEWAY_SUPERVISOR, name="Sita Synthetic")


class TestEscalating:
    async def test_stands_in_the_timeline_as_done_by_nobody(self, desk: Desk) -> None:
        subject = await desk.open()
        await escalate(desk, (await clock(desk))["due_at"] + timedelta(minutes=1), told())
        async with desk.runtime.database.transaction(SUPERVISOR) as session:
            view = await queries.referral_view(session, await queries.held(session, subject))
        assert {each.by for each in view.timeline if each.command == Command.ESCALATED} == {""}

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
        assert (await rows(desk.runtime, "SELECT next_due_at FROM referral"))[0]["next_due_at"].year == 9999

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
        found = {(each.name, each.officer): (each.number, each.overdue) for each in counts}
        assert found == {("assessment", "Gita Synthetic"): (1, 0), ("deconfliction", ""): (1, 1)}
        assert [each.name.value for each in lines] == ["deconfliction", "assessment"]
        assert [each.reference for each in nobodys] == ["KM-8G4M-23RN"]
        assert [(each.name.value, each.paused_at, each.paused_for) for each in paused] == [
            ("assessment", NOW, "person-away")
        ]

    async def test_leaves_out_a_restricted_referral_and_says_nobody_whose_it_is(self, desk: Desk) -> None:
        subject = await desk.open()
        async with desk.runtime.database.transaction(GATEWAY) as session:
            await take(session, subject, Act(Command.TAKE, NOW), practice())
            await session.execute(text("UPDATE referral SET restricted = true"))
            assert await queries.clock_counts(session, NOW + timedelta(days=9), NOW) == ()
            assert await queries.clocks_until(session, Sought(NOW + timedelta(days=9))) == ()
        async with desk.runtime.database.transaction(SUPERVISOR) as session:
            counts = await queries.clock_counts(session, NOW + timedelta(days=9), NOW)
            lines = await queries.clocks_until(session, Sought(NOW + timedelta(days=9)))
            hers = await queries.clocks_until(session, Sought(NOW + timedelta(days=9), officer=GATEWAY.id))
        assert {(each.officer_id, each.officer) for each in counts} == {(queries.RESTRICTED, "")}
        assert {(each.officer, each.restricted) for each in lines} == {("", True)}
        assert hers == ()

    async def test_shows_nobody_the_clocks_of_another_area(self, desk: Desk) -> None:
        await desk.open()
        elsewhere = officer(Role.GATEWAY_OFFICER, areas=frozenset({"northmere"}))
        async with desk.runtime.database.transaction(elsewhere) as session:
            assert await queries.clock_counts(session, NOW + timedelta(days=90), NOW) == ()
            assert await queries.clocks_until(session, Sought(NOW + timedelta(days=90))) == ()
