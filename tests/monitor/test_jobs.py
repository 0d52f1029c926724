"""The clock of monitor."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from chassis import telemetry
from chassis.actor import Actor
from chassis.app import Runtime
from services.monitor import jobs, operations, queries
from services.monitor.clients import ConsoleOpsClient, OperationsClosed
from services.monitor.domain import ASK_AGAIN, HealthState, OutboxReading, Trouble
from services.monitor.models import span
from tests.monitor.builders import NOW, a_checkpoint, a_span, a_topic

ME = Actor.job("monitor", "test")


async def refused(_: str) -> dict[str, float]:
    raise OperationsClosed


class TestWatchServices:
    async def test_keeps_readings_and_raises_alarms(self, runtime: Runtime, console: ConsoleOpsClient) -> None:
        console.states["triage"] = HealthState.UNREACHABLE
        console.inboxes["intake"] = (a_topic("receipts.intake.v1", parked=1),)
        await jobs.watch_services(runtime, NOW)
        await jobs.watch_services(runtime, NOW)
        async with runtime.database.transaction(ME) as session:
            readings, alarms = await queries.readings(session), await queries.alarms(session)
        assert [(one.service, one.state) for one in readings] == [
            ("intake", HealthState.READY),
            ("triage", HealthState.UNREACHABLE),
        ]
        assert {one.reason for one in alarms} == {Trouble.MESSAGES_PARKED, Trouble.SERVICE_UNREACHABLE}

    async def test_raises_a_publishers_alarm_and_clears_it_with_the_last_receipt(
        self, runtime: Runtime, console: ConsoleOpsClient
    ) -> None:
        console.outboxes["triage"] = OutboxReading(0, 0, 0.0, 2, 75.0, "console", 1)
        await jobs.watch_services(runtime, NOW)
        async with runtime.database.transaction(ME) as session:
            (raised,) = await queries.alarms(session)
        assert (raised.service, raised.reason) == ("triage", Trouble.EVENTS_NOT_STORED)
        console.outboxes["triage"] = OutboxReading(0, 0, 0.0, 0, 0.0, "console", 1)
        await jobs.watch_services(runtime, NOW + ASK_AGAIN)
        async with runtime.database.transaction(ME) as session:
            assert await queries.alarms(session) == ()

    async def test_clears_alarms_when_all_is_well(self, runtime: Runtime, console: ConsoleOpsClient) -> None:
        console.states["triage"] = HealthState.NOT_READY
        await jobs.watch_services(runtime, NOW)
        console.states["triage"] = HealthState.READY
        await jobs.watch_services(runtime, NOW)
        async with runtime.database.transaction(ME) as session:
            assert await queries.alarms(session) == ()

    async def test_raises_what_a_figure_shows_and_clears_it_only_when_it_is_told_again(
        self, runtime: Runtime, console: ConsoleOpsClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        console.told["intake"] = {"intake_desk_overdue": 3.0, "intake_spool_oldest": 61.0, "intake_imap_behind": 300.0}
        await jobs.watch_services(runtime, NOW)
        async with runtime.database.transaction(ME) as session:
            raised = {one.reason: one.sentence for one in await queries.alarms(session)}
        assert set(raised) == {Trouble.DESK_OVERDUE, Trouble.DATABASE_UNAVAILABLE}
        assert "in time: 3." in raised[Trouble.DESK_OVERDUE]
        with monkeypatch.context() as silenced:
            silenced.setattr(console, "figures", refused)
            await jobs.watch_services(runtime, NOW + ASK_AGAIN)
        async with runtime.database.transaction(ME) as session:
            assert len(await queries.alarms(session)) == 2
        console.told["intake"] = {"intake_desk_overdue": 0.0}
        await jobs.watch_services(runtime, NOW + 2 * ASK_AGAIN)
        async with runtime.database.transaction(ME) as session:
            assert await queries.alarms(session) == ()

    async def test_offers_to_a_scraper_what_its_pages_show(self, runtime: Runtime, console: ConsoleOpsClient) -> None:
        console.inboxes["intake"] = (a_topic("receipts.intake.v1", parked=3),)
        console.outboxes["triage"] = OutboxReading(0, 4, 1.0, 2, 75.0, "console", 1)
        await jobs.watch_services(runtime, NOW)
        await jobs.watch_services(runtime, NOW)
        text = telemetry.metrics_text()
        assert 'monitor_alarm_standing{reason="messages-parked",service="intake"} 1\n' in text
        assert 'monitor_outbox_unpublished{service="triage"} 4\n' in text
        assert 'monitor_outbox_oldest_unstored{service="triage"} 75.0\n' in text
        assert 'monitor_topic_parked{service="intake",topic="receipts.intake.v1"} 3\n' in text


class TestCollectCheckpoints:
    async def test_takes_over_each_once(self, runtime: Runtime, console: ConsoleOpsClient) -> None:
        console.offered["triage"] = (a_checkpoint(2), a_checkpoint(7))
        await jobs.collect_checkpoints(runtime, NOW)
        console.offered["triage"] += (a_checkpoint(9),)
        await jobs.collect_checkpoints(runtime, NOW)
        async with runtime.database.transaction(ME) as session:
            kept = await queries.checkpoints(session, "triage")
            alarms = await queries.alarms(session)
        assert [one.sequence for one in kept] == [2, 7, 9]
        assert alarms == ()

    async def test_finds_a_rewritten_and_a_shortened_chain(self, runtime: Runtime, console: ConsoleOpsClient) -> None:
        console.offered["triage"] = (a_checkpoint(7),)
        console.offered["intake"] = (a_checkpoint(7, service="intake"),)
        await jobs.collect_checkpoints(runtime, NOW)
        console.offered["triage"] = (a_checkpoint(7, content=b"rewritten"),)
        console.offered["intake"] = (a_checkpoint(3, service="intake"),)
        await jobs.collect_checkpoints(runtime, NOW)
        async with runtime.database.transaction(ME) as session:
            found = {(one.service, one.reason) for one in await queries.alarms(session)}
        assert found == {("triage", Trouble.CHECKPOINT_CONTRADICTS), ("intake", Trouble.AUDIT_CHAIN_SHORTENED)}

    async def test_a_silent_service_keeps_none_of_the_others_waiting(
        self, runtime: Runtime, console: ConsoleOpsClient
    ) -> None:
        console.states["intake"] = HealthState.UNREACHABLE
        console.offered["triage"] = (a_checkpoint(1),)
        await jobs.collect_checkpoints(runtime, NOW)
        async with runtime.database.transaction(ME) as session:
            assert len(await queries.checkpoints(session, "triage")) == 1


class TestPurgeSpans:
    async def test_goes_by_machine_time(self, runtime: Runtime) -> None:
        machine_now = datetime.now(UTC)
        async with runtime.database.transaction(ME) as session:
            await operations.store_spans(session, [a_span(1, correlation=None, started=machine_now)])
        await jobs.purge_spans(runtime, machine_now + timedelta(days=365))
        async with runtime.database.transaction(ME) as session:
            assert await session.scalar(select(func.count()).select_from(span)) == 1
