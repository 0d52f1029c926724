"""The audit in a real database: rows, chain, checkpoints, and what the runtime role is refused."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from chassis import audit
from chassis.actor import Actor
from chassis.audit import sealer as sealing
from chassis.database import Session
from tests.chassis.places import Place

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
SIGNING_KEY = bytes(range(32))
PUBLIC_KEY = audit.public_key_of(SIGNING_KEY)
OFFICER = Actor.operator("synthetic-officer")


@pytest.fixture
async def sealer(place: Place) -> audit.Sealer:
    return audit.Sealer(place.url, "triage", SIGNING_KEY)


@pytest.fixture
async def raw(place: Place) -> AsyncIterator[AsyncConnection]:
    """Return a plain connection of the runtime role, as an intruder in the service would have."""
    engine = create_async_engine(place.url)
    async with engine.connect() as connection:
        yield connection
    await engine.dispose()


async def write(place: Place, *actions: str, subject: UUID | None = None) -> None:
    async with place.database.transaction(OFFICER) as session:
        for action in actions:
            await audit.record(session, action, subject=subject, now=NOW, area="kent", facts={"tries": 1})


async def chain(session: Session) -> tuple[audit.AuditEntry, ...]:
    return await audit.entries(session, after=0, limit=10_000)


async def verified(place: Place) -> audit.Verification:
    async with place.database.transaction(OFFICER) as session:
        kept = await audit.checkpoints(session, after=0)
        return audit.verify(await chain(session), kept, PUBLIC_KEY)


class TestRecord:
    async def test_keeps_who_did_what_to_whom_and_why(self, place: Place, sealer: audit.Sealer) -> None:
        subject = uuid4()
        async with place.database.transaction(OFFICER) as session:
            await audit.record(
                session, "case.close", subject=subject, now=NOW, reason="no-grounds", area="kent", facts={"actions": 2}
            )
            await audit.record_read(session, subject=subject, now=NOW, reason="gateway-assessment")
        assert await sealer.seal_once() == 2
        async with place.database.transaction(OFFICER) as session:
            closed, read = await chain(session)
        assert (closed.actor_kind, closed.actor_id, closed.action) == ("operator", "synthetic-officer", "case.close")
        assert (closed.subject, closed.reason, closed.area) == (subject, "no-grounds", "kent")
        assert (closed.at, closed.facts) == (NOW, {"actions": 2})
        assert (read.action, read.reason) == ("record.read", "gateway-assessment")

    async def test_goes_with_a_transaction_that_is_rolled_back(self, place: Place, sealer: audit.Sealer) -> None:
        with pytest.raises(RuntimeError):  # noqa: PT012 - the transaction must end by the error
            async with place.database.transaction(OFFICER) as session:
                await audit.record(session, "case.close", subject=None, now=NOW)
                raise RuntimeError
        assert await sealer.seal_once() == 0


class TestSealer:
    async def test_chains_numbers_and_signs(self, place: Place, sealer: audit.Sealer) -> None:
        await write(place, "a.one", "a.two")
        await sealer.seal_once()
        await write(place, "a.three")
        await sealer.seal_once()
        found = await verified(place)
        assert found == audit.Verification(ok=True, problems=(), entries=3, last_sequence=3, vouched_to=3)

    async def test_an_open_transaction_stalls_nobody_and_a_late_commit_is_not_skipped(
        self, place: Place, sealer: audit.Sealer
    ) -> None:
        async with place.database.transaction(OFFICER) as late:
            await audit.record(late, "a.late", subject=None, now=NOW)
            await late.flush()
            await write(place, "a.early")
            assert await sealer.seal_once() == 1
        assert await sealer.seal_once() == 1
        async with place.database.transaction(OFFICER) as session:
            entries = await chain(session)
        assert [(entry.sequence, entry.action) for entry in entries] == [(1, "a.early"), (2, "a.late")]
        assert entries[1].id < entries[0].id
        assert (await verified(place)).ok

    async def test_seals_more_than_one_batch(self, place: Place) -> None:
        sealer = audit.Sealer(place.url, "triage", SIGNING_KEY, batch=3)
        await write(place, *(f"a.n{number}" for number in range(8)))
        assert await sealer.seal_once() == 8
        assert await verified(place) == audit.Verification(
            ok=True, problems=(), entries=8, last_sequence=8, vouched_to=8
        )

    async def test_two_sealers_never_seal_the_same_row(self, place: Place, sealer: audit.Sealer) -> None:
        await write(place, *(f"a.n{number}" for number in range(50)))
        other = audit.Sealer(place.url, "triage", SIGNING_KEY)
        counts = await asyncio.gather(*(one.seal_once() for one in (sealer, other, sealer, other)))
        assert sum(counts) == 50
        assert (await verified(place)).ok

    async def test_runs_until_cancelled_and_leaves_the_lock_to_the_next(
        self, place: Place, sealer: audit.Sealer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sealing, "EVERY_SECONDS", 0.05)
        running = asyncio.create_task(sealer.run())
        await write(place, "a.one")
        assert await eventually(place, 1)
        assert await audit.Sealer(place.url, "triage", SIGNING_KEY).seal_once() == 0
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await write(place, "a.two")
        assert await audit.Sealer(place.url, "triage", SIGNING_KEY).seal_once() == 1

    async def test_goes_on_after_its_connection_was_ended(
        self, place: Place, sealer: audit.Sealer, raw: AsyncConnection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sealing, "EVERY_SECONDS", 0.05)
        running = asyncio.create_task(sealer.run())
        await write(place, "a.one")
        assert await eventually(place, 1)
        ended = await raw.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid()"
            )
        )
        assert len(ended.all()) == 1
        await write(place, "a.two")
        assert await eventually(place, 2)
        assert (await verified(place)).ok
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


class TestProtection:
    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE audit_entry SET reason = 'other'",
            "UPDATE audit_entry SET sequence = 9",
            "UPDATE audit_entry SET sequence = NULL, previous_hash = NULL, entry_hash = NULL",
            "UPDATE audit_entry SET entry_hash = '\\x00'",
            "DELETE FROM audit_entry",
            "TRUNCATE audit_entry",
            "UPDATE audit_checkpoint SET entry_hash = '\\x00'",
            "DELETE FROM audit_checkpoint",
            "TRUNCATE audit_checkpoint",
            "ALTER TABLE audit_entry DISABLE TRIGGER USER",
            "DROP TRIGGER audit_entry_update ON audit_entry",
            """INSERT INTO audit_entry (at, actor_kind, actor_id, action, area, reason, trace_id, facts, sequence)
               VALUES (now(), 'job', 'x', 'x.y', '', '', '', '{}', 2)""",
        ],
    )
    async def test_the_runtime_role_cannot_touch_what_is_sealed(
        self, place: Place, sealer: audit.Sealer, raw: AsyncConnection, statement: str
    ) -> None:
        await write(place, "a.one")
        await sealer.seal_once()
        with pytest.raises(DBAPIError):
            await raw.execute(text(statement))
        await raw.rollback()
        assert (await verified(place)).ok

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE audit_entry SET action = 'other'",
            "UPDATE audit_entry SET facts = '{}'",
            "UPDATE audit_entry SET sequence = 1",
            "DELETE FROM audit_entry",
        ],
    )
    async def test_an_unsealed_row_only_waits_for_its_place(
        self, place: Place, raw: AsyncConnection, statement: str
    ) -> None:
        await write(place, "a.one")
        with pytest.raises(DBAPIError):
            await raw.execute(text(statement))

    async def test_the_owner_too_is_refused_by_trigger(self, place: Place, sealer: audit.Sealer) -> None:
        await write(place, "a.one")
        await sealer.seal_once()
        engine = create_async_engine(place.owner_url)
        for statement in ("UPDATE audit_entry SET reason = 'x'", "DELETE FROM audit_entry", "TRUNCATE audit_entry"):
            async with engine.connect() as connection:
                with pytest.raises(DBAPIError):
                    await connection.execute(text(statement))
        await engine.dispose()

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE audit_entry SET reason = 'other' WHERE sequence = 2",
            "DELETE FROM audit_entry WHERE sequence = 2",
            "DELETE FROM audit_entry WHERE sequence = 3",
            "UPDATE audit_entry SET sequence = sequence + 10 WHERE sequence > 1",
        ],
    )
    async def test_an_owner_who_drops_the_triggers_is_found_by_the_chain(
        self, place: Place, sealer: audit.Sealer, statement: str
    ) -> None:
        await write(place, "a.one", "a.two", "a.three")
        await sealer.seal_once()
        engine = create_async_engine(place.owner_url)
        async with engine.begin() as connection:
            await connection.execute(text("ALTER TABLE audit_entry DISABLE TRIGGER USER"))
            await connection.execute(text(statement))
            await connection.execute(text("ALTER TABLE audit_entry ENABLE TRIGGER USER"))
        await engine.dispose()
        assert not (await verified(place)).ok


class TestSealedSoon:
    async def test_a_row_is_sealed_within_five_seconds(self, place: Place, sealer: audit.Sealer) -> None:
        running = asyncio.create_task(sealer.run())
        await write(place, "a.one")
        assert await eventually(place, 1, within=timedelta(seconds=5))
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def eventually(place: Place, count: int, within: timedelta = timedelta(seconds=30)) -> bool:
    """Say whether so many rows were sealed within the time."""
    deadline = asyncio.get_running_loop().time() + within.total_seconds()
    while asyncio.get_running_loop().time() < deadline:
        async with place.database.transaction(OFFICER) as session:
            if len(await chain(session)) == count:
                return True
        await asyncio.sleep(0.05)
    return False
