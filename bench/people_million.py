"""The search among a million people: candidates by keyed hashes, opened and compared, in triage's own tables."""

import asyncio
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bench.cluster import Place, place_of
from bench.frame import Result, Settings, percentile, rounded, say
from chassis.actor import Actor
from chassis.crypto import KEY, SubjectKeys, schema_of, seal
from chassis.database import Database
from samples.people_made import TODAY, Generator, Made
from services.triage.domain.people import Identity, compare_all, identity_of, keys_of
from services.triage.queries.people import IDENTITIES, candidates

SERVICE = "triage"
AREA, AREA_VERSION = "kent-and-medway", "2026-01"
SEED = 20_261_122
MILLION = 1_000_000
SEARCHES = 400
BATCH = 20_000
BAR_MS = 50.0
_WITHOUT = "ALTER TABLE person_key DROP CONSTRAINT person_key_pkey; DROP INDEX person_key_subject"
_WITH = (
    "ALTER TABLE person_key ADD CONSTRAINT person_key_pkey PRIMARY KEY (key, subject) INCLUDE (area)",
    "CREATE INDEX person_key_subject ON person_key (subject)",
)
_REFERRALS = """INSERT INTO referral (subject, area, area_version, reference, statistics_key, received_event_id,
    received_at, door, immediate_danger, version, unread_reason, state, risk_owner, section_36_made, assessed, gathered,
    restricted, district, next_due_at, decisions, row_version)
    SELECT subject, area, $1, subject::text, subject, subject, since, 'api', false, 1, '', 'received', 'Synthetic',
    false, false, false, false, '', '9999-12-31T00:00Z', 0, 1 FROM person_referral"""


@dataclass
class Loaded:
    """What is copied at once: referrals with whom they are about, their keys, and the keys that seal them."""

    people: list[tuple[Any, ...]] = field(default_factory=list)
    keys: list[tuple[Any, ...]] = field(default_factory=list)
    sealing: list[tuple[Any, ...]] = field(default_factory=list)


def measure(settings: Settings) -> Sequence[Result]:
    """Load a million people, then search for some of them and for strangers; return p50 and p95 in milliseconds."""
    count = settings.count(MILLION, 1000)
    with tempfile.TemporaryDirectory(prefix="throughline-bench-") as name, place_of(SERVICE, Path(name)) as place:
        took = asyncio.run(_measured(place, count))
    note = (
        f"python -m bench.people --million; {count} synthetic people in triage's tables; for each of {len(took)} "
        "referrals its keys, the candidates' query, opening at most 40 sealed identities, and comparing them"
    )
    return [
        Result("people_million_p50", rounded(percentile(took, 0.5)), None, "ms", None, None, note),
        _result("people_million_p95", percentile(took, 0.95), note),
    ]


def _result(name: str, value: float, note: str) -> Result:
    return Result(name, rounded(value), None, "ms", rounded(BAR_MS / value), 1.0, f"{note}; bar {BAR_MS:g} ms")


async def _measured(place: Place, count: int) -> list[float]:
    secrets = place.secrets
    keys = SubjectKeys(secrets.keys_database_url, SERVICE, secrets.key_encryption_key)
    database = Database(secrets.database_url, SERVICE, keys)
    await keys.start()
    try:
        generator = Generator(SEED)
        some = await _load(place, keys, generator, count)
        now = [*(generator.again(made) for made in some), *generator.strangers(some, len(some))]
        await _search(database, now[:: max(1, len(now) // 20)])  # connected and warm, as a running service is
        return await _search(database, now)
    finally:
        await keys.stop()
        await database.stop()


async def _search(database: Database, now: Sequence[Made]) -> list[float]:
    """Search for each, one after another, in a transaction of its own; return the milliseconds."""
    took = []
    for made in now:
        identity = identity_of(made.form(), TODAY)
        began = time.perf_counter()
        async with database.transaction(Actor.service(SERVICE)) as session:
            found = await candidates(session, uuid4(), identity)
            compare_all(identity, [each.identity for each in found])
        took.append((time.perf_counter() - began) * 1000)
    return took


async def _load(place: Place, keys: SubjectKeys, generator: Generator, count: int) -> list[Made]:
    """Copy so many people into the tables; return those of them who are searched for."""
    wrapper = AESGCM(place.secrets.key_encryption_key)
    some: list[Made] = []
    began = time.monotonic()
    own = await asyncpg.connect(place.superuser_url)
    store = await asyncpg.connect(_key_store_url(place))
    try:
        await own.execute(_WITHOUT)
        for first in range(0, count, BATCH):
            people = generator.people(min(BATCH, count - first))
            some += people[:: max(1, count // (SEARCHES // 2))]
            await _copy(own, store, _prepared(people, keys, wrapper))
            say(f"  {first + len(people)} people after {time.monotonic() - began:.0f} s")
        for statement in _WITH:
            await own.execute(statement)
        await own.execute(_REFERRALS, AREA_VERSION)
        await own.execute("VACUUM ANALYZE")
        say(f"  Loaded after {time.monotonic() - began:.0f} s")
    finally:
        await own.close()
        await store.close()
    return some[: SEARCHES // 2]


def _prepared(people: Sequence[Made], keys: SubjectKeys, wrapper: AESGCM) -> Loaded:
    loaded = Loaded()
    for made in people:
        subject, own = uuid4(), os.urandom(KEY)
        identity = identity_of(made.form(), TODAY)
        sealed = seal(AESGCM(own), IDENTITIES.dump_json(identity), subject.bytes)
        loaded.sealing.append((subject, seal(wrapper, own, subject.bytes)))
        loaded.people.append((subject, AREA, uuid4(), sealed))
        loaded.keys.extend((key, subject, AREA) for key in _keyed(keys, identity))
    return loaded


def _keyed(keys: SubjectKeys, identity: Identity) -> Iterator[int]:
    """Yield the hashes as the query for candidates makes them."""
    yield from {keys.keyed(f"triage person {key}") for key in keys_of(identity)}


async def _copy(own: asyncpg.Connection, store: asyncpg.Connection, loaded: Loaded) -> None:
    moment = datetime.combine(TODAY, datetime.min.time(), UTC)
    people = [(subject, area, person, moment, sealed, False) for subject, area, person, sealed in loaded.people]
    columns = ["subject", "area", "person", "since", "sealed_identity", "waiting"]
    await own.copy_records_to_table("person_referral", records=people, columns=columns)
    await own.copy_records_to_table("person_key", records=loaded.keys, columns=["key", "subject", "area"])
    await store.copy_records_to_table(
        "subject_key", schema_name=schema_of(SERVICE), records=loaded.sealing, columns=["subject", "wrapped"]
    )


def _key_store_url(place: Place) -> str:
    """Return the superuser's address of the key database."""
    return urlsplit(place.superuser_url)._replace(path=urlsplit(place.secrets.keys_database_url).path).geturl()
