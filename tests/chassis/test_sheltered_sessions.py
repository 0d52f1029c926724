"""Sessions of the public outlive their database for a while; those of staff never do."""

from datetime import UTC, datetime, timedelta

import pytest

from chassis import sheltered_sessions
from chassis.errors import Unavailable
from chassis.sessions import SessionUnknown, StoredSession
from chassis.sheltered_sessions import AWAY_SECONDS, ShelteredSessions
from tests.chassis.web_example import MemorySessions

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


class Leaving(MemorySessions):
    """A store that can go away, and counts how often it is asked meanwhile."""

    def __init__(self) -> None:
        super().__init__()
        self.away = False
        self.asked = 0

    def _check(self) -> None:
        if self.away:
            self.asked += 1
            raise Unavailable("away")

    async def read(self, key: str, now: datetime) -> StoredSession | None:
        self._check()
        return await super().read(key, now)

    async def write(self, key: str, row: StoredSession) -> None:
        self._check()
        await super().write(key, row)

    async def rewrite(self, key: str, row: StoredSession) -> None:
        self._check()
        await super().rewrite(key, row)

    async def touch(self, key: str, expires_at: datetime) -> None:
        self._check()
        await super().touch(key, expires_at)


class Moment:
    """A clock that a test moves."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def kept_in() -> Leaving:
    return Leaving()


@pytest.fixture
def moment() -> Moment:
    return Moment()


@pytest.fixture
def store(kept_in: Leaving, moment: Moment) -> ShelteredSessions:
    return ShelteredSessions(kept_in, moment)


def row(data: bytes = b"sealed", *, subject: str = "", hours: int = 1) -> StoredSession:
    return StoredSession(data, NOW + timedelta(hours=hours), subject)


class TestAway:
    async def test_a_visitor_goes_on_and_the_database_hears_of_it_afterwards(
        self, store: ShelteredSessions, kept_in: Leaving, moment: Moment
    ) -> None:
        await store.write("a", row(b"first"))
        kept_in.away = True
        assert await store.read("a", NOW) == row(b"first")
        await store.rewrite("a", row(b"second"))
        await store.touch("a", NOW + timedelta(hours=2))
        assert await store.read("a", NOW) == row(b"second", hours=2)
        kept_in.away = False
        moment.seconds += AWAY_SECONDS
        assert await store.read("a", NOW) == row(b"second", hours=2)
        assert kept_in.rows["a"] == row(b"second", hours=2)

    async def test_somebody_new_may_begin(self, store: ShelteredSessions, kept_in: Leaving, moment: Moment) -> None:
        kept_in.away = True
        store.expect("new")
        assert await store.read("new", NOW) is None
        await store.write("new", row())
        assert await store.read("new", NOW) == row()
        kept_in.away = False
        moment.seconds += AWAY_SECONDS
        await store.rewrite("new", row(b"more"))
        assert kept_in.rows["new"] == row(b"more")

    async def test_whom_this_process_has_not_seen_it_does_not_take_for_somebody_new(
        self, store: ShelteredSessions, kept_in: Leaving
    ) -> None:
        kept_in.away = True
        with pytest.raises(SessionUnknown):
            await store.read("stranger", NOW)

    async def test_staff_are_not_let_in_on_what_this_process_remembers(
        self, store: ShelteredSessions, kept_in: Leaving
    ) -> None:
        await store.write("staff", row(subject="sam"))
        assert await store.read("staff", NOW)
        kept_in.away = True
        with pytest.raises(SessionUnknown):
            await store.read("staff", NOW)
        with pytest.raises(SessionUnknown):
            await store.write("staff", row(subject="sam"))

    async def test_what_has_ended_stays_ended(self, store: ShelteredSessions, kept_in: Leaving) -> None:
        await store.write("a", row())
        kept_in.away = True
        assert await store.read("a", NOW + timedelta(hours=1)) is None

    async def test_one_asks_for_all(self, store: ShelteredSessions, kept_in: Leaving, moment: Moment) -> None:
        await store.write("a", row())
        kept_in.away = True
        for _ in range(5):
            await store.read("a", NOW)
        assert kept_in.asked == 1
        moment.seconds += AWAY_SECONDS
        await store.read("a", NOW)
        assert kept_in.asked == 2

    async def test_memory_has_an_end(
        self, store: ShelteredSessions, kept_in: Leaving, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sheltered_sessions, "MOST_BYTES", 3000)
        for number in range(10):
            await store.write(str(number), row(b"x" * 500))
        kept_in.away = True
        assert await store.read("9", NOW)
        with pytest.raises(SessionUnknown):
            await store.read("0", NOW)

    async def test_what_was_typed_meanwhile_goes_last_however_many_cookies_are_made_up(
        self, store: ShelteredSessions, kept_in: Leaving, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sheltered_sessions, "MOST_BYTES", 3000)
        kept_in.away = True
        await store.write("typed", row(b"x" * 500))
        for number in range(20):
            store.expect(str(number))
        assert await store.read("typed", NOW)
        assert await store.read("19", NOW) is None
        with pytest.raises(SessionUnknown):
            await store.read("0", NOW)
        for number in range(20):
            await store.write(f"also {number}", row(b"x" * 500))
        assert await store.read("also 19", NOW)
        store.expect("new")
        assert await store.read("new", NOW) is None
