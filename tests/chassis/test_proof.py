"""The digest beside a dispatch row: that of the payload, kept beyond the outbox, forgotten with the person."""

import hashlib
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from chassis import documents, outbox
from chassis.actor import Actor
from chassis.app import Runtime
from chassis.ops.erasure import erase_stored
from chassis.outbox import About
from chassis.proof import Sent, Verdict, sent_about
from contracts.envelope import DocumentReference, associated_data
from contracts.intake.police import ReferralReceived
from contracts.specimens import specimen
from tests.chassis.journey import AREA, NOW, VERSION, made, publisher
from tests.conftest import RuntimeOf


@pytest.fixture
async def intake(runtime_of: RuntimeOf) -> Runtime:
    """A service that only publishes."""
    return await runtime_of(publisher())


async def announced(runtime: Runtime, subject: UUID) -> bytes:
    """Announce one event and return its payload."""
    event = made()
    async with runtime.database.transaction(Actor.service("intake")) as session:
        await outbox.add(session, event, about=About(subject, AREA, VERSION))
    return event.model_dump_json().encode()


async def stored(runtime: Runtime, subject: UUID, words: str) -> DocumentReference:
    """Keep a document about a subject."""
    async with runtime.database.transaction(Actor.service("intake")) as session:
        return await documents.store(
            session, subject=subject, area=AREA, name=words, media_type="text/plain", body=words.encode(), now=NOW
        )


async def told(runtime: Runtime, subject: UUID, *named: DocumentReference) -> UUID:
    """Announce an event that names documents."""
    event = specimen(ReferralReceived).model_copy(update={"documents": named})
    async with runtime.database.transaction(Actor.service("intake")) as session:
        return await outbox.add(session, event, about=About(subject, AREA, VERSION))


async def proof(runtime: Runtime, subject: UUID) -> Sequence[Sent]:
    """Return what was sent about a subject."""
    async with runtime.database.transaction(Actor.service("intake")) as session:
        return await sent_about(session, [subject])


async def change(runtime: Runtime, statement: str, **values: Any) -> None:
    """Change what is kept."""
    async with runtime.database.transaction(Actor.service("intake")) as session:
        await session.execute(text(statement), values)


class TestSentAbout:
    async def test_says_what_was_sent_to_whom_with_its_digest(self, intake: Runtime) -> None:
        subject = uuid4()
        payload = await announced(intake, subject)
        [sent] = await proof(intake, subject)
        assert (sent.type, sent.topic, sent.recipient) == ("intake.referral-made.v1", "intake.awareness.v1", "channel")
        assert sent.digest == hashlib.sha256(payload).hexdigest()
        assert (sent.verdict, sent.sent_at, sent.stored_at) == (Verdict.MATCHES, None, None)
        assert await proof(intake, uuid4()) == ()

    async def test_finds_a_message_that_says_something_else(self, intake: Runtime) -> None:
        subject = uuid4()
        await announced(intake, subject)
        [sent] = await proof(intake, subject)
        other = b'{"reference": "KM-7F3K-92QM"}'
        bound_to = associated_data(sent.event_id, sent.type, subject)
        _, sealed = intake.topic_keys.seal(sent.topic, other, bound_to)
        await change(intake, "UPDATE outbox SET sealed = :sealed", sealed=sealed)
        assert [each.verdict for each in await proof(intake, subject)] == [Verdict.DIFFERS]
        await change(intake, "UPDATE outbox SET sealed = :sealed", sealed=sealed[:-1] + b"\x00")
        assert [each.verdict for each in await proof(intake, subject)] == [Verdict.DIFFERS]

    async def test_outlives_the_outbox(self, intake: Runtime) -> None:
        subject = uuid4()
        await announced(intake, subject)
        await change(intake, "DELETE FROM outbox")
        [sent] = await proof(intake, subject)
        assert (sent.verdict, len(sent.digest)) == (Verdict.NOT_KEPT, 64)

    async def test_a_key_that_is_gone_says_nothing_of_the_digest(self, intake: Runtime) -> None:
        subject = uuid4()
        await announced(intake, subject)
        await change(intake, "UPDATE outbox SET key_id = 'older'")
        assert [each.verdict for each in await proof(intake, subject)] == [Verdict.NOT_KEPT]

    async def test_does_not_outlive_the_person(self, intake: Runtime) -> None:
        subject, other = uuid4(), uuid4()
        await announced(intake, subject)
        await announced(intake, other)
        async with intake.database.transaction(Actor.service("intake")) as session:
            await erase_stored(session, subject, None, reason="a test", now=NOW)
        [sent] = await proof(intake, subject)
        assert (sent.verdict, sent.digest) == (Verdict.ERASED, "")
        assert [each.verdict for each in await proof(intake, other)] == [Verdict.MATCHES]

    async def test_names_of_each_message_the_documents_that_it_named(self, intake: Runtime) -> None:
        subject = uuid4()
        first, later = await stored(intake, subject, "first"), await stored(intake, subject, "later")
        named = await told(intake, subject, first)
        added = await told(intake, subject, later)
        silent = await told(intake, subject)
        await announced(intake, subject)
        found = {each.event_id: each.documents for each in await proof(intake, subject)}
        assert (found[named], found[added], found[silent]) == ((first.digest,), (later.digest,), ())
        await change(intake, "DELETE FROM outbox")
        older = {each.event_id: each.documents for each in await proof(intake, subject)}
        assert older.pop(named) == older.pop(added) == older.pop(silent) == (first.digest, later.digest)
        assert list(older.values()) == [()]

    async def test_names_no_document_that_was_erased_alone(self, intake: Runtime) -> None:
        subject = uuid4()
        kept, gone = await stored(intake, subject, "kept"), await stored(intake, subject, "gone")
        await told(intake, subject, kept, gone)
        async with intake.database.transaction(Actor.service("intake")) as session:
            await erase_stored(session, subject, None, reason="a test", now=NOW, document=gone.id)
        [sent] = await proof(intake, subject)
        assert sent.documents == (kept.digest,)
