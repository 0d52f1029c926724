"""The daily count against real consumers: what agrees, what is on its way, who is silent, and what people say of it."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from chassis import clock
from chassis.actor import Actor
from chassis.app import Runtime
from chassis.holdings import Holders, HolderSilent
from contracts.envelope import associated_data
from contracts.intake.statistics import DayReconciled
from services.intake import jobs, operations, queries
from services.intake.app import service
from services.intake.domain.reconciliation import CountState, DifferenceUnknown, NothingToExplain
from services.intake.queries.reconciliation import CountLine
from tests.conftest import RuntimeOf
from tests.intake.builders import form, rows
from tests.intake.test_operations import NOW, practice, take_in

DAY = date(2026, 11, 21)
LATER = NOW + timedelta(days=1, hours=12)
JOB = Actor.job("intake", "reconcile")
Key = tuple[str, str]


@pytest.fixture
async def runtime(runtime_of: RuntimeOf, monkeypatch: pytest.MonkeyPatch) -> Runtime:
    """Intake's runtime without background work, a day after everything was due."""
    monkeypatch.setattr(clock, "now", lambda: LATER)
    return await runtime_of(service())


class Consumers:
    """What the consumers say; each is asked over the machine plane in tests/chassis/test_holdings.py."""

    def __init__(self) -> None:
        self.without: dict[str, set[UUID]] = {}
        self.silent: set[str] = set()
        self.asked: list[tuple[str, str, int]] = []

    async def missing(self, service: str, topic: str, subjects: list[UUID]) -> frozenset[UUID]:
        """Say which of the subjects a consumer lacks."""
        self.asked.append((service, topic, len(subjects)))
        if service in self.silent:
            raise HolderSilent("It is silent.")
        return frozenset(self.without.get(service, set()).intersection(subjects))


@pytest.fixture
def consumers(monkeypatch: pytest.MonkeyPatch) -> Consumers:
    """Consumers that have everything unless told otherwise."""
    made = Consumers()
    monkeypatch.setattr(Holders, "missing", made.missing)
    return made


async def change(runtime: Runtime, statement: str, **values: Any) -> None:
    """Change what is kept."""
    async with runtime.database.transaction(Actor.service("intake")) as session:
        await session.execute(text(statement), values)


async def everything_arrives(runtime: Runtime) -> None:
    """Let every event be published and answered."""
    await change(runtime, "UPDATE dispatch SET published_at = :now, stored_at = :now", now=NOW)
    await change(runtime, "UPDATE ledger_line SET stored_at = :now", now=NOW)


async def reconcile(runtime: Runtime) -> Mapping[Key, CountLine]:
    """Count the day and return Kent's lines by what was counted and at whom."""
    await jobs.reconcile(runtime, datetime(2026, 11, 22, tzinfo=UTC))
    return await lines(runtime)


async def lines(runtime: Runtime) -> Mapping[Key, CountLine]:
    """Return Kent's lines of the day."""
    async with runtime.database.transaction(JOB) as session:
        found = await queries.reconciliation(session, day=DAY)
    return {(line.count.measure, line.count.recipient): line for line in found if line.count.area == "kent-and-medway"}


POLICE = ("intake.police.v1", "triage")
SOCIAL_CARE = ("intake.social-care.v1", "notify")
STATISTICS = ("intake.statistics.v1", "stats")


class TestCount:
    async def test_agrees_where_everybody_has_everything(self, runtime: Runtime, consumers: Consumers) -> None:
        for _ in range(3):
            await take_in(runtime, practice(runtime), form())
        await everything_arrives(runtime)
        found = await reconcile(runtime)
        assert {line.state for line in found.values()} == {CountState.AGREES}
        count = found[POLICE].count
        assert (count.expected, count.published, count.receipted, count.held) == (3, 3, 3, 3)
        assert (
            found["originals", ""].count.held == found["versions", ""].count.held == found["audit", ""].count.held == 3
        )
        assert found[STATISTICS].count.held is None
        assert {service for service, _, _ in consumers.asked} == {"triage", "notify", "channel"}
        assert jobs.Counted.differences == 0

    async def test_counts_each_area_and_the_days_of_london(self, runtime: Runtime, consumers: Consumers) -> None:
        await take_in(runtime, practice(runtime), form())
        await everything_arrives(runtime)
        await change(runtime, "UPDATE referral SET received_at = '2026-11-22T00:00:00Z'")
        assert (await reconcile(runtime))["originals", ""].count.expected == 0
        assert consumers.asked == []
        async with runtime.database.transaction(JOB) as session:
            areas = {line.count.area for line in await queries.reconciliation(session, day=DAY)}
        assert areas == {"kent-and-medway", "northmere"}
        await jobs.reconcile(runtime, datetime(2026, 11, 23, tzinfo=UTC))
        assert consumers.asked == [(service, topic, 1) for topic, service in sorted(ALL_ASKED)]

    async def test_names_what_a_consumer_does_not_have_though_a_receipt_says_so(
        self, runtime: Runtime, consumers: Consumers
    ) -> None:
        lost, _ = await take_in(runtime, practice(runtime), form())
        await take_in(runtime, practice(runtime), form())
        await everything_arrives(runtime)
        [row] = await rows(runtime, "SELECT id FROM referral WHERE reference = :r", r=lost.reference)
        consumers.without["triage"] = {row.id}
        found = await reconcile(runtime)
        assert {key for key, line in found.items() if line.state == CountState.OPEN} == {POLICE}
        count = found[POLICE].count
        assert (count.expected, count.receipted, count.held, count.missing) == (2, 2, 1, (row.id,))
        assert jobs.Counted.differences == 1
        async with runtime.database.transaction(JOB) as session:
            _, references = await queries.reconciliation_line(session, found[POLICE].id)
        assert references == (lost.reference,)

    @pytest.mark.usefixtures("consumers")
    async def test_names_what_was_never_published_and_what_has_no_receipt(self, runtime: Runtime) -> None:
        await take_in(runtime, practice(runtime), form())
        await everything_arrives(runtime)
        await change(runtime, "UPDATE dispatch SET published_at = NULL, stored_at = NULL WHERE recipient = 'notify'")
        await change(runtime, "UPDATE dispatch SET stored_at = NULL WHERE recipient = 'channel'")
        found = await reconcile(runtime)
        opened = {key[1] for key, line in found.items() if line.state == CountState.OPEN}
        assert opened == {"notify", "channel"}

    @pytest.mark.usefixtures("consumers")
    async def test_waits_for_what_is_not_due(self, runtime: Runtime) -> None:
        await take_in(runtime, practice(runtime), form())
        await everything_arrives(runtime)
        await change(runtime, "UPDATE dispatch SET stored_at = NULL WHERE recipient = 'stats'")
        await change(runtime, "UPDATE ledger_line SET due_at = :due WHERE team = 'statistics'", due=LATER)
        found = await reconcile(runtime)
        assert (found[STATISTICS].state, found[STATISTICS].count.pending) == (CountState.AGREES, 1)

    async def test_asks_nobody_for_what_was_given_up_or_erased(self, runtime: Runtime, consumers: Consumers) -> None:
        _, row = await take_in(runtime, practice(runtime), form())
        await change(runtime, "UPDATE ledger_line SET waived_at = :now", now=NOW)
        consumers.without = {name: {row.id} for name in ("triage", "notify", "channel")}
        found = await reconcile(runtime)
        assert {line.state for line in found.values()} == {CountState.AGREES}
        assert found[POLICE].count.excused == 1

    @pytest.mark.usefixtures("consumers")
    async def test_finds_an_original_or_a_version_that_is_gone(self, runtime: Runtime) -> None:
        await take_in(runtime, practice(runtime), form())
        await everything_arrives(runtime)
        await change(runtime, "DELETE FROM document")
        await change(runtime, "UPDATE referral SET version = 2")
        found = await reconcile(runtime)
        opened = {key[0] for key, line in found.items() if line.state == CountState.OPEN}
        assert opened == {"originals", "versions"}

    async def test_of_a_silent_consumer_is_open_until_it_answers(self, runtime: Runtime, consumers: Consumers) -> None:
        await take_in(runtime, practice(runtime), form())
        await everything_arrives(runtime)
        consumers.silent = {"notify"}
        found = await reconcile(runtime)
        assert {key for key, line in found.items() if line.state == CountState.OPEN} == {SOCIAL_CARE}
        assert (found[SOCIAL_CARE].count.silent, found[SOCIAL_CARE].count.held) == (True, None)
        consumers.silent = set()
        await jobs.reconcile_again(runtime, LATER)
        assert (await lines(runtime))[SOCIAL_CARE].state == CountState.AGREES
        assert jobs.Counted.differences == 0

    @pytest.mark.usefixtures("consumers")
    async def test_is_audited_with_its_numbers(self, runtime: Runtime) -> None:
        await reconcile(runtime)
        [row] = await rows(runtime, "SELECT * FROM audit_entry WHERE action = 'reconciliation.counted'")
        assert (row.actor_kind, row.facts["open"]) == ("job", 0)


ALL_ASKED = (POLICE, SOCIAL_CARE, ("intake.awareness.v1", "channel"))


class TestExplain:
    async def different(self, runtime: Runtime, consumers: Consumers) -> CountLine:
        _, row = await take_in(runtime, practice(runtime), form())
        await everything_arrives(runtime)
        consumers.without["triage"] = {row.id}
        return (await reconcile(runtime))[POLICE]

    async def test_keeps_who_said_what_and_stands_while_the_same_is_missing(
        self, runtime: Runtime, consumers: Consumers
    ) -> None:
        line = await self.different(runtime, consumers)
        async with runtime.database.transaction(JOB) as session:
            await operations.explain(
                session, line.id, "Triage was restored.", by="ida", versions=runtime.areas.versions_on, now=LATER
            )
        await jobs.reconcile(runtime, datetime(2026, 11, 22, tzinfo=UTC))
        after = (await lines(runtime))[POLICE]
        assert (after.state, after.reason, after.explained_by) == (CountState.EXPLAINED, "Triage was restored.", "ida")
        [entry] = await rows(runtime, "SELECT * FROM audit_entry WHERE action = 'reconciliation.explained'")
        assert (entry.reason, entry.facts["lacking"]) == ("Triage was restored.", 1)
        _, other = await take_in(runtime, practice(runtime), form())
        await everything_arrives(runtime)
        consumers.without["triage"].add(other.id)
        assert (await reconcile(runtime))[POLICE].state == CountState.OPEN

    async def test_is_refused_for_what_is_settled_or_unknown(self, runtime: Runtime, consumers: Consumers) -> None:
        line = await self.different(runtime, consumers)
        consumers.without = {}
        await jobs.reconcile_again(runtime, LATER)
        async with runtime.database.transaction(JOB) as session:
            with pytest.raises(NothingToExplain):
                await operations.explain(
                    session, line.id, "Late.", by="ida", versions=runtime.areas.versions_on, now=LATER
                )
            with pytest.raises(DifferenceUnknown):
                await operations.explain(
                    session, UUID(int=0), "Late.", by="ida", versions=runtime.areas.versions_on, now=LATER
                )


async def told(runtime: Runtime) -> list[DayReconciled]:
    """Return what statistics were told of days, in the order of its telling."""
    found = await rows(runtime, "SELECT * FROM outbox WHERE type = 'intake.day-reconciled.v1' ORDER BY id")
    opened = (
        runtime.topic_keys.unseal(
            row.topic, row.key_id, row.sealed, associated_data(row.event_id, row.type, row.subject)
        )
        for row in found
    )
    return [DayReconciled.model_validate_json(plain) for plain in opened]


class TestTold:
    @pytest.mark.usefixtures("consumers")
    async def test_statistics_hear_of_a_day_on_which_nothing_came_as_of_any_other(self, runtime: Runtime) -> None:
        await reconcile(runtime)
        quiet = await told(runtime)
        await change(runtime, "DELETE FROM outbox")
        await change(runtime, "DELETE FROM day_told")
        for _ in range(7):
            await take_in(runtime, practice(runtime), form())
        await everything_arrives(runtime)
        await reconcile(runtime)
        busy = await told(runtime)
        plain = [sorted((each.recipient, each.state, str(each.day)) for each in days) for days in (quiet, busy)]
        # Both areas, at every recipient and at intake itself; nothing says whether anything came.
        assert plain[0] == plain[1]
        assert {each.recipient for each in busy} == {"intake", "triage", "notify", "channel", "stats"}
        assert {(each.state, each.version) for each in busy} == {("agrees", 1)}

    async def test_what_is_missing_is_told_and_told_again_only_once_it_is_otherwise(
        self, runtime: Runtime, consumers: Consumers
    ) -> None:
        _, row = await take_in(runtime, practice(runtime), form())
        await everything_arrives(runtime)
        consumers.without["triage"] = {row.id}
        found = await reconcile(runtime)
        first = [each for each in await told(runtime) if each.state != "agrees"]
        assert [(each.recipient, each.state, each.version) for each in first] == [("triage", "open", 1)]
        number = len(await told(runtime))
        await jobs.reconcile_again(runtime, LATER)
        assert len(await told(runtime)) == number
        async with runtime.database.transaction(JOB) as session:
            versions = runtime.areas.versions_on
            await operations.explain(session, found[POLICE].id, "Being sent.", by="ida", versions=versions, now=LATER)
        last = (await told(runtime))[-1]
        assert (last.recipient, last.state, last.version) == ("triage", "explained", 2)
        assert len(await told(runtime)) == number + 1

    async def test_under_keys_that_lead_nowhere(self, runtime: Runtime, consumers: Consumers) -> None:
        _, row = await take_in(runtime, practice(runtime), form())
        consumers.without["triage"] = {row.id}
        await everything_arrives(runtime)
        await reconcile(runtime)
        found = await rows(runtime, "SELECT subject FROM outbox WHERE type = 'intake.day-reconciled.v1'")
        assert len({each.subject for each in found}) == len(found)
        assert not {each.subject for each in found} & {row.id, row.statistics_key}
