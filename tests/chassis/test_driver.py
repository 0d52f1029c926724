"""Transactions and put-off inserts on the driver: what is kept, what is undone, what goes in one statement."""

import asyncio
import contextlib
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import insert, text
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis import tables
from chassis.actor import Actor, ActorKind
from chassis.database import Database, Session, WrittenMeanwhile
from chassis.driver import FEW, CommitRefused, Driver, joined
from tests.chassis.places import BARE
from tests.conftest import RuntimeOf

TRIAGE = Actor.service("triage")
_POSITION = insert(tables.inbox_position)
_ONCE = upsert(tables.inbox_position).on_conflict_do_nothing()
_GRANT = insert(tables.document_grant)
_COUNT = text("SELECT count(*) FROM inbox_position")
_GRANTS = text("SELECT count(*) FROM document_grant")
_BROKEN = text("SELECT 1 / 0")


@pytest.fixture
async def database(runtime_of: RuntimeOf) -> Database:
    """The database of a service without a domain."""
    return (await runtime_of(BARE)).database


def position(topic: str = "t") -> dict[str, object]:
    return {"topic": topic, "subject": uuid4(), "epoch": 1, "sequence": 1}


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every put-off insert that the driver sends by itself, by its first words."""
    seen: list[str] = []
    single = Driver._run_many

    async def noting(self: Driver, statement: object, rows: object) -> None:
        seen.append(str(statement)[:20])
        await single(self, statement, rows)  # type: ignore[arg-type]

    monkeypatch.setattr(Driver, "_run_many", noting)
    return seen


class TestWrite:
    async def test_is_seen_by_what_reads_its_table(self, database: Database) -> None:
        async with database.transaction(TRIAGE) as session:
            session.write(_POSITION, position())
            assert await session.scalar(_COUNT) == 1

    async def test_is_kept_by_the_end_of_the_transaction(self, database: Database) -> None:
        async with database.transaction(TRIAGE) as session:
            session.write(_POSITION, position())
        async with database.transaction(TRIAGE) as session:
            assert await session.scalar(_COUNT) == 1

    async def test_is_undone_with_the_rest(self, database: Database) -> None:
        async def fail() -> None:
            async with database.transaction(TRIAGE) as session:
                session.write(_POSITION, position())
                raise RuntimeError

        with pytest.raises(RuntimeError):
            await fail()
        async with database.transaction(TRIAGE) as session:
            assert await session.scalar(_COUNT) == 0

    async def test_what_it_refuses_is_said_at_the_end(self, database: Database) -> None:
        async def write_twice() -> None:
            row = position()
            async with database.transaction(TRIAGE) as session:
                session.write(_POSITION, row)
                session.write(_POSITION, row)

        with pytest.raises(WrittenMeanwhile):
            await write_twice()

    @pytest.mark.parametrize("count", [2, FEW + 5])
    async def test_several_tables_at_once(self, database: Database, statements: list[str], count: int) -> None:
        async with database.transaction(TRIAGE) as session:
            for place in range(count):
                session.write(_POSITION, position(f"t{place}"))
                session.write(_GRANT, {"document_id": uuid4(), "service": "notify"})
            row = position()
            session.write(_ONCE, row)
            session.write(_ONCE, row)
            assert await session.scalar(_COUNT) == count + 1
            assert await session.scalar(_GRANTS) == count
        assert len(statements) == (0 if count == 2 else 3)

    def test_updates_of_one_row_are_never_joined(self) -> None:
        upserting = upsert(tables.inbox_position).on_conflict_do_update(
            index_elements=["topic", "subject"], set_={"epoch": 2}
        )
        names = ("topic", "subject", "epoch", "sequence")
        assert joined(((_POSITION, names, 1), (upserting, names, 1))) is None


class TestTransaction:
    async def test_a_swallowed_error_is_not_called_kept(self, database: Database) -> None:
        async def swallow() -> None:
            async with database.transaction(TRIAGE) as session:
                with contextlib.suppress(asyncpg.DivisionByZeroError):
                    await session.rows(_BROKEN, {})

        with pytest.raises(CommitRefused):
            await swallow()

    async def test_a_swallowed_refusal_of_what_was_put_off_keeps_nothing(self, database: Database) -> None:
        async def swallow() -> None:
            async with database.transaction(TRIAGE) as session:
                session.write(_POSITION, position() | {"sequence": "no number"})
                with contextlib.suppress(asyncpg.DataError):
                    await session.flush()

        with pytest.raises(asyncpg.DataError):
            await swallow()

    async def test_an_attempt_undoes_itself_alone_and_gives_its_locks_back(self, database: Database) -> None:
        subject = uuid4()

        async def attempt(session: Session) -> None:
            async with session.attempt():
                await session.lock(subject)
                session.write(_POSITION, position("inside"))
                raise RuntimeError

        async with database.transaction(TRIAGE) as session:
            session.write(_POSITION, position("before"))
            with pytest.raises(RuntimeError):
                await attempt(session)
            assert await session.scalar(_COUNT) == 1
            async with database.transaction(TRIAGE) as other:
                await asyncio.wait_for(other.lock(subject), 5)

    async def test_the_actor_is_in_force_whatever_its_name_holds(self, database: Database) -> None:
        odd = Actor(ActorKind.PERSON, "o'neil\\'; --", "", frozenset(), frozenset({"kent'"}), "")
        for actor in (odd, TRIAGE):
            async with database.transaction(actor) as session:
                assert await session.scalar(text("SELECT current_setting('throughline.actor')")) == actor.id

    async def test_a_cancelled_one_holds_no_lock(self, database: Database) -> None:
        subject = uuid4()

        async def hold() -> None:
            async with database.transaction(TRIAGE) as session:
                await session.lock(subject)
                await session.rows(text("SELECT pg_sleep(10)"), {})

        held = asyncio.create_task(hold())
        await asyncio.sleep(0.3)
        held.cancel()
        await asyncio.wait((held,))
        async with database.transaction(TRIAGE) as session:
            await asyncio.wait_for(session.lock(subject), 5)

    async def test_one_that_is_cancelled_at_its_beginning_leaves_nothing_to_the_next(
        self, runtime_of: RuntimeOf, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        database = (await runtime_of(BARE, pool_size=1)).database

        async def slowly(self: Driver, _: object) -> None:
            await self._connection.execute("BEGIN; SELECT pg_sleep(10)")

        async def begin() -> None:
            async with database.transaction(TRIAGE):
                pass

        with monkeypatch.context() as slow:
            slow.setattr(Driver, "begin", slowly)
            beginning = asyncio.create_task(begin())
            await asyncio.sleep(0.3)
            beginning.cancel()
            await asyncio.wait((beginning,))
        await begin()

    async def test_a_cancellation_outlives_a_lost_connection(
        self, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def lost(_: Driver) -> None:
            raise asyncpg.ConnectionDoesNotExistError

        async def wait() -> None:
            async with database.transaction(TRIAGE):
                await asyncio.sleep(10)

        monkeypatch.setattr(Driver, "roll_back", lost)
        waiting = asyncio.create_task(wait())
        await asyncio.sleep(0.3)
        waiting.cancel()
        await asyncio.wait((waiting,))
        assert waiting.cancelled()
