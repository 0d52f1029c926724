"""An attacker with every table of statistics and of the senders tries to say whose a fact is, and cannot."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import text

from chassis import clock
from chassis.actor import Actor
from chassis.app import Runtime
from chassis.ops.erasure import erase_stored
from chassis.outbox import Sealer
from cli.vault import database_of
from contracts.vocabulary import Role
from services.intake.app import service as intake_service
from services.intake.operations.erasing import erase_subject as forget_at_intake
from services.stats.app import service as stats_service
from services.stats.jobs.mixing import mix
from services.stats.models import metadata
from services.triage.app import service as triage_service
from services.triage.domain import Command, Record
from services.triage.operations import Act, decide_referral, record_deconfliction
from services.triage.operations.erasing import erase_subject as forget_at_triage
from services.triage.operations.people import index_person
from services.triage.settings import TriageSettings
from tests.conftest import Installation, RunningOf, eventually
from tests.intake.builders import form
from tests.intake.test_operations import practice, take_in
from tests.triage.assessing import assess
from tests.triage.builders import officer

REFERRALS, ERASED = 20, 10
SENDERS = ("intake", "triage")
GATEWAY, IMU = officer(Role.GATEWAY_OFFICER), officer(Role.IMU_OFFICER, name="Imran Synthetic")
NAMED = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
INSTITUTION = "intake.institution-counted.v1"
DAY = "intake.day-reconciled.v1"
NEAR = timedelta(seconds=1)
Dump = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class Taken:
    """What one referral is called everywhere: the attacker does not have this, the test does."""

    id: UUID
    key: UUID
    at: datetime
    events: frozenset[UUID]


@dataclass(frozen=True)
class World:
    """Two senders and statistics, with referrals that were decided, in the order in which they came."""

    clean: Installation
    intake: Runtime
    triage: Runtime
    stats: Runtime
    taken: tuple[Taken, ...]

    async def dump(self, service: str) -> Dump:
        """Return every row of a service's database, each table in the order in which it lies on the disk."""
        connection = await asyncpg.connect(self.clean.superuser_url(database_of(service)))
        try:
            names = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            tables = [str(row["tablename"]) for row in names]
            return {
                name: [dict(row) for row in await connection.fetch(f'SELECT * FROM "{name}" ORDER BY ctid')]
                for name in tables
            }
        finally:
            await connection.close()

    async def senders(self) -> Dump:
        """Return every row of both senders."""
        return {f"{name}.{table}": rows for name in SENDERS for table, rows in (await self.dump(name)).items()}

    async def erase(self, taken: Sequence[Taken]) -> None:
        """Erase referrals at both senders, as the data protection officer does."""
        for runtime, forget in ((self.intake, forget_at_intake), (self.triage, forget_at_triage)):
            for each in taken:
                await runtime.database.keys.erase(each.id)
                async with runtime.database.transaction(Actor.operator("eraser")) as session:
                    await erase_stored(session, each.id, forget, reason="asked for", now=clock.now())


@pytest.fixture
async def world(clean: Installation, running_of: RunningOf, monkeypatch: pytest.MonkeyPatch) -> World:
    """Refer and decide one after the other, each reaching statistics before the next: the easiest order to follow."""
    intake = (await running_of(intake_service(), doors=False)).runtime
    triage, stats = (await running_of(triage_service())).runtime, (await running_of(stats_service())).runtime
    made = []
    for number in range(REFERRALS):
        # One process seals as one service; these are three in one.
        monkeypatch.setattr(Sealer, "topic_keys", intake.topic_keys)
        given = form(surname=f"Synthetic{number:03}", forenames=f"Sample{number:03}")
        school = given.referrer.model_copy(update={"organisation": "Example High School"})
        _, row = await take_in(intake, practice(intake), given.model_copy(update={"referrer": school}))
        made.append((row.id, row.statistics_key, row.received_at))
        await _until(stats, "SELECT 1 FROM fact_log WHERE stage = 'intake'", number + 1)
        await _until(triage, "SELECT 1 FROM referral", number + 1)
        monkeypatch.setattr(Sealer, "topic_keys", triage.topic_keys)
        await _decide(triage, row.id)
        await _until(stats, "SELECT 1 FROM fact_log WHERE stage = 'triage'", number + 1)
    await _until(stats, "SELECT 1 FROM institution_fact", REFERRALS)
    found = World(clean, intake, triage, stats, ())
    events: dict[UUID, set[UUID]] = {}
    for row in (await found.dump("stats"))["inbox_event"]:
        events.setdefault(row["subject"], set()).add(row["event_id"])
    return replace(found, taken=tuple(Taken(id_, key, at, frozenset(events[key])) for id_, key, at in made))


async def _until(runtime: Runtime, statement: str, wanted: int) -> None:
    async def there() -> bool:
        async with runtime.database.transaction(Actor.service(runtime.settings.service)) as session:
            return len((await session.execute(text(statement))).all()) >= wanted

    await eventually(there)


async def _decide(triage: Runtime, subject: UUID) -> None:
    now = clock.now()
    async with triage.database.transaction(Actor.service("triage")) as session:
        await index_person(session, subject, now)
    local = TriageSettings().practices.under("kent-and-medway", "2026-01", now)
    async with triage.database.transaction(IMU) as session:
        await record_deconfliction(session, subject, Act(Command.CLEAR, now), local)
    async with triage.database.transaction(GATEWAY) as session:
        await assess(session, subject, local)
        said = Record(rationale="A synthetic reason.", concern="islamist", risk_owner=GATEWAY.name)
        await decide_referral(session, subject, Act(Command.PLP, now, said), local)


def names_in(dump: Dump) -> set[str]:
    """Return everything in a dump that looks like an id, in whatever column, also inside texts and plain bytes."""
    said = (
        bytes(value).decode("latin-1") if isinstance(value, bytes | memoryview) else str(value)
        for rows in dump.values()
        for row in rows
        for value in row.values()
    )
    return {found for words in said for found in NAMED.findall(words.lower())}


def times_in(rows: Sequence[dict[str, Any]]) -> list[datetime]:
    """Return every moment that rows hold."""
    return [value for row in rows for value in row.values() if isinstance(value, datetime)]


def guessed_right(keys: Sequence[UUID], taken: Sequence[Taken]) -> int:
    """Return how many an attacker gets right who takes the n-th key to be that of the n-th referral."""
    return sum(key == each.key for key, each in zip(keys, taken, strict=True))


def institutions_in(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows of an outbox, or of what went to whom, that tell of an institution."""
    return [row for row in rows if row["type"] == INSTITUTION]


def in_order(rows: Sequence[dict[str, Any]], name: str, keys: set[UUID]) -> list[UUID]:
    """Return the known keys of a table in the order in which they first lie there."""
    return list(dict.fromkeys(row[name] for row in rows if row[name] in keys))


class TestLinking:
    async def test_before_erasure_only_the_senders_own_key_resolves(self, world: World) -> None:
        stats, senders = await world.dump("stats"), await world.senders()
        ours = {str(each.key) for each in world.taken} | {str(event) for each in world.taken for event in each.events}
        # What tells of an institution, or of the count of a day, stands in the outbox with its key and id, and leads to
        # no referral; the bus has a name.
        elsewhere = {
            str(row[name])
            for table in ("intake.outbox", "intake.dispatch")
            for row in senders[table]
            if row["type"] in (INSTITUTION, DAY)
            for name in ("subject", "event_id")
        } | names_in({"bus": stats["service_state"]})
        assert names_in(stats) & names_in(senders) <= ours | elsewhere
        assert {str(each.id) for each in world.taken} & names_in(stats) == set()
        self.no_moment_is_near(stats, {each.at for each in world.taken})
        self.institutions_share_nothing(stats)
        self.the_audit_tells_none_apart(stats)

    def no_moment_is_near(self, stats: Dump, moments: set[datetime]) -> None:
        """Look for moments in what says whose facts came: there is a month, and nothing finer."""
        for table in ("fact_log", "institution_fact", "inbox_event", "inbox_position"):
            assert stats[table]
            assert all(at.day == 1 and at.hour == at.minute == at.second == 0 for at in times_in(stats[table])), table
            assert not [at for at in times_in(stats[table]) if any(abs(at - one) <= NEAR for one in moments)], table

    def institutions_share_nothing(self, stats: Dump) -> None:
        """Look for what joins the fact of an institution to any other."""
        others = {name: rows for name, rows in stats.items() if name != "institution_fact"}
        assert names_in({"one": stats["institution_fact"]}) & names_in(others) == set()

    def the_audit_tells_none_apart(self, stats: Dump) -> None:
        """Look for what the audit says of single facts."""
        counted = [row for row in stats["audit_entry"] if row["action"] in {"fact.count", "institution.count"}]
        assert len(counted) == 3 * REFERRALS
        said = {(row["subject"], row["area"], str(row["facts"]), row["reason"]) for row in counted}
        assert said == {(None, "kent-and-medway", str(counted[0]["facts"]), "")}

    async def test_after_erasure_nothing_that_the_senders_keep_leads_to_a_fact(self, world: World) -> None:
        gone, kept = world.taken[:ERASED], world.taken[ERASED:]
        assert len(institutions_in((await world.senders())["intake.outbox"])) == REFERRALS
        await world.erase(gone)
        senders, stats = await world.senders(), names_in(await world.dump("stats"))
        of_the_erased = {str(one) for each in gone for one in (each.key, *each.events)}
        assert names_in(senders) & of_the_erased == set()
        # The attack does find what is still there: it would have found the others.
        assert {str(each.key) for each in kept} <= names_in(senders)
        whose = {str(each.id) for each in gone}
        for table, rows in senders.items():
            beside = [row for row in rows if whose & names_in({table: [row]})]
            assert names_in({table: beside}) & stats == set(), table
        for table in ("intake.outbox", "intake.dispatch"):
            moments = {row["recorded_at"] for row in senders[table] if str(row["subject"]) in whose}
            left = institutions_in(senders[table])
            assert len(left) == REFERRALS - ERASED
            assert not {row["recorded_at"] for row in left} & moments

    async def test_after_a_night_the_order_tells_no_more_than_chance(self, world: World) -> None:
        keys = {each.key for each in world.taken}
        before = in_order((await world.dump("stats"))["fact_log"], "key", keys)
        # Until the night the order is there: the attack works, so it can tell that it does not afterwards.
        assert guessed_right(before, world.taken) == REFERRALS
        await mix(world.stats, clock.now())
        stats = await world.dump("stats")
        for table, name in (("fact_log", "key"), ("inbox_event", "subject"), ("inbox_position", "subject")):
            after = in_order(stats[table], name, keys)
            assert set(after) == keys
            # One of twenty stays at its place on average; ten do once in some millions of nights.
            assert guessed_right(after, world.taken) < REFERRALS // 2, table


class TestColumns:
    def test_none_is_of_a_class_that_statistics_must_not_hold(self) -> None:
        classes = {
            f"{table.name}.{column.name}": str(column.info["class"])
            for table in metadata.sorted_tables
            for column in table.columns
        }
        assert {name: kind for name, kind in classes.items() if kind not in {"operational", "statistical"}} == {}
