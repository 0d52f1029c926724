"""The operations plane: who may use it, what it shows, what it repairs, and that every call leaves a row."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import insert, select, text

from chassis import audit, documents, ops, tables
from chassis.actor import Actor
from chassis.database import Session
from chassis.errors import SubjectErased, Unavailable
from chassis.internal import digest_of
from chassis.wire import decode, encode
from contracts.envelope import Envelope
from tests.chassis.places import BARE, Place

TOKEN = "synthetic-operator-token"  # noqa: S105 - synthetic
OPERATOR = {"Authorization": f"Bearer {TOKEN}", "X-Operator": "synthetic.engineer"}
OURSELVES = Actor.service("triage")
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
IN_TOPIC = "intake.police.v1"
OUT_TOPIC = "triage.dovetail.v1"


class Erasures:
    """A service's own part of an erasure, noting what it was asked."""

    def __init__(self) -> None:
        self.subjects: list[UUID] = []

    async def __call__(self, session: Session, subject: UUID) -> None:
        """Note the subject; the session is alive."""
        assert await session.scalar(text("SELECT 1")) == 1
        self.subjects.append(subject)


@pytest.fixture
def erasures() -> Erasures:
    """Return what the service was asked to erase."""
    return Erasures()


@pytest.fixture
async def client(place: Place, erasures: Erasures) -> AsyncIterator[httpx2.AsyncClient]:
    """Return a client that speaks as the operator."""
    runtime = replace(place.runtime, secrets=replace(place.runtime.secrets, ops_digest=digest_of(TOKEN)))
    app = FastAPI()
    app.include_router(ops.router(replace(BARE, erase_subject=erasures)))
    app.state.runtime = runtime
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://triage.test", headers=OPERATOR) as one:
        yield one


def envelope(subject: UUID, sequence: int) -> Envelope:
    """Return a message as it came from the bus, with a canary where the sealed blob is."""
    return Envelope(
        event_id=uuid4(),
        type="intake.referral-received.v1",
        topic=IN_TOPIC,
        area="kent",
        area_version="2026-01",
        subject=subject,
        epoch=1,
        sequence=sequence,
        correlation_id=None,
        causation_id=None,
        traceparent="",
        key_id="one",
        sealed=b"CANARY",
    )


async def park(place: Place, message: Envelope, cause: str = "seal-broken", state: str = "waiting") -> UUID:
    """Put a message among the parked ones."""
    parked_id = uuid4()
    values = {
        "id": parked_id,
        "topic": message.topic,
        "subject": message.subject,
        "epoch": message.epoch,
        "sequence": message.sequence,
        "event_id": message.event_id,
        "type": message.type,
        "envelope": encode(message),
        "cause": cause,
        "sentence": "A sealed value does not open.",
        "tries": 5,
        "parked_at": NOW,
        "state": state,
    }
    async with place.database.transaction(OURSELVES) as session:
        await session.execute(insert(tables.inbox_parked).values(values))
    return parked_id


async def hold(place: Place, message: Envelope) -> None:
    """Put a message among the held ones, an hour ago."""
    held_at = datetime.now(UTC) - timedelta(hours=1)
    values = {
        "topic": message.topic,
        "subject": message.subject,
        "epoch": message.epoch,
        "sequence": message.sequence,
        "event_id": message.event_id,
        "envelope": encode(message),
        "why": "gap",
        "sentence": "An earlier message is missing.",
        "tries": 0,
        "held_at": held_at,
        "next_try_at": held_at,
    }
    async with place.database.transaction(OURSELVES) as session:
        await session.execute(insert(tables.inbox_held).values(values))


async def announce(place: Place, subject: UUID, sequence: int | None, **given: Any) -> UUID:
    """Put an event into the outbox, published unless said otherwise."""
    recorded_at = given.get("recorded_at", datetime.now(UTC) - timedelta(minutes=5))
    values = {
        "event_id": uuid4(),
        "topic": OUT_TOPIC,
        "subject": subject,
        "type": "triage.case-passed.v1",
        "area": "kent",
        "area_version": "2026-01",
        "traceparent": "",
        "key_id": "one",
        "sealed": b"CANARY",
        "recorded_at": recorded_at,
        "epoch": 1 if sequence else None,
        "sequence": sequence,
        "published_at": recorded_at if sequence else None,
        "tombstone": False,
    } | given
    line = {"event_id": values["event_id"], "recipient": "channel", "topic": OUT_TOPIC, "subject": subject}
    async with place.database.transaction(OURSELVES) as session:
        await session.execute(insert(tables.outbox).values(values))
        await session.execute(insert(tables.dispatch).values(line | {"recorded_at": recorded_at}))
    event_id: UUID = values["event_id"]
    return event_id


async def audited(place: Place) -> list[tuple[str, str, str, str]]:
    """Return (kind, operator, action, reason) of every audit row, in order."""
    async with place.database.transaction(OURSELVES) as session:
        rows = await session.rows(select(tables.audit_entry).order_by(tables.audit_entry.c.id))
    return [(row.actor_kind, row.actor_id, row.action, row.reason) for row in rows]


async def rows_of(place: Place, table: Any) -> list[Any]:
    """Return every row of a table."""
    async with place.database.transaction(OURSELVES) as session:
        return list(await session.rows(select(table).order_by(*table.primary_key.columns)))


class TestWhoMayUseIt:
    @pytest.mark.parametrize(
        "headers",
        [
            {"Authorization": ""},
            {"Authorization": "Bearer wrong"},
            {"Authorization": f"Basic {TOKEN}"},
            {"X-Operator": ""},
            {"X-Operator": "<script>"},
            {"X-Operator": "x" * 81},
        ],
    )
    async def test_token_and_name_are_both_needed(
        self, place: Place, client: httpx2.AsyncClient, headers: dict[str, str]
    ) -> None:
        for method, path in (("GET", "/ops/outbox"), ("POST", "/ops/erase"), ("GET", "/ops/audit/entries")):
            answer = await client.request(method, path, headers=headers)
            assert (answer.status_code, answer.json()["title"]) == (401, "operator-refused")
        assert await audited(place) == []

    async def test_every_route_refuses_a_stranger(self, client: httpx2.AsyncClient) -> None:
        for route in ops.router(BARE).routes:
            path = route.path.replace("{parked_id}", str(uuid4()))  # type: ignore[attr-defined]
            (method,) = route.methods  # type: ignore[attr-defined]
            answer = await client.request(method, path, headers={"Authorization": "Bearer wrong"})
            assert answer.status_code == 401, path

    async def test_every_call_is_audited_with_the_operator(self, place: Place, client: httpx2.AsyncClient) -> None:
        paths = ("outbox", "inbox", "parked", "audit/checkpoints", "audit/entries", "clock")
        for path in paths:
            assert (await client.get(f"/ops/{path}")).status_code == 200
        assert await audited(place) == [
            ("operator", "synthetic.engineer", f"ops.{path.replace('/', '-')}", "") for path in paths
        ]


class TestQueues:
    async def test_outbox_says_what_waits_and_how_long(self, place: Place, client: httpx2.AsyncClient) -> None:
        subject = uuid4()
        await announce(place, subject, 1)
        await announce(place, subject, 2, published_at=None)
        await announce(place, subject, None, recorded_at=datetime.now(UTC) - timedelta(minutes=1))
        found = (await client.get("/ops/outbox")).json()
        assert (found["unnumbered"], found["unpublished"], found["epoch"], found["bus_id"]) == (1, 2, 1, "")
        assert 295 < found["oldest_unpublished_seconds"] < 320

    async def test_an_empty_outbox_waits_for_nothing(self, client: httpx2.AsyncClient) -> None:
        assert (await client.get("/ops/outbox")).json()["oldest_unpublished_seconds"] == 0.0

    async def test_inbox_says_lag_held_and_parked_by_topic(
        self, place: Place, client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def lag(group: str) -> dict[str, int]:
            return {IN_TOPIC: 7, "other.v1": 0} if group == "triage" else {}

        monkeypatch.setattr(place.runtime.bus, "lag", lag)
        subject = uuid4()
        await park(place, envelope(subject, 1))
        await park(place, envelope(subject, 9), state="discarded")
        await hold(place, envelope(subject, 2))
        topics = (await client.get("/ops/inbox")).json()["topics"]
        assert [(one["topic"], one["lag"], one["held"], one["parked"]) for one in topics] == [
            (IN_TOPIC, 7, 1, 1),
            ("other.v1", 0, 0, 0),
        ]
        assert 3595 < topics[0]["oldest_held_seconds"] < 3620

    async def test_inbox_answers_while_the_bus_is_down(
        self, place: Place, client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def lag(_: str) -> dict[str, int]:
            raise Unavailable

        monkeypatch.setattr(place.runtime.bus, "lag", lag)
        await hold(place, envelope(uuid4(), 2))
        (topic,) = (await client.get("/ops/inbox")).json()["topics"]
        assert (topic["topic"], topic["lag"], topic["held"]) == (IN_TOPIC, None, 1)

    async def test_parked_messages_are_listed_without_their_bodies(
        self, place: Place, client: httpx2.AsyncClient
    ) -> None:
        subject = uuid4()
        parked_id = await park(place, envelope(subject, 3))
        await hold(place, envelope(subject, 4))
        await hold(place, envelope(subject, 5))
        await hold(place, envelope(uuid4(), 5))
        answer = await client.get("/ops/parked")
        (message,) = answer.json()["messages"]
        assert message == (await client.get(f"/ops/parked/{parked_id}")).json()
        assert (message["id"], message["subject"], message["sequence"]) == (str(parked_id), str(subject), 3)
        assert (message["cause"], message["tries"], message["held_behind"]) == ("seal-broken", 5, 2)
        assert "CANARY" not in answer.text
        assert "envelope" not in message


class TestParked:
    async def test_a_retry_hands_the_message_back(self, place: Place, client: httpx2.AsyncClient) -> None:
        parked_id = await park(place, envelope(uuid4(), 1))
        answer = await client.post(f"/ops/parked/{parked_id}/retry", json={"reason": "the key was provisioned"})
        assert (answer.status_code, answer.json()["done"]) == (200, True)
        (held,) = await rows_of(place, tables.inbox_held)
        assert (held.why, held.tries) == ("retry", 0)
        assert [row[2:] for row in await audited(place)] == [("ops.parked-retry", "the key was provisioned")]
        again = await client.post(f"/ops/parked/{parked_id}/retry", json={"reason": "once more"})
        assert (again.status_code, again.json()["title"]) == (409, "parked-not-waiting")

    async def test_a_discard_lets_what_waits_behind_go_on(self, place: Place, client: httpx2.AsyncClient) -> None:
        subject = uuid4()
        parked_id = await park(place, envelope(subject, 1))
        await hold(place, envelope(subject, 2))
        answer = await client.post(f"/ops/parked/{parked_id}/discard", json={"reason": "a test message"})
        assert "the 1 behind it" in answer.json()["would"]
        (parked,) = await rows_of(place, tables.inbox_parked)
        assert (parked.state, parked.resolved_by) == ("discarded", "synthetic.engineer")
        assert [row.sequence for row in await rows_of(place, tables.inbox_position)] == [1]

    @pytest.mark.parametrize("verb", ["retry", "discard"])
    async def test_a_dry_run_changes_nothing_and_is_audited(
        self, place: Place, client: httpx2.AsyncClient, verb: str
    ) -> None:
        parked_id = await park(place, envelope(uuid4(), 1))
        before = [await rows_of(place, table) for table in (tables.inbox_parked, tables.inbox_held)]
        answer = await client.post(f"/ops/parked/{parked_id}/{verb}", json={"reason": "just looking", "dry_run": True})
        assert (answer.status_code, answer.json()["done"]) == (200, False)
        assert [await rows_of(place, table) for table in (tables.inbox_parked, tables.inbox_held)] == before
        assert await rows_of(place, tables.inbox_position) == []
        assert [row[2] for row in await audited(place)] == [f"ops.parked-{verb}"]

    async def test_a_dry_run_says_what_would_be_refused(self, place: Place, client: httpx2.AsyncClient) -> None:
        parked_id = await park(place, envelope(uuid4(), 1), cause="sequence-conflict")
        answer = await client.post(f"/ops/parked/{parked_id}/retry", json={"reason": "just looking", "dry_run": True})
        assert (answer.status_code, answer.json()["title"]) == (409, "parked-not-waiting")

    @pytest.mark.parametrize(
        ("path", "body", "status"),
        [
            ("nonsense/retry", {"reason": "because"}, 422),
            (f"{UUID(int=1)}/retry", {"reason": "because"}, 404),
            (f"{UUID(int=1)}/discard", {"reason": ""}, 422),
            (f"{UUID(int=1)}/discard", {}, 422),
            (f"{UUID(int=1)}/discard", {"reason": "x" * 301}, 422),
            (f"{UUID(int=1)}/discard", {"reason": "nul \x00 inside"}, 422),
            (f"{UUID(int=1)}/discard", {"reason": "because", "dryrun": True}, 422),
        ],
    )
    async def test_bad_orders_get_a_sentence(
        self, client: httpx2.AsyncClient, path: str, body: dict[str, object], status: int
    ) -> None:
        answer = await client.post(f"/ops/parked/{path}", json=body)
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
        assert answer.json()["detail"].endswith((".", "again."))

    async def test_an_order_with_a_lone_surrogate_gets_a_sentence(self, client: httpx2.AsyncClient) -> None:
        for body in (b'{"reason": "lone \\ud800 surrogate"}', b"{", b"[]", b"\xff"):
            answer = await client.post(
                f"/ops/parked/{uuid4()}/retry", content=body, headers={"content-type": "application/json"}
            )
            assert answer.status_code in {400, 422}
            assert answer.json()["title"] == "request-unreadable"


class TestReplay:
    async def test_a_dry_run_counts_and_changes_nothing(self, place: Place, client: httpx2.AsyncClient) -> None:
        subject = uuid4()
        await announce(place, subject, 1)
        await announce(place, subject, 2, recorded_at=datetime.now(UTC) - timedelta(days=20))
        await announce(place, uuid4(), 1)
        before = await rows_of(place, tables.outbox)
        found = (await client.post("/ops/replay", json={"subject": str(subject), "dry_run": True})).json()
        assert (found["would_send"], found["outside_window"], found["sent"]) == (1, 1, 0)
        assert await rows_of(place, tables.outbox) == before

    async def test_sends_what_matches_again_with_its_number(self, place: Place, client: httpx2.AsyncClient) -> None:
        subject = uuid4()
        for sequence in (1, 2):
            await announce(place, subject, sequence)
        await announce(place, uuid4(), 1)
        found = (await client.post("/ops/replay", json={"subject": str(subject)})).json()
        assert (found["would_send"], found["sent"]) == (2, 2)
        waiting = [row for row in await rows_of(place, tables.outbox) if row.published_at is None]
        assert [(row.subject, row.sequence, row.epoch) for row in waiting] == [(subject, 1, 1), (subject, 2, 1)]
        assert [row[2] for row in await audited(place)] == ["ops.replay"]

    async def test_goes_on_in_chunks(
        self, place: Place, client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(ops.replay, "CHUNK", 2)
        subject = uuid4()
        for sequence in range(1, 6):
            await announce(place, subject, sequence)
        assert (await client.post("/ops/replay", json={"topic": OUT_TOPIC})).json()["sent"] == 5

    async def test_a_window_takes_what_was_recorded_in_it(self, place: Place, client: httpx2.AsyncClient) -> None:
        now = datetime.now(UTC)
        for hours in (1, 2, 3):
            await announce(place, uuid4(), 1, recorded_at=now - timedelta(hours=hours))
        order = {
            "since": (now - timedelta(hours=2, minutes=30)).isoformat(),
            "until": (now - timedelta(hours=1, minutes=30)).isoformat(),
        }
        assert (await client.post("/ops/replay", json=order)).json()["sent"] == 1

    async def test_leaves_alone_what_the_relay_still_has_to_send(
        self, place: Place, client: httpx2.AsyncClient
    ) -> None:
        await announce(place, uuid4(), None)
        found = (await client.post("/ops/replay", json={"topic": OUT_TOPIC})).json()
        assert (found["would_send"], found["sentence"]) == (0, "No published event matches.")

    @pytest.mark.parametrize(
        "order",
        [{}, {"topic": ""}, {"since": "2026-11-21T09:00:00"}, {"subject": "x"}, {"topic": "a\x00"}, {"colour": "red"}],
    )
    async def test_refuses_an_order_that_selects_nothing_readable(
        self, client: httpx2.AsyncClient, order: dict[str, str]
    ) -> None:
        assert (await client.post("/ops/replay", json=order)).status_code == 422


class TestAudit:
    async def test_what_it_exports_verifies_offline(self, place: Place, client: httpx2.AsyncClient) -> None:
        for _ in range(5):
            await client.get("/ops/clock")
        await audit.Sealer(place.url, "triage", place.runtime.secrets.audit_signing_key).seal_once()
        kept = (await client.get("/ops/audit/checkpoints", params={"after": 0})).json()["checkpoints"]
        first = (await client.get("/ops/audit/entries", params={"limit": 3})).text
        rest = (await client.get("/ops/audit/entries", params={"after": 3})).text
        entries = audit.read_entries((first + rest).splitlines())
        found = audit.verify(
            entries, audit.read_checkpoints(map(json.dumps, kept)), bytes.fromhex(kept[0]["public_key"])
        )
        assert (found.ok, found.entries, found.vouched_to) == (True, 5, 5)
        assert not audit.verify(entries[:-1], audit.read_checkpoints(map(json.dumps, kept)), bytes(32)).ok

    @pytest.mark.parametrize("query", ["after=-1", "after=x", "limit=0", "limit=1000000", f"after={2**70}"])
    async def test_bad_numbers_get_a_sentence(self, client: httpx2.AsyncClient, query: str) -> None:
        assert (await client.get(f"/ops/audit/entries?{query}")).status_code == 422


class TestErase:
    async def erase(self, client: httpx2.AsyncClient, subject: UUID) -> dict[str, Any]:
        """Order an erasure and return the deletion receipt."""
        answer = await client.post("/ops/erase", json={"subject": str(subject), "reason": "rights request 7"})
        assert answer.status_code == 200, answer.text
        receipt: dict[str, Any] = answer.json()
        return receipt

    async def test_deletes_the_key_and_empties_documents(
        self, place: Place, client: httpx2.AsyncClient, erasures: Erasures
    ) -> None:
        subject = uuid4()
        async with place.database.transaction(OURSELVES) as session:
            reference = await documents.store(
                session, subject=subject, area="kent", name="CANARY", media_type="text/plain", body=b"CANARY", now=NOW
            )
            sealed = await session.seal(subject, "CANARY")
        receipt = await self.erase(client, subject)
        assert (receipt["service"], receipt["subject"], receipt["documents"]) == ("triage", str(subject), 1)
        assert erasures.subjects == [subject]
        async with place.database.transaction(OURSELVES) as session:
            for opening in (session.unseal(subject, sealed), session.seal(subject, "again")):
                with pytest.raises(SubjectErased):
                    await opening
            with pytest.raises(SubjectErased):
                await documents.read(session, reference.id)
        assert [row.subject for row in await rows_of(place, tables.erased_subject)] == [subject]
        assert [row[2:] for row in await audited(place)] == [("subject.erase", "rights request 7")]

    async def test_turns_outbox_rows_into_tombstones_that_keep_their_number(
        self, place: Place, client: httpx2.AsyncClient
    ) -> None:
        subject, other = uuid4(), uuid4()
        answered = await announce(place, subject, 1)
        async with place.database.transaction(OURSELVES) as session:
            await session.execute(
                tables.dispatch.update().where(tables.dispatch.c.event_id == answered).values(stored_at=NOW)
            )
        await announce(place, subject, 2)
        await announce(place, subject, None)
        await announce(place, other, 1)
        assert (await self.erase(client, subject))["events"] == 3
        rows = await rows_of(place, tables.outbox)
        assert [(row.tombstone, row.sealed, row.sequence) for row in rows] == [
            (True, b"", 1),
            (True, b"", 2),
            (True, b"", None),
            (False, b"CANARY", 1),
        ]
        # What a recipient has not stored yet goes out again as a tombstone, so that its line closes.
        assert [row.published_at is None for row in rows] == [False, True, True, False]

    async def test_held_and_parked_messages_become_tombstones_in_order(
        self, place: Place, client: httpx2.AsyncClient
    ) -> None:
        subject, other = uuid4(), uuid4()
        await park(place, envelope(subject, 1))
        await park(place, envelope(subject, 1), cause="sequence-conflict")
        await park(place, envelope(other, 1))
        await hold(place, envelope(subject, 2))
        await hold(place, envelope(other, 2))
        receipt = await self.erase(client, subject)
        assert (receipt["parked"], receipt["held"]) == (2, 2)
        held = [(row.sequence, decode(row.envelope).sealed) for row in await rows_of(place, tables.inbox_held)]
        assert sorted(held) == [(1, b""), (2, b""), (2, b"CANARY")]
        parked = await rows_of(place, tables.inbox_parked)
        assert sorted((row.state, row.envelope == b"") for row in parked) == [
            ("erased", True),
            ("erased", True),
            ("waiting", False),
        ]

    async def test_can_be_ordered_again(self, place: Place, client: httpx2.AsyncClient) -> None:
        subject = uuid4()
        await announce(place, subject, 1)
        await self.erase(client, subject)
        again = await self.erase(client, subject)
        assert (again["events"], again["documents"]) == (0, 0)

    async def test_a_failure_after_the_key_is_mended_by_ordering_again(
        self, place: Place, client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def fail(*_: object) -> int:
            raise Unavailable

        subject = uuid4()
        await announce(place, subject, 1)
        with monkeypatch.context() as broken:
            broken.setattr(documents, "erase", fail)
            answer = await client.post("/ops/erase", json={"subject": str(subject), "reason": "rights request 7"})
            assert answer.status_code == 503
        assert await place.database.keys.erased([subject]) == {subject}
        assert (await self.erase(client, subject))["events"] == 1

    @pytest.mark.parametrize("order", [{}, {"subject": "x", "reason": "because"}, {"subject": str(UUID(int=1))}])
    async def test_a_bad_order_erases_nothing(
        self, client: httpx2.AsyncClient, erasures: Erasures, order: dict[str, str]
    ) -> None:
        assert (await client.post("/ops/erase", json=order)).status_code == 422
        assert erasures.subjects == []
