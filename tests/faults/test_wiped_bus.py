"""The bus is wiped while referrals come in, on either transport: the outboxes fill it again, with no effect twice."""

import asyncio
import contextlib
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from bench.load import form
from chassis.transports.access import access_of_contracts
from chassis.transports.kafka_topics import prepare
from cli import vault
from cli.provision import BUS
from contracts.catalogue import SERVICES
from services.intake.domain import KeyKind, key_for
from tests.emptying import empty_bus
from tests.journeys.live import Live, aside, frozen, started, wait
from tests.kafka import Kafka, administrator

WIPES = 3
SECONDS_BETWEEN = 1.5
RECOGNISED_SECONDS = 60.0
CLIENTS = 3
CLOSED_SECONDS = 120.0
CONSUMERS = ("triage", "channel", "notify", "stats")
TOLD = "SELECT subject, recipient_key FROM notice WHERE kind = 'concern-received'"
COUNTED = "SELECT key FROM fact_log WHERE stage = 'intake' AND version = 1"
A_NEW_BUS = "A new bus; the outbox sends its window again."
RECOGNISING = ("intake", "notify")
"""Two who publish at every referral, and so must say each wipe."""

Wipe = Callable[[Live], Coroutine[Any, Any, None]]


@dataclass(frozen=True)
class Wiped:
    """A system whose bus was wiped under load: what its clients were told, and how to wipe it once more."""

    live: Live
    accepted: list[str]
    wipe: Wipe


async def wipe_postgres(live: Live) -> None:
    """Empty every table of the bus at once, and give it a new identity."""
    await empty_bus(live.database_url(BUS))


async def wipe_kafka(kafka: Kafka, live: Live) -> None:
    """Delete every topic with all that it holds, and make them anew; the services keep their passwords."""
    names = [access.topic for access in access_of_contracts()]
    async with administrator(kafka.admin_url) as client:
        await client.delete_topics(names)
        while {one["topic"] for one in await client.describe_topics()} & set(names):  # noqa: ASYNC110  nobody tells
            await asyncio.sleep(0.1)
    await prepare(kafka.admin_url, vault.load(live.folder).bus_passwords, access_of_contracts())


@contextlib.contextmanager
def running(transport: str, folder: Path, request: pytest.FixtureRequest) -> Iterator[tuple[Live, Wipe]]:
    """Run the whole system on a transport."""
    if transport == "postgres":
        with started(folder) as live:
            yield live, wipe_postgres
        return
    kafka: Kafka = request.getfixturevalue("kafka")
    asyncio.run(kafka.empty())
    try:
        with started(folder, "--bus", kafka.admin_url) as live:
            yield live, partial(wipe_kafka, kafka)
    finally:
        asyncio.run(prepare(kafka.admin_url, kafka.passwords, access_of_contracts(), take_over=True))


def referred(live: Live, chance: random.Random) -> str:
    """Refer once and return the reference; fails on anything but an acceptance: intake needs no bus to accept."""
    headers = {"Idempotency-Key": str(uuid4()), **live.bearer()}
    with httpx2.Client(timeout=30, trust_env=False) as client:
        answer = client.post(f"{live.urls['intake']}/api/v1/referrals", json=form(chance), headers=headers)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["reference"])


def referring(live: Live, wiping: threading.Event, seed: int) -> list[str]:
    """Refer without a pause until the wiping is over: the relay is never idle."""
    chance, accepted = random.Random(seed), list[str]()
    while not wiping.is_set():
        accepted.append(referred(live, chance))
    return accepted


@pytest.fixture(scope="module", params=["postgres", "kafka"])
def wiped(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wiped]:
    """A system whose bus was wiped three times under load."""
    with running(request.param, tmp_path_factory.mktemp(request.param), request) as (live, wipe):
        over = threading.Event()
        with ThreadPoolExecutor(CLIENTS) as pool:
            clients = [pool.submit(referring, live, over, seed) for seed in range(CLIENTS)]
            try:
                for number in range(1, WIPES + 1):
                    time.sleep(SECONDS_BETWEEN)
                    aside(wipe(live))
                    wait(partial(recognised, live, number), RECOGNISED_SECONDS, "The recognition of a wipe")
                time.sleep(SECONDS_BETWEEN)
            finally:
                over.set()
            accepted = [reference for client in clients for reference in client.result()]
        yield Wiped(live, accepted, wipe)


def recognised(live: Live, wipes: int) -> bool:
    """Whether the services have said of so many wipes that they found a new bus."""
    said = ((live.folder.logs / f"{service}.log").read_text() for service in RECOGNISING)
    return all(each.count(A_NEW_BUS) >= wipes for each in said)


def open_lines(live: Live) -> Sequence[Mapping[str, object]]:
    """Return what nobody has stored yet, of everything that any service has announced."""
    lines = live.of("intake", "SELECT team, referral_id FROM ledger_line WHERE required AND stored_at IS NULL")
    unanswered = "SELECT topic, subject FROM dispatch WHERE stored_at IS NULL AND erased_at IS NULL"
    return [*lines, *(row for service in SERVICES for row in live.of(service, unanswered))]


def set_aside(live: Live) -> Mapping[str, int]:
    """Return how many messages each consumer holds or has parked, by service, topic and reason."""
    found = "SELECT topic, why FROM inbox_held UNION ALL SELECT topic, cause FROM inbox_parked WHERE state = 'waiting'"
    rows = ((service, row) for service in SERVICES for row in live.of(service, found))
    return Counter(f"{service} {row['topic']} {row['why']}" for service, row in rows)


def closed(live: Live) -> None:
    """Wait until every ledger is complete."""
    try:
        wait(lambda: not open_lines(live), CLOSED_SECONDS, "A complete ledger of every referral")
    except AssertionError as late:
        still = Counter(str(line.get("team") or line.get("topic")) for line in open_lines(live))
        raise AssertionError(f"{late} Still open: {dict(still)}; aside: {dict(set_aside(live))}") from None


def effects(live: Live) -> Mapping[str, Mapping[object, int]]:
    """Return how often each referral took effect with each consumer."""
    return {
        "triage": Counter(row["subject"] for row in live.of("triage", "SELECT subject FROM referral")),
        "channel": Counter(row["subject"] for row in live.of("channel", "SELECT subject FROM awareness")),
        "notify": Counter(row["subject"] for row in live.of("notify", "SELECT subject FROM concern")),
        "told": Counter((row["subject"], row["recipient_key"]) for row in live.of("notify", TOLD)),
        "stats": Counter(row["key"] for row in live.of("stats", COUNTED)),
        **{
            f"handled by {name}": Counter(row["event_id"] for row in live.of(name, "SELECT event_id FROM inbox_event"))
            for name in CONSUMERS
        },
    }


def led_to(live: Live, references: Sequence[str]) -> list[UUID | None]:
    """Return the referral that each reference leads to; one that an outage gave may lead to one with another."""
    own = {row["reference"]: row["id"] for row in live.of("intake", "SELECT reference, id FROM referral")}
    given = live.of("intake", "SELECT digest, referral_id FROM arrival_key WHERE kind = 'reference'")
    signs = {bytes(row["digest"]): row["referral_id"] for row in given}
    return [own.get(each) or signs.get(key_for(KeyKind.REFERENCE, each).digest) for each in references]


def assert_each_once(live: Live) -> None:
    """Every referral that intake holds took effect once with each of the four consumers."""
    referrals = live.of("intake", "SELECT id, statistics_key FROM referral")
    ids, keys = Counter(row["id"] for row in referrals), Counter(row["statistics_key"] for row in referrals)
    found = effects(live)
    assert (found["triage"], found["channel"], found["notify"], found["stats"]) == (ids, ids, ids, keys)
    told = {row["subject"] for row in live.of("notify", TOLD)}
    assert told == set(ids), "A front door was not told."
    for name, counted in found.items():
        assert max(counted.values()) == 1, f"{name}: something took effect twice."


def answered(live: Live, service: str, subjects: Sequence[UUID]) -> bool:
    """Whether a consumer has handled something of every subject, and has sent every receipt."""
    handled = live.of(service, "SELECT DISTINCT subject FROM inbox_event WHERE subject = ANY ($1)", subjects)
    return len(handled) == len(subjects) and not live.of(service, "SELECT FROM receipt_out WHERE published_at IS NULL")


@pytest.mark.timeout(420)
class TestAWipedBus:
    def test_every_ledger_is_complete_and_no_effect_came_twice(self, wiped: Wiped) -> None:
        live = wiped.live
        closed(live)
        held = Counter(row["id"] for row in live.of("intake", "SELECT id FROM referral"))
        assert len(wiped.accepted) == len(set(wiped.accepted)) > CLIENTS * WIPES
        assert Counter(led_to(live, wiped.accepted)) == held
        assert_each_once(live)
        for service in CONSUMERS:
            assert live.of(service, "SELECT FROM inbox_parked UNION ALL SELECT FROM inbox_held") == []

    def test_each_wipe_was_recognised_while_referrals_came_in(self, wiped: Wiped) -> None:
        assert recognised(wiped.live, WIPES)

    def test_receipts_that_were_on_the_bus_are_given_again(self, wiped: Wiped) -> None:
        live, chance = wiped.live, random.Random(7)
        closed(live)
        with frozen(live, *CONSUMERS):
            references = [referred(live, chance) for _ in range(5)]
            wiped.accepted.extend(references)
            subjects = [self.subject(live, reference) for reference in references]
            waiting = "SELECT FROM outbox WHERE published_at IS NULL"
            wait(lambda: not live.of("intake", waiting), 30, "Everything on the bus")
            os.kill(live.processes()["intake"], signal.SIGSTOP)
        try:  # The consumers handle and answer; nobody takes their answers from the bus.
            for name in ("triage", "channel", "notify"):
                wait(partial(answered, live, name, subjects), 60, f"{name}'s receipts on the bus")
            aside(wiped.wipe(live))
        finally:
            os.kill(live.processes()["intake"], signal.SIGCONT)
        closed(live)
        # What people did is said once and never again; the consumer keeps it for a new bus.
        silent = "SELECT FROM ledger_line WHERE team = 'front-door' AND announced AND delivered_at IS NULL"
        wait(lambda: not live.of("intake", silent), 60, "Every front door's delivery in the ledger")
        assert_each_once(live)

    def test_a_replay_of_everything_is_refused_as_repeats(self, wiped: Wiped) -> None:
        live = wiped.live
        closed(live)
        before = effects(live)
        planned = live.command("replay", "--since", "2026-01-01T00:00:00Z", "--dry-run")
        assert planned.returncode == 0, planned.stderr
        assert ", 0 taking effect" in planned.stdout
        done = live.command("replay", "--since", "2026-01-01T00:00:00Z", "--wait", "90")
        assert done.returncode == 0, done.stdout + done.stderr
        assert effects(live) == before
        events = len(live.of("intake", "SELECT FROM outbox"))
        assert f"{events} of {events}" in done.stdout, f"Receipts are missing: {done.stdout}"

    @staticmethod
    def subject(live: Live, reference: str) -> UUID:
        """Return the subject that a reference stands for."""
        (row,) = live.of("intake", "SELECT id FROM referral WHERE reference = $1", reference)
        found: UUID = row["id"]
        return found
