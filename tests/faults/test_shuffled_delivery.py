"""Every event delivered three times and out of order leaves the same state as each once and in order."""

import asyncio
import contextlib
import hashlib
import random
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import asyncpg
import httpx2
import pytest
from sqlalchemy import LargeBinary, Table, select, text

from chassis import clock, tables
from chassis.actor import Actor
from chassis.app import Runtime, Service, make_runtime, running
from chassis.transports import Delivery
from cli.provision import BUS, KEYS
from cli.vault import database_of
from contracts.catalogue import consumed_by
from contracts.envelope import DocumentReference
from services.channel.app import service as channel_service
from services.intake.app import service as intake_service
from services.intake.settings import IntakeSettings
from services.notify.app import service as notify_service
from services.stats.app import service as stats_service
from services.triage.app import service as triage_service
from services.triage.domain import Body, Command, Record
from services.triage.operations import Act, decide_referral, record_deconfliction
from services.triage.settings import TriageSettings
from tests.conftest import Installation, Running, RunningOf, eventually
from tests.emptying import empty
from tests.intake.builders import mail_with_form, referral
from tests.intake.partnered import authorised
from tests.intake.test_doors import port, send
from tests.triage.assessing import assess
from tests.triage.builders import GATEWAY, IMU

__all__ = ["port"]

BY_API, BY_MAIL = 10, 6
TIMES = 3
AT = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
CONSUMERS = {
    "triage": triage_service,
    "notify": notify_service,
    "channel": channel_service,
    "stats": stats_service,
}
NUMBERED_AS_THEY_COME = {"history": ("id",)}
"""History is numbered in the order in which referrals happened to be handled; within a referral `row_version` tells."""
MACHINE_TIME = {"inbox_event": ("handled_at",), "document": ("received_at",)}
"""When the plumbing did its work. Business time stands still in this test, so that every other time is compared."""
MADE_UP = {"person_referral": ("person",)}
"""Each referral begins as a person of its own, under an id that means nothing."""
UNORDERED = {"fact_log": ("id",), "institution_fact": ("id",)}
"""Facts stand under random ids, so that nothing tells in which order they came."""
LEFT_OUT = {**NUMBERED_AS_THEY_COME, **MACHINE_TIME, **MADE_UP, **UNORDERED}
Originals = Mapping[str, bytes]
PLUMBING = (tables.inbox_event, tables.inbox_position, tables.document)


@pytest.fixture
async def intake(running_of: RunningOf, port: int) -> Running:
    return await authorised(await running_of(intake_service(IntakeSettings(service="intake", smtp_port=port))))


def made(service: Service, clean: Installation, originals: Originals) -> Runtime:
    """Return a new runtime of a consumer, without anything in its caches, that is handed documents by their digest."""
    runtime = make_runtime(service, clean.settings(service.name))

    async def fetch(_: str, reference: DocumentReference) -> bytes:
        return originals[reference.digest]

    fetcher: Any = runtime.fetcher
    fetcher.fetch = fetch
    return runtime


@contextlib.asynccontextmanager
async def connected(runtime: Runtime) -> AsyncIterator[Runtime]:
    """Yield a runtime with its keys open and nothing running, and close it."""
    await runtime.keys.start()
    try:
        yield runtime
    finally:
        for stop in (runtime.fetcher.close, runtime.keys.stop, runtime.database.stop, runtime.bus.stop):
            await stop()


async def referred(intake: Running, port: int) -> Originals:
    """Refer by API and by mail, wait until all is read and announced, and return every original by its digest."""
    for _ in range(BY_API):
        answer = await intake.client.post("/api/v1/referrals", json=referral(district="Thanet"))
        assert answer.status_code == 201, answer.text
    for number in range(BY_MAIL):
        # Every other form cannot be read, and stays an original that people open.
        content = b"no form" if number % 2 else httpx2.Request("POST", "http://x", json=referral()).content
        code, said = await send(port, mail_with_form(content))
        assert code == 250, said
    waiting = "SELECT 1 FROM referral WHERE reading = 'being-read' UNION ALL SELECT 1 FROM outbox WHERE {}"
    await eventually(lambda: _none(intake.runtime, waiting.format("published_at IS NULL")), seconds=60)
    async with intake.runtime.database.transaction(Actor.service("intake")) as session:
        rows = await session.rows(select(tables.document))
        return {row.digest: await session.unseal(row.subject, row.body) for row in rows}


async def decided(clean: Installation, intake: Running, originals: Originals) -> None:
    """Let triage hear of every referral and its officers decide, by turns, so that it announces things too."""
    service = triage_service()
    runtime = made(service, clean, originals)
    async with running(service, runtime):
        wanted = len(await _rows(intake.runtime, "SELECT 1 FROM referral"))
        heard = "SELECT 1 FROM referral HAVING count(*) = {}"
        await eventually(lambda: _rows(runtime, heard.format(wanted)), seconds=60)
        gathered = (Command.GATHER, Command.GATHERED, Command.SECTION_36)
        ways = (gathered, (Command.SIGNPOST,), (Command.PASS_ON,))
        query = "SELECT subject, area, area_version FROM referral WHERE sealed_summary IS NOT NULL ORDER BY reference"
        for number, row in enumerate(await _rows(runtime, query)):
            local = TriageSettings().practices.under(row.area, row.area_version, clock.now())
            async with runtime.database.transaction(IMU) as session:
                await record_deconfliction(session, row.subject, Act(Command.CLEAR, clock.now()), local)
            said = Record(
                "limited-information",
                "A synthetic reason.",
                "Synthetic grounds.",
                "kent-early-help",
                "Synthetic words.",
                concern="unknown",
            )
            async with runtime.database.transaction(GATEWAY) as session:
                await assess(session, row.subject, local)
                for command in ways[number % len(ways)]:
                    alone = replace(local, gathers=Body.POLICE)
                    here = alone if command in (Command.GATHER, Command.GATHERED) else local
                    await decide_referral(session, row.subject, Act(command, clock.now(), said), here)
        await eventually(lambda: _none(runtime, "SELECT 1 FROM outbox WHERE published_at IS NULL"), seconds=60)


async def on_the_bus(clean: Installation) -> list[Delivery]:
    """Return every event that was published, in the order of the bus."""
    connection = await asyncpg.connect(clean.superuser_url(BUS))
    try:
        query = (
            "SELECT topic, partition, position, body FROM bus.message "
            "WHERE topic NOT LIKE 'receipts.%' ORDER BY topic, partition, position"
        )
        rows = await connection.fetch(query)
    finally:
        await connection.close()
    return [Delivery(row["topic"], row["partition"], row["position"], row["body"]) for row in rows]


async def forgotten(clean: Installation) -> None:
    """Empty the four consumers, and their keys too."""
    connection = await asyncpg.connect(clean.superuser_url(KEYS))
    try:
        for name in CONSUMERS:
            await empty(clean.superuser_url(database_of(name)), ("public",))
            await connection.execute(f"TRUNCATE key_{name}.subject_key, key_{name}.erased_subject")
    finally:
        await connection.close()


async def state_after(clean: Installation, originals: Originals, deliveries: Sequence[Delivery]) -> dict[str, str]:
    """Deliver to four consumers that know nothing, let what was held settle, and return a digest of each table."""
    await forgotten(clean)
    found: dict[str, str] = {}
    for name, make in CONSUMERS.items():
        service = make()
        topics = {topic.name for topic in consumed_by(name) if topic.publisher in {"intake", "triage"}}
        # The police's decisions are what people did at triage, and no event brings them back there.
        mine = [each for each in deliveries if each.topic in topics]
        async with connected(made(service, clean, originals)) as runtime:
            await delivered(runtime, mine)
            assert [(row.type, row.sentence) for row in await _rows(runtime, "SELECT * FROM inbox_parked")] == []
            for table in (*service.metadata.sorted_tables, *PLUMBING):
                lines = await lines_of(runtime, table)
                found[f"{name}: {table.name}"] = f"{len(lines)} {hashlib.sha256(repr(lines).encode()).hexdigest()[:16]}"
    return found


async def delivered(runtime: Runtime, deliveries: Sequence[Delivery]) -> None:
    """Deliver in batches of changing size while held messages are looked after, and wait until none is held."""
    chance, place = random.Random(7), 0
    pump = asyncio.create_task(runtime.inbox.run())
    try:
        while place < len(deliveries):
            size = chance.choice((1, 3, 17, 40))
            await runtime.inbox.handle(deliveries[place : place + size])
            place += size
        await eventually(lambda: _none(runtime, "SELECT 1 FROM inbox_held"), seconds=60)
    finally:
        pump.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await pump


async def lines_of(runtime: Runtime, table: Table) -> list[str]:
    """Return a table's rows as sorted lines; what is sealed is opened, since each sealing and each key is random."""
    lines = []
    async with runtime.database.transaction(Actor.service(runtime.settings.service)) as session:
        for row in await session.rows(select(table)):
            values = []
            for column in table.columns:
                value = row._mapping[column.name]
                if column.name in LEFT_OUT.get(table.name, ()):
                    continue
                if isinstance(column.type, LargeBinary) and value is not None:
                    value = await session.unseal(row.subject, value)
                # A list of ids grows as versions come; which came first is told by the version.
                values.append((column.name, sorted(value) if isinstance(value, list) else value))
            lines.append(repr(values))
    return sorted(lines)


async def _rows(runtime: Runtime, query: str) -> Sequence[Any]:
    async with runtime.database.transaction(Actor.service(runtime.settings.service)) as session:
        return await session.rows(text(query))


async def _none(runtime: Runtime, query: str) -> bool:
    return not await _rows(runtime, query)


async def test_three_times_in_any_order_is_the_same_as_once_in_order(
    clean: Installation, intake: Running, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    originals = await referred(intake, port)
    await decided(clean, intake, originals)
    events = await on_the_bus(clean)
    counted = Counter(each.topic for each in events)
    assert min(counted[f"intake.{name}.v1"] for name in ("police", "social-care", "awareness", "statistics")) >= BY_API
    assert len([topic for topic in counted if topic.startswith("triage.")]) >= 3, counted
    monkeypatch.setattr(clock, "now", lambda: AT)
    once = await state_after(clean, originals, events)
    assert sum(int(each.split()[0]) for each in once.values()) > 10 * (BY_API + BY_MAIL), once
    assert await state_after(clean, originals, events[:-1]) != once, (
        "One event fewer leaves the same: nothing is compared."
    )
    for seed in (1, 2):
        shuffled = list(events) * TIMES
        random.Random(seed).shuffle(shuffled)
        again = await state_after(clean, originals, shuffled)
        assert again == once, f"Other state in {[name for name in once if again[name] != once[name]]} with seed {seed}."
