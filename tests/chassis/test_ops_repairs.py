"""What operators may change: parked messages, replays and erasures, each refused in a sentence when it is not right."""

from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from chassis import documents, tables
from chassis.errors import SubjectErased, Unavailable
from chassis.wire import decode
from tests.chassis.operated import (
    NOW,
    OURSELVES,
    Erasures,
    announce,
    audited,
    envelope,
    hold,
    park,
    rows_of,
)
from tests.chassis.places import Place


class TestParked:
    async def test_a_retry_hands_the_message_back(self, place: Place, operator: httpx2.AsyncClient) -> None:
        parked_id = await park(place, envelope(uuid4(), 1))
        answer = await operator.post(f"/ops/parked/{parked_id}/retry", json={"reason": "the key was provisioned"})
        assert (answer.status_code, answer.json()["done"]) == (200, True)
        (held,) = await rows_of(place, tables.inbox_held)
        assert (held.why, held.tries) == ("retry", 0)
        assert [row[2:] for row in await audited(place)] == [("ops.parked-retry", "the key was provisioned")]
        again = await operator.post(f"/ops/parked/{parked_id}/retry", json={"reason": "once more"})
        assert (again.status_code, again.json()["title"]) == (409, "parked-not-waiting")

    async def test_a_refused_repair_leaves_a_row_that_says_so(self, place: Place, operator: httpx2.AsyncClient) -> None:
        absent = uuid4()
        await operator.post(f"/ops/parked/{absent}/retry", json={"reason": "to see who notices"})
        await operator.post("/ops/replay", json={"dry_run": True})
        assert [(row[1], row[2], row[3]) for row in await audited(place)] == [
            ("synthetic.engineer", "ops.parked-retry", "to see who notices"),
            ("synthetic.engineer", "ops.replay", ""),
        ]
        rows = await rows_of(place, tables.audit_entry)
        assert {row.facts["refused"] for row in rows} == {"parked-message-unknown", "replay-unbounded"}

    async def test_a_discard_lets_what_waits_behind_go_on(self, place: Place, operator: httpx2.AsyncClient) -> None:
        subject = uuid4()
        parked_id = await park(place, envelope(subject, 1))
        await hold(place, envelope(subject, 2))
        answer = await operator.post(f"/ops/parked/{parked_id}/discard", json={"reason": "a test message"})
        assert "the 1 behind it" in answer.json()["would"]
        (parked,) = await rows_of(place, tables.inbox_parked)
        assert (parked.state, parked.resolved_by) == ("discarded", "synthetic.engineer")
        assert [row.sequence for row in await rows_of(place, tables.inbox_position)] == [1]

    @pytest.mark.parametrize("verb", ["retry", "discard"])
    async def test_a_dry_run_changes_nothing_and_is_audited(
        self, place: Place, operator: httpx2.AsyncClient, verb: str
    ) -> None:
        parked_id = await park(place, envelope(uuid4(), 1))
        before = [await rows_of(place, table) for table in (tables.inbox_parked, tables.inbox_held)]
        answer = await operator.post(
            f"/ops/parked/{parked_id}/{verb}", json={"reason": "just looking", "dry_run": True}
        )
        assert (answer.status_code, answer.json()["done"]) == (200, False)
        assert [await rows_of(place, table) for table in (tables.inbox_parked, tables.inbox_held)] == before
        assert await rows_of(place, tables.inbox_position) == []
        assert [row[2] for row in await audited(place)] == [f"ops.parked-{verb}"]

    async def test_a_dry_run_says_what_would_be_refused(self, place: Place, operator: httpx2.AsyncClient) -> None:
        parked_id = await park(place, envelope(uuid4(), 1), cause="sequence-conflict")
        answer = await operator.post(f"/ops/parked/{parked_id}/retry", json={"reason": "just looking", "dry_run": True})
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
        self, operator: httpx2.AsyncClient, path: str, body: dict[str, object], status: int
    ) -> None:
        answer = await operator.post(f"/ops/parked/{path}", json=body)
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
        assert answer.json()["detail"].endswith((".", "again."))

    async def test_an_order_with_a_lone_surrogate_gets_a_sentence(self, operator: httpx2.AsyncClient) -> None:
        for body in (b'{"reason": "lone \\ud800 surrogate"}', b"{", b"[]", b"\xff"):
            answer = await operator.post(
                f"/ops/parked/{uuid4()}/retry", content=body, headers={"content-type": "application/json"}
            )
            assert answer.status_code in {400, 422}
            assert answer.json()["title"] == "request-unreadable"


class TestErase:
    async def erase(self, operator: httpx2.AsyncClient, subject: UUID) -> dict[str, Any]:
        """Order an erasure and return the deletion receipt."""
        answer = await operator.post("/ops/erase", json={"subject": str(subject), "reason": "rights request 7"})
        assert answer.status_code == 200, answer.text
        receipt: dict[str, Any] = answer.json()
        return receipt

    async def test_deletes_the_key_and_empties_documents(
        self, place: Place, operator: httpx2.AsyncClient, erasures: Erasures
    ) -> None:
        subject = uuid4()
        async with place.database.transaction(OURSELVES) as session:
            reference = await documents.store(
                session, subject=subject, area="kent", name="CANARY", media_type="text/plain", body=b"CANARY", now=NOW
            )
            sealed = await session.seal(subject, "CANARY")
        receipt = await self.erase(operator, subject)
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
        self, place: Place, operator: httpx2.AsyncClient
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
        assert (await self.erase(operator, subject))["events"] == 3
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
        self, place: Place, operator: httpx2.AsyncClient
    ) -> None:
        subject, other = uuid4(), uuid4()
        await park(place, envelope(subject, 1))
        await park(place, envelope(subject, 1), cause="sequence-conflict")
        await park(place, envelope(other, 1))
        await hold(place, envelope(subject, 2))
        await hold(place, envelope(other, 2))
        receipt = await self.erase(operator, subject)
        assert (receipt["parked"], receipt["held"]) == (2, 2)
        held = [(row.sequence, decode(row.envelope).sealed) for row in await rows_of(place, tables.inbox_held)]
        assert sorted(held) == [(1, b""), (2, b""), (2, b"CANARY")]
        parked = await rows_of(place, tables.inbox_parked)
        assert sorted((row.state, row.envelope == b"") for row in parked) == [
            ("erased", True),
            ("erased", True),
            ("waiting", False),
        ]

    async def test_can_be_ordered_again(self, place: Place, operator: httpx2.AsyncClient) -> None:
        subject = uuid4()
        await announce(place, subject, 1)
        await self.erase(operator, subject)
        again = await self.erase(operator, subject)
        assert (again["events"], again["documents"]) == (0, 0)

    async def test_a_failure_after_the_key_is_mended_by_ordering_again(
        self, place: Place, operator: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def fail(*_: object) -> int:
            raise Unavailable

        subject = uuid4()
        await announce(place, subject, 1)
        with monkeypatch.context() as broken:
            broken.setattr(documents, "erase", fail)
            answer = await operator.post("/ops/erase", json={"subject": str(subject), "reason": "rights request 7"})
            assert answer.status_code == 503
        assert await place.database.keys.erasure_register() == {subject}
        assert (await self.erase(operator, subject))["events"] == 1

    @pytest.mark.parametrize("order", [{}, {"subject": "x", "reason": "because"}, {"subject": str(UUID(int=1))}])
    async def test_a_bad_order_erases_nothing(
        self, operator: httpx2.AsyncClient, erasures: Erasures, order: dict[str, str]
    ) -> None:
        assert (await operator.post("/ops/erase", json=order)).status_code == 422
        assert erasures.subjects == []
