"""The clock of triage."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from chassis.actor import Actor
from chassis.database import Session
from services.triage import jobs, operations
from services.triage.queries.people import _WAITING
from tests.triage.builders import NOW, received, rows, version_added
from tests.triage.conftest import Desk


class TestDeadlines:
    async def test_raises_one_alarm_for_a_clock_that_ran_out(self, desk: Desk) -> None:
        subject = await desk.open()
        for _ in range(2):
            await jobs.deadlines(desk.runtime, NOW + timedelta(days=1, hours=1))
        found = await rows(desk.runtime, "SELECT subject, action FROM audit_entry WHERE action = 'clock.ran-out'")
        assert found == [{"subject": subject, "action": "clock.ran-out"}]

    async def test_leaves_stopped_clocks_alone(self, desk: Desk) -> None:
        subject = await desk.open()
        await desk.clear(subject)
        await jobs.deadlines(desk.runtime, NOW + timedelta(days=1, hours=1))
        assert not await rows(desk.runtime, "SELECT 1 FROM audit_entry WHERE action = 'clock.ran-out'")


class TestPeople:
    async def test_one_that_fails_is_put_off_and_keeps_no_other_from_its_turn(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first, second = await desk.open(), await desk.open(received(reference="KM-2HJK-7MNR"))
        await execute(desk, "UPDATE person_referral SET waiting = true")
        index_person = operations.index_person

        async def failing(session: Session, subject: UUID, now: datetime) -> None:
            if subject == first:
                raise ValueError("Sample of a form that nobody foresaw")
            await index_person(session, subject, now)

        monkeypatch.setattr(operations, "index_person", failing)
        await jobs.people(desk.runtime, NOW)
        waiting = "SELECT subject, failed_looks, next_look_at FROM person_referral WHERE waiting"
        [left] = await rows(desk.runtime, waiting)
        assert left == {"subject": first, "failed_looks": 1, "next_look_at": NOW + timedelta(seconds=10)}
        await jobs.people(desk.runtime, NOW + timedelta(seconds=9))
        assert (await rows(desk.runtime, waiting))[0]["failed_looks"] == 1
        await jobs.people(desk.runtime, NOW + timedelta(seconds=11))
        [left] = await rows(desk.runtime, waiting)
        assert (left["failed_looks"], left["next_look_at"]) == (2, NOW + timedelta(seconds=31))
        monkeypatch.undo()
        await jobs.people(desk.runtime, NOW + timedelta(seconds=32))
        [done] = await rows(desk.runtime, "SELECT * FROM person_referral WHERE subject = :s", s=first)
        assert (done["waiting"], done["failed_looks"], done["next_look_at"]) == (False, None, None)
        assert second

    async def test_the_pause_grows_to_an_hour_and_a_new_version_ends_it(self, desk: Desk) -> None:
        subject = await desk.open()
        await execute(desk, "UPDATE person_referral SET waiting = true, failed_looks = 40")
        async with desk.runtime.database.transaction(Actor.job("triage", "people")) as session:
            assert await operations.put_off(session, subject, NOW) == 41
        [row] = await rows(desk.runtime, "SELECT next_look_at FROM person_referral")
        assert row["next_look_at"] == NOW + timedelta(hours=1)
        await desk.hear(version_added(), subject)
        assert await rows(desk.runtime, "SELECT waiting FROM person_referral") == [{"waiting": False}]

    async def test_an_idle_turn_reads_one_index_and_nothing_else(self, desk: Desk) -> None:
        await desk.open()
        async with desk.runtime.database.transaction(Actor.job("triage", "people")) as session:
            await session.execute(text("SET LOCAL enable_seqscan = off"))
            plan = await session.rows(text("EXPLAIN " + _WAITING.text), {"now": NOW, "most": 20})
        assert any("person_referral_waiting" in row[0] for row in plan)


async def execute(desk: Desk, sentence: str) -> None:
    async with desk.runtime.database.transaction(Actor.service("triage")) as session:
        await session.execute(text(sentence))
