"""A concern that its front door does not acknowledge: the persons whom the area names are told in turn, each once."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

import areas
from chassis.actor import Actor
from chassis.app import Runtime
from services.notify import jobs, models, operations, queries
from services.notify.domain import AnswerTimes, Reach, escalating
from services.notify.operations import Answer
from services.notify.settings import answer_times
from tests.notify.made import AREA, NOW, concern, handle

KENT = areas.load().current(AREA, NOW.date())
DUE = datetime(2026, 11, 24, 17, tzinfo=UTC)
"""The close of the Kent front door on the working day after NOW."""
REACH = Reach(doors=frozenset({(AREA, "kent-cru")}))


async def told(runtime: Runtime) -> list[Any]:
    """Return the notices to those who are told in turn, in order."""
    async with runtime.database.transaction(Actor.service("notify")) as session:
        wanted = select(models.notice).where(models.notice.c.kind == "clock-escalated")
        return list(await session.rows(wanted.order_by(models.notice.c.created_at, models.notice.c.recipient_key)))


async def steps(runtime: Runtime, *moments: datetime) -> list[str]:
    """Let the clock come to each moment, twice; return who was told by then."""
    for moment in moments:
        await jobs.escalate_concerns(runtime, moment)
        await jobs.escalate_concerns(runtime, moment)
    return [row.recipient_key for row in await told(runtime)]


async def state(runtime: Runtime, subject: UUID) -> Any:
    async with runtime.database.transaction(Actor.service("notify")) as session:
        return await session.first(select(models.concern).where(models.concern.c.subject == subject))


async def acknowledge(runtime: Runtime, subject: UUID) -> None:
    async with runtime.database.transaction(Actor.service("notify")) as session:
        await operations.acknowledge_concern(session, subject, Answer(REACH, "Done (synthetic)."), now=NOW)


class TestTimes:
    def test_a_routine_concern_counts_the_working_days_and_hours_of_the_door(self) -> None:
        friday_evening = datetime(2026, 11, 27, 19, tzinfo=UTC)
        times = answer_times(KENT, "kent-cru", friday_evening, immediate_danger=False)
        assert times.due_at == datetime(2026, 11, 30, 17, tzinfo=UTC)
        assert times.told_at == (times.due_at, datetime(2026, 12, 1, 17, tzinfo=UTC))

    def test_immediate_danger_counts_minutes_at_any_hour(self) -> None:
        christmas_night = datetime(2026, 12, 25, 23, tzinfo=UTC)
        times = answer_times(KENT, "kent-cru", christmas_night, immediate_danger=True)
        assert times.told_at == (christmas_night + timedelta(hours=1), christmas_night + timedelta(hours=2))


class TestEscalating:
    @given(st.lists(st.integers(0, 50), max_size=5).map(sorted), st.lists(st.integers(0, 60), min_size=1, max_size=20))
    def test_takes_each_step_once_in_order_and_ends(self, after: list[int], looks: list[int]) -> None:
        times = AnswerTimes(NOW, tuple(NOW + timedelta(hours=each) for each in after))
        taken = 0
        seen: list[int] = []
        for hours in sorted(looks):
            follows = escalating(times, taken, NOW + timedelta(hours=hours))
            seen += follows.steps
            assert follows.taken == taken + len(follows.steps)
            assert follows.is_over == (follows.look_at is None)
            taken = follows.taken
        assert seen == list(range(1, sum(1 for each in after if each <= max(looks)) + 1))
        assert escalating(times, taken, NOW + timedelta(hours=99)).is_over


class TestFrontDoor:
    async def test_tells_nobody_before_the_time_and_each_person_once_after_it(self, notify: Runtime) -> None:
        subject = uuid4()
        await handle(notify, concern(), subject=subject)
        assert await steps(notify, NOW, DUE - timedelta(minutes=1)) == []
        assert await steps(notify, DUE, DUE + timedelta(hours=3)) == ["kent-cru-1"]
        assert (await state(notify, subject)).escalation_ended_at is None
        assert await steps(notify, DUE + timedelta(days=1), DUE + timedelta(days=9)) == ["kent-cru-1", "kent-cru-2"]
        assert (await state(notify, subject)).escalation_ended_at is not None

    async def test_in_immediate_danger_it_is_minutes(self, notify: Runtime) -> None:
        await handle(notify, concern(immediate_danger=True), subject=uuid4())
        first = await steps(notify, NOW + timedelta(minutes=59), NOW + timedelta(minutes=60))
        assert first == ["kent-cru-1"]
        assert all(row.urgent for row in await told(notify))
        assert await steps(notify, NOW + timedelta(minutes=121)) == ["kent-cru-1", "kent-cru-2"]

    async def test_ends_with_the_acknowledgement_and_what_waits_is_not_sent(self, notify: Runtime) -> None:
        subject = uuid4()
        await handle(notify, concern(), subject=subject)
        await steps(notify, DUE)
        await acknowledge(notify, subject)
        assert await steps(notify, DUE + timedelta(days=9)) == ["kent-cru-1"]
        assert [row.state for row in await told(notify)] == ["acknowledged"]

    async def test_begins_anew_with_a_newer_version_after_the_answer(self, notify: Runtime) -> None:
        subject = uuid4()
        await handle(notify, concern(), subject=subject)
        await acknowledge(notify, subject)
        await handle(notify, concern(2), subject=subject)
        assert (await state(notify, subject)).clock_began_at == NOW
        assert await steps(notify, DUE) == ["kent-cru-1"]

    async def test_a_newer_version_alone_gives_the_front_door_no_more_time(self, notify: Runtime) -> None:
        subject = uuid4()
        await handle(notify, concern(), subject=subject)
        await steps(notify, DUE)
        await handle(notify, concern(2), subject=subject)
        assert (await state(notify, subject)).escalated == 1
        assert await steps(notify, DUE + timedelta(hours=1)) == ["kent-cru-1"]

    async def test_reaches_the_named_person_without_personal_data(self, notify: Runtime) -> None:
        await handle(notify, concern(), subject=uuid4())
        await steps(notify, DUE)
        await jobs.send_due(notify, DUE)
        sent = next(row for row in await told(notify))
        assert sent.state == "sent"
        assert "the acknowledgement of a safeguarding concern by a front door" in sent.body
        assert "Sample Frontdoormanager" in sent.body

    async def test_one_that_was_erased_is_told_of_no_more_and_calls_nobody(self, notify: Runtime) -> None:
        waits, silent = uuid4(), uuid4()
        for subject in (waits, silent):
            await handle(notify, concern(), subject=subject)
        async with notify.database.transaction(Actor.service("notify")) as session:
            over = update(models.concern).where(models.concern.c.subject == silent).values(escalation_ended_at=NOW)
            await session.execute(over)
            assert await queries.count_silent(session) == 1
            for subject in (waits, silent):
                await operations.erase_subject(session, subject)
            assert await queries.count_silent(session) == 0
            assert await queries.unacknowledged(session, now=NOW) == ()
            assert await queries.inbox(session, REACH) == ()
        assert await steps(notify, DUE, DUE + timedelta(days=9)) == []

    async def test_one_whose_door_is_unknown_keeps_no_other_from_being_told(self, notify: Runtime) -> None:
        await handle(notify, concern(front_door="gone"), subject=UUID(int=1))
        await handle(notify, concern(), subject=UUID(int=2))
        assert await steps(notify, DUE) == ["kent-cru-1"]
