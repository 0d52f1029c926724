"""Failures that SQLAlchemy and asyncpg are known for, each tried on the real intake; the class names the issue."""

import asyncio
import contextlib
import json
import random
import socket
import struct
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial
from threading import Thread
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server
from sqlalchemy import text

from chassis.actor import Actor
from chassis.crypto import plain_url
from chassis.database import SessionShared, is_world_down
from cli import vault
from services.intake.app import service
from tests.conftest import Installation, Running, RunningOf, eventually
from tests.intake.builders import referral, rows
from tests.intake.partnered import authorised

URL = "/api/v1/referrals"
CLIENTS = 500
AT_ONCE = 50
POOL = 12
OURS = Actor.service("intake")
BUSY = """SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND usename = 'intake' AND xact_start IS NOT NULL"""
LOCKS = """SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
           WHERE d.datname = $1 AND l.locktype = 'advisory' AND l.classid <> 0"""
"""A leader's lock has a small key and so class 0; a subject's is 64 bits of a hash."""


@pytest.fixture
async def intake(running_of: RunningOf) -> Running:
    """Intake with everything but its mailbox, called by the demonstration's partner."""
    return await authorised(await running_of(service(), doors=False))


@pytest.fixture
async def superuser(clean: Installation) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    connection = await asyncpg.connect(clean.superuser_url("postgres"))
    yield connection
    await connection.close()


async def refer(intake: Running) -> int:
    """Refer once and return the status of the answer."""
    headers = {"Idempotency-Key": str(uuid4())}
    return int((await intake.client.post(URL, json=referral(), headers=headers)).status_code)


async def refer_all_at_once(intake: Running, number: int) -> Sequence[int]:
    return await asyncio.gather(*(refer(intake) for _ in range(number)))


async def quiet(connection: "asyncpg.Connection[asyncpg.Record]", intake: Running) -> bool:
    """Whether no connection is lent, no transaction open and no subject locked."""
    name = vault.database_of("intake")
    open_ones = await connection.fetchval(BUSY, name), await connection.fetchval(LOCKS, name)
    lent = intake.runtime.database._engine.pool.checkedout()  # type: ignore[attr-defined]
    return (*open_ones, lent) == (0, 0, 0)


async def everything_announced(intake: Running) -> bool:
    [row] = await rows(intake.runtime, "SELECT count(*) FILTER (WHERE published_at IS NULL) AS unsent FROM outbox")
    return bool(row.unsent == 0)


@contextlib.asynccontextmanager
async def served(intake: Running) -> AsyncIterator[int]:
    """Serve the application on a port by the server that the installation uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Server(
        intake.app, address="127.0.0.1", port=port, interface=Interfaces.ASGINL, http=HTTPModes.http1, log_enabled=False
    )
    task = asyncio.create_task(server.serve())
    try:
        await eventually(lambda: _listens(port))
        yield port
    finally:
        server.stop()  # type: ignore[no-untyped-call]  # granian has no types here
        await task


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


class TestSqlalchemy6652AndSqlalchemy12099AndAsyncpg467:
    """A request that is cancelled takes its connection with it, or leaves it in the pool with its locks."""

    async def test_500_clients_hang_up_and_leave_nothing(
        self, intake: Running, superuser: "asyncpg.Connection[asyncpg.Record]"
    ) -> None:
        chance = random.Random(467)
        async with served(intake) as port:

            async def hang_up() -> None:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                body = json.dumps(referral()).encode()
                head = f"POST {URL} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                head += f"Authorization: {intake.client.headers['authorization']}\r\n"
                writer.write(f"{head}Idempotency-Key: {uuid4()}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
                await writer.drain()
                await asyncio.sleep(chance.random() * 0.1)
                if chance.random() < 0.5:  # a reset in place of a goodbye
                    sock: socket.socket = writer.get_extra_info("socket")
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                writer.close()

            await self.in_waves(hang_up)
        await self.assert_nothing_is_left(intake, superuser)

    async def test_500_requests_are_cancelled_in_the_middle_and_leave_nothing(
        self, intake: Running, superuser: "asyncpg.Connection[asyncpg.Record]"
    ) -> None:
        chance, answers = random.Random(6652), Counter[str]()

        async def cancel() -> None:
            task = asyncio.create_task(refer(intake))
            await asyncio.sleep(chance.random() * 0.4)
            task.cancel()
            [answer] = await asyncio.gather(task, return_exceptions=True)
            answers["cancelled" if isinstance(answer, asyncio.CancelledError) else str(answer)] += 1

        await self.in_waves(cancel)
        assert answers["cancelled"] > CLIENTS / 5, f"Hardly any was cancelled in the middle: {answers}"
        assert set(answers) <= {"cancelled", "201", "503"}, answers
        await self.assert_nothing_is_left(intake, superuser)

    @staticmethod
    async def in_waves(act: Callable[[], Awaitable[None]]) -> None:
        for _ in range(CLIENTS // AT_ONCE):
            await asyncio.gather(*(act() for _ in range(AT_ONCE)))

    @staticmethod
    async def assert_nothing_is_left(intake: Running, superuser: "asyncpg.Connection[asyncpg.Record]") -> None:
        await eventually(lambda: everything_announced(intake), seconds=60)
        await eventually(lambda: quiet(superuser, intake))
        assert set(await refer_all_at_once(intake, POOL)) == {201}


class TestAsyncpg385:
    """After the server has ended its connections the pool hands out dead ones for ever."""

    async def test_the_pool_recovers_from_twenty_ends_of_every_backend(
        self, intake: Running, superuser: "asyncpg.Connection[asyncpg.Record]"
    ) -> None:
        done, answers = asyncio.Event(), Counter[int]()

        async def client() -> None:
            while not done.is_set():
                answers[await refer(intake)] += 1

        clients = [asyncio.create_task(client()) for _ in range(3)]
        for _ in range(20):
            await superuser.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'intake'")
            await eventually(partial(_more, answers, answers[201]))
        done.set()
        await asyncio.gather(*clients)
        assert set(answers) <= {201, 503}, answers
        assert set(await refer_all_at_once(intake, POOL)) == {201}
        await eventually(lambda: everything_announced(intake))
        [row] = await rows(intake.runtime, "SELECT count(*) AS stored FROM referral")
        assert row.stored >= answers[201] + POOL
        await eventually(lambda: quiet(superuser, intake))

    async def test_whoever_comes_next_does_not_notice(self, intake: Running, clean: Installation) -> None:
        """The server ends every connection while our loop is busy, so that the pool has not heard of it."""
        database = intake.runtime.database

        async def ask() -> int:
            async with database.transaction(OURS) as session:
                return int(await session.scalar(text("SELECT 7")))

        async def end_all() -> None:
            other = await asyncpg.connect(clean.superuser_url("postgres"))
            await other.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = 'intake'")
            await other.close()

        assert await asyncio.gather(*(ask() for _ in range(POOL))) == [7] * POOL
        ending = Thread(target=asyncio.run, args=(end_all(),))
        ending.start()
        ending.join()  # and not awaited
        assert await asyncio.gather(*(ask() for _ in range(POOL))) == [7] * POOL


class TestSqlalchemy5967:
    """Two tasks share one session, and one commits or reads what the other is in the middle of."""

    async def test_the_second_task_is_refused_and_the_first_goes_on(self, intake: Running) -> None:
        async with intake.runtime.database.transaction(OURS) as session:
            slow, *others = await asyncio.gather(
                session.scalar(text("SELECT pg_sleep(0.3)::text || 'done'")),
                session.scalar(text("SELECT 1")),
                session.execute(text("DELETE FROM referral")),
                session.lock(uuid4()),
                return_exceptions=True,
            )
            assert slow == "done"
            assert [type(other) for other in others] == [SessionShared] * 3
            assert await session.scalar(text("SELECT 1")) == 1

    async def test_it_is_a_mistake_and_not_an_outage(self) -> None:
        assert not is_world_down(SessionShared("x"))


class TestSqlalchemy1247:
    """More clients than connections: some wait for ever."""

    async def test_ten_times_the_pool_get_an_answer_or_a_503_within_ten_seconds(
        self, running_of: RunningOf, clean: Installation
    ) -> None:
        intake = await authorised(await running_of(service(), doors=False, pool_size=2))
        first = await intake.client.post(URL, json=referral())
        holder = await asyncpg.connect(clean.superuser_url(vault.database_of("intake")))

        async def look() -> int:
            return (await intake.client.get(f"{URL}/{first.json()['reference']}")).status_code

        async def timed(asked: Callable[[], Awaitable[int]]) -> tuple[int, float]:
            began = asyncio.get_running_loop().time()
            return await asked(), asyncio.get_running_loop().time() - began

        try:
            async with holder.transaction():
                await holder.execute("LOCK TABLE referral IN ACCESS EXCLUSIVE MODE")
                looking = asyncio.gather(*(timed(look) for _ in range(20)))
                referring = asyncio.gather(*(timed(lambda: refer(intake)) for _ in range(20)))
                await asyncio.sleep(8)
            looked, referred = await looking, await referring
        finally:
            await holder.close()
        assert Counter(status for status, _ in looked) == {503: 20}
        # These share a transaction, so that twenty of them need one connection.
        assert {status for status, _ in referred} <= {201, 503}
        assert max(seconds for _, seconds in (*looked, *referred)) < 10.5, "with what the loop itself was late"
        assert (await look(), await refer(intake)) == (200, 201)


class TestAsyncpg458:
    """A migration under load: statements that were prepared before it fail with a cached statement error."""

    async def test_added_columns_are_noticed_by_nobody(self, clean: Installation, intake: Running) -> None:
        tables = ("referral", "ledger_line", "outbox", "dispatch", "document", "audit_entry")
        changes = [f"ALTER TABLE {table} ADD COLUMN stray integer" for table in tables]
        undone = [f"ALTER TABLE {table} DROP COLUMN stray" for table in tables]
        answers = await self.migrated_under_load(clean, intake, changes, undone)
        assert set(answers) == {201}, answers

    async def test_a_changed_type_is_an_outage_of_a_moment(self, clean: Installation, intake: Running) -> None:
        changed = ("outbox ALTER COLUMN type", "referral ALTER COLUMN reference", "dispatch ALTER COLUMN recipient")
        changes = [f"ALTER TABLE {column} TYPE varchar(200)" for column in changed]
        undone = [f"ALTER TABLE {column} TYPE text" for column in changed]
        answers = await self.migrated_under_load(clean, intake, changes, undone)
        assert set(answers) <= {201, 503}, answers
        assert answers[201] > answers[503]

    @staticmethod
    async def migrated_under_load(
        clean: Installation, intake: Running, changes: Sequence[str], undone: Sequence[str]
    ) -> Counter[int]:
        owner = await asyncpg.connect(plain_url(clean.owner_url("intake")))
        done, answers = asyncio.Event(), Counter[int]()

        async def client() -> None:
            while not done.is_set():
                answers[await refer(intake)] += 1

        clients = [asyncio.create_task(client()) for _ in range(4)]
        try:
            await eventually(lambda: _more(answers, 20))
            for statements in (changes, undone):
                for statement in statements:
                    await owner.execute(statement)
                await eventually(partial(_more, answers, answers[201] + 20))
        finally:
            done.set()
            await asyncio.gather(*clients)
            await owner.close()
        await eventually(lambda: everything_announced(intake))
        return answers


async def _more(answers: Counter[int], than: int) -> Any:
    return answers[201] > than
