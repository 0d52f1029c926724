"""What monitor writes."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import DBAPIError

from chassis.actor import Actor
from chassis.app import Runtime
from services.monitor import operations, queries
from services.monitor.domain import HealthState, ServiceReading, Trouble, checkpoint_findings, findings
from services.monitor.models import alarm, checkpoint, span
from tests.monitor.builders import JOURNEY, NOW, a_checkpoint, a_reading, a_span, a_topic

ME = Actor.job("monitor", "test")


class TestStoreSpans:
    async def test_keeps_each_span_once(self, runtime: Runtime) -> None:
        async with runtime.database.transaction(ME) as session:
            await operations.store_spans(session, [a_span(1), a_span(2, 1)])
            await operations.store_spans(session, [a_span(1, name="another")])
            await operations.store_spans(session, [])
            kept = await queries.journey(session, JOURNEY)
        assert sorted(one.name for one in kept) == ["step 1", "step 2"]


class TestPurgeSpans:
    async def test_deletes_old_spans_and_keeps_journeys_long(self, runtime: Runtime) -> None:
        eight_days, two_years = NOW - timedelta(days=8), NOW - timedelta(days=730)
        spans = [
            a_span(1, correlation=None, trace="a" * 32, started=eight_days),
            a_span(2, correlation=None, trace="b" * 32, started=NOW),
            a_span(3, trace="c" * 32, started=eight_days),
            a_span(4, correlation=None, trace="c" * 32, started=eight_days),
            a_span(5, trace="d" * 32, started=two_years),
        ]
        async with runtime.database.transaction(ME) as session:
            await operations.store_spans(session, spans)
            purged = await operations.purge_spans(session, machine_now=NOW)
            left = [row.span_id[-1] for row in await session.rows(select(span.c.span_id).order_by(span.c.span_id))]
        assert purged == 2
        assert left == ["2", "3", "4"]


class TestNoteFindings:
    async def test_raises_once_and_clears_when_it_has_passed(self, runtime: Runtime) -> None:
        ill = findings(a_reading(topics=(a_topic(parked=2),)), None)
        later = NOW + timedelta(minutes=1)
        async with runtime.database.transaction(ME) as session:
            await operations.note_findings(session, a_reading(), ill, now=NOW)
            await operations.note_findings(session, a_reading(), ill, now=later)
            (standing,) = await queries.alarms(session)
            await operations.note_findings(session, a_reading(), (), now=later)
            left = await queries.alarms(session)
            kept = await session.scalar(select(func.count()).select_from(alarm))
        assert (standing.raised_at, standing.last_seen_at) == (NOW, later)
        assert left == ()
        assert kept == 1

    async def test_raises_anew_after_it_has_passed(self, runtime: Runtime) -> None:
        ill = findings(a_reading(state=HealthState.NOT_READY), None)
        async with runtime.database.transaction(ME) as session:
            for found in (ill, (), ill):
                await operations.note_findings(session, a_reading(), found, now=NOW)
            standing = await queries.alarms(session)
        assert [one.reason for one in standing] == ["service-not-ready"]

    async def test_leaves_other_services_and_audit_alarms_standing(self, runtime: Runtime) -> None:
        async with runtime.database.transaction(ME) as session:
            behind = a_reading("channel", waits=40)
            await operations.note_findings(session, behind, findings(behind, None), now=NOW)
            for found in checkpoint_findings("triage", (a_checkpoint(5),), ()):
                await operations.raise_alarm(session, found, now=NOW)
            await operations.note_findings(session, a_reading(), (), now=NOW)
            standing = {one.reason for one in await queries.alarms(session)}
        assert standing == {Trouble.OUTBOX_BEHIND, Trouble.AUDIT_CHAIN_SHORTENED}

    @pytest.mark.parametrize(
        "silent",
        [a_reading(state=HealthState.UNREACHABLE), replace(a_reading(), outbox=None)],
        ids=["does not answer", "does not tell its queues"],
    )
    async def test_silence_ends_nothing(self, runtime: Runtime, silent: ServiceReading) -> None:
        ill = findings(a_reading(waits=40, topics=(a_topic(parked=2),)), None)
        async with runtime.database.transaction(ME) as session:
            await operations.note_findings(session, a_reading(), ill, now=NOW)
            await operations.note_findings(session, silent, findings(silent, HealthState.READY), now=NOW)
            standing = {one.reason for one in await queries.alarms(session)}
        assert standing == {Trouble.OUTBOX_BEHIND, Trouble.MESSAGES_PARKED}


class TestNoteReading:
    async def test_replaces_what_was_told_before(self, runtime: Runtime) -> None:
        first = a_reading(topics=(a_topic(lag=3), a_topic("gone", lag=1)))
        second = a_reading(waits=5, unstored=7, topics=(a_topic(lag=None),))
        async with runtime.database.transaction(ME) as session:
            await operations.note_reading(session, first)
            await operations.note_reading(session, second)
            assert await queries.readings(session) == (second,)

    async def test_a_silent_service_keeps_the_topics_it_told_last(self, runtime: Runtime) -> None:
        async with runtime.database.transaction(ME) as session:
            await operations.note_reading(session, a_reading(topics=(a_topic(parked=1),)))
            await operations.note_reading(session, a_reading(state=HealthState.UNREACHABLE))
            (known,) = await queries.readings(session)
        assert known.outbox is None
        assert known.topics == (a_topic(parked=1),)


class TestKeepCheckpoints:
    async def test_keeps_a_contradicting_one_beside_the_first(self, runtime: Runtime) -> None:
        async with runtime.database.transaction(ME) as session:
            for offered in (a_checkpoint(5), a_checkpoint(5), a_checkpoint(5, content=b"rewritten")):
                await operations.keep_checkpoints(session, "triage", [offered], now=NOW)
            kept = await queries.checkpoints(session, "triage")
            (summary,) = await queries.chains(session)
            known = await queries.known_checkpoints(session, "triage")
        assert [one.contradicted for one in kept] == [True, True]
        assert (summary.kept, summary.doubtful) == (2, 1)
        assert known[-1] == a_checkpoint(5)

    @pytest.mark.parametrize("change", [delete(checkpoint), update(checkpoint).values(sequence=1)])
    async def test_nothing_kept_can_be_changed(self, runtime: Runtime, change: object) -> None:
        async with runtime.database.transaction(ME) as session:
            await operations.keep_checkpoints(session, "triage", [a_checkpoint(5)], now=NOW)
        with pytest.raises(DBAPIError, match="only added"):
            async with runtime.database.transaction(ME) as session:
                await session.execute(change)  # type: ignore[arg-type]


class TestJourney:
    async def test_holds_everything_of_its_traces_but_no_other_journey(self, runtime: Runtime) -> None:
        other = uuid4()
        spans = [
            a_span(1, correlation=None),
            a_span(2, 1),
            a_span(3, 1, correlation=other),
            a_span(4, trace="e" * 32, correlation=other),
            a_span(5, trace="f" * 32),
        ]
        async with runtime.database.transaction(ME) as session:
            await operations.store_spans(session, spans)
            found = await queries.journey(session, JOURNEY)
        assert sorted(one.name for one in found) == ["step 1", "step 2", "step 5"]
