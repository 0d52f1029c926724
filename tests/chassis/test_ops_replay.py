"""Replay: what would be sent and what refused, what is sent, what no longer can be, and facts that link to nobody."""

import json
from datetime import UTC, datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from sqlalchemy import text, update

from chassis import tables
from chassis.ops import replay, replaying
from chassis.replay_order import ReplayUnbounded, ReplayUnreadable, Selection
from tests.chassis.operated import NOW, OURSELVES, OUT_TOPIC, announce, audited, rows_of, said
from tests.chassis.places import Place

FACTS = "triage.statistics.v1"
LONG_AGO = datetime.now(UTC) - timedelta(days=20)


async def ordered(operator: httpx2.AsyncClient, **order: Any) -> dict[str, Any]:
    answer = await operator.post("/ops/replay", json=order)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def refused(operator: httpx2.AsyncClient, **order: Any) -> tuple[int, str, str]:
    answer = await operator.post("/ops/replay", json=order)
    return answer.status_code, answer.json()["title"], answer.json()["detail"]


async def unpublished(place: Place) -> list[tuple[str, int]]:
    return [(row.topic, row.sequence) for row in await rows_of(place, tables.outbox) if row.published_at is None]


def ago(**span: float) -> str:
    return (datetime.now(UTC) - timedelta(**span)).isoformat()


class TestDryRun:
    async def test_says_what_would_be_sent_and_what_refused_as_a_repeat(
        self, place: Place, operator: httpx2.AsyncClient
    ) -> None:
        subject, now = uuid4(), datetime.now(UTC)
        for sequence, answer in enumerate(("stored_at", "erased_at", "waived_at", "parked_at", "answered_at"), start=1):
            event_id = await announce(place, subject, sequence, recorded_at=now - timedelta(hours=sequence))
            await said(place, event_id, **{answer: now})
        await announce(place, uuid4(), 1)
        before = await rows_of(place, tables.outbox)
        found = await ordered(operator, subject=str(subject), dry_run=True)
        assert found["topics"] == [
            {
                "topic": OUT_TOPIC,
                "events": 5,
                "subjects": 1,
                "first_at": (now - timedelta(hours=5)).isoformat(),
                "last_at": (now - timedelta(hours=1)).isoformat(),
                "recipients": [{"recipient": "channel", "handled": 3, "parked": 1, "missing": 1}],
            }
        ]
        assert (found["would_send"], found["repeats"], found["parked"], found["missing"]) == (5, 3, 1, 1)
        assert (found["sent"], found["answers"]) == (0, 4)
        assert (
            "5 events would be sent again (3 refused there as repeats, 1 taking effect, 1 parked" in found["sentence"]
        )
        assert await rows_of(place, tables.outbox) == before

    async def test_a_parked_event_that_was_retried_is_handled(self, place: Place, operator: httpx2.AsyncClient) -> None:
        event_id = await announce(place, uuid4(), 1)
        await said(place, event_id, parked_at=NOW, stored_at=NOW)
        found = await ordered(operator, topic=OUT_TOPIC, dry_run=True)
        assert (found["repeats"], found["parked"], found["missing"]) == (1, 0, 0)


class TestSending:
    async def test_sends_what_matches_again_with_its_number(self, place: Place, operator: httpx2.AsyncClient) -> None:
        subject = uuid4()
        for sequence in (1, 2):
            await announce(place, subject, sequence)
        await announce(place, uuid4(), 1)
        found = await ordered(operator, subject=str(subject))
        assert (found["would_send"], found["sent"]) == (2, 2)
        waiting = [row for row in await rows_of(place, tables.outbox) if row.published_at is None]
        assert [(row.subject, row.sequence, row.epoch) for row in waiting] == [(subject, 1, 1), (subject, 2, 1)]
        entries = await rows_of(place, tables.audit_entry)
        assert [(row.action, row.subject) for row in entries] == [("ops.replay", subject)]

    async def test_the_audit_says_what_was_ordered_and_how_much_it_was(
        self, place: Place, operator: httpx2.AsyncClient
    ) -> None:
        now = datetime.now(UTC)
        for hours in (1, 2, 3):
            await announce(place, uuid4(), 1, recorded_at=now - timedelta(hours=hours))
        since, until = now - timedelta(hours=2.5), now - timedelta(minutes=1)
        elsewhere = since.astimezone(timezone(timedelta(hours=1)))
        await ordered(operator, topic=OUT_TOPIC, since=elsewhere.isoformat(), until=until.isoformat(), dry_run=True)
        await ordered(operator, topic=OUT_TOPIC)
        window = {"topic": OUT_TOPIC, "since": since.isoformat(), "until": until.isoformat()}
        assert [row.facts for row in await rows_of(place, tables.audit_entry)] == [
            window | {"dry_run": 1, "count": 2},
            {"topic": OUT_TOPIC, "dry_run": 0, "count": 3},
        ]

    async def test_goes_on_in_chunks(
        self, place: Place, operator: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(replay, "CHUNK", 2)
        subject = uuid4()
        for sequence in range(1, 6):
            await announce(place, subject, sequence)
        assert (await ordered(operator, topic=OUT_TOPIC))["sent"] == 5

    async def test_a_window_takes_what_was_recorded_in_it(self, place: Place, operator: httpx2.AsyncClient) -> None:
        for hours in (1, 2, 3):
            await announce(place, uuid4(), 1, recorded_at=datetime.now(UTC) - timedelta(hours=hours))
        assert (await ordered(operator, since=ago(hours=2.5), until=ago(hours=1.5)))["sent"] == 1

    async def test_leaves_alone_what_the_relay_still_has_to_send(
        self, place: Place, operator: httpx2.AsyncClient
    ) -> None:
        await announce(place, uuid4(), None)
        found = await ordered(operator, topic=OUT_TOPIC)
        assert (found["would_send"], found["waiting"]) == (0, 1)
        assert found["sentence"] == "No published event matches; 1 wait to be sent anyway."

    async def test_progress_counts_what_is_sent_and_answered_since(
        self, place: Place, operator: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(replaying, "LOOK_SECONDS", 0.01)
        events = [await announce(place, uuid4(), 1) for _ in range(3)]
        await said(place, events[0], answered_at=datetime.now(UTC))  # an answer of before
        found = await ordered(operator, topic=OUT_TOPIC)
        asked = {"topic": OUT_TOPIC, "ordered_at": found["ordered_at"], "last_id": found["last_id"], "seconds": 0}
        before = await operator.post("/ops/replay/progress", json=asked)
        async with place.database.transaction(OURSELVES) as session:
            sent = update(tables.outbox).values(published_at=datetime.now(UTC))
            await session.execute(sent.where(tables.outbox.c.event_id.in_(events[:2])))
        await said(place, events[1], answered_at=datetime.now(UTC))
        after = await operator.post("/ops/replay/progress", json=asked | {"seconds": 0.05})
        assert [json.loads(line) for line in before.text.splitlines()] == [{"waiting": 3, "answered": 0}]
        lines = [json.loads(line) for line in after.text.splitlines()]
        assert len(lines) > 1
        assert lines[-1] == {"waiting": 1, "answered": 1}
        assert [row[2] for row in await audited(place)] == ["ops.replay", "ops.replay-progress", "ops.replay-progress"]


class TestOutsideTheWindow:
    async def test_all_of_it_is_refused_with_what_can_be_rebuilt(
        self, place: Place, operator: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        subject, now = uuid4(), datetime.now(UTC)
        monkeypatch.setattr(replaying, "datetime", SimpleNamespace(now=lambda _: now))  # it stands in the answer
        for sequence in (1, 2):
            await said(place, await announce(place, subject, sequence, recorded_at=LONG_AGO), stored_at=LONG_AGO)
        async with place.database.transaction(OURSELVES) as session:
            await session.execute(text("DELETE FROM outbox WHERE sequence = 1"))  # as the purge does
        start = f"{now - timedelta(days=14):%Y-%m-%d %H:%M} UTC"
        status, title, detail = await refused(operator, subject=str(subject))
        assert (status, title) == (422, "replay-outside-window")
        assert detail.startswith(f"triage can rebuild what it announced from {start}")
        assert "the 2 events of this order are older" in detail
        assert await refused(operator, until=ago(days=15)) == (status, title, detail)
        assert await unpublished(place) == []

    async def test_a_window_before_everything_is_refused_too(self, operator: httpx2.AsyncClient) -> None:
        assert (await refused(operator, until="2026-01-01T00:00:00Z"))[1] == "replay-outside-window"

    async def test_a_part_of_it_is_sent_and_the_rest_is_told(self, place: Place, operator: httpx2.AsyncClient) -> None:
        subject = uuid4()
        await said(place, await announce(place, subject, 1, recorded_at=LONG_AGO), stored_at=LONG_AGO)
        await said(place, await announce(place, subject, 2), stored_at=NOW)
        for dry_run in (True, False):
            found = await ordered(operator, subject=str(subject), dry_run=dry_run)
            assert (found["would_send"], found["outside_window"]) == (1, 1)
            assert "; 1 from before " in found["sentence"]
        assert await unpublished(place) == [(OUT_TOPIC, 2)]

    async def test_what_a_recipient_lacks_is_sent_however_old(self, place: Place, operator: httpx2.AsyncClient) -> None:
        await announce(place, uuid4(), 1, recorded_at=LONG_AGO)
        found = await ordered(operator, topic=OUT_TOPIC)
        assert (found["sent"], found["missing"], found["outside_window"]) == (1, 1, 0)


class TestStatistics:
    async def test_nobody_can_single_a_key_out(self, place: Place, operator: httpx2.AsyncClient) -> None:
        key = uuid4()
        await announce(place, key, 1, topic=FACTS)
        await announce(place, uuid4(), 1, topic=FACTS)
        for narrowing in ({"subject": str(key)}, {"since": ago(hours=1)}, {"until": ago(hours=-1)}):
            for dry_run in (True, False):
                status, title, _ = await refused(operator, topic=FACTS, dry_run=dry_run, **narrowing)
                assert (status, title) == (422, "replay-would-link")
        # Not even whether such a key exists, or when it was used.
        assert await refused(operator, subject=str(key)) == await refused(operator, subject=str(uuid4()))
        assert await unpublished(place) == []

    async def test_a_part_of_the_window_leaves_them_out(self, place: Place, operator: httpx2.AsyncClient) -> None:
        await announce(place, uuid4(), 1, topic=FACTS)
        await announce(place, uuid4(), 1)
        found = await ordered(operator, since=ago(hours=1))
        assert ([topic["topic"] for topic in found["topics"]], found["left_out"]) == ([OUT_TOPIC], [FACTS])
        assert await unpublished(place) == [(OUT_TOPIC, 1)]

    @pytest.mark.parametrize("order", [{"topic": FACTS}, {"since": "2026-01-01T00:00:00Z"}])
    async def test_whole_they_go_again_and_no_time_is_told(
        self, place: Place, operator: httpx2.AsyncClient, order: dict[str, str]
    ) -> None:
        for _ in range(3):
            await announce(place, uuid4(), 1, topic=FACTS)
        (topic,) = (await ordered(operator, **order))["topics"]
        assert (topic["topic"], topic["events"], topic["first_at"], topic["last_at"]) == (FACTS, 3, None, None)
        assert len(await unpublished(place)) == 3


WRONG = {
    "nothing": ({}, ReplayUnbounded, "Say what to replay"),
    "empty": ({"topic": "", "since": ""}, ReplayUnbounded, "Say what to replay"),
    "topic": ({"topic": "intake.nothing.v1"}, ReplayUnreadable, "is no topic: name one of intake.police.v1,"),
    "subject": ({"subject": "nonsense"}, ReplayUnreadable, "is no subject's id"),
    "time": ({"since": "yesterday"}, ReplayUnreadable, "is no time with its zone"),
    "zone": ({"until": "2026-01-31T09:00:00"}, ReplayUnreadable, "is no time with its zone"),
    "order": ({"since": "2026-02-01T00:00:00Z", "until": "2026-01-01T00:00:00Z"}, ReplayUnreadable, "must be before"),
}


class TestBadOrders:
    @pytest.mark.parametrize("name", WRONG)
    async def test_get_the_same_sentence_as_on_the_command_line(
        self, place: Place, operator: httpx2.AsyncClient, name: str
    ) -> None:
        order, error, sentence = WRONG[name]
        status, title, detail = await refused(operator, **order)
        assert (status, title) == (422, error.reason)
        with pytest.raises(error) as read:
            Selection.read(**order)
        assert str(read.value) == detail
        assert sentence in detail
        (entry,) = await rows_of(place, tables.audit_entry)
        assert entry.facts == {"dry_run": 0, "refused": error.reason}, "what cannot be read may name anybody"

    async def test_another_services_topic_is_told_whose_it_is(self, operator: httpx2.AsyncClient) -> None:
        detail = "triage does not publish intake.police.v1: ask intake."
        assert await refused(operator, topic="intake.police.v1") == (422, "replay-unreadable", detail)

    async def test_a_subject_that_nobody_has_heard_of_is_told(self, operator: httpx2.AsyncClient) -> None:
        status, title, detail = await refused(operator, subject=str(UUID(int=1)))
        assert (status, title) == (404, "replay-subject-unknown")
        assert detail == "triage has announced nothing about this subject: check its id."

    @pytest.mark.parametrize("order", [{"topic": "a\x00"}, {"colour": "red"}, {"topic": "x" * 101}, {"since": 7}])
    async def test_what_is_no_order_gets_a_sentence(
        self, operator: httpx2.AsyncClient, order: dict[str, object]
    ) -> None:
        status, title, detail = await refused(operator, **order)
        assert (status, title, detail[-1]) == (422, "request-unreadable", ".")
