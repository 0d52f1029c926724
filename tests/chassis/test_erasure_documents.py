"""One document erased by itself: it is gone for good, its subject stands, and events that give it are taken in."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from sqlalchemy import text

from chassis import documents, tables
from chassis.actor import Actor
from chassis.app import Runtime, erase_again
from chassis.broker import Handlers
from chassis.erasing import Copied, Duplicate, StillHeld
from chassis.inbox.applying import Applying, Opened
from chassis.ops.erasure import erase_stored
from contracts.envelope import DocumentReference, Event, ReceiptBatch
from tests.chassis.journey import NOW, announce, count, deliveries
from tests.chassis.operated import OURSELVES, Erasures, audited, envelope, rows_of
from tests.chassis.places import BARE, Place


class WithDocuments(Event):
    """An event that gives documents."""

    documents: tuple[DocumentReference, ...]


class Holding(documents.Fetcher):
    """Fetches what it holds; the rest was erased at its publisher."""

    def __init__(self, held: Sequence[UUID]) -> None:
        self._held = held

    async def fetch(self, publisher: str, reference: DocumentReference) -> bytes:
        """Return a body."""
        if reference.id not in self._held:
            raise documents.DocumentErased
        return b"a body"


async def stored(place: Place, subject: UUID, *names: str) -> list[DocumentReference]:
    async with place.database.transaction(OURSELVES) as session:
        return [
            await documents.store(
                session, subject=subject, area="kent", name=name, media_type="text/plain", body=b"CANARY", now=NOW
            )
            for name in names
        ]


def order(subject: UUID, document: UUID | None = None, **more: Any) -> dict[str, Any]:
    given = {"subject": str(subject), "reason": "rights request 7", **more}
    return given | ({"document": str(document)} if document else {})


class TestADocumentAlone:
    async def test_is_emptied_and_its_subject_stands(self, place: Place, operator: httpx2.AsyncClient) -> None:
        subject = uuid4()
        shared, own = await stored(place, subject, "shared", "own")
        receipt = (await operator.post("/ops/erase", json=order(subject, shared.id))).json()
        assert (receipt["documents"], receipt["document"], receipt["done"]) == (1, str(shared.id), True)
        async with place.database.transaction(OURSELVES) as session:
            assert (await documents.read(session, own.id)).body == b"CANARY"
            with pytest.raises(documents.DocumentErased):
                await documents.read(session, shared.id)
            assert await session.seal(subject, "more of it")
        assert [row[2] for row in await audited(place)] == ["ops.erase", "document.erase"]

    async def test_takes_the_copies_with_it_that_the_service_names(
        self, place: Place, operator: httpx2.AsyncClient, erasures: Erasures
    ) -> None:
        subject, other = uuid4(), uuid4()
        (shared,) = await stored(place, subject, "shared")
        copy, own = await stored(place, other, "shared", "own")
        erasures.still_held = (Duplicate(other, copy.id),)
        receipt = (await operator.post("/ops/erase", json=order(subject, shared.id))).json()
        assert (receipt["documents"], receipt["copies"]) == (2, [])
        assert receipt["sentence"].startswith("This original is gone.")
        async with place.database.transaction(OURSELVES) as session:
            assert (await documents.read(session, own.id)).body == b"CANARY"
            with pytest.raises(documents.DocumentErased):
                await documents.read(session, copy.id)
        assert [row[2] for row in await audited(place)] == ["ops.erase", "document.erase", "document.erase"]

    async def test_is_of_the_subject_that_the_audit_names_or_nothing_goes(
        self, place: Place, operator: httpx2.AsyncClient
    ) -> None:
        subject, other = uuid4(), uuid4()
        (own,) = await stored(place, subject, "own")
        async with place.database.transaction(OURSELVES) as session:
            sealed = await session.seal(subject, "CANARY")
        for document in (subject, own.id):
            answer = await operator.post("/ops/erase", json=order(other, document))
            assert (answer.status_code, "no document of this subject" in answer.text) == (404, True)
        async with place.database.transaction(OURSELVES) as session:
            assert (await documents.read(session, own.id)).body == b"CANARY"
            assert await session.unseal_text(subject, sealed) == "CANARY"
        assert await rows_of(place, tables.erased_subject) == []

    async def test_that_never_came_is_noted_all_the_same(self, place: Place, operator: httpx2.AsyncClient) -> None:
        receipt = (await operator.post("/ops/erase", json=order(uuid4(), uuid4()))).json()
        assert (receipt["documents"], receipt["done"]) == (0, True)
        assert len(await rows_of(place, tables.erased_subject)) == 1

    async def test_that_a_restored_backup_brings_back_goes_again(
        self, place: Place, operator: httpx2.AsyncClient
    ) -> None:
        subject = uuid4()
        (shared,) = await stored(place, subject, "shared")
        async with place.database.transaction(OURSELVES) as session:
            (kept,) = await session.rows(text("SELECT name, body, digest, size FROM document"))
        await operator.post("/ops/erase", json=order(subject, shared.id))
        async with place.database.transaction(OURSELVES) as session:
            restored = dict(kept)
            await session.execute(
                text("UPDATE document SET name=:name, body=:body, digest=:digest, size=:size"), restored
            )
            await session.execute(text("DELETE FROM erased_subject"))
        await erase_again(BARE, place.runtime)
        async with place.database.transaction(OURSELVES) as session:
            with pytest.raises(documents.DocumentErased):
                await documents.read(session, shared.id)

    async def test_that_is_needed_is_refused_and_stays(
        self, place: Place, operator: httpx2.AsyncClient, erasures: Erasures
    ) -> None:
        subject = uuid4()
        (shared,) = await stored(place, subject, "shared")
        erasures.needed.add(shared.id)
        answer = await operator.post("/ops/erase", json=order(subject, shared.id))
        assert answer.status_code == 409
        async with place.database.transaction(OURSELVES) as session:
            assert (await documents.read(session, shared.id)).body == b"CANARY"
        assert await place.database.keys.erasure_register() == frozenset()

    async def test_does_not_keep_an_event_that_gives_it_from_its_consumer(self, place: Place) -> None:
        subject = uuid4()
        gone, told, here = (reference(name) for name in ("gone", "told", "here"))
        async with place.database.transaction(OURSELVES) as session:
            await erase_stored(session, subject, None, reason="a test", now=NOW, document=told.id)
        applying = Applying(Handlers(), Holding([told.id, here.id]), "triage")
        opened = Opened(envelope(subject, 1), WithDocuments(documents=(gone, told, here)), {})
        (found,) = await applying.with_documents(place.database, OURSELVES, [opened])
        assert found.event is not None
        assert list(found.bodies) == [here]


def reference(name: str) -> DocumentReference:
    return DocumentReference(id=uuid4(), name=name, media_type="text/plain", size=6, digest="")


class TestTheReceipt:
    async def test_names_who_still_holds_the_words(
        self, place: Place, operator: httpx2.AsyncClient, erasures: Erasures
    ) -> None:
        del place
        erasures.still_held = (StillHeld(uuid4(), "KM-7F3K-92QM", uuid4(), needed=False),)
        receipt = (await operator.post("/ops/erase", json=order(uuid4()))).json()
        assert receipt["still_held"][0]["reference"] == "KM-7F3K-92QM"
        assert receipt["sentence"].startswith("Not finished: the same mail is also the original of KM-7F3K-92QM")

    async def test_names_the_copies_that_stand_under_other_keys(
        self, place: Place, operator: httpx2.AsyncClient, erasures: Erasures
    ) -> None:
        del place
        copy = Copied(uuid4(), "NM-7F3K-92QM")
        erasures.still_held = (copy,)
        receipt = (await operator.post("/ops/erase", json=order(uuid4()))).json()
        assert receipt["copies"] == [{"subject": str(copy.subject), "reference": copy.reference}]
        assert receipt["still_held"] == []
        assert receipt["sentence"].startswith("Copies of it stand under keys of their own: NM-7F3K-92QM.")

    async def test_of_a_dry_run_says_the_same_and_nothing_is_done(
        self, place: Place, operator: httpx2.AsyncClient
    ) -> None:
        subject = uuid4()
        (own,) = await stored(place, subject, "own")
        receipt = (await operator.post("/ops/erase", json=order(subject, dry_run=True))).json()
        assert (receipt["documents"], receipt["done"]) == (1, False)
        async with place.database.transaction(OURSELVES) as session:
            assert (await documents.read(session, own.id)).body == b"CANARY"
        assert await rows_of(place, tables.erased_subject) == []
        assert [row[2] for row in await audited(place)] == ["ops.erase"]


@pytest.mark.usefixtures("effect_table")
class TestPublishers:
    async def test_are_told_that_what_was_stored_is_erased(self, intake: Runtime, channel: Runtime) -> None:
        subject = uuid4()
        event_ids = await announce(intake, subject, 1, 2)
        await channel.inbox.handle(await deliveries(intake))
        await channel.keys.erase(subject)
        await count(channel, "WITH gone AS (DELETE FROM receipt_out RETURNING 1) SELECT count(*) FROM gone")
        async with channel.database.transaction(Actor.operator("tester")) as session:
            await erase_stored(session, subject, None, reason="a test", now=NOW)
        async with channel.database.transaction(Actor.service("channel")) as session:
            (row,) = await session.rows(text("SELECT publisher, body FROM receipt_out"))
        said = ReceiptBatch.model_validate_json(row.body).items
        assert row.publisher == "intake"
        assert {(item.event_id, item.state) for item in said} == {(event_id, "erased") for event_id in event_ids}
