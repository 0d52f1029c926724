"""Sessions live on the server: no row until something is kept, a new name at sign-in, an end, and a way to end them."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest
from starlette.testclient import TestClient

from chassis.actor import Actor, ActorKind
from chassis.sessions import (
    WHO_UNKNOWN,
    Limits,
    Session,
    SessionKeeper,
    SessionUnknown,
    StoredSession,
    actor_of,
    sign_in,
)
from tests.chassis.web_example import OFFICER, Example, MemorySessions, make, token_in

COOKIE = "throughline_example"
SOON = timedelta(minutes=1)


@pytest.fixture
def example() -> Example:
    return make()


@pytest.fixture
def visitor(example: Example) -> TestClient:
    return example.client(raise_server_exceptions=False)


def save(client: TestClient, surname: str = "Quarrington") -> None:
    token = token_in(client.get("/example").text)
    client.post("/example", data={"csrf_token": token, "surname": surname, "consent": "yes"})


class TestCookie:
    def test_reading_a_page_sets_no_cookie_and_writes_no_row(self, example: Example, visitor: TestClient) -> None:
        assert "set-cookie" not in visitor.get("/").headers
        assert example.store.writes == 0

    def test_showing_a_form_names_the_browser_without_a_row(self, example: Example, visitor: TestClient) -> None:
        assert COOKIE in visitor.get("/example").headers["set-cookie"]
        assert "set-cookie" not in visitor.get("/example").headers
        assert example.store.writes == 0

    def test_is_out_of_reach_of_scripts_and_of_other_sites(self, visitor: TestClient) -> None:
        cookie = visitor.get("/example").headers["set-cookie"]
        assert cookie.endswith("; Path=/; HttpOnly; SameSite=Lax")

    def test_travels_over_https_only_where_the_service_does(self) -> None:
        secure = make(public_url="https://intake.example").client(base_url="https://intake.example")
        cookie = secure.get("/example").headers["set-cookie"]
        assert cookie.endswith("; Secure")
        assert cookie.startswith(f"__Host-{COOKIE}=")
        assert "set-cookie" not in secure.get("/example").headers

    def test_is_not_taken_over_https_under_the_name_that_a_neighbour_can_plant(self) -> None:
        secure = make(public_url="https://intake.example").client(base_url="https://intake.example")
        planted = "x" * 43
        answer = secure.get("/example", headers={"cookie": f"{COOKIE}={planted}"})
        assert planted not in answer.headers["set-cookie"]

    @pytest.mark.parametrize("planted", ["short", "x" * 2000, "é" * 40, "../../etc/passwd"])
    def test_a_name_that_we_cannot_have_given_is_taken_away(self, example: Example, planted: str) -> None:
        client = example.client()
        answer = client.get("/", headers={b"cookie": f"{COOKIE}={planted}".encode()})
        assert "Max-Age=0" in answer.headers["set-cookie"]

    def test_machines_have_none(self, example: Example, visitor: TestClient) -> None:
        answer = visitor.get("/api/v1/fail", headers={"cookie": f"{COOKIE}={'x' * 43}"})
        assert "set-cookie" not in answer.headers
        assert example.store.writes == 0


class TestKeeping:
    def test_something_kept_is_one_row(self, example: Example, visitor: TestClient) -> None:
        save(visitor)
        assert (len(example.store.rows), example.store.writes) == (1, 1)

    def test_the_row_shows_neither_the_cookie_nor_the_content(self, example: Example, visitor: TestClient) -> None:
        save(visitor)
        [(key, row)] = example.store.rows.items()
        assert visitor.cookies[COOKIE] != key
        assert b"Quarrington" not in row.data
        assert visitor.cookies[COOKIE].encode() not in row.data

    def test_an_unchanged_session_is_not_written_again(self, example: Example, visitor: TestClient) -> None:
        visitor.get("/enter")
        before = example.store.writes
        for _ in range(3):
            visitor.get("/cases/KM-1")
        assert example.store.writes == before

    def test_use_moves_the_end_and_leaves_the_data(self, example: Example, visitor: TestClient) -> None:
        visitor.get("/enter")
        [(key, row)] = example.store.rows.items()
        asyncio.run(example.store.touch(key, row.expires_at - timedelta(minutes=30)))
        visitor.get("/cases/KM-1")
        assert example.store.rows[key].expires_at >= row.expires_at
        assert example.store.rows[key].data == row.data


class Forgetful(MemorySessions):
    """A store that can be away, and remembers by itself what was written meanwhile."""

    def __init__(self) -> None:
        super().__init__()
        self.away = False
        self.own: dict[str, StoredSession | None] = {}

    async def read(self, key: str, now: datetime) -> StoredSession | None:
        if self.away:
            raise SessionUnknown(WHO_UNKNOWN)
        return await super().read(key, now)

    async def write(self, key: str, row: StoredSession) -> None:
        if self.away:
            self.own[key] = row
        else:
            await super().write(key, row)

    async def remove(self, key: str) -> None:
        self.own.pop(key, None)
        await super().remove(key)

    def expect(self, key: str) -> None:
        self.own[key] = None

    def remembered(self, key: str, now: datetime) -> StoredSession | None:
        if key not in self.own:
            raise SessionUnknown(WHO_UNKNOWN)
        return self.own[key]


class TestDoubtful:
    async def test_is_kept_apart_under_the_same_cookie_and_joined_once_the_other_is_found(self) -> None:
        keeper = SessionKeeper(store := Forgetful(), "secret", Limits())
        session, officer = Session(), Actor(ActorKind.PERSON, "sam", "Sam Synthetic")
        sign_in(session, officer)
        await keeper.keep(session)
        store.away = True
        with pytest.raises(SessionUnknown):
            keeper.doubtful(session.token, begin=False)
        meanwhile = keeper.doubtful(session.token, begin=True)
        meanwhile["typed"] = "words"
        await keeper.keep(meanwhile)
        again = keeper.doubtful(session.token, begin=False)
        assert (again.token, again["typed"], actor_of(again).kind) == (session.token, "words", "public")
        store.away = False
        [row] = store.rows.values()
        assert row.subject == officer.id
        found, _ = await keeper.open(session.token)
        assert (actor_of(found), found["typed"]) == (officer, "words")
        await keeper.forget({found.joined})
        assert not (await keeper.open(session.token))[0].joined

    async def test_whoever_signs_in_meanwhile_has_a_session_of_their_own_under_its_own_name(self) -> None:
        keeper = SessionKeeper(store := Forgetful(), "secret", Limits())
        before, meanwhile = await self.typed_meanwhile(keeper, store)
        officer = Actor(ActorKind.PERSON, "sam", "Sam Synthetic")
        sign_in(meanwhile, officer)
        store.away = False
        await keeper.forget(meanwhile.replaced)
        await keeper.keep(meanwhile)
        assert actor_of((await keeper.open(meanwhile.token))[0]) == officer
        assert not (await keeper.open(before))[0]
        await keeper.forget({meanwhile.token})
        assert (store.rows, store.own) == ({}, {})

    async def test_what_was_typed_meanwhile_goes_with_the_session_that_ends(self) -> None:
        keeper = SessionKeeper(store := Forgetful(), "secret", Limits())
        before, meanwhile = await self.typed_meanwhile(keeper, store)
        meanwhile.end()
        store.away = False
        await keeper.forget(meanwhile.replaced)
        assert not (await keeper.open(before))[0]
        assert store.own == {}

    async def typed_meanwhile(self, keeper: SessionKeeper, store: Forgetful) -> tuple[str, Session]:
        """Type something while nobody knows whose session it is; return its name, and the session as opened again."""
        store.away = True
        meanwhile = keeper.doubtful(token := Session().ensure_token(), begin=True)
        meanwhile["typed"] = "words"
        await keeper.keep(meanwhile)
        return token, keeper.doubtful(token, begin=False)


class TestSignIn:
    def test_takes_a_new_name_and_ends_the_old_row(self, example: Example, visitor: TestClient) -> None:
        save(visitor)
        before = visitor.cookies[COOKIE]
        visitor.get("/enter")
        assert visitor.cookies[COOKIE] != before
        assert len(example.store.rows) == 1
        planted = example.client(cookies={COOKIE: before})
        assert planted.get("/cases/KM-1").status_code == 303

    def test_a_session_can_be_revoked(self, example: Example, visitor: TestClient) -> None:
        visitor.get("/enter")
        assert asyncio.run(example.store.revoke("sam")) == 1
        assert visitor.get("/cases/KM-1").status_code == 303

    def test_an_answer_on_its_way_does_not_bring_a_revoked_session_back(
        self, example: Example, visitor: TestClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        visitor.get("/enter")
        token = token_in(visitor.get("/example").text)
        rewrite = example.store.rewrite

        async def revoked_before(key: str, row: StoredSession) -> None:
            await example.store.revoke("sam")
            await rewrite(key, row)

        monkeypatch.setattr(example.store, "rewrite", revoked_before)
        visitor.post("/example", data={"csrf_token": token, "surname": "Quarrington", "consent": "yes"})
        assert example.store.rows == {}

    def test_the_actor_comes_back_as_it_was(self) -> None:
        session = Session()
        actor = Actor(Actor.public().kind, "x", "X", frozenset({OFFICER}), frozenset({"kent"}), "Y")
        sign_in(session, actor)
        again = actor_of(json.loads(json.dumps(session)))
        assert (again.kind, again.roles, again.areas) == ("person", actor.roles, actor.areas)
        assert actor_of({}).kind == "public"


class TestEnd:
    def keeper(self, store: MemorySessions, limits: Limits) -> SessionKeeper:
        return SessionKeeper(store, "only for tests", limits)

    def kept(self, store: MemorySessions, limits: Limits, created: float | None = None) -> Session:
        session = Session(data={"surname": "Test"}, created=created)
        asyncio.run(self.keeper(store, limits).keep(session))
        return session

    def test_comes_after_idleness(self) -> None:
        store = MemorySessions()
        session = self.kept(store, Limits(idle=-SOON))
        opened, ends = asyncio.run(self.keeper(store, Limits()).open(session.token))
        assert (dict(opened), ends) == ({}, None)

    def test_comes_whatever_the_use(self) -> None:
        store, limits = MemorySessions(), Limits(absolute=timedelta(hours=1))
        started = datetime.now(UTC) - timedelta(minutes=50)
        session = self.kept(store, limits, created=started.timestamp())
        opened, ends = asyncio.run(self.keeper(store, limits).open(session.token))
        assert ends is not None
        assert ends <= started + timedelta(hours=1, seconds=1)
        asyncio.run(self.keeper(store, limits).touch(opened, ends))
        assert store.writes == 1

    def test_comes_with_another_session_secret(self) -> None:
        store = MemorySessions()
        session = self.kept(store, Limits())
        opened, _ = asyncio.run(SessionKeeper(store, "rotated", Limits()).open(session.token))
        assert not opened
