"""The store in the database keeps sessions exactly as the one in memory does, which other tests rely on."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import MetaData

from chassis.app import Service
from chassis.broker import Handlers
from chassis.session_store import DatabaseSessions
from chassis.sessions import SessionStore, StoredSession
from chassis.sheltered_sessions import ShelteredSessions
from contracts.catalogue import SERVICES
from tests.chassis.web_example import MemorySessions
from tests.conftest import RuntimeOf

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
SERVICE = next(iter(SERVICES))


def row(data: bytes = b"sealed", ends: timedelta = HOUR, subject: str = "") -> StoredSession:
    return StoredSession(data, NOW + ends, subject)


class Suite:
    """What every store does; the fixture `store` gives an empty one."""

    async def test_gives_back_what_it_was_given(self, store: SessionStore) -> None:
        await store.write("a", row(subject="sam"))
        assert await store.read("a", NOW) == row(subject="sam")
        assert await store.read("b", NOW) is None

    async def test_keeps_the_last_writing(self, store: SessionStore) -> None:
        await store.write("a", row(b"first"))
        await store.write("a", row(b"second"))
        assert await store.read("a", NOW) == row(b"second")

    async def test_gives_nothing_after_the_end(self, store: SessionStore) -> None:
        await store.write("a", row(ends=HOUR))
        assert await store.read("a", NOW + HOUR) is None

    async def test_moves_the_end_and_nothing_else(self, store: SessionStore) -> None:
        await store.write("a", row(subject="sam"))
        await store.touch("a", NOW + 2 * HOUR)
        assert await store.read("a", NOW) == row(ends=2 * HOUR, subject="sam")

    async def test_rewrites_what_is_there_and_brings_nothing_back(self, store: SessionStore) -> None:
        await store.write("a", row(b"first"))
        await store.rewrite("a", row(b"second", subject="sam"))
        assert await store.read("a", NOW) == row(b"second", subject="sam")
        await store.revoke("sam")
        await store.rewrite("a", row(b"third", subject="sam"))
        await store.touch("a", NOW + HOUR)
        assert await store.read("a", NOW) is None

    async def test_forgets(self, store: SessionStore) -> None:
        await store.write("a", row())
        await store.remove("a")
        await store.remove("a")
        assert await store.read("a", NOW) is None

    async def test_revokes_every_session_of_one_person(self, store: SessionStore) -> None:
        for key, subject in (("a", "sam"), ("b", "sam"), ("c", "alex"), ("d", "")):
            await store.write(key, row(subject=subject))
        assert await store.revoke("sam") == 2
        assert [key for key in "abcd" if await store.read(key, NOW)] == ["c", "d"]


class TestMemory(Suite):
    @pytest.fixture
    def store(self) -> SessionStore:
        return MemorySessions()


class TestSheltered(Suite):
    @pytest.fixture
    def store(self) -> SessionStore:
        return ShelteredSessions(MemorySessions())


class TestDatabase(Suite):
    @pytest.fixture
    async def store(self, runtime_of: RuntimeOf) -> SessionStore:
        service = Service(SERVICE, "Example", MetaData(), Handlers(), (), {})
        return DatabaseSessions((await runtime_of(service)).database)
