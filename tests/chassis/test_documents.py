"""Documents: sealed copies, who may fetch them, and every way in which a fetch can go wrong."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from types import SimpleNamespace
from uuid import UUID, uuid4

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import insert, text

from chassis import audit, documents
from chassis.actor import Actor
from chassis.errors import SubjectErased, ThroughlineError
from chassis.internal import digest_of
from chassis.ops.erasure import erase_stored
from chassis.tables import document_grant
from contracts.envelope import DocumentReference
from tests.chassis.places import Place

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
OURSELVES = Actor.service("triage")
BODY = b"CANARY-BODY synthetic referral form"
CHANNEL = "channel.synthetic-credential"
STATS = "stats.synthetic-credential"


@pytest.fixture
def app(place: Place) -> FastAPI:
    """Return the publisher's side: triage with its internal door."""
    app = FastAPI()
    app.include_router(documents.router())
    digests = {"channel": digest_of(CHANNEL), "stats": digest_of(STATS)}
    app.state.runtime = SimpleNamespace(database=place.database, secrets=SimpleNamespace(machine_digests=digests))
    return app


@pytest.fixture
async def fetcher(app: FastAPI) -> AsyncIterator[documents.Fetcher]:
    """Return the consumer's side: channel, with its credential."""
    one = documents.Fetcher({"triage": "http://triage"}, CHANNEL, transport=httpx2.ASGITransport(app=app))
    yield one
    await one.close()


async def stored(place: Place, *, subject: UUID | None = None, granted: str = "channel") -> DocumentReference:
    async with place.database.transaction(OURSELVES) as session:
        reference = await documents.store(
            session,
            subject=subject or uuid4(),
            area="kent",
            name="CANARY-NAME.docx",
            media_type="application/msword",
            body=BODY,
            now=NOW,
        )
        await session.execute(insert(document_grant).values(document_id=reference.id, service=granted))
    return reference


class TestStore:
    async def test_reads_back_what_was_stored(self, place: Place) -> None:
        subject = uuid4()
        reference = await stored(place, subject=subject)
        async with place.database.transaction(OURSELVES) as session:
            found = await documents.read(session, reference.id)
            assert await documents.listed(session, subject) == (reference,)
        assert (found.body, found.reference, found.subject, found.area) == (BODY, reference, subject, "kent")
        assert reference.digest == hashlib.sha256(BODY).hexdigest()

    async def test_the_database_holds_neither_name_nor_body_in_the_clear(self, place: Place) -> None:
        await stored(place)
        async with place.database.transaction(OURSELVES) as session:
            row = await session.scalar(text("SELECT row_to_json(d)::text FROM document d"))
            raw = await session.first(text("SELECT name, body FROM document"))
        assert "CANARY" not in row
        assert raw is not None
        assert b"CANARY" not in raw.name + raw.body

    async def test_keeping_the_same_document_twice_changes_nothing(self, place: Place) -> None:
        subject = uuid4()
        reference = await stored(place, subject=subject)
        async with place.database.transaction(OURSELVES) as session:
            await documents.keep(session, reference, b"other", subject=subject, area="kent", now=NOW)
            assert (await documents.read(session, reference.id)).body == BODY

    async def test_refuses_more_than_the_limit(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(documents, "SIZE_LIMIT", len(BODY) - 1)
        with pytest.raises(documents.DocumentTooLarge):
            await stored(place)

    async def test_erasing_leaves_nothing_to_open(self, place: Place) -> None:
        subject = uuid4()
        reference = await stored(place, subject=subject)
        async with place.database.transaction(OURSELVES) as session:
            assert await documents.erase(session, subject) == 1
            assert await documents.erase(session, subject) == 0
            assert await documents.listed(session, subject) == ()
            with pytest.raises(SubjectErased):
                await documents.read(session, reference.id)


class TestFetch:
    async def test_brings_the_body_and_audits_the_read(self, place: Place, fetcher: documents.Fetcher) -> None:
        subject = uuid4()
        reference = await stored(place, subject=subject)
        assert await fetcher.fetch("triage", reference) == BODY
        await audit.Sealer(place.url, "triage", bytes(32)).seal_once()
        async with place.database.transaction(OURSELVES) as session:
            (entry,) = await audit.entries(session, after=0, limit=10)
        assert (entry.action, entry.actor_kind, entry.actor_id) == ("record.read", "service", "channel")
        assert (entry.subject, entry.reason) == (subject, "document-fetched")

    async def test_says_when_the_document_is_not_there(self, fetcher: documents.Fetcher) -> None:
        with pytest.raises(documents.DocumentMissing):
            await fetcher.fetch("triage", a_reference())

    async def test_refuses_a_service_that_no_event_named(self, place: Place, fetcher: documents.Fetcher) -> None:
        reference = await stored(place, granted="stats")
        with pytest.raises(documents.DocumentRefused):
            await fetcher.fetch("triage", reference)

    async def test_says_that_an_erased_subject_is_erased(self, place: Place, fetcher: documents.Fetcher) -> None:
        subject = uuid4()
        reference = await stored(place, subject=subject)
        async with place.database.transaction(OURSELVES) as session:
            await documents.erase(session, subject)
        with pytest.raises(SubjectErased):
            await fetcher.fetch("triage", reference)

    async def test_says_that_a_document_alone_is_erased(self, place: Place, fetcher: documents.Fetcher) -> None:
        subject = uuid4()
        reference = await stored(place, subject=subject)
        async with place.database.transaction(OURSELVES) as session:
            await erase_stored(session, subject, None, reason="a test", now=NOW, document=reference.id)
        with pytest.raises(documents.DocumentErased):
            await fetcher.fetch("triage", reference)

    async def test_a_deleted_key_alone_is_erasure_too(self, place: Place, fetcher: documents.Fetcher) -> None:
        subject = uuid4()
        reference = await stored(place, subject=subject)
        await place.database.keys.erase(subject)
        with pytest.raises(SubjectErased):
            await fetcher.fetch("triage", reference)

    @pytest.mark.parametrize("change", [{"digest": "0" * 64}, {"size": 5}, {"size": 500}])
    async def test_refuses_other_bytes_than_announced(
        self, place: Place, fetcher: documents.Fetcher, change: dict[str, object]
    ) -> None:
        reference = await stored(place)
        with pytest.raises(documents.DocumentDigestMismatch):
            await fetcher.fetch("triage", reference.model_copy(update=change))

    async def test_refuses_an_announced_giant_without_asking(self, fetcher: documents.Fetcher) -> None:
        with pytest.raises(documents.DocumentTooLarge):
            await fetcher.fetch("triage", a_reference(size=documents.SIZE_LIMIT + 1))

    @pytest.mark.parametrize("credential", ["", "channel.wrong", "nobody.synthetic-credential", STATS.upper()])
    async def test_a_wrong_credential_is_the_world_being_down(
        self, place: Place, app: FastAPI, credential: str
    ) -> None:
        reference = await stored(place)
        wrong = documents.Fetcher({"triage": "http://triage"}, credential, transport=httpx2.ASGITransport(app=app))
        with pytest.raises(documents.DocumentUnreachable, match="401"):
            await wrong.fetch("triage", reference)
        await wrong.close()


class TestPublisherDown:
    @pytest.mark.parametrize(
        "answer",
        [
            b"",
            b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n",
            b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n",
            b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
            b"not http at all\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 35\r\n\r\nCANARY-BODY",
        ],
    )
    async def test_broken_answers_are_tried_again_and_never_parked(self, answer: bytes) -> None:
        async with publisher(answer) as url:
            with pytest.raises(documents.DocumentUnreachable) as raised:
                await fetch_from(url)
        assert "CANARY" not in str(raised.value)

    async def test_nobody_listening(self) -> None:
        with pytest.raises(documents.DocumentUnreachable):
            await fetch_from("http://127.0.0.1:1")

    async def test_no_address_for_the_publisher(self) -> None:
        fetcher = documents.Fetcher({}, CHANNEL)
        with pytest.raises(documents.DocumentUnreachable):
            await fetcher.fetch("triage", a_reference())
        await fetcher.close()

    async def test_a_publisher_that_never_answers_is_left(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(documents, "PATIENCE_SECONDS", 0.2)
        async with publisher(b"HTTP/1.1 200 OK\r\nContent-Length: 35\r\n\r\n", hang=True) as url:
            with pytest.raises(documents.DocumentUnreachable):
                await fetch_from(url)

    async def test_an_endless_body_is_cut_at_the_announced_size(self) -> None:
        async with publisher(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 1_000_000, hang=True) as url:
            with pytest.raises(documents.DocumentDigestMismatch):
                await fetch_from(url)


class TestDoor:
    async def test_every_refusal_is_a_problem_with_a_reason(self, place: Place, app: FastAPI) -> None:
        reference = await stored(place)
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://triage") as client:
            path = f"/internal/documents/{reference.id}"
            found = {
                "nobody": await client.get(path),
                "stats": await client.get(path, headers={"Authorization": f"Bearer {STATS}"}),
                "bad id": await client.get("/internal/documents/x", headers={"Authorization": f"Bearer {STATS}"}),
            }
            good = await client.get(path, headers={"Authorization": f"Bearer {CHANNEL}"})
        assert {name: answer.status_code for name, answer in found.items()} == {
            "nobody": 401,
            "stats": 403,
            "bad id": 422,
        }
        for answer in found.values():
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["detail"].endswith(".")
        assert good.headers["cache-control"] == "no-store"
        assert "CANARY" not in str(good.headers)


def a_reference(size: int = len(BODY)) -> DocumentReference:
    """Return a claim check for the synthetic body."""
    digest = hashlib.sha256(BODY).hexdigest()
    return DocumentReference(id=uuid4(), name="x.docx", media_type="text/plain", size=size, digest=digest)


async def fetch_from(url: str) -> bytes:
    """Fetch the synthetic body from an address."""
    fetcher = documents.Fetcher({"triage": url}, CHANNEL)
    try:
        return await fetcher.fetch("triage", a_reference())
    finally:
        await fetcher.close()


@asynccontextmanager
async def publisher(answer: bytes, *, hang: bool = False) -> AsyncIterator[str]:
    """Run a publisher that answers every request with the same bytes, and hangs or hangs up; yield its address."""
    done = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10_000)
        writer.write(answer)
        if hang:
            await done.wait()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    done.set()
    server.close()
    await server.wait_closed()


def test_every_error_is_of_the_family_that_says_what_happens_next() -> None:
    families = {kind.reason: kind.__mro__[1].__name__ for kind in vars(documents).values() if _is_error(kind)}
    assert families == {
        "document-absent": "Missing",
        "document-digest-mismatch": "Rejected",
        "document-erased": "SubjectErased",
        "document-missing": "Rejected",
        "document-not-granted": "Forbidden",
        "document-refused": "Rejected",
        "document-too-large": "Rejected",
        "document-unreachable": "Unavailable",
    }


def _is_error(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, ThroughlineError) and kind.__module__ == "chassis.documents"
